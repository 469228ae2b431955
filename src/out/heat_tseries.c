/*
 * heat_tseries.c - time series as a heat map: each key's value in an interval is one value of that
 * interval's column. See heat.h.
 */
#include <stdlib.h>

#include "lang/hist.h"
#include "lang/tseries.h"
#include "out/heat.h"

enum { BITS = 2 }; /* four bands for each power of two */

void heat_log_add_points(struct heat_log *log, const struct value_style *style, const struct map *map,
			 const struct map_entry *entry)
{
	struct heat_series *s = heat_log_series(log, style, map, entry);
	tseries_points points = {0};

	tseries_points_make(map->value, entry->value, &points);
	vec_each(p, &points) {
		size_t at = s->points.n;

		if (!p->known)
			continue;
		/* the same interval again, of a print before: as it is now */
		while (at && s->points.v[at - 1].start > p->start)
			at--;
		if (at && s->points.v[at - 1].start == p->start) {
			s->points.v[at - 1] = *p;
			continue;
		}
		vec_push(&s->points, *p);
		for (size_t i = s->points.n - 1; i > at; i--)
			s->points.v[i] = s->points.v[i - 1];
		s->points.v[at] = *p;
	}
	vec_free(&points);
}

static int by_start(const void *a, const void *b)
{
	const struct heat_column *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* Each interval that any key has a value in, once. */
static void make_columns(const struct heat_log *log, const struct map *map, struct heat_panel *p)
{
	uint64_t interval = tseries_interval(map->value);
	size_t kept = 0;

	vec_each(s, &log->series)
		for (size_t i = 0; s->map == map && i < s->points.n; i++)
			vec_push(&p->columns, ((struct heat_column){s->points.v[i].start,
								    s->points.v[i].start + interval}));
	if (p->columns.n)
		qsort(p->columns.v, p->columns.n, sizeof(*p->columns.v), by_start);
	for (size_t i = 0; i < p->columns.n; i++)
		if (!kept || p->columns.v[kept - 1].from != p->columns.v[i].from)
			p->columns.v[kept++] = p->columns.v[i];
	p->columns.n = kept;
}

static void make_bands(const struct heat_log *log, const struct map *map, struct heat_panel *p, uint32_t *first)
{
	uint32_t last = 0;

	*first = UINT32_MAX;
	vec_each(s, &log->series)
		for (size_t i = 0; s->map == map && i < s->points.n; i++) {
			uint32_t bucket = hist_bucket(s->points.v[i].value, BITS);

			*first = MIN_OF(*first, bucket);
			last = MAX_OF(last, bucket);
		}
	for (uint32_t i = *first; i <= last; i++)
		vec_push(&p->bands, ((struct heat_band){hist_low(i, BITS), hist_low(i + 1, BITS), i == 0, false}));
}

static int by_column(const void *a, const void *b)
{
	const struct heat_cell *x = a, *y = b;

	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->band < y->band ? -1 : x->band > y->band;
}

/* Cells of several keys that are one are added up. */
static void make_cells(const struct heat_log *log, const struct map *map, struct heat_panel *p, uint32_t first)
{
	size_t kept = 0;

	vec_each(s, &log->series)
		for (size_t i = 0; s->map == map && i < s->points.n; i++) {
			struct heat_column wanted = {.from = s->points.v[i].start}, *column;

			column = bsearch(&wanted, p->columns.v, p->columns.n, sizeof(wanted), by_start);
			vec_push(&p->cells, ((struct heat_cell){column - p->columns.v,
				 hist_bucket(s->points.v[i].value, BITS) - first, 1}));
		}
	p->total = p->cells.n;
	if (p->cells.n)
		qsort(p->cells.v, p->cells.n, sizeof(*p->cells.v), by_column);
	for (size_t i = 0; i < p->cells.n; i++) {
		if (kept && !by_column(&p->cells.v[kept - 1], &p->cells.v[i]))
			p->cells.v[kept - 1].count++;
		else
			p->cells.v[kept++] = p->cells.v[i];
	}
	p->cells.n = kept;
}

struct heat_panel heat_log_make_points(const struct heat_log *log, const struct map *map)
{
	struct heat_panel p = {.title = xasprintf("@%s", map->name), .unit = xstrdup(map->name)};
	uint32_t first;

	make_columns(log, map, &p);
	make_bands(log, map, &p, &first);
	make_cells(log, map, &p, first);
	return p;
}
