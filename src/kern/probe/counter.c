/* counter.c - see counter.h. */
#include "kern/probe/counter.h"

#include "base/diag.h"

static const char *counter_name(const void *ctx, size_t i)
{
	return ((const struct counter *)ctx)[i].name;
}

static void target_add(struct probe_query *q, enum provider provider, const struct counter *counter,
		       uint64_t period)
{
	struct target *t = probe_target_add(q, provider, NULL);
	const char *word = probe_provider_name(provider);

	t->event = counter->name;
	t->number = counter->config;
	t->period = period ? period : counter->period;
	t->name = q->nparts > 1 ?
		arena_printf(q->env->arena, "%s:%s:%s", word, counter->name, q->parts[1]) :
		arena_printf(q->env->arena, "%s:%s", word, counter->name);
}

bool counter_match(struct probe_query *q, enum provider provider, const struct counter *counters,
		   size_t count)
{
	uint64_t period = 0;

	if (q->nparts > 1 && !probe_count_parse(q->parts[1], &period))
		return probe_no_match(q, "\"%s\" is not a positive number of events", q->parts[1]);
	for (size_t i = 0; i < count; i++) {
		const struct counter *c = &counters[i];

		if (str_glob(q->parts[0], c->name) || (c->alias && str_eq(q->parts[0], c->alias)))
			target_add(q, provider, c, period);
	}
	if (q->out->n)
		return true;
	const char *near = diag_nearest(q->parts[0], count, counter_name, counters);
	if (near)
		q->hint = arena_printf(q->env->arena, "did you mean \"%s\"?", near);
	return probe_no_match(q, "there is no %s event \"%s\"", probe_provider_name(provider),
			      q->parts[0]);
}

void counter_list(struct probe_env *env, enum provider provider, const struct counter *counters,
		  size_t count, const char *const *parts, unsigned nparts, probe_each *each,
		  void *arg)
{
	for (size_t i = 0; i < count; i++)
		if (!nparts || str_glob(parts[0], counters[i].name) ||
		    (counters[i].alias && str_eq(parts[0], counters[i].alias)))
			if (!each(arg, arena_printf(env->arena, "%s:%s:%llu", probe_provider_name(provider),
						    counters[i].name, (unsigned long long)counters[i].period)))
				return;
}

int counter_attach(struct attach_job *job, uint32_t perf_type)
{
	const struct target *t = job->at->target;
	struct sample_event event = {.type = perf_type, .config = t->number, .period = t->period};

	return probe_attach_sampling(job, &event);
}
