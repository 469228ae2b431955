/* check_stmt.c - statements, blocks, scratch variables and their scopes. */
#include "lang/check_int.h"

static struct variable *find_variable(struct checker *c, const char *name)
{
	for (struct scope *s = c->scope; s; s = s->parent)
		vec_each(it, &s->variables)
			if (str_eq((*it)->name, name))
				return *it;
	return NULL;
}

struct variable *check_variable(struct checker *c, const char *name)
{
	return find_variable(c, name);
}

/*
 * The variable a node declares: made in the first pass, the same one in later passes, so
 * that its type lives on.
 */
struct variable *check_declare(struct checker *c, struct node *n)
{
	struct variable *v = n->ref.variable;

	if (!v) {
		v = arena_new_of(c->arena, struct variable);
		*v = (struct variable){.name = n->name, .type = simple(c, TYPE_NONE), .span = n->span};
		n->ref.variable = v;
		c->changed = true;
	}
	v->number = c->nvariables++;
	avec_push(c->arena, &c->scope->variables, v);
	return v;
}

/* Whether a variable declared as `type` takes the value: numbers are cut, as by a cast, constants must fit. */
static bool keeps_declared(const struct type *type, const struct type *wider, const struct node *value)
{
	int64_t n;

	if (type->kind == TYPE_INT && type_is_int(wider))
		return value->kind == NODE_SIZEOF || value->kind == NODE_OFFSETOF || !check_constant(value, &n);
	return type->kind == TYPE_POINTER;
}

/* $x++, $x -= ...: the variable gets room for the result, unless its type was declared. */
void check_step_variable(struct checker *c, struct variable *v, bool down)
{
	const struct type *t;

	if (v)
		v->unvouched = true;
	if (!v || v->declared || (v->type->kind != TYPE_INT && v->type->kind != TYPE_BOOL))
		return;
	t = type_int(c->types, 8, v->type->is_signed || down);
	v->only_literals &= !down;
	if (t != v->type) {
		v->type = t;
		c->changed = true;
	}
}

static bool may_have_effect(const struct node *n, const void *ctx)
{
	(void)ctx;
	return n->kind == NODE_CALL || n->kind == NODE_BLOCK || n->kind == NODE_UNARY;
}

/*
 * (size=10, color="blue") for what holds (color=..., size=...): its elements in that order, where
 * nothing tells in which order they were computed.
 */
static const struct type *check_reorder(struct checker *c, const struct type *was, const struct type *now,
					struct node *value)
{
	node_list ordered = {0};
	bool effect;

	if (!was || was->kind != TYPE_RECORD || value->kind != NODE_RECORD || was->nfields != value->list.n)
		return now;
	effect = node_any(value, may_have_effect, NULL);
	for (uint32_t i = 0; i < was->nfields && !effect; i++)
		for (size_t k = 0; k < value->list.n; k++)
			if (str_eq(value->list.v[k]->name, was->fields[i].name))
				avec_push(c->arena, &ordered, value->list.v[k]);
	if (ordered.n != was->nfields)
		return now;
	value->list = ordered;
	return check_value(c, value);
}

static void set_variable(struct checker *c, struct variable *v, const struct type *t,
			 const struct node *value)
{
	const struct type *merged;

	if (!check_storable(c, value, t))
		return;
	v->unvouched |= !check_vouched(value);
	merged = check_merge_value(c, v->type->kind == TYPE_NONE ? NULL : v->type, t, value,
				   &v->only_literals);
	if (merged && merged != v->type && v->declared)
		merged = keeps_declared(v->type, merged, value) ? v->type : NULL;
	if (!merged) {
		complain(c, TYPE_MISMATCH, value->span, "$%s is %s, this is %s", v->name,
			 type_name(c->types, v->type), type_name(c->types, t));
	} else if (merged != v->type) {
		v->type = merged;
		c->changed = true;
	}
}

void check_give_variable(struct checker *c, struct node *var, const struct type *t, const struct node *value)
{
	struct variable *v = find_variable(c, var->name);

	if (!v)
		v = check_declare(c, var);
	var->ref.variable = v;
	set_variable(c, v, t, value);
	var->type = v->type;
}

static void assign_variable(struct checker *c, struct node *n)
{
	struct variable *v = find_variable(c, n->a->name);
	const struct type *t = check_value(c, n->b);

	if (!v && n->op != OP_NONE) {
		complain(c, UNKNOWN_VARIABLE, n->a->span, "$%s has no value yet", n->a->name);
		return;
	}
	if (!v)
		v = check_declare(c, n->a);
	n->a->ref.variable = v;
	if (n->op != OP_NONE) {
		if (!type_is_scalar(t) && t->kind != TYPE_NONE)
			complain(c, BAD_OPERAND, n->span, "'%s=' wants numbers, this is %s",
				 op_spelling(n->op), type_name(c->types, t));
		if (type_is_int(v->type) && type_is_int(t))
			check_step_variable(c, v, n->op == OP_SUB || (n->op != OP_SHL && n->op != OP_SHR &&
								      t->is_signed && !check_plain_literal(n->b)));
		if (v->type->kind == TYPE_POINTER || type_is_int(v->type))
			t = v->type; /* what does not fit a declared type is cut */
	}
	set_variable(c, v, check_reorder(c, v->type, t, n->b), n->b);
	n->a->type = v->type;
}

/* @x op= e: of the type that @x op e has. */
static const struct type *compound_type(struct checker *c, const struct node *n, const struct map *map,
					const struct type *t)
{
	bool was = map->value && type_is_int(map->value) && map->value->is_signed;
	bool absent = !map->value || map->value->kind == TYPE_NONE;

	if (n->op == OP_SUB)
		return type_int(c->types, 8, true);
	if (absent) /* @x += a > b counts */
		return type_int(c->types, 8, t->kind == TYPE_BOOL || t->is_signed);
	if (n->op == OP_SHL || n->op == OP_SHR)
		return type_int(c->types, 8, was);
	return type_int(c->types, 8, was || (t->is_signed && !check_plain_literal(n->b)));
}

static void assign_map(struct checker *c, struct node *n)
{
	bool aggregation;
	struct map *map;
	const struct type *t;

	c->allow_aggregation = n->op == OP_NONE && n->b->kind == NODE_CALL;
	t = check_expr(c, n->b);
	c->allow_aggregation = false;
	aggregation = type_is_aggregation(t) && n->b->kind == NODE_CALL;
	if (type_is_aggregation(t) && !aggregation)
		t = check_value(c, n->b);
	map = check_map(c, n->a, aggregation ? MAP_AGGREGATED
				 : n->op == OP_NONE ? MAP_ASSIGNED : MAP_COUNTED);
	if (!map)
		return;
	if (n->op != OP_NONE && !type_is_int(t) && t->kind != TYPE_NONE) {
		complain(c, BAD_OPERAND, n->span, "'%s=' wants numbers, this is %s", op_spelling(n->op),
			 type_name(c->types, t));
		return;
	}
	if (n->op != OP_NONE && type_is_int(t))
		t = compound_type(c, n, map, t);
	t = check_reorder(c, map->value, t, n->b);
	if (!check_storable(c, n->b, t))
		return;
	check_map_value(c, map, t, n->op == OP_NONE ? n->b : n);
	n->a->type = map->value;
}

static void check_assign(struct checker *c, struct node *n)
{
	if (n->op == OP_DIV || n->op == OP_MOD) {
		int64_t zero;

		if (check_constant(n->b, &zero) && zero == 0)
			complain(c, DIVISION_BY_ZERO, n->span, "division by zero");
	}
	if (n->a->kind == NODE_VAR) {
		assign_variable(c, n);
	} else if (n->a->kind == NODE_MAP) {
		assign_map(c, n);
	} else {
		check_value(c, n->b);
		complain(c, NOT_ASSIGNABLE, n->a->span, "only maps and scratch variables can be assigned to");
		advise(c, "@x = ... or $x = ...");
	}
}

/* A pointer's address space is not written: it is the value's, or the probe's. */
static const struct type *declared_type(struct checker *c, struct node *n, const struct type *value)
{
	const struct type *t = check_type(c, n);

	if (t->kind != TYPE_POINTER || t->space)
		return t;
	return type_pointer(c->types, t->elem, value && value->kind == TYPE_POINTER && value->space ? value->space
			    : check_default_space(c), false);
}

static void check_let(struct checker *c, struct node *n)
{
	const struct type *t = n->b ? check_value(c, n->b) : NULL;
	struct variable *v;

	for (size_t i = 0; i < c->scope->variables.n; i++)
		if (str_eq(c->scope->variables.v[i]->name, n->name)) {
			complain(c, REDEFINED, n->span, "$%s is declared twice in this block", n->name);
			return;
		}
	v = check_declare(c, n);
	if (n->a) {
		const struct type *declared = declared_type(c, n->a, t);

		if (v->type->kind == TYPE_NONE && declared->kind != TYPE_NONE) {
			v->type = declared;
			v->declared = true;
			c->changed = true;
		}
	}
	if (t)
		set_variable(c, v, t, n->b);
}

void check_condition(struct checker *c, struct node *n)
{
	const struct type *t = check_value(c, n);

	if (t->kind != TYPE_NONE && !type_is_scalar(t) && t->kind != TYPE_STRING) /* true: not empty */
		complain(c, TYPE_MISMATCH, n->span, "a condition wants a number, this is %s",
			 type_name(c->types, t));
}

static void check_if(struct checker *c, struct node *n);

/* The branch of a known condition alone is looked at; the other one is emptied in the last pass. */
static void check_branch(struct checker *c, struct node **branch, bool taken)
{
	if (taken && *branch && (*branch)->kind == NODE_IF)
		check_if(c, *branch);
	else if (taken && *branch)
		check_block(c, *branch);
	else if (c->speak && *branch)
		*branch = node_new(c->arena, NODE_BLOCK, (*branch)->span);
}

static void check_if(struct checker *c, struct node *n)
{
	unsigned undecided = c->undecided;
	int64_t value;

	check_condition(c, n->a);
	if (check_decided(c, n->a, &value)) {
		check_branch(c, &n->b, value);
		check_branch(c, &n->c, !value);
		return;
	}
	if (c->undecided != undecided)
		return;
	check_block(c, n->b);
	if (n->c && n->c->kind == NODE_IF)
		check_if(c, n->c);
	else if (n->c)
		check_block(c, n->c);
}

static void check_unroll(struct checker *c, struct node *n)
{
	int64_t count;

	check_value(c, n->a);
	if (!check_constant(n->a, &count))
		complain(c, NOT_CONSTANT, n->a->span, "unroll wants a constant count");
	else if (count < 1 || count > 100)
		complain(c, OUT_OF_RANGE, n->a->span, "unroll count %lld is not between 1 and 100",
			 (long long)count);
	check_block(c, n->b);
}

/* A block whose value nobody wants: its last expression is one more statement. */
static void drop_value(struct checker *c, struct node *block)
{
	struct node *last = node_new(c->arena, NODE_EXPR, block->a->span);

	last->a = block->a;
	block->a = NULL;
	avec_push(c->arena, &block->list, last);
}

/* Calls that are made for their value alone. */
static bool only_gives_value(const struct node *n)
{
	const struct builtin *b = n->kind == NODE_CALL ? n->ref.builtin : NULL;

	return b && b->id == BUILTIN_HAS_KEY;
}

static void check_expr_stmt(struct checker *c, struct node *n)
{
	bool call = n->a->kind == NODE_CALL;

	if (n->a->kind == NODE_BLOCK && n->a->a)
		drop_value(c, n->a);
	check_expr(c, n->a);
	if (only_gives_value(n->a) && !check_said(c, n->a->span))
		complain(c, STATEMENT_NO_EFFECT, n->a->span, "the value of %s() is not used", n->a->name);
	if (n->a->kind == NODE_UNARY &&
	    (n->a->op == OP_PREINC || n->a->op == OP_PREDEC || n->a->op == OP_POSTINC ||
	     n->a->op == OP_POSTDEC)) {
		n->a->flags |= NODE_DISCARDED;
		return;
	}
	if (!call && n->a->kind != NODE_BLOCK)
		complain(c, STATEMENT_NO_EFFECT, n->a->span, "this statement has no effect");
}

static void check_statement(struct checker *c, struct node *n)
{
	switch ((enum node_kind)n->kind) {
	case NODE_EXPR: check_expr_stmt(c, n); break;
	case NODE_ASSIGN: check_assign(c, n); break;
	case NODE_DISCARD: check_expr(c, n->a); break;
	case NODE_LET: check_let(c, n); break;
	case NODE_IF: check_if(c, n); break;
	case NODE_UNROLL: check_unroll(c, n); break;
	case NODE_BLOCK: check_block(c, n); break;
	case NODE_RETURN:
		if (n->a)
			check_value(c, n->a);
		break;
	case NODE_WHILE: check_while(c, n); break;
	case NODE_FOR: check_for(c, n); break;
	case NODE_BREAK: case NODE_CONTINUE: check_jump(c, n); break;
	default:
		complain(c, NOT_SUPPORTED, n->span, "this statement is not supported yet");
	}
}

static bool ends_probe(const struct node *n)
{
	return n->kind == NODE_RETURN ||
	       (n->kind == NODE_EXPR && n->a->kind == NODE_CALL && str_eq(n->a->name, "exit"));
}

void check_block(struct checker *c, struct node *block)
{
	struct scope scope = {.parent = c->scope};

	c->scope = &scope;
	vec_each(it, &block->list) {
		if (it > block->list.v && ends_probe(it[-1]))
			complain(c, UNREACHABLE, (*it)->span,
				 "Unreachable statement: the one before it ends the probe");
		check_statement(c, *it);
	}
	if (block->a)
		block->type = check_value(c, block->a);
	c->scope = scope.parent;
}
