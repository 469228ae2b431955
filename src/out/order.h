/*
 * order.h - in which order a map's entries are printed, and which of them.
 *
 * Numbers and aggregations ascending by value (a histogram's is how many values it holds),
 * equal ones by key; a tool's map (presentation) by the column it is sorted by;
 * everything else by key. Keys compare as their types do.
 */
#ifndef SONDE_OUT_ORDER_H
#define SONDE_OUT_ORDER_H

#include "run/output.h"

typedef VEC(const struct map_entry *) entry_list;

/* Entries to print, in order: with snapshot->top only the last (largest) `top`. */
void snapshot_order(const struct snapshot *snapshot, entry_list *out);
/* The number that stands for an entry's value; 0 when it is none. */
__int128 map_value_number(const struct type *type, const uint8_t *value);
/* A part of it; of what has no parts, the same. */
__int128 map_value_part(const struct type *type, const uint8_t *value, enum column_part part);
int value_compare(const struct value *a, const struct value *b);

#endif
