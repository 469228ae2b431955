/*
 * fentry.c - `fentry[:MODULE]:FUNCTION`, `fexit` (once kfunc and kretfunc), and of BPF programs
 * `fentry:bpf:[ID:]PROGRAM`. A target's category is the module (NULL: the kernel proper) or
 * "bpf", symbol the function, id the function in that BTF; number is the BPF program's id.
 *
 * The kernel takes one program a function, which is loaded against its BTF id; so a wildcard
 * is as many programs as functions.
 */
#include <errno.h>

#include "kern/bpf_programs.h"
#include "kern/btf.h"
#include "kern/functions.h"
#include "kern/link.h"
#include "lang/ast.h"

/* ---- matching ---- */

struct search {
	struct probe_query *q;
	enum provider provider;
	const char *name;   /* name or glob */
	uint64_t program;   /* fentry:bpf:ID:NAME; 0: any */
};

static struct target *target_add(struct search *s, const char *module, const char *function)
{
	struct arena *arena = s->q->env->arena;
	struct target *t = probe_target_add(s->q, s->provider, NULL);

	t->category = module ? arena_strdup(arena, module) : NULL;
	t->symbol = arena_strdup(arena, function);
	t->name = arena_printf(arena, "%s:%s:%s", probe_provider_name(s->provider),
			       module ? module : "vmlinux", function);
	return t;
}

/* What the kernel's trampolines cannot call through: many arguments, variable ones, large structs. */
static bool is_traceable(struct probe_env *env, const char *module, uint32_t id)
{
	enum { REGISTERS = 6 };
	struct btf *btf = module ? env->module_btf(env, module) : env->btf(env, NULL);
	struct btf_info func, proto;
	uint64_t size, words = 0;
	const char *name;
	uint32_t type;

	if (!btf || !btf_get(btf, id, &func) || !btf_get(btf, func.ref, &proto) || proto.kind != BTF_KIND_FUNC_PROTO)
		return false;
	for (uint32_t i = 0; i < proto.count; i++) {
		if (!btf_param_at(btf, id, i, &name, &type) || !type || !btf_size(btf, type, &size) || size > 16)
			return false;
		words += (size + 7) / 8;
	}
	if (proto.ref && (!btf_size(btf, proto.ref, &size) || size > 8))
		return false;
	return words <= REGISTERS;
}

static bool add_function(void *arg, const char *module, const char *name)
{
	struct search *s = arg;
	struct function_place place;

	if (function_find(s->q->env, module ? module : "vmlinux", name, &place) && place.btf_id &&
	    is_traceable(s->q->env, module, place.btf_id))
		target_add(s, module, name)->id = place.btf_id;
	return true;
}

static bool add_program(void *arg, const struct bpf_program_place *place)
{
	struct search *s = arg;
	struct target *t;

	if (!str_glob(s->name, place->name) || (s->program && s->program != place->id))
		return true;
	t = target_add(s, "bpf", place->name);
	t->id = place->btf_id;
	t->number = (int32_t)place->id;
	t->name = arena_printf(s->q->env->arena, "%s:bpf:%u:%s", probe_provider_name(s->provider),
			       place->id, place->name);
	return true;
}

static bool match_programs(struct search *s)
{
	size_t before = s->q->out->n;
	int err;

	if (s->q->nparts == 3 && !str_to_u64(s->q->parts[1], &s->program))
		return probe_no_match(s->q, "\"%s\" is not the number of a BPF program", s->q->parts[1]);
	err = bpf_programs_each(add_program, s);
	if (s->q->out->n > before)
		return true;
	if (err == -EPERM)
		return probe_no_match(s->q, "looking at loaded BPF programs needs CAP_SYS_ADMIN");
	return probe_no_match(s->q, "no loaded BPF program that BTF describes is called \"%s\"", s->name);
}

static bool match_one(struct search *s, const char *module)
{
	struct function_place place;

	if (!function_find(s->q->env, module, s->name, &place))
		return probe_no_function(s->q, module, s->name);
	if (!place.btf_id) {
		s->q->hint = arena_printf(s->q->env->arena, "kprobe:%s needs no description", s->name);
		return probe_no_match(s->q, "the kernel's type information (BTF) does not describe the "
					    "function \"%s\"", s->name);
	}
	target_add(s, place.module, s->name)->id = place.btf_id;
	return true;
}

static bool match(struct probe_query *q, enum provider provider)
{
	const char *module = q->nparts > 1 ? q->parts[0] : NULL, *why = NULL;
	struct search s = {.q = q, .provider = provider, .name = q->parts[q->nparts - 1]};
	size_t before = q->out->n;

	if (module && str_eq(module, "bpf"))
		return match_programs(&s);
	if (q->nparts > 2)
		return probe_no_match(q, "three parts are of BPF programs only: %s:bpf:ID:PROGRAM",
				      probe_provider_name(provider));
	if (!q->env->btf(q->env, &why))
		return probe_no_match(q, "typed probes need the kernel's type information: %s", why);
	if (!strchr(s.name, '*') && !(module && strchr(module, '*')))
		return match_one(&s, module);
	functions_each(q->env, module, s.name, true, add_function, &s, &why);
	return q->out->n > before ||
	       probe_no_match(q, "no function that BTF describes matches \"%s\"", s.name);
}

static bool match_fentry(struct probe_query *q)
{
	return match(q, PROVIDER_FENTRY);
}

static bool match_fexit(struct probe_query *q)
{
	return match(q, PROVIDER_FEXIT);
}

/* ---- listing ---- */

struct listing {
	const char *provider, *glob;
	probe_each *each;
	void *arg;
	struct buf name;
};

static bool list_function(void *arg, const char *module, const char *name)
{
	struct listing *l = arg;

	buf_reset(&l->name);
	buf_printf(&l->name, "%s:%s:%s", l->provider, module ? module : "vmlinux", name);
	return l->each(l->arg, buf_str(&l->name));
}

static bool list_program(void *arg, const struct bpf_program_place *place)
{
	struct listing *l = arg;

	if (!str_glob(l->glob, place->name))
		return true;
	buf_reset(&l->name);
	buf_printf(&l->name, "%s:bpf:%u:%s", l->provider, place->id, place->name);
	return l->each(l->arg, buf_str(&l->name));
}

static void list(struct probe_env *env, enum provider provider, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	struct listing l = {probe_provider_name(provider), nparts ? parts[nparts - 1] : "*", each, arg, {0}};
	const char *module = nparts > 1 ? parts[0] : NULL, *why;

	if (!module || !str_eq(module, "bpf"))
		functions_each(env, module, l.glob, true, list_function, &l, &why);
	if (!env->pure && module && str_glob(module, "bpf"))
		bpf_programs_each(list_program, &l);
	buf_free(&l.name);
}

static void list_fentry(struct probe_env *env, const char *const *parts, unsigned nparts, probe_each *each,
			void *arg)
{
	list(env, PROVIDER_FENTRY, parts, nparts, each, arg);
}

static void list_fexit(struct probe_env *env, const char *const *parts, unsigned nparts, probe_each *each,
		       void *arg)
{
	list(env, PROVIDER_FEXIT, parts, nparts, each, arg);
}

/* ---- attaching ---- */

static int failed(struct attach_job *job, const struct attachment *at, int err)
{
	enum { KERNEL_ENOTSUPP = 524 };

	if (err == -EBUSY)
		buf_puts(job->why, "the kernel is patching this function for somebody else");
	else if (err == -E2BIG)
		buf_puts(job->why, "more programs are attached to this function than the kernel allows (38)");
	else if (err == -KERNEL_ENOTSUPP || err == -EOPNOTSUPP || err == -ENODEV)
		buf_puts(job->why, "this kernel cannot patch that function");
	return probe_attach_failed(job, at, err, at->target->name);
}

int probe_attach_fentry(struct attach_job *job)
{
	const struct attachment *at = &job->program->attachments.v[0];
	struct link link = {.event_fd = -1, .program = job->number};

	link.fd = link_raw_tracepoint(job->prog_fd, NULL, 0);
	if (link.fd < 0 && link.fd != -EPERM && probe_is_wild(at)) {
		job->skipped = 1;
		job->skipped_at = at;
		return 0;
	}
	if (link.fd < 0)
		return failed(job, at, link.fd);
	vec_push(job->links, link);
	return 0;
}

const struct probe_type probe_fentry = {PROVIDER_FENTRY, match_fentry, list_fentry, probe_attach_fentry};
const struct probe_type probe_fexit = {PROVIDER_FEXIT, match_fexit, list_fexit, probe_attach_fentry};
