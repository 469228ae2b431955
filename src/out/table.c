/* table.c - see table.h. */
#include "out/table.h"

#include <stdlib.h>

#include "out/common.h"
#include "out/conversion.h"
#include "out/lines.h"

enum { BAR = 40, POWERS = 64 };

/* ---- histograms ---- */

struct powers { /* counts by the power of two: [0] 0 and 1, [k] from 2^k on */
	uint64_t counts[POWERS], negative, most;
	unsigned last;
};

static void collect(const hist_rows *rows, uint64_t divisor, struct powers *p)
{
	*p = (struct powers){0};
	vec_each(row, rows) {
		unsigned k;

		if (row->no_low) {
			p->negative += row->count / divisor;
			p->most = MAX_OF(p->most, p->negative);
			continue;
		}
		k = row->low < 2 ? 0 : 63 - __builtin_clzll((uint64_t)row->low);
		p->counts[k] += row->count;
		if (row->count)
			p->last = MAX_OF(p->last, k);
	}
	for (unsigned k = 0; k <= p->last; k++) {
		p->counts[k] /= divisor;
		p->most = MAX_OF(p->most, p->counts[k]);
	}
}

static void print_bar(uint64_t count, uint64_t most, unsigned bar, struct buf *out)
{
	unsigned stars = most ? (unsigned)((unsigned __int128)count * bar / most) : 0;

	buf_printf(out, " : %-8llu |", (unsigned long long)count);
	buf_pad(out, '*', stars);
	buf_pad(out, ' ', bar - stars);
	buf_puts(out, "|\n");
}

void table_histogram(const hist_rows *rows, const char *unit, int64_t divisor, struct buf *out)
{
	struct powers p;
	unsigned digits = 10, bar = BAR;

	if (!rows->n)
		return;
	collect(rows, divisor > 0 ? (uint64_t)divisor : 1, &p);
	if (p.last > 31) { /* bounds of more than ten digits: wider, with shorter bars */
		digits = 20;
		bar = BAR / 2;
	}
	buf_printf(out, digits == 10 ? "     %-19s : count     distribution\n"
				     : "               %-29s : count     distribution\n", unit);
	if (p.negative) {
		buf_printf(out, "%*s -> %-*d", (int)digits, "...", (int)digits, -1);
		print_bar(p.negative, p.most, bar, out);
	}
	for (unsigned k = 0; k <= p.last; k++) {
		buf_printf(out, "%*llu -> %-*llu", (int)digits, k ? 1ull << k : 0ull, (int)digits,
			   k == 62 ? (unsigned long long)INT64_MAX : (2ull << k) - 1);
		print_bar(p.counts[k], p.most, bar, out);
	}
}

/* ---- keys ---- */

void table_heading(const struct value_style *style, const struct map *map, const struct map_entry *entry,
		   struct buf *out)
{
	const struct presentation *p = map->presentation;

	for (uint32_t i = 0; i < table_key_count(map) && i < p->nkeys; i++) {
		struct value v = table_key_part(map, entry, i);

		buf_printf(out, "%s%s = ", i ? ", " : "", p->keys[i].name);
		value_print(style, &v, out);
	}
	if (p->nkeys)
		buf_putc(out, '\n');
}

/* ---- tables ---- */

/* The one conversion of a column. */
static bool column_segment(const struct column *c, struct arena *arena, struct format_segment *out)
{
	struct format format;
	struct format_error error;

	if (!format_parse(arena, (struct text){c->format, strlen(c->format)}, &format, &error) ||
	    format.segments.n != 1)
		return false;
	*out = format.segments.v[0];
	out->divisor = c->divisor;
	return true;
}

/* A title as wide as what stands under it. */
static void print_title(const struct column *c, const struct format_segment *s, struct buf *out)
{
	bool left = s->flags & FORMAT_LEFT;
	size_t len = strlen(c->title), pad = (size_t)s->width > len ? s->width - len : 0;

	buf_pad(out, ' ', left ? 0 : pad);
	buf_puts(out, c->title);
	buf_pad(out, ' ', left ? pad : 0);
	buf_putc(out, ' ');
}

struct table_columns {
	const struct column *columns;
	struct format_segment *segments;
	uint32_t n;
};

static bool prepare(const struct column *columns, uint32_t n, struct arena *arena, struct table_columns *out)
{
	*out = (struct table_columns){columns, arena_array(arena, struct format_segment, n + 1), n};
	for (uint32_t i = 0; i < n; i++)
		if (!column_segment(&columns[i], arena, &out->segments[i]))
			return false;
	return true;
}

static void print_keys(const struct value_style *style, const struct map *map, const struct table_line *line,
		       const struct table_columns *keys, bool last, struct buf *out)
{
	for (uint32_t i = 0; i < keys->n; i++) {
		struct value v;

		if (keys->columns[i].last != last)
			continue;
		v = table_key_part(map, line->entry, i);
		if (keys->columns[i].prefix)
			buf_puts(out, keys->columns[i].prefix);
		conversion_print(style, &keys->segments[i], &v, out);
		buf_putc(out, ' ');
	}
}

static void print_line(const struct value_style *style, const struct map *map, const struct table_line *line,
		       const struct table_columns *keys, const struct table_columns *values, struct buf *out)
{
	static const struct type number = {.kind = TYPE_INT, .size = 8, .is_signed = true};

	print_keys(style, map, line, keys, false, out);
	for (uint32_t i = 0; i < values->n; i++) {
		struct format_segment *s = &values->segments[i];
		int64_t n = (int64_t)table_line_number(map, line, &values->columns[i]);

		if (s->conversion != FORMAT_F)
			n /= (int64_t)MAX_OF(values->columns[i].divisor, (uint64_t)1);
		struct value v = {.type = &number, .data = (const uint8_t *)&n, .size = sizeof(n)};
		conversion_print(style, s, &v, out);
		buf_putc(out, ' ');
	}
	print_keys(style, map, line, keys, true, out);
	while (out->len && out->data[out->len - 1] == ' ')
		out->len--;
	buf_putc(out, '\n');
}

static void print_titles(const struct table_columns *columns, bool last, struct buf *out)
{
	for (uint32_t i = 0; i < columns->n; i++)
		if (columns->columns[i].last == last)
			print_title(&columns->columns[i], &columns->segments[i], out);
}

void table_print(const struct value_style *style, const struct snapshot *snapshot, struct buf *out)
{
	const struct map *map = snapshot->map;
	const struct presentation *p = map->presentation;
	struct arena *arena = arena_new();
	struct table_columns keys, values;
	table_lines lines = {0};

	if (prepare(p->keys, MIN_OF(p->nkeys, table_key_count(map)), arena, &keys) &&
	    prepare(p->values, p->nvalues, arena, &values) && snapshot->n) {
		print_titles(&keys, false, out);
		print_titles(&values, false, out);
		print_titles(&keys, true, out);
		while (out->len && out->data[out->len - 1] == ' ')
			out->len--;
		buf_putc(out, '\n');
		table_lines_make(snapshot, &lines);
		for (size_t i = lines.n; i-- > 0;)
			print_line(style, map, &lines.v[i], &keys, &values, out);
		buf_putc(out, '\n');
		vec_free(&lines);
	}
	arena_free(arena);
}
