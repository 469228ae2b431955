/* tables_ahead.c - see tables_ahead.h. */
#include "run/tables_ahead.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"
#include "base/buf.h"
#include "base/thread.h"
#include "sym/file.h"
#include "sym/unwind_cached.h"

enum { WORTH_A_THREAD = 8 }; /* files */

struct place {
	uint64_t start, end;
};

struct tables_ahead {
	uint32_t pid;
	VEC(struct place) places; /* of files, by address */
	pthread_t thread;
	bool asked, started;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t made;
	size_t front, back;   /* the caller's are those before front; from back on they are made */
	bool making;          /* that of back - 1 */
};

/* The file as it is mapped: whatever its name is now, and in whose mounts. */
static void make(struct unwind_cached *cached, uint32_t pid, const struct place *p)
{
	struct unwind_table table;
	struct elf_file *file;
	struct buf why = {0};
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/map_files/%" PRIx64 "-%" PRIx64, pid, p->start, p->end);
	fd = plain_file_open(NULL, path, true, NULL);
	if (fd >= 0 && !elf_file_open(&file, fd, path, &why)) {
		if (!unwind_cached_table(cached, &table, file))
			unwind_table_free(&table);
		elf_file_free(file);
	}
	buf_free(&why);
}

static void *make_some(void *arg)
{
	struct tables_ahead *a = arg;
	struct unwind_cached cached;
	struct buf why = {0};

	unwind_cached_open(&cached, &why);
	pthread_mutex_lock(&a->lock);
	while (cached.cache && a->back > a->front) {
		struct place place = a->places.v[a->back - 1];

		a->making = true;
		pthread_mutex_unlock(&a->lock);
		make(&cached, a->pid, &place);
		pthread_mutex_lock(&a->lock);
		a->making = false;
		a->back--;
		pthread_cond_signal(&a->made);
	}
	pthread_mutex_unlock(&a->lock);
	unwind_cached_close(&cached);
	buf_free(&why);
	return NULL;
}

static void on_mapping(void *ctx, const struct procs_mapping *m)
{
	struct tables_ahead *a = ctx;

	if (m->has_file && !*m->note)
		vec_push(&a->places, ((struct place){m->start, m->end}));
}

struct tables_ahead *tables_ahead_new(struct procs *procs, uint32_t pid)
{
	struct tables_ahead *a = xcalloc(1, sizeof(*a));

	a->pid = pid;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->made, NULL);
	procs_mappings(procs, pid, on_mapping, a);
	a->back = a->places.n;
	return a;
}

void tables_ahead_start(struct tables_ahead *a)
{
	if (a->asked)
		return;
	a->asked = true;
	a->started = a->back - a->front >= WORTH_A_THREAD && sysconf(_SC_NPROCESSORS_ONLN) > 1 &&
		     thread_start_apart(&a->thread, make_some, a) == 0;
}

void tables_ahead_reach(struct tables_ahead *a, uint64_t start)
{
	pthread_mutex_lock(&a->lock);
	while (a->front < a->places.n && a->places.v[a->front].start <= start)
		a->front++;
	while (a->making && a->back == a->front)
		pthread_cond_wait(&a->made, &a->lock);
	pthread_mutex_unlock(&a->lock);
}

void tables_ahead_free(struct tables_ahead *a)
{
	pthread_mutex_lock(&a->lock);
	a->front = a->places.n;
	pthread_mutex_unlock(&a->lock);
	if (a->started)
		thread_join(a->thread);
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->made);
	vec_free(&a->places);
	free(a);
}
