/*
 * mmap_events.c - see mmap_events.h. Formats: perf_event_open(2), <linux/perf_event.h>.
 *
 *   CPU 0 ring --\
 *   CPU 1 ring ---+--> waiting, by time --> each()
 *   ...        --/
 */
#include "kern/mmap_events.h"
#include "base/buf.h"
#include "kern/perf_ring.h"
#include "kern/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define HOLD_NS UINT64_C(1000000)

/*
 * A second of a machine that builds something is some 5000 events of 150 bytes on each CPU; read at
 * a quarter, three quarters are left for the time until the reader runs. Larger machines start
 * more, but not more on each CPU.
 */
enum { PAGES = 64, PAGES_MANY_CPUS = 16, MANY_CPUS = 32 };

/* A record that was taken off its ring; its bytes are in `bytes` at `at`. */
struct waiting {
	uint64_t time;
	size_t at;
};

struct mmap_events {
	bool prompt;
	VEC(struct perf_ring) rings;
	size_t page_size, ring_size; /* of a ring's data */
	int epoll;
	uint64_t lost;
	VEC(struct waiting) waiting;
	struct buf bytes;
};

static int open_event(pid_t pid, int cpu, size_t ring_size, bool prompt)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.mmap = 1,
		.mmap2 = 1,
		.comm = 1,
		.comm_exec = 1,
		.task = 1,
		.inherit = pid > 0,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		.watermark = 1,
		.wakeup_watermark = prompt ? 1 : ring_size / 4,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};

	return sys_perf_event_open(&attr, pid > 0 ? pid : -1, cpu, -1, 0);
}

static int add_ring(struct mmap_events *me, pid_t pid, int cpu)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct perf_ring ring;
	int fd = open_event(pid, cpu, me->ring_size, me->prompt), err;

	if (fd == -ENODEV) /* the CPU is off */
		return 0;
	if (fd < 0)
		return fd;
	err = perf_ring_map(&ring, fd, me->ring_size / me->page_size);
	vec_push(&me->rings, ring);
	if (err)
		return err;
	return epoll_ctl(me->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int mmap_events_open(struct mmap_events **out, const struct mmap_events_options *options)
{
	struct mmap_events *me = xcalloc(1, sizeof(*me));
	unsigned pages = options && options->pages ? options->pages : 0;
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int err = 0;

	if (!pages)
		pages = cpus > MANY_CPUS ? PAGES_MANY_CPUS : PAGES;
	me->prompt = options && options->prompt;
	me->page_size = sysconf(_SC_PAGESIZE);
	me->ring_size = pages * me->page_size;
	me->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (me->epoll < 0)
		err = -errno;
	for (int cpu = 0; cpu < cpus && !err; cpu++)
		err = add_ring(me, options ? options->pid : 0, cpu);
	if (!err && !me->rings.n)
		err = -ENODEV;
	if (err) {
		mmap_events_close(me);
		return err;
	}
	*out = me;
	return 0;
}

void mmap_events_close(struct mmap_events *me)
{
	if (!me)
		return;
	vec_each(ring, &me->rings)
		perf_ring_close(ring);
	vec_free(&me->rings);
	vec_free(&me->waiting);
	buf_free(&me->bytes);
	if (me->epoll >= 0)
		close(me->epoll);
	free(me);
}

int mmap_events_fd(const struct mmap_events *me)
{
	return me->epoll;
}

uint64_t mmap_events_lost(const struct mmap_events *me)
{
	return me->lost;
}

/* The fixed bytes of a record, header included, time stamp and name not; 0: of no use here. */
static size_t body_size(uint32_t type)
{
	switch (type) {
	case PERF_RECORD_MMAP2:
		return 8 + 64;
	case PERF_RECORD_COMM:
		return 8 + 8;
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return 8 + 24;
	case PERF_RECORD_LOST:
		return 8 + 16;
	}
	return 0;
}

/* A record just copied to the end of `bytes`: keeps it, or takes it off again. */
static void keep_record(void *ctx, size_t at)
{
	struct mmap_events *me = ctx;
	struct perf_event_header header;
	struct waiting waiting = {.at = at};
	uint64_t lost;
	size_t body;

	memcpy(&header, me->bytes.data + at, sizeof(header));
	body = body_size(header.type);
	if (!body || header.size < body + sizeof(waiting.time)) {
		me->lost += body > 0;
		me->bytes.len = at;
	} else if (header.type == PERF_RECORD_LOST) {
		memcpy(&lost, me->bytes.data + at + 16, sizeof(lost));
		me->lost += lost;
		me->bytes.len = at;
	} else {
		memcpy(&waiting.time, me->bytes.data + at + header.size - 8, 8);
		/* From here on a name ends there at the latest. */
		me->bytes.data[at + header.size - 8] = '\0';
		vec_push(&me->waiting, waiting);
	}
}

static int compare_waiting(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static uint32_t u32_at(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t u64_at(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static struct mmap_event decode(const char *record, uint64_t time)
{
	struct perf_event_header header;
	struct mmap_event event = {.time = time, .name = ""};
	const char *body = record + sizeof(header);

	memcpy(&header, record, sizeof(header));
	event.pid = u32_at(body);
	event.tid = u32_at(body + 4);
	switch (header.type) {
	case PERF_RECORD_MMAP2:
		event.kind = MMAP_EVENT_MMAP;
		event.addr = u64_at(body + 8);
		event.len = u64_at(body + 16);
		event.page_offset = u64_at(body + 24);
		/* u32 major, minor; u64 inode, generation; u32 protection, flags; path */
		event.dev = makedev(u32_at(body + 32), u32_at(body + 36));
		event.ino = u64_at(body + 40);
		event.name = body + 64;
		break;
	case PERF_RECORD_COMM:
		event.kind = MMAP_EVENT_COMM;
		event.exec = header.misc & PERF_RECORD_MISC_COMM_EXEC;
		event.name = body + 8;
		break;
	default: /* FORK, EXIT: u32 pid, parent pid, tid, parent tid; u64 time */
		event.kind = header.type == PERF_RECORD_FORK ? MMAP_EVENT_FORK : MMAP_EVENT_EXIT;
		event.parent = u32_at(body + 4);
		event.tid = u32_at(body + 8);
	}
	return event;
}

/* Takes the first n records, which were handed out, out of the waiting ones. */
static void forget_first(struct mmap_events *me, size_t n)
{
	struct buf rest = {0};

	if (n == me->waiting.n) {
		me->waiting.n = 0;
		buf_reset(&me->bytes);
		return;
	}
	for (size_t i = n; i < me->waiting.n; i++) {
		struct waiting w = me->waiting.v[i];
		struct perf_event_header header;

		memcpy(&header, me->bytes.data + w.at, sizeof(header));
		me->waiting.v[i - n] = (struct waiting){w.time, rest.len};
		buf_add(&rest, me->bytes.data + w.at, header.size);
	}
	me->waiting.n -= n;
	buf_free(&me->bytes);
	me->bytes = rest;
}

size_t mmap_events_read(struct mmap_events *me, bool all,
			void (*each)(void *arg, const struct mmap_event *event), void *arg)
{
	uint64_t until = now_ns() - HOLD_NS;
	size_t n = 0;

	vec_each(ring, &me->rings)
		me->lost += !perf_ring_drain(ring, &me->bytes, keep_record, me);
	if (!me->waiting.n)
		return 0;
	qsort(me->waiting.v, me->waiting.n, sizeof(*me->waiting.v), compare_waiting);
	for (; n < me->waiting.n && (all || me->waiting.v[n].time <= until); n++) {
		struct mmap_event event = decode(me->bytes.data + me->waiting.v[n].at,
						 me->waiting.v[n].time);

		each(arg, &event);
	}
	if (n)
		forget_first(me, n);
	return n;
}

bool mmap_events_waiting(const struct mmap_events *me)
{
	return me->waiting.n > 0;
}
