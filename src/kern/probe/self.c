/*
 * self.c - `self:signal:NAME`: a signal sent to sonde; its program is run by sonde through
 * BPF_PROG_TEST_RUN when the signal arrives. Signals that end or stop a program stay what
 * they are.
 */
#include <signal.h>

#include "kern/probe/probe.h"

static const struct {
	const char *name;
	int number;
} signals[] = {
	{"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}, {"SIGHUP", SIGHUP}, {"SIGWINCH", SIGWINCH},
	{"SIGALRM", SIGALRM}, {"SIGCONT", SIGCONT}, {"SIGURG", SIGURG}, {"SIGIO", SIGIO},
};

static bool match(struct probe_query *q)
{
	if (!str_eq(q->parts[0], "signal"))
		return probe_no_match(q, "self has only one kind of event, \"signal\"");
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		if (!str_eq(signals[i].name, q->parts[1]))
			continue;
		struct target *t = probe_target_add(q, PROVIDER_SELF,
						    probe_query_name(q, PROVIDER_SELF));
		t->category = "signal";
		t->event = signals[i].name;
		t->number = signals[i].number;
		return true;
	}
	q->hint = "SIGUSR1, SIGUSR2, SIGHUP, SIGWINCH, SIGALRM, SIGCONT, SIGURG, SIGIO";
	return probe_no_match(q, "\"%s\" is not a signal that can be a probe", q->parts[1]);
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	if (nparts > 0 && !str_glob(parts[0], "signal"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (nparts < 2 || str_glob(parts[1], signals[i].name))
			if (!each(arg, arena_printf(env->arena, "self:signal:%s",
						    signals[i].name)))
				return;
}

const struct probe_type probe_self = {PROVIDER_SELF, match, list, NULL};
