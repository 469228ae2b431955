/*
 * ring.h - reading a BPF ring buffer (BPF_MAP_TYPE_RINGBUF, Linux 5.8).
 *
 * What is mapped (kernel/bpf/ringbuf.c documents the layout as part of the interface):
 *
 *   page 0      consumer position, u64: ours to write
 *   page 1      producer position, u64: read-only
 *   then        the data, read-only, `size` bytes, mapped twice in a row so that a record
 *               that wraps is contiguous
 *
 *   record:  u32 length (bit 31: still being written, bit 30: discarded), u32 page offset,
 *            then length bytes, padded to 8
 *
 * What is read is believed only as far as it stays inside the ring.
 */
#ifndef SONDE_RUN_RING_H
#define SONDE_RUN_RING_H

#include "base/base.h"

struct ring {
	uint64_t *consumer;       /* position up to which we have read */
	const uint64_t *producer; /* position up to which there are records */
	const uint8_t *data;
	size_t size;              /* of the data, a power of two */
	void *consumer_map, *producer_map;
	uint64_t bad;             /* times the ring made no sense; what was in it was skipped */
};

/* `size`: the map's max_entries. 0 or -errno; nothing stays on failure. */
int ring_open(struct ring *ring, int map_fd, size_t size);
void ring_close(struct ring *ring); /* a zeroed or closed one is fine */

/*
 * Hands every complete record, oldest first, to `each` and frees its space; returns how many
 * bytes of the ring were in use at the start. Stops at a record that is still being written.
 * At most one ring's worth is read, so that it always returns. Records are copied or used
 * inside `each`.
 */
size_t ring_drain(struct ring *ring, void (*each)(void *ctx, const uint8_t *data, uint32_t len),
		  void *ctx);
/* Something is in the ring, be it still unfinished. */
bool ring_has_data(const struct ring *ring);

#endif
