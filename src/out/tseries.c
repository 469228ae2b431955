/* tseries.c - see tseries.h. */
#include "out/tseries.h"

#include "lang/tseries.h"
#include "out/value.h"

#include <stdlib.h>

enum { WIDTH = 52 }; /* columns between the first place and the last */

struct scale {
	int64_t min, max;
	const char *heading, *format; /* of the times */
};

static struct scale scale_of(const struct type *type, const tseries_points *points)
{
	uint64_t interval = tseries_interval(type);
	struct scale s = {INT64_MAX, INT64_MIN, "hh:mm:ss.ns", "%H:%M:%S.%k"};

	vec_each(p, points)
		if (p->known) {
			s.min = MIN_OF(s.min, p->value);
			s.max = MAX_OF(s.max, p->value);
		}
	if (s.min == s.max) { /* one value stands in the middle */
		s.min -= s.min > INT64_MIN;
		s.max += s.max < INT64_MAX;
	}
	if (points->n < 2)
		return s;
	if (interval % 1000000000 == 0) {
		s.heading = "hh:mm:ss";
		s.format = "%H:%M:%S";
	} else if (interval % 1000000 == 0) {
		s.heading = "hh:mm:ss.ms";
		s.format = "%H:%M:%S.%l";
	} else if (interval % 1000 == 0) {
		s.heading = "hh:mm:ss.us";
		s.format = "%H:%M:%S.%f";
	}
	return s;
}

static unsigned column_of(const struct scale *s, int64_t v)
{
	unsigned __int128 above = (unsigned __int128)((__int128)v - s->min) * WIDTH;

	return (unsigned)(above / (unsigned __int128)((__int128)s->max - s->min));
}

/* The bounds, the least at the left edge, the largest ending at the right one. */
static void print_bounds(const struct scale *s, unsigned indent, struct buf *out)
{
	char low[24], high[24];
	int used = snprintf(low, sizeof(low), "%lld", (long long)s->min);

	snprintf(high, sizeof(high), "%lld", (long long)s->max);
	buf_printf(out, "%*s%s%*s\n", (int)indent, "", low, WIDTH + 1 - used, high);
}

static void print_edge(const char *text, unsigned indent, char edge, struct buf *out)
{
	buf_printf(out, "%-*s%c", (int)indent, text, edge);
	for (unsigned i = 1; i < WIDTH; i++)
		buf_putc(out, '_');
	buf_printf(out, "%c\n", edge);
}

static void print_point(const struct scale *s, const struct tseries_point *p, struct buf *out)
{
	char line[WIDTH + 2];

	memset(line, ' ', WIDTH + 1);
	line[WIDTH + 1] = '\0';
	line[0] = line[WIDTH] = '|';
	if (s->min < 0 && s->max > 0 && p->known)
		line[column_of(s, 0)] = '.';
	if (p->known)
		line[column_of(s, p->value)] = '*';
	time_print(s->format, (int64_t)p->start, out);
	if (p->known)
		buf_printf(out, " %s %lld\n", line, (long long)p->value);
	else
		buf_printf(out, " %s -\n", line);
}

void tseries_print(const struct type *type, const void *value, struct buf *out)
{
	tseries_points points = {0};
	struct buf first = {0};
	struct scale s;
	unsigned indent;

	tseries_points_make(type, value, &points);
	if (points.n) {
		s = scale_of(type, &points);
		time_print(s.format, (int64_t)points.v[0].start, &first);
		indent = first.len + 1;
		print_bounds(&s, indent, out);
		print_edge(s.heading, indent, '|', out);
		vec_each(p, &points)
			print_point(&s, p, out);
		print_edge("", indent, 'v', out);
		print_bounds(&s, indent, out);
	}
	buf_free(&first);
	vec_free(&points);
}

void tseries_json(const struct type *type, const void *value, struct buf *out)
{
	tseries_points points = {0};
	const char *separator = "";

	tseries_points_make(type, value, &points);
	buf_putc(out, '[');
	vec_each(p, &points) {
		if (!p->known)
			continue;
		buf_printf(out, "%s{\"interval_start\": \"", separator);
		time_print("%Y-%m-%d %H:%M:%S.%k", (int64_t)p->start, out);
		buf_printf(out, "\", \"value\": %lld}", (long long)p->value);
		separator = ", ";
	}
	buf_putc(out, ']');
	vec_free(&points);
}
