/*
 * specialise.c - see specialise.h. One walk from the leaves up; a condition that has become a
 * literal takes the place of what it decides.
 */
#include "lang/specialise.h"

bool literal_number(const struct node *n, int64_t *value)
{
	if (n->kind != NODE_INT && n->kind != NODE_BOOL)
		return false;
	*value = (int64_t)n->num;
	return true;
}

static void become_number(struct node *n, int64_t value)
{
	*n = (struct node){.kind = NODE_INT, .span = n->span, .num = (uint64_t)value};
}

static void fold_unary(struct node *n)
{
	int64_t a;

	if (!literal_number(n->a, &a))
		return;
	if (n->op == OP_NOT)
		become_number(n, !a);
	else if (n->op == OP_NEG)
		become_number(n, (int64_t)-(uint64_t)a);
}

static void fold_text(struct node *n)
{
	const struct text *a = &n->a->text, *b = &n->b->text;
	bool same = a->len == b->len && !memcmp(a->data, b->data, a->len);

	if (n->op == OP_EQ || n->op == OP_NE)
		become_number(n, same == (n->op == OP_EQ));
}

static bool may_have_effect(const struct node *n, const void *ctx)
{
	(void)ctx;
	return n->kind == NODE_CALL || (n->kind == NODE_UNARY && n->op >= OP_PREINC && n->op <= OP_POSTDEC);
}

/* One side decides, or the other is what remains: where only its truth matters. */
static void fold_logical(struct node **slot, bool truth)
{
	struct node *n = *slot, *other;
	int64_t value;

	bool decides;

	if (literal_number(n->a, &value))
		other = n->b;
	else if (literal_number(n->b, &value) && truth)
		other = n->a;
	else
		return;
	decides = (n->op == OP_LOGICAL_AND) == !value;
	if (decides && (other == n->b || !node_any(other, may_have_effect, NULL)))
		become_number(n, value != 0);
	else if (decides)
		return;
	else if (truth)
		*slot = other;
}

static void fold_binary(struct node **slot, bool truth)
{
	struct node *n = *slot;
	int64_t a, b;

	if (n->op == OP_LOGICAL_AND || n->op == OP_LOGICAL_OR) {
		int64_t other;

		fold_logical(slot, truth);
		if (*slot == n && n->kind == NODE_BINARY && literal_number(n->a, &a) &&
		    literal_number(n->b, &other))
			become_number(n, n->op == OP_LOGICAL_AND ? a && other : a || other);
		return;
	}
	if (n->a->kind == NODE_STRING && n->b->kind == NODE_STRING) {
		fold_text(n);
		return;
	}
	if (!literal_number(n->a, &a) || !literal_number(n->b, &b))
		return;
	switch ((enum op)n->op) {
	case OP_EQ: become_number(n, a == b); break;
	case OP_NE: become_number(n, a != b); break;
	case OP_LT: become_number(n, a < b); break;
	case OP_LE: become_number(n, a <= b); break;
	case OP_GT: become_number(n, a > b); break;
	case OP_GE: become_number(n, a >= b); break;
	case OP_ADD: become_number(n, (int64_t)((uint64_t)a + (uint64_t)b)); break;
	case OP_SUB: become_number(n, (int64_t)((uint64_t)a - (uint64_t)b)); break;
	case OP_MUL: become_number(n, (int64_t)((uint64_t)a * (uint64_t)b)); break;
	case OP_BIT_AND: become_number(n, a & b); break;
	case OP_BIT_OR: become_number(n, a | b); break;
	default: break; /* the others are left to the compiler */
	}
}

/* An if that is decided: the branch taken, as a block, or nothing. */
static void fold_if(struct node **slot)
{
	struct node *n = *slot, *taken;
	int64_t value;

	if (!literal_number(n->a, &value))
		return;
	taken = value ? n->b : n->c;
	if (taken)
		*slot = taken;
	else
		*n = (struct node){.kind = NODE_BLOCK, .span = n->span};
}

struct walk {
	struct specialise *s;
	bool truth; /* of the expression being walked only the truth matters */
};

static void visit(struct node **slot, void *ctx);

static void visit_as(struct walk *w, struct node **slot, bool truth)
{
	bool was = w->truth;

	if (!*slot)
		return;
	w->truth = truth;
	visit(slot, w);
	w->truth = was;
}

static bool is_empty(const struct node *n)
{
	return !n || (n->kind == NODE_BLOCK && !n->list.n && !n->a);
}

/* Statements that have become nothing leave the block. */
static void drop_empty(struct node *block)
{
	size_t kept = 0;

	for (size_t i = 0; i < block->list.n; i++)
		if (!is_empty(block->list.v[i]))
			block->list.v[kept++] = block->list.v[i];
	block->list.n = kept;
}

static bool is_condition(const struct node *n)
{
	return n->kind == NODE_IF || n->kind == NODE_TERNARY || n->kind == NODE_PROBE;
}

static void visit_children(struct walk *w, struct node *n)
{
	bool was = w->truth;

	if (n->kind == NODE_BINARY && (n->op == OP_LOGICAL_AND || n->op == OP_LOGICAL_OR)) {
		visit_as(w, &n->a, true);
		visit_as(w, &n->b, true);
		return;
	}
	if (n->kind == NODE_UNARY && n->op == OP_NOT) {
		visit_as(w, &n->a, true);
		return;
	}
	if (is_condition(n)) {
		visit_as(w, &n->a, true);
		visit_as(w, &n->b, false);
		visit_as(w, &n->c, false);
		return;
	}
	w->truth = false;
	node_each_slot(n, visit, w);
	w->truth = was;
}

static void visit(struct node **slot, void *ctx)
{
	struct walk *w = ctx;
	struct node *n = *slot;
	const struct node *literal;
	int64_t value;

	visit_children(w, n);
	switch ((enum node_kind)n->kind) {
	case NODE_IDENT:
		literal = w->s->constant(w->s->ctx, n->name);
		if (literal) {
			*slot = arena_copy(w->s->arena, literal, sizeof(*literal));
			(*slot)->span = n->span;
		}
		break;
	case NODE_UNARY: fold_unary(n); break;
	case NODE_BINARY: fold_binary(slot, w->truth); break;
	case NODE_IF: fold_if(slot); break;
	case NODE_BLOCK: drop_empty(n); break;
	case NODE_TERNARY:
		if (literal_number(n->a, &value) && (value ? n->b : n->c))
			*slot = value ? n->b : n->c;
		break;
	default: break;
	}
}

void specialise(struct specialise *s, struct node *script)
{
	struct walk w = {.s = s};
	size_t kept = 0;
	int64_t value;

	for (size_t i = 0; i < script->list.n; i++) {
		struct node *n = script->list.v[i];

		visit(&script->list.v[i], &w);
		if (n->kind == NODE_PROBE) {
			bool decided = n->a && literal_number(n->a, &value);

			if ((decided && !value) || is_empty(n->b))
				continue;
			if (decided)
				n->a = NULL;
		}
		script->list.v[kept++] = script->list.v[i];
	}
	script->list.n = kept;
}
