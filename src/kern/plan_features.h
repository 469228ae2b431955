/*
 * plan_features.h - what planning needs to know of this kernel.
 */
#ifndef SONDE_PLAN_FEATURES_H
#define SONDE_PLAN_FEATURES_H

#include "ir/plan.h"

/*
 * `pure`: the answers of a 6.18 kernel with everything, without looking at this one, for
 * printing stages that must not depend on the machine.
 */
void features_for_plan(struct plan_features *f, bool pure);

/* Takes the features named ("kprobe,fentry") for missing; false, and which, for an unknown name. */
bool features_without(struct plan_features *f, const char *names, const char **unknown);
/* What probes of kernel functions need besides; asks the kernel. Reasons go into the arena. */
void features_for_functions(struct plan_features *f, struct arena *arena, bool pure);

#endif
