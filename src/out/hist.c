/* hist.c - see hist.h. */
#include "out/hist.h"

#include <stdio.h>
#include <stdlib.h>

#include "lang/hist.h"
#include "run/merge.h"

enum { BAR_COLUMNS = 52 };

static struct hist_row log2_row(uint32_t bucket, unsigned bits)
{
	return (struct hist_row){
		.low = hist_low(bucket, bits),
		.high = bucket + 1 < hist_buckets(bits) ? hist_low(bucket + 1, bits) : INT64_MAX,
		.no_low = bucket == 0,
		.one_unit = bits > 0,
		.after = bucket + 2 < hist_buckets(bits) ? hist_low(bucket + 2, bits) : INT64_MAX,
	};
}

static struct hist_row linear_row(const struct type *type, uint32_t bucket)
{
	uint32_t last = aggregate_buckets(type) - 1;

	if (bucket == 0)
		return (struct hist_row){.high = type->min, .no_low = true};
	if (bucket == last)
		return (struct hist_row){.low = type->max, .no_high = true};
	return (struct hist_row){
		.low = type->min + (int64_t)(bucket - 1) * type->step,
		.high = bucket == last - 1 ? type->max : type->min + (int64_t)bucket * type->step,
	};
}

unsigned hist_shown_bits(const struct map *map)
{
	if (map->value->kind != TYPE_HIST || !map->percentiles)
		return map->value->bits;
	return MIN_OF(map->shown_bits, map->value->bits);
}

void hist_rows_make(const struct type *type, unsigned shown_bits, const void *value, hist_rows *out)
{
	const uint64_t *from = value;
	uint32_t n = aggregate_buckets(type), shown, first = UINT32_MAX, last = 0;
	uint64_t *counts;

	if (type->kind == TYPE_HIST)
		BUG_ON(shown_bits > type->bits);
	shown = type->kind == TYPE_HIST ? hist_buckets(shown_bits) : n;
	counts = xcalloc(shown, sizeof(*counts));
	for (uint32_t i = 0; i < n; i++) {
		uint32_t to = i;

		if (!from[i])
			continue;
		if (type->kind == TYPE_HIST && i > 0)
			to = hist_bucket(hist_low(i, type->bits), shown_bits);
		counts[to] += from[i];
		first = MIN_OF(first, to);
		last = MAX_OF(last, to);
	}
	for (uint32_t i = first; i <= last && first != UINT32_MAX; i++) {
		struct hist_row row = type->kind == TYPE_HIST ? log2_row(i, shown_bits) : linear_row(type, i);

		row.count = counts[i];
		vec_push(out, row);
	}
	free(counts);
}

/* The largest unit that leaves no fraction: how often 1024 divides v. */
static unsigned unit_of(int64_t v)
{
	unsigned unit = 0;

	while (v != 0 && v % 1024 == 0 && unit < 6) {
		v /= 1024;
		unit++;
	}
	return unit;
}

/* 1024 as 1K, 1536 as it is. */
static void print_bound(int64_t v, unsigned unit, struct buf *out)
{
	for (unsigned i = 0; i < unit; i++)
		v /= 1024;
	buf_printf(out, "%lld", (long long)v);
	if (unit)
		buf_putc(out, " KMGTPE"[unit]);
}

static void print_label(const struct hist_row *row, struct buf *out)
{
	unsigned low_unit = unit_of(row->low), high_unit = unit_of(row->high);

	if (row->one_unit) {
		if (row->low != 0)
			low_unit = MIN_OF(low_unit, high_unit);
		high_unit = MIN_OF(high_unit, unit_of(row->after));
	}
	if (!row->no_low && !row->no_high && row->low + 1 == row->high) {
		buf_putc(out, '[');
		print_bound(row->low, low_unit, out);
		buf_putc(out, ']');
		return;
	}
	if (row->no_low) {
		buf_puts(out, "(...");
	} else {
		buf_putc(out, '[');
		print_bound(row->low, low_unit, out);
	}
	buf_puts(out, ", ");
	if (row->no_high)
		buf_puts(out, "...");
	else if (row->high == INT64_MAX) /* 2^63 itself does not fit */
		buf_puts(out, "8E");
	else
		print_bound(row->high, high_unit, out);
	buf_putc(out, ')');
}

void hist_rows_print(const hist_rows *rows, int64_t divisor, struct buf *out)
{
	uint64_t most = 0, by = divisor > 0 ? divisor : 1;

	vec_each(row, rows)
		most = MAX_OF(most, row->count / by);
	vec_each(row, rows) {
		uint64_t count = row->count / by;
		unsigned bar = most ? (unsigned)((unsigned __int128)count * BAR_COLUMNS / most) : 0;
		size_t start = out->len, len;

		print_label(row, out);
		len = out->len - start;
		buf_pad(out, ' ', len < 16 ? 16 - len : 0);
		buf_printf(out, "%8llu |", (unsigned long long)count);
		buf_pad(out, '@', bar);
		buf_pad(out, ' ', BAR_COLUMNS - bar);
		buf_puts(out, "|\n");
	}
}

void hist_bar_print(uint64_t count, uint64_t most, unsigned cells, struct buf *out)
{
	static const char *const parts[] = {
		"", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589",
	};
	enum { EIGHTHS = ARRAY_SIZE(parts) };
	unsigned __int128 eighths = ((unsigned __int128)count * cells * EIGHTHS * 2 + most) / most / 2;
	unsigned full = (unsigned)(eighths / EIGHTHS), rest = (unsigned)(eighths % EIGHTHS);

	for (unsigned i = 0; i < full; i++)
		buf_puts(out, "\u2588");
	buf_puts(out, parts[rest]);
	buf_pad(out, ' ', cells - full - (rest != 0));
}

void hist_rows_print_blocks(const hist_rows *rows, int64_t divisor, unsigned columns, bool colour, struct buf *out)
{
	enum { LABEL = 16, COUNT = 9, SHARE = 8, LEAST = 8 };
	unsigned cells = columns > LABEL + COUNT + SHARE + LEAST ? columns - LABEL - COUNT - SHARE : LEAST;
	uint64_t most = 1, all = 0, by = divisor > 0 ? divisor : 1;

	vec_each(row, rows) {
		most = MAX_OF(most, row->count);
		all += row->count;
	}
	vec_each(row, rows) {
		size_t start = out->len, len;

		print_label(row, out);
		len = out->len - start;
		buf_pad(out, ' ', len < LABEL ? LABEL - len : 0);
		buf_printf(out, "%*llu %s", COUNT - 1, (unsigned long long)(row->count / by), colour ? "\033[34m" : "");
		hist_bar_print(row->count, most, cells, out);
		buf_printf(out, "%s%*.1f %%\n", colour ? "\033[0m" : "", SHARE - 2,
			   all ? 100.0 * row->count / all : 0.0);
	}
}

/* The value at rank `rank` (1 is the smallest) of `total`. */
static void quantile_at(const struct type *type, const uint64_t *counts, uint64_t rank,
			struct hist_range range, struct hist_quantile *out)
{
	uint32_t n = aggregate_buckets(type), i;
	uint64_t before = 0;
	int64_t low, width;

	for (i = 0; i + 1 < n && before + counts[i] < rank; i++)
		before += counts[i];
	if (i == 0) {
		/* Below zero only the minimum is known exactly. */
		out->known = rank == 1;
		out->value = range.min;
		return;
	}
	low = hist_low(i, type->bits);
	width = (i + 1 < n ? hist_low(i + 1, type->bits) : INT64_MAX) - low;
	out->known = true;
	out->value = low;
	if (width > 1 && counts[i])
		out->value += (int64_t)((__int128)width * (2 * (rank - before) - 1) / (2 * (__int128)counts[i]));
	if (range.present)
		out->value = MAX_OF(range.min, MIN_OF(range.max, out->value));
}

bool hist_quantile_next(const char **list, const struct type *type, const void *value,
			struct hist_quantile *out)
{
	const uint64_t *counts = value;
	struct hist_range range = aggregate_range(type, value);
	uint64_t total = 0, rank;
	size_t len = strcspn(*list, ",");
	double percent;

	if (!**list)
		return false;
	*out = (struct hist_quantile){.known = true};
	memcpy(out->name, *list, MIN_OF(len, sizeof(out->name) - 1));
	*list += len + ((*list)[len] == ',');
	if (str_eq(out->name, "min") || str_eq(out->name, "max")) {
		out->known = range.present;
		out->value = out->name[1] == 'i' ? range.min : range.max;
		return true;
	}
	for (uint32_t i = 0; i < aggregate_buckets(type); i++)
		total += counts[i];
	percent = strtod(out->name + 1, NULL);
	percent = MAX_OF(0.0, MIN_OF(percent, 100.0));
	/* The nearest rank: the smallest value that at least this share does not exceed. */
	rank = (uint64_t)(percent / 100 * total);
	if (rank < percent / 100 * total)
		rank++;
	quantile_at(type, counts, MAX_OF(rank, (uint64_t)1), range, out);
	return true;
}

void hist_quantiles_print(const char *list, const struct type *type, const void *value, struct buf *out)
{
	const char *separator = "";
	struct hist_quantile q;

	while (hist_quantile_next(&list, type, value, &q)) {
		buf_printf(out, "%s%s ", separator, q.name);
		if (q.known)
			buf_printf(out, "%lld", (long long)q.value);
		else
			buf_puts(out, "<0");
		separator = ", ";
	}
	buf_printf(out, " (percentiles within %g%%)\n", 100.0 / (1u << type->bits));
}
