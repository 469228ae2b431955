/* decode_time.c - times, timers, and what waits: poll, select, epoll. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>

#include "out/strace/decode_int.h"

enum { RESTARTED = -516 }; /* ERESTART_RESTARTBLOCK: interrupted, to be begun anew */

/* ---- times ---- */

/* Nanoseconds with special meanings: linux/stat.h. */
enum { TIME_NOW = (1 << 30) - 1, TIME_OMIT = (1 << 30) - 2 };

static void put_timespec(struct buf *out, const uint8_t *p)
{
	buf_puts(out, "{tv_sec=");
	put_signed(out, get64(p));
	buf_puts(out, ", tv_nsec=");
	put_signed(out, get64(p + 8));
	buf_putc(out, '}');
}

static void put_timeval(struct buf *out, const uint8_t *p)
{
	buf_puts(out, "{tv_sec=");
	put_signed(out, get64(p));
	buf_puts(out, ", tv_usec=");
	put_signed(out, get64(p + 8));
	buf_putc(out, '}');
}

void decode_timespec(struct decode *d, unsigned n)
{
	if (have(d, n, &d->after[n], 16))
		put_timespec(d->out, d->after[n].data);
}

void decode_timespec_before(struct decode *d, unsigned n)
{
	const struct part *part = d->before[n].there ? &d->before[n] : &d->after[n];

	if (have(d, n, part, 16))
		put_timespec(d->out, part->data);
}

void decode_timeval(struct decode *d, unsigned n)
{
	if (have(d, n, &d->after[n], 16))
		put_timeval(d->out, d->after[n].data);
}

void decode_timeval_before(struct decode *d, unsigned n)
{
	const struct part *part = d->before[n].there ? &d->before[n] : &d->after[n];

	if (have(d, n, part, 16))
		put_timeval(d->out, part->data);
}

/* What is left of a sleep: written only when it was interrupted. */
void decode_timespec_left(struct decode *d, unsigned n)
{
	if (!argument(d, n))
		buf_puts(d->out, "NULL");
	else if (d->r->result != -EINTR && d->r->result != RESTARTED)
		put_address(d->out, argument(d, n));
	else
		decode_timespec(d, n);
}

static void put_file_time(struct buf *out, const uint8_t *p)
{
	int64_t ns = get64(p + 8);

	if (ns == TIME_NOW)
		buf_puts(out, "UTIME_NOW");
	else if (ns == TIME_OMIT)
		buf_puts(out, "UTIME_OMIT");
	else
		put_timespec(out, p);
	if (ns != TIME_NOW && ns != TIME_OMIT)
		put_local_time(out, get64(p), ns);
}

static void put_pair(struct decode *d, unsigned n, void (*put)(struct buf *out, const uint8_t *p))
{
	if (!have(d, n, &d->after[n], 32))
		return;
	buf_putc(d->out, '[');
	put(d->out, d->after[n].data);
	buf_puts(d->out, ", ");
	put(d->out, d->after[n].data + 16);
	buf_putc(d->out, ']');
}

void decode_timespec_pair(struct decode *d, unsigned n) { put_pair(d, n, put_file_time); }
void decode_timeval_pair(struct decode *d, unsigned n) { put_pair(d, n, put_timeval); }

static void put_timer(struct decode *d, unsigned n, void (*put)(struct buf *out, const uint8_t *p))
{
	if (!have(d, n, &d->after[n], 32))
		return;
	buf_puts(d->out, "{it_interval=");
	put(d->out, d->after[n].data);
	buf_puts(d->out, ", it_value=");
	put(d->out, d->after[n].data + 16);
	buf_putc(d->out, '}');
}

void decode_itimerval(struct decode *d, unsigned n) { put_timer(d, n, put_timeval); }
void decode_itimerspec(struct decode *d, unsigned n) { put_timer(d, n, put_timespec); }

void decode_long_out(struct decode *d, unsigned n)
{
	if (!have(d, n, &d->after[n], 8))
		return;
	buf_putc(d->out, '[');
	put_signed(d->out, get64(d->after[n].data));
	buf_putc(d->out, ']');
}

/* A negative clock is that of a process or thread: its number is in the upper bits, inverted. */
void decode_clock(struct decode *d, unsigned n)
{
	int32_t clock = argument(d, n);
	static const char *const kinds[] = {"CPUCLOCK_PROF", "CPUCLOCK_VIRT", "CPUCLOCK_SCHED"};

	if (clock >= 0)
		put_name(d->out, STRACE_NAMES_clock, clock);
	else if ((clock & 7) == 3)
		buf_printf(d->out, "FD_TO_CLOCKID(%d)", ~(clock >> 3));
	else if ((clock & 3) < 3)
		buf_printf(d->out, "MAKE_%s_CPUCLOCK(%d, %s)", clock & 4 ? "THREAD" : "PROCESS", ~(clock >> 3),
			   kinds[clock & 3]);
	else
		put_signed(d->out, clock);
}

/* ---- poll ---- */

enum { POLLFD = 8, ALL = 32 }; /* bytes; elements shown of a list, as of -s */

static uint32_t shown(const struct decode *d)
{
	return d->o->verbose ? UINT32_MAX : MIN_OF(d->o->string_limit, (uint32_t)ALL);
}

void decode_pollfds(struct decode *d, unsigned n)
{
	const struct part *part = &d->after[n];
	uint64_t count = (uint32_t)other_argument(d, n);

	if (!have(d, n, part, 0))
		return;
	buf_putc(d->out, '[');
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *p = part->data + i * POLLFD;
		uint16_t events;

		if (i)
			buf_puts(d->out, ", ");
		if (i >= shown(d) || (i + 1) * POLLFD > part->len) {
			buf_puts(d->out, "...");
			break;
		}
		buf_puts(d->out, "{fd=");
		put_fd(d, get32(p));
		if ((int32_t)get32(p) >= 0) {
			memcpy(&events, p + 4, sizeof(events));
			buf_puts(d->out, ", events=");
			put_flags(d->out, STRACE_NAMES_poll, events);
		}
		buf_putc(d->out, '}');
	}
	buf_putc(d->out, ']');
}

/* What is left of a timeout, when it was changed. */
static void put_left(struct decode *d, unsigned n, void (*put)(struct buf *out, const uint8_t *p), bool first)
{
	if (n >= 6 || !d->after[n].there || d->after[n].failed || d->after[n].len < 16) {
		if (!first)
			buf_putc(d->out, ')');
		return;
	}
	buf_puts(d->out, first ? " (left " : ", left ");
	put(d->out, d->after[n].data);
	buf_putc(d->out, ')');
}

void put_polled(struct decode *d)
{
	const struct part *part = &d->after[0];
	bool is_ppoll = d->call->nargs > 3, any = false;
	uint32_t listed = 0;

	put_signed(d->out, d->r->result);
	if (!d->r->result) {
		buf_puts(d->out, " (Timeout)");
		return;
	}
	buf_puts(d->out, " ([");
	for (uint32_t at = 0; part->there && !part->failed && at + POLLFD <= part->len; at += POLLFD) {
		uint16_t revents;

		memcpy(&revents, part->data + at + 6, sizeof(revents));
		if (!revents || (int32_t)get32(part->data + at) < 0)
			continue;
		if (any)
			buf_puts(d->out, ", ");
		any = true;
		if (listed++ >= shown(d)) {
			buf_puts(d->out, "...");
			break;
		}
		buf_puts(d->out, "{fd=");
		put_fd(d, get32(part->data + at));
		buf_puts(d->out, ", revents=");
		put_flags(d->out, STRACE_NAMES_poll, revents);
		buf_putc(d->out, '}');
	}
	buf_putc(d->out, ']');
	put_left(d, is_ppoll ? 2 : 6, put_timespec, false);
}

/* ---- select ---- */

/* The numbers of bits set below `limit`, separated by blanks: "[0 3]". */
static void put_bits(struct decode *d, const struct part *part, uint32_t limit)
{
	bool any = false;

	buf_putc(d->out, '[');
	for (uint32_t i = 0; i < limit && i / 8 < part->len; i++) {
		if (!(part->data[i / 8] >> (i % 8) & 1))
			continue;
		if (any)
			buf_putc(d->out, ' ');
		put_fd(d, i);
		any = true;
	}
	buf_putc(d->out, ']');
}

void decode_fd_set(struct decode *d, unsigned n)
{
	const struct part *part = d->before[n].there ? &d->before[n] : &d->after[n];

	if (have(d, n, part, 0))
		put_bits(d, part, argument(d, 0) < 0 ? 0 : MIN_OF((uint64_t)argument(d, 0), 1024u));
}

void put_selected(struct decode *d)
{
	static const char *const names[] = {"in ", "out ", "except "};
	bool first = true, spec = d->call->nargs > 5;

	put_signed(d->out, d->r->result);
	if (!d->r->result) {
		buf_puts(d->out, " (Timeout)");
		return;
	}
	for (unsigned i = 0; i < 3; i++) {
		const struct part *part = &d->after[i + 1];
		bool any = false;

		for (uint32_t b = 0; part->there && b < part->len && b * 8 < (uint64_t)argument(d, 0); b++)
			any |= part->data[b] != 0;
		if (!any)
			continue;
		buf_puts(d->out, first ? " (" : ", ");
		first = false;
		buf_puts(d->out, names[i]);
		put_bits(d, part, MIN_OF((uint64_t)argument(d, 0), 1024u));
	}
	put_left(d, 4, spec ? put_timespec : put_timeval, first);
}

/* ---- epoll ---- */

enum { EPOLL_SIZE = STRACE_EPOLL_SIZE, EPOLL_DATA = EPOLL_SIZE - 8 };

static void put_epoll_event(struct buf *out, const uint8_t *p)
{
	buf_puts(out, "{events=");
	put_flags(out, STRACE_NAMES_epoll, get32(p));
	buf_printf(out, ", data={u32=%" PRIu32 ", u64=%" PRIu64 "}}", get32(p + EPOLL_DATA),
		   get64(p + EPOLL_DATA));
}

void decode_epoll_event(struct decode *d, unsigned n)
{
	if (have(d, n, &d->after[n], EPOLL_SIZE))
		put_epoll_event(d->out, d->after[n].data);
}

void decode_epoll_events(struct decode *d, unsigned n)
{
	const struct part *part = &d->after[n];

	if (d->failed) {
		put_address(d->out, argument(d, n));
		return;
	}
	if (!have(d, n, part, 0))
		return;
	buf_putc(d->out, '[');
	for (uint32_t i = 0; i < (uint64_t)d->r->result; i++) {
		if (i)
			buf_puts(d->out, ", ");
		if (i >= shown(d) || (i + 1) * EPOLL_SIZE > part->len) {
			buf_puts(d->out, "...");
			break;
		}
		put_epoll_event(d->out, part->data + i * EPOLL_SIZE);
	}
	buf_putc(d->out, ']');
}
