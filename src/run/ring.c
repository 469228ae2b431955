/* ring.c - see ring.h. */
#include "run/ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kern/sys.h"

#define RECORD_BUSY (1u << 31)
#define RECORD_DISCARDED (1u << 30)
enum { RECORD_HEADER = 8, GIVE_BACK = 64 << 10 };

int ring_open(struct ring *ring, int map_fd, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int err;

	*ring = (struct ring){.size = size};
	if (size < page || (size & (size - 1)) || size > SIZE_MAX / 4)
		return -EINVAL;
	err = sys_mmap(&ring->consumer_map, page, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (err)
		return err;
	err = sys_mmap(&ring->producer_map, page + 2 * size, PROT_READ, MAP_SHARED, map_fd, page);
	if (err) {
		sys_munmap(ring->consumer_map, page);
		*ring = (struct ring){0};
		return err;
	}
	ring->consumer = ring->consumer_map;
	ring->producer = ring->producer_map;
	ring->data = (const uint8_t *)ring->producer_map + page;
	return 0;
}

void ring_close(struct ring *ring)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (ring->consumer_map)
		sys_munmap(ring->consumer_map, page);
	if (ring->producer_map)
		sys_munmap(ring->producer_map, page + 2 * ring->size);
	*ring = (struct ring){0};
}

bool ring_has_data(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_SEQ_CST) != *ring->consumer;
}

size_t ring_drain(struct ring *ring, void (*each)(void *ctx, const uint8_t *data, uint32_t len),
		  void *ctx)
{
	uint64_t at = *ring->consumer, end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE), given = at;
	size_t in_use = end - at;

	if (in_use > ring->size) {
		ring->bad++;
		__atomic_store_n(ring->consumer, end, __ATOMIC_RELEASE);
		return 0;
	}
	while (at != end) {
		const uint8_t *record = ring->data + (at & (ring->size - 1));
		uint32_t header = __atomic_load_n((const uint32_t *)record, __ATOMIC_ACQUIRE);
		uint32_t len = header & ~(RECORD_BUSY | RECORD_DISCARDED);
		uint64_t space = RECORD_HEADER + ROUND_UP((uint64_t)len, 8);

		if (header & RECORD_BUSY)
			break;
		if (space > end - at) {
			/* Nothing after it can be found any more. */
			ring->bad++;
			at = end;
			break;
		}
		if (!(header & RECORD_DISCARDED))
			each(ctx, record + RECORD_HEADER, len);
		at += space;
		/*
		 * Often, because a full ring loses events until there is room; not for each record,
		 * because programs then wait for the cache line of the position each time.
		 */
		if (at - given >= MIN_OF(ring->size / 64, GIVE_BACK)) {
			__atomic_store_n(ring->consumer, at, __ATOMIC_RELEASE);
			given = at;
		}
	}
	__atomic_store_n(ring->consumer, at, __ATOMIC_RELEASE);
	return in_use;
}
