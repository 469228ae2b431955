/* same_stacks.c - rows of one kernel stack under several ids; see same_stacks.h. */
#include "run/same_stacks.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "run/kernel_values.h"

/* A stored kernel stack: id 8, most frames 4, mode 1, whether a raw tracepoint took it 1 (lang/type.def). */
enum { LIMIT_AT = 8, MACHINERY_AT = 13 };

static bool holds_stack(const struct type *type)
{
	if (type->kind == TYPE_KSTACK)
		return true;
	if (type->kind != TYPE_TUPLE && type->kind != TYPE_RECORD)
		return false;
	for (uint32_t i = 0; i < type->nfields; i++)
		if (holds_stack(type->fields[i].type))
			return true;
	return false;
}

/* The id that stands for these frames: the first one that was seen with them. */
static uint64_t standing_id(struct same_stacks *same, struct names *names, uint64_t id, uint32_t limit)
{
	struct frames frames = {.limit = limit, .mode = STACK_RAW, .machinery = true};
	struct buf text = {0};
	uint64_t *known;
	void **place;

	names->stack(names->ctx, id, 0, &frames);
	if (frames.limit && frames.list.n > frames.limit)
		frames.list.n = frames.limit;
	vec_each(frame, &frames.list)
		buf_add(&text, &frame->address, sizeof(frame->address));
	if (frames.list.n) {
		place = hmap_at(&same->ids, text.data, text.len);
		if (!*place) {
			known = *place = xmalloc(sizeof(*known));
			*known = id;
		}
		id = *(uint64_t *)*place;
	}
	vec_free(&frames.list);
	buf_free(&text);
	return id;
}

static void rename_stacks(struct same_stacks *same, struct names *names, const struct type *type, uint8_t *key)
{
	uint64_t id;
	uint32_t limit;

	if (type->kind == TYPE_KSTACK) {
		memcpy(&id, key, sizeof(id));
		memcpy(&limit, key + LIMIT_AT, sizeof(limit));
		if (!id || !(key[MACHINERY_AT] & 1))
			return;
		id = standing_id(same, names, id, limit);
		memcpy(key, &id, sizeof(id));
	} else if (type->kind == TYPE_TUPLE || type->kind == TYPE_RECORD) {
		for (uint32_t i = 0; i < type->nfields; i++)
			rename_stacks(same, names, type->fields[i].type, key + type->fields[i].offset);
	}
}

static void forget(struct same_stacks *same)
{
	vec_each(entry, &same->ids.entries)
		free(entry->value);
	hmap_free(&same->ids);
	same->ids = (struct hmap){0};
	vec_free(&same->entries);
	table_free(&same->rows);
}

void same_stacks_join(struct same_stacks *same, struct names *names, struct snapshot *snapshot)
{
	const struct map *map = snapshot->map;
	uint32_t size, padded;
	uint8_t *key;

	if (!map->key || snapshot->n < 2 || !holds_stack(map->key))
		return;
	forget(same);
	size = type_stored_size(map->key);
	padded = (size + 7) & ~7u;
	key = xmalloc(padded);
	table_init(&same->rows, padded, type_stored_size(map->value));
	for (size_t i = 0; i < snapshot->n; i++) {
		memcpy(key, snapshot->entries[i].key, padded);
		rename_stacks(same, names, map->key, key);
		stored_merge(map, table_at(&same->rows, key), snapshot->entries[i].value);
	}
	free(key);
	for (size_t i = 0; i < table_count(&same->rows); i++)
		vec_push(&same->entries, ((struct map_entry){.key = table_key(&same->rows, i),
							     .value = table_value(&same->rows, i)}));
	snapshot->entries = same->entries.v;
	snapshot->n = same->entries.n;
}

void same_stacks_free(struct same_stacks *same)
{
	forget(same);
}
