/* read.c - pieces to lines, lines to the reader of the format. See read.h. */
#include "prof/read_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct prof_reader *prof_reader_new(struct profile *p, enum prof_format format,
				    const struct prof_read_options *options)
{
	struct prof_reader *r = xcalloc(1, sizeof(*r));

	BUG_ON(!prof_formats[format].reads);
	r->p = p;
	r->format = format;
	if (options)
		r->options = *options;
	if (format == PROF_PERF)
		prof_read_perf_begin(r);
	return r;
}

int prof_read_fail(struct prof_reader *r, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	return err;
}

bool prof_read_event_wanted(struct prof_reader *r, uint16_t event)
{
	const char *wanted = r->options.event;
	uint32_t name = r->p->events.v[event];

	if (wanted)
		return str_eq(wanted, "*") || str_eq(wanted, prof_text(r->p, name));
	if (!r->event_wanted)
		r->event_wanted = name;
	return r->event_wanted == name;
}

static inline void take_line(struct prof_reader *r, const char *line, size_t len)
{
	r->line++;
	if (len && line[len - 1] == '\r')
		len--;
	if (r->format == PROF_PERF)
		prof_read_perf_line(r, line, len);
	else
		prof_read_folded_line(r, line, len);
}

static void take_carried(struct prof_reader *r)
{
	if (r->skipping) {
		r->line++;
		prof_read_bad_line(r);
	} else {
		take_line(r, buf_str(&r->carry), r->carry.len);
	}
	r->skipping = false;
	buf_reset(&r->carry);
}

static void carry(struct prof_reader *r, const char *data, size_t len)
{
	if (!r->skipping)
		buf_add(&r->carry, data, len);
	if (r->carry.len > PROF_READ_LINE) {
		r->skipping = true;
		buf_reset(&r->carry);
	}
}

static void feed_lines(struct prof_reader *r, const char *data, size_t len)
{
	const char *end = data + len, *stop;

	if (r->carry.len || r->skipping) {
		stop = memchr(data, '\n', len);
		carry(r, data, (stop ? stop : end) - data);
		if (!stop)
			return;
		take_carried(r);
		data = stop + 1;
	}
	while (data < end && (stop = memchr(data, '\n', end - data))) {
		take_line(r, data, stop - data);
		data = stop + 1;
	}
	if (data < end)
		carry(r, data, end - data);
}

int prof_reader_feed(struct prof_reader *r, const char *data, size_t len)
{
	if (r->format != PROF_PERF && r->format != PROF_FOLDED) {
		if (len > PROF_READ_WHOLE - r->carry.len)
			return prof_read_fail(r, -EFBIG, "larger than %d MB", PROF_READ_WHOLE >> 20);
		buf_add(&r->carry, data, len);
		return 0;
	}
	feed_lines(r, data, len);
	if (r->p->full)
		return prof_read_fail(r, -EFBIG, "too many different names, stacks or samples");
	return 0;
}

int prof_reader_end(struct prof_reader *r)
{
	struct profile *p = r->p;

	if (r->format == PROF_PPROF)
		return prof_read_pprof(r, buf_str(&r->carry), r->carry.len);
	if (r->format == PROF_SPEEDSCOPE)
		return prof_read_speedscope(r, buf_str(&r->carry), r->carry.len);
	if (r->format == PROF_PERFDATA)
		return prof_read_perfdata(r, buf_str(&r->carry), r->carry.len);
	if (r->carry.len || r->skipping)
		take_carried(r);
	if (r->format == PROF_PERF)
		prof_read_perf_end(r);
	if (!p->samples.n && p->quality.bad_lines) {
		r->line = p->quality.first_bad_line;
		return prof_read_fail(r, -EINVAL, "no sample in it, and this line makes no sense as %s",
				      r->format == PROF_PERF ? "text of `perf script`" : "a folded stack");
	}
	return 0;
}

const char *prof_reader_why(const struct prof_reader *r)
{
	return r->why;
}

uint64_t prof_reader_line(const struct prof_reader *r)
{
	return r->line;
}

void prof_reader_free(struct prof_reader *r)
{
	if (!r)
		return;
	buf_free(&r->carry);
	vec_free(&r->frames);
	free(r->known);
	free(r);
}
