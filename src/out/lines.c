/* lines.c - see lines.h. */
#include "out/lines.h"

#include <stdlib.h>

#include "out/order.h"
#include "out/value.h"
#include "run/merge.h"

static uint32_t parts(const struct map *map)
{
	return !map->key ? 0 : map->key->kind == TYPE_TUPLE ? map->key->nfields : 1;
}

uint32_t table_key_count(const struct map *map)
{
	uint32_t n = parts(map);

	return map->presentation->measured && n ? n - 1 : n;
}

struct value table_key_part(const struct map *map, const struct map_entry *entry, uint32_t i)
{
	struct value key = value_stored(map->key, entry->key);

	return map->key->kind == TYPE_TUPLE ? value_element(&key, i) : key;
}

static int compare_keys(const struct map *map, const struct map_entry *a, const struct map_entry *b)
{
	int order = 0;

	for (uint32_t i = 0; i < table_key_count(map) && order == 0; i++) {
		struct value x = table_key_part(map, a, i), y = table_key_part(map, b, i);

		order = value_compare(&x, &y);
	}
	return order;
}

struct ordering { /* qsort_r's context */
	const struct map *map;
};

static int by_key(const void *a, const void *b, void *ctx)
{
	const struct ordering *o = ctx;

	return compare_keys(o->map, *(const struct map_entry *const *)a, *(const struct map_entry *const *)b);
}

static int by_rank(const void *a_, const void *b_, void *ctx)
{
	const struct table_line *a = a_, *b = b_;
	const struct ordering *o = ctx;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return compare_keys(o->map, a->entry, b->entry);
}

/* ---- values ---- */

static __int128 added(const struct map *map, const struct table_line *line, uint32_t measures, enum column_part part)
{
	__int128 sum = 0;

	for (unsigned i = 0; i < COLUMN_MEASURES; i++)
		if (measures & 1u << i && line->measures[i])
			sum += map_value_part(map->value, line->measures[i], part);
	return sum;
}

__int128 table_line_number(const struct map *map, const struct table_line *line, const struct column *column)
{
	uint32_t of = column->of ? column->of : 1;
	bool average = column->part == COLUMN_AVERAGE && map->value->kind == TYPE_STATS;
	__int128 n = average ? added(map, line, of, COLUMN_TOTAL) : added(map, line, of, column->part), base = 1;

	n -= added(map, line, column->less, column->part);
	n = column->less && n < 0 ? 0 : n;
	if (average)
		base = added(map, line, of, COLUMN_COUNT);
	if (column->base) {
		n *= 100 * 1000;
		base = added(map, line, column->base, column->part);
	}
	return base ? n / base : 0;
}

static __int128 rank_of(const struct map *map, const struct table_line *line)
{
	const struct presentation *p = map->presentation;

	if (p->sort >= 0 && (uint32_t)p->sort < p->nvalues)
		return table_line_number(map, line, &p->values[p->sort]);
	return added(map, line, UINT32_MAX, COLUMN_TOTAL) + added(map, line, UINT32_MAX, COLUMN_COUNT);
}

/* ---- lines ---- */

static uint64_t measure_of(const struct map *map, const struct map_entry *entry)
{
	struct value v;

	if (!map->presentation->measured)
		return 0;
	v = table_key_part(map, entry, parts(map) - 1);
	return (uint64_t)value_number(&v);
}

void table_lines_make(const struct snapshot *snapshot, table_lines *out)
{
	struct ordering o = {.map = snapshot->map};
	const struct map_entry **sorted = xcalloc(MAX_OF(snapshot->n, (size_t)1), sizeof(*sorted));

	for (size_t i = 0; i < snapshot->n; i++)
		sorted[i] = &snapshot->entries[i];
	if (o.map->key)
		qsort_r(sorted, snapshot->n, sizeof(*sorted), by_key, &o);
	for (size_t i = 0; i < snapshot->n; i++) {
		uint64_t measure = measure_of(o.map, sorted[i]);

		if (!out->n || compare_keys(o.map, vec_last(out).entry, sorted[i]))
			vec_push(out, ((struct table_line){.entry = sorted[i]}));
		if (measure < COLUMN_MEASURES)
			vec_last(out).measures[measure] = sorted[i]->value;
	}
	vec_each(line, out)
		line->rank = rank_of(o.map, line);
	if (out->n)
		qsort_r(out->v, out->n, sizeof(*out->v), by_rank, &o);
	if (snapshot->top > 0 && (uint64_t)snapshot->top < out->n) {
		memmove(out->v, out->v + (out->n - snapshot->top), snapshot->top * sizeof(*out->v));
		out->n = snapshot->top;
	}
	free(sorted);
}
