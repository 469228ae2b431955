/*
 * lower_loop.c - while, for over ranges and maps: the body becomes a function of its own that
 * the kernel calls (bpf_loop, bpf_for_each_map_elem), so that the verifier walks it once,
 * however often it runs.
 *
 * A body, a nested one too, is given a pointer to an object of the entry function's frame with the
 * pointers it needs: context, scratch, name row. Variables that a loop uses lie in the scratch, of
 * whose contents the verifier knows nothing: what it knew of a number (that it is 3 now) would make
 * it walk the loop once for each value. A body returns 1 to end its loop, 0 to go on.
 */
#include "ir/lower_int.h"

enum { SHARED_CTX = 0, SHARED_SCRATCH = 8, SHARED_ROW = 16, SHARED_SIZE = 24 };
/* BPF_MAX_LOOPS of the kernel: more is refused. */
enum { LOOPS_MAX = 1 << 23 };

static bool is_loop(const struct node *n)
{
	return n->kind == NODE_WHILE || n->kind == NODE_FOR;
}

/* Each variable that a loop uses gets its place. */
static void share(struct lower *l, const struct node *n, bool inside)
{
	const struct variable *v;

	if (!n)
		return;
	inside |= is_loop(n);
	v = n->kind == NODE_VAR || n->kind == NODE_LET || n->kind == NODE_FOR ? n->ref.variable : NULL;
	if (inside && v) {
		struct local *local = lower_local(l, v);

		if (!local->shared)
			local->shared = lower_scratch(l, ROUND_UP(MAX_OF(type_stored_size(v->type), 8u), 8u)).off;
	}
	share(l, n->a, inside);
	share(l, n->b, inside);
	share(l, n->c, inside);
	for (size_t i = 0; i < n->list.n; i++)
		share(l, n->list.v[i], inside);
}

static struct memory in_scratch(const struct lower *l, uint32_t off)
{
	return (struct memory){SPACE_MAP, l->scratch, off};
}

static bool is_any_loop(const struct node *n, const void *ctx)
{
	(void)ctx;
	return is_loop(n);
}

void lower_share(struct lower *l)
{
	l->shared = (struct memory){0};
	lower_addressed(l, l->probe->predicate);
	lower_addressed(l, l->probe->body);
	/* a predicate has those of functions */
	if (!node_any(l->probe->predicate, is_any_loop, NULL) && !node_any(l->probe->body, is_any_loop, NULL))
		return;
	l->left = lower_scratch(l, 8).off;
	share(l, l->probe->predicate, false);
	share(l, l->probe->body, false);
	l->shared.base = ir_frame(F, ir_object_new(F, SHARED_SIZE, 8, "shared with loops"), 0);
	l->shared.space = SPACE_STACK;
	lower_put(l, place_at(l->shared, SHARED_CTX), 8, ir_reg(l->ctx));
	lower_put(l, place_at(l->shared, SHARED_SCRATCH), 8, ir_reg(l->scratch));
	lower_put(l, place_at(l->shared, SHARED_ROW), 8, l->name_row ? ir_reg(l->name_row) : ir_imm(0));
	lower_put(l, in_scratch(l, l->left), 8, ir_imm(0));
}

/* ---- going into a body's function and back ---- */

/* What of the state belongs to the function being built. */
struct around {
	struct ir_func *f;
	vreg ctx, regs, name_row, scratch, *task_slots;
	struct memory shared;
	struct ir_block *done, *loop_end, *loop_next;
	walked_list walked;
};

static struct around go_in(struct lower *l, const struct node *n, unsigned nargs, uint32_t *func)
{
	struct around was = {F, l->ctx, l->regs, l->name_row, l->scratch, l->task_slots, l->shared,
			     l->done, l->loop_end, l->loop_next, l->walked};
	vreg shared;

	F = ir_func_new(l->prog, "loop", nargs);
	*func = l->prog->funcs.n - 1;
	F->span = n->span;
	shared = ir_vreg(F);
	ir_emit(F, (struct ir_insn){.op = IR_ARG, .dst = shared, .off = nargs});
	l->shared = (struct memory){SPACE_STACK, shared, 0};
	l->ctx = ir_load(F, SPACE_STACK, shared, SHARED_CTX, 8, false);
	l->scratch = ir_load(F, SPACE_STACK, shared, SHARED_SCRATCH, 8, false);
	if (l->name_row)
		l->name_row = ir_load(F, SPACE_STACK, shared, SHARED_ROW, 8, false);
	if (l->regs)
		l->regs = ir_load(F, SPACE_CTX, l->ctx, 0, 8, false);
	lower_forget_task_slots(l);
	lower_task_slots(l, n);
	l->done = new_block(l);
	l->loop_end = new_block(l);
	l->loop_next = new_block(l);
	l->walked = (walked_list){0};
	if (l->probe->provider == PROVIDER_ITER) { /* in registers of this function, for all of its branches */
		lower_walked_objects(l, n);
		lower_walked_task(l);
	}
	return was;
}

static void go_back(struct lower *l, const struct around *was)
{
	ir_jump(F, l->loop_next);
	ir_at(F, l->loop_next);
	ir_return(F, ir_imm(0));
	ir_at(F, l->done);
	lower_put(l, in_scratch(l, l->left), 8, ir_imm(1));
	ir_jump(F, l->loop_end);
	ir_at(F, l->loop_end);
	ir_return(F, ir_imm(1));
	F = was->f;
	l->ctx = was->ctx;
	l->regs = was->regs;
	l->name_row = was->name_row;
	l->scratch = was->scratch;
	l->task_slots = was->task_slots;
	l->shared = was->shared;
	l->done = was->done;
	l->loop_end = was->loop_end;
	l->loop_next = was->loop_next;
	l->walked = was->walked;
}

static vreg function(struct lower *l, uint32_t func)
{
	vreg f = ir_vreg(F);

	ir_emit(F, (struct ir_insn){.op = IR_FUNC, .dst = f, .index = func});
	return f;
}

static bool is_return(const struct node *n, const void *ctx)
{
	(void)ctx;
	return n->kind == NODE_RETURN || (n->kind == NODE_CALL && str_eq(n->name, "exit"));
}

/* A body that returned from the probe: so do we. */
static void leave_if_left(struct lower *l, const struct node *n)
{
	struct ir_block *next;

	if (!node_any(n->b, is_return, NULL))
		return;
	next = new_block(l);
	ir_branch(F, COND_NE, lower_load(l, in_scratch(l, l->left), 8, false), ir_imm(0), l->done, next);
	ir_at(F, next);
}

static void count_cut(struct lower *l, enum ir_cond cond, struct ir_val n, struct ir_val most)
{
	struct ir_block *cut = cold_block(l), *next = new_block(l);

	ir_branch(F, cond, n, most, cut, next);
	ir_at(F, cut);
	ir_count_loss(F, l->prog, LOSS_LOOP_CUT);
	ir_jump(F, next);
	ir_at(F, next);
}

/* ---- the loops ---- */

static void lower_while(struct lower *l, const struct node *n)
{
	struct ir_block *body;
	struct around was;
	uint32_t func;
	vreg runs;

	was = go_in(l, n, 2, &func);
	body = new_block(l);
	lower_condition(l, n->a, body, l->loop_end);
	ir_at(F, body);
	lower_block(l, n->b);
	go_back(l, &was);
	runs = ir_call(F, HELPER_LOOP, IR_ARGS(ir_imm(LOOPS_MAX), ir_reg(function(l, func)),
					       ir_reg(lower_address(l, l->shared)), ir_imm(0)));
	count_cut(l, COND_GE, ir_reg(runs), ir_imm(LOOPS_MAX));
	leave_if_left(l, n);
}

/* How many there are from a to b - 1: 0 when b is not above a, LOOPS_MAX at most (counted). */
static vreg range_length(struct lower *l, struct ir_val a, struct ir_val b)
{
	struct ir_block *some = new_block(l), *next = new_block(l), *cut = cold_block(l), *fits = new_block(l);
	vreg n = ir_mov(F, ir_imm(0));

	ir_branch(F, COND_SLT, a, b, some, next);
	ir_at(F, some);
	ir_set(F, n, lower_alu(SUB, b, a));
	ir_branch(F, COND_GT, ir_reg(n), ir_imm(LOOPS_MAX), cut, fits);
	ir_at(F, cut);
	ir_set(F, n, ir_imm(LOOPS_MAX));
	ir_count_loss(F, l->prog, LOSS_LOOP_CUT);
	ir_jump(F, next);
	ir_at(F, fits);
	ir_jump(F, next);
	ir_at(F, next);
	return n;
}

static void lower_for_range(struct lower *l, const struct node *n)
{
	struct ir_val from = lower_number(l, n->a->a), to = lower_number(l, n->a->b), length;
	uint32_t first = lower_scratch(l, 8).off, rounds = lower_scratch(l, 8).off;
	struct around was;
	uint32_t func;
	vreg index;

	from = ir_reg(ir_mov(F, from));
	lower_put(l, in_scratch(l, first), 8, from);
	lower_put(l, in_scratch(l, rounds), 8, ir_reg(range_length(l, from, to)));
	length = lower_load(l, in_scratch(l, rounds), 8, false);
	was = go_in(l, n, 2, &func);
	index = ir_vreg(F);
	ir_emit(F, (struct ir_insn){.op = IR_ARG, .dst = index, .off = 1});
	lower_variable_set(l, n->ref.variable, lower_alu(ADD, ir_reg(ir_ext(F, ir_reg(index), 4, false)),
							 lower_load(l, in_scratch(l, first), 8, false)));
	lower_block(l, n->b);
	go_back(l, &was);
	ir_call(F, HELPER_LOOP, IR_ARGS(length, ir_reg(function(l, func)),
					ir_reg(lower_address(l, l->shared)), ir_imm(0)));
	leave_if_left(l, n);
}

/* One half of the pair, from where the kernel keeps it. */
static void put_half(struct lower *l, const struct field *field, struct memory pair, struct memory from)
{
	if (type_is_scalar(field->type))
		lower_put(l, place_at(pair, field->offset), type_stored_size(field->type),
			  lower_load(l, from, 8, false));
	else
		lower_copy(l, place_at(pair, field->offset), from, type_stored_size(field->type));
}

static void lower_for_map(struct lower *l, const struct node *n)
{
	const struct map_plan *mp = map_plan_of(l, n->a->ref.map);
	const struct type *t = n->ref.variable->type;
	struct ir_block *gone = new_block(l);
	vreg key, value, map = lower_map_pointer(l, mp, gone);
	struct memory pair;
	struct around was;
	uint32_t func;

	was = go_in(l, n, 4, &func);
	key = ir_vreg(F);
	ir_emit(F, (struct ir_insn){.op = IR_ARG, .dst = key, .off = 2});
	value = ir_vreg(F);
	ir_emit(F, (struct ir_insn){.op = IR_ARG, .dst = value, .off = 3});
	pair = lower_variable_place(l, n->ref.variable);
	put_half(l, &t->fields[0], pair, (struct memory){SPACE_MAP, key, 0});
	if (type_is_aggregation(mp->map->value))
		lower_put(l, place_at(pair, t->fields[1].offset), 8,
			  lower_aggregate_read(l, mp, (struct memory){SPACE_MAP, value, 0}, false));
	else
		put_half(l, &t->fields[1], pair, (struct memory){SPACE_MAP, value, 0});
	lower_block(l, n->b);
	go_back(l, &was);
	ir_call(F, HELPER_FOR_EACH_MAP_ELEM,
		IR_ARGS(ir_reg(map), ir_reg(function(l, func)), ir_reg(lower_address(l, l->shared)), ir_imm(0)));
	leave_if_left(l, n);
	ir_jump(F, gone);
	ir_at(F, gone);
}

void lower_loop(struct lower *l, const struct node *n)
{
	bool map = n->kind == NODE_FOR && n->a->kind != NODE_RANGE;

	if (map && l->plan->features.kernel < 0x050d)
		diag_add(l->script->diags, DIAG_KERNEL_TOO_OLD, n->span,
			 "a loop over a map needs Linux 5.13 (bpf_for_each_map_elem)");
	else if (map)
		lower_for_map(l, n);
	else if (!l->plan->features.loop)
		lower_loop_here(l, n);
	else if (n->kind == NODE_WHILE)
		lower_while(l, n);
	else
		lower_for_range(l, n);
}

void lower_jump(struct lower *l, const struct node *n)
{
	ir_jump(F, n->kind == NODE_BREAK ? l->loop_end : l->loop_next);
	ir_at(F, new_block(l)); /* what follows is unreachable */
}
