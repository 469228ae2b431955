/*
 * maps.h - the kernel maps of a plan: made together, given back together.
 *
 *   plan->kmaps[i] --kernel_maps_create--> maps->list[i] {fd, inner_fd, bytes}
 *                                          maps->control: KMAP_CONTROL's memory, shared
 *
 * Guarantees: kernel_maps_free gives back what was made, after a failure, too (others may use some of it by
 * then, see kernel_maps_ready), and is harmless on a zeroed or freed struct. What one map is: map.h.
 */
#ifndef SONDE_KERN_MAPS_H
#define SONDE_KERN_MAPS_H

#include "ir/plan.h"

struct outer_wait;

struct kernel_map {
	int fd;           /* what programs name; -1: not made (type 0 in the plan) */
	int inner_fd;     /* outer: the map that is in it now; else -1 */
	uint32_t entries; /* of the map that holds the entries */
	uint64_t bytes;   /* memory, as estimated before it was made */
	struct outer_wait *wait; /* of the kernel's, for the first map in an outer one; or NULL */
};

struct kernel_maps {
	VEC(struct kernel_map) list; /* by number in plan->kmaps */
	struct control *control;     /* NULL when the plan has no control map */
	size_t control_bytes;        /* mapped */
	uint64_t bytes;              /* sum of the estimates */
};

/*
 * Told, by one of the threads that make maps, once all before KMAP_USER can be used: those for walks over stacks
 * are wanted early, and large maps of the script's own take ten times as long as they.
 */
struct kernel_maps_ready {
	void (*on_ready)(void *ctx);
	void *ctx;
};

/*
 * Makes every map of the plan. `max_bytes` is the ceiling of --max-map-mem, 0 for none; `ready` may be NULL.
 * 0, or -errno with one plain line (no newline) in `why`; -E2BIG: above the ceiling.
 */
int kernel_maps_create(struct kernel_maps *maps, const struct plan *plan, uint64_t max_bytes,
		       const struct kernel_maps_ready *ready, struct buf *why);
void kernel_maps_free(struct kernel_maps *maps);

/* The descriptor that user space reads entries of map `number` from. */
int kernel_maps_entries_fd(const struct kernel_maps *maps, uint32_t number);

/* Estimated kernel memory of a map of this shape with `entries` entries. */
uint64_t kmap_bytes(const struct kmap *kmap, uint32_t entries, uint32_t ncpus);
/* What the kernel itself accounts for a descriptor's map (exact since 6.4); 0: not known. */
uint64_t kernel_map_accounted(int fd);
/* One line a map for -v: name, kind, entries, memory. */
void kernel_maps_print(const struct kernel_maps *maps, const struct plan *plan, struct buf *out);

#endif
