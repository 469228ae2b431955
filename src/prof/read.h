/*
 * read.h - bytes of a file, in pieces of any size, to samples of a profile.
 *
 *   bytes --prof_reader_feed--> [a line cut by the piece's end is kept] --> line --> profile
 *
 * Text formats are read line by line as they come; pprof, speedscope and perf.data are kept whole
 * (PROF_READ_WHOLE at most) and read at the end. Lines that make no sense are counted in
 * profile->quality with the first one's number; what makes no sense as a whole is an error.
 */
#ifndef SONDE_PROF_READ_H
#define SONDE_PROF_READ_H

#include "prof/format.h"
#include "prof/profile.h"

enum { PROF_READ_LINE = 1 << 20, PROF_READ_WHOLE = 1 << 30 };

enum prof_weight { PROF_WEIGHT_PERIOD, PROF_WEIGHT_SAMPLES };

struct prof_read_options {
	const char *event;       /* only this one; NULL: the first seen, "*": all */
	enum prof_weight weight; /* of perf text: the period printed, or 1 a sample */
	uint16_t source;         /* into the samples: 1 for the second of two that are compared */
};

struct prof_reader;

struct prof_reader *prof_reader_new(struct profile *p, enum prof_format format,
				    const struct prof_read_options *options);
/* 0, or -errno with one line in prof_reader_why: nothing more can be read. */
int prof_reader_feed(struct prof_reader *r, const char *data, size_t len);
int prof_reader_end(struct prof_reader *r);
const char *prof_reader_why(const struct prof_reader *r);
uint64_t prof_reader_line(const struct prof_reader *r); /* where it is, or failed; 0: has no lines */
void prof_reader_free(struct prof_reader *r);

#endif
