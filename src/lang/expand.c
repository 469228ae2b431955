/*
 * expand.c - the walk that replaces names by what they stand for; see expand.h.
 *
 * Arguments are expanded where they are written, before they are put into a body; a body is
 * expanded after its copy was made. So what is inside an argument never counts as a call of the
 * macro it is handed to, and a macro that calls itself is found by its name in the chain.
 */
#include "lang/builtin.h"
#include "lang/expand_int.h"

#include <stdlib.h>

struct node *expand_nothing(struct expander *e, struct span span)
{
	struct node *n = node_new(e->arena, NODE_INT, span);

	n->flags |= NODE_EXPANDED;
	return n;
}

static bool in_chain(const struct expander *e, const char *name)
{
	for (unsigned i = 0; i < e->nesting; i++)
		if (str_eq(e->chain[i], name))
			return true;
	return false;
}

static void complain_recursion(struct expander *e, const char *name, struct span call)
{
	struct buf chain = {0};

	for (unsigned i = 0; i < e->nesting; i++)
		buf_printf(&chain, "%s > ", e->chain[i]);
	expand_complain(e, RECURSIVE, call, "%s calls itself: %s%s", name, buf_str(&chain), name);
	buf_free(&chain);
}

bool expand_body(struct expander *e, const char *name, struct span call, struct node **slot, unsigned depth)
{
	struct node *deep = node_find_too_deep(*slot, AST_MAX_DEPTH - MIN_OF(depth, (unsigned)AST_MAX_DEPTH));

	if (in_chain(e, name)) {
		complain_recursion(e, name, call);
		*slot = expand_nothing(e, call);
		return false;
	}
	if (deep || e->nesting == EXPAND_MAX_NESTING) {
		expand_complain(e, TOO_DEEP, call, "%s is nested too deep in macros", name);
		*slot = expand_nothing(e, call);
		return false;
	}
	e->chain[e->nesting++] = name;
	expand_slot(e, slot, depth);
	e->nesting--;
	return true;
}

/* ---- #define ---- */

static void replace_define(struct expander *e, struct node **slot, const struct define *define, unsigned depth)
{
	struct node *use = *slot, *d = define->node;
	struct copy copy = {.e = e, .of = COPY_DEFINE, .name = d->name, .span = use->span,
			    .parameters = d->flags & NODE_CALLED ? &d->list : NULL, .arguments = &use->list};

	if (!d->a) {
		expand_complain(e, SYNTAX, use->span, "'%s' stands for '%.*s', which is no expression", d->name,
				(int)MIN_OF(d->text.len, 60u), d->text.data);
		*slot = expand_nothing(e, use->span);
		return;
	}
	if (copy.parameters && use->list.n != d->list.n) {
		expand_complain(e, MACRO_ARGUMENTS, use->span, "%s takes %zu argument%s, not %zu", d->name, d->list.n,
				d->list.n == 1 ? "" : "s", use->list.n);
		*slot = expand_nothing(e, use->span);
		return;
	}
	copy_init(&copy, d->a);
	*slot = copy_node(&copy, d->a);
	copy_free(&copy);
	(*slot)->flags |= NODE_PAREN;
	expand_body(e, d->name, use->span, slot, depth);
}

/* The definition that is in force where the name is used: the last one before it, if any is. */
static const struct define *find_define(const struct expander *e, const struct node *use)
{
	const struct define *d = hmap_gets(&e->defines, use->name), *later = NULL;

	for (; d; d = d->older) {
		if (d->node->num && use->span.off >= d->node->num)
			continue;
		if (d->node->span.off <= use->span.off)
			return d;
		later = d; /* of another file, perhaps */
	}
	return later;
}

/* As in C, a name inside its own replacement stands for itself. */
static bool expand_define(struct expander *e, struct node **slot, unsigned depth)
{
	const struct node *n = *slot;
	const struct define *define = find_define(e, n);

	if (!define)
		define = expand_header_macro(e, n->name);
	if (!define || in_chain(e, n->name))
		return false;
	if ((n->kind == NODE_CALL) != !!(define->node->flags & NODE_CALLED))
		return false;
	if (define->header && (builtin_variable(n->name) || builtin_function(n->name)))
		return false;
	replace_define(e, slot, define, depth);
	return true;
}

/* ---- the walk ---- */

struct walk {
	struct expander *e;
	unsigned depth;
};

static void expand_child(struct node **slot, void *ctx)
{
	const struct walk *walk = ctx;

	expand_slot(walk->e, slot, walk->depth);
}

/* Names that are no values: fields, settings, keywords of a declaration. */
static bool has_plain_names(const struct node *n)
{
	return n->kind == NODE_OFFSETOF || n->kind == NODE_CONFIG || n->kind == NODE_MAP_DECL ||
	       n->kind == NODE_ATTACH_POINT;
}

void expand_slot(struct expander *e, struct node **slot, unsigned depth)
{
	struct node *n = *slot;
	struct walk walk = {e, depth + 1};

	if (n->flags & NODE_EXPANDED)
		return;
	if (depth > AST_MAX_DEPTH) {
		expand_complain(e, TOO_DEEP, n->span, "this is nested more than %d levels deep", AST_MAX_DEPTH);
		*slot = expand_nothing(e, n->span);
		return;
	}
	if (n->kind == NODE_OFFSETOF)
		expand_child(&n->a, &walk);
	if (!has_plain_names(n))
		node_each_slot(n, expand_child, &walk);
	if (n->kind != NODE_IDENT && n->kind != NODE_CALL)
		return;
	if (!expand_define(e, slot, depth) && !expand_macro(e, slot, depth))
		expand_function(e, slot, depth);
}

/* ---- the top level ---- */

static void add_define(struct expander *e, struct node *n)
{
	struct define *d = arena_new_of(e->arena, struct define);

	*d = (struct define){n, n->flags & NODE_HEADER, hmap_gets(&e->defines, n->name)};
	hmap_puts(&e->defines, n->name, d);
}

/* Takes the definitions out of the list; true when it stays. */
static bool keep(struct expander *e, struct node *n)
{
	switch ((enum node_kind)n->kind) {
	case NODE_C_DEFINE: add_define(e, n); return false;
	case NODE_MACRO: expand_add_macro(e, n, false); return false;
	case NODE_FUNCTION: expand_add_function(e, n); return false;
	case NODE_IMPORT: case NODE_C_INCLUDE: return false;
	default: return true;
	}
}

static void collect(struct expander *e, struct node *root)
{
	size_t kept = 0;

	for (size_t i = 0; i < root->list.n; i++)
		if (keep(e, root->list.v[i]))
			root->list.v[kept++] = root->list.v[i];
	root->list.n = kept;
}

bool script_expand(struct script *script, struct node *const *library)
{
	struct expander e = {.arena = script->arena, .diags = script->diags, .script = script};
	unsigned before = script->diags->errors;

	for (; library && *library; library++)
		vec_each(it, &(*library)->list)
			if ((*it)->kind == NODE_MACRO)
				expand_add_macro(&e, *it, true);
	headers_init(&e.headers, e.arena, e.diags, script->files);
	expand_imports(&e);
	expand_headers(&e);
	collect(&e, script->root);
	for (size_t i = 0; i < script->root->list.n; i++)
		expand_slot(&e, &script->root->list.v[i], 1);
	headers_free(&e.headers);
	hmap_free(&e.macros);
	hmap_free(&e.functions);
	hmap_free(&e.defines);
	return script->diags->errors == before;
}
