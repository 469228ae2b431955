/*
 * reader.h - the thread that empties the ring buffer into the spool.
 *
 *   ring --drain--> spool            (printf, print, clear ...)
 *               \-> exit, growth     (acted on at once, by whoever waits on notify_fd)
 *
 * While records flow the ring is looked at every 5 ms or sooner, and programs wake nobody. When
 * nothing comes, control.reader_asleep is set, the ring looked at once more, and the thread
 * sleeps until a program wakes it. A program that read the flag just before it was set wakes
 * nobody; a look every half second bounds what that costs.
 */
#ifndef SONDE_RUN_READER_H
#define SONDE_RUN_READER_H

#include <pthread.h>

#include "ir/plan.h"
#include "run/ring.h"
#include "run/spool.h"

struct reader {
	const struct script *script;
	struct control *control;
	struct ring ring;
	struct spool *spool;
	int ring_fd, epoll_fd, stop_fd;
	int notify_fd;          /* eventfd: exit or growth was asked for */
	pthread_t thread;
	bool running;
	/* atomic */
	uint32_t exit_seen;
	int64_t exit_code;      /* of the first exit() */
	uint64_t bad_records;
	uint32_t grow;          /* a map wants to grow */
	uint64_t unwatch;       /* watchpoint probes to end: bit N for the script's Nth, of 64 */
};

/* 0 or -errno. The spool and the maps stay the caller's. */
int reader_open(struct reader *r, const struct plan *plan, struct control *control, int ring_fd,
		struct spool *spool);
void reader_close(struct reader *r); /* a zeroed one is fine */
/* Everything that is in the ring now, by this thread: while the other does not run. */
void reader_drain(struct reader *r);
int reader_start(struct reader *r); /* 0 or -errno */
/* What is in the ring is read, then the thread ends. */
void reader_stop(struct reader *r);
/* A map asked to grow since the last question. */
bool reader_wants_growth(struct reader *r);
/* unwatch() since the last question: an address that a watchpoint of the script is at. False: no more. */
bool reader_unwatch_next(struct reader *r, uint64_t *address);

#endif
