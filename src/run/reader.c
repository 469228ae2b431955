/* reader.c - see reader.h. */
#include "run/reader.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/thread.h"
#include "kern/sys.h"
#include "run/record.h"

enum { FIRST_POLL_MS = 1, POLL_MS = 5, ASLEEP_MS = 500 };

static void notify(int fd)
{
	uint64_t one = 1;
	ssize_t n = write(fd, &one, sizeof(one));

	(void)n; /* full only when nobody has read 2^64 - 1 notifications */
}

/* The address of the script's Nth watchpoint probe; false: it has not so many. */
static bool watchpoint_address(const struct script *script, unsigned n, uint64_t *address)
{
	vec_each(probe, &script->probes)
		if ((*probe)->provider == PROVIDER_WATCHPOINT && (*probe)->targets.n && n-- == 0) {
			*address = (*probe)->targets.v[0]->address;
			return true;
		}
	return false;
}

static void note_unwatch(struct reader *r, uint64_t address)
{
	uint64_t at;

	for (unsigned n = 0; n < 64 && watchpoint_address(r->script, n, &at); n++)
		if (at == address)
			__atomic_fetch_or(&r->unwatch, 1ull << n, __ATOMIC_RELEASE);
}

/* exit(code), growth and unwatch() are not for the printer: it may be far behind. True: taken. */
static bool act_at_once(struct reader *r, enum action_kind kind, const uint8_t *data, uint32_t len)
{
	uint64_t arg;

	if (kind != ACTION_EXIT && kind != ACTION_GROW && kind != ACTION_UNWATCH)
		return false;
	if (len < sizeof(struct record) + sizeof(arg)) {
		__atomic_add_fetch(&r->bad_records, 1, __ATOMIC_RELAXED);
		return true;
	}
	memcpy(&arg, data + sizeof(struct record), sizeof(arg));
	if (kind == ACTION_EXIT) {
		__atomic_store_n(&r->control->stopping, 1, __ATOMIC_SEQ_CST);
		if (!r->exit_seen)
			r->exit_code = (int64_t)arg;
		__atomic_store_n(&r->exit_seen, 1, __ATOMIC_RELEASE);
	} else if (kind == ACTION_UNWATCH) {
		note_unwatch(r, arg);
	} else {
		__atomic_store_n(&r->grow, 1, __ATOMIC_RELEASE);
	}
	notify(r->notify_fd);
	return true;
}

static void each(void *ctx, const uint8_t *data, uint32_t len)
{
	struct reader *r = ctx;
	enum action_kind kind;

	if (!record_kind(r->script, data, len, &kind))
		__atomic_add_fetch(&r->bad_records, 1, __ATOMIC_RELAXED);
	else if (!act_at_once(r, kind, data, len))
		spool_put(r->spool, 0, data, len,
			  kind == ACTION_PRINT_MAP || kind == ACTION_CLEAR || kind == ACTION_ZERO);
}

static size_t drain(struct reader *r)
{
	size_t in_use = ring_drain(&r->ring, each, r);

	spool_publish(r->spool);
	return in_use;
}

void reader_drain(struct reader *r)
{
	while (drain(r) && !(ring_has_data(&r->ring) && r->ring.bad))
		;
}

static bool stopped(struct reader *r, int timeout_ms)
{
	struct epoll_event events[2];
	int n = epoll_wait(r->epoll_fd, events, 2, timeout_ms);

	for (int i = 0; i < n; i++)
		if (events[i].data.fd == r->stop_fd)
			return true;
	return false;
}

static void *run(void *arg)
{
	struct reader *r = arg;
	int wait_ms = FIRST_POLL_MS;

	thread_hurry();

	for (;;) {
		size_t in_use = drain(r);

		if (in_use) {
			/* Well filled: look sooner next time; hardly: later. */
			if (in_use > r->ring.size / 8)
				wait_ms = FIRST_POLL_MS;
			else if (in_use < r->ring.size / 64)
				wait_ms = MIN_OF(wait_ms + 1, (int)POLL_MS);
			if (in_use <= r->ring.size / 2 && stopped(r, wait_ms))
				break;
			continue;
		}
		__atomic_store_n(&r->control->reader_asleep, 1, __ATOMIC_SEQ_CST);
		if (stopped(r, ring_has_data(&r->ring) ? 0 : ASLEEP_MS))
			break;
		__atomic_store_n(&r->control->reader_asleep, 0, __ATOMIC_SEQ_CST);
		wait_ms = FIRST_POLL_MS;
	}
	reader_drain(r);
	return NULL;
}

static int watch(int epoll_fd, int fd, uint32_t events)
{
	struct epoll_event e = {.events = events, .data.fd = fd};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

int reader_open(struct reader *r, const struct plan *plan, struct control *control, int ring_fd,
		struct spool *spool)
{
	int err;

	*r = (struct reader){.script = plan->script, .control = control, .spool = spool,
			     .ring_fd = ring_fd, .epoll_fd = -1, .stop_fd = -1, .notify_fd = -1};
	err = ring_open(&r->ring, ring_fd, plan->kmaps.v[KMAP_RING].entries);
	if (err)
		return err;
	r->notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (r->notify_fd < 0 || r->stop_fd < 0 || r->epoll_fd < 0)
		err = -errno;
	/* Edge-triggered: only a program's wake-up counts, not that there is data. */
	if (!err)
		err = watch(r->epoll_fd, ring_fd, EPOLLIN | EPOLLET);
	if (!err)
		err = watch(r->epoll_fd, r->stop_fd, EPOLLIN);
	if (err)
		reader_close(r);
	return err;
}

void reader_close(struct reader *r)
{
	if (!r->spool)
		return;
	reader_stop(r);
	ring_close(&r->ring);
	sys_close(&r->epoll_fd);
	sys_close(&r->stop_fd);
	sys_close(&r->notify_fd);
	*r = (struct reader){0};
}

int reader_start(struct reader *r)
{
	int err = pthread_create(&r->thread, NULL, run, r);

	r->running = err == 0;
	return -err;
}

void reader_stop(struct reader *r)
{
	if (!r->running)
		return;
	notify(r->stop_fd);
	pthread_join(r->thread, NULL);
	r->running = false;
}

bool reader_wants_growth(struct reader *r)
{
	return __atomic_exchange_n(&r->grow, 0, __ATOMIC_ACQ_REL);
}

bool reader_unwatch_next(struct reader *r, uint64_t *address)
{
	uint64_t bits = __atomic_load_n(&r->unwatch, __ATOMIC_ACQUIRE);
	unsigned n = bits ? __builtin_ctzll(bits) : 0;

	if (!bits)
		return false;
	__atomic_fetch_and(&r->unwatch, ~(1ull << n), __ATOMIC_ACQ_REL);
	return watchpoint_address(r->script, n, address);
}
