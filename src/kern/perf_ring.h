/*
 * perf_ring.h - a perf event's ring buffer, as user space reads it.
 *
 *   mmap(fd):  | control page: data_head, data_tail | data: a power of two of pages |
 *
 * The kernel writes records behind data_head; what was read is given back by moving data_tail.
 * Layout: <linux/perf_event.h>, struct perf_event_mmap_page and struct perf_event_header.
 */
#ifndef SONDE_KERN_PERF_RING_H
#define SONDE_KERN_PERF_RING_H

#include <linux/perf_event.h>

#include "base/buf.h"

struct perf_ring {
	int fd;                            /* of the event; -1: none */
	struct perf_event_mmap_page *page; /* NULL: not mapped */
	size_t page_size, size;            /* `size` bytes of data */
};

/* Maps the ring of an open event, `pages` a power of two; the event is the ring's from then on. 0 or -errno. */
int perf_ring_map(struct perf_ring *ring, int fd, size_t pages);
void perf_ring_close(struct perf_ring *ring);
/*
 * Takes every record that is there off the ring, each appended whole to `bytes` at `at`; `each`
 * says what becomes of it and may shorten `bytes` again. False: the ring holds nonsense, and what
 * was in it is dropped.
 */
bool perf_ring_drain(struct perf_ring *ring, struct buf *bytes, void (*each)(void *ctx, size_t at), void *ctx);

#endif
