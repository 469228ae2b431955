/*
 * program.h - the BPF programs of `sonde strace`, written in the assembler: pure, the same code
 * for every machine of an architecture with the same options.
 *
 *   raw tracepoints   sys_enter, sys_exit     a system call: record.h
 *                     task_newtask            -f: a new thread is put into the table
 *                     sched_process_exec      a thread that takes its leader's number moves
 *                     sched_process_exit      the end of a thread
 *                     signal_deliver          a signal
 *
 * A thread that is traced has an entry in the table of threads; the record is built in it. Nobody
 * but the thread itself writes there, however it is preempted, so that there is nothing to share.
 * Most calls are seen at their end alone: the registers still hold the arguments then.
 */
#ifndef SONDE_RUN_STRACE_PROGRAM_H
#define SONDE_RUN_STRACE_PROGRAM_H

#include "bpf/object.h"
#include "run/strace/record.h"

enum strace_map { /* what relocations name */
	STRACE_MAP_TAGS,     /* array, one value: u32 [buckets * STRACE_WAYS] */
	STRACE_MAP_THREADS,  /* array: slot -> strace_value_size() bytes, a struct strace_thread */
	STRACE_MAP_CLAIMS,   /* hash: slot -> thread */
	STRACE_MAP_PLANS,    /* array, one value: struct strace_plan [STRACE_CALLS] */
	STRACE_MAP_COUNTERS, /* array, one value: struct strace_counters */
	STRACE_MAP_RING,
	STRACE_MAP_SUMMARY,  /* array per CPU: number -> struct strace_summary */
	STRACE_MAPS
};

enum strace_program {
	STRACE_ENTER, STRACE_RETURN, STRACE_NEW_THREAD, STRACE_EXECUTED, STRACE_THREAD_END, STRACE_SIGNALLED,
	STRACE_PROGRAMS
};

struct strace_options {
	bool btf;              /* registers are read in place (tp_btf), else with a helper */
	bool lines, summary;   /* records are sent; calls are counted */
	bool times;            /* when a call began, how long it took; the summary needs them */
	uint32_t buckets;      /* of threads; a power of two */
	bool only_good, only_failed;
	bool descriptors;      /* calls that change what descriptors are: whether asked for or not */
	bool environment;      /* the strings of it, not only how many */
	uint32_t string_limit; /* bytes shown of a buffer or string; at most STRACE_STRING_MAX */
	/* Offsets in struct task_struct; -1: not known. */
	int32_t pid_offset, flags_offset, exit_code_offset, compat_offset;
};

enum { STRACE_STRING_MAX = 32768 };

/* Bytes of items a record can have, and of the largest item's data. */
uint32_t strace_room(const struct strace_options *o);
uint32_t strace_largest(const struct strace_options *o);
uint32_t strace_value_size(const struct strace_options *o);

/* NULL when the options do not want that program. */
struct bpf_code *strace_assemble(enum strace_program which, const struct strace_options *o, struct arena *arena);
const char *strace_program_event(enum strace_program which); /* "sys_enter" */

#endif
