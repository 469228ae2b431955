/*
 * mmap_events.h - what every process maps, forks, executes and when it ends, from the kernel.
 *
 * Perf events without samples (a "dummy" software event per CPU) whose ring buffers receive the
 * kernel's side-band records: PERF_RECORD_MMAP2 (executable mappings only), COMM, FORK, EXIT.
 * Needs CAP_PERFMON, or perf_event_paranoid below 1. Costs nothing while no process starts.
 */
#ifndef SONDE_KERN_MMAP_EVENTS_H
#define SONDE_KERN_MMAP_EVENTS_H

#include "base/base.h"

enum mmap_event_kind { MMAP_EVENT_MMAP, MMAP_EVENT_COMM, MMAP_EVENT_FORK, MMAP_EVENT_EXIT };

struct mmap_event {
	enum mmap_event_kind kind;
	uint64_t time;          /* CLOCK_MONOTONIC, ns */
	uint32_t pid, tid;      /* in sonde's pid namespace */
	uint32_t parent;        /* FORK, EXIT: process id of the parent */
	uint64_t addr, len, page_offset, dev, ino; /* MMAP; page_offset in bytes, dev by makedev(3) */
	bool exec;              /* COMM: because of exec */
	const char *name;       /* MMAP: path or "[vdso]", "//anon"; COMM: new name; else "" */
};

struct mmap_events_options {
	uint32_t pid;    /* only this single-threaded task and all that it starts; 0: everything */
	bool prompt;     /* readable as soon as anything has come, not when a ring is a quarter full */
	unsigned pages;  /* of each CPU's ring, a power of two; 0: 64, or 16 with many CPUs */
};

struct mmap_events;

/* `options` may be NULL. 0, or -errno of perf_event_open(2) or mmap(2): nothing is left open. */
int mmap_events_open(struct mmap_events **out, const struct mmap_events_options *options);
void mmap_events_close(struct mmap_events *me); /* NULL is fine */
/* To poll for reading: a ring is a quarter full, or with `prompt` something has come. Read at leisure as well. */
int mmap_events_fd(const struct mmap_events *me);
/*
 * Hands out what has come, oldest first over all CPUs. Records of the last millisecond
 * wait for the next call, as an older one may still be on its way from another CPU, unless
 * `all`. The event is valid during the call of `each`. How many were handed out.
 */
size_t mmap_events_read(struct mmap_events *me, bool all,
			void (*each)(void *arg, const struct mmap_event *event), void *arg);
/* Whether records were held back by the last reading. */
bool mmap_events_waiting(const struct mmap_events *me);
/* Records the kernel could not write because a ring was full, or that made no sense. */
uint64_t mmap_events_lost(const struct mmap_events *me);

#endif
