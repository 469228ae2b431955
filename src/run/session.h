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
	struct output *output;     /* the caller's */
	struct watched *watched;   /* -c: started and held; -p: the process. The caller's; or NULL */
	const char *command;       /* what the watched child will execute; or NULL */
	int64_t pid;               /* attach only to it (the watched one); 0: everything */
	double duration;           /* seconds; 0: no end */
	double max_cpu;            /* percent of one CPU; 0: no limit */
	uint64_t max_map_mem;      /* bytes; 0: 256 MB */
	struct maps_making *maps;  /* the plan's, begun under that limit; taken over */
	int calm;                  /* priority of the calling thread once nothing is urgent: thread_hurry_now() */
	uint64_t spool_bytes;      /* 0: 64 MB */
	char buffering;            /* 'l', 'n', 'f'; 0: flushed whenever nothing more is at hand */
	const char *notify;        /* printed as a line of standard output once attached; or NULL */
	bool quiet, dry_run;       /* dry_run: load; attach only under bpftrace's name; run nothing */
	unsigned verbose;
};

/*
 * Runs it to its end: exit(), ^C or SIGTERM, the end of the watched process or of the
 * duration, or output that nobody reads. A second ^C ends the process at once.
 *
 * The exit status: what exit() said, else 0; 1 (under bpftrace's name 255) when it could not begin (diagnostics are in
 * plan->script->diags for the caller to print, or a line went to output->messages).
 * Signals are as they were afterwards.
 */
int session_run(struct plan *plan, const struct session_options *options);

#endif
