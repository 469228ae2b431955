/*
 * check_constant.c - integers that are known when the script is compiled: literals, sizes and what
 * operators make of them, by the rules of check_integer.c; the program would compute the same.
 */
#include "lang/check_int.h"

static bool is_signed(const struct node *n)
{
	return n->type ? n->type->is_signed : !(n->flags & NODE_UNSIGNED);
}

static __int128 number(const struct node *n, int64_t bits)
{
	return is_signed(n) ? (__int128)bits : (__int128)(uint64_t)bits;
}

static bool compare(enum op op, __int128 a, __int128 b)
{
	return op == OP_LT ? a < b : op == OP_LE ? a <= b : op == OP_GT ? a > b : a >= b;
}

/* The number that the 64 bits are with this sign. */
static __int128 as(int64_t bits, bool with_sign)
{
	return with_sign ? (__int128)bits : (__int128)(uint64_t)bits;
}

static bool constant_binary(const struct node *n, uint64_t a, uint64_t b, int64_t *value)
{
	bool with_sign = n->a->type && n->b->type ? check_result_signed(n->a, n->b) : is_signed(n->a);

	switch ((enum op)n->op) {
	case OP_ADD: *value = a + b; return true;
	case OP_SUB: *value = a - b; return true;
	case OP_MUL: *value = a * b; return true;
	case OP_SHL: *value = a << (b & 63); return true;
	case OP_SHR:
		with_sign = is_signed(n->a) && !check_plain_literal(n->a);
		*value = (int64_t)(as(a, with_sign) >> (b & 63));
		return true;
	case OP_BIT_OR: *value = a | b; return true;
	case OP_BIT_AND: *value = a & b; return true;
	case OP_BIT_XOR: *value = a ^ b; return true;
	case OP_EQ: *value = a == b; return true;
	case OP_NE: *value = a != b; return true;
	case OP_LT: case OP_LE: case OP_GT: case OP_GE:
		*value = compare(n->op, number(n->a, a), number(n->b, b));
		return true;
	case OP_LOGICAL_AND: *value = a && b; return true;
	case OP_LOGICAL_OR: *value = a || b; return true;
	case OP_DIV: case OP_MOD:
		if (b == 0)
			return false;
		*value = (int64_t)(n->op == OP_DIV ? as(a, with_sign) / as(b, with_sign)
						   : as(a, with_sign) % as(b, with_sign));
		return true;
	default: return false;
	}
}

bool check_constant(const struct node *n, int64_t *value)
{
	int64_t a, b;

	switch ((enum node_kind)n->kind) {
	case NODE_INT: case NODE_BOOL:
		*value = n->num;
		return true;
	case NODE_UNARY:
		if (!check_constant(n->a, &a))
			return false;
		*value = n->op == OP_NEG ? (int64_t)-(uint64_t)a : n->op == OP_BITNOT ? ~a : !a;
		return n->op == OP_NEG || n->op == OP_BITNOT || n->op == OP_NOT;
	case NODE_BINARY:
		return check_constant(n->a, &a) && check_constant(n->b, &b) && constant_binary(n, a, b, value);
	case NODE_TERNARY:
		return n->b && n->c && check_constant(n->a, &a) && check_constant(a ? n->b : n->c, value);
	case NODE_SIZEOF: case NODE_OFFSETOF:
		*value = (int64_t)n->num;
		return n->flags & NODE_KNOWN;
	case NODE_COMPTIME:
		return check_constant(n->a, value);
	case NODE_CALL:
		*value = (int64_t)n->num;
		return n->flags & NODE_KNOWN;
	default:
		return false;
	}
}
