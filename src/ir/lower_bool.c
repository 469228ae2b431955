/*
 * lower_bool.c - comparisons and logic used as numbers: without a branch where that is cheap.
 *
 * A branch that sets 0 or 1 makes two paths, and the verifier walks what follows for both:
 * a script with many of them would take it longer than it is allowed to take.
 */
#include "ir/lower_int.h"

enum { SIMPLE_COST = 6 /* operations that may be done for nothing */ };

bool lower_plain_literal(const struct node *n)
{
	return n->kind == NODE_INT && !(n->flags & NODE_UNSIGNED);
}

/* Whether a comparison of these is signed; where lower_compare_mixed() says so, of what is left. */
bool lower_compare_signed(const struct node *a, const struct node *b)
{
	const struct type *ta = a->type, *tb = b->type;

	if (ta->is_signed == tb->is_signed)
		return ta->is_signed;
	if (lower_plain_literal(a))
		return tb->is_signed;
	if (lower_plain_literal(b))
		return ta->is_signed;
	/* a narrower unsigned value fits into a signed one */
	return (ta->is_signed && tb->size < 8) || (tb->is_signed && ta->size < 8);
}

/*
 * The signed one of two operands that no register compares as they are: the other has all 64
 * bits and no sign. NULL: one comparison does.
 */
const struct node *lower_compare_mixed(const struct node *a, const struct node *b)
{
	const struct node *s = a->type->is_signed ? a : b;

	if (a->type->is_signed == b->type->is_signed || lower_compare_signed(a, b) || lower_plain_literal(a) ||
	    lower_plain_literal(b) || !type_is_int(a->type) || !type_is_int(b->type))
		return NULL;
	return s;
}

bool lower_is_comparison(enum op op)
{
	return op >= OP_EQ && op <= OP_GE;
}

static struct ir_val by_branches(struct lower *l, const struct node *n)
{
	struct ir_block *yes = new_block(l), *no = new_block(l), *next = new_block(l);
	vreg dst = ir_vreg(F);

	lower_condition(l, n, yes, no);
	ir_at(F, yes);
	ir_set(F, dst, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, no);
	ir_set(F, dst, ir_imm(0));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(dst);
}

/* 1 when v is not 0: the sign bit of v | -v. */
struct ir_val lower_not_zero(struct lower *l, struct ir_val v)
{
	if (!v.reg)
		return ir_imm(v.imm != 0);
	return lower_alu(SHR, lower_alu(OR, v, lower_alu(SUB, ir_imm(0), v)), ir_imm(63));
}

/* 1 when a < b: the borrow of a - b, or, signed, its sign put right where it overflowed. */
static struct ir_val less(struct lower *l, struct ir_val a, struct ir_val b, bool is_signed)
{
	struct ir_val minus = lower_alu(SUB, a, b), unlike = lower_alu(XOR, a, b), decided, same;

	decided = is_signed ? lower_alu(AND, a, unlike) : lower_alu(AND, b, unlike);
	same = lower_alu(AND, minus, lower_alu(XOR, unlike, ir_imm(-1)));
	return lower_alu(SHR, lower_alu(OR, decided, same), ir_imm(63));
}

/* less(), where one of them is signed and the other is not: a negative number is the lesser. */
static struct ir_val less_mixed(struct lower *l, struct ir_val a, struct ir_val b, bool a_signed)
{
	struct ir_val is_less = less(l, a, b, false), negative;

	negative = lower_alu(SHR, a_signed ? a : b, ir_imm(63));
	if (a_signed)
		return lower_alu(OR, is_less, negative);
	return lower_alu(AND, is_less, lower_alu(XOR, negative, ir_imm(1)));
}

static struct ir_val comparison(struct lower *l, const struct node *n)
{
	bool is_signed = lower_compare_signed(n->a, n->b), a_signed;
	const struct node *mixed = lower_compare_mixed(n->a, n->b);
	struct ir_val a = lower_scalar(l, n->a), b;

	if (a.reg && n->b->kind != NODE_INT)
		a = ir_reg(ir_mov(F, a)); /* the other side may change a variable */
	b = lower_scalar(l, n->b);
	a_signed = mixed == n->a;
	if (mixed)
		switch ((enum op)n->op) {
		case OP_LT: return less_mixed(l, a, b, a_signed);
		case OP_GT: return less_mixed(l, b, a, !a_signed);
		case OP_LE: return lower_alu(XOR, less_mixed(l, b, a, !a_signed), ir_imm(1));
		case OP_GE: return lower_alu(XOR, less_mixed(l, a, b, a_signed), ir_imm(1));
		default: break;
		}
	switch ((enum op)n->op) {
	case OP_EQ: return lower_alu(XOR, lower_not_zero(l, lower_alu(XOR, a, b)), ir_imm(1));
	case OP_NE: return lower_not_zero(l, lower_alu(XOR, a, b));
	case OP_LT: return less(l, a, b, is_signed);
	case OP_GT: return less(l, b, a, is_signed);
	case OP_LE: return lower_alu(XOR, less(l, b, a, is_signed), ir_imm(1));
	case OP_GE: return lower_alu(XOR, less(l, a, b, is_signed), ir_imm(1));
	default: BUG("comparison '%s'", op_spelling(n->op));
	}
}

/* What a node costs to compute though it may not be needed; more than SIMPLE_COST: do not. */
static unsigned cost(const struct lower *l, const struct node *n)
{
	if (!n->type || !type_is_scalar(n->type) || lower_may_be_typed(l, n))
		return SIMPLE_COST + 1;
	switch ((enum node_kind)n->kind) {
	case NODE_INT: case NODE_BOOL: case NODE_SIZEOF: case NODE_OFFSETOF: case NODE_VAR:
		return 0;
	case NODE_UNARY:
		if (n->op != OP_NOT && n->op != OP_NEG && n->op != OP_BITNOT)
			return SIMPLE_COST + 1;
		return 1 + cost(l, n->a);
	case NODE_CAST:
		return 1 + cost(l, n->b);
	case NODE_BINARY:
		if (n->a->type->kind == TYPE_POINTER || n->b->type->kind == TYPE_POINTER || n->op == OP_DIV ||
		    n->op == OP_MOD)
			return SIMPLE_COST + 1;
		return 1 + cost(l, n->a) + cost(l, n->b);
	default:
		return SIMPLE_COST + 1;
	}
}

static struct ir_val as_bool(struct lower *l, const struct node *n)
{
	struct ir_val v = lower_scalar(l, n);

	return n->type->kind == TYPE_BOOL ? v : lower_not_zero(l, v);
}

/* A node of kind BINARY (comparison of scalars, && or ||) or NOT as 0 or 1. */
struct ir_val lower_condition_value(struct lower *l, const struct node *n)
{
	bool typed = lower_may_be_typed(l, n->a) || (n->b && lower_may_be_typed(l, n->b));
	struct ir_val a;

	if (typed || !type_is_scalar(n->a->type))
		return by_branches(l, n);
	if (n->kind == NODE_UNARY)
		return lower_alu(XOR, as_bool(l, n->a), ir_imm(1));
	if (lower_is_comparison(n->op))
		return comparison(l, n);
	if (cost(l, n->b) > SIMPLE_COST)
		return by_branches(l, n);
	a = as_bool(l, n->a);
	if (a.reg)
		a = ir_reg(ir_mov(F, a));
	return n->op == OP_LOGICAL_AND ? lower_alu(AND, a, as_bool(l, n->b)) : lower_alu(OR, a, as_bool(l, n->b));
}
