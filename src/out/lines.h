/*
 * lines.h - the lines of a table: a map's entries in order, where the table has several
 * measures (struct column, lang/script.h) those of one key put together.
 *
 *   @m[12, "cat", 0] = 7   \ one line: the key 12, "cat";
 *   @m[12, "cat", 1] = 9   / the measures 7 and 9
 */
#ifndef SONDE_OUT_LINES_H
#define SONDE_OUT_LINES_H

#include "run/output.h"

struct table_line {
	const struct map_entry *entry; /* one of them, for its key */
	const uint8_t *measures[COLUMN_MEASURES]; /* values; NULL: there is none */
	__int128 rank;
};

typedef VEC(struct table_line) table_lines;

/* The map has a presentation. The smallest first; with snapshot->top only the largest `top`. */
void table_lines_make(const struct snapshot *snapshot, table_lines *out);
/* What stands in that column; a percentage is in thousandths. */
__int128 table_line_number(const struct map *map, const struct table_line *line, const struct column *column);
/* How many parts of the map's key are shown, and one of them. */
uint32_t table_key_count(const struct map *map);
struct value table_key_part(const struct map *map, const struct map_entry *entry, uint32_t i);

#endif
