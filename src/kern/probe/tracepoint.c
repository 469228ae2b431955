/*
 * tracepoint.c - `tracepoint:CATEGORY:EVENT`: names from tracefs; the perf carrier.
 *
 * A target's number is that of its system call (syscalls:sys_enter_X, sys_exit_X), so that
 * the planner may serve it by the raw sys_enter and sys_exit; -1 for all others.
 */
#include "base/buf.h"
#include "base/diag.h"
#include "kern/arch/syscalls.h"
#include "kern/perf.h"
#include "kern/probe/probe.h"
#include "kern/tracefs.h"

static int syscall_of(const char *category, const char *event)
{
	if (!str_eq(category, "syscalls"))
		return -1;
	if (str_starts(event, "sys_enter_"))
		return syscall_tracepoint_number(event + strlen("sys_enter_"));
	if (str_starts(event, "sys_exit_"))
		return syscall_tracepoint_number(event + strlen("sys_exit_"));
	return -1;
}

static void target_add(struct probe_query *q, const char *category, const char *event)
{
	struct target *t = probe_target_add(q, PROVIDER_TRACEPOINT, NULL);

	t->category = arena_strdup(q->env->arena, category);
	t->event = arena_strdup(q->env->arena, event);
	t->name = arena_printf(q->env->arena, "tracepoint:%s:%s", category, event);
	t->number = syscall_of(category, event);
}

struct names {
	const struct tracefs_events *events;
	bool categories; /* offer these, else the events */
};

static const char *name_at(const void *ctx, size_t i)
{
	const struct names *n = ctx;

	return n->categories ? n->events->list.v[i].category : n->events->list.v[i].name;
}

/* Nothing matched: is it the category or the event that is wrong? */
static bool no_event(struct probe_query *q, struct tracefs *fs, const char *category, const char *event)
{
	struct tracefs_events near = {0};
	struct names names = {.events = &near};
	const char *word;

	if (tracefs_events(fs, category, "*", &near) == 0 && near.list.n) {
		probe_no_match(q, "there is no tracepoint \"%s\" in %s", event, category);
		word = diag_nearest(event, near.list.n, name_at, &names);
		if (word)
			q->hint = arena_printf(q->env->arena, "did you mean tracepoint:%s:%s?", category, word);
	} else {
		tracefs_events_free(&near);
		tracefs_events(fs, "*", "*", &near);
		names.categories = true;
		probe_no_match(q, "this kernel has no tracepoints called \"%s\"", category);
		word = diag_nearest(category, near.list.n, name_at, &names);
		if (word)
			q->hint = arena_printf(q->env->arena, "did you mean tracepoint:%s:%s?", word, event);
	}
	tracefs_events_free(&near);
	return false;
}

/* One name without globs is looked up in its folder; the list of all is not read. */
static bool match_one(struct probe_query *q, struct tracefs *fs, const char *category, const char *event)
{
	uint32_t id;

	if (tracefs_event_id(fs, category, event, &id))
		return no_event(q, fs, category, event);
	target_add(q, category, event);
	((struct target *)q->out->v[q->out->n - 1])->id = id;
	return true;
}

static bool match(struct probe_query *q)
{
	const char *category = q->parts[0], *event = q->parts[1], *why = NULL;
	struct tracefs *fs = q->env->tracefs(q->env, &why);
	struct tracefs_events found = {0};
	size_t before = q->out->n;

	if (!fs)
		return probe_no_match(q, "%s", why);
	if (!strchr(category, '*') && !strchr(event, '*'))
		return match_one(q, fs, category, event);
	tracefs_events(fs, category, event, &found);
	vec_each(e, &found.list)
		target_add(q, e->category, e->name);
	tracefs_events_free(&found);
	return q->out->n > before || no_event(q, fs, category, event);
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts, probe_each *each, void *arg)
{
	struct tracefs *fs = env->tracefs(env, NULL);
	struct tracefs_events found = {0};
	struct buf name = {0};

	if (!fs || tracefs_events(fs, nparts > 0 ? parts[0] : "*", nparts > 1 ? parts[1] : "*", &found))
		return;
	vec_each(e, &found.list) {
		buf_reset(&name);
		buf_printf(&name, "tracepoint:%s:%s", e->category, e->name);
		if (!each(arg, buf_str(&name)))
			break;
	}
	buf_free(&name);
	tracefs_events_free(&found);
}

/* Wildcards leave ids unread: most of them end on a raw tracepoint. */
static int event_id(const struct target *t, uint32_t *id)
{
	struct tracefs fs;
	int err;

	*id = t->id;
	if (*id)
		return 0;
	err = tracefs_find(&fs, NULL);
	return err ? err : tracefs_event_id(&fs, t->category, t->event, id);
}

int probe_attach_perf_tracepoint(struct attach_job *job)
{
	/* The program runs on every CPU, whichever the event was opened on. */
	const struct perf_target where = {.pid = -1, .cpu = job->cpus[0]};

	vec_each(a, &job->program->attachments) {
		uint32_t id;
		int err = event_id(a->target, &id);
		int fd = err ? err : perf_open_tracepoint(id, where);

		err = fd < 0 ? fd : probe_attach_event(job, fd, (struct link){.wait = LINK_SERIAL}, a->cookie);
		if (err)
			return probe_attach_failed(job, a, err, a->target->name);
	}
	return 0;
}

const struct probe_type probe_tracepoint = {
	.provider = PROVIDER_TRACEPOINT,
	.match = match,
	.list = list,
	.attach = probe_attach_perf_tracepoint,
};
