/*
 * strace_lines.h - records to the lines of `sonde strace`: who, when, what, how long.
 */
#ifndef SONDE_CMD_STRACE_LINES_H
#define SONDE_CMD_STRACE_LINES_H

#include <stdio.h>

#include "base/hmap.h"
#include "out/strace/decode.h"
#include "run/strace/fds.h"

struct strace_lines {
	/* what is wanted */
	FILE *file;
	struct decode_options decode;
	bool durations, relative;  /* -T, -r */
	bool pid_always;           /* -f with -o: every line has its thread's number */
	bool no_exits, no_signals;
	const struct strace_set *wanted; /* calls: others come, too, for what they do to descriptors */
	bool only_good, only_failed;     /* of those calls */
	unsigned stamps;           /* how often -t */
	struct strace_fds *fds;    /* -y; NULL: not */
	/* inside */
	struct buf text;           /* not written yet */
	struct hmap alive;         /* threads seen */
	uint32_t nalive;
	int64_t wall_offset;       /* ns: from CLOCK_MONOTONIC to 1970 */
	uint64_t last;             /* the time of the line before, for -r */
	/* what there is to tell at the end */
	uint64_t unread, cut, bad;
	int error;                 /* errno of the write that failed; nothing more is written */
};

void strace_lines_begin(struct strace_lines *l);
/* A trace_each; `lines` is a struct strace_lines. */
void strace_lines_put(void *lines, const struct strace_record *record, uint32_t len);
void strace_lines_flush(struct strace_lines *l);
void strace_lines_end(struct strace_lines *l); /* flushes, frees */
/* Records were lost: what is known of descriptors may be no longer so. */
void strace_lines_lost(struct strace_lines *l);
/* Whether a line of the thread was written. */
bool strace_lines_heard(const struct strace_lines *l, uint32_t tid);
/* The thread runs: with more than one, lines tell whose they are. */
void strace_lines_thread(struct strace_lines *l, uint32_t tid);

#endif
