/*
 * timeline.h - samples in the order of time, a lane for each thread or CPU (a flame chart).
 *
 *   worker-41/42      time -->
 *   |main------------------------|      |main----|
 *   |parse----|compute-----------|      |compute-|
 *
 * A sample stands for the time until the next one of its lane, but for not much longer than samples
 * are apart where they come one after the other: where a thread did not run there is a gap.
 */
#ifndef SONDE_DRAW_TIMELINE_H
#define SONDE_DRAW_TIMELINE_H

#include "draw/picture.h"

enum timeline_by { TIMELINE_THREAD, TIMELINE_CPU };

struct lane {
	uint32_t id;      /* thread, or CPU */
	size_t first, n;  /* in lanes.samples */
};

struct lanes {
	VEC(struct lane) list; /* those with samples; threads by name, CPUs by number */
	uint32_t *samples;     /* lane by lane, each in the order of time */
	uint64_t period;       /* ns that a sample stands for at most */
};

/* Of samples with times; without threads, or CPUs, there is no lane. */
struct lanes lanes_make(const struct profile *p, enum timeline_by by);
void lanes_free(struct lanes *l);
/* "worker-41/42", "CPU 3". */
void lane_print(const struct profile *p, enum timeline_by by, uint32_t id, struct buf *out);

/* `t` with by_sample. Lanes past the first 64 are left out, and that is said. */
void draw_timeline_svg(const struct tree *t, const struct picture_options *o, enum timeline_by by, struct buf *out,
		       const struct prof_sink *sink);

#endif
