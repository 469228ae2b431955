/* grower.c - see grower.h. */
#include "run/grower.h"

#include "base/thread.h"
#include "kern/privilege.h"

enum { TICK_MS = 250 }; /* a call for growth may have been lost with a full ring */

static void *run(void *arg)
{
	struct grower *g = arg;

	thread_hurry();
	if (g->kernel)
		privilege_drop(g->kernel);
	pthread_mutex_lock(&g->lock);
	while (!g->stop) {
		struct timespec until = monotonic_in_ms(TICK_MS);

		if (!g->asked)
			pthread_cond_timedwait(&g->wake, &g->lock, &until);
		g->asked = false;
		if (g->stop)
			break;
		pthread_mutex_unlock(&g->lock);
		aggregates_tick(g->aggregates);
		pthread_mutex_lock(&g->lock);
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

static bool any_map_grows(const struct plan *plan)
{
	vec_each(mp, &plan->maps)
		if (mp->limit_offset)
			return true;
	return false;
}

int grower_start(struct grower *g)
{
	pthread_condattr_t attr;
	int err;

	if (!any_map_grows(g->plan))
		return 0;
	pthread_mutex_init(&g->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&g->wake, &attr);
	pthread_condattr_destroy(&attr);
	err = pthread_create(&g->thread, NULL, run, g);
	g->running = err == 0;
	return -err;
}

void grower_ask(struct grower *g)
{
	if (!g->running)
		return;
	pthread_mutex_lock(&g->lock);
	g->asked = true;
	pthread_cond_signal(&g->wake);
	pthread_mutex_unlock(&g->lock);
}

void grower_stop(struct grower *g)
{
	if (!g->running)
		return;
	pthread_mutex_lock(&g->lock);
	g->stop = true;
	pthread_cond_signal(&g->wake);
	pthread_mutex_unlock(&g->lock);
	pthread_join(g->thread, NULL);
	pthread_cond_destroy(&g->wake);
	pthread_mutex_destroy(&g->lock);
	g->running = false;
}
