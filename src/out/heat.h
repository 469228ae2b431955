/*
 * heat.h - histograms that a script prints again and again, kept as distributions over time
 * (draw/heat.h): what came between one print and the next is one column.
 *
 * Of a TSERIES the columns are its own intervals, and each key's value is one value of a column.
 *
 *   print(@[disk]) at 10:00:01, 10:00:02, ...  -->  a panel for each disk, a column for each second
 */
#ifndef SONDE_OUT_HEAT_H
#define SONDE_OUT_HEAT_H

#include "draw/heat.h"
#include "out/value.h"
#include "run/merge.h"

struct heat_count { /* a cell, its band told by the lower bound */
	uint32_t column;
	int64_t low;
	bool no_low;
	uint64_t count;
};

struct heat_print { const struct map *map; uint64_t at; }; /* ns since 1970 */

struct heat_series { /* one map, one key */
	const struct map *map;
	struct buf key;
	char *title;
	uint64_t *seen;    /* as printed last, since the map was cleared; NULL: not yet */
	uint64_t *all;     /* of all columns */
	VEC(struct heat_column) columns;
	VEC(struct heat_count) cells;
	tseries_points points; /* of a TSERIES, in the order of time; instead of all that is above but the key */
};

struct heat_log {
	VEC(struct heat_series) series;
	VEC(struct heat_print) printed; /* each map's last */
	uint64_t began; /* ns since 1970 */
};

void heat_log_free(struct heat_log *log);
/* A print of a HIST, LHIST or TSERIES at `now` (ns since 1970); the caller looks at the type. */
void heat_log_add(struct heat_log *log, const struct value_style *style, const struct snapshot *snapshot,
		  uint64_t now);
/* The same of print(@m[key]), which says nothing of other keys. */
void heat_log_add_entry(struct heat_log *log, const struct value_style *style, const struct map *map,
			const struct map_entry *entry, uint64_t now);
/* clear(), zero(): the next print begins at nothing. */
void heat_log_clear(struct heat_log *log, const struct map *map);
/* The series with the most values first, at most HEAT_PANELS of them; the caller frees it. */
struct heat heat_log_make(const struct heat_log *log);

/* heat_tseries.c */
struct heat_series *heat_log_series(struct heat_log *log, const struct value_style *style, const struct map *map,
				    const struct map_entry *entry);
void heat_log_add_points(struct heat_log *log, const struct value_style *style, const struct map *map,
			 const struct map_entry *entry);
struct heat_panel heat_log_make_points(const struct heat_log *log, const struct map *map);

enum { HEAT_PANELS = 16 };

#endif
