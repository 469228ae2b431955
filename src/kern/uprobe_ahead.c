/* uprobe_ahead.c - see uprobe_ahead.h. */
#include "kern/uprobe_ahead.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/thread.h"
#include "kern/perf.h"
#include "kern/sys.h"

enum {
	FILE_SIZE = 4096, /* the place must be in the file */
	LASTS_MS = 6,     /* before a grace period has passed, in which the kernel forgets */
	EVENTS = 4,
};

struct uprobe_ahead {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool done; /* under the lock */
	int file, events[EVENTS];
};

static int open_event(const struct uprobe_ahead *a)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", a->file);
	return perf_open_uprobe(&(struct perf_probe_spec){.path = path}, (struct perf_target){.pid = -1, .cpu = 0});
}

/* Until it is done, or for LASTS_MS: whether it is. */
static bool await_done(struct uprobe_ahead *a)
{
	struct timespec until = monotonic_in_ms(LASTS_MS);
	bool done;

	pthread_mutex_lock(&a->lock);
	while (!a->done && pthread_cond_clockwait(&a->change, &a->lock, CLOCK_MONOTONIC, &until) == 0)
		;
	done = a->done;
	pthread_mutex_unlock(&a->lock);
	return done;
}

/* The first one waits; others after it keep the kernel from forgetting. */
static void *run(void *arg)
{
	struct uprobe_ahead *a = arg;
	int n = 0;

	do
		a->events[n++] = open_event(a);
	while (!await_done(a) && n < EVENTS);
	while (n)
		sys_close(&a->events[--n]);
	sys_close(&a->file);
	return NULL;
}

static void drop(struct uprobe_ahead *a)
{
	sys_close(&a->file);
	pthread_cond_destroy(&a->change);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

struct uprobe_ahead *uprobe_ahead_begin(void)
{
	struct uprobe_ahead *a = xcalloc(1, sizeof(*a));

	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->change, NULL);
	a->file = memfd_create("sonde", MFD_CLOEXEC);
	if (a->file >= 0 && ftruncate(a->file, FILE_SIZE) == 0 && thread_start(&a->thread, NULL, run, a) == 0)
		return a;
	drop(a);
	return NULL;
}

void uprobe_ahead_done(struct uprobe_ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->done = true;
	pthread_cond_signal(&a->change);
	pthread_mutex_unlock(&a->lock);
}

void uprobe_ahead_end(struct uprobe_ahead *a)
{
	if (!a)
		return;
	uprobe_ahead_done(a);
	pthread_join(a->thread, NULL);
	drop(a);
}
