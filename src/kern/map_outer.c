/* map_outer.c - see map_outer.h. */
#include "kern/map_outer.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/thread.h"
#include "kern/map.h"

enum { LOOK_US = 20, STACK_BYTES = 64 << 10 };

struct outer_wait {
	pthread_t thread;
	int outer, inner;
	uint32_t place;
	int result;
	bool done;
};

static void *put(void *arg)
{
	struct outer_wait *w = arg;

	w->result = map_update(w->outer, &w->place, &w->inner, BPF_ANY);
	__atomic_store_n(&w->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static int start(struct outer_wait *w)
{
	pthread_attr_t attr;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	err = thread_start(&w->thread, &attr, put, w);
	pthread_attr_destroy(&attr);
	return err;
}

int outer_put(struct outer_wait **wait, int outer, uint32_t place, int inner)
{
	struct outer_wait *w = xcalloc(1, sizeof(*w));
	uint32_t id;
	int err;

	*w = (struct outer_wait){.outer = outer, .place = place, .inner = inner};
	*wait = NULL;
	if (start(w)) { /* no thread to be had */
		free(w);
		return map_update(outer, &place, &inner, BPF_ANY);
	}
	while (!__atomic_load_n(&w->done, __ATOMIC_ACQUIRE)) {
		err = map_lookup(outer, &place, &id);
		if (!err) {
			*wait = w;
			return 0;
		}
		if (err != -ENOENT) /* the kernel does not tell: then it is done when it is done */
			break;
		usleep(LOOK_US);
	}
	pthread_join(w->thread, NULL);
	err = w->result;
	free(w);
	return err;
}

void outer_wait_end(struct outer_wait *w)
{
	if (!w)
		return;
	pthread_join(w->thread, NULL);
	free(w);
}
