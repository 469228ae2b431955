/*
 * live_names.h - struct names answered by the machine: stacks from the stack table, symbols
 * from kallsyms and ELF files, users, cgroups, clocks.
 *
 * Mapping events (live_names_events) may be fed by another thread than the one that prints.
 */
#ifndef SONDE_RUN_LIVE_NAMES_H
#define SONDE_RUN_LIVE_NAMES_H

#include "kern/maps.h"
#include "run/output.h"
#include "run/world.h"

struct live_names;

/* `machine` may be NULL (tests): kernel symbols are read here then. Never fails. */
struct live_names *live_names_new(const struct plan *plan, const struct kernel_maps *maps,
				  struct machine *machine);
void live_names_free(struct live_names *live);
struct names *live_names_interface(struct live_names *live);
/* cgroup_path() as bpftrace prints it: with the names of all hierarchies that have the cgroup. */
void live_names_tell_hierarchies(struct live_names *live);

/* Whose unwind tables are made before programs meet them, where programs walk by tables. */
struct live_names_first {
	uint32_t pid;        /* of a process that is there; 0: none */
	bool alone;          /* of no other */
	uint32_t child;      /* of a process that is about to execute `program`; 0, NULL: none */
	const char *program; /* other programs that start meanwhile do not come before it */
};

/*
 * Follows what processes map and when they end, so that those that are gone can be named, when the script
 * uses user symbols. It is a thread that begins, so that maps can be made and programs loaded meanwhile; it
 * waits for live_names_mapped() before it makes tables for walks. `first` is copied.
 */
void live_names_follow(struct live_names *live, const struct live_names_first *first);
/*
 * Of the maps that live_names_new() was given, those for walks are made; or, not `good`, they never will be. After
 * live_names_follow(), from any thread; only the first call counts.
 */
void live_names_mapped(struct live_names *live, bool good);
/*
 * Before attaching: the process that was asked for has been looked at, and others, as far as that is worth
 * waiting for. -errno: only living processes will be named.
 * `why` gets a line when stacks cannot be walked by tables.
 */
int live_names_followed(struct live_names *live, struct buf *why);
/* To poll; -1: nothing is followed. */
int live_names_fd(const struct live_names *live);
/* Takes in what has come; `all`: up to this moment. Whether there is something left for a little later. */
bool live_names_events(struct live_names *live, bool all);
/* Whether programs walk by tables. */
bool live_names_unwinds(const struct live_names *live);
/* To poll, where they do: they ask for some; -1 elsewhere. */
int live_names_wanted_fd(const struct live_names *live);
void live_names_answer(struct live_names *live);
uint64_t live_names_events_lost(const struct live_names *live);

/* What could not be named and why, one cause a line, for the report of -v; may add nothing. */
void live_names_report(struct live_names *live, struct buf *out);

#endif
