/*
 * packets.h - skboutput(): packets as they come into capture files.
 *
 *   packet rings --> one file for each path the script names --> tcpdump -r, wireshark
 *
 * Format: pcap with nanoseconds (draft-ietf-opsawg-pcap), link type RAW: what is written begins
 * with an IP header, as long as the script's offset skips what lies before it.
 */
#ifndef SONDE_RUN_PACKETS_H
#define SONDE_RUN_PACKETS_H

#include <stdio.h>

#include "ir/plan.h"
#include "kern/maps.h"

struct packets;

/*
 * Makes the files, empty but for their heads, and opens the rings. 0 with *out NULL when the
 * script writes no packets; or -errno with one plain line in `why`.
 */
int packets_open(struct packets **out, const struct plan *plan, const struct kernel_maps *maps, struct buf *why);
int packets_fd(const struct packets *packets); /* -1 for NULL */
/* What has arrived is in the files afterwards. Trouble with a file is said once on `messages`. */
void packets_read(struct packets *packets, FILE *messages);
/* Records that made no sense. */
uint64_t packets_bad(const struct packets *packets);
void packets_close(struct packets *packets); /* NULL is fine */

#endif
