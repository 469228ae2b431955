/* read_int.h - between the readers of each format; see read.h. */
#ifndef SONDE_PROF_READ_INT_H
#define SONDE_PROF_READ_INT_H

#include "prof/read.h"

/*
 * Lines of frames come again and again, byte for byte: callers are left and entered at the same
 * addresses. A line that is remembered here is compared, which is all it costs; where it stands
 * follows from its address and length, and the last line that stood there stays.
 */
enum { PROF_KNOWN_LINES = 8192, PROF_KNOWN_LINE = 186 };
struct prof_known_line {
	uint32_t frame;
	uint16_t len; /* 0: none */
	char text[PROF_KNOWN_LINE];
};

struct prof_reader {
	struct profile *p;
	enum prof_format format;
	struct prof_read_options options;
	struct buf carry;       /* the begin of a line whose end has not come, or the whole file */
	bool skipping;          /* in a line longer than PROF_READ_LINE */
	uint64_t line;
	char why[160];
	/* perf: the sample that is being read */
	bool open, wanted;
	struct prof_sample sample;
	VEC(uint32_t) frames;   /* leaf first */
	uint32_t event_wanted;  /* string; 0: not chosen yet */
	uint32_t last_thread;   /* most samples are of the thread of the one before */
	struct prof_known_line *known; /* PROF_KNOWN_LINES of them */
};

void prof_read_perf_begin(struct prof_reader *r);
void prof_read_perf_line(struct prof_reader *r, const char *line, size_t len);
void prof_read_perf_end(struct prof_reader *r);
void prof_read_folded_line(struct prof_reader *r, const char *line, size_t len);
int prof_read_pprof(struct prof_reader *r, const char *data, size_t len);
int prof_read_speedscope(struct prof_reader *r, const char *data, size_t len);
int prof_read_perfdata(struct prof_reader *r, const char *data, size_t len);
/* By default the first event that comes is the one that is shown, as the periods of two do not add up. */
bool prof_read_event_wanted(struct prof_reader *r, uint16_t event);
int prof_read_fail(struct prof_reader *r, int err, const char *fmt, ...) PRINTF_LIKE(3, 4);
static inline void prof_read_bad_line(struct prof_reader *r)
{
	if (!r->p->quality.bad_lines++)
		r->p->quality.first_bad_line = r->line;
}

#endif
