/*
 * heat.h - distributions over time as pictures: time across, the value up, how many as colour.
 *
 *   struct heat --> SVG (static) | HTML (to look around in)
 *
 *   4 ms |    . .        .     a cell: so many values of [1 ms, 2 ms) between one print and the next
 *   2 ms | #######   ######
 *   1 ms |
 *        +----------------- time
 *
 * Colours are by the logarithm of the count, so that a single value is seen beside thousands, and
 * go from light to dark (in the dark the other way round): lightness alone tells them apart.
 */
#ifndef SONDE_DRAW_HEAT_H
#define SONDE_DRAW_HEAT_H

#include "base/buf.h"

struct heat_band { /* low <= value < high */
	int64_t low, high;
	bool no_low, no_high;
};
struct heat_column { uint64_t from, to; }; /* ns since 1970 */
struct heat_cell { uint32_t column, band; uint64_t count; };

struct heat_panel {
	char *title, *unit;              /* unit: "usecs", "us" and the like are times; "": none */
	VEC(struct heat_band) bands;     /* upwards, no gaps */
	VEC(struct heat_column) columns; /* in the order of time */
	VEC(struct heat_cell) cells;     /* in the order of columns, each once, none of zero */
	uint64_t total;                  /* of their counts */
};

struct heat {
	VEC(struct heat_panel) panels;   /* one below the other */
	const char *title, *quality;     /* NULL title: the usual */
	unsigned left_out;               /* panels that were too many */
};

enum { HEAT_LEVELS = 16 }; /* of colour */

void heat_free(struct heat *h);
/* The same with k columns as one where there are more than `most`, and bands likewise; the caller frees it. */
struct heat_panel heat_panel_fit(const struct heat_panel *p, unsigned columns, unsigned bands);
void heat_panel_free(struct heat_panel *p);
/* "1.02 ms", "4K": a bound in its unit. */
void heat_bound_print(int64_t bound, const char *unit, struct buf *out);
/* "512 us to 1.02 ms", "below 0". */
void heat_band_print(const struct heat_band *band, const char *unit, struct buf *out);

void draw_heat_svg(const struct heat *h, struct buf *out);
void draw_heat_html(const struct heat *h, struct buf *out);

#endif
