/* plan_int.h - the planner's files among themselves. */
#ifndef SONDE_PLAN_INT_H
#define SONDE_PLAN_INT_H

#include "ir/plan.h"

/* plan_attach.c: probes to programs. False with diagnostics. */
bool plan_attach(struct plan *plan);
/* One program for one target; one for all of them, told apart by cookie where the name is asked for. */
void plan_single(struct plan *plan, enum carrier carrier, const struct probe *probe, const struct target *target,
		 const char *what);
void plan_shared(struct plan *plan, enum carrier carrier, const struct probe *probe, const target_list *targets,
		 const char *what);
/* More for a program to carry: the probe's code at these targets. */
void plan_carry(struct plan *plan, struct program *p, const struct probe *probe, const target_list *targets);
/* plan_function.c: kprobe, kretprobe, fentry, fexit; diagnostics where the kernel has no hook. */
void plan_function(struct plan *plan, const struct probe *probe);
/* plan_maps.c: a representation for every map; before lowering. */
void plan_maps(struct plan *plan);
/* plan_maps.c: whether the node (or NULL), computed or run, writes the map. */
bool plan_writes(const struct node *n, const struct map *map);
/* plan_maps.c: sizes that only lowering knows (scratch, names, ring); after it. */
void plan_maps_finish(struct plan *plan);
/* plan_attach.c: rows of KMAP_NAMES. */
void plan_names(struct plan *plan);

#endif
