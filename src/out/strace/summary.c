/* summary.c - see summary.h. */
#include "out/strace/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "out/hist.h"
#include "out/strace/decode.h"

static enum summary_order order_wanted; /* qsort has no argument for it; one thread prints */

static int compare(const void *a, const void *b)
{
	const struct summary_row *x = a, *y = b;
	uint64_t left = x->s.ns, right = y->s.ns;

	if (order_wanted == ORDER_CALLS) {
		left = x->s.calls;
		right = y->s.calls;
	} else if (order_wanted == ORDER_ERRORS) {
		left = x->s.errors;
		right = y->s.errors;
	} else if (order_wanted == ORDER_NAME) {
		struct buf p = {0}, q = {0};
		int c;

		decode_call_name(x->number, &p);
		decode_call_name(y->number, &q);
		c = strcmp(buf_str(&p), buf_str(&q));
		buf_free(&p);
		buf_free(&q);
		return c;
	}
	if (left != right)
		return left < right ? 1 : -1;
	return x->number < y->number ? -1 : x->number > y->number;
}

uint64_t summary_quantile(const struct strace_summary *s, double q)
{
	double want = q * s->calls;
	uint64_t below = 0;

	for (unsigned b = 0; b < STRACE_BUCKETS; b++) {
		uint64_t low = strace_bucket_low(b), high = strace_bucket_low(b + 1);

		if (s->buckets[b] && below + s->buckets[b] >= want)
			return MIN_OF(s->max, (uint64_t)(low + (high - low) * (want - below) / s->buckets[b]));
		below += s->buckets[b];
	}
	return s->max;
}

static const char line[] = "------ ----------- ----------- --------- --------- ----------------\n";

static void put_row(struct buf *out, double percent, const struct strace_summary *s, const char *name)
{
	char errors[24] = "";

	if (s->errors)
		snprintf(errors, sizeof(errors), "%" PRIu64, s->errors);
	buf_printf(out, "%6.2f %11.6f %11" PRIu64 " %9" PRIu64 " %9s %s\n", percent, s->ns / 1e9,
		   s->calls ? s->ns / s->calls / 1000 : 0, s->calls, errors, name);
}

/* Buckets of a quarter of a power of two, four to a row. */
static void put_histogram(struct buf *out, const struct strace_summary *s)
{
	hist_rows rows = {0};
	unsigned first = STRACE_BUCKETS, last = 0, step = 1 << STRACE_BUCKET_BITS;

	for (unsigned b = 0; b < STRACE_BUCKETS; b++) {
		if (s->buckets[b]) {
			first = MIN_OF(first, b / step);
			last = b / step;
		}
	}
	for (unsigned group = first; first < STRACE_BUCKETS && group <= last; group++) {
		struct hist_row row = {.low = strace_bucket_low(group * step),
				       .high = strace_bucket_low((group + 1) * step)};

		for (unsigned b = group * step; b < (group + 1) * step; b++)
			row.count += s->buckets[b];
		vec_push(&rows, row);
	}
	hist_rows_print(&rows, 0, out);
	vec_free(&rows);
}

static void put_spread(struct buf *out, const struct summary_row *row)
{
	const struct strace_summary *s = &row->s;

	buf_putc(out, '\n');
	decode_call_name(row->number, out);
	buf_printf(out, ", nsecs: p50 %" PRIu64 ", p90 %" PRIu64 ", p99 %" PRIu64 ", p99.9 %" PRIu64 ", max %" PRIu64
		   "\n",
		   summary_quantile(s, 0.5), summary_quantile(s, 0.9), summary_quantile(s, 0.99),
		   summary_quantile(s, 0.999), s->max);
	put_histogram(out, s);
}

void summary_print(struct summary_row *rows, size_t n, enum summary_order order, unsigned histograms, struct buf *out)
{
	struct strace_summary total = {0};
	struct buf name = {0};

	for (size_t i = 0; i < n; i++) {
		total.calls += rows[i].s.calls;
		total.errors += rows[i].s.errors;
		total.ns += rows[i].s.ns;
	}
	order_wanted = order;
	qsort(rows, n, sizeof(*rows), compare);
	buf_puts(out, "% time     seconds  usecs/call     calls    errors syscall\n");
	buf_puts(out, line);
	for (size_t i = 0; i < n; i++) {
		buf_reset(&name);
		decode_call_name(rows[i].number, &name);
		put_row(out, total.ns ? 100.0 * rows[i].s.ns / total.ns : 0, &rows[i].s, buf_str(&name));
	}
	buf_puts(out, line);
	put_row(out, 100, &total, "total");
	order_wanted = ORDER_TIME;
	qsort(rows, n, sizeof(*rows), compare);
	for (size_t i = 0; i < MIN_OF(n, (size_t)histograms); i++)
		put_spread(out, &rows[i]);
	buf_free(&name);
}
