/* software.c - `software:EVENT[:COUNT]`: a program run every COUNT kernel software events. */
#include <linux/perf_event.h>

#include "base/diag.h"
#include "kern/probe/probe.h"

static const struct software {
	uint32_t config;
	const char *name, *alias;
	uint64_t period;
} events[] = {
#define SOFTWARE(id, name, alias, period) {PERF_COUNT_SW_##id, name, alias, period},
#include "kern/probe/software.def"
#undef SOFTWARE
};

static const char *event_name(const void *ctx, size_t i)
{
	(void)ctx;
	return events[i].name;
}

static bool match(struct probe_query *q)
{
	uint64_t period = 0;

	if (q->nparts > 1 && (!str_to_u64(q->parts[1], &period) || !period))
		return probe_no_match(q, "\"%s\" is not a positive number of events", q->parts[1]);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		const struct software *e = &events[i];
		if (!str_glob(q->parts[0], e->name) &&
		    !(e->alias && str_eq(q->parts[0], e->alias)))
			continue;
		struct target *t = probe_target_add(q, PROVIDER_SOFTWARE, NULL);
		t->event = e->name;
		t->number = e->config;
		t->period = period ? period : e->period;
		t->name = q->nparts > 1 ?
			arena_printf(q->env->arena, "software:%s:%s", e->name, q->parts[1]) :
			arena_printf(q->env->arena, "software:%s", e->name);
	}
	if (q->out->n)
		return true;
	const char *near = diag_nearest(q->parts[0], ARRAY_SIZE(events), event_name, NULL);
	if (near)
		q->hint = arena_printf(q->env->arena, "did you mean \"%s\"?", near);
	return probe_no_match(q, "there is no software event \"%s\"", q->parts[0]);
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (!nparts || str_glob(parts[0], events[i].name))
			if (!each(arg, arena_printf(env->arena, "software:%s:%llu", events[i].name,
						    (unsigned long long)events[i].period)))
				return;
}

static int attach(struct attach_job *job)
{
	const struct target *t = job->program->attachments.v[0].target;
	struct sample_event event = {
		.type = PERF_TYPE_SOFTWARE,
		.config = t->number,
		.period = t->period,
	};

	return probe_attach_sampling(job, &event);
}

const struct probe_type probe_software = {PROVIDER_SOFTWARE, match, list, attach};
