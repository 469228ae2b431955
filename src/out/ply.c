/*
 * ply.c - maps as ply prints them; everything else as text. See output.h.
 *
 *   @ns:
 *   	[ 512,   1k)	       3 |########                        |
 *   	[  1k,   2k)	       7 |###################             |
 *   	...
 *   	[  8k,  16k)	      12 |################################|
 *
 *   @:
 *   { cat            }: 12
 *
 * Bars are as long as the count is in comparison with the largest; what holds nothing between
 * two rows is "...".
 */
#include <stdlib.h>

#include "out/common.h"
#include "out/hist.h"
#include "out/order.h"

enum { CELLS = 32, KEY_WIDTH = 14 };

/* 512 as " 512", 2048 as "  2k" */
static void print_bound(uint64_t n, struct buf *out)
{
	unsigned unit = 0;

	while (n >= 1024 && unit < 6) {
		n /= 1024;
		unit++;
	}
	if (unit)
		buf_printf(out, "%3llu%c", (unsigned long long)n, " kMGTPE"[unit]);
	else
		buf_printf(out, "%4llu", (unsigned long long)n);
}

static void print_bar(uint64_t count, uint64_t most, bool ascii, struct buf *out)
{
	unsigned full = (unsigned)(((unsigned __int128)count * CELLS * 2 + most) / most / 2);

	if (!ascii) {
		hist_bar_print(count, most, CELLS, out);
		return;
	}
	buf_pad(out, '#', full);
	buf_pad(out, ' ', CELLS - full);
}

static void print_row(const struct hist_row *row, uint64_t count, uint64_t most, bool ascii, struct buf *out)
{
	/* the last bucket's bound, 2^63, is no int64_t */
	uint64_t low = (uint64_t)row->low, high = row->high == INT64_MAX ? 1ull << 63 : (uint64_t)row->high;
	bool open = high >= 1024;

	if (row->no_low) {
		buf_puts(out, "\t         < 0");
	} else {
		buf_puts(out, "\t[");
		print_bound(low, out);
		buf_puts(out, ", ");
		print_bound(open ? high : high - 1, out);
		buf_putc(out, open ? ')' : ']');
	}
	buf_printf(out, "\t%8llu |", (unsigned long long)count);
	print_bar(count, most, ascii, out);
	buf_puts(out, "|\n");
}

/* Zero and one are one row there. */
static void join_first(hist_rows *rows)
{
	size_t kept = 0;

	vec_each(row, rows) {
		struct hist_row r = *row;

		if (!r.no_low && (r.low == 0 || r.low == 1)) {
			r.low = 0;
			r.high = 2;
			if (kept && !rows->v[kept - 1].no_low && rows->v[kept - 1].low == 0) {
				rows->v[kept - 1].count += r.count;
				continue;
			}
		}
		rows->v[kept++] = r;
	}
	rows->n = kept;
}

static void print_histogram(const struct output *out, const struct map *map, const uint8_t *value, struct buf *text)
{
	hist_rows rows = {0};
	uint64_t most = 0;
	bool gap = false, any = false;

	hist_rows_make(map->value, 0, value, &rows);
	join_first(&rows);
	vec_each(row, &rows)
		most = MAX_OF(most, row->count);
	vec_each(row, &rows) {
		if (!row->count) {
			gap = any;
			continue;
		}
		if (gap)
			buf_puts(text, "\t...\n");
		gap = false;
		any = true;
		print_row(row, row->count, most, out->ascii, text);
	}
	vec_free(&rows);
}

static void print_entry(const struct output *out, const struct snapshot *snapshot, const struct map_entry *entry,
			struct buf *text)
{
	struct value_style style = output_style(out);
	const struct map *map = snapshot->map;
	bool histogram = map->value->kind == TYPE_HIST;
	size_t from;

	if (map->key) {
		struct value key = value_stored(map->key, entry->key);

		buf_puts(text, "{ ");
		from = text->len;
		value_print_key(&style, &key, text);
		if (text->len - from < KEY_WIDTH)
			buf_pad(text, ' ', KEY_WIDTH - (text->len - from));
		buf_puts(text, histogram ? " }\n" : " }: ");
	}
	if (histogram) {
		print_histogram(out, map, entry->value, text);
		return;
	}
	map_value_print(&style, map, entry->value, snapshot->divisor, text);
	buf_putc(text, '\n');
}

static void map(struct output *out, const struct snapshot *snapshot)
{
	entry_list list = {0};

	snapshot_order(snapshot, &list);
	if (list.n)
		buf_printf(&out->line, "\n@%s:\n", snapshot->map->name);
	vec_each(entry, &list)
		print_entry(out, snapshot, *entry, &out->line);
	output_flush_line(out);
	vec_free(&list);
}

static void attached(struct output *out, size_t probes)
{
	if (out->tell_active)
		fprintf(out->messages, "%zu probe%s active\n", probes, probes == 1 ? "" : "s");
}

static void end(struct output *out)
{
	if (out->tell_active)
		fputs("de-activating probes\n", out->messages);
}

struct output *output_ply_new(FILE *file, FILE *messages, bool ascii, bool tell_active)
{
	static struct output_ops ops;
	struct output *out;

	ops = *text_ops();
	ops.map = map;
	ops.attached = attached;
	ops.end = end;
	out = output_make(&ops, file, messages);
	out->ascii = ascii;
	out->tell_active = tell_active;
	return out;
}
