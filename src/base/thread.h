/* thread.h - threads that do one thing and leave signals to the thread that began. */
#ifndef SONDE_THREAD_H
#define SONDE_THREAD_H

#include <pthread.h>

/* pthread_create() with every signal blocked; `attr` may be NULL. 0 or -errno. */
int thread_start(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *arg), void *arg);

#endif
