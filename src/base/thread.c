/* thread.c - see thread.h. */
#include "base/thread.h"

#include <signal.h>
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

void threads_run(size_t wanted, void *(*run)(void *arg), void *arg)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = MIN_OF((size_t)MAX_OF(cpus, 1), (size_t)THREADS_MOST), n = 0;
	pthread_t others[THREADS_MOST];

	while (n + 1 < MIN_OF(wanted, most) && thread_start(&others[n], NULL, run, arg) == 0)
		n++;
	run(arg);
	while (n)
		pthread_join(others[--n], NULL);
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
