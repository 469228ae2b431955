/*
 * packet_rings.h - packets that programs send with bpf_skb_output: one perf ring a CPU behind
 * KMAP_PACKETS (PERF_EVENT_ARRAY). A packet is
 *
 *   struct packet_head (ir/plan.h) | the packet's first bytes, as many as were asked for
 *
 * The kernel copies out of the socket buffer whatever way its bytes are kept; nothing else in a
 * tracing program can.
 */
#ifndef SONDE_KERN_PACKET_RINGS_H
#define SONDE_KERN_PACKET_RINGS_H

#include "ir/plan.h"

struct packet_rings;

typedef void packet_each(void *ctx, const struct packet_head *head, const uint8_t *bytes, size_t len);

/* Opens the rings, `pages` of data each (a power of two), and puts them into the map. 0 or -errno. */
int packet_rings_open(struct packet_rings **out, int map_fd, uint32_t ncpus, size_t pages);
void packet_rings_close(struct packet_rings *rings); /* NULL is fine */
int packet_rings_fd(const struct packet_rings *rings); /* readable when there are packets */
/* Every packet that is there, ring by ring. How many records made no sense. */
unsigned packet_rings_read(struct packet_rings *rings, packet_each *each, void *ctx);

#endif
