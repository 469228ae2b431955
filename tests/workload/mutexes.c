/*
 * mutexes.c - mutexes taken one behind the other.
 *
 * usage: mutexes [-n TIMES] [-o]
 *
 *     A thread takes first and then second, another afterwards second and then first, each so often;
 *     both take left and then right. -o: all in one order. Nobody ever waits for anybody.
 *
 * Prints the addresses: `first A second B left C right D`.
 */
#include <pthread.h>

#include "workload.h"

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER, second = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t left = PTHREAD_MUTEX_INITIALIZER, right = PTHREAD_MUTEX_INITIALIZER;
static unsigned long times = 10;

__attribute__((noinline)) static void take_both(pthread_mutex_t *a, pthread_mutex_t *b)
{
	pthread_mutex_lock(a);
	pthread_mutex_lock(b);
	pthread_mutex_unlock(a); /* not in the order they were taken */
	pthread_mutex_unlock(b);
}

static void *forwards(void *unused)
{
	for (unsigned long i = 0; i < times; i++) {
		take_both(&first, &second);
		take_both(&left, &right);
	}
	return unused;
}

static void *backwards(void *unused)
{
	for (unsigned long i = 0; i < times; i++) {
		take_both(&second, &first);
		take_both(&left, &right);
	}
	return unused;
}

int main(int argc, char **argv)
{
	void *(*bodies[])(void *) = {forwards, backwards};
	pthread_t thread;
	int option;

	while ((option = getopt(argc, argv, "n:o")) != -1) {
		switch (option) {
		case 'n': times = number(optarg); break;
		case 'o': bodies[1] = forwards; break;
		default: return 2;
		}
	}
	say("first %p second %p left %p right %p\n", (void *)&first, (void *)&second, (void *)&left, (void *)&right);
	for (int i = 0; i < 2; i++)
		if (pthread_create(&thread, NULL, bodies[i], NULL) || pthread_join(thread, NULL))
			fail("no thread");
	return 0;
}
