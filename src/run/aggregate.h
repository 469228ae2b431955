/*
 * aggregate.h - what print(), clear() and zero() do with a script's maps, exactly, while
 * programs go on writing them; and maps that grow.
 *
 * What a map holds is three things together:
 *
 *     shown = base + (kernel - minus)
 *
 *   kernel   what the programs have written into the current map, merged over CPUs
 *   minus    what of that was there when the map was cleared: for values that add up, clearing
 *            needs no more than remembering them
 *   base     what was in earlier maps, before a larger or an empty one took their place
 *
 * `print(@m); clear(@m)` in one run of a probe is exact: the clear takes off what the print
 * has shown, and what came between the two stays for the next print. Where values do not add
 * up (min, max) or programs read the map, the map is exchanged for an empty one (two
 * generations, or a map in map), a grace period is waited for, and what the old one holds beyond
 * the printed values goes to base.
 *
 * Print, clear, zero and lookup are one thread's; growing may be another's.
 */
#ifndef SONDE_RUN_AGGREGATE_H
#define SONDE_RUN_AGGREGATE_H

#include "kern/maps.h"
#include "run/output.h"

struct aggregates;

struct aggregates_options {
	uint64_t max_bytes; /* --max-map-mem: kernel maps and our own tables; 0: 256 MB */
};

/* Both must outlive it. Limits at which programs ask for a larger map are set here. */
struct aggregates *aggregates_new(const struct plan *plan, struct kernel_maps *maps,
				  const struct aggregates_options *options);
void aggregates_free(struct aggregates *ag);

/*
 * What the map holds now. The snapshot (its map and entries are filled in) is valid until
 * aggregates_release, which must follow. 0, or -errno: part of it may be missing. -ENOSYS: values
 * of other threads than processes' first ones are missing.
 */
int aggregates_print(struct aggregates *ag, const struct map *map, struct snapshot *out);
/*
 * The same at the end, when no program runs any more and nothing will be cleared: without a
 * copy of what was moved out of the kernel.
 */
int aggregates_print_last(struct aggregates *ag, const struct map *map, struct snapshot *out);
void aggregates_release(struct aggregates *ag, const struct map *map);
/*
 * One key (of map->key's stored size); `value` is type_stored_size(map->value) bytes.
 * False: absent, or not readable.
 */
bool aggregates_lookup(struct aggregates *ag, const struct map *map, const void *key, void *value);
/* after_print: only what the last print has shown goes. 0 or -errno. */
int aggregates_clear(struct aggregates *ag, const struct map *map, bool after_print);
/* No program runs from here on: a map is emptied without waiting for those that might be in it. */
void aggregates_at_rest(struct aggregates *ag);
/* The keys stay, with zero values. */
int aggregates_zero(struct aggregates *ag, const struct map *map, bool after_print);

/*
 * When a map has said that it is filling up, and now and then, as such a call may be lost: makes or uses
 * larger ones. Never fails visibly: what does not fit in the end is counted by the programs.
 */
void aggregates_tick(struct aggregates *ag);

uint64_t aggregates_bytes(const struct aggregates *ag); /* maps and tables, about */
/* A map reached the ceiling of memory and will refuse keys: its name, once; or NULL. */
const char *aggregates_at_ceiling(struct aggregates *ag);

#endif
