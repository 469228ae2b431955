/*
 * printer.h - the thread that takes records from the spool and does what they say.
 *
 * Output is flushed whenever the spool is empty, so nothing that was printed waits, and a flood
 * is written in large pieces; with -B line or none stdio does it, with full only when its
 * buffer is full.
 */
#ifndef SONDE_RUN_PRINTER_H
#define SONDE_RUN_PRINTER_H

#include <pthread.h>

#include "run/actions.h"
#include "run/spool.h"

struct printer {
	struct spool *spool;
	struct actor *actor;
	char buffering;      /* 'l', 'n', 'f', 0: as above */
	int notify_fd;       /* told when the output cannot be written */
	uint32_t kernel;     /* for privilege_drop; 0: keep what we have */
	uint32_t failed;     /* atomic: the output is gone */
	pthread_t thread;
	bool running;
};

int printer_start(struct printer *p); /* 0 or -errno */
/* The spool must have been closed: everything in it is printed first. */
void printer_join(struct printer *p);
/* What is in the spool now, by this thread, when none was started. */
void printer_flush(struct printer *p);
/* The same until it is closed. */
void printer_run(struct printer *p);

#endif
