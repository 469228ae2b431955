/*
 * expand_fn.c - functions of one's own: their bodies in place of the calls.
 *
 *     fn clamp($a : int64) : int64 { if ($a > 9) { return 9; } return $a; }     called as clamp(@x)
 *
 *     {   let $a#1 : int64 = @x;
 *         let $result#1 : int64; let $done#1 = 0;
 *         if ($a#1 > 9) { $result#1 = 9; $done#1 = 1; }
 *         if (!$done#1) { $result#1 = $a#1; $done#1 = 1; }
 *         $result#1 }
 *
 * A body whose only `return` is its last statement needs neither variable. Arguments are
 * evaluated once. A function that calls itself is refused: there is no stack to speak of.
 */
#include "lang/expand_int.h"

#include <stdlib.h>

struct function {
	struct expander *e;
	struct copy copy;
	const struct node *node; /* FUNCTION */
	bool has_result;
	const char *result, *done;
};

void expand_add_function(struct expander *e, struct node *function)
{
	if (hmap_gets(&e->functions, function->name))
		expand_complain(e, REDEFINED, function->span, "fn %s is defined twice", function->name);
	else
		hmap_puts(&e->functions, function->name, function);
}

/* ---- making nodes ---- */

static struct node *variable(struct function *f, const char *name, struct span span)
{
	struct node *n = node_new(f->e->arena, NODE_VAR, span);

	n->name = name;
	return n;
}

static struct node *number(struct function *f, uint64_t value, struct span span)
{
	struct node *n = node_new(f->e->arena, NODE_INT, span);

	n->num = value;
	return n;
}

static struct node *let(struct function *f, const char *name, const struct node *type, struct node *value,
			struct span span)
{
	struct node *n = node_new(f->e->arena, NODE_LET, span);

	n->name = name;
	n->a = node_copy(f->e->arena, type, span);
	n->b = value;
	return n;
}

static struct node *assign(struct function *f, const char *name, struct node *value)
{
	struct node *n = node_new(f->e->arena, NODE_ASSIGN, value->span);

	n->a = variable(f, name, value->span);
	n->b = value;
	return n;
}

static void append(struct function *f, node_list *list, struct node *n)
{
	avec_push(f->e->arena, list, n);
}

static struct node *block(struct function *f, struct span span)
{
	return node_new(f->e->arena, NODE_BLOCK, span);
}

/* if (!$done) { } or if ($done) { } */
static struct node *guard(struct function *f, bool when_done, struct node *body)
{
	struct node *n = node_new(f->e->arena, NODE_IF, body->span), *condition = variable(f, f->done, body->span);

	if (!when_done) {
		n->a = node_new(f->e->arena, NODE_UNARY, body->span);
		n->a->op = OP_NOT;
		n->a->a = condition;
	} else {
		n->a = condition;
	}
	n->b = body;
	return n;
}

/* ---- return ---- */

struct search {
	unsigned returns;
};

static void count_returns(struct node *n, void *ctx)
{
	struct search *s = ctx;

	s->returns += n->kind == NODE_RETURN;
	node_each_child(n, count_returns, s);
}

static unsigned returns_in(struct node *n)
{
	struct search s = {0};

	count_returns(n, &s);
	return s.returns;
}

static void rewrite_block(struct function *f, struct node *body, bool loop);

/* The statement that was a `return`, and what ends the loop around it. */
static void put_return(struct function *f, node_list *out, struct node *n, bool loop)
{
	if (n->a && f->has_result)
		append(f, out, assign(f, f->result, n->a));
	else if (n->a)
		expand_complain(f->e, TYPE_MISMATCH, n->span, "fn %s has no result", f->node->name);
	append(f, out, assign(f, f->done, number(f, 1, n->span)));
	if (loop)
		append(f, out, node_new(f->e->arena, NODE_BREAK, n->span));
}

/* Inside of a statement; `loop`: a break leaves the function's innermost loop from here. */
static void rewrite_inner(struct function *f, struct node *n, bool loop)
{
	switch ((enum node_kind)n->kind) {
	case NODE_IF:
		rewrite_block(f, n->b, loop);
		if (n->c && n->c->kind == NODE_IF)
			rewrite_inner(f, n->c, loop);
		else if (n->c)
			rewrite_block(f, n->c, loop);
		break;
	case NODE_BLOCK:
		rewrite_block(f, n, loop);
		break;
	case NODE_FOR: case NODE_WHILE:
		rewrite_block(f, n->b, true);
		break;
	case NODE_UNROLL: { /* cannot be left: each round asks whether it is still wanted */
		struct node *round = block(f, n->b->span);

		rewrite_block(f, n->b, false);
		append(f, &round->list, guard(f, false, n->b));
		n->b = round;
		break;
	}
	default:
		expand_complain(f->e, NOT_SUPPORTED, n->span, "a return inside of an expression is not supported yet");
	}
}

/* What follows a statement that may have returned runs only when it did not. */
static void rewrite_block(struct function *f, struct node *body, bool loop)
{
	node_list old = body->list, *out = &body->list;

	body->list = (node_list){0};
	for (size_t i = 0; i < old.n; i++) {
		struct node *n = old.v[i];
		bool left = n->kind == NODE_IF || n->kind == NODE_BLOCK; /* by its own break */

		if (n->kind == NODE_RETURN) {
			put_return(f, out, n, loop);
			return;
		}
		append(f, out, n);
		if (!returns_in(n))
			continue;
		rewrite_inner(f, n, loop);
		if (loop && left)
			continue;
		struct node *rest = block(f, n->span);

		if (loop) {
			append(f, &rest->list, node_new(f->e->arena, NODE_BREAK, n->span));
			append(f, out, guard(f, true, rest));
			continue;
		}
		for (i++; i < old.n; i++)
			append(f, &rest->list, old.v[i]);
		if (!rest->list.n)
			return;
		append(f, out, guard(f, false, rest));
		rewrite_block(f, rest, loop);
	}
}

/* ---- the call ---- */

static struct node *as_result(struct function *f, struct node *value)
{
	struct node *cast;

	if (!f->node->a || f->node->a->op || f->node->a->num || f->node->a->list.n || !strstr(f->node->a->name, "int"))
		return value;
	cast = node_new(f->e->arena, NODE_CAST, value->span);
	cast->a = node_copy(f->e->arena, f->node->a, value->span);
	cast->b = value;
	return cast;
}

static void put_body(struct function *f, struct node *out)
{
	struct node *body = copy_node(&f->copy, f->node->b);
	unsigned returns = returns_in(body);
	struct node *last = body->list.n ? vec_last(&body->list) : NULL;

	if (returns == 1 && last->kind == NODE_RETURN && !!last->a == f->has_result) {
		body->list.n--;
		vec_each(it, &body->list)
			append(f, &out->list, *it);
		out->a = last->a ? as_result(f, last->a) : NULL;
		return;
	}
	if (f->has_result)
		append(f, &out->list, let(f, f->result, f->node->a, NULL, out->span));
	if (returns) {
		append(f, &out->list, let(f, f->done, NULL, number(f, 0, out->span), out->span));
		rewrite_block(f, body, false);
	}
	append(f, &out->list, body);
	if (f->has_result)
		out->a = variable(f, f->result, out->span);
}

bool expand_function(struct expander *e, struct node **slot, unsigned depth)
{
	struct node *call = *slot, *out;
	const struct node *node = call->kind == NODE_CALL ? hmap_gets(&e->functions, call->name) : NULL;
	struct function f = {.e = e, .node = node};

	if (!node)
		return false;
	if (call->list.n != node->list.n) {
		expand_complain(e, ARGUMENT_COUNT, call->span, "fn %s takes %zu arguments, not %zu", call->name,
				node->list.n, call->list.n);
		*slot = expand_nothing(e, call->span);
		return true;
	}
	f.copy = (struct copy){.e = e, .of = COPY_FUNCTION, .name = node->name, .parameters = &node->list};
	f.has_result = node->a && !(str_eq(node->a->name, "void") && !node->a->num);
	copy_init(&f.copy, node->b);
	f.result = copy_local(&f.copy, "result of the function");
	f.done = copy_local(&f.copy, "end of the function");
	out = block(&f, call->span);
	for (size_t i = 0; i < node->list.n; i++) {
		call->list.v[i]->flags |= NODE_EXPANDED;
		append(&f, &out->list, let(&f, copy_local(&f.copy, node->list.v[i]->name), node->list.v[i]->a,
					   call->list.v[i], call->list.v[i]->span));
	}
	put_body(&f, out);
	copy_free(&f.copy);
	*slot = out;
	expand_body(e, node->name, call->span, slot, depth);
	return true;
}
