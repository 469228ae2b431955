/*
 * kernel_values.h - the values of one script map where they are in the kernel: read, emptied,
 * exchanged. What they mean together with what was read earlier is aggregate.h's.
 */
#ifndef SONDE_RUN_KERNEL_VALUES_H
#define SONDE_RUN_KERNEL_VALUES_H

#include "ir/plan.h"
#include "kern/maps.h"
#include "run/table.h"

/*
 * `into` with what came later: sums add up, other values take the place of what was there.
 * Counted numbers (@m[k]++ and nothing else) are sums too.
 */
void stored_merge(const struct map *map, void *into, const void *from);
/* `from` without what was seen before; false: nothing is left. */
bool stored_subtract(const struct map *map, void *from, const void *seen);
/* Values that can be subtracted from one another without loss. */
bool stored_is_additive(const struct map *map);

struct kernel_values {
	const struct plan *plan;
	const struct map_plan *map_plan;
	struct kernel_maps *maps;
};

/*
 * Everything there is now, merged over CPUs, into `out` (with stored_merge). 0 or -errno.
 * REP_TASK: threads that ended have left; -ENOSYS when the kernel cannot name threads (before
 * 6.9), then only first threads of processes were read.
 */
int kernel_values_read(const struct kernel_values *kv, struct table *out);
/* Only what is in front slots (REP_PERCPU), which stays there whatever becomes of the hash. */
void kernel_values_front(const struct kernel_values *kv, struct table *out);
/* The same of one key; *found false: absent. */
int kernel_values_read_key(const struct kernel_values *kv, const void *key, void *value, bool *found);

/*
 * REP_CPU_SLOTS with two generations: programs go on in the other one; what was in this one
 * is read into `out` and emptied. Exact: waits until no program is left in the old one.
 */
int kernel_values_flip(const struct kernel_values *kv, int grace_fd, struct table *out);

/*
 * Maps behind an outer one: `new_fd` (empty, `entries` large) takes the place of the current
 * inner map. *old_fd: the previous one, that no program uses any more.
 */
int kernel_values_swap(const struct kernel_values *kv, int new_fd, uint32_t entries, int *old_fd);
/* An empty map of that shape, or -errno. */
int kernel_values_new_map(const struct kernel_values *kv, uint32_t entries);
/*
 * Everything in a map that no program writes any more, which is empty afterwards. *count
 * (may be NULL): how many keys there were.
 */
int kernel_values_take_fd(const struct kernel_values *kv, int fd, struct table *out, size_t *count);
/* The same of the current map. */
int kernel_values_take(const struct kernel_values *kv, struct table *out);

/* Every present value becomes zero (REP_HASH, REP_TASK, REP_SCALAR), or absent. */
int kernel_values_reset(const struct kernel_values *kv, const struct table *keys, bool absent);
/* REP_SCALAR after a print: takes off what was printed. */
void kernel_values_scalar_take(const struct kernel_values *kv, uint64_t printed, bool additive,
			       bool absent);

/* A map whose update waits for a grace period (an outer map of its own). -errno or a descriptor. */
int grace_map_new(void);

#endif
