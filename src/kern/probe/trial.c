/*
 * trial.c - `test:NAME` and `bench:NAME`: programs that sonde runs itself through
 * BPF_PROG_TEST_RUN when it is asked to (--test, --bench). Any name will do.
 */
#include "kern/probe/probe.h"

static void match_name(struct probe_query *q, enum provider provider)
{
	struct target *t = probe_target_add(q, provider, probe_query_name(q, provider));

	t->event = q->parts[0];
}

static bool match_test(struct probe_query *q)
{
	match_name(q, PROVIDER_TEST);
	return true;
}

static bool match_bench(struct probe_query *q)
{
	match_name(q, PROVIDER_BENCH);
	return true;
}

/* They are the script's: there is nothing to list. */
static void list(struct probe_env *env, const char *const *parts, unsigned nparts, probe_each *each, void *arg)
{
	(void)env;
	(void)parts;
	(void)nparts;
	(void)each;
	(void)arg;
}

const struct probe_type probe_test = {PROVIDER_TEST, match_test, list, NULL};
const struct probe_type probe_bench = {PROVIDER_BENCH, match_bench, list, NULL};
