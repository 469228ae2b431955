/* thread.h - threads that do one thing and leave signals to the thread that began. */
#ifndef SONDE_THREAD_H
#define SONDE_THREAD_H

#include <pthread.h>
#include <stddef.h>
#include <time.h>

/* pthread_create() with every signal blocked; `attr` may be NULL. 0 or -errno. */
int thread_start(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *arg), void *arg);

/*
 * For work that is done while this thread goes on with other work: it begins on another processor, where there
 * is one. Schedulers that keep few virtual processors busy leave a new thread behind the one that made it for
 * milliseconds. Once it runs, it may run wherever this one may. To be joined by thread_join().
 */
int thread_start_apart(pthread_t *thread, void *(*run)(void *arg), void *arg);
/* Waits for it; from then on it may begin here, too, should the others never have had time for it. */
void thread_join(pthread_t thread);

/*
 * run(arg) on this thread and at once on as many others as make `wanted`, the machine's processors or
 * THREADS_MOST of them, whichever is least; back when all have returned. Others that cannot be had are
 * done without: run() takes its work from what `arg` shares.
 */
enum { THREADS_MOST = 4 };
void threads_run(size_t wanted, void *(*run)(void *arg), void *arg);

/*
 * For threads that do little but must do it soon, lest events are lost: the calling thread is
 * scheduled before ordinary ones, where that is permitted.
 */
void thread_hurry(void);
/* For a part of a thread's life, and for the threads that it makes meanwhile: gives what thread_calm() takes. */
int thread_hurry_now(void);
void thread_calm(int before);

/* On CLOCK_MONOTONIC, so many ms from now: until when to wait. */
struct timespec monotonic_in_ms(unsigned ms);

#endif
