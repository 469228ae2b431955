/*
 * plan_function.c - what carries probes of kernel functions.
 *
 *   fentry, fexit              a typed program each
 *   kprobe, kretprobe          one function: fentry or fexit where that is the same (below)
 *                              several: one multi link where the kernel has it, and where the
 *                              script has both kprobe and kretprobe of the same functions, one
 *                              session for the two (one program, one link: Linux 6.10)
 *                              an offset, an address, reg(): a perf kprobe
 *
 * fentry costs less than a kprobe, and no hit of it is lost while another program runs on the
 * CPU. It gives the same where BTF describes the function and the script asks for nothing that
 * only a kprobe has: registers, its kernel stack, arguments beyond the prototype's; and where
 * the kernel does not preempt its own code: a task that preempts another inside a fentry program
 * calls the function unseen (measured with preempt=full: a third of 1800 calls of 3 threads).
 */
#include "ir/plan_int.h"

#include "lang/fallback.h"

static bool at_return(const struct probe *probe)
{
	return probe->provider == PROVIDER_KRETPROBE || probe->provider == PROVIDER_FEXIT;
}

/* ---- missing hooks ---- */

static bool said_already(const struct plan *plan, const char *what)
{
	vec_each(d, &plan->script->diags->list)
		if (d->id == DIAG_HOOK_MISSING && d->message && strstr(d->message, what))
			return true;
	return false;
}

/* One plain line, and what gives the same event here, if anything does. */
static void missing(struct plan *plan, const struct probe *probe, const char *why)
{
	const struct target *first = probe->targets.v[0];
	struct diags *diags = plan->script->diags;
	const char *what, *instead = first->symbol ? fallback_name(plan->script->world, first) : NULL;

	if (!why)
		why = "this kernel does not offer them";
	what = arena_printf(plan->arena, "no %s probes here: %s", provider_name(probe->provider), why);
	if (!instead && said_already(plan, what))
		return;
	diag_add(diags, DIAG_HOOK_MISSING, probe->node->span, "%s: %s", first->name, what);
	if (instead)
		diag_hint(diags, "the same event: %s%s", instead,
			  plan->script->fell_back ? "" : " (--fallback uses it)");
}

/* ---- kprobes ---- */

/* Whether fentry shows the function's call (or return) as the kprobe would. */
static bool rides_fentry(struct plan *plan, const struct probe *probe, const struct target *target)
{
	struct world *w = plan->script->world;
	const struct type *args;
	struct target *typed;
	uint32_t words = 0;

	/* a task that preempts a running fentry program is not seen by it; kprobes are not preempted */
	if (plan->features.preemptible && plan->features.kprobe)
		return false;
	if (!plan->features.fentry || !target->id || !target->symbol || target->file_offset ||
	    probe->uses_registers || probe->uses_kstack)
		return false;
	typed = arena_new_of(plan->arena, struct target);
	*typed = *target;
	typed->provider = at_return(probe) ? PROVIDER_FEXIT : PROVIDER_FENTRY;
	args = w->args(w, typed);
	if (!args)
		return false;
	if (at_return(probe))
		return !probe->uses_retval || world_result(w, typed);
	for (uint32_t i = 0; i < args->nfields; i++) {
		if (args->fields[i].type->kind == TYPE_STRUCT)
			return false; /* registers and words are not numbered alike */
		words = i + 1;
	}
	/* before 5.17 not every argument can be read there (lower_function.c) */
	return probe->nargs_used <= (plan->features.func_arg ? words : 0);
}

/* A multi link takes names; what is inside a function, or nowhere, is an event of its own. */
static bool fits_multi(const struct plan *plan, const struct probe *probe, const struct target *target)
{
	return plan->features.kprobe_multi && !plan->classic && target->symbol && !target->file_offset &&
	       (!target->category || target->address) && !probe->uses_registers;
}

static bool same_functions(const struct program *p, const target_list *targets)
{
	if (p->attachments.n != targets->n)
		return false;
	for (size_t i = 0; i < targets->n; i++) {
		const struct target *a = p->attachments.v[i].target, *b = targets->v[i];

		if (!str_eq(a->symbol, b->symbol) || a->address != b->address)
			return false;
	}
	return true;
}

/* The program of the other end of the same functions that has no partner yet, or NULL. */
static struct program *other_end(struct plan *plan, const struct probe *probe, const target_list *targets)
{
	struct world *w = plan->script->world;

	if (!plan->features.kprobe_session || !w->function_id(w, KFUNC_SESSION_IS_RETURN))
		return NULL;
	vec_each(it, &plan->programs)
		if ((*it)->carrier == CARRIER_KPROBE_MULTI && (*it)->is_return != at_return(probe) &&
		    same_functions(*it, targets))
			return *it;
	return NULL;
}

static void plan_multi(struct plan *plan, const struct probe *probe, const target_list *targets)
{
	struct program *other = other_end(plan, probe, targets);

	if (!other) {
		plan_shared(plan, CARRIER_KPROBE_MULTI, probe, targets, provider_name(probe->provider));
		return;
	}
	other->carrier = CARRIER_KPROBE_SESSION;
	other->is_return = false;
	plan_carry(plan, other, probe, targets);
}

static void plan_kprobe(struct plan *plan, const struct probe *probe)
{
	const char *what = provider_name(probe->provider);
	target_list multi = {0}, single = {0};
	bool few = probe->targets.n == 1 || (!plan->features.kprobe && !plan->features.kprobe_multi);

	vec_each(it, &probe->targets) {
		const struct target *t = *it;

		if (few && !plan->classic && rides_fentry(plan, probe, t))
			plan_single(plan, at_return(probe) ? CARRIER_FEXIT : CARRIER_FENTRY, probe, t, t->symbol);
		else if (fits_multi(plan, probe, t))
			avec_push(plan->arena, &multi, t);
		else
			avec_push(plan->arena, &single, t);
	}
	if (single.n && !plan->features.kprobe) {
		missing(plan, probe, plan->features.no_kprobe);
		return;
	}
	if (multi.n)
		plan_multi(plan, probe, &multi);
	if (single.n)
		plan_shared(plan, CARRIER_KPROBE, probe, &single, what);
}

/* ---- all of them ---- */

static bool too_many(struct plan *plan, const struct probe *probe)
{
	uint64_t most = plan->script->config.max_probes;

	if (probe->targets.n <= most)
		return false;
	diag_add(plan->script->diags, DIAG_TOO_MANY_TARGETS, probe->node->span,
		 "%zu functions match, more than are probed at once (%llu)", probe->targets.n,
		 (unsigned long long)most);
	diag_hint(plan->script->diags, "narrow the pattern, or config = { max_probes = %zu }", probe->targets.n);
	return true;
}

void plan_function(struct plan *plan, const struct probe *probe)
{
	if (too_many(plan, probe))
		return;
	if (probe->provider == PROVIDER_KPROBE || probe->provider == PROVIDER_KRETPROBE) {
		plan_kprobe(plan, probe);
		return;
	}
	if (!plan->features.fentry) {
		missing(plan, probe, plan->features.no_fentry);
		return;
	}
	vec_each(it, &probe->targets)
		plan_single(plan, at_return(probe) ? CARRIER_FEXIT : CARRIER_FENTRY, probe, *it, (*it)->symbol);
}
