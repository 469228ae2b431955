/* heat.c - see heat.h. */
#include "out/heat.h"

#include <stdlib.h>

#include "out/hist.h"

void heat_log_free(struct heat_log *log)
{
	vec_each(s, &log->series) {
		buf_free(&s->key);
		free(s->title);
		free(s->seen);
		free(s->all);
		vec_free(&s->columns);
		vec_free(&s->cells);
		vec_free(&s->points);
	}
	vec_free(&log->series);
	vec_free(&log->printed);
}

/* "@latency[vda]"; of a tool, which shows no @, "vda". */
static char *title_of(const struct value_style *style, const struct map *map, const struct map_entry *entry)
{
	struct buf text = {0};
	char *title;

	if (!map->presentation || !map->key)
		buf_printf(&text, "%s%s", map->presentation ? "" : "@", map->name);
	if (map->key) {
		struct value key = value_stored(map->key, entry->key);

		buf_puts(&text, map->presentation ? "" : "[");
		value_print_key(style, &key, &text);
		buf_puts(&text, map->presentation ? "" : "]");
	}
	title = xstrdup(buf_str(&text));
	buf_free(&text);
	return title;
}

struct heat_series *heat_log_series(struct heat_log *log, const struct value_style *style, const struct map *map,
				    const struct map_entry *entry)
{
	uint32_t size = map->key ? type_stored_size(map->key) : 0;
	struct heat_series made = {.map = map};

	vec_each(s, &log->series)
		if (s->map == map && (!size || !memcmp(s->key.data, entry->key, size)))
			return s;
	if (size)
		buf_add(&made.key, entry->key, size);
	made.title = title_of(style, map, entry);
	made.all = xcalloc(1, type_stored_size(map->value));
	vec_push(&log->series, made);
	return &vec_last(&log->series);
}

/* What came since the last print. A bucket that has less than then was deleted in between: all of it is new. */
static void subtract_seen(const struct heat_series *s, uint64_t *counts, uint32_t n)
{
	if (!s->seen)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (counts[i] < s->seen[i])
			return;
	for (uint32_t i = 0; i < n; i++)
		counts[i] -= s->seen[i];
}

static void add_entry(struct heat_series *s, const struct map_entry *entry, uint64_t from, uint64_t now)
{
	const struct type *type = s->map->value;
	uint32_t size = type_stored_size(type), n = aggregate_buckets(type);
	uint64_t *counts = xmalloc(size);
	hist_rows rows = {0};

	memcpy(counts, entry->value, size);
	subtract_seen(s, counts, n);
	if (!s->seen)
		s->seen = xmalloc(size);
	memcpy(s->seen, entry->value, size);
	for (uint32_t i = 0; i < n; i++)
		s->all[i] += counts[i];
	vec_push(&s->columns, ((struct heat_column){from, now}));
	hist_rows_make(type, hist_shown_bits(s->map), counts, &rows);
	vec_each(row, &rows)
		if (row->count) {
			vec_push(&s->cells, ((struct heat_count){s->columns.n - 1, row->low, row->no_low, row->count}));
		}
	vec_free(&rows);
	free(counts);
}

/* When the map was printed before, or the run began; `now` takes its place. */
static uint64_t last_print(struct heat_log *log, const struct map *map, uint64_t now)
{
	vec_each(p, &log->printed)
		if (p->map == map) {
			uint64_t last = p->at;

			p->at = now;
			return last;
		}
	vec_push(&log->printed, ((struct heat_print){map, now}));
	return log->began;
}

void heat_log_add(struct heat_log *log, const struct value_style *style, const struct snapshot *snapshot,
		  uint64_t now)
{
	uint64_t from = last_print(log, snapshot->map, now);

	for (size_t i = 0; i < snapshot->n; i++) {
		const struct map_entry *entry = &snapshot->entries[i];

		if (snapshot->map->value->kind == TYPE_TSERIES)
			heat_log_add_points(log, style, snapshot->map, entry);
		else
			add_entry(heat_log_series(log, style, snapshot->map, entry), entry, from, now);
	}
}

void heat_log_add_entry(struct heat_log *log, const struct value_style *style, const struct map *map,
			const struct map_entry *entry, uint64_t now)
{
	struct heat_series *s = heat_log_series(log, style, map, entry);

	if (map->value->kind == TYPE_TSERIES)
		heat_log_add_points(log, style, map, entry);
	else
		add_entry(s, entry, s->columns.n ? vec_last(&s->columns).to : log->began, now);
}

void heat_log_clear(struct heat_log *log, const struct map *map)
{
	vec_each(s, &log->series)
		if (s->map == map) {
			free(s->seen);
			s->seen = NULL;
		}
}

static uint64_t total_of(const struct heat_series *s)
{
	uint64_t total = 0;

	if (s->map->value->kind == TYPE_TSERIES)
		return s->points.n;
	for (uint32_t i = 0; i < aggregate_buckets(s->map->value); i++)
		total += s->all[i];
	return total;
}

static int by_total(const void *a, const void *b)
{
	uint64_t x = total_of(*(const struct heat_series *const *)a);
	uint64_t y = total_of(*(const struct heat_series *const *)b);

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Bands are as long as the series is wide, without gaps; each has its number. */
static uint32_t band_of(const struct heat_panel *p, int64_t low, bool no_low)
{
	uint32_t from = 0, to = p->bands.n;

	if (no_low)
		return 0;
	while (to - from > 1) {
		uint32_t middle = from + (to - from) / 2;

		if (p->bands.v[middle].low <= low)
			from = middle;
		else
			to = middle;
	}
	return from;
}

static struct heat_panel make_panel(const struct heat_series *s)
{
	const struct presentation *shown = s->map->presentation;
	struct heat_panel p = {.title = xstrdup(s->title), .total = total_of(s),
		/* who calls a map @us says what is in it */
		.unit = xstrdup(shown && shown->unit ? shown->unit : s->map->name)};
	hist_rows rows = {0};

	hist_rows_make(s->map->value, hist_shown_bits(s->map), s->all, &rows);
	vec_each(row, &rows)
		vec_push(&p.bands, ((struct heat_band){row->no_low ? INT64_MIN : row->low, row->high, row->no_low,
						       row->no_high}));
	vec_free(&rows);
	vec_each(c, &s->columns)
		vec_push(&p.columns, *c);
	vec_each(c, &s->cells)
		vec_push(&p.cells, ((struct heat_cell){c->column, band_of(&p, c->low, c->no_low), c->count}));
	return p;
}

/* All keys of a TSERIES are one panel: the first of them stands for it. */
static bool is_first(const struct heat_log *log, const struct heat_series *series)
{
	vec_each(s, &log->series)
		if (s == series || (s->map == series->map && s->map->value->kind == TYPE_TSERIES))
			return s == series;
	return true;
}

struct heat heat_log_make(const struct heat_log *log)
{
	const struct heat_series **order = xcalloc(log->series.n + 1, sizeof(*order));
	struct heat made = {0};
	size_t n = 0;

	vec_each(s, &log->series)
		if (is_first(log, s))
			order[n++] = s;
	qsort(order, n, sizeof(*order), by_total);
	for (size_t i = 0; i < n && i < HEAT_PANELS; i++)
		vec_push(&made.panels, order[i]->map->value->kind == TYPE_TSERIES
			 ? heat_log_make_points(log, order[i]->map) : make_panel(order[i]));
	made.left_out = n - made.panels.n;
	free(order);
	return made;
}
