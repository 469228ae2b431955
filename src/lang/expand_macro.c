/* expand_macro.c - macros: which definition a call means, and its body in place of the call. */
#include "lang/builtin.h"
#include "lang/expand_int.h"

#include <stdlib.h>

static const char *kind_words(const struct node *n)
{
	switch ((enum node_kind)n->kind) {
	case NODE_VAR: return "a variable";
	case NODE_MAP: return n->a ? "an element of a map" : "a map";
	case NODE_TYPE: return "a type";
	default: return "an expression";
	}
}

/* Whether a call could mean both: they differ only where one has a map and the other a variable. */
static bool alike(const struct node *a, const struct node *b)
{
	if (a->list.n != b->list.n)
		return false;
	for (size_t i = 0; i < a->list.n; i++) {
		enum node_kind x = a->list.v[i]->kind, y = b->list.v[i]->kind;

		if (x != y && x != NODE_IDENT && y != NODE_IDENT)
			return false;
	}
	return true;
}

static void check_parameters(struct expander *e, const struct node *macro)
{
	for (size_t i = 0; i < macro->list.n; i++)
		for (size_t j = 0; j < i; j++)
			if (macro->list.v[i]->kind == macro->list.v[j]->kind && macro->list.v[i]->kind != NODE_TYPE &&
			    str_eq(macro->list.v[i]->name, macro->list.v[j]->name))
				expand_complain(e, REDEFINED, macro->list.v[i]->span,
						"%s has two parameters of this name", macro->name);
}

void expand_add_macro(struct expander *e, struct node *macro, bool library)
{
	struct overloads *all = hmap_gets(&e->macros, macro->name);
	struct overload new = {macro, library};

	if (!all) {
		all = arena_new_of(e->arena, struct overloads);
		*all = (struct overloads){0};
		hmap_puts(&e->macros, macro->name, all);
	}
	check_parameters(e, macro);
	vec_each(it, &all->list) {
		if (!alike(it->node, macro))
			continue;
		if (it->library)
			*it = new;
		else if (!library)
			expand_complain(e, REDEFINED, macro->span,
					"macro %s is defined twice for such arguments", macro->name);
		return;
	}
	avec_push(e->arena, &all->list, new);
}

static bool fits_parameter(const struct node *parameter, const struct node *given)
{
	switch ((enum node_kind)parameter->kind) {
	case NODE_VAR: return given->kind == NODE_VAR;
	case NODE_MAP: return given->kind == NODE_MAP && !given->a;
	default: return true;
	}
}

/* The first argument that does not fit; their number when all do. */
static size_t misfit(const struct node *macro, const node_list *given)
{
	size_t i = 0;

	while (i < given->n && fits_parameter(macro->list.v[i], given->v[i]))
		i++;
	return i;
}

static struct node *choose(const struct overloads *all, const node_list *given, struct node **closest,
			   bool *library)
{
	*closest = NULL;
	vec_each(it, &all->list) {
		if (it->node->list.n == given->n) {
			*closest = it->node;
			if (misfit(it->node, given) == given->n) {
				*library = it->library;
				return it->node;
			}
		}
	}
	return NULL;
}

static void complain_arguments(struct expander *e, const struct overloads *all, const struct node *call,
			       const struct node *closest)
{
	size_t at;

	if (!closest) {
		expand_complain(e, MACRO_ARGUMENTS, call->span, "macro %s takes %zu argument%s, not %zu", call->name,
				all->list.v[0].node->list.n, all->list.v[0].node->list.n == 1 ? "" : "s", call->list.n);
		return;
	}
	at = misfit(closest, &call->list);
	expand_complain(e, MACRO_ARGUMENTS, call->list.v[at]->span,
			"macro %s wants %s for %s%s, this is %s", call->name,
			kind_words(closest->list.v[at]), closest->list.v[at]->kind == NODE_VAR ? "$" : "@",
			closest->list.v[at]->name, kind_words(call->list.v[at]));
}

/* A body of one expression is that expression, so that it may stand where a constant is wanted. */
static struct node *result(struct node *body, const struct node *call)
{
	struct node *value = body->a;

	if (body->list.n || !value) {
		body->span = call->span;
		return body;
	}
	value->flags |= NODE_PAREN;
	return value;
}

bool expand_macro(struct expander *e, struct node **slot, unsigned depth)
{
	struct node *call = *slot, *macro, *closest;
	const struct overloads *all = hmap_gets(&e->macros, call->name);
	struct copy copy = {.e = e, .of = COPY_MACRO, .name = call->name, .arguments = &call->list};
	bool library = false;

	if (!all)
		return false;
	macro = choose(all, &call->list, &closest, &library);
	if (library && hmap_gets(&e->functions, call->name))
		return false;
	copy.by_value = !library;
	if (!macro && (call->kind == NODE_IDENT || builtin_function(call->name)))
		return false; /* e.g. a builtin with other arguments */
	if (!macro) {
		complain_arguments(e, all, call, closest);
		*slot = expand_nothing(e, call->span);
		return true;
	}
	copy.parameters = &macro->list;
	copy_init(&copy, macro->a);
	*slot = result(copy_node(&copy, macro->a), call);
	copy_free(&copy);
	expand_body(e, macro->name, call->span, slot, depth);
	return true;
}
