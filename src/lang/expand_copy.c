/*
 * expand_copy.c - the body of a macro or function, copied for one call.
 *
 *     macro twice($v, @m, x) { $t = x; @m = $t; $v += $t }      called as twice($a, @b, $t + 1)
 *
 *     { $t#3 = ($t + 1); @b = $t#3; $a += $t#3 }
 *
 * Parameters become the arguments; variables that the body sets get a name that no script can
 * write, new for each call; all else that a body names would be somebody else's and is refused.
 */
#include "lang/expand_int.h"

#include <stdlib.h>

static void add_local(struct copy *c, const char *name)
{
	void **at = hmap_at(&c->locals, name, strlen(name));

	if (!*at)
		*at = arena_printf(c->e->arena, "%s#%u", name, c->serial);
}

static bool is_parameter(const struct copy *c, enum node_kind kind, const char *name)
{
	for (size_t i = 0; c->parameters && i < c->parameters->n; i++)
		if (c->parameters->v[i]->kind == kind && str_eq(c->parameters->v[i]->name, name))
			return true;
	return false;
}

static void find_locals(struct node *n, void *ctx)
{
	struct copy *c = ctx;
	const char *name = NULL;

	if ((n->kind == NODE_LET || n->kind == NODE_FOR) && n->name)
		name = n->name;
	else if (n->kind == NODE_ASSIGN && n->a && n->a->kind == NODE_VAR)
		name = n->a->name;
	if (name && !is_parameter(c, NODE_VAR, name))
		add_local(c, name);
	node_each_child(n, find_locals, c);
}

void copy_init(struct copy *c, const struct node *body)
{
	c->serial = ++c->e->serial;
	if (c->of == COPY_FUNCTION)
		vec_each(it, c->parameters)
			add_local(c, (*it)->name);
	if (c->of != COPY_DEFINE)
		find_locals((struct node *)body, c);
}

void copy_free(struct copy *c)
{
	hmap_free(&c->locals);
}

const char *copy_local(struct copy *c, const char *name)
{
	add_local(c, name);
	return hmap_gets(&c->locals, name);
}

/* The argument for the parameter of that kind and name. */
static const struct node *argument(const struct copy *c, enum node_kind kind, const char *name)
{
	for (size_t i = 0; c->of != COPY_FUNCTION && c->parameters && i < c->parameters->n; i++) {
		const struct node *p = c->parameters->v[i];

		if (p->kind == kind && name && str_eq(p->name, name))
			return c->arguments->v[i];
		/* typeof(T) */
		if (kind == NODE_TYPE && p->kind == NODE_TYPE && p->a && p->a->name && name &&
		    str_eq(p->a->name, name))
			return c->arguments->v[i];
	}
	return NULL;
}

static void rename_variable(struct copy *c, struct node *n)
{
	const struct node *given = argument(c, NODE_VAR, n->name);
	const char *local = hmap_gets(&c->locals, n->name);

	if (c->of == COPY_DEFINE)
		return;
	if (given) {
		n->name = given->name;
	} else if (local) {
		n->name = local;
	} else {
		expand_complain(c->e, UNHYGIENIC, n->span, "$%s is not a parameter of %s, and not set in it",
				n->name, c->name);
		if (c->of == COPY_MACRO)
			diag_hint(c->e->diags, "hand it over: %s(..., $%s)", c->name, n->name);
	}
}

static void rename_map(struct copy *c, struct node *n)
{
	const struct node *given = argument(c, NODE_MAP, n->name);

	if (given) {
		n->name = given->name;
	} else if (c->of == COPY_MACRO) {
		expand_complain(c->e, UNHYGIENIC, n->span, "@%s is not a parameter of %s", n->name, c->name);
		diag_hint(c->e->diags, "hand it over: %s(..., @%s)", c->name, n->name);
	}
}

static bool budget(struct copy *c, struct span span)
{
	struct expander *e = c->e;

	if (++e->nodes <= EXPAND_MAX_NODES)
		return true;
	if (!e->full)
		expand_complain(e, PROGRAM_TOO_LARGE, span, "macros expand to more than %d nodes", EXPAND_MAX_NODES);
	e->full = true;
	return false;
}

/* An argument, in its place: it has been expanded where it was written. */
static struct node *copy_argument(struct copy *c, const struct node *given)
{
	struct copy plain = {.e = c->e, .of = COPY_DEFINE, .span = {0, 0}};
	struct node *n = copy_node(&plain, given);

	n->flags |= NODE_EXPANDED;
	return n;
}

/* A whole map for a parameter that is an expression is its value: { @m }. */
static struct node *as_value(struct copy *c, struct node *given)
{
	struct node *block;

	if (given->kind != NODE_MAP || given->a)
		return given;
	block = node_new(c->e->arena, NODE_BLOCK, given->span);
	block->a = given;
	return block;
}

/* A type that was given for a parameter: T, T *, T[4]. */
static void replace_type(struct copy *c, struct node *n)
{
	const struct node *given = n->op ? NULL : argument(c, NODE_TYPE, n->name);

	if (!given && !n->op) { /* a plain parameter that a type was given for */
		given = argument(c, NODE_IDENT, n->name);
		if (given && given->kind != NODE_TYPE)
			given = NULL;
	}
	if (!given || n->a)
		return;
	n->a = copy_argument(c, given);
	n->name = given->kind == NODE_TYPE ? "" : "typeof";
}

/* A #define knows only words: a parameter's may be that of a member, or a struct's. */
static void replace_word(struct copy *c, struct node *n)
{
	const struct node *given = c->of == COPY_DEFINE && n->name ? argument(c, NODE_IDENT, n->name) : NULL;

	if (given && given->kind == NODE_IDENT)
		n->name = given->name;
}

/* offsetof(struct s, m), where m may stand for a.b. */
static void copy_members(struct copy *c, const struct node *n, struct node *copy)
{
	const struct node *given;
	node_list path = {0}, reversed = {0};

	for (size_t i = 0; i < n->list.n; i++) {
		given = c->of == COPY_DEFINE ? argument(c, NODE_IDENT, n->list.v[i]->name) : NULL;
		if (!given || (given->kind != NODE_IDENT && given->kind != NODE_FIELD)) {
			avec_push(c->e->arena, &path, n->list.v[i]);
			continue;
		}
		for (reversed.n = 0; given; given = given->kind == NODE_FIELD ? given->a : NULL) {
			struct node *word = node_new(c->e->arena, NODE_IDENT, copy->span);

			word->name = given->name;
			avec_push(c->e->arena, &reversed, word);
		}
		while (reversed.n)
			avec_push(c->e->arena, &path, reversed.v[--reversed.n]);
	}
	copy->list = path;
}

struct node *copy_node(struct copy *c, const struct node *n)
{
	const struct node *given = NULL;
	struct node *copy;

	if (!n)
		return NULL;
	if (!budget(c, n->span))
		return expand_nothing(c->e, n->span);
	if (n->kind == NODE_IDENT) {
		given = argument(c, NODE_IDENT, n->name);
		if (!given)
			given = argument(c, NODE_TYPE, n->name);
	}
	if (given)
		return n->kind == NODE_IDENT && c->by_value ? as_value(c, copy_argument(c, given))
							    : copy_argument(c, given);
	copy = arena_copy(c->e->arena, n, sizeof(*n));
	if (c->span.off)
		copy->span = c->span;
	if (n->kind == NODE_VAR || n->kind == NODE_LET || n->kind == NODE_FOR)
		rename_variable(c, copy);
	else if (n->kind == NODE_MAP)
		rename_map(c, copy);
	if (n->kind == NODE_RETURN && c->of == COPY_MACRO)
		expand_complain(c->e, MACRO_RETURN, n->span, "'return' has no place in a macro");
	copy->a = copy_node(c, n->a);
	copy->b = copy_node(c, n->b);
	copy->c = copy_node(c, n->c);
	copy->list.v = arena_copy(c->e->arena, n->list.v, n->list.n * sizeof(*n->list.v));
	copy->list.cap = n->list.n;
	if (n->kind == NODE_OFFSETOF)
		copy_members(c, n, copy);
	for (size_t i = 0; i < n->list.n && n->kind != NODE_OFFSETOF; i++)
		copy->list.v[i] = copy_node(c, n->list.v[i]);
	if (n->kind == NODE_TYPE && n->name)
		replace_type(c, copy);
	if (n->kind == NODE_FIELD || (n->kind == NODE_TYPE && n->op))
		replace_word(c, copy);
	return copy;
}
