/*
 * lower_expr.c - expressions: scalars into registers, the places of multiword values, fields
 * through every kind of pointer, conditions with short cuts.
 */
#include "ir/lower_int.h"

/* ---- integers in registers ---- */

/* The value as its type keeps it: narrow types extended to 64 bits. */
struct ir_val lower_canonical(struct lower *l, struct ir_val v, const struct type *t)
{
	if (t->kind == TYPE_BOOL || !type_is_int(t) || t->size >= 8)
		return v;
	return ir_reg(ir_ext(F, v, t->size, t->is_signed));
}

/*
 * Whether the verifier may hold the register for a typed kernel pointer: then it refuses
 * arithmetic on it that is plain for us.
 */
bool lower_may_be_typed(const struct lower *l, const struct node *n)
{
	if (n->type->kind != TYPE_POINTER || n->type->space == TYPE_SPACE_USER || !l->plan->features.btf)
		return false;
	switch ((enum node_kind)n->kind) {
	case NODE_IDENT: case NODE_VAR: return true;
	case NODE_FIELD: return true;
	case NODE_TERNARY:
		return (n->b && lower_may_be_typed(l, n->b)) || lower_may_be_typed(l, n->a) ||
		       lower_may_be_typed(l, n->c);
	case NODE_CAST: return lower_may_be_typed(l, n->b);
	case NODE_BLOCK: return lower_may_be_typed(l, n->a);
	case NODE_CALL: return n->list.n && lower_may_be_typed(l, n->list.v[0]);
	default: return false;
	}
}

/*
 * The same bits, to the verifier a number: what is negated has no type any more (to whoever may trace;
 * others it would refuse), and twice is nothing.
 */
struct ir_val lower_untyped(struct lower *l, struct ir_val v)
{
	for (int i = 0; i < 2; i++) {
		vreg negated = ir_vreg(F);

		ir_emit(F, (struct ir_insn){.op = IR_NEG, .size = 8, .dst = negated, .a = v});
		v = ir_reg(negated);
	}
	return v;
}

struct ir_val lower_number(struct lower *l, const struct node *n)
{
	struct ir_val v = lower_scalar(l, n);

	return v.reg && lower_may_be_typed(l, n) ? lower_untyped(l, v) : v;
}

static enum ir_cond condition_of(enum op op, bool is_signed)
{
	switch (op) {
	case OP_EQ: return COND_EQ;
	case OP_NE: return COND_NE;
	case OP_LT: return is_signed ? COND_SLT : COND_LT;
	case OP_LE: return is_signed ? COND_SLE : COND_LE;
	case OP_GT: return is_signed ? COND_SGT : COND_GT;
	case OP_GE: return is_signed ? COND_SGE : COND_GE;
	default: BUG("comparison '%s'", op_spelling(op));
	}
}

void lower_condition(struct lower *l, const struct node *n, struct ir_block *yes, struct ir_block *no)
{
	const struct node *mixed;
	struct ir_block *middle;
	struct ir_val a, b;

	if (n->kind == NODE_UNARY && n->op == OP_NOT) {
		lower_condition(l, n->a, no, yes);
		return;
	}
	if (n->kind == NODE_BINARY && (n->op == OP_LOGICAL_AND || n->op == OP_LOGICAL_OR)) {
		middle = new_block(l);
		if (n->op == OP_LOGICAL_AND)
			lower_condition(l, n->a, middle, no);
		else
			lower_condition(l, n->a, yes, middle);
		ir_at(F, middle);
		lower_condition(l, n->b, yes, no);
		return;
	}
	if (n->kind == NODE_BINARY && lower_is_comparison(n->op) && type_is_scalar(n->a->type) &&
	    type_is_scalar(n->b->type)) {
		a = lower_scalar(l, n->a);
		if (a.reg && n->b->kind != NODE_INT && n->b->kind != NODE_VAR)
			a = ir_reg(ir_mov(F, a)); /* the other side may change a variable */
		b = lower_scalar(l, n->b);
		mixed = lower_compare_mixed(n->a, n->b);
		if (mixed && n->op != OP_EQ && n->op != OP_NE) { /* a negative number is the lesser */
			bool left = mixed == n->a, less = n->op == OP_LT || n->op == OP_LE;

			middle = new_block(l);
			ir_branch(F, COND_SLT, left ? a : b, ir_imm(0), left == less ? yes : no, middle);
			ir_at(F, middle);
		}
		ir_branch(F, condition_of(n->op, lower_compare_signed(n->a, n->b)), a, b, yes, no);
		return;
	}
	if (n->type->kind == TYPE_STRING) { /* a string is true when it is not empty */
		struct memory p = lower_materialise(l, n, n->type);

		ir_branch(F, COND_NE, lower_load(l, p, 1, false), ir_imm(0), yes, no);
		return;
	}
	ir_branch(F, COND_NE, lower_scalar(l, n), ir_imm(0), yes, no);
}

uint32_t lower_step_size(const struct type *t)
{
	return t->kind == TYPE_POINTER && t->elem->size ? t->elem->size : 1;
}

struct ir_val lower_steps(struct lower *l, const struct type *t, struct ir_val count)
{
	uint32_t size = lower_step_size(t);

	return size == 1 ? count : lower_alu(MUL, count, ir_imm(size));
}

/* Bytes between two addresses, as elements. */
static struct ir_val pointer_difference(struct lower *l, const struct type *pointer, struct ir_val bytes)
{
	uint32_t size = lower_step_size(pointer);

	return size == 1 ? bytes : lower_arithmetic(l, OP_DIV, bytes, ir_imm(size), true);
}

static struct ir_val binary_arithmetic(struct lower *l, const struct node *n)
{
	struct ir_val a = lower_number(l, n->a), b;

	/* a later operand may change what the first one's register holds */
	if (a.reg && n->b->kind != NODE_INT && n->b->kind != NODE_IDENT)
		a = ir_reg(ir_mov(F, a));
	b = lower_number(l, n->b);
	if (n->type->kind == TYPE_POINTER && n->a->type->kind == TYPE_POINTER)
		b = lower_steps(l, n->a->type, b);
	else if (n->type->kind == TYPE_POINTER)
		a = lower_steps(l, n->b->type, a);
	a = lower_arithmetic(l, n->op, a, b, n->type->is_signed);
	if (n->op == OP_SUB && n->a->type->kind == TYPE_POINTER && n->b->type->kind == TYPE_POINTER)
		return pointer_difference(l, n->a->type, a);
	return a;
}

static struct ir_val lower_binary(struct lower *l, const struct node *n)
{
	if (n->op == OP_LOGICAL_AND || n->op == OP_LOGICAL_OR)
		return lower_condition_value(l, n);
	if (!lower_is_comparison(n->op))
		return binary_arithmetic(l, n);
	if (!type_is_scalar(n->a->type) || !type_is_scalar(n->b->type)) {
		struct ir_val equal = lower_equal(l, n->a, n->b);

		return n->op == OP_EQ ? equal : lower_alu(XOR, equal, ir_imm(1));
	}
	return lower_condition_value(l, n);
}

static struct ir_val increment_variable(struct lower *l, const struct node *n)
{
	const struct variable *v = n->a->ref.variable;
	int64_t step = lower_step_size(n->a->type);
	struct ir_val old, now;

	if (n->op == OP_PREDEC || n->op == OP_POSTDEC)
		step = -step;
	old = lower_variable(l, v);
	if (lower_may_be_typed(l, n->a))
		old = lower_untyped(l, old);
	old = ir_reg(ir_mov(F, old));
	now = lower_alu(ADD, old, ir_imm(step));
	now = n->a->type->kind == TYPE_BOOL ? lower_not_zero(l, now) : lower_canonical(l, now, n->a->type);
	lower_variable_set(l, v, now);
	return n->op == OP_PREINC || n->op == OP_PREDEC ? now : old;
}

static struct ir_val lower_unary(struct lower *l, const struct node *n)
{
	struct ir_val a;

	switch ((enum op)n->op) {
	case OP_PREINC: case OP_PREDEC: case OP_POSTINC: case OP_POSTDEC:
		return n->a->kind == NODE_MAP ? lower_map_increment(l, n) : increment_variable(l, n);
	case OP_ADDRESS:
		if (n->a->kind == NODE_MAP)
			return lower_map_address(l, n->a);
		return lower_untyped(l, ir_reg(lower_address(l, lower_variable_place(l, n->a->ref.variable))));
	case OP_NOT:
		return lower_condition_value(l, n);
	case OP_NEG:
		a = lower_number(l, n->a);
		return lower_alu(SUB, ir_imm(0), a);
	case OP_BITNOT:
		return lower_canonical(l, lower_alu(XOR, lower_number(l, n->a), ir_imm(-1)), n->type);
	case OP_DEREF:
		return lower_field_load(l, lower_place(l, n), &(struct field){.type = n->type});
	default: BUG("operator '%s'", op_spelling(n->op));
	}
}

/* ---- places ---- */

static enum ir_space space_of(struct lower *l, const struct type *pointer)
{
	if (pointer->trusted && l->plan->features.btf &&
	    /* else the current task has no type, and nothing tells it from others */
	    (l->plan->features.task_storage || l->keeps_types))
		return SPACE_BTF;
	return pointer->space == TYPE_SPACE_USER ? SPACE_USER : SPACE_KERNEL;
}

/* Arguments of raw programs are BTF pointers only where the program is typed. */
static bool rooted_in_args(const struct node *n)
{
	while (n->kind == NODE_FIELD)
		n = n->a;
	return n->kind == NODE_IDENT && n->ref.builtin && n->ref.builtin->id == BUILTIN_ARGS;
}

static bool is_context(const struct node *n)
{
	return n->kind == NODE_IDENT && n->ref.builtin && n->ref.builtin->id == BUILTIN_CTX;
}

static struct memory through_pointer(struct lower *l, const struct node *n, int32_t off)
{
	if (is_context(n))
		return (struct memory){SPACE_CTX, l->ctx, off};
	enum ir_space space = space_of(l, n->type);
	struct ir_val address = lower_scalar(l, n);

	if (space == SPACE_BTF && rooted_in_args(n) && !carrier_is_typed(l->program->carrier))
		space = SPACE_KERNEL;
	/* An argument that may be NULL is a pointer for the verifier, too, but none it lets be added to. */
	if (space == SPACE_KERNEL && address.reg && n->kind == NODE_FIELD && rooted_in_args(n) &&
	    n->a->kind == NODE_IDENT && carrier_is_typed(l->program->carrier))
		address = lower_untyped(l, address);
	return (struct memory){space, address.reg ? address.reg : ir_mov(F, address), off};
}

/* A struct passed by value: in one or two registers, which are copied, or on the stack. */
static struct memory argument_place(struct lower *l, const struct field *field)
{
	uint32_t size = ROUND_UP(field->type->size, 8u);
	struct memory copy;

	if (field->offset >= l->arch->nargs)
		return lower_argument_place(l, field->offset);
	copy = lower_temp(l, size, field->name);
	for (uint32_t at = 0; at < size; at += 8)
		lower_put(l, place_at(copy, at), 8, lower_argument(l, field->offset + at / 8));
	return copy;
}

/* Where args.field lies; only for sources in the context's own memory. */
static struct memory args_place(struct lower *l, const struct field *field)
{
	struct ir_val where, address;

	switch ((enum field_source)field->source) {
	case FIELD_ARGUMENT:
		return argument_place(l, field);
	case FIELD_PLAIN:
		return (struct memory){SPACE_CTX, l->ctx, field->offset};
	case FIELD_DATA_LOC:
	case FIELD_REL_LOC:
		where = ir_reg(ir_load(F, SPACE_CTX, l->ctx, field->offset, 4, false));
		where = lower_alu(AND, where, ir_imm(0xffff));
		if (field->source == FIELD_REL_LOC)
			where = lower_alu(ADD, where, ir_imm(field->offset + 4));
		address = lower_alu(ADD, ir_reg(l->ctx), where);
		return (struct memory){SPACE_KERNEL, address.reg, 0};
	case FIELD_RAW_ARG: /* a struct given by value */
		return lower_function_struct(l, field);
	default:
		BUG("argument %s has no place", field->name);
	}
}

static bool is_args(const struct node *n)
{
	return n->kind == NODE_IDENT && n->ref.builtin && n->ref.builtin->id == BUILTIN_ARGS;
}

/* Goes on where index < count; the block returned is for the other case. */
static struct ir_block *element_inside(struct lower *l, struct ir_val index, uint32_t count)
{
	struct ir_block *inside = new_block(l), *beyond = cold_block(l);

	ir_branch(F, COND_GE, ir_reg(ir_mov(F, index)), ir_imm(count), beyond, inside);
	ir_at(F, inside);
	return beyond;
}

/* Beyond the end nothing is read: reading at 0 fails, gives 0 and is counted. */
static vreg address_or_null(struct lower *l, vreg address, struct ir_block *beyond)
{
	struct ir_block *next = new_block(l);
	vreg at = ir_mov(F, ir_reg(address));

	ir_jump(F, next);
	ir_at(F, beyond);
	ir_set(F, at, ir_imm(0));
	ir_jump(F, next);
	ir_at(F, next);
	return at;
}

static struct memory index_place(struct lower *l, const struct node *n)
{
	const struct type *t = n->a->type;
	uint32_t size = n->type->kind == TYPE_INT && t->kind == TYPE_STRING ? 1 : n->type->size;
	/* 0: nobody knows: behind a pointer, or of a struct's last member, int x[] */
	uint32_t count = t->kind == TYPE_STRING ? t->size : t->kind == TYPE_ARRAY ? t->count : 0;
	bool constant = n->b->kind == NODE_INT && n->b->num <= INT32_MAX / MAX_OF(size, 1u);
	struct memory p = t->kind == TYPE_POINTER ? through_pointer(l, n->a, 0)
		       : t->kind == TYPE_STRING || n->a->kind == NODE_CALL ? lower_materialise(l, n->a, t)
		       : lower_place(l, n->a);
	struct ir_block *beyond = NULL;
	struct ir_val index;

	if (constant)
		return place_at(p, (int32_t)(n->b->num * size));
	index = lower_scalar(l, n->b);
	if (count)
		beyond = element_inside(l, index, count);
	p.base = lower_address(l, p);
	p.off = 0;
	/* a variable offset: by address, through the reading helper, which checks it */
	if (!count && p.space == SPACE_BTF)
		p.base = lower_untyped(l, ir_reg(p.base)).reg;
	else if (p.space == SPACE_CTX || p.space == SPACE_STACK || p.space == SPACE_MAP || p.space == SPACE_BTF)
		index = ir_reg(lower_bounded(l, index, MAX_OF(count, 1u), true));
	if (size > 1)
		index = lower_alu(MUL, index, ir_imm(size));
	p.base = ir_alu(F, IR_ADD, ir_reg(p.base), index);
	if (beyond)
		p.base = address_or_null(l, p.base, beyond);
	if (p.space != SPACE_USER)
		p.space = SPACE_KERNEL;
	return p;
}

struct memory lower_place(struct lower *l, const struct node *n)
{
	struct memory p;

	switch ((enum node_kind)n->kind) {
	case NODE_FIELD:
		if (is_args(n->a))
			return args_place(l, n->ref.field);
		if (n->a->type->kind == TYPE_POINTER)
			return through_pointer(l, n->a, n->ref.field->offset);
		return place_at(lower_place(l, n->a), n->ref.field->offset);
	case NODE_ELEMENT:
		if (n->a->kind == NODE_VAR || n->a->kind == NODE_MAP || n->a->kind == NODE_ELEMENT)
			p = lower_place(l, n->a);
		else
			p = lower_materialise(l, n->a, n->a->type);
		return place_at(p, n->ref.field->offset);
	case NODE_INDEX:
		return index_place(l, n);
	case NODE_UNARY:
		if (type_is_int(n->a->type)) /* *(address held as a number) */
			return (struct memory){n->a->type->space == TYPE_SPACE_USER ? SPACE_USER : SPACE_KERNEL,
					       ir_mov(F, lower_scalar(l, n->a)), 0};
		return through_pointer(l, n->a, 0);
	case NODE_VAR:
		return lower_variable_place(l, n->ref.variable);
	case NODE_MAP:
		return lower_map_place(l, n);
	case NODE_CAST:
		if (type_is_multiword(n->b->type) && n->b->type->size >= n->type->size)
			return lower_place(l, n->b);
		return lower_materialise(l, n, n->type);
	default:
		return lower_materialise(l, n, n->type);
	}
}

static struct ir_val bit_field(struct lower *l, struct memory p, const struct field *field)
{
	unsigned bits = field->bit_offset + field->bit_size, size = 1;
	struct ir_val v;

	while (size * 8 < bits && size < 8)
		size *= 2;
	if (p.space == SPACE_BTF)
		p.space = SPACE_KERNEL; /* the verifier knows members, not their bytes */
	v = lower_load(l, p, size, false);
	v = lower_alu(SHL, v, ir_imm(64 - bits));
	return field->type->is_signed ? lower_alu(SAR, v, ir_imm(64 - field->bit_size))
				      : lower_alu(SHR, v, ir_imm(64 - field->bit_size));
}

struct ir_val lower_field_load(struct lower *l, struct memory p, const struct field *field)
{
	const struct type *t = field->type;
	unsigned size = t->kind == TYPE_BOOL ? 1 : t->size;

	if (field->bit_size)
		return bit_field(l, p, field);
	if (size != 1 && size != 2 && size != 4 && size != 8)
		BUG("a scalar of %u bytes", size);
	return lower_load(l, p, size, t->is_signed);
}

static struct ir_val syscall_argument(struct lower *l, const struct field *field)
{
	struct ir_val v = ir_reg(ir_load(F, l->regs_btf ? SPACE_BTF : SPACE_KERNEL, l->regs,
					 l->arch->syscall_args[field->offset], 8, false));

	return lower_canonical(l, v, field->type);
}

static struct ir_val walked_object(struct lower *l, const struct field *field)
{
	vec_each(it, &l->walked)
		if (it->offset == field->offset)
			return ir_reg(it->reg);
	BUG("object %s of a walk was not loaded", field->name);
}

static bool is_walked(const struct node *n)
{
	return n->kind == NODE_FIELD && is_context(n->a) && n->type->kind == TYPE_POINTER;
}

static void walked_load(struct lower *l, uint32_t offset)
{
	struct walked w = {offset, ir_load(F, SPACE_CTX, l->ctx, offset, 8, false)};
	struct ir_block *there = new_block(l);

	ir_branch(F, COND_EQ, ir_reg(w.reg), ir_imm(0), l->done, there);
	ir_at(F, there);
	avec_push(l->arena, &l->walked, w);
}

/*
 * An iterator's program is run once more after the last object, without one: it then does
 * nothing. The object is the context's first member after `meta`, in all of them.
 */
void lower_walk_ends(struct lower *l)
{
	l->walked.n = 0;
	walked_load(l, 8);
}

vreg lower_walked_task(struct lower *l)
{
	enum { TASK = 8 }; /* in the context of every iterator over tasks, behind meta */
	const char *object = l->probe->provider == PROVIDER_ITER ? l->probe->targets.v[0]->event : NULL;

	if (!object || !str_starts(object, "task"))
		return 0;
	vec_each(it, &l->walked)
		if (it->offset == TASK)
			return it->reg;
	walked_load(l, TASK);
	return vec_last(&l->walked).reg;
}

/*
 * What else of an iterator's context is used, loaded at the start: from here on the verifier
 * knows that it is there.
 */
void lower_walked_objects(struct lower *l, const struct node *n)
{
	if (!n)
		return;
	lower_walked_objects(l, n->a);
	lower_walked_objects(l, n->b);
	lower_walked_objects(l, n->c);
	for (size_t i = 0; i < n->list.n; i++)
		lower_walked_objects(l, n->list.v[i]);
	if (!is_walked(n))
		return;
	vec_each(it, &l->walked)
		if (it->offset == n->ref.field->offset)
			return;
	walked_load(l, n->ref.field->offset);
}

/* The place of a member that is itself a pointer. */
static struct memory pointer_place(struct lower *l, const struct node *n)
{
	struct memory p = lower_place(l, n);
	const struct node *from = n->a;

	while (from->kind == NODE_FIELD && from->type->kind == TYPE_STRUCT)
		from = from->a;
	/* What was loaded through a pointer that is not trusted is not trusted anyway. */
	if (p.space == SPACE_BTF && from->type->kind == TYPE_POINTER && (from->kind != NODE_FIELD || is_args(from->a)))
		p.base = lower_only_read(l, p.base, from->type->elem);
	return p;
}

static struct ir_val lower_field(struct lower *l, const struct node *n)
{
	const struct field *field = n->ref.field;

	if (is_args(n->a) && field->source == FIELD_SYSCALL && l->regs)
		return syscall_argument(l, field);
	if (is_args(n->a) && field->source == FIELD_SYSCALL) /* the perf record: after the number */
		return lower_canonical(l, ir_reg(ir_load(F, SPACE_CTX, l->ctx, 16 + 8 * field->offset, 8, false)),
				 field->type);
	if (is_args(n->a) && lower_is_function_probe(l->probe->provider))
		return lower_function_field(l, field->name);
	if (is_args(n->a) && field->source == FIELD_RAW_ARG)
		return lower_canonical(l, ir_reg(ir_load(F, SPACE_CTX, l->ctx, 8 * field->offset, 8, false)),
				 field->type);
	if (is_args(n->a) && field->source == FIELD_ARGUMENT && field->type->kind == TYPE_BOOL)
		return lower_not_zero(l, lower_alu(AND, lower_argument(l, field->offset), ir_imm(0xff)));
	if (is_args(n->a) && field->source == FIELD_ARGUMENT)
		return lower_canonical(l, lower_argument(l, field->offset), field->type);
	if (is_args(n->a) && l->regs && str_eq(field->name, "ret")) /* sys_exit: (regs, ret) */
		return ir_reg(ir_load(F, SPACE_CTX, l->ctx, 8, 8, true));
	if (is_args(n->a) && l->regs) /* __syscall_nr */
		return ir_reg(ir_load(F, l->regs_btf ? SPACE_BTF : SPACE_KERNEL, l->regs,
				      l->arch->syscall_number, 8, false));
	if (n->a->kind == NODE_RECORD || n->a->type->kind == TYPE_RECORD)
		return lower_load(l, lower_place(l, n), 8, false);
	if (is_walked(n))
		return walked_object(l, field);
	return lower_field_load(l, n->type->kind == TYPE_POINTER ? pointer_place(l, n) : lower_place(l, n), field);
}

/* ---- the rest ---- */

static struct ir_val lower_cast(struct lower *l, const struct node *n)
{
	const struct type *from = n->b->type;

	if (from->kind == TYPE_ARRAY && type_is_int(n->type))
		return lower_load(l, lower_place(l, n->b), n->type->size, n->type->is_signed);
	if (from->kind == TYPE_ARRAY) /* the address of the array */
		return ir_reg(lower_address(l, lower_place(l, n->b)));
	if (n->type->kind == TYPE_BOOL)
		return lower_not_zero(l, lower_number(l, n->b));
	return lower_canonical(l, type_is_int(n->type) ? lower_number(l, n->b) : lower_scalar(l, n->b), n->type);
}

struct ir_val lower_ternary_scalar(struct lower *l, const struct node *n)
{
	struct ir_block *yes = new_block(l), *no = new_block(l), *next = new_block(l);
	vreg dst = ir_vreg(F);

	if (!n->b) { /* a ?: c */
		struct ir_val a = lower_scalar(l, n->a);

		ir_set(F, dst, a);
		ir_branch(F, COND_NE, a, ir_imm(0), next, no);
	} else {
		lower_condition(l, n->a, yes, no);
		ir_at(F, yes);
		ir_set(F, dst, lower_scalar(l, n->b));
		ir_jump(F, next);
	}
	ir_at(F, no);
	ir_set(F, dst, lower_scalar(l, n->c));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(dst);
}

static struct ir_val scalar_in_span(struct lower *l, const struct node *n)
{
	switch ((enum node_kind)n->kind) {
	case NODE_INT: case NODE_BOOL: case NODE_SIZEOF: case NODE_OFFSETOF:
		return ir_imm((int64_t)n->num);
	case NODE_IDENT: case NODE_CALL:
		return lower_builtin_scalar(l, n);
	case NODE_VAR:
		return lower_variable(l, n->ref.variable);
	case NODE_MAP:
		return lower_map_scalar(l, n);
	case NODE_UNARY: return lower_unary(l, n);
	case NODE_BINARY: return lower_binary(l, n);
	case NODE_TERNARY: return lower_ternary_scalar(l, n);
	case NODE_FIELD: return lower_field(l, n);
	case NODE_ELEMENT: return lower_load(l, lower_place(l, n), 8, false);
	case NODE_INDEX:
		return lower_field_load(l, lower_place(l, n), &(struct field){.type = n->type});
	case NODE_CAST: return lower_cast(l, n);
	case NODE_BLOCK:
		lower_block(l, n);
		return lower_scalar(l, n->a);
	default: BUG("scalar of kind %s", node_kind_name(n->kind));
	}
}

struct ir_val lower_scalar(struct lower *l, const struct node *n)
{
	struct span outer = F->span;
	struct ir_val v;

	F->span = n->span;
	v = scalar_in_span(l, n);
	F->span = outer;
	return v;
}
