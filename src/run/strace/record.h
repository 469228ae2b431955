/*
 * record.h - what the programs of `sonde strace` send, and what they are told to copy.
 *
 * One record a system call, sent when it returns (exit, exit_group: when it is entered):
 *
 *   struct strace_record | item | item | ...        item: struct strace_item | data | pad to 8
 *
 * An item is memory an argument pointed to. Which ones are copied is told by the call's plan, an
 * entry of an array that the programs read: struct strace_plan, up to STRACE_ITEMS steps. Most
 * are taken when the call has returned: then the kernel has just touched the memory, so that it
 * is there to be read, and what the call wrote is in it. What the call overwrites, or what is
 * gone afterwards (execve), is taken before.
 *
 * All numbers are of this machine's byte order; nothing is shared between machines.
 */
#ifndef SONDE_RUN_STRACE_RECORD_H
#define SONDE_RUN_STRACE_RECORD_H

#include <stdint.h>

enum {
	STRACE_CALLS = 512,      /* numbers below this one; higher ones are not reported */
	STRACE_ITEMS = 5,        /* steps of a plan, for each of before and after */
	STRACE_PATH = 4096,      /* bytes of a path that are copied, as PATH_MAX */
	STRACE_IOVECS = 16,      /* elements of an iovec whose memory is copied */
	STRACE_STRINGS = 32,     /* of argv, of envp */
	STRACE_ENVIRONMENT = 512,  /* variables counted, at most */
	STRACE_ENTRIES = 512,    /* of a directory, counted, at most */
};

enum strace_kind {
	STRACE_CALL = 1, STRACE_SIGNAL, STRACE_EXIT,
	STRACE_RENUMBERED,       /* the thread executes a program and takes its leader's number: tid is no more */
};

enum { /* strace_record.flags */
	STRACE_NO_RETURN = 1,    /* sent at the entry: the call does not return */
	STRACE_NO_ENTRY = 2,     /* it was under way when tracing began: `time` is that of its end */
	STRACE_COMPAT = 4,       /* a 32-bit call: its number is of another table */
	STRACE_FULL = 8,         /* an item was left out: there was no room */
	STRACE_ENDED_INSIDE = 16, /* the thread ended inside the call */
	STRACE_WAITING = 32,     /* it is still in it; not from a program: `pid` is the thread, too */
	STRACE_REFUSED = 64,     /* it was ended before its entry was seen (seccomp): nothing from before is known */
};

struct strace_record {
	uint16_t kind;           /* enum strace_kind */
	uint16_t flags;
	uint32_t tid;
	uint64_t time;           /* of the entry; ns, CLOCK_MONOTONIC */
	uint64_t duration;       /* ns */
	int64_t result;          /* EXIT: the exit code as wait4 has it; SIGNAL: its number */
	uint64_t args[6];
	uint32_t number;
	uint32_t pid;            /* of the process that the thread belongs to */
};

enum { STRACE_ITEM_FAILED = 1 }; /* strace_item.flags: the memory could not be read */

struct strace_item {
	uint8_t arg;             /* which argument; STRACE_ARG_... */
	uint8_t flags;
	uint16_t len;            /* bytes of data that follow */
	uint32_t index;          /* of an element of an iovec or argv, or a count */
};

enum { /* strace_item.arg: below 6 what argument N points to after the call, and: */
	STRACE_ARG_BEFORE = 8,   /* + N: what it pointed to before */
	STRACE_ARG_ELEMENT = 16, /* the memory of iovec element `index` */
	STRACE_ARG_IOVEC,        /* the iovec array of a message */
	STRACE_ARG_NAME,         /* the address of a message */
	STRACE_ARG_CONTROL,      /* the control data of a message */
	STRACE_ARG_STRING,       /* string `index` of argv */
	STRACE_ARG_ENVIRONMENT,  /* string `index` of envp */
	STRACE_ARG_ENVIRONMENT_COUNT, /* `index`: how many there are; no data */
	STRACE_ARG_ENTRIES,      /* `index`: how many a directory listing has; no data */
	STRACE_ARG_SIGINFO,      /* of a signal */
};

/* ---- what the programs are told ---- */

enum strace_step_kind { STEP_END, STEP_STRING, STEP_BYTES };

enum { /* strace_step.length: */
	LENGTH_FIXED,            /* `scale` bytes */
	LENGTH_ARG,              /* + N: argument N, times `scale` */
	LENGTH_RESULT = 7,       /* what the call returned, times `scale` */
	LENGTH_AT_ARG,           /* + N: the 32-bit number argument N points to, times `scale` */
};

enum { WHEN_ALWAYS, WHEN_GOOD }; /* strace_step.when: GOOD: only when the call did not fail */

struct strace_step {
	uint8_t kind;            /* enum strace_step_kind */
	uint8_t arg;
	uint8_t length;
	uint8_t when;
	uint16_t scale;
	uint16_t limit;          /* at most so many bytes; of a string with its NUL */
};

enum { /* strace_plan.flags */
	PLAN_TRACED = 1,
	PLAN_EXEC = 2,           /* a new program; arguments are at `vector`, the environment behind it */
	PLAN_NO_RETURN = 4,
	PLAN_BEFORE = 8,         /* it has steps for the entry */
	PLAN_IOVEC = 16,         /* argument `vector` is an iovec array of as many as the next one says */
	PLAN_MESSAGE = 32,       /* argument `vector` is a struct msghdr */
	PLAN_ENTER = 64,         /* the entry matters: for its time, its memory, because there is no end */
	PLAN_FRAME = 512,        /* argument 0 is to be the place of the mask in the signal frame */
	PLAN_ENTRIES = 256,      /* argument 1 is a list of struct linux_dirent(64) */
	PLAN_CHILD = 128,        /* a new thread or process comes out of it, too, with 0 */
	PLAN_DESCRIPTORS = 1024, /* sent whatever it returned: it changes what descriptors are */
};

struct strace_plan {
	uint32_t flags;
	uint32_t vector;
	struct strace_step before[STRACE_ITEMS], after[STRACE_ITEMS];
};

/* ---- what the programs count ---- */

struct strace_counters { /* one, shared; atomic */
	uint64_t ring_full;      /* records lost */
	uint64_t not_followed;   /* new threads that found no room in the table */
	uint32_t reader_asleep;  /* the reader wants to be woken */
	uint32_t pad;
};

enum { STRACE_BUCKETS = 160, STRACE_BUCKET_BITS = 2 };

struct strace_summary { /* one for each number and CPU; -c */
	uint64_t calls, errors, ns, max;
	uint64_t buckets[STRACE_BUCKETS]; /* of ns: four for each power of two (strace_bucket) */
};

/*
 * Threads that are traced: tags[slot] is the thread's number, entry `slot` of another array what is
 * known of it. A thread can be in the STRACE_WAYS slots of its bucket, (number & buckets - 1) *
 * STRACE_WAYS and those behind it; a slot is taken by making its entry in a hash of claims, which
 * only one can.
 */
enum { STRACE_WAYS = 8 };

enum strace_mode {
	MODE_OUTSIDE,
	MODE_INSIDE,             /* its record was begun at the entry */
	MODE_NEW,                /* it comes out of a call that it never entered: clone */
	MODE_HELD,               /* not traced before it executes a program */
	MODE_FOUND,              /* it ran already: the call that it is in may have begun before */
};

struct strace_thread {       /* record and items follow */
	uint32_t mode;           /* enum strace_mode */
	uint32_t used;           /* bytes of items so far */
	struct strace_record record;
};

#endif
