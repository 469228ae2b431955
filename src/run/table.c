/* table.c - see table.h. */
#include "run/table.h"

void table_init(struct table *t, uint32_t key_size, uint32_t value_size)
{
	*t = (struct table){.key_size = key_size, .value_size = value_size};
}

void table_free(struct table *t)
{
	uint32_t key_size = t->key_size, value_size = t->value_size;

	hmap_free(&t->index);
	if (t->arena)
		arena_free(t->arena);
	table_init(t, key_size, value_size);
}

void *table_get(const struct table *t, const void *key)
{
	return table_count(t) ? hmap_get(&t->index, key, t->key_size) : NULL;
}

void *table_at(struct table *t, const void *key)
{
	void **at = hmap_at(&t->index, key, t->key_size);

	if (!t->arena)
		t->arena = arena_new();
	if (!*at)
		*at = arena_alloc(t->arena, t->value_size);
	return *at;
}

void table_move(struct table *to, struct table *from)
{
	table_free(to);
	*to = *from;
	table_init(from, to->key_size, to->value_size);
}

size_t table_bytes(const struct table *t)
{
	return table_count(t) * (t->key_size + t->value_size + sizeof(struct hmap_entry) + 24);
}
