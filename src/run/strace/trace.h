/*
 * trace.h - the programs of strace/program.h loaded, attached, and their records read.
 *
 *   trace_open --> trace_follow threads --> trace_attach --> trace_read ... --> trace_detach --> trace_close
 *
 * Nothing stops the traced program; what the ring has no room for is counted (trace_losses).
 */
#ifndef SONDE_RUN_STRACE_TRACE_H
#define SONDE_RUN_STRACE_TRACE_H

#include "base/buf.h"
#include "run/strace/calls.h"

struct trace;

struct trace_setup {
	struct strace_options options; /* what the kernel decides (btf, offsets) is filled in */
	const struct strace_set *set;
	bool follow;                   /* new threads and processes, too */
	uint32_t threads;              /* at most so many at a time */
	size_t ring_bytes;             /* a power of two */
};

/* 0, or -errno with one plain line in `why`. `setup->options` is completed. */
int trace_open(struct trace **out, struct trace_setup *setup, struct buf *why);
void trace_close(struct trace *t); /* detaches; NULL is fine */

/*
 * From now on this thread is traced. `held`: not before it executes a program. A thread that is
 * known stays as it is. -E2BIG: the table is full; -ESRCH: it has ended.
 */
int trace_follow(struct trace *t, uint32_t tid, bool held);
/* Every thread of the process, those it makes meanwhile included: how many, or -errno. */
int trace_follow_process(struct trace *t, uint32_t pid);
int trace_attach(struct trace *t, struct buf *why);
void trace_detach(struct trace *t);

/*
 * Every complete record to `each`, which may look at it until it returns. `len` is at least
 * sizeof(struct strace_record). How many bytes were waiting.
 */
typedef void trace_each(void *ctx, const struct strace_record *record, uint32_t len);
size_t trace_read(struct trace *t, trace_each *each, void *ctx);
/* Until there is something to read, `fd` (-1: none) is readable, or timeout_ms have passed. */
void trace_wait(struct trace *t, int fd, int timeout_ms);

/* Records that the ring had no room for, so far; costs nothing. */
uint64_t trace_lost(const struct trace *t);
struct trace_losses {
	uint64_t ring_full, not_followed, skipped, bad;
};
void trace_losses(struct trace *t, struct trace_losses *out);
/* The threads that are traced now, the first `max`; how many. */
size_t trace_threads(struct trace *t, uint32_t *tids, size_t max);
/*
 * The call that a thread waits in now, as /proc knows it: numbers only, no memory. False: it is in none,
 * or in one that is not traced.
 */
bool trace_waiting(const struct trace *t, uint32_t tid, struct strace_record *out);
/* -c: the counts of one call, summed over CPUs. False: it was not called. */
bool trace_summary(struct trace *t, uint32_t number, struct strace_summary *out);

#endif
