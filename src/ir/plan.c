/* plan.c - see plan.h: attach planning, map planning, lowering, in this order. */
#include "ir/plan_int.h"

#include "ir/lower_int.h"

bool plan_script(struct plan *plan)
{
	if (!plan_attach(plan))
		return false;
	plan_maps(plan);
	plan_names(plan);
	vec_each(it, &plan->programs)
		if (!lower_program(plan, *it))
			return false;
	plan_maps_finish(plan);
	return true;
}
