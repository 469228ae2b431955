/* check_map.c - maps: what they are keyed by, what they hold, who writes them. */
#include "lang/check_int.h"
#include "lang/hist.h"

static struct map *map_named(struct checker *c, const struct node *n)
{
	struct map *map = hmap_gets(&c->maps, n->name);

	if (map)
		return map;
	map = arena_new_of(c->arena, struct map);
	*map = (struct map){.name = n->name, .span = n->span, .number = c->script->maps.n};
	avec_push(c->arena, &c->script->maps, map);
	hmap_puts(&c->maps, n->name, map);
	c->changed = true;
	return map;
}

/* Whether the key is plainly `tid`: such a map may be kept with the thread itself. */
static bool is_tid(const struct node *key)
{
	return key->kind == NODE_IDENT && str_eq(key->name, "tid");
}

void check_map_key(struct checker *c, struct map *map, struct node *key)
{
	const struct type *t = check_value(c, key), *merged;

	if (!check_storable(c, key, t))
		return;
	if (!is_tid(key) && !(map->uses & MAP_OTHER_KEY)) {
		map->uses |= MAP_OTHER_KEY;
		c->changed = true;
	}
	t = check_widen(c, t); /* as it is stored: integers in 64 bits, so that @[pid] and @[1] are the same map */
	merged = map->key ? check_merge(c, map->key, t) : t;
	if (!merged) {
		complain(c, MAP_KEY_MISMATCH, key->span, "@%s is keyed by %s, this is %s", map->name,
			 type_name(c->types, map->key), type_name(c->types, t));
	} else if (merged != map->key) {
		if (!map->key && (map->uses & ~(MAP_OTHER_KEY | MAP_CLEARED | MAP_PRINTED)) && map->value &&
		    !map->decl)
			complain(c, MAP_KEY_MISMATCH, key->span, "@%s is used without a key elsewhere", map->name);
		map->key = merged;
		c->changed = true;
	}
	if (type_stored_size(t) > 16 * 1024)
		complain(c, VALUE_TOO_LARGE, key->span, "a key of %u bytes; 16384 is the most",
			 type_stored_size(t));
}

struct map *check_map(struct checker *c, struct node *n, unsigned uses)
{
	struct map *map = map_named(c, n);

	n->ref.map = map;
	if (n->a)
		check_map_key(c, map, n->a);
	else if (map->key && (uses & (MAP_ASSIGNED | MAP_COUNTED | MAP_AGGREGATED | MAP_READ)))
		complain(c, MAP_KEY_MISMATCH, n->span, "@%s is keyed by %s; a key is missing here", map->name,
			 type_name(c->types, map->key));
	if (uses & ~map->uses) {
		map->uses |= uses;
		c->changed = true;
	}
	n->type = map->value ? map->value : simple(c, TYPE_NONE);
	return map;
}

/* Two aggregations of one kind, not histograms, become one: wider signedness, the same buckets. */
static const struct type *merge_aggregation(struct checker *c, const struct type *a,
					    const struct type *b)
{
	if (a->kind != b->kind)
		return NULL;
	if (a->kind == TYPE_TSERIES && a->min == b->min && a->max == b->max && a->step == b->step)
		return a->is_signed ? a : b;
	if (a->kind == TYPE_LHIST || a->kind == TYPE_TSERIES)
		return a == b ? a : NULL;
	return type_aggregation(c->types, a->kind, a->is_signed || b->is_signed);
}

/* As the script asks for it; finer where percentiles are printed of it. */
static const struct type *kept_hist(struct checker *c, const struct map *map)
{
	unsigned least = map->percentiles ? HIST_PERCENTILE_BITS : 0;

	return type_hist(c->types, MAX_OF((unsigned)map->shown_bits, least), map->percentiles);
}

void check_map_value(struct checker *c, struct map *map, const struct type *t, const struct node *value)
{
	const struct type *was = map->value, *merged;

	if (t->kind == TYPE_HIST && !was)
		map->shown_bits = t->bits;
	if (t->kind == TYPE_HIST && (!was || was->kind == TYPE_HIST))
		merged = t->bits == map->shown_bits ? kept_hist(c, map) : NULL;
	else if (!was)
		merged = type_is_aggregation(t) ? t : check_merge_value(c, NULL, t, value, &map->only_literals);
	else if (type_is_aggregation(was) || type_is_aggregation(t))
		merged = type_is_aggregation(was) && type_is_aggregation(t) ? merge_aggregation(c, was, t) : NULL;
	else
		merged = check_merge_value(c, was, t, value, &map->only_literals);
	if (!merged) {
		if (was->kind == TYPE_HIST)
			was = type_hist(c->types, map->shown_bits, false);
		complain(c, MAP_VALUE_MISMATCH, value->span, "@%s holds %s, this is %s", map->name,
			 type_name(c->types, was), type_name(c->types, t));
	} else if (merged != was) {
		map->value = merged;
		c->changed = true;
	}
}
