/* base_thread.c - threads that share work out, and memory of each of them. */
#include <sched.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/thread.h"
#include "unit.h"

static void *note_affinity(void *arg)
{
	CHECK(sched_getaffinity(0, sizeof(cpu_set_t), arg) == 0);
	return NULL;
}

/* It begins elsewhere, and may then run wherever the process may; so may threads that it makes. */
static void apart(void)
{
	cpu_set_t before, after, inside;
	pthread_t thread;

	CHECK(sched_getaffinity(0, sizeof(before), &before) == 0);
	CHECK(thread_start_apart(&thread, note_affinity, &inside) == 0);
	thread_join(thread);
	CHECK(CPU_EQUAL(&inside, &before));
	CHECK(sched_getaffinity(0, sizeof(after), &after) == 0);
	CHECK(CPU_EQUAL(&after, &before));
}

enum { WORKERS = 40, PIECES = 20000 };

struct shared {
	size_t next;
	struct arena *arenas[WORKERS];
	char **pieces[WORKERS];
	bool dirty[WORKERS]; /* memory was not zero */
};

/* Allocates as compilations do, small and large, and keeps all of it. */
static void *allocate_some(void *arg)
{
	struct shared *s = arg;

	for (size_t i; (i = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED)) < WORKERS;) {
		struct arena *scratch = arena_new();

		s->pieces[i] = arena_array(s->arenas[i], char *, PIECES / WORKERS);
		for (size_t n = 0; n < PIECES / WORKERS; n++) {
			size_t size = n % 50 ? 1 + n % 200 : 20000;
			char *thrown = arena_alloc(scratch, size);

			s->pieces[i][n] = arena_alloc(s->arenas[i], size);
			for (size_t at = 0; at < size; at++)
				s->dirty[i] |= s->pieces[i][n][at] || thrown[at];
			memset(s->pieces[i][n], (int)i + 1, size);
			memset(thrown, 255, size);
		}
		arena_free(scratch);
	}
	return NULL;
}

/* What one has, no other one gets, though freed memory is used again. */
static void arenas_side_by_side(void)
{
	for (int again = 0; again < 3; again++) {
		struct arena *all = arena_new();
		struct shared s = {0};

		for (size_t i = 0; i < WORKERS; i++)
			s.arenas[i] = arena_below(all);
		threads_run(WORKERS, allocate_some, &s);
		for (size_t i = 0; i < WORKERS; i++) {
			CHECK(!s.dirty[i]);
			for (size_t n = 0; n < PIECES / WORKERS; n++) {
				size_t size = n % 50 ? 1 + n % 200 : 20000;

				CHECK(s.pieces[i][n][0] == (int)i + 1);
				CHECK(s.pieces[i][n][size - 1] == (int)i + 1);
			}
		}
		arena_free(all);
	}
}

int main(void)
{
	apart();
	arenas_side_by_side();
	return unit_result();
}
