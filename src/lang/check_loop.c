/*
 * check_loop.c - while, for over maps and ranges, break and continue.
 *
 *   for $kv : @map { ... }   $kv is (key, value); an aggregation's value as it is read
 *   for $i : a..b { ... }    $i from a to b - 1
 */
#include "lang/check_int.h"

/* The variable of a for: its own scope around the body, its type what the loop gives. */
static void check_for_body(struct checker *c, struct node *n, const struct type *t)
{
	struct scope scope = {.parent = c->scope};
	struct variable *v;

	c->scope = &scope;
	v = check_declare(c, n);
	if (v->type != t) {
		v->type = t;
		c->changed = true;
	}
	c->loops++;
	check_block(c, n->b);
	c->loops--;
	c->scope = scope.parent;
}

/* What a program gets when it reads the map's value. */
static const struct type *read_type(struct checker *c, const struct node *n, const struct map *map)
{
	const struct type *t = map->value;

	if (!t || !type_is_aggregation(t))
		return t;
	if (type_is_series(t)) {
		complain(c, TYPE_MISMATCH, n->span, "@%s holds %s, which a program cannot read", map->name,
			 type_name(c->types, t));
		advise(c, "print(@%s) shows all of it", map->name);
		return NULL;
	}
	return type_int(c->types, 8, t->kind != TYPE_COUNT && t->is_signed);
}

static void check_for_map(struct checker *c, struct node *n)
{
	const struct type *elems[2], *value;
	struct map *map = check_map(c, n->a, MAP_OTHER_KEY);

	if (!(map->uses & MAP_READ)) { /* by the loop; no key is missing */
		map->uses |= MAP_READ;
		c->changed = true;
	}
	value = read_type(c, n->a, map);
	if (!map->value && map->uses & (MAP_ASSIGNED | MAP_COUNTED | MAP_AGGREGATED)) /* by itself only */
		complain(c, UNKNOWN_MAP, n->a->span, "@%s holds nothing whose type is known", map->name);
	else if (map->value && !map->key)
		complain(c, MAP_KEY_MISMATCH, n->a->span, "@%s has no keys to go over", map->name);
	elems[0] = map->key;
	elems[1] = value;
	check_for_body(c, n, map->key && value ? type_tuple(c->types, elems, NULL, 2) : simple(c, TYPE_NONE));
}

static void check_for_range(struct checker *c, struct node *n)
{
	struct node *bounds[] = {n->a->a, n->a->b};

	for (unsigned i = 0; i < 2; i++) {
		const struct type *t = check_value(c, bounds[i]);

		if (t->kind != TYPE_NONE && !type_is_int(t))
			complain(c, TYPE_MISMATCH, bounds[i]->span, "a range goes from number to number, this is %s",
				 type_name(c->types, t));
	}
	check_for_body(c, n, type_int(c->types, 8, true));
}

void check_for(struct checker *c, struct node *n)
{
	if (n->a->kind == NODE_MAP && !n->a->a) {
		check_for_map(c, n);
	} else if (n->a->kind == NODE_RANGE) {
		check_for_range(c, n);
	} else {
		check_value(c, n->a);
		complain(c, TYPE_MISMATCH, n->a->span, "'for' goes over a map or a range");
		advise(c, "for $kv : @map { ... } or for $i : 0..10 { ... }");
	}
}

void check_while(struct checker *c, struct node *n)
{
	check_condition(c, n->a);
	c->loops++;
	check_block(c, n->b);
	c->loops--;
}

void check_jump(struct checker *c, const struct node *n)
{
	if (!c->loops)
		complain(c, MISPLACED_JUMP, n->span, "'%s' outside of a loop",
			 n->kind == NODE_BREAK ? "break" : "continue");
}
