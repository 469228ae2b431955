/* profile.c - `profile`: a cpu-clock event on every online CPU, or on one process's threads. */
#include <linux/perf_event.h>

#include "kern/probe/probe.h"

static bool match(struct probe_query *q)
{
	uint64_t period, frequency;

	if (!probe_period_parse(q, &period, &frequency))
		return false;
	struct target *t = probe_target_add(q, PROVIDER_PROFILE,
					    probe_query_name(q, PROVIDER_PROFILE));
	t->period = period;
	t->frequency = frequency;
	return true;
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	static const char *const names[] = {"hz", "s", "ms", "us"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!nparts || str_glob(parts[0], names[i]))
			if (!each(arg, arena_printf(env->arena, "profile:%s:N", names[i])))
				return;
}

static int attach(struct attach_job *job)
{
	struct sample_event event = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.period = job->program->attachments.v[0].target->period,
	};

	return probe_attach_sampling(job, &event);
}

const struct probe_type probe_profile = {PROVIDER_PROFILE, match, list, attach};
