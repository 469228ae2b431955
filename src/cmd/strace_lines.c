/* strace_lines.c - see strace_lines.h. */
#include "cmd/strace_lines.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { FLUSH_AT = 64 << 10, ENDED_MAX = 1 << 14, NS = 1000000000 };

void strace_lines_begin(struct strace_lines *l)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	l->wall_offset = (int64_t)wall.tv_sec * NS + wall.tv_nsec - (int64_t)now_ns();
}

void strace_lines_flush(struct strace_lines *l)
{
	const char *at = l->text.data;
	size_t left = l->text.len;

	if (left && !l->error && (fwrite(at, 1, left, l->file) != left || fflush(l->file)))
		l->error = errno;
	buf_reset(&l->text);
}

void strace_lines_end(struct strace_lines *l)
{
	strace_lines_flush(l);
	buf_free(&l->text);
	hmap_free(&l->alive);
}

/* ---- whose lines ---- */

static char is_alive[1], was_heard[1]; /* what a thread that lives has in the map */

void strace_lines_lost(struct strace_lines *l)
{
	if (l->fds)
		fds_forget_all(l->fds);
}

void strace_lines_thread(struct strace_lines *l, uint32_t tid)
{
	void **at = hmap_at(&l->alive, &tid, sizeof(tid));

	if (*at)
		return;
	l->nalive++;
	*at = is_alive;
}

static void heard(struct strace_lines *l, uint32_t tid)
{
	strace_lines_thread(l, tid);
	*hmap_at(&l->alive, &tid, sizeof(tid)) = was_heard;
}

bool strace_lines_heard(const struct strace_lines *l, uint32_t tid)
{
	return hmap_get(&l->alive, &tid, sizeof(tid)) == was_heard;
}

/* The threads that live, alone: those that ended are many more by now. */
static void forget_ended(struct strace_lines *l)
{
	struct hmap alive = {0};

	vec_each(e, &l->alive.entries)
		if (e->value)
			*hmap_at(&alive, e->key, e->key_len) = e->value;
	hmap_free(&l->alive);
	l->alive = alive;
}

static void ended(struct strace_lines *l, uint32_t tid)
{
	void **at = hmap_at(&l->alive, &tid, sizeof(tid));

	l->nalive -= *at != NULL;
	*at = NULL;
	if (l->alive.entries.n > 4 * l->nalive + ENDED_MAX)
		forget_ended(l);
}

/* ---- what stands before the call ---- */

static void put_number(struct buf *out, uint64_t v, unsigned width, char fill)
{
	char digits[20];
	unsigned n = 0;

	do
		digits[n++] = '0' + v % 10;
	while (v /= 10);
	if (n < width)
		buf_pad(out, fill, width - n);
	while (n)
		buf_putc(out, digits[--n]);
}

static void put_stamp(struct strace_lines *l, uint64_t ns)
{
	uint64_t wall = ns + l->wall_offset;
	time_t seconds = wall / NS;
	struct tm tm;
	char text[16];

	if (l->relative) {
		uint64_t passed = l->last && ns > l->last ? ns - l->last : 0;

		put_number(&l->text, passed / NS, 6, ' ');
		buf_putc(&l->text, '.');
		put_number(&l->text, passed % NS / 1000, 6, '0');
		buf_putc(&l->text, ' ');
		l->last = ns;
	}
	if (!l->stamps)
		return;
	if (l->stamps >= 3) {
		put_number(&l->text, seconds, 0, ' ');
	} else {
		localtime_r(&seconds, &tm);
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
		buf_puts(&l->text, text);
	}
	if (l->stamps >= 2) {
		buf_putc(&l->text, '.');
		put_number(&l->text, wall % NS / 1000, 6, '0');
	}
	buf_putc(&l->text, ' ');
}

static void put_head(struct strace_lines *l, const struct strace_record *r)
{
	if (l->pid_always) {
		size_t mark = l->text.len;

		put_number(&l->text, r->tid, 0, ' ');
		while (l->text.len - mark < 6)
			buf_putc(&l->text, ' ');
		if (l->text.data[l->text.len - 1] != ' ')
			buf_putc(&l->text, ' ');
	} else if (l->nalive > 1) {
		buf_puts(&l->text, "[pid ");
		put_number(&l->text, r->tid, 5, ' ');
		buf_puts(&l->text, "] ");
	}
	put_stamp(l, r->time);
}

/* ---- the call ---- */

static void put_duration(struct strace_lines *l, uint64_t ns)
{
	buf_puts(&l->text, " <");
	put_number(&l->text, ns / NS, 0, ' ');
	buf_putc(&l->text, '.');
	put_number(&l->text, ns % NS / 1000, 6, '0');
	buf_putc(&l->text, '>');
}

static void put_call(struct strace_lines *l, const struct strace_record *r, uint32_t len)
{
	struct decode_result result = {0};

	if (l->fds)
		fds_before(l->fds, r, len);
	put_head(l, r);
	decode_call(&l->decode, r, len, &l->text, &result);
	if (l->durations && !(r->flags & (STRACE_NO_RETURN | STRACE_NO_ENTRY | STRACE_WAITING)))
		put_duration(l, r->duration);
	buf_putc(&l->text, '\n');
	if (l->fds && r->flags & STRACE_WAITING)
		fds_forget(l->fds, r->pid); /* it is the thread's number, which another process may have one day */
	else if (l->fds)
		fds_after(l->fds, r);
	l->unread += result.unread;
	l->cut += result.cut;
	l->bad += result.bad;
}

static bool is_wanted(const struct strace_lines *l, const struct strace_record *r)
{
	bool failed = r->result < 0 && r->result >= -4095;

	return strace_set_has(l->wanted, r->number) &&
	       (r->flags & STRACE_NO_RETURN || !(failed ? l->only_good : l->only_failed));
}

/* A call that nobody asked for: what it does to descriptors. */
static void follow_call(struct strace_lines *l, const struct strace_record *r, uint32_t len)
{
	strace_lines_thread(l, r->tid);
	fds_before(l->fds, r, len);
	fds_after(l->fds, r);
}

static bool has_info(const struct strace_record *r, uint32_t len)
{
	const struct strace_item *item = (const void *)(r + 1);

	return len >= sizeof(*r) + sizeof(*item) && !(item->flags & STRACE_ITEM_FAILED);
}

void strace_lines_put(void *lines, const struct strace_record *r, uint32_t len)
{
	struct strace_lines *l = lines;

	if (r->kind == STRACE_RENUMBERED || (r->kind == STRACE_EXIT && l->no_exits)) {
		ended(l, r->tid);
		return;
	}
	/* SIGKILL without a sender is how the kernel makes each thread of a process end that another signal kills. */
	if (r->kind == STRACE_SIGNAL && (l->no_signals || (r->result == SIGKILL && !has_info(r, len))))
		return;
	if (r->kind == STRACE_CALL && l->fds && !is_wanted(l, r)) {
		follow_call(l, r, len);
		return;
	}
	heard(l, r->tid);
	switch (r->kind) {
	case STRACE_CALL: put_call(l, r, len); break;
	case STRACE_SIGNAL:
		put_head(l, r);
		decode_signal_line(r, len, &l->text);
		buf_putc(&l->text, '\n');
		break;
	case STRACE_EXIT:
		put_head(l, r);
		decode_exit_line(r, &l->text);
		buf_putc(&l->text, '\n');
		ended(l, r->tid);
		if (l->fds && r->tid == r->pid)
			fds_forget(l->fds, r->pid);
		break;
	default: l->bad++; break;
	}
	if (l->text.len >= FLUSH_AT)
		strace_lines_flush(l);
}
