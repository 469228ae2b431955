/*
 * hardware.c - `hardware:EVENT[:COUNT]`: a program run every COUNT events of a processor
 * counter. Virtual machines often have none: that is said in one plain line.
 */
#include <errno.h>
#include <linux/perf_event.h>

#include "base/buf.h"
#include "kern/probe/counter.h"
#include "kern/sys.h"

static const struct counter events[] = {
#define HARDWARE(id, name, alias, period) {PERF_COUNT_HW_##id, name, alias, period},
#include "kern/probe/hardware.def"
#undef HARDWARE
};

static bool match(struct probe_query *q)
{
	return counter_match(q, PROVIDER_HARDWARE, events, ARRAY_SIZE(events));
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	counter_list(env, PROVIDER_HARDWARE, events, ARRAY_SIZE(events), parts, nparts, each, arg);
}

/* Whether the machine has any counter at all: the commonest one, counted and not sampled. */
static bool has_counters(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES, .size = sizeof(attr),
		.disabled = 1,
	};
	int fd = sys_perf_event_open(&attr, 0, -1, -1, 0);

	if (fd < 0)
		return fd != -ENOENT && fd != -EOPNOTSUPP && fd != -ENODEV;
	sys_close(&fd);
	return true;
}

static int attach(struct attach_job *job)
{
	const struct attachment *a = job->at;
	int err = counter_attach(job, PERF_TYPE_HARDWARE);

	if (err != -ENOENT && err != -EOPNOTSUPP && err != -ENODEV && err != -EINVAL)
		return err;
	buf_reset(job->why);
	job->hint = NULL;
	if (has_counters()) {
		buf_printf(job->why, "this processor does not count %s", a->target->event);
	} else {
		buf_puts(job->why, "this machine has no processor counters (as most virtual machines)");
		job->hint = "software:cpu-clock samples by time";
	}
	return err;
}

const struct probe_type probe_hardware = {PROVIDER_HARDWARE, match, list, attach};
