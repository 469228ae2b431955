/* profile.c - `profile`: a cpu-clock event on every online CPU, or on one process's threads. */
#include <linux/perf_event.h>

#include "kern/probe/probe.h"

static bool match(struct probe_query *q)
{
	return probe_period_match(q, PROVIDER_PROFILE);
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	probe_period_list(env, PROVIDER_PROFILE, parts, nparts, each, arg);
}

static int attach(struct attach_job *job)
{
	struct sample_event event = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.period = job->at->target->period,
	};

	return probe_attach_sampling(job, &event);
}

const struct probe_type probe_profile = {PROVIDER_PROFILE, match, list, attach};
