/*
 * plan_attach.c - the attach planner: what really carries each probe.
 *
 * A perf tracepoint costs some 30 ns a hit and 73 ms to detach, one after the other; a raw
 * one a fraction of both. So
 *
 *   syscalls:sys_enter_*, sys_exit_*   one program each on the raw sys_enter and sys_exit
 *   tracepoint without args            raw tracepoint of the same name
 *   tracepoint with args               perf tracepoint
 *   rawtracepoint                      typed by BTF when args are used, else raw
 *   uprobes of one file                one multi link where the kernel has it
 *   usdt                               the same, a program for each way its arguments are given
 *   profile, software, hardware        a program for all events of a block
 *   functions of the kernel            plan_function.c
 *
 * plan->classic (--attach=classic) turns the first two off and uses single uprobes.
 */
#include "ir/plan_int.h"
#include "ir/usdt_args.h"

#include <stdio.h>

enum { MAX_PROBES_PER_PROGRAM = 64 /* bits of name_row.wanted_by */ };

static struct program *plan_program_new(struct plan *plan, enum carrier carrier, const char *what)
{
	struct program *p = arena_new_of(plan->arena, struct program);

	*p = (struct program){.carrier = carrier, .number = plan->programs.n};
	p->name = arena_printf(plan->arena, "%.10s_%u", what, p->number);
	for (char *c = (char *)p->name; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9')))
			*c = '_';
	avec_push(plan->arena, &plan->programs, p);
	return p;
}

static void attach_target(struct plan *plan, struct program *p, const struct probe *probe,
			  const struct target *target)
{
	struct attachment a = {.target = target, .probe = probe, .cookie = p->attachments.n};

	avec_push(plan->arena, &p->attachments, a);
}

static bool is_return(const struct probe *probe)
{
	return probe->provider == PROVIDER_URETPROBE || probe->provider == PROVIDER_KRETPROBE;
}

/* The probe as seen from one of its targets: for programs that know which one they are. */
static const struct probe *probe_at(struct plan *plan, const struct probe *probe, const struct target *target)
{
	struct probe *one = arena_new_of(plan->arena, struct probe);

	*one = *probe;
	one->targets = (target_list){0};
	avec_push(plan->arena, &one->targets, target);
	return one;
}

void plan_single(struct plan *plan, enum carrier carrier, const struct probe *probe,
		   const struct target *target, const char *what)
{
	struct program *p = plan_program_new(plan, carrier, what);
	const struct probe *one = probe_at(plan, probe, target);

	avec_push(plan->arena, &p->probes, one);
	p->event = target->event;
	p->is_return = is_return(probe);
	attach_target(plan, p, one, target);
}

/* One program for all targets; a cookie tells them apart where the probe asks for its name. */
void plan_shared(struct plan *plan, enum carrier carrier, const struct probe *probe,
		   const target_list *targets, const char *what)
{
	struct program *p;

	if (probe->uses_probe_name && targets->n > 1 && !plan->features.attach_cookie) {
		vec_each(it, targets)
			plan_single(plan, carrier, probe, *it, what);
		return;
	}
	p = plan_program_new(plan, carrier, what);
	p->is_return = is_return(probe);
	plan_carry(plan, p, probe, targets);
}

void plan_carry(struct plan *plan, struct program *p, const struct probe *probe, const target_list *targets)
{
	if (targets->n != probe->targets.n) { /* the rest of them is in other programs */
		struct probe *part = arena_new_of(plan->arena, struct probe);

		*part = *probe;
		part->targets = *targets;
		probe = part;
	}
	avec_push(plan->arena, &p->probes, probe);
	vec_each(it, targets)
		attach_target(plan, p, probe, *it);
	if (p->name_rows || (probe->uses_probe_name && targets->n > 1))
		p->name_rows = p->attachments.n;
}

/* ---- tracepoints ---- */

static bool is_syscall(const struct target *t, const char *prefix)
{
	return str_eq(t->category, "syscalls") && str_starts(t->event, prefix) && t->number >= 0;
}

/* Whether a raw tracepoint of that name exists: BTF has its prototype. */
static bool has_raw(struct plan *plan, const struct target *t)
{
	struct world *w = plan->script->world;
	struct target raw = {.provider = PROVIDER_RAWTRACEPOINT, .event = t->event, .name = t->name};

	return plan->features.raw_tracepoint && plan->features.btf && w->args(w, &raw) != NULL;
}

/* The program of all sys_enter (or sys_exit) probes; a new one when the last is full. */
static struct program *syscall_program(struct plan *plan, const char *event)
{
	struct program *p = NULL;

	vec_each(it, &plan->programs)
		if ((*it)->is_syscalls && str_eq((*it)->event, event))
			p = *it;
	if (p && p->probes.n < MAX_PROBES_PER_PROGRAM)
		return p;
	p = plan_program_new(plan, plan->features.btf_tracepoint ? CARRIER_BTF_TRACEPOINT : CARRIER_RAW_TRACEPOINT,
			event);
	p->event = event;
	p->is_syscalls = true;
	return p;
}

/* A list that names a call twice wants its block run twice: what is named again is a part by itself. */
static void plan_syscalls(struct plan *plan, const struct probe *probe, const char *event,
			  const target_list *targets)
{
	struct program *p = syscall_program(plan, event);
	struct probe *part = arena_new_of(plan->arena, struct probe);
	target_list again = {0};
	struct hmap seen = {0};

	*part = *probe;
	part->targets = (target_list){0};
	vec_each(it, targets) {
		void **at = hmap_at(&seen, &(*it)->number, sizeof((*it)->number));

		avec_push(plan->arena, *at ? &again : &part->targets, *it);
		*at = part;
	}
	hmap_free(&seen);
	avec_push(plan->arena, &p->probes, part);
	vec_each(it, &part->targets)
		attach_target(plan, p, part, *it);
	if (again.n)
		plan_syscalls(plan, probe, event, &again);
}

static void plan_tracepoint(struct plan *plan, const struct probe *probe)
{
	target_list enter = {0}, leave = {0}, perf = {0};
	bool raw_syscalls = !plan->classic && plan->features.raw_tracepoint;

	vec_each(it, &probe->targets) {
		const struct target *t = *it;

		if (raw_syscalls && is_syscall(t, "sys_enter_"))
			avec_push(plan->arena, &enter, t);
		else if (raw_syscalls && is_syscall(t, "sys_exit_"))
			avec_push(plan->arena, &leave, t);
		else if (!plan->classic && !probe->uses_args && has_raw(plan, t))
			plan_single(plan, CARRIER_RAW_TRACEPOINT, probe, t, t->event);
		else
			avec_push(plan->arena, &perf, t);
	}
	if (enter.n)
		plan_syscalls(plan, probe, "sys_enter", &enter);
	if (leave.n)
		plan_syscalls(plan, probe, "sys_exit", &leave);
	if (perf.n)
		plan_shared(plan, CARRIER_PERF_TRACEPOINT, probe, &perf, perf.v[0]->event);
}

/* ---- uprobes ---- */

static void plan_uprobe(struct plan *plan, const struct probe *probe)
{
	bool multi = plan->features.uprobe_multi && !plan->classic;
	bool *done = arena_array(plan->arena, bool, probe->targets.n);

	for (size_t i = 0; i < probe->targets.n; i++) {
		target_list same = {0};

		if (done[i])
			continue;
		for (size_t j = i; j < probe->targets.n; j++)
			if (!done[j] && str_eq(probe->targets.v[j]->path, probe->targets.v[i]->path)) {
				done[j] = true;
				avec_push(plan->arena, &same, probe->targets.v[j]);
			}
		plan_shared(plan, multi ? CARRIER_UPROBE_MULTI : CARRIER_UPROBE, probe, &same,
		       provider_name(probe->provider));
	}
}

/* Whether the arguments that the probe uses are at the same places in both. */
static bool same_arguments(const struct probe *probe, const struct target *a, const struct target *b)
{
	for (unsigned i = 0; i < 64; i++) {
		if (!(probe->args_used >> i & 1))
			continue;
		if (i >= a->nusdt_args || i >= b->nusdt_args)
			return false;
		if (!usdt_arg_equal(&a->usdt_args[i], &b->usdt_args[i]))
			return false;
	}
	return true;
}

/* A program for all sites of a file whose arguments are found in the same places. */
static void plan_usdt(struct plan *plan, const struct probe *probe)
{
	bool multi = plan->features.uprobe_multi && !plan->classic;
	const target_list *all = &probe->targets;
	bool *done = arena_array(plan->arena, bool, all->n);

	for (size_t i = 0; i < all->n; i++) {
		target_list same = {0};

		for (size_t j = i; j < all->n; j++)
			if (!done[j] && str_eq(all->v[j]->path, all->v[i]->path) &&
			    same_arguments(probe, all->v[j], all->v[i])) {
				done[j] = true;
				avec_push(plan->arena, &same, all->v[j]);
			}
		if (same.n)
			plan_shared(plan, multi ? CARRIER_UPROBE_MULTI : CARRIER_UPROBE, probe, &same, "usdt");
	}
}

/* The program that the same block has for another event of perf which samples; NULL: it is another program. */
static struct program *sampling_program(struct plan *plan, const struct probe *probe)
{
	if (!provider_samples(probe->provider) || probe->uses_probe_name)
		return NULL;
	vec_each(it, &plan->programs) {
		const struct probe *other = (*it)->probes.n ? (*it)->probes.v[0] : NULL;

		if (other && (*it)->carrier == CARRIER_PERF_EVENT && provider_samples(other->provider) &&
		    other->body == probe->body && other->predicate == probe->predicate)
			return *it;
	}
	return NULL;
}

static void plan_perf_event(struct plan *plan, const struct probe *probe, const struct target *target)
{
	struct program *p = sampling_program(plan, probe);

	if (p)
		attach_target(plan, p, probe_at(plan, probe, target), target);
	else
		plan_single(plan, CARRIER_PERF_EVENT, probe, target, provider_name(probe->provider));
}

static void plan_probe(struct plan *plan, const struct probe *probe)
{
	switch (probe->provider) {
	case PROVIDER_BEGIN: case PROVIDER_END: case PROVIDER_SELF: case PROVIDER_TEST: case PROVIDER_BENCH:
		vec_each(it, &probe->targets)
			plan_single(plan, CARRIER_RUN, probe, *it, provider_name(probe->provider));
		break;
	case PROVIDER_TRACEPOINT:
		plan_tracepoint(plan, probe);
		break;
	case PROVIDER_RAWTRACEPOINT:
		vec_each(it, &probe->targets)
			plan_single(plan, probe->uses_args && plan->features.btf_tracepoint ? CARRIER_BTF_TRACEPOINT
										   : CARRIER_RAW_TRACEPOINT,
			       probe, *it, (*it)->event);
		break;
	case PROVIDER_UPROBE: case PROVIDER_URETPROBE:
		plan_uprobe(plan, probe);
		break;
	case PROVIDER_KPROBE: case PROVIDER_KRETPROBE: case PROVIDER_FENTRY: case PROVIDER_FEXIT:
		plan_function(plan, probe);
		break;
	case PROVIDER_ITER:
		vec_each(it, &probe->targets)
			plan_single(plan, CARRIER_ITER, probe, *it, (*it)->event);
		break;
	case PROVIDER_USDT:
		plan_usdt(plan, probe);
		break;
	case PROVIDER_INTERVAL: case PROVIDER_PROFILE: case PROVIDER_SOFTWARE: case PROVIDER_HARDWARE:
	case PROVIDER_WATCHPOINT:
		vec_each(it, &probe->targets)
			plan_perf_event(plan, probe, *it);
		break;
	default:
		BUG("provider %s was let through", provider_name(probe->provider));
	}
}

bool plan_attach(struct plan *plan)
{
	unsigned before = plan->script->diags->errors;

	vec_each(it, &plan->script->probes)
		if ((*it)->targets.n)
			plan_probe(plan, *it);
	return plan->script->diags->errors == before;
}

/* ---- names ---- */

static uint32_t rows_wanted(const struct program *p)
{
	uint32_t rows = p->name_rows;

	if (p->is_syscalls)
		vec_each(a, &p->attachments)
			rows = MAX_OF(rows, (uint32_t)a->target->number + 1);
	return rows;
}

static uint32_t row_of(const struct program *p, const struct attachment *a)
{
	return p->is_syscalls ? (uint32_t)a->target->number : (uint32_t)a->cookie;
}

static void fill_row(struct plan *plan, struct kmap *k, uint32_t row, const struct program *p,
		     const struct attachment *a)
{
	struct name_row *r = (struct name_row *)((char *)k->init + (size_t)row * k->value_size);

	for (size_t i = 0; i < p->probes.n; i++)
		if (p->probes.v[i] == a->probe)
			r->wanted_by |= 1ull << i;
	strcpy(r->name, a->target->name);
	if (a->target->symbol)
		strcpy((char *)r + 8 + plan->func_offset, a->target->symbol);
}

/* Sizes and numbers the rows of every program that dispatches by table, and fills them. */
void plan_names(struct plan *plan)
{
	struct kmap *k = &plan->kmaps.v[KMAP_NAMES];
	uint32_t rows = 0, longest = 1, longest_func = 1;

	vec_each(it, &plan->programs) {
		struct program *p = *it;

		p->first_name_row = rows;
		p->name_rows = rows_wanted(p);
		rows += p->name_rows;
		vec_each(a, &p->attachments) {
			longest = MAX_OF(longest, (uint32_t)strlen(a->target->name) + 1);
			if (a->target->symbol)
				longest_func = MAX_OF(longest_func, (uint32_t)strlen(a->target->symbol) + 1);
		}
	}
	if (!rows)
		return;
	plan->func_offset = ROUND_UP(longest, 8u);
	*k = (struct kmap){.name = "names", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .entries = rows,
			   .value_size = 8 + plan->func_offset + ROUND_UP(longest_func, 8u)};
	/* not BPF_F_RDONLY_PROG: the verifier then wants to read constants at load time, and can
	 * do so from maps of one entry only */
	k->init = arena_alloc(plan->arena, (size_t)rows * k->value_size);
	vec_each(it, &plan->programs)
		if ((*it)->name_rows)
			vec_each(a, &(*it)->attachments)
				fill_row(plan, k, (*it)->first_name_row + row_of(*it, a), *it, a);
}

static const char *const carrier_names[] = {
	[CARRIER_RUN] = "run once", [CARRIER_PERF_TRACEPOINT] = "perf tracepoint",
	[CARRIER_RAW_TRACEPOINT] = "raw tracepoint", [CARRIER_BTF_TRACEPOINT] = "BTF raw tracepoint",
	[CARRIER_PERF_EVENT] = "perf event", [CARRIER_UPROBE] = "uprobe", [CARRIER_UPROBE_MULTI] = "uprobe multi link",
	[CARRIER_ITER] = "iterator",
	[CARRIER_KPROBE] = "kprobe", [CARRIER_KPROBE_MULTI] = "kprobe multi link",
	[CARRIER_KPROBE_SESSION] = "kprobe session link",
	[CARRIER_FENTRY] = "fentry", [CARRIER_FEXIT] = "fexit",
};

void plan_print_attach(const struct plan *plan, struct buf *out)
{
	enum { SHOWN = 8 };

	vec_each(it, &plan->programs) {
		const struct program *p = *it;

		buf_printf(out, "program %s: %s", p->name, carrier_names[p->carrier]);
		if (p->is_syscalls)
			buf_printf(out, " %s", p->event);
		buf_printf(out, ", %zu target%s\n", p->attachments.n, p->attachments.n == 1 ? "" : "s");
		for (size_t i = 0; i < p->attachments.n && i < SHOWN; i++)
			buf_printf(out, "    %s\n", p->attachments.v[i].target->name);
		if (p->attachments.n > SHOWN)
			buf_printf(out, "    and %zu more\n", p->attachments.n - SHOWN);
	}
}
