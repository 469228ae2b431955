/*
 * unwinder.h - keeps what unwind.bpf.c walks by (ir/unwind.h) true: which process has what mapped
 * where, and how code of each file is stepped over.
 *
 *   sym/procs: mappings, files --unwinder_update--> the plan's KMAP_UNWIND_* maps
 *
 * A file's table is made, or taken from the disk (sym/unwind_cached.h), when it is first seen, and
 * serves every process that has the file mapped. Tables stay: their memory is bounded by the maps'
 * sizes (64 MB of rows), and what finds no room is walked by frame pointers and counted. Not
 * thread-safe; programs read what is written here at any time, so a process's list is replaced,
 * never changed.
 */
#ifndef SONDE_RUN_UNWINDER_H
#define SONDE_RUN_UNWINDER_H

#include "ir/plan.h"
#include "kern/btf.h"
#include "kern/maps.h"
#include "sym/disk_cache.h"
#include "sym/procs.h"

struct unwinder;
struct pythons;

/*
 * `btf` (may be NULL) tells where the kernel keeps mappings: by that, processes are walked that
 * were not met yet. NULL when the plan's programs walk no stacks by tables; `why` has a line when
 * memory could not be had.
 */
struct unwinder *unwinder_new(const struct plan *plan, const struct kernel_maps *maps, const struct btf *btf,
			      struct buf *why);
void unwinder_free(struct unwinder *u); /* NULL is fine */

/* The interpreters it has met among the processes: part of it. */
struct pythons *unwinder_pythons(struct unwinder *u);

/*
 * A program that will be started: tables of it and of the libraries it is linked with, as far as a
 * tenth of a second goes, are ready when it is. A file that is none is no error.
 */
void unwinder_prepare(struct unwinder *u, const char *path);
/* What the process has mapped now. */
void unwinder_update(struct unwinder *u, struct procs *procs, uint32_t pid);
/* How long tables are made that may have to wait: while nobody waits for us, and up to a time. */
struct unwinder_patience {
	const bool *awaited;           /* another thread's */
	uint64_t until;                /* monotonic, ns */
};
/* The same; but when patience ends no more tables are made for it: if it wants one, nobody has looked at it. */
void unwinder_update_patiently(struct unwinder *u, struct procs *procs, uint32_t pid,
			       const struct unwinder_patience *patience);
void unwinder_forget(struct unwinder *u, uint32_t pid); /* it has ended */

/* The memory that makes one file after the other fast is given back. */
void unwinder_rest(struct unwinder *u);

/* To poll: programs have met processes that they do not know. */
int unwinder_wanted_fd(const struct unwinder *u);
/* Looks at those. */
void unwinder_answer(struct unwinder *u, struct procs *procs);
/* Whether anything is known of the process: only then what it does is of interest. */
bool unwinder_knows(const struct unwinder *u, uint32_t pid);

struct unwinder_totals {
	uint64_t files, rows;         /* with tables, and their rows */
	uint64_t without;             /* files without .eh_frame or not readable */
	uint64_t no_room_files, no_room_processes, no_room_areas, no_room_rules; /* areas: of one process */
	uint64_t bytes;               /* of rows and pages in use */
	uint64_t build_ns;            /* spent on reading files */
	struct disk_cache_counts cache;
	const char *no_cache;         /* why there is none; "" */
};
void unwinder_totals(const struct unwinder *u, struct unwinder_totals *out);

#endif
