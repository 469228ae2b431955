/* interval.c - `interval`: a cpu-clock event on one CPU. */
#include "kern/probe/probe.h"

static bool match(struct probe_query *q)
{
	return probe_period_match(q, PROVIDER_INTERVAL);
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	probe_period_list(env, PROVIDER_INTERVAL, parts, nparts, each, arg);
}

static int attach(struct attach_job *job)
{
	return probe_attach_timer(job, job->at->target->period);
}

const struct probe_type probe_interval = {PROVIDER_INTERVAL, match, list, attach};
