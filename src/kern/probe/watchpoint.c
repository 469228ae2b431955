/*
 * watchpoint.c - `watchpoint:ADDRESS:LENGTH:MODE`: a program run when a place in memory is
 * accessed, by the processor's breakpoint registers (perf_event_open(2), PERF_TYPE_BREAKPOINT).
 *
 * ADDRESS is of the process of -p or -c, and its children's; without one, a kernel address,
 * watched on every CPU. LENGTH is 1, 2, 4 or 8; MODE is made of r, w and x, as far as the
 * processor has it (x86: w, rw, x). Both the access and the run are over before the next
 * instruction, so `asyncwatchpoint`, the name older scripts use, is the same.
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

enum { THREADS_MAX = 4096 };
#define KERNEL_FROM (UINT64_C(1) << 63) /* the upper half of the address space */

/* WATCH_* of "rw"; 0: not a mode. */
static uint32_t mode_parse(const char *text)
{
	uint32_t mode = 0;

	for (; *text; text++) {
		uint32_t bit = *text == 'r' ? WATCH_READ : *text == 'w' ? WATCH_WRITE :
			       *text == 'x' ? WATCH_EXECUTE : 0;
		if (!bit || mode & bit)
			return 0;
		mode |= bit;
	}
	return mode;
}

static bool mode_possible(uint32_t mode)
{
#if defined(__x86_64__)
	return mode == WATCH_WRITE || mode == (WATCH_READ | WATCH_WRITE) || mode == WATCH_EXECUTE;
#else
	return mode && (mode == WATCH_EXECUTE || !(mode & WATCH_EXECUTE));
#endif
}

static bool match(struct probe_query *q)
{
	uint64_t address, length;
	uint32_t mode = mode_parse(q->parts[2]);

	if (!str_to_u64(q->parts[0], &address) || !address)
		return probe_no_match(q, "\"%s\" is not an address (a number)", q->parts[0]);
	if (!str_to_u64(q->parts[1], &length) ||
	    (length != 1 && length != 2 && length != 4 && length != 8))
		return probe_no_match(q, "\"%s\" is not a length that can be watched: 1, 2, 4 or 8 bytes",
				      q->parts[1]);
	if (!mode)
		return probe_no_match(q, "\"%s\" is not a mode: letters of r (read), w (write) and x "
					 "(execute)", q->parts[2]);
	if (!mode_possible(mode)) {
		q->hint = "w, rw or x";
		return probe_no_match(q, "this processor cannot watch for \"%s\" alone", q->parts[2]);
	}
	if (mode != WATCH_EXECUTE && address % length)
		return probe_no_match(q, "address %s is not a multiple of %s", q->parts[0], q->parts[1]);
	struct target *t = probe_target_add(q, PROVIDER_WATCHPOINT, probe_query_name(q, PROVIDER_WATCHPOINT));
	t->address = address;
	t->length = mode == WATCH_EXECUTE ? sizeof(long) : length; /* all that the kernel takes for it */
	t->number = mode;
	return true;
}

/* Any address may be watched: there is nothing to list. */
static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	(void)env, (void)parts, (void)nparts, (void)each, (void)arg;
}

static int attach_one(struct attach_job *job, struct perf_target where)
{
	const struct target *t = job->at->target;
	struct link link = {.wait = LINK_FAST};
	int fd = perf_open_watchpoint(t->address, t->length, t->number, where);

	return fd < 0 ? fd : probe_attach_event(job, fd, link, job->at->cookie);
}

static int attach_cpus(struct attach_job *job)
{
	int err = 0;

	for (unsigned i = 0; i < job->ncpus && !err; i++) {
		err = attach_one(job, (struct perf_target){.pid = -1, .cpu = job->cpus[i]});
		if (err == -ENODEV) /* that CPU went offline meanwhile */
			err = 0;
	}
	return err;
}

/*
 * Threads and children made by a thread that has its event inherit it; those made meanwhile by
 * others do not: the list is read again until it brings nothing new.
 */
static int attach_threads(struct attach_job *job, pid_t pid)
{
	VEC(pid_t) known = {0};
	size_t before;
	char path[64];
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	do {
		DIR *dir = opendir(path);

		before = known.n;
		if (!dir) {
			err = errno == ENOENT ? -ESRCH : -errno;
			break;
		}
		for (struct dirent *entry; !err && (entry = readdir(dir));) {
			pid_t tid = atoi(entry->d_name);
			bool seen = tid <= 0;

			vec_each(k, &known)
				seen |= *k == tid;
			if (seen)
				continue;
			vec_push(&known, tid);
			err = attach_one(job, (struct perf_target){.pid = tid, .cpu = -1});
			if (err == -ESRCH)
				err = 0; /* that thread has ended */
		}
		closedir(dir);
	} while (!err && known.n > before && known.n < THREADS_MAX);
	vec_free(&known);
	return err;
}

static int attach(struct attach_job *job)
{
	const struct attachment *a = job->at;
	pid_t pid = job->pid > 0 ? job->pid : job->cpid;
	bool kernel = a->target->address >= KERNEL_FROM;
	size_t before = job->links->n;
	int err = kernel || pid <= 0 ? attach_cpus(job) : attach_threads(job, pid);

	if (!err && job->links->n == before)
		err = -ESRCH;
	if (err == -ENOSPC) {
		buf_puts(job->why, "every breakpoint register is taken (x86 has four)");
		job->hint = "watch fewer places at once";
	} else if (err == -EINVAL || err == -EOPNOTSUPP || err == -ENOENT) {
		buf_printf(job->why, "this processor cannot watch that: %u bytes at 0x%" PRIx64,
			   a->target->length, a->target->address);
	}
	return err ? probe_attach_failed(job, a, err, "a hardware breakpoint") : 0;
}

const struct probe_type probe_watchpoint = {PROVIDER_WATCHPOINT, match, list, attach};
