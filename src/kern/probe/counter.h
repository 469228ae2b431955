/*
 * counter.h - probes that run every so many events of a counter: what software and hardware
 * probes share. A table of events, and match, list and attach over it.
 */
#ifndef SONDE_KERN_PROBE_COUNTER_H
#define SONDE_KERN_PROBE_COUNTER_H

#include "kern/probe/probe.h"

struct counter {
	uint32_t config;   /* PERF_COUNT_SW_*, PERF_COUNT_HW_* */
	const char *name, *alias;
	uint64_t period;   /* events a run when the script gives none */
};

/* PROVIDER:EVENT[:COUNT]; EVENT may be a glob or an alias. */
bool counter_match(struct probe_query *q, enum provider provider, const struct counter *counters,
		   size_t count);
void counter_list(struct probe_env *env, enum provider provider, const struct counter *counters,
		  size_t count, const char *const *parts, unsigned nparts, probe_each *each,
		  void *arg);
/* perf_type: PERF_TYPE_SOFTWARE, PERF_TYPE_HARDWARE. 0 or -errno; job->why only if set before. */
int counter_attach(struct attach_job *job, uint32_t perf_type);

#endif
