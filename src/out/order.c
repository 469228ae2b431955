/* order.c - see order.h. */
#include "out/order.h"

#include <stdlib.h>

#include "out/value.h"
#include "run/merge.h"

struct ranked {
	const struct map_entry *entry;
	__int128 rank;
	const struct type *key;
};

static int compare_numbers(const struct value *a, const struct value *b)
{
	int64_t x = value_number(a), y = value_number(b);

	if (a->type->is_signed)
		return (x > y) - (x < y);
	return ((uint64_t)x > (uint64_t)y) - ((uint64_t)x < (uint64_t)y);
}

static int compare_elements(const struct value *a, const struct value *b, uint32_t n)
{
	int order = 0;

	for (uint32_t i = 0; i < n && order == 0; i++) {
		struct value x = value_element(a, i), y = value_element(b, i);

		order = value_compare(&x, &y);
	}
	return order;
}

int value_compare(const struct value *a, const struct value *b)
{
	const struct type *t = a->type;
	int order;

	switch ((enum type_kind)t->kind) {
	case TYPE_BOOL:
	case TYPE_INT:
	case TYPE_ENUM:
	case TYPE_POINTER:
	case TYPE_KSYM:
	case TYPE_USERNAME:
	case TYPE_SYSCALL:
	case TYPE_ERRNO:
	case TYPE_SIGNAL:
		return compare_numbers(a, b);
	case TYPE_TUPLE:
	case TYPE_RECORD:
		return compare_elements(a, b, t->nfields);
	case TYPE_ARRAY:
		return compare_elements(a, b, t->count);
	default:
		/* Strings, buffers and addresses are padded with zeros. */
		order = memcmp(a->data, b->data, MIN_OF(a->size, b->size));
		return order ? order : (a->size > b->size) - (a->size < b->size);
	}
}

__int128 map_value_number(const struct type *type, const uint8_t *value)
{
	struct value v = value_stored(type, value);

	if (type_is_aggregation(type))
		return aggregate_numbers(type, value).value;
	if (type->kind != TYPE_INT && type->kind != TYPE_ENUM)
		return 0;
	return type->is_signed ? (__int128)value_number(&v) : (__int128)(uint64_t)value_number(&v);
}

__int128 map_value_part(const struct type *type, const uint8_t *value, enum column_part part)
{
	struct aggregate_numbers n;

	if (part == COLUMN_VALUE || !type_is_aggregation(type))
		return map_value_number(type, value);
	n = aggregate_numbers(type, value);
	if (part == COLUMN_COUNT)
		return n.count;
	if (part == COLUMN_TOTAL)
		return n.sum;
	return n.count ? n.sum / n.count : 0;
}

static __int128 rank_of(const struct map *map, const uint8_t *value)
{
	const struct presentation *p = map->presentation;

	return map_value_part(map->value, value,
			      p && p->nvalues && p->sort >= 0 ? p->values[p->sort].part : COLUMN_VALUE);
}

static int compare_ranked(const void *a_, const void *b_)
{
	const struct ranked *a = a_, *b = b_;
	struct value x, y;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (!a->key)
		return 0;
	x = value_stored(a->key, a->entry->key);
	y = value_stored(a->key, b->entry->key);
	return value_compare(&x, &y);
}

void snapshot_order(const struct snapshot *snapshot, entry_list *out)
{
	struct ranked *ranked = xcalloc(MAX_OF(snapshot->n, (size_t)1), sizeof(*ranked));
	size_t first = 0;

	for (size_t i = 0; i < snapshot->n; i++)
		ranked[i] = (struct ranked){
			.entry = &snapshot->entries[i],
			.rank = rank_of(snapshot->map, snapshot->entries[i].value),
			.key = snapshot->map->key,
		};
	qsort(ranked, snapshot->n, sizeof(*ranked), compare_ranked);
	if (snapshot->top > 0 && (uint64_t)snapshot->top < snapshot->n)
		first = snapshot->n - snapshot->top;
	for (size_t i = first; i < snapshot->n; i++)
		vec_push(out, ranked[i].entry);
	free(ranked);
}
