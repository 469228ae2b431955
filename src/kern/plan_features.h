/* plan_features.h - what planning needs to know of this kernel, by its version and files. */
#ifndef SONDE_PLAN_FEATURES_H
#define SONDE_PLAN_FEATURES_H

#include "ir/plan.h"

/* pure: the same answer on every machine (a recent kernel), for printing stages in tests. */
void features_for_plan(struct plan_features *f, bool pure);

#endif
