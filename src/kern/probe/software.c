/* software.c - `software:EVENT[:COUNT]`: a program run every COUNT kernel software events. */
#include <linux/perf_event.h>

#include "kern/probe/counter.h"

static const struct counter events[] = {
#define SOFTWARE(id, name, alias, period) {PERF_COUNT_SW_##id, name, alias, period},
#include "kern/probe/software.def"
#undef SOFTWARE
};

static bool match(struct probe_query *q)
{
	return counter_match(q, PROVIDER_SOFTWARE, events, ARRAY_SIZE(events));
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	counter_list(env, PROVIDER_SOFTWARE, events, ARRAY_SIZE(events), parts, nparts, each, arg);
}

static int attach(struct attach_job *job)
{
	return counter_attach(job, PERF_TYPE_SOFTWARE);
}

const struct probe_type probe_software = {PROVIDER_SOFTWARE, match, list, attach};
