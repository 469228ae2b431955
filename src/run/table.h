/*
 * table.h - keys and values of a map in our own memory. A map without keys is a table whose
 * keys have no bytes. Values are 8-aligned and stay where they are until the table is freed.
 */
#ifndef SONDE_RUN_TABLE_H
#define SONDE_RUN_TABLE_H

#include "base/arena.h"
#include "base/hmap.h"

struct table {
	struct hmap index;   /* key -> value */
	struct arena *arena; /* of the values; NULL: none yet */
	uint32_t key_size, value_size;
};

/* Empty; nothing is allocated before the first entry. Freed ones may be used again. */
void table_init(struct table *t, uint32_t key_size, uint32_t value_size);
void table_free(struct table *t);
/* NULL when absent. */
void *table_get(const struct table *t, const void *key);
/* The value, made of zeros when absent. */
void *table_at(struct table *t, const void *key);
static inline size_t table_count(const struct table *t) { return t->index.entries.n; }
static inline const void *table_key(const struct table *t, size_t i) { return t->index.entries.v[i].key; }
static inline void *table_value(const struct table *t, size_t i) { return t->index.entries.v[i].value; }
/* `from` becomes empty, `to` (freed first) has what it had. */
void table_move(struct table *to, struct table *from);
size_t table_bytes(const struct table *t); /* memory held, about */

#endif
