/*
 * grower.h - the thread that makes maps larger: the kernel may take a tenth of a second to
 * make one, and neither reading nor ^C waits for that.
 */
#ifndef SONDE_RUN_GROWER_H
#define SONDE_RUN_GROWER_H

#include <pthread.h>

#include "run/aggregate.h"

struct grower {
	struct aggregates *aggregates;
	const struct plan *plan;
	uint32_t kernel;      /* for privilege_drop; 0: keep what we have */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool running, asked, stop; /* asked, stop: under the lock */
};

/* Starts it when a map of the plan grows. 0 or -errno. */
int grower_start(struct grower *g);
/* A map has asked to grow. */
void grower_ask(struct grower *g);
/* Waits for what it is doing; a zeroed or stopped one is fine. */
void grower_stop(struct grower *g);

#endif
