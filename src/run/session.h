/*
 * session.h - a compiled script's life: maps, programs, begin, attach, read, detach, end, the
 * maps printed, what was lost and what it cost.
 */
#ifndef SONDE_RUN_SESSION_H
#define SONDE_RUN_SESSION_H

#include "ir/plan.h"
#include "kern/child.h"
#include "run/output.h"
#include "run/world.h"

struct session_options {
	struct machine *machine;   /* may be NULL: then no program needs a BTF tracepoint */
	struct watched *watched;   /* -c: started and held; -p: the process. The caller's; or NULL */
	const char *command;       /* what the watched child will execute; or NULL */
	int64_t pid;               /* attach only to it (the watched one); 0: everything */
	double duration;           /* seconds; 0: no end */
	double max_cpu;            /* percent of one CPU; 0: no limit */
	uint64_t max_map_mem;      /* bytes; 0: 256 MB */
	int calm;                  /* priority of the calling thread once nothing is urgent: thread_hurry_now() */
	uint64_t spool_bytes;      /* 0: 64 MB */
	char buffering;            /* 'l', 'n', 'f'; 0: flushed whenever nothing more is at hand */
	const char *notify;        /* printed as a line of standard output once attached; or NULL */
	bool quiet, dry_run;       /* dry_run: load; attach only under bpftrace's name; run nothing */
	unsigned verbose;
};

struct session;

/*
 * What needs no programs is begun, by a thread, while the caller compiles them: the kernel's maps are made,
 * and processes followed whose addresses will be named. `plan` (but its programs' code) and `options`
 * stay as they are until the end.
 */
struct session *session_begin(struct plan *plan, const struct session_options *options);
/* One that is not to run after all; NULL is fine. */
void session_drop(struct session *s);
/*
 * Runs it to its end: exit(), ^C or SIGTERM, the end of the watched process or of the
 * duration, or output that nobody reads. A second ^C ends the process at once. Frees it; `output` is the
 * caller's.
 *
 * The exit status: what exit() said, else 0; 1 (under bpftrace's name 255) when it could not begin (diagnostics are in
 * plan->script->diags for the caller to print, or a line went to output->messages).
 * Signals are as they were afterwards.
 */
int session_run(struct session *s, struct output *output);

#endif
