/* perf_ring.c - see perf_ring.h. */
#include "kern/perf_ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include "kern/sys.h"

int perf_ring_map(struct perf_ring *ring, int fd, size_t pages)
{
	void *page = NULL;
	int err;

	BUG_ON(!pages || pages & (pages - 1));
	*ring = (struct perf_ring){.fd = fd, .page_size = sysconf(_SC_PAGESIZE)};
	ring->size = pages * ring->page_size;
	err = sys_mmap(&page, ring->page_size + ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ring->page = page;
	return err;
}

void perf_ring_close(struct perf_ring *ring)
{
	if (ring->page)
		sys_munmap(ring->page, ring->page_size + ring->size);
	ring->page = NULL;
	sys_close(&ring->fd);
}

/* Copies [from, from + len) of the data, which wraps around. */
static void copy_out(const struct perf_ring *ring, uint64_t from, void *to, size_t len)
{
	const char *data = (const char *)ring->page + ring->page_size;
	size_t at = from & (ring->size - 1), first = MIN_OF(len, ring->size - at);

	memcpy(to, data + at, first);
	memcpy((char *)to + first, data, len - first);
}

bool perf_ring_drain(struct perf_ring *ring, struct buf *bytes, void (*each)(void *ctx, size_t at), void *ctx)
{
	uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = ring->page->data_tail;
	bool good = true;

	while (tail < head) {
		struct perf_event_header header;
		size_t at = bytes->len;

		copy_out(ring, tail, &header, sizeof(header));
		good = header.size >= sizeof(header) && header.size <= head - tail;
		if (!good) { /* without sizes there is no next record */
			tail = head;
			break;
		}
		buf_reserve(bytes, header.size);
		copy_out(ring, tail, bytes->data + at, header.size);
		bytes->len += header.size;
		each(ctx, at);
		tail += header.size;
	}
	__atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
	return good;
}
