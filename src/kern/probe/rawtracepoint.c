/*
 * rawtracepoint.c - `rawtracepoint[:MODULE]:EVENT`, and the raw and BTF carriers that serve
 * tracepoints, too.
 *
 * The kernel's BTF has one typedef `btf_trace_EVENT` a tracepoint: a pointer to its
 * function's prototype (void *data first). That is where names and arguments come from.
 */
#include <errno.h>

#include "base/buf.h"
#include "base/diag.h"
#include "kern/btf.h"
#include "kern/functions.h"
#include "kern/link.h"
#include "kern/probe/probe.h"

#define PREFIX "btf_trace_"

/* ---- matching, listing ---- */

/* Every tracepoint of a BTF whose name matches, of types beyond `after`; `each` may stop. */
static void each_event(const struct btf *btf, const char *glob, probe_each *each, void *arg, uint32_t after)
{
	struct btf_cursor at = {.id = after};
	struct btf_info info;

	if (!strpbrk(glob, "*?[\\")) { /* a name: one of some hundred thousand types is soon found */
		struct buf name = {0};

		buf_printf(&name, PREFIX "%s", glob);
		if (btf_find_next(btf, BTF_KIND_TYPEDEF, buf_str(&name), after))
			each(arg, glob);
		buf_free(&name);
		return;
	}
	while (btf_each(btf, BTF_KIND_TYPEDEF, &at, &info)) {
		if (!str_starts(info.name, PREFIX))
			continue;
		const char *event = info.name + strlen(PREFIX);
		if (str_glob(glob, event) && !each(arg, event))
			return;
	}
}

struct names {
	struct arena *arena;
	VEC(const char *) list;
};

static bool collect(void *arg, const char *event)
{
	struct names *names = arg;

	avec_push(names->arena, &names->list, arena_strdup(names->arena, event));
	return true;
}

static const char *name_at(const void *ctx, size_t i)
{
	return ((const struct names *)ctx)->list.v[i];
}

static void target_add(struct probe_query *q, const char *module, const char *event)
{
	struct target *t = probe_target_add(q, PROVIDER_RAWTRACEPOINT, NULL);

	t->category = module;
	t->event = arena_strdup(q->env->arena, event);
	t->name = module ?
		arena_printf(q->env->arena, "rawtracepoint:%s:%s", module, event) :
		arena_printf(q->env->arena, "rawtracepoint:%s", event);
}

static bool no_event(struct probe_query *q, const struct btf *btf, const char *module,
		     const char *event)
{
	struct names all = {.arena = q->env->arena};

	if (strchr(event, '*'))
		return probe_no_match(q, "no tracepoint of the kernel matches \"%s\"", event);
	each_event(btf, "*", collect, &all, 0);
	const char *near = diag_nearest(event, all.list.n, name_at, &all);
	if (near)
		q->hint = arena_printf(q->env->arena, "did you mean \"%s\"?", near);
	if (module)
		return probe_no_match(q, "the module %s has no tracepoint \"%s\"", module, event);
	return probe_no_match(q, "this kernel has no tracepoint \"%s\"", event);
}

struct search { /* of the modules, for what the kernel proper does not have */
	struct probe_query *q;
	const char *event;
};

static bool search_module(void *arg, const char *module)
{
	const struct search *s = arg;
	struct probe_env *env = s->q->env;
	struct btf *base = env->btf(env, NULL), *own = env->module_btf(env, module);
	struct names found = {.arena = env->arena};

	if (own && base)
		each_event(own, s->event, collect, &found, btf_count(base));
	vec_each(name, &found.list)
		target_add(s->q, arena_strdup(env->arena, module), *name);
	return true;
}

static bool match(struct probe_query *q)
{
	const char *event = q->parts[q->nparts - 1];
	const char *module = q->nparts > 1 && !str_eq(q->parts[0], "vmlinux") ? q->parts[0] : NULL;
	const char *why = NULL;
	struct btf *btf = q->env->btf(q->env, &why), *own = NULL;
	struct names found = {.arena = q->env->arena};

	if (!btf) {
		/* By name the kernel still finds it; whether it is there shows when attaching. */
		if (strchr(event, '*'))
			return probe_no_match(q, "wildcards need the kernel's type information: %s",
					      why);
		target_add(q, module, event);
		return true;
	}
	if (module) {
		int err = btf_open_module(&own, btf, module);
		if (err)
			return probe_no_match(q, "the module %s is not loaded, or has no type "
						 "information", module);
	}
	each_event(own ? own : btf, event, collect, &found, own ? btf_count(btf) : 0);
	vec_each(name, &found.list)
		target_add(q, module, *name);
	if (!q->out->n && q->nparts == 1)
		modules_each(q->env, NULL, search_module, &(struct search){q, event});
	bool ok = q->out->n > 0 || no_event(q, own ? own : btf, module, event);
	btf_close(own);
	return ok;
}

struct listing {
	struct probe_env *env;
	probe_each *each;
	void *arg;
	const char *module, *glob; /* module: of the events being listed, NULL: the kernel proper */
};

static bool list_event(void *arg, const char *event)
{
	struct listing *l = arg;

	return l->each(l->arg, arena_printf(l->env->arena, "rawtracepoint:%s%s%s", l->module ? l->module : "",
					    l->module ? ":" : "", event));
}

static bool list_module(void *arg, const char *module)
{
	struct listing *l = arg;
	struct btf *base = l->env->btf(l->env, NULL), *own = l->env->module_btf(l->env, module);

	l->module = module;
	if (own && base)
		each_event(own, l->glob, list_event, l, btf_count(base));
	return true;
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	struct listing l = {env, each, arg, NULL, nparts ? parts[nparts - 1] : "*"};
	const char *why;
	struct btf *btf = env->btf(env, &why);

	if (btf && (nparts < 2 || str_glob(parts[0], "vmlinux")))
		each_event(btf, nparts ? parts[nparts - 1] : "*", list_event, &l, 0);
	if (btf)
		modules_each(env, nparts > 1 ? parts[0] : NULL, list_module, &l);
}

/* ---- attaching ---- */

int probe_attach_raw_tracepoint(struct attach_job *job)
{
	const struct program *p = job->program;
	bool typed = p->carrier == CARRIER_BTF_TRACEPOINT;
	const struct attachment *at = p->attachments.n ? &p->attachments.v[0] : NULL;
	struct link link = {.event_fd = -1, .program = job->number};

	BUG_ON(!p->event);
	link.fd = link_raw_tracepoint(job->prog_fd, typed ? NULL : p->event, 0);
	if (link.fd < 0) {
		struct buf what = {0};
		buf_printf(&what, "the %stracepoint %s", typed ? "" : "raw ", p->event);
		int err = probe_attach_failed(job, at, link.fd, buf_str(&what));
		buf_free(&what);
		return err;
	}
	vec_push(job->links, link);
	return 0;
}

const struct probe_type probe_rawtracepoint = {
	PROVIDER_RAWTRACEPOINT, match, list, probe_attach_raw_tracepoint
};
