/*
 * check_integer.c - the rules of integers, and types that hold the values of several.
 *
 * Arithmetic is done in 64 bits; a narrow type says what a value fits into, and how wide it is
 * where that shows (sizeof, bswap, ~, %x). The rules:
 *   + * / % & | ^   signed when either side is; a plain literal takes the other side's sign
 *   -  and unary -  signed
 *   << >>           as the left side; a plain literal is unsigned there
 *   ~               an unsigned value keeps its width; a plain literal is unsigned
 *   < <= > >=       compare the numbers, whatever their signs: -1 < (uint64)5
 * Casts cut and extend as in C. Division of signed numbers rounds towards zero.
 */
#include "lang/check_int.h"

const struct type *check_widen(struct checker *c, const struct type *t)
{
	const struct type **elems;
	const char **names;
	bool same = true;

	if (t->kind == TYPE_INT)
		return type_int(c->types, 8, t->is_signed);
	if (t->kind == TYPE_POINTER && t->trusted)
		return type_pointer(c->types, t->elem, t->space, false);
	if (t->kind != TYPE_TUPLE && t->kind != TYPE_RECORD)
		return t;
	elems = arena_array(c->arena, const struct type *, t->nfields);
	names = arena_array(c->arena, const char *, t->nfields);
	for (uint32_t i = 0; i < t->nfields; i++) {
		elems[i] = check_widen(c, t->fields[i].type);
		names[i] = t->fields[i].name;
		same &= elems[i] == t->fields[i].type;
	}
	return same ? t : type_tuple(c->types, elems, t->kind == TYPE_RECORD ? names : NULL, t->nfields);
}

static const struct type *merge_tuples(struct checker *c, const struct type *a, const struct type *b)
{
	const struct type **elems = arena_array(c->arena, const struct type *, a->nfields);
	const char **names = arena_array(c->arena, const char *, a->nfields);

	if (a->nfields != b->nfields)
		return NULL;
	for (uint32_t i = 0; i < a->nfields; i++) {
		names[i] = a->fields[i].name;
		if (names[i] && !str_eq(names[i], b->fields[i].name))
			return NULL;
		elems[i] = check_merge(c, a->fields[i].type, b->fields[i].type);
		if (!elems[i])
			return NULL;
	}
	return type_tuple(c->types, elems, a->kind == TYPE_RECORD ? names : NULL, a->nfields);
}

/* Also the side of a constant condition that will take its place: every pass must see the same. */
bool check_plain_literal(const struct node *n)
{
	int64_t decided;

	if (n->kind == NODE_TERNARY && n->b && n->c && check_constant(n->a, &decided))
		return check_plain_literal(decided ? n->b : n->c);
	return n->kind == NODE_INT && !(n->flags & NODE_UNSIGNED);
}

/* A type that holds the values of both: of different signs, a wider signed one. */
static const struct type *merge_ints(struct checker *c, const struct type *a, const struct type *b)
{
	const struct type *s = a->is_signed ? a : b, *u = a->is_signed ? b : a;

	if (a->is_signed == b->is_signed)
		return type_int(c->types, MAX_OF(a->size, b->size), a->is_signed);
	return type_int(c->types, u->size < s->size ? s->size : 8, true);
}

static bool int_holds(const struct type *t, int64_t n)
{
	int64_t most = (int64_t)(UINT64_MAX >> (65 - 8 * t->size));

	if (t->is_signed)
		return n >= -most - 1 && n <= most;
	return n >= 0 && (t->size == 8 || n <= 2 * most + 1);
}

/*
 * What a variable or map that holds `was` holds when given `value` of type `now`: integers keep
 * their width, and a constant that fits changes nothing. *only_literals: what it was given so
 * far has no sign of its own ($x = 0, and later an address).
 */
const struct type *check_merge_value(struct checker *c, const struct type *was, const struct type *now,
				     const struct node *value, bool *only_literals)
{
	bool only = *only_literals || !was;
	int64_t n;

	*only_literals = only && check_plain_literal(value) && now->kind == TYPE_INT;
	if (only && was && now->kind == TYPE_INT && now->size == 8 && !now->is_signed)
		return now;
	if (now->kind != TYPE_INT)
		return was ? check_merge(c, was, check_widen(c, now)) : check_widen(c, now);
	if (was && was->kind == TYPE_INT && check_constant(value, &n) && int_holds(was, n))
		return was;
	return was ? check_merge(c, was, now) : now;
}

const struct type *check_merge(struct checker *c, const struct type *was, const struct type *now)
{
	if (was == now || now->kind == TYPE_NONE)
		return was;
	if (was->kind == TYPE_NONE)
		return now;
	if (type_is_int(was) && type_is_int(now)) {
		if (was->kind == now->kind && was->kind != TYPE_INT)
			return was;
		return merge_ints(c, was, now);
	}
	if (was->kind != now->kind) {
		/* an address may be kept where a number is, and 0 where an address is */
		if (was->kind == TYPE_POINTER && type_is_int(now))
			return was;
		if (now->kind == TYPE_POINTER && type_is_int(was))
			return was;
		return NULL;
	}
	switch ((enum type_kind)was->kind) {
	case TYPE_STRING:
		return type_string(c->types, MAX_OF(was->size, now->size));
	case TYPE_BUFFER:
		return type_buffer(c->types, MAX_OF(was->size, now->size) - 4);
	case TYPE_POINTER:
		if (was->elem == now->elem)
			return type_pointer(c->types, was->elem, was->space, false);
		return type_pointer(c->types, simple(c, TYPE_VOID), was->space, false);
	case TYPE_TUPLE:
	case TYPE_RECORD:
		return merge_tuples(c, was, now);
	case TYPE_ARRAY:
		return was->elem == now->elem && was->count == now->count ? was : NULL;
	case TYPE_STRUCT:
		return NULL;
	default:
		return was;
	}
}

/* Whether arithmetic on these is signed. */
bool check_result_signed(const struct node *a, const struct node *b)
{
	if (a->type->is_signed != b->type->is_signed && (check_plain_literal(a) || check_plain_literal(b)))
		return check_plain_literal(a) ? b->type->is_signed && b->type->size == 8
					: a->type->is_signed && a->type->size == 8;
	return a->type->is_signed || b->type->is_signed;
}
