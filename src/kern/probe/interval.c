/* interval.c - `interval`: a cpu-clock event on one CPU. */
#include "kern/probe/probe.h"

static bool match(struct probe_query *q)
{
	uint64_t period, frequency;

	if (!probe_period_parse(q, &period, &frequency))
		return false;
	struct target *t = probe_target_add(q, PROVIDER_INTERVAL,
					    probe_query_name(q, PROVIDER_INTERVAL));
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
			if (!each(arg, arena_printf(env->arena, "interval:%s:N", names[i])))
				return;
}

static int attach(struct attach_job *job)
{
	return probe_attach_timer(job, job->program->attachments.v[0].target->period);
}

const struct probe_type probe_interval = {PROVIDER_INTERVAL, match, list, attach};
