/*
 * names.h - numbers that stand for something (stack ids, addresses, uids, cgroup ids, clock
 * readings) into what they stand for. An interface, so that printing stays pure: run/live_names.c
 * and run/identity.c answer from the kernel, tests from tables.
 */
#ifndef SONDE_RUN_NAMES_H
#define SONDE_RUN_NAMES_H

#include "base/buf.h"

struct frame {
	uint64_t address;
	const char *name;   /* NULL: no name is known */
	uint64_t offset;    /* from the start of `name` */
	const char *module; /* kernel module or user file; NULL: the kernel proper, or unknown */
	bool interpreted;   /* `name` is that of a script's function, not of the code at `address` */
	const char *file;   /* of an interpreted one: the script it is in; NULL: not known */
	uint32_t line;      /* in `file`, where it is now; 0: not known */
};

struct frames {
	VEC(struct frame) list; /* innermost first */
	bool user;
	uint32_t limit;         /* most frames asked for; 0: no limit */
	uint32_t mode;          /* enum stack_mode */
	const char *ended;      /* why there are no more, when that is too early; NULL: at the end, or not known */
	bool machinery;         /* its first frames may be the tracing machinery's: to be left out */
};

struct names {
	void *ctx;
	/*
	 * The stack of that id appended to out->list, without frames of the tracing machinery when
	 * out->machinery says there may be some; the caller cuts it at out->limit. Nothing when
	 * the id is not known. Strings live until the next call of any of these.
	 */
	void (*stack)(void *ctx, uint64_t id, uint32_t pid, struct frames *out);
	/* Fill everything but frame->address. */
	void (*kernel_symbol)(void *ctx, struct frame *frame);
	void (*user_symbol)(void *ctx, uint32_t pid, struct frame *frame);
	void (*user)(void *ctx, uint64_t uid, struct buf *out);
	/* The path below the cgroup root; `filter` NULL: of the unified hierarchy. */
	void (*cgroup)(void *ctx, uint64_t id, const char *filter, struct buf *out);
	/* A reading of `clock` (enum nsecs_mode) as nanoseconds since 1970. */
	int64_t (*wall_time)(void *ctx, uint64_t ns, uint32_t clock);
	/* The name of an enumerator with that value, or NULL. */
	const char *(*enumerator)(void *ctx, const void *type, int64_t value);
	bool plain_stacks; /* ends that come too early are not marked: as bpftrace prints */
	/* script->strings */
	const char *const *strings;
	size_t nstrings;
	/* After a string that fills a type of at least cut_size bytes: it was cut. NULL: nothing. */
	const char *trailer;
	uint32_t cut_size;
};

#endif
