/*
 * table.h - maps as tools show them (struct presentation, lang/script.h): tables of columns,
 * largest first, and histograms in rows of `low -> high : count |***   |`.
 */
#ifndef SONDE_OUT_TABLE_H
#define SONDE_OUT_TABLE_H

#include "out/hist.h"
#include "out/value.h"

/* A heading and a line an entry; nothing when there is no entry. */
void table_print(const struct value_style *style, const struct snapshot *snapshot, struct buf *out);
/* `pid = 12, comm = cat` above a histogram; nothing where the map has no key. */
void table_heading(const struct value_style *style, const struct map *map, const struct map_entry *entry,
		   struct buf *out);
/*
 *      msecs               : count     distribution
 *          0 -> 1          : 238      |*********                               |
 *
 * From zero to the last that is not empty. `rows` are of one bucket a power of two.
 */
void table_histogram(const hist_rows *rows, const char *unit, int64_t divisor, struct buf *out);

#endif
