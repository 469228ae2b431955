/*
 * ctype_const.c - constant expressions: lengths of arrays, values of enumerators, alignments.
 *
 * Everything is computed in 64 bits, signed as C does from int64 and uint64 operands. Divisions
 * that have no result and names that are no constants make the whole expression none. The work
 * is bounded by CTYPE_MAX_STEPS for all expressions together.
 */
#include "lang/ctype_int.h"

static bool evaluate(struct ctypes *c, const struct node *n, int64_t *value, unsigned depth);

static bool evaluate_binary(struct ctypes *c, const struct node *n, int64_t *value, unsigned depth)
{
	int64_t a, b = 0;
	uint64_t x, y;

	if (!evaluate(c, n->a, &a, depth))
		return false;
	if ((n->op == OP_LOGICAL_AND && !a) || (n->op == OP_LOGICAL_OR && a)) {
		*value = n->op == OP_LOGICAL_OR;
		return true;
	}
	if (!evaluate(c, n->b, &b, depth))
		return false;
	x = a;
	y = b;
	switch ((enum op)n->op) {
	case OP_ADD: *value = (int64_t)(x + y); return true;
	case OP_SUB: *value = (int64_t)(x - y); return true;
	case OP_MUL: *value = (int64_t)(x * y); return true;
	case OP_DIV: case OP_MOD:
		if (!b || (a == INT64_MIN && b == -1))
			return false;
		*value = n->op == OP_DIV ? a / b : a % b;
		return true;
	case OP_SHL: *value = y < 64 ? (int64_t)(x << y) : 0; return true;
	case OP_SHR: *value = y < 64 ? a >> y : a < 0 ? -1 : 0; return true;
	case OP_BIT_AND: *value = a & b; return true;
	case OP_BIT_OR: *value = a | b; return true;
	case OP_BIT_XOR: *value = a ^ b; return true;
	case OP_LOGICAL_AND: case OP_LOGICAL_OR: *value = b != 0; return true;
	case OP_EQ: *value = a == b; return true;
	case OP_NE: *value = a != b; return true;
	case OP_LT: *value = a < b; return true;
	case OP_LE: *value = a <= b; return true;
	case OP_GT: *value = a > b; return true;
	case OP_GE: *value = a >= b; return true;
	default: return false;
	}
}

static bool evaluate_unary(struct ctypes *c, const struct node *n, int64_t *value, unsigned depth)
{
	int64_t a;

	if (!evaluate(c, n->a, &a, depth))
		return false;
	switch ((enum op)n->op) {
	case OP_NEG: *value = (int64_t)-(uint64_t)a; return true;
	case OP_BITNOT: *value = ~a; return true;
	case OP_NOT: *value = !a; return true;
	default: return false;
	}
}

static bool evaluate_cast(struct ctypes *c, const struct node *n, int64_t *value, unsigned depth)
{
	struct cref r = ctypes_resolve(c, n->a, NULL, true);
	int64_t a;

	if (!r.type || !type_is_int(r.type) || !evaluate(c, n->b, &a, depth))
		return false;
	switch (r.type->kind == TYPE_BOOL ? 0 : r.type->size) {
	case 0: *value = a != 0; break;
	case 1: *value = r.type->is_signed ? (int8_t)a : (int64_t)(uint8_t)a; break;
	case 2: *value = r.type->is_signed ? (int16_t)a : (int64_t)(uint16_t)a; break;
	case 4: *value = r.type->is_signed ? (int32_t)a : (int64_t)(uint32_t)a; break;
	default: *value = a;
	}
	return true;
}

static bool evaluate_offsetof(struct ctypes *c, const struct node *n, int64_t *value)
{
	struct cref r = n->a->kind == NODE_TYPE ? ctypes_resolve(c, n->a, NULL, true) : (struct cref){0};
	const struct type *t = r.type;

	*value = 0;
	vec_each(it, &n->list) {
		struct field f;

		if (!t || t->kind != TYPE_STRUCT || !type_field(t, (*it)->name, &f))
			return false;
		*value += f.offset;
		t = f.type;
	}
	return t != NULL;
}

/* A type's name alone parses as an expression: sizeof(x) for a typedef x. */
static bool evaluate_sizeof(struct ctypes *c, const struct node *n, int64_t *value)
{
	struct node name = *n->a;
	struct cref r = {0};

	if (name.kind == NODE_IDENT) {
		name = (struct node){.kind = NODE_TYPE, .span = n->a->span, .name = n->a->name};
		r = ctypes_resolve(c, &name, NULL, true);
	} else if (name.kind == NODE_TYPE) {
		r = ctypes_resolve(c, n->a, NULL, true);
	}
	*value = r.type ? r.type->size : 0;
	return r.type != NULL;
}

static bool evaluate_name(struct ctypes *c, const struct node *n, int64_t *value)
{
	const struct type *type = NULL;

	if (ctypes_constant(c, n->name, value, &type))
		return true;
	return c->world && c->world->enumerator(c->world, n->name, value, &type);
}

static bool evaluate(struct ctypes *c, const struct node *n, int64_t *value, unsigned depth)
{
	int64_t condition;

	if (!n || depth > AST_MAX_DEPTH || ++c->steps > CTYPE_MAX_STEPS)
		return false;
	switch ((enum node_kind)n->kind) {
	case NODE_INT: case NODE_BOOL:
		*value = n->num;
		return true;
	case NODE_IDENT: return evaluate_name(c, n, value);
	case NODE_UNARY: return evaluate_unary(c, n, value, depth + 1);
	case NODE_BINARY: return evaluate_binary(c, n, value, depth + 1);
	case NODE_CAST: return evaluate_cast(c, n, value, depth + 1);
	case NODE_SIZEOF: return evaluate_sizeof(c, n, value);
	case NODE_OFFSETOF: return evaluate_offsetof(c, n, value);
	case NODE_TERNARY:
		if (!evaluate(c, n->a, &condition, depth + 1))
			return false;
		if (condition && !n->b) {
			*value = condition;
			return true;
		}
		return evaluate(c, condition ? n->b : n->c, value, depth + 1);
	default:
		return false;
	}
}

bool ctypes_evaluate(struct ctypes *c, const struct node *n, int64_t *value)
{
	return evaluate(c, n, value, 0);
}
