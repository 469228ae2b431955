/*
 * write.h - profiles as files of other programs. All append to `out` and cannot fail; text that
 * gets long is handed to `flush` in between (may be NULL), which empties the buffer.
 */
#ifndef SONDE_PROF_WRITE_H
#define SONDE_PROF_WRITE_H

#include "prof/tree.h"

struct prof_sink { void (*flush)(void *ctx, struct buf *out); void *ctx; };

static inline void prof_sink_flush(const struct prof_sink *sink, struct buf *out)
{
	enum { ENOUGH = 1 << 18 };

	if (sink && sink->flush && out->len > ENOUGH)
		sink->flush(sink->ctx, out);
}

/* "root;...;leaf COUNT" (compared: BEFORE AFTER), in the order of the lines' bytes. */
void write_folded(const struct tree *t, struct buf *out, const struct prof_sink *sink);
/*
 * Of a stack that has just been appended, from `from` on: a name that ends in a blank and a number would be
 * read as one more count, and gets '_' for that blank.
 */
void folded_guard_end(struct buf *out, size_t from);
/* The text of `perf script`: what reads that reads this (frames have no addresses: 0). */
void write_perf(const struct profile *p, struct buf *out, const struct prof_sink *sink);
/* speedscope's file format 0.0.1, one sampled profile, samples in the order of time. */
void write_speedscope(const struct profile *p, const char *name, struct buf *out, const struct prof_sink *sink);
/* pprof's profile.proto, not compressed. */
void write_pprof(const struct profile *p, struct buf *out);
/* {"name":...,"value":...,"self":...,"children":[...]} and the quality. */
void write_tree_json(const struct tree *t, struct buf *out, const struct prof_sink *sink);
/* A JSON string with its quotes; bytes that are no UTF-8 become U+FFFD. */
void write_json_string(const char *s, struct buf *out);
/* samples, lost, cut, unknown, ...: one line for people, no newline. */
void write_quality(const struct profile *p, struct buf *out);
/* "samples", or what the weights are. */
const char *profile_unit(const struct profile *p);

#endif
