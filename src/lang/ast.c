/*
 * ast.c - see ast.h.
 *
 * The dump is what golden tests compare: one node a line, `kind name flags value`, children
 * in source order, indented. Where a child may be missing and its place could not be told
 * from the kinds of the others, a line names the place: `else`, `/`, `:`.
 */
#include "lang/ast.h"

#include <stdlib.h>

static const char *const kind_names[] = {
#define NODE(id, name, doc) [NODE_##id] = name,
#include "lang/ast.def"
#undef NODE
};

static const struct {
	const char *spelling;
	int precedence;
} ops[] = {
#define OP(id, spelling, precedence) [OP_##id] = {spelling, precedence},
#include "lang/op.def"
#undef OP
};

const char *node_kind_name(enum node_kind kind)
{
	return kind_names[kind];
}

const char *op_spelling(enum op op)
{
	return ops[op].spelling;
}

int op_precedence(enum op op)
{
	return ops[op].precedence;
}

struct node *node_new(struct arena *arena, enum node_kind kind, struct span span)
{
	struct node *n = arena_new_of(arena, struct node);

	n->kind = kind;
	n->span = span;
	return n;
}

/* Kinds whose list stands before a, b and c in the source. */
static bool list_comes_first(enum node_kind kind)
{
	switch (kind) {
	case NODE_PROBE: case NODE_BLOCK: case NODE_MACRO: case NODE_FUNCTION: case NODE_C_STRUCT:
	case NODE_C_DEFINE:
		return true;
	default:
		return false;
	}
}

static void each_in_list(struct node *n, void (*fn)(struct node *child, void *ctx), void *ctx)
{
	vec_each(it, &n->list)
		if (*it)
			fn(*it, ctx);
}

void node_each_child(struct node *n, void (*fn)(struct node *child, void *ctx), void *ctx)
{
	bool first = list_comes_first(n->kind);

	if (first)
		each_in_list(n, fn, ctx);
	if (n->a)
		fn(n->a, ctx);
	if (!first && n->kind == NODE_C_FIELD)
		each_in_list(n, fn, ctx);
	if (n->b)
		fn(n->b, ctx);
	if (n->c)
		fn(n->c, ctx);
	if (!first && n->kind != NODE_C_FIELD)
		each_in_list(n, fn, ctx);
}

void node_each_slot(struct node *n, void (*fn)(struct node **slot, void *ctx), void *ctx)
{
	struct node **fixed[] = {&n->a, &n->b, &n->c};

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (*fixed[i])
			fn(fixed[i], ctx);
	for (size_t i = 0; i < n->list.n; i++)
		if (n->list.v[i])
			fn(&n->list.v[i], ctx);
}

bool node_any(const struct node *n, bool (*is)(const struct node *n, const void *ctx), const void *ctx)
{
	if (!n)
		return false;
	if (is(n, ctx) || node_any(n->a, is, ctx) || node_any(n->b, is, ctx) || node_any(n->c, is, ctx))
		return true;
	for (size_t i = 0; i < n->list.n; i++)
		if (node_any(n->list.v[i], is, ctx))
			return true;
	return false;
}

struct printer {
	struct buf *out;
	const char *(*type_name)(const struct type *type, void *ctx);
	void *ctx;
	const struct node *parent;
	unsigned indent;
};

static void print_quoted(struct buf *out, struct text text)
{
	static const char plain[] = "\n\t\r\"\\", letters[] = "ntr\"\\";

	buf_putc(out, '"');
	for (uint32_t i = 0; i < text.len; i++) {
		unsigned char c = text.data[i];
		const char *found = c ? strchr(plain, c) : NULL;

		if (found)
			buf_printf(out, "\\%c", letters[found - plain]);
		else if (c < 0x20 || c >= 0x7f)
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, c);
	}
	buf_putc(out, '"');
}

/* A length that can be printed within the line of its type or field. */
static bool is_plain_length(const struct node *n)
{
	return !n || n->kind == NODE_INT || (n->kind == NODE_IDENT && !n->type);
}

static bool lengths_are_plain(const struct node *n)
{
	vec_each(it, &n->list)
		if (!is_plain_length(*it))
			return false;
	return true;
}

static void print_lengths(struct buf *out, const struct node *n)
{
	vec_each(it, &n->list) {
		if (!*it)
			buf_puts(out, "[]");
		else if (!is_plain_length(*it))
			buf_puts(out, "[...]");
		else if ((*it)->kind == NODE_INT)
			buf_printf(out, "[%llu]", (unsigned long long)(*it)->num);
		else
			buf_printf(out, "[%s]", (*it)->name);
	}
}

static void print_type(struct buf *out, const struct node *n)
{
	if (n->op != OP_NONE)
		buf_printf(out, " %s", op_spelling(n->op));
	if (n->name && *n->name)
		buf_printf(out, " %s", n->name);
	if (n->num || n->list.n)
		buf_putc(out, ' ');
	if (n->num > 8)
		buf_printf(out, "*x%llu", (unsigned long long)n->num);
	else
		buf_pad(out, '*', n->num);
	print_lengths(out, n);
}

static const char *name_prefix(const struct node *n)
{
	switch (n->kind) {
	case NODE_VAR: case NODE_LET: case NODE_FOR: case NODE_FN_PARAM:
		return "$";
	case NODE_MAP: case NODE_MAP_DECL:
		return "@";
	default:
		return "";
	}
}

static void print_flags(struct buf *out, const struct node *n)
{
	static const struct {
		uint16_t flag;
		const char *name;
	} flags[] = {
		{NODE_UNSIGNED, "unsigned"}, {NODE_ARROW, "->"}, {NODE_BARE, "bare"},
		{NODE_SYSTEM, "system"}, {NODE_PAREN, "()"}, {NODE_DURATION, "duration"},
		{NODE_PACKED, "packed"}, {NODE_FORWARD, "forward"}, {NODE_CALLED, "(...)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (n->flags & flags[i].flag)
			buf_printf(out, " %s", flags[i].name);
	if (n->flags & NODE_BITFIELD)
		buf_printf(out, " :%llu", (unsigned long long)n->num);
}

static bool is_postfix(enum op op)
{
	return op == OP_POSTINC || op == OP_POSTDEC;
}

/* What the node holds besides its children. */
static void print_payload(struct buf *out, const struct node *n)
{
	if (n->kind == NODE_TYPE) {
		print_type(out, n);
	} else if (n->op != OP_NONE) {
		if (n->kind == NODE_ASSIGN)
			buf_printf(out, " %s=", op_spelling(n->op));
		else
			buf_printf(out, " %s%s", is_postfix(n->op) ? "post" : "",
				   op_spelling(n->op));
	}
	if (n->name && n->kind != NODE_TYPE)
		buf_printf(out, " %s%s", name_prefix(n), n->name);
	switch (n->kind) {
	case NODE_INT: case NODE_PARAM: case NODE_ELEMENT:
		buf_printf(out, " %llu", (unsigned long long)n->num);
		break;
	case NODE_BOOL:
		buf_puts(out, n->num ? " true" : " false");
		break;
	case NODE_STRING: case NODE_IMPORT: case NODE_C_DEFINE: case NODE_C_INCLUDE:
		buf_putc(out, ' ');
		print_quoted(out, n->text);
		break;
	case NODE_ATTACH_POINT:
		vec_each(it, &n->list) {
			buf_putc(out, ' ');
			print_quoted(out, (*it)->text);
		}
		break;
	case NODE_C_FIELD: case NODE_C_TYPEDEF:
		if (n->list.n)
			buf_putc(out, ' ');
		print_lengths(out, n);
		break;
	default:
		break;
	}
	print_flags(out, n);
}

/* What goes before a child whose place would not be clear: "" where it is. */
static const char *place_of(const struct node *parent, const struct node *child)
{
	switch (parent->kind) {
	case NODE_PROBE:
		return child == parent->a ? "/ " : "";
	case NODE_IF:
		return child == parent->c ? "else " : "";
	case NODE_TERNARY:
		return child == parent->c && !parent->b ? ": " : "";
	case NODE_BLOCK:
		return child == parent->a ? "result " : "";
	case NODE_C_STRUCT:
	case NODE_C_FIELD:
		return child == parent->b ? "aligned " : "";
	default:
		return "";
	}
}

/* Its list is on its own line already. */
static bool has_printed_list(const struct node *n)
{
	return n->kind == NODE_ATTACH_POINT ||
	       ((n->kind == NODE_TYPE || n->kind == NODE_C_FIELD || n->kind == NODE_C_TYPEDEF) &&
		lengths_are_plain(n));
}

static void print_node(struct node *n, void *ctx)
{
	struct printer *pr = ctx;
	const struct node *parent = pr->parent;
	struct node children;

	buf_pad(pr->out, ' ', 2 * pr->indent);
	if (parent)
		buf_puts(pr->out, place_of(parent, n));
	buf_puts(pr->out, node_kind_name(n->kind));
	print_payload(pr->out, n);
	if (pr->type_name && n->type)
		buf_printf(pr->out, " :: %s", pr->type_name(n->type, pr->ctx));
	buf_putc(pr->out, '\n');
	pr->parent = n;
	pr->indent++;
	if (has_printed_list(n)) {
		children = *n;
		children.list.n = 0;
		pr->parent = &children;
		node_each_child(&children, print_node, pr);
	} else {
		node_each_child(n, print_node, pr);
	}
	pr->indent--;
	pr->parent = parent;
}

void ast_print(const struct node *n, struct buf *out,
	       const char *(*type_name)(const struct type *type, void *ctx), void *ctx)
{
	struct printer pr = {.out = out, .type_name = type_name, .ctx = ctx};

	print_node((struct node *)n, &pr);
}

struct depth_item {
	struct node *node;
	unsigned depth;
};

struct depth_walk {
	VEC(struct depth_item) stack;
	unsigned depth;
};

static void push_child(struct node *child, void *ctx)
{
	struct depth_walk *walk = ctx;

	vec_push(&walk->stack, ((struct depth_item){child, walk->depth + 1}));
}

struct node *node_find_too_deep(struct node *root, unsigned limit)
{
	struct depth_walk walk = {0};
	struct node *found = NULL;

	walk.depth = 0;
	push_child(root, &walk);
	while (walk.stack.n && !found) {
		struct depth_item item = walk.stack.v[--walk.stack.n];

		if (item.depth > limit)
			found = item.node;
		walk.depth = item.depth;
		node_each_child(item.node, push_child, &walk);
	}
	vec_free(&walk.stack);
	return found;
}

static struct node *copy_tree(struct arena *arena, const struct node *n, const struct span *span)
{
	struct node *copy;

	if (!n)
		return NULL;
	copy = arena_copy(arena, n, sizeof(*n));
	if (span)
		copy->span = *span;
	copy->a = copy_tree(arena, n->a, span);
	copy->b = copy_tree(arena, n->b, span);
	copy->c = copy_tree(arena, n->c, span);
	copy->list.v = arena_copy(arena, n->list.v, n->list.n * sizeof(*n->list.v));
	copy->list.cap = n->list.n;
	for (size_t i = 0; i < n->list.n; i++)
		copy->list.v[i] = copy_tree(arena, n->list.v[i], span);
	return copy;
}

struct node *node_copy(struct arena *arena, const struct node *n, struct span span)
{
	return copy_tree(arena, n, &span);
}

struct node *node_clone(struct arena *arena, const struct node *n)
{
	return copy_tree(arena, n, NULL);
}
