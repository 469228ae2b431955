/* check_expr.c - types of expressions; the rules of integers are in check_integer.c. */
#include "lang/check_int.h"
#include "lang/lex.h"

#include <ctype.h>
#include <stdlib.h>

static const struct type *none(struct checker *c)
{
	return simple(c, TYPE_NONE);
}

static const struct type *int64_type(struct checker *c)
{
	return type_int(c->types, 8, true);
}

static const struct type *uint64_type(struct checker *c)
{
	return type_int(c->types, 8, false);
}

bool check_storable(struct checker *c, const struct node *n, const struct type *t)
{
	if (t->kind == TYPE_STRUCT && t->is_args) {
		complain(c, TYPE_MISMATCH, n->span, "args cannot be kept whole");
		advise(c, "keep what is needed of it: args.field");
		return false;
	}
	if (t->kind != TYPE_NONE && t->kind != TYPE_VOID) {
		check_complete_deep(c, t, 0);
		return true;
	}
	if (!check_said(c, n->span)) {
		if (n->kind == NODE_CALL)
			complain(c, TYPE_MISMATCH, n->span, "%s() gives no value", n->name);
		else if (t->kind == TYPE_VOID)
			complain(c, TYPE_MISMATCH, n->span, "this gives no value");
	}
	return false;
}

enum type_space check_default_space(const struct checker *c)
{
	switch (c->probe->provider) {
	case PROVIDER_UPROBE: case PROVIDER_URETPROBE: case PROVIDER_USDT:
		return TYPE_SPACE_USER;
	case PROVIDER_TRACEPOINT:
		if (c->probe->targets.n && str_eq(c->probe->targets.v[0]->category, "syscalls"))
			return TYPE_SPACE_USER;
		return TYPE_SPACE_KERNEL;
	default:
		return TYPE_SPACE_KERNEL;
	}
}

/* ---- types as written ---- */

static const struct { const char *name; uint8_t size; bool is_signed; } int_names[] = {
	{"int8", 1, true}, {"int16", 2, true}, {"int32", 4, true}, {"int64", 8, true},
	{"uint8", 1, false}, {"uint16", 2, false}, {"uint32", 4, false}, {"uint64", 8, false},
	{"char", 1, true}, {"short", 2, true}, {"int", 4, true}, {"long", 8, true},
	{"long long", 8, true}, {"unsigned", 4, false}, {"unsigned char", 1, false},
	{"unsigned short", 2, false}, {"unsigned int", 4, false}, {"unsigned long", 8, false},
	{"unsigned long long", 8, false}, {"signed char", 1, true}, {"size_t", 8, false},
	{"ssize_t", 8, true}, {"uintptr_t", 8, false}, {"intptr_t", 8, true},
	{"int8_t", 1, true}, {"int16_t", 2, true}, {"int32_t", 4, true}, {"int64_t", 8, true},
	{"uint8_t", 1, false}, {"uint16_t", 2, false}, {"uint32_t", 4, false}, {"uint64_t", 8, false},
	{"u8", 1, false}, {"u16", 2, false}, {"u32", 4, false}, {"u64", 8, false},
	{"s8", 1, true}, {"s16", 2, true}, {"s32", 4, true}, {"s64", 8, true},
	{"__u8", 1, false}, {"__u16", 2, false}, {"__u32", 4, false}, {"__u64", 8, false},
	{"__s8", 1, true}, {"__s16", 2, true}, {"__s32", 4, true}, {"__s64", 8, true},
};

static const char *int_name_at(const void *ctx, size_t i)
{
	(void)ctx;
	return int_names[i].name;
}

/* The diagnostic of a type that is not there, with what may have been meant. */
static void unknown_type(struct checker *c, const struct node *n)
{
	const char *near = diag_nearest(n->name, ARRAY_SIZE(int_names), int_name_at, NULL);

	complain(c, UNKNOWN_TYPE, n->span, "there is no type '%s%s%s'", op_spelling(n->op), n->op ? " " : "",
		 n->name);
	if (!n->op && c->speak && c->world->type_named(c->world, OP_STRUCT, n->name))
		advise(c, "did you mean 'struct %s'?", n->name);
	else if (!n->op && near)
		advise(c, "did you mean '%s'?", near);
}

static const struct type *named_type(struct checker *c, const struct node *n)
{
	enum op tag = n->op;
	const struct type *t = ctypes_named(&c->ctypes, tag, n->name);

	if (t)
		return t;
	if (tag == OP_NONE) {
		for (size_t i = 0; i < ARRAY_SIZE(int_names); i++)
			if (str_eq(int_names[i].name, n->name))
				return type_int(c->types, int_names[i].size, int_names[i].is_signed);
		if (str_eq(n->name, "void"))
			return simple(c, TYPE_VOID);
		if (str_eq(n->name, "bool"))
			return simple(c, TYPE_BOOL);
	}
	return c->world->type_named(c->world, tag, n->name);
}

const struct type *check_type(struct checker *c, struct node *n)
{
	const struct type *t;

	if (n->kind != NODE_TYPE)
		return check_expr(c, n);
	if (n->name && str_eq(n->name, "typeof") && n->a) {
		t = check_type(c, n->a); /* which looks at an expression's type, too */
	} else if (n->name && str_eq(n->name, "string")) {
		int64_t size = string_room(&c->script->config);

		if (n->list.n && n->list.v[0])
			check_constant(n->list.v[0], &size);
		return n->type = type_string(c->types, MAX_OF((int64_t)1, MIN_OF(size, (int64_t)1 << 20)));
	} else if (n->name && !n->name[0] && n->a) {
		t = check_type(c, n->a); /* a wrapped type: int32[4] * */
	} else {
		t = named_type(c, n);
	}
	if (!t) {
		unknown_type(c, n);
		return n->type = none(c);
	}
	for (uint64_t i = 0; i < n->num; i++)
		t = type_pointer(c->types, t, TYPE_SPACE_NONE, false);
	for (size_t i = n->list.n; i-- > 0;) {
		int64_t count = 0;

		if (n->list.v[i])
			check_constant(n->list.v[i], &count);
		if (count < 0 || count > 1 << 16)
			complain(c, OUT_OF_RANGE, n->span, "an array of %lld elements", (long long)count);
		else
			t = type_array(c->types, t, count);
	}
	return n->type = t;
}

/* ---- operators ---- */

static bool is_numeric(const struct type *t)
{
	return type_is_scalar(t) || t->kind == TYPE_NONE;
}

static bool comparable(const struct type *a, const struct type *b)
{
	if (a->kind == TYPE_NONE || b->kind == TYPE_NONE)
		return true;
	if (is_numeric(a) && is_numeric(b))
		return true;
	if (a->kind == TYPE_BUFFER || b->kind == TYPE_BUFFER)
		return a->kind == b->kind;
	if (a->kind == b->kind && (a->kind == TYPE_TUPLE || a->kind == TYPE_RECORD)) {
		for (uint32_t i = 0; i < a->nfields && a->nfields == b->nfields; i++) {
			const struct field *other = type_counterpart(b, a, i);

			if (!other || !comparable(a->fields[i].type, other->type))
				return false;
		}
		return a->nfields == b->nfields;
	}
	return a->kind == b->kind && (a->kind == TYPE_STRING || a->kind == TYPE_ARRAY || a->kind == TYPE_INET ||
				      a->kind == TYPE_MAC || a->kind == TYPE_KSTACK || a->kind == TYPE_USTACK);
}

static const struct type *check_comparison(struct checker *c, struct node *n)
{
	const struct type *a = n->a->type, *b = n->b->type;
	bool equality = n->op == OP_EQ || n->op == OP_NE;

	if (!comparable(a, b) || (!equality && !(is_numeric(a) && is_numeric(b)))) {
		complain(c, TYPE_MISMATCH, n->span, "%s and %s cannot be compared by '%s'",
			 type_name(c->types, a), type_name(c->types, b), op_spelling(n->op));
	}
	return simple(c, TYPE_BOOL);
}

static const struct type *check_arithmetic(struct checker *c, struct node *n)
{
	const struct type *a = n->a->type, *b = n->b->type;
	int64_t divisor, count;

	if (a->kind == TYPE_NONE || b->kind == TYPE_NONE)
		return a->kind == TYPE_NONE && b->kind == TYPE_NONE ? none(c) : int64_type(c);
	if (a->kind == TYPE_POINTER && b->kind == TYPE_POINTER && n->op == OP_SUB)
		return int64_type(c);
	if (a->kind == TYPE_POINTER && type_is_int(b) && (n->op == OP_ADD || n->op == OP_SUB))
		return type_pointer(c->types, a->elem, a->space, false);
	if (b->kind == TYPE_POINTER && type_is_int(a) && n->op == OP_ADD)
		return type_pointer(c->types, b->elem, b->space, false);
	if (!is_numeric(a) || !is_numeric(b)) {
		const struct node *bad = is_numeric(a) ? n->b : n->a;

		complain(c, BAD_OPERAND, bad->span, "'%s' wants numbers, this is %s", op_spelling(n->op),
			 type_name(c->types, bad->type));
		return none(c);
	}
	if ((a->kind == TYPE_POINTER || b->kind == TYPE_POINTER) &&
	    (n->op == OP_MUL || n->op == OP_DIV || n->op == OP_MOD || (n->op == OP_SUB && b->kind == TYPE_POINTER)))
		complain(c, BAD_OPERAND, n->span, "'%s' has no meaning for %s and %s", op_spelling(n->op),
			 type_name(c->types, a), type_name(c->types, b));
	if ((n->op == OP_DIV || n->op == OP_MOD) && check_constant(n->b, &divisor) && divisor == 0)
		complain(c, DIVISION_BY_ZERO, n->span, "division by zero");
	if (n->op == OP_SHL || n->op == OP_SHR) {
		if (check_constant(n->b, &count) && (count < 0 || count > 63))
			complain(c, OUT_OF_RANGE, n->b->span, "a shift by %lld: values have 64 bits", (long long)count);
		return type_int(c->types, 8, a->is_signed && !check_plain_literal(n->a));
	}
	if (n->op == OP_SUB) /* the difference of two unsigned numbers may be negative */
		return int64_type(c);
	return type_int(c->types, 8, check_result_signed(n->a, n->b));
}

static const struct type *check_binary(struct checker *c, struct node *n)
{
	check_value(c, n->a);
	check_value(c, n->b);
	switch ((enum op)n->op) {
	case OP_LOGICAL_AND: case OP_LOGICAL_OR:
		for (unsigned i = 0; i < 2; i++) {
			const struct node *side = i ? n->b : n->a;

			if (!is_numeric(side->type))
				complain(c, BAD_OPERAND, side->span, "'%s' wants numbers, this is %s",
					 op_spelling(n->op), type_name(c->types, side->type));
		}
		return simple(c, TYPE_BOOL);
	case OP_EQ: case OP_NE: case OP_LT: case OP_LE: case OP_GT: case OP_GE:
		return check_comparison(c, n);
	default:
		return check_arithmetic(c, n);
	}
}

static const struct type *check_increment(struct checker *c, struct node *n)
{
	if (n->a->kind == NODE_MAP) {
		struct map *map = check_map(c, n->a, MAP_COUNTED | MAP_READ);

		if (map->value && !type_is_int(map->value) && map->value->kind != TYPE_POINTER &&
		    map->value->kind != TYPE_NONE)
			complain(c, MAP_VALUE_MISMATCH, n->span, "'%s' wants a number, @%s holds %s",
				 op_spelling(n->op), map->name, type_name(c->types, map->value));
		else
			check_map_value(c, map, int64_type(c), n);
		n->a->type = map->value;
		return map->value;
	}
	if (n->a->kind == NODE_VAR) {
		const struct type *t = check_expr(c, n->a);

		if (!is_numeric(t))
			complain(c, BAD_OPERAND, n->span, "'%s' wants a number, this is %s",
				 op_spelling(n->op), type_name(c->types, t));
		check_step_variable(c, n->a->ref.variable, n->op == OP_PREDEC || n->op == OP_POSTDEC);
		return t;
	}
	check_expr(c, n->a);
	complain(c, NOT_ASSIGNABLE, n->a->span, "'%s' wants a map or a scratch variable", op_spelling(n->op));
	return int64_type(c);
}

/* What reading through a pointer gives: the target, in the pointer's address space. */
static const struct type *target_type(struct checker *c, const struct type *pointer)
{
	enum type_space space = pointer->space ? pointer->space : check_default_space(c);

	return type_in_space(c->types, pointer->elem, space);
}

static const struct type *check_unary(struct checker *c, struct node *n)
{
	const struct type *t;

	switch ((enum op)n->op) {
	case OP_PREINC: case OP_PREDEC: case OP_POSTINC: case OP_POSTDEC:
		return check_increment(c, n);
	case OP_ADDRESS:
		t = check_expr(c, n->a);
		if (t->kind == TYPE_NONE &&
		    (n->a->kind == NODE_VAR || n->a->kind == NODE_MAP || check_said(c, n->a->span)))
			return t;
		if ((n->a->kind == NODE_VAR || n->a->kind == NODE_MAP) && !type_is_aggregation(t))
			return type_pointer(c->types, t, TYPE_SPACE_KERNEL, false);
		complain(c, BAD_OPERAND, n->span, "'&' wants a scratch variable or a map's plain value");
		return none(c);
	default:
		break;
	}
	t = check_value(c, n->a);
	if (t->kind == TYPE_NONE)
		return t;
	if (n->op == OP_DEREF) {
		if (t->kind == TYPE_POINTER && t->elem->kind == TYPE_VOID && n->a->kind == NODE_CALL) /* *kptr(5) */
			t = n->a->type = type_pointer(c->types, uint64_type(c), t->space, false);
		if (t->kind == TYPE_POINTER && t->elem->kind != TYPE_VOID)
			return target_type(c, t);
		if (type_is_int(t)) /* an address held as a number: 64 bits there */
			return uint64_type(c);
		complain(c, BAD_OPERAND, n->span, "'*' wants a pointer, this is %s", type_name(c->types, t));
		return none(c);
	}
	if (!is_numeric(t)) {
		complain(c, BAD_OPERAND, n->a->span, "'%s' wants a number, this is %s", op_spelling(n->op),
			 type_name(c->types, t));
		return none(c);
	}
	if (n->op == OP_NOT)
		return simple(c, TYPE_BOOL);
	if (n->op == OP_NEG)
		return int64_type(c);
	if (t->kind == TYPE_INT && !t->is_signed)
		return t;
	return type_int(c->types, 8, t->is_signed && !check_plain_literal(n->a));
}

/* ---- fields, elements ---- */

typedef VEC(const char *) name_list;

static const char *name_at(const void *ctx, size_t i)
{
	return ((const name_list *)ctx)->v[i];
}

/* The names a script can write after `.`: also those inside anonymous members. */
static void field_names(struct checker *c, const struct type *t, name_list *names, unsigned depth)
{
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];

		if (f->name)
			avec_push(c->arena, names, f->name);
		else if (f->type->kind == TYPE_STRUCT && depth < 16)
			field_names(c, f->type, names, depth + 1);
	}
}

static const char *near_field(struct checker *c, const struct type *t, const char *word)
{
	name_list names = {0};

	field_names(c, t, &names, 0);
	return diag_nearest(word, names.n, name_at, &names);
}

static const struct type *complete(struct checker *c, const struct type *t)
{
	if (t->kind == TYPE_STRUCT && !t->complete && !ctypes_complete(&c->ctypes, t))
		c->world->complete(c->world, (struct type *)t);
	return t;
}

/* A value that is kept or printed is known down to its last member. */
void check_complete_deep(struct checker *c, const struct type *t, unsigned depth)
{
	if (depth > 16)
		return;
	while (t->kind == TYPE_ARRAY)
		t = t->elem;
	complete(c, t);
	if (t->kind == TYPE_STRUCT || t->kind == TYPE_TUPLE || t->kind == TYPE_RECORD)
		for (uint32_t i = 0; i < t->nfields; i++)
			check_complete_deep(c, t->fields[i].type, depth + 1);
}

/* Anonymous members must be complete for type_field to look into them. */
static void complete_inner(struct checker *c, const struct type *t, unsigned depth)
{
	complete(c, t);
	for (uint32_t i = 0; depth < 16 && i < t->nfields; i++)
		if (!t->fields[i].name && t->fields[i].type->kind == TYPE_STRUCT)
			complete_inner(c, t->fields[i].type, depth + 1);
}

/* Every other target of the probe must have the same field at the same place. */
static void check_other_targets(struct checker *c, const struct node *n, const struct field *field)
{
	if (!c->speak || n->a->kind != NODE_IDENT || !n->a->ref.builtin ||
	    n->a->ref.builtin->id != BUILTIN_ARGS)
		return;
	for (size_t i = 1; i < c->probe->targets.n; i++) {
		const struct target *target = c->probe->targets.v[i];
		const struct type *args = c->world->args(c->world, target);
		struct field other;

		if (!args || !type_field(args, n->name, &other)) {
			complain(c, UNKNOWN_FIELD, n->span, "%s has no argument '%s'", target->name, n->name);
			return;
		}
		if ((other.offset != field->offset && target->provider != PROVIDER_FENTRY &&
		     target->provider != PROVIDER_FEXIT) || other.source != field->source ||
		    other.type->size != field->type->size || other.type->kind != field->type->kind) {
			complain(c, TYPE_MISMATCH, n->span,
				 "argument '%s' of %s is not at the same place as that of %s",
				 n->name, target->name, c->probe->targets.v[0]->name);
			advise(c, "write one block for each");
			return;
		}
	}
}

static const struct type *check_member(struct checker *c, struct node *n, const struct type *t,
				       bool through_pointer)
{
	struct field *field = arena_new_of(c->arena, struct field);
	const struct type *ft;
	enum type_space space = through_pointer ? t->space : TYPE_SPACE_NONE;
	const struct type *st = through_pointer ? t->elem : t;

	complete_inner(c, st, 0);
	if (!type_field(st, n->name, field)) {
		complain(c, UNKNOWN_FIELD, n->span, "%s has no field '%s'",
			 st->is_args ? "this probe" : type_name(c->types, st), n->name);
		if (c->speak) {
			const char *near = near_field(c, st, n->name);

			if (near)
				advise(c, "did you mean '%s'?", near);
		}
		return none(c);
	}
	if (field->source == FIELD_UNREACHABLE)
		complain(c, BUILTIN_NOT_HERE, n->span, "argument '%s' cannot be had: %s", n->name, field->why);
	check_other_targets(c, n, field);
	ft = field->type;
	if (ft->kind == TYPE_ARRAY && ft->elem->kind == TYPE_INT && ft->elem->size == 1 &&
	    ft->elem->is_signed && ft->count)
		ft = type_string(c->types, ft->count);
	if (ft->kind == TYPE_STRING && ft->size == 0)
		ft = type_string(c->types, string_room(&c->script->config));
	if (field->source == FIELD_SYSCALL && ft->kind == TYPE_POINTER)
		ft = type_pointer(c->types, ft->elem, TYPE_SPACE_USER, false);
	if (through_pointer && (ft->kind == TYPE_POINTER || ft->kind == TYPE_ARRAY))
		ft = ft->kind == TYPE_POINTER
		     ? type_pointer(c->types, ft->elem, ft->space ? ft->space : space ? space : check_default_space(c),
				    t->trusted && ft->elem->kind == TYPE_STRUCT && ft->elem->btf_id)
		     : type_in_space(c->types, ft, space ? space : check_default_space(c));
	field->type = ft;
	n->ref.field = field;
	return ft;
}

/* A struct value (not a pointer) reached through memory keeps its space through the path. */
static const struct type *check_field(struct checker *c, struct node *n)
{
	const struct type *t = check_value(c, n->a);

	if (t->kind == TYPE_NONE)
		return t;
	if (t->kind == TYPE_POINTER && t->elem->kind == TYPE_STRUCT)
		return check_member(c, n, t, true);
	if (t->kind == TYPE_STRUCT || t->kind == TYPE_RECORD)
		return check_member(c, n, t, false);
	complain(c, UNKNOWN_FIELD, n->span, "%s has no fields", type_name(c->types, t));
	if (type_is_int(t))
		advise(c, "cast it first: ((struct NAME *)x).%s", n->name);
	return none(c);
}

static const struct type *check_element(struct checker *c, struct node *n)
{
	const struct type *t = check_value(c, n->a);

	if (t->kind == TYPE_NONE)
		return t;
	if (t->kind != TYPE_TUPLE && t->kind != TYPE_RECORD) {
		complain(c, BAD_OPERAND, n->span, "%s has no numbered elements", type_name(c->types, t));
		return none(c);
	}
	if (n->num >= t->nfields) {
		complain(c, OUT_OF_RANGE, n->span, "element %llu of a tuple of %u",
			 (unsigned long long)n->num, t->nfields);
		return none(c);
	}
	n->ref.field = &t->fields[n->num];
	return t->fields[n->num].type;
}

static const struct type *check_index(struct checker *c, struct node *n)
{
	const struct type *t = check_value(c, n->a), *index = check_value(c, n->b);
	int64_t at;
	bool constant = check_constant(n->b, &at);

	if (t->kind == TYPE_NONE)
		return t;
	if (index->kind != TYPE_NONE && !type_is_int(index))
		complain(c, BAD_OPERAND, n->b->span, "an index wants a number, this is %s",
			 type_name(c->types, index));
	if ((t->kind == TYPE_TUPLE || t->kind == TYPE_RECORD) && constant) {
		n->kind = NODE_ELEMENT;
		n->num = at;
		return check_element(c, n);
	}
	if (t->kind == TYPE_POINTER && t->elem->kind != TYPE_VOID)
		return target_type(c, t);
	if (t->kind == TYPE_STRING || t->kind == TYPE_ARRAY) {
		uint32_t count = t->kind == TYPE_STRING ? t->size : t->count;

		if (constant && count && (at < 0 || (uint64_t)at >= count))
			complain(c, OUT_OF_RANGE, n->b->span, "index %lld is outside of %u elements",
				 (long long)at, count);
		return t->kind == TYPE_STRING ? type_int(c->types, 1, true)
					      : type_in_space(c->types, t->elem, t->space);
	}
	complain(c, BAD_OPERAND, n->span, "%s cannot be indexed", type_name(c->types, t));
	return none(c);
}

/* ---- casts, sizes ---- */

static const struct type *check_cast(struct checker *c, struct node *n)
{
	const struct type *to = check_type(c, n->a), *from = check_value(c, n->b);

	if (to->kind == TYPE_NONE || from->kind == TYPE_NONE)
		return to;
	if (to->kind == TYPE_POINTER) {
		enum type_space space = from->kind == TYPE_POINTER && from->space ? from->space
				       : check_default_space(c);

		if (is_numeric(from) || from->kind == TYPE_ARRAY)
			return type_pointer(c->types, to->elem, space, false);
	}
	if (type_is_int(to) && (is_numeric(from) ||
	    (from->kind == TYPE_ARRAY && from->size <= 8 && from->size == to->size)))
		return to;
	if (to->kind == TYPE_ARRAY && to->count == 0 && type_is_int(from) && to->elem->size) {
		to = type_array(c->types, to->elem, from->size / to->elem->size);
		return n->a->type = to;
	}
	if (to->kind == TYPE_ARRAY && from->kind == TYPE_STRING && to->elem->kind == TYPE_INT && to->elem->size == 1 &&
	    (!to->count || to->count >= from->size)) /* its bytes, the end's among them */
		return n->a->type = type_array(c->types, to->elem, to->count ? to->count : from->size);
	if (to->kind == TYPE_ARRAY && (to->size == from->size || (type_is_int(from) && to->size <= 8)))
		return to;
	if (to->kind == TYPE_STRING && from->kind == TYPE_STRING)
		return to;
	if (to->kind == TYPE_STRUCT && from->kind == TYPE_INT) {
		/* (struct x)arg0, the old spelling of a pointer cast */
		return type_pointer(c->types, to, check_default_space(c), false);
	}
	complain(c, BAD_CAST, n->span, "%s cannot be cast to %s", type_name(c->types, from),
		 type_name(c->types, to));
	return to;
}

/* sizeof(name), offsetof(name, ...): the name of a C type parses as one of a value. */
static const struct type *check_measured(struct checker *c, struct node *n)
{
	const struct type *t = n->kind == NODE_IDENT ? ctypes_named(&c->ctypes, OP_NONE, n->name) : NULL;

	if (t)
		return n->type = t;
	return n->kind == NODE_TYPE ? check_type(c, n) : check_value(c, n);
}

static bool of_literals(const struct node *n)
{
	return n->kind == NODE_INT || (n->kind == NODE_UNARY && n->op == OP_NEG && of_literals(n->a)) ||
	       (n->kind == NODE_BINARY && of_literals(n->a) && of_literals(n->b));
}

/* A literal is as wide as it needs to be: sizeof(-1) is 1, sizeof((1, 300)) what the type is. */
static uint64_t literal_size(const struct node *n, const struct type *t)
{
	int64_t v;

	if (t->kind != TYPE_INT || !of_literals(n) || !check_constant(n, &v))
		return t->size;
	if (n->flags & NODE_UNSIGNED)
		return 8;
	return v == (int8_t)v ? 1 : v == (int16_t)v ? 2 : v == (int32_t)v ? 4 : 8;
}

static const struct type *check_sizeof(struct checker *c, struct node *n)
{
	const struct type *t = check_measured(c, n->a);

	complete(c, t);
	n->num = literal_size(n->a, t);
	if (t->kind != TYPE_NONE)
		n->flags |= NODE_KNOWN;
	return uint64_type(c);
}

static const struct type *check_offsetof(struct checker *c, struct node *n)
{
	const struct type *t = check_measured(c, n->a);
	uint64_t offset = 0;

	if (t->kind == TYPE_POINTER)
		t = t->elem;
	vec_each(it, &n->list) {
		struct field field;

		if (t->kind == TYPE_NONE)
			return uint64_type(c);
		complete_inner(c, t, 0);
		if (!type_field(t, (*it)->name, &field)) {
			complain(c, UNKNOWN_FIELD, (*it)->span, "%s has no field '%s'",
				 type_name(c->types, t), (*it)->name);
			return uint64_type(c);
		}
		offset += field.offset;
		t = field.type;
	}
	n->num = offset;
	n->flags |= NODE_KNOWN;
	return uint64_type(c);
}

/* ---- leaves ---- */

static const struct type *check_identifier(struct checker *c, struct node *n)
{
	const struct builtin *b = builtin_variable(n->name);
	const struct type *t = NULL;
	const char *near;
	int64_t value;

	if (str_starts(n->name, "arg") && isdigit((unsigned char)n->name[3])) {
		b = builtin_variable("arg0");
		n->num = strtoul(n->name + 3, NULL, 10);
	}
	if (b)
		return check_variable_builtin(c, n, b);
	if (ctypes_constant(&c->ctypes, n->name, &value, &t)) {
		n->kind = NODE_INT;
		n->num = value;
		return t;
	}
	if (c->world->enumerator(c->world, n->name, &value, &t)) {
		n->kind = NODE_INT;
		n->num = value;
		return t ? t : int64_type(c);
	}
	near = builtin_nearest(n->name, false);
	complain(c, UNKNOWN_IDENTIFIER, n->span, "there is no builtin or constant '%s'", n->name);
	if (near)
		advise(c, "did you mean '%s'?", near);
	else if (builtin_function(n->name))
		advise(c, "it is a function: %s(...)", n->name);
	else if (c->speak && c->world->type_named(c->world, OP_STRUCT, n->name))
		advise(c, "did you mean 'struct %s'?", n->name);
	return none(c);
}

static const struct type *check_param(struct checker *c, struct node *n)
{
	uint64_t value = 0;
	bool negative = false;
	const char *text;

	if (n->num == 0) {
		value = c->world->nparams;
	} else if (n->num <= c->world->nparams) {
		text = c->world->params[n->num - 1];
		negative = *text == '-';
		if (!lex_text_number(text + negative, &value)) { /* a string, as if written here */
			n->kind = NODE_STRING;
			n->text = (struct text){text, strlen(text)};
			return check_expr(c, n);
		}
		value = negative ? -value : value;
	} else {
		diag_add(c->script->diags, DIAG_MISSING_PARAMETER, n->span, /* now: a later pass sees a number */
			 "Positional parameter $%llu is empty or not provided", (unsigned long long)n->num);
	}
	n->kind = NODE_INT;
	n->num = value;
	n->flags |= !negative && value > INT64_MAX ? NODE_UNSIGNED : 0;
	return n->flags & NODE_UNSIGNED ? uint64_type(c) : int64_type(c);
}

static const struct type *check_tuple(struct checker *c, struct node *n)
{
	const struct type **elems = arena_array(c->arena, const struct type *, n->list.n);
	const char **names = arena_array(c->arena, const char *, n->list.n);

	for (size_t i = 0; i < n->list.n; i++) {
		struct node *item = n->list.v[i];

		names[i] = item->name;
		elems[i] = check_value(c, n->kind == NODE_RECORD ? item->a : item);
		check_storable(c, n->kind == NODE_RECORD ? item->a : item, elems[i]);
	}
	return type_tuple(c->types, elems, n->kind == NODE_RECORD ? names : NULL, n->list.n);
}

static const struct type *check_ternary(struct checker *c, struct node *n)
{
	unsigned undecided = c->undecided;
	const struct type *cond = check_value(c, n->a), *t, *merged;
	int64_t decided;

	if (n->b && n->c && check_decided(c, n->a, &decided)) {
		t = check_value(c, decided ? n->b : n->c);
		if (c->speak && !(n->b->kind == NODE_BLOCK && !n->b->a))
			*n = decided ? *n->b : *n->c;
		return t;
	}
	if (c->undecided != undecided)
		return none(c);

	const struct type *yes = n->b ? check_value(c, n->b) : cond;
	const struct type *no = n->c ? check_value(c, n->c) : simple(c, TYPE_VOID);

	if (!is_numeric(cond))
		complain(c, TYPE_MISMATCH, n->a->span, "a condition wants a number, this is %s",
			 type_name(c->types, cond));
	if (yes->kind == TYPE_NONE && no->kind == TYPE_NONE)
		return none(c);
	if (yes->kind == TYPE_VOID || no->kind == TYPE_VOID) {
		complain(c, TYPE_MISMATCH, n->span, "used as a value, both sides of a condition must give one");
		return none(c);
	}
	t = yes->kind == TYPE_NONE ? no : yes;
	merged = check_merge(c, check_widen(c, t), check_widen(c, no));
	if (!merged) {
		complain(c, TYPE_MISMATCH, n->span, "the two sides of '?:' are %s and %s",
			 type_name(c->types, yes), type_name(c->types, no));
		return t;
	}
	return merged;
}

static const struct type *check_map_read(struct checker *c, struct node *n)
{
	struct map *map = check_map(c, n, MAP_READ);

	return map->value ? map->value : none(c);
}

static const struct type *check_var(struct checker *c, struct node *n)
{
	struct variable *v = check_variable(c, n->name);

	if (!v) {
		complain(c, UNKNOWN_VARIABLE, n->span, "$%s is used before it is set", n->name);
		return none(c);
	}
	n->ref.variable = v;
	return v->type;
}

static const struct type *unsupported(struct checker *c, struct node *n, const char *what)
{
	complain(c, NOT_SUPPORTED, n->span, "%s is not supported yet", what);
	return none(c);
}

const struct type *check_expr(struct checker *c, struct node *n)
{
	const struct type *t;

	switch ((enum node_kind)n->kind) {
	case NODE_INT:
		t = n->type && n->type->kind == TYPE_ENUM ? n->type
		    : n->flags & NODE_UNSIGNED ? uint64_type(c) : int64_type(c);
		break;
	case NODE_BOOL: t = simple(c, TYPE_BOOL); break;
	case NODE_STRING: /* one beyond the limit was not cut: there is room behind it */
		t = type_string(c->types, n->text.len + 1 + (n->text.len + 1 >= string_room(&c->script->config)));
		break;
	case NODE_IDENT: t = check_identifier(c, n); break;
	case NODE_PARAM: t = check_param(c, n); break;
	case NODE_VAR: t = check_var(c, n); break;
	case NODE_MAP: t = check_map_read(c, n); break;
	case NODE_UNARY: t = check_unary(c, n); break;
	case NODE_BINARY: t = check_binary(c, n); break;
	case NODE_TERNARY: t = check_ternary(c, n); break;
	case NODE_CALL: t = check_call(c, n); break;
	case NODE_FIELD: t = check_field(c, n); break;
	case NODE_ELEMENT: t = check_element(c, n); break;
	case NODE_INDEX: t = check_index(c, n); break;
	case NODE_CAST: t = check_cast(c, n); break;
	case NODE_SIZEOF: t = check_sizeof(c, n); break;
	case NODE_OFFSETOF: t = check_offsetof(c, n); break;
	case NODE_TUPLE: case NODE_RECORD: t = check_tuple(c, n); break;
	case NODE_BLOCK:
		check_block(c, n);
		t = n->a ? n->a->type : simple(c, TYPE_VOID);
		break;
	case NODE_IF: /* used for its value it is a conditional whose sides are blocks */
		n->kind = NODE_TERNARY;
		t = check_ternary(c, n);
		break;
	case NODE_COMPTIME: t = check_comptime(c, n); break;
	case NODE_TYPEINFO: t = check_typeinfo(c, n); break;
	case NODE_TYPE: t = unsupported(c, n, "a type used as a value"); break;
	case NODE_ASSIGN: case NODE_DISCARD: case NODE_EXPR: case NODE_LET: case NODE_UNROLL: case NODE_WHILE:
	case NODE_FOR: case NODE_BREAK: case NODE_CONTINUE: case NODE_RETURN:
		complain(c, TYPE_MISMATCH, n->span, "this is a statement and has no value");
		diag_hint(c->script->diags, "the last line of a block that is used for its value is an expression");
		t = none(c);
		break;
	default:
		BUG("expression of kind %s", node_kind_name(n->kind));
	}
	return n->type = t;
}

const struct type *check_value(struct checker *c, struct node *n)
{
	const struct type *t = check_expr(c, n);

	if (t->kind == TYPE_NONE && c->speak && n->kind == NODE_CALL && n->ref.builtin &&
	    str_eq(n->ref.builtin->type, "none") && !check_said(c, n->span))
		complain(c, TYPE_MISMATCH, n->span, "%s() gives no value", n->name);
	if (!type_is_aggregation(t))
		return t;
	if (type_is_series(t)) {
		complain(c, AGGREGATION_MISUSE, n->span, "%s cannot be used as a value", type_name(c->types, t));
		advise(c, "print(@map) shows it");
		return n->type = none(c);
	}
	/* count, sum, avg, min and max are numbers when read; the node keeps what they are of */
	return n->type = type_int(c->types, 8, t->kind != TYPE_COUNT && t->is_signed);
}
