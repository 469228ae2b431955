/* begin_end.c - `begin` and `end`: run by sonde itself through BPF_PROG_TEST_RUN. */
#include "kern/probe/probe.h"

static bool match_begin(struct probe_query *q)
{
	probe_target_add(q, PROVIDER_BEGIN, "begin");
	return true;
}

static bool match_end(struct probe_query *q)
{
	probe_target_add(q, PROVIDER_END, "end");
	return true;
}

static void list_begin(struct probe_env *env, const char *const *parts, unsigned nparts,
		       probe_each *each, void *arg)
{
	(void)env, (void)parts, (void)nparts;
	each(arg, "begin");
}

static void list_end(struct probe_env *env, const char *const *parts, unsigned nparts,
		     probe_each *each, void *arg)
{
	(void)env, (void)parts, (void)nparts;
	each(arg, "end");
}

const struct probe_type probe_begin = {PROVIDER_BEGIN, match_begin, list_begin, NULL};
const struct probe_type probe_end = {PROVIDER_END, match_end, list_end, NULL};
