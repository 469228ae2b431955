/* thread.c - see thread.h. */
#include "base/thread.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/base.h"

int thread_start(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *arg), void *arg)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	err = pthread_create(thread, attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

struct apart {
	void *(*run)(void *arg);
	void *arg;
	cpu_set_t ours; /* where the process may run */
};

static void *run_apart(void *arg)
{
	struct apart a = *(struct apart *)arg;

	free(arg);
	sched_setaffinity(0, sizeof(a.ours), &a.ours);
	return a.run(a.arg);
}

int thread_start_apart(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	struct apart *a = xmalloc(sizeof(*a));
	pthread_attr_t attr;
	int here = sched_getcpu(), err;
	cpu_set_t others;

	*a = (struct apart){.run = run, .arg = arg};
	if (here < 0 || sched_getaffinity(0, sizeof(a->ours), &a->ours) || CPU_COUNT(&a->ours) < 2) {
		free(a);
		return thread_start(thread, NULL, run, arg);
	}
	others = a->ours;
	CPU_CLR(here, &others);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(others), &others);
	err = thread_start(thread, &attr, run_apart, a);
	pthread_attr_destroy(&attr);
	if (err)
		free(a);
	return err;
}

void thread_join(pthread_t thread)
{
	cpu_set_t ours;

	if (sched_getaffinity(0, sizeof(ours), &ours) == 0)
		pthread_setaffinity_np(thread, sizeof(ours), &ours);
	pthread_join(thread, NULL);
}

void threads_run(size_t wanted, void *(*run)(void *arg), void *arg)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = MIN_OF((size_t)MAX_OF(cpus, 1), (size_t)THREADS_MOST), n = 0;
	pthread_t others[THREADS_MOST];

	while (n + 1 < MIN_OF(wanted, most) && thread_start_apart(&others[n], run, arg) == 0)
		n++;
	run(arg);
	while (n)
		thread_join(others[--n]);
}

void thread_hurry(void)
{
	/* Linux counts niceness by thread. */
	setpriority(PRIO_PROCESS, 0, -10);
}

int thread_hurry_now(void)
{
	int before = getpriority(PRIO_PROCESS, 0);

	if (before <= 0) /* else somebody wants that we take our time */
		thread_hurry();
	return before;
}

void thread_calm(int before)
{
	setpriority(PRIO_PROCESS, 0, before);
}

struct timespec monotonic_in_ms(unsigned ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += ms % 1000 * 1000000l;
	t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	return t;
}
