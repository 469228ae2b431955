/*
 * sample.c - perf software events that run a program every so many nanoseconds or events:
 * what interval, profile and software probes are made of.
 *
 * Periods are always given in ns or events, never as a frequency: for cpu-clock the kernel
 * turns a frequency into just that period, but refuses one above
 * kernel.perf_event_max_sample_rate, which it lowers by itself under load; and with a known
 * period the runs that were skipped can be counted exactly.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "kern/perf.h"
#include "kern/probe/probe.h"
#include "kern/sys.h"

/* A process with more threads is sampled on every CPU; the program filters it anyway. */
enum { THREADS_MAX = 256 };

static int attach_one(struct attach_job *job, const struct sample_event *event,
		      struct perf_target where)
{
	struct perf_sample_spec spec = {
		.type = event->type,
		.config = event->config,
		.period = event->period,
		.inherit = where.pid > 0,
	};
	/* The kernel does not run its clocks' timer more often than this. */
	bool clock = event->type == PERF_TYPE_SOFTWARE && (event->config == PERF_COUNT_SW_CPU_CLOCK ||
							   event->config == PERF_COUNT_SW_TASK_CLOCK);
	struct link link = {.period = clock ? MAX_OF(event->period, 10000) : event->period,
			    .is_clock = clock};
	int fd = perf_open_sample(&spec, where);

	if (fd < 0)
		return fd;
	return probe_attach_event(job, fd, link, job->at->cookie);
}

static int attach_cpus(struct attach_job *job, const struct sample_event *event)
{
	for (unsigned i = 0; i < job->ncpus; i++) {
		struct perf_target where = {.pid = -1, .cpu = job->cpus[i]};
		int err = attach_one(job, event, where);
		/* A CPU that went offline between reading the list and now has nothing to see. */
		if (err && err != -ENODEV)
			return err;
	}
	return 0;
}

struct threads {
	pid_t tids[THREADS_MAX];
	unsigned count;
	bool too_many;
};

static bool known(const struct threads *threads, pid_t tid)
{
	for (unsigned i = 0; i < threads->count; i++)
		if (threads->tids[i] == tid)
			return true;
	return false;
}

/* Attaches to threads not yet known; how many, or -errno. */
static int attach_new_threads(struct attach_job *job, const struct sample_event *event,
			      struct threads *threads)
{
	char path[64];
	int added = 0, err = 0;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/task", job->pid);
	DIR *dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
	for (struct dirent *entry; !err && (entry = readdir(dir));) {
		pid_t tid = atoi(entry->d_name);
		if (tid <= 0 || known(threads, tid))
			continue;
		if (threads->count == THREADS_MAX) {
			threads->too_many = true;
			break;
		}
		threads->tids[threads->count++] = tid;
		err = attach_one(job, event, (struct perf_target){.pid = tid, .cpu = -1});
		if (err == -ESRCH)
			err = 0; /* that thread has ended */
		added++;
	}
	closedir(dir);
	return err ? err : added;
}

/*
 * Threads made by a thread that has its event inherit it, those made before by others do
 * not: the list is read again until it brings nothing new.
 */
static int attach_threads(struct attach_job *job, const struct sample_event *event)
{
	struct threads *threads = xcalloc(1, sizeof(*threads));
	size_t before = job->links->n;
	int added;

	do
		added = attach_new_threads(job, event, threads);
	while (added > 0 && !threads->too_many);
	if (threads->too_many) {
		for (; job->links->n > before; job->links->n--) {
			sys_close(&vec_last(job->links).fd);
			sys_close(&vec_last(job->links).event_fd);
		}
		added = attach_cpus(job, event);
	} else if (added == 0 && job->links->n == before) {
		added = -ESRCH;
	}
	free(threads);
	return added;
}

int probe_attach_sampling(struct attach_job *job, const struct sample_event *event)
{
	const struct attachment *a = job->at;
	int err = job->pid > 0 ? attach_threads(job, event) : attach_cpus(job, event);

	return err ? probe_attach_failed(job, a, err, a->target->name) : 0;
}

int probe_attach_timer(struct attach_job *job, uint64_t period)
{
	const struct attachment *a = job->at;
	struct sample_event event = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, period};
	struct perf_target where = {.pid = -1, .cpu = job->cpus[0]};
	int err = attach_one(job, &event, where);

	return err ? probe_attach_failed(job, a, err, a->target->name) : 0;
}
