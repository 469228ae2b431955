/* heat.c - panels made smaller, bounds as text. See heat.h. */
#include "draw/heat.h"

#include <inttypes.h>
#include <stdlib.h>

void heat_panel_free(struct heat_panel *p)
{
	free(p->title);
	free(p->unit);
	vec_free(&p->bands);
	vec_free(&p->columns);
	vec_free(&p->cells);
}

void heat_free(struct heat *h)
{
	vec_each(p, &h->panels)
		heat_panel_free(p);
	vec_free(&h->panels);
}

/* Adds up `counts`, one column's bands, as cells; clears them. */
static void take_column(struct heat_panel *into, uint32_t column, uint64_t *counts)
{
	for (uint32_t band = 0; band < into->bands.n; band++) {
		if (counts[band])
			vec_push(&into->cells, ((struct heat_cell){column, band, counts[band]}));
		counts[band] = 0;
	}
}

struct heat_panel heat_panel_fit(const struct heat_panel *p, unsigned columns, unsigned bands)
{
	uint32_t across = MAX_OF((p->columns.n + columns - 1) / columns, (size_t)1);
	uint32_t up = MAX_OF((p->bands.n + bands - 1) / bands, (size_t)1), column = 0;
	struct heat_panel made = {.title = xstrdup(p->title), .unit = xstrdup(p->unit), .total = p->total};
	uint64_t *counts;

	for (size_t i = 0; i < p->columns.n; i += across) {
		size_t last = MIN_OF(i + across, p->columns.n) - 1;

		vec_push(&made.columns, ((struct heat_column){p->columns.v[i].from, p->columns.v[last].to}));
	}
	for (size_t i = 0; i < p->bands.n; i += up) {
		const struct heat_band *low = &p->bands.v[i], *high = &p->bands.v[MIN_OF(i + up, p->bands.n) - 1];

		vec_push(&made.bands, ((struct heat_band){low->low, high->high, low->no_low, high->no_high}));
	}
	counts = xcalloc(made.bands.n + 1, sizeof(*counts));
	vec_each(cell, &p->cells) {
		if (cell->column / across != column)
			take_column(&made, column, counts);
		column = cell->column / across;
		counts[cell->band / up] += cell->count;
	}
	take_column(&made, column, counts);
	free(counts);
	return made;
}

/* Three digits. */
static void print_short(double v, const char *unit, struct buf *out)
{
	buf_printf(out, "%.*f %s", v < 10 && v != (int)v ? 2 : v < 100 && v != (int)v ? 1 : 0, v, unit);
}

static bool print_duration(double ns, struct buf *out)
{
	static const struct { const char *unit; double ns; } units[] = {
		{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (ns >= units[i].ns) {
			print_short(ns / units[i].ns, units[i].unit, out);
			return true;
		}
	return false;
}

void heat_bound_print(int64_t bound, const char *unit, struct buf *out)
{
	static const struct { const char *unit; double ns; } times[] = {
		{"nsecs", 1}, {"usecs", 1e3}, {"msecs", 1e6}, {"secs", 1e9}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6},
	};
	unsigned letter = 0;

	for (size_t i = 0; i < ARRAY_SIZE(times); i++)
		if (str_eq(unit, times[i].unit) && bound > 0 && print_duration(bound * times[i].ns, out))
			return;
	for (; bound && bound % 1024 == 0 && letter < 6; letter++)
		bound /= 1024;
	buf_printf(out, "%" PRId64, bound);
	if (letter)
		buf_putc(out, " KMGTPE"[letter]);
}

void heat_band_print(const struct heat_band *band, const char *unit, struct buf *out)
{
	if (band->no_low) {
		buf_puts(out, "below ");
		heat_bound_print(band->high, unit, out);
	} else if (band->no_high) {
		heat_bound_print(band->low, unit, out);
		buf_puts(out, " and more");
	} else {
		heat_bound_print(band->low, unit, out);
		if (band->high - 1 > band->low) {
			buf_puts(out, " to ");
			heat_bound_print(band->high, unit, out);
		}
	}
}
