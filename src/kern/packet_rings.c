/* packet_rings.c - see packet_rings.h. Format of a sample: perf_event_open(2), PERF_SAMPLE_RAW. */
#include "kern/packet_rings.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kern/map.h"
#include "kern/perf_ring.h"
#include "kern/sys.h"

struct packet_rings {
	VEC(struct perf_ring) list;
	int epoll;
	struct buf bytes; /* the record at hand */
	packet_each *each;
	void *ctx;
	unsigned bad;
};

static int add_ring(struct packet_rings *rings, int map_fd, uint32_t cpu, size_t pages)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW, .sample_period = 1, .wakeup_events = 1,
	};
	int fd = sys_perf_event_open(&attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC), err;
	struct epoll_event event = {.events = EPOLLIN};
	struct perf_ring ring;

	if (fd == -ENODEV) /* the CPU is off */
		return 0;
	if (fd < 0)
		return fd;
	err = perf_ring_map(&ring, fd, pages);
	vec_push(&rings->list, ring);
	if (!err)
		err = map_update(map_fd, &cpu, &fd, 0);
	if (!err && epoll_ctl(rings->epoll, EPOLL_CTL_ADD, fd, &event))
		err = -errno;
	return err ? err : sys_ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
}

int packet_rings_open(struct packet_rings **out, int map_fd, uint32_t ncpus, size_t pages)
{
	struct packet_rings *rings = xcalloc(1, sizeof(*rings));
	int err = 0;

	rings->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (rings->epoll < 0)
		err = -errno;
	for (uint32_t cpu = 0; cpu < ncpus && !err; cpu++)
		err = add_ring(rings, map_fd, cpu, pages);
	if (!err && !rings->list.n)
		err = -ENODEV;
	if (err) {
		packet_rings_close(rings);
		return err;
	}
	*out = rings;
	return 0;
}

void packet_rings_close(struct packet_rings *rings)
{
	if (!rings)
		return;
	vec_each(ring, &rings->list)
		perf_ring_close(ring);
	vec_free(&rings->list);
	sys_close(&rings->epoll);
	buf_free(&rings->bytes);
	free(rings);
}

int packet_rings_fd(const struct packet_rings *rings)
{
	return rings->epoll;
}

/* header | u32 size of what follows | struct packet_head | bytes | padding */
static void each_record(void *ctx, size_t at)
{
	struct packet_rings *rings = ctx;
	struct { struct perf_event_header header; uint32_t raw_size; } front;
	struct packet_head head;
	size_t have = rings->bytes.len - at, want;

	memcpy(&front, rings->bytes.data + at, MIN_OF(have, sizeof(front)));
	rings->bytes.len = at;
	if (front.header.type == PERF_RECORD_LOST) /* counted by the programs, which are told */
		return;
	if (front.header.type != PERF_RECORD_SAMPLE || have < sizeof(front) + sizeof(head) ||
	    front.raw_size > have - sizeof(front)) {
		rings->bad++;
		return;
	}
	memcpy(&head, rings->bytes.data + at + sizeof(front), sizeof(head));
	want = sizeof(head) + (uint64_t)head.sent; /* raw_size may count padding */
	if (want > front.raw_size)
		rings->bad++;
	else
		rings->each(rings->ctx, &head, (uint8_t *)rings->bytes.data + at + sizeof(front) + sizeof(head),
			    head.sent);
}

unsigned packet_rings_read(struct packet_rings *rings, packet_each *each, void *ctx)
{
	rings->each = each;
	rings->ctx = ctx;
	rings->bad = 0;
	vec_each(ring, &rings->list)
		rings->bad += !perf_ring_drain(ring, &rings->bytes, each_record, rings);
	return rings->bad;
}
