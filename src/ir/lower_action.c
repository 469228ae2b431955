/*
 * lower_action.c - records to the reader (layout: struct record in lang/script.h).
 *
 * Constant size: reserved in the ring, filled in place, submitted. With strings: built in the
 * scratch and sent at its true length. The reader is woken only when it sleeps
 * (control.reader_asleep), so a busy ring costs no wake-ups.
 */
#include "ir/lower_int.h"

enum { NO_WAKEUP = 1, FORCE_WAKEUP = 2 };

static struct ir_val wakeup_flags(struct lower *l, const struct action *a)
{
	vreg asleep;

	if (a->kind == ACTION_EXIT || a->kind == ACTION_GROW)
		return ir_imm(FORCE_WAKEUP);
	asleep = ir_load(F, SPACE_MAP, ir_map_value(F, KMAP_CONTROL, offsetof(struct control, reader_asleep)),
			 0, 4, false);
	return lower_alu(XOR, ir_reg(asleep), ir_imm(NO_WAKEUP));
}

/* The node of argument i of an action. */
static const struct node *argument(const struct action *a, size_t i)
{
	const struct node *n = a->node;

	if (!n) /* ACTION_GROW is ours, not the script's */
		return NULL;
	switch (a->kind) {
	case ACTION_PRINTF: case ACTION_ERRORF: case ACTION_WARNF: case ACTION_CAT: case ACTION_SYSTEM:
		return n->list.v[i + 1];
	case ACTION_PRINT_ENTRY:
		return i == 0 ? n->list.v[0]->a : n->list.v[0];
	default:
		return i < n->list.n ? n->list.v[i] : NULL;
	}
}

static void put_header(struct lower *l, const struct action *a, struct memory rec)
{
	lower_put(l, rec, 4, ir_imm(a->number));
	lower_put(l, place_at(rec, 4), 4, ir_imm(0));
}

static void put_argument(struct lower *l, const struct action *a, size_t i, struct memory rec)
{
	const struct action_arg *arg = &a->args.v[i];
	const struct node *n = argument(a, i);

	if (n)
		lower_store(l, n, arg->type, place_at(rec, arg->offset));
	else
		lower_put(l, place_at(rec, arg->offset), 8, ir_imm(a->kind == ACTION_GROW ? a->map->number : 0));
}

/* Scalars are computed before the reservation, so that little happens while it is held. */
static void send_fixed(struct lower *l, const struct action *a)
{
	struct ir_val *values = arena_array(l->arena, struct ir_val, a->args.n);
	struct ir_block *full = cold_block(l), *got = new_block(l), *done = new_block(l);
	struct memory rec;
	vreg r;

	for (size_t i = 0; i < a->args.n; i++)
		if (type_is_scalar(a->args.v[i].type) && argument(a, i)) {
			values[i] = lower_scalar(l, argument(a, i));
			if (values[i].reg)
				values[i] = ir_reg(ir_mov(F, values[i]));
		}
	r = ir_call(F, HELPER_RINGBUF_RESERVE,
		    IR_ARGS(ir_reg(ir_map(F, KMAP_RING)), ir_imm(a->fixed_size), ir_imm(0)));
	ir_branch(F, COND_EQ, ir_reg(r), ir_imm(0), full, got);
	ir_at(F, full);
	ir_count_loss(F, l->prog, LOSS_RING_FULL);
	ir_jump(F, done);
	ir_at(F, got);
	rec = (struct memory){SPACE_MAP, r, 0};
	put_header(l, a, rec);
	for (size_t i = 0; i < a->args.n; i++) {
		if (type_is_scalar(a->args.v[i].type) && argument(a, i))
			lower_put(l, place_at(rec, a->args.v[i].offset), 8, values[i]);
		else
			put_argument(l, a, i, rec);
	}
	ir_call(F, HELPER_RINGBUF_SUBMIT, IR_ARGS(ir_reg(r), wakeup_flags(l, a)));
	if (a->kind == ACTION_EXIT) /* only now: were the record lost, nobody would end the run */
		ir_store(F, SPACE_MAP, ir_map_value(F, KMAP_CONTROL, offsetof(struct control, stopping)), 0, 4,
			 ir_imm(1));
	ir_jump(F, done);
	ir_at(F, done);
}

static uint32_t power_of_two(uint32_t n)
{
	uint32_t p = 8;

	while (p < n)
		p *= 2;
	return p;
}

/* Bytes of a buf() into the tail: length as asked, bounded by the limit. */
static struct ir_val tail_buffer(struct lower *l, const struct node *n, struct memory dst, uint32_t limit)
{
	struct memory whole = lower_materialise(l, n, n->type);

	lower_copy(l, dst, place_at(whole, 4), limit);
	return lower_load(l, whole, 4, false);
}

/* One pointer of an argv array (join): its string, or nothing after the end. */
static struct ir_val join_string(struct lower *l, const struct action *a, size_t i, vreg argv,
				 vreg ended, struct memory dst, uint32_t cap)
{
	struct ir_block *more = new_block(l), *read = new_block(l), *stop = new_block(l), *next = new_block(l);
	const struct node *n = a->node->list.v[0];
	bool user = n->type->kind == TYPE_POINTER ? n->type->space == TYPE_SPACE_USER
		    : l->probe->provider != PROVIDER_RAWTRACEPOINT && !lower_is_function_probe(l->probe->provider);
	enum ir_space space = user ? SPACE_USER : SPACE_KERNEL;
	vreg len = ir_mov(F, ir_imm(0));
	struct ir_val p;

	ir_branch(F, COND_EQ, ir_reg(ended), ir_imm(0), more, next);
	ir_at(F, more);
	p = ir_reg(ir_load(F, space, argv, 8 * i, 8, false));
	ir_branch(F, COND_EQ, p, ir_imm(0), stop, read);
	ir_at(F, stop);
	ir_set(F, ended, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, read);
	ir_set(F, len, lower_string_at(l, (struct memory){space, p.reg, 0}, dst, cap, false, true));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(len);
}

/*
 * The tail grows by each string's true length. Its place must stay provably inside the
 * scratch: `tail` is masked with a power of two above all limits before it is added, and the
 * region is as large as that plus the longest string.
 */
static void send_tailed(struct lower *l, const struct action *a)
{
	uint32_t room = power_of_two(a->max_size - a->fixed_size + 1), longest = 8, top = l->scratch_top;
	struct ir_block *lost = cold_block(l), *done = new_block(l);
	vreg tail = ir_mov(F, ir_imm(0)), argv = 0, ended = 0, r;
	struct memory rec;
	struct ir_val size;

	vec_each(arg, &a->args)
		longest = arg->tail ? MAX_OF(longest, ROUND_UP(arg->limit, 8u)) : longest;
	rec = lower_temp(l, MAX_OF(a->fixed_size + room + longest, (uint32_t)FRAME_LIMIT + 8), "record");
	put_header(l, a, rec);
	if (a->kind == ACTION_JOIN) {
		argv = ir_mov(F, lower_scalar(l, a->node->list.v[0]));
		ended = ir_mov(F, ir_imm(0));
	}
	for (size_t i = 0; i < a->args.n; i++) {
		const struct action_arg *arg = &a->args.v[i];
		struct ir_val len, at;
		struct memory dst;

		if (!arg->tail) {
			put_argument(l, a, i, rec);
			continue;
		}
		ir_set(F, tail, lower_alu(AND, ir_reg(tail), ir_imm(room - 1)));
		dst = (struct memory){SPACE_MAP, ir_alu(F, IR_ADD, ir_reg(rec.base), ir_reg(tail)),
				     rec.off + (int32_t)a->fixed_size};
		at = lower_alu(ADD, ir_reg(tail), ir_imm(a->fixed_size));
		lower_put(l, place_at(rec, arg->offset), 4, at);
		if (a->kind == ACTION_JOIN)
			len = join_string(l, a, i, argv, ended, dst, arg->limit);
		else if (arg->type->kind == TYPE_BUFFER)
			len = tail_buffer(l, argument(a, i), dst, arg->limit);
		else
			len = lower_string(l, argument(a, i), dst, arg->limit, false);
		lower_put(l, place_at(rec, arg->offset + 4), 4, len);
		ir_set(F, tail, lower_alu(ADD, ir_reg(tail), len));
	}
	lower_put(l, place_at(rec, 4), 4, ir_reg(tail));
	size = lower_alu(AND, ir_reg(tail), ir_imm(room - 1)); /* never cuts: room is above all limits */
	size = lower_alu(ADD, size, ir_imm(a->fixed_size));
	r = ir_call(F, HELPER_RINGBUF_OUTPUT,
		    IR_ARGS(ir_reg(ir_map(F, KMAP_RING)), ir_reg(lower_address(l, rec)), size, wakeup_flags(l, a)));
	ir_branch(F, COND_NE, ir_reg(r), ir_imm(0), lost, done);
	ir_at(F, lost);
	ir_count_loss(F, l->prog, LOSS_RING_FULL);
	ir_jump(F, done);
	ir_at(F, done);
	l->scratch_top = top;
}

static void send(struct lower *l, const struct action *a)
{
	if (a->max_size == a->fixed_size)
		send_fixed(l, a);
	else
		send_tailed(l, a);
}

void lower_action(struct lower *l, const struct node *n)
{
	/* the same call may be lowered for several programs: the action is one */
	vec_each(it, &l->script->actions)
		if ((*it)->node == n) {
			if (lower_prints_to_file(l))
				lower_print_to_file(l, *it);
			else
				send(l, *it);
			return;
		}
	BUG("no action for %s", n->name);
}

void lower_send_grow(struct lower *l, const struct map_plan *mp)
{
	send_fixed(l, mp->grow);
}
