/*
 * check_select.c - which probes of the script take part in this run: tests and benchmarks only
 * when they are asked for, and then nothing else but begin and end; those that --probe-filter
 * names. What does not take part is neither checked nor attached.
 */
#include "lang/check_int.h"

#include <regex.h>

static bool special(const struct probe *p)
{
	return p->provider == PROVIDER_BEGIN || p->provider == PROVIDER_END;
}

static bool of_mode(const struct checker *c, const struct probe *p)
{
	switch (c->script->config.mode) {
	case RUN_TEST: return p->provider == PROVIDER_TEST || special(p);
	case RUN_BENCH: return p->provider == PROVIDER_BENCH || special(p);
	default: return p->provider != PROVIDER_TEST && p->provider != PROVIDER_BENCH;
	}
}

/* A probe that has a name is asked for by it, others by each of their targets. */
static void filter_targets(struct probe *p, const regex_t *re)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->targets.n; i++)
		if (!regexec(re, p->name ? p->name : p->targets.v[i]->name, 0, NULL, 0))
			p->targets.v[kept++] = p->targets.v[i];
	p->targets.n = kept;
}

static void nothing_left(struct checker *c, bool tests, bool benchmarks)
{
	const char *what = tests ? "test" : "bench";

	diag_add(c->script->diags, DIAG_EMPTY_SCRIPT, c->script->root->span, "nothing of the script is left to run");
	if ((tests || benchmarks) && c->script->config.mode == RUN_NORMAL)
		diag_hint(c->script->diags, "--%s runs its %s: probes", what, what);
	else if (c->script->config.probe_filter)
		diag_hint(c->script->diags, "no probe matches --probe-filter");
}

void check_select(struct checker *c)
{
	const char *filter = c->script->config.probe_filter;
	bool tests = false, benchmarks = false, filtered = false;
	size_t kept = 0, n = c->script->probes.n;
	regex_t re;

	if (filter && regcomp(&re, filter, REG_EXTENDED | REG_NOSUB)) {
		diag_add(c->script->diags, DIAG_BAD_OPERAND, c->script->root->span,
			 "--probe-filter: '%s' is not a regular expression", filter);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		struct probe *p = c->script->probes.v[i];

		tests |= p->provider == PROVIDER_TEST;
		benchmarks |= p->provider == PROVIDER_BENCH;
		if (!of_mode(c, p))
			continue;
		if (filter && !special(p) && p->targets.n && !(p->node->flags & NODE_OURS)) {
			filter_targets(p, &re);
			filtered |= !p->targets.n;
			if (!p->targets.n)
				continue;
		}
		p->number = kept;
		c->script->probes.v[kept++] = p;
	}
	c->script->probes.n = kept;
	if (n && !kept && (tests || benchmarks || filtered))
		nothing_left(c, tests, benchmarks);
	if (filter)
		regfree(&re);
}
