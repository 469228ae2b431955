/*
 * lower_stack.c - kstack and ustack: walked by the kernel's helper, kept once in the stack table.
 *
 * The frames are read into the scratch as a struct stack_entry; their hash is the id. The
 * table is asked for the id; the entry found is compared frame by frame, and on a collision
 * the next id is tried, so no stack is ever taken for another:
 *
 *     id = hash of frames
 *     again (at most TRIES times):
 *         entry = table[id]
 *         none:  insert; done (or somebody else did: again)
 *         same:  done
 *         other: id += 2, again
 */
#include "ir/lower_int.h"

#include <errno.h>

enum { TRIES = 4, BPF_F_USER_STACK_FLAG = 1 << 8,
       RAW_EXTRA = 8, /* frames of the tracing machinery itself, trimmed by the reader */
       BLOCK = 8, WORDS = sizeof(struct stack_entry) / 8 };

_Static_assert(WORDS % BLOCK == 0, "a stack is whole blocks");

struct walk {
	struct memory entry;   /* struct stack_entry being built */
	vreg id;
};

static vreg frames_of(struct lower *l, struct walk *w)
{
	return ir_load(F, SPACE_MAP, lower_address(l, w->entry), offsetof(struct stack_entry, frames), 4, false);
}

/*
 * for (at = 0; at < bytes in use; at += a block): the caller fills the body and ends it with
 * loop_next. The entry, its head word included, is taken in blocks of eight words, with one
 * branch each: the verifier walks every turn and can remember 8192 branches. What is behind
 * the frames is zero, so it may be looked at.
 */
struct loop {
	struct ir_block *head, *exit;
	vreg at;
};

static struct loop loop_begin(struct lower *l, struct walk *w)
{
	struct loop loop = {new_block(l), new_block(l), ir_mov(F, ir_imm(0))};
	struct ir_block *more = new_block(l), *body = new_block(l);
	/*
	 * Read again from memory for every loop: what one loop taught the verifier about the
	 * number would make it walk what follows once for each possible length.
	 */
	struct ir_val used = lower_alu(SHL, ir_reg(frames_of(l, w)), ir_imm(3));

	ir_jump(F, loop.head);
	ir_at(F, loop.head);
	ir_branch(F, COND_GE, ir_reg(loop.at), ir_imm(8 * WORDS), loop.exit, more);
	ir_at(F, more);
	ir_branch(F, COND_GT, ir_reg(loop.at), used, loop.exit, body); /* with the head: one word more */
	ir_at(F, body);
	return loop;
}

static void loop_next(struct lower *l, struct loop *loop)
{
	ir_set(F, loop->at, lower_alu(ADD, ir_reg(loop->at), ir_imm(8 * BLOCK)));
	ir_jump(F, loop->head);
	ir_at(F, loop->exit);
}

static void hash_frames(struct lower *l, struct walk *w, vreg base)
{
	struct loop loop;
	struct ir_val h;
	vreg block;

	ir_set(F, w->id, ir_reg(ir_mov(F, ir_imm((int64_t)0x9e3779b97f4a7c15ull))));
	loop = loop_begin(l, w);
	block = ir_alu(F, IR_ADD, ir_reg(base), ir_reg(loop.at));
	h = ir_reg(w->id);
	for (uint32_t i = 0; i < BLOCK; i++) {
		h = lower_alu(XOR, h, ir_reg(ir_load(F, SPACE_MAP, block, 8 * i, 8, false)));
		h = lower_alu(MUL, h, ir_imm((int64_t)0xff51afd7ed558ccdull));
		h = lower_alu(XOR, h, lower_alu(SHR, h, ir_imm(32)));
	}
	ir_set(F, w->id, h);
	loop_next(l, &loop);
	ir_set(F, w->id, lower_alu(OR, ir_reg(w->id), ir_imm(1)));
}

/* Goes to `same` or `other`. */
static void compare(struct lower *l, struct walk *w, vreg base, vreg found, struct ir_block *same,
		    struct ir_block *other)
{
	struct ir_block *next = new_block(l);
	struct loop loop = loop_begin(l, w);
	vreg ours = ir_alu(F, IR_ADD, ir_reg(base), ir_reg(loop.at));
	vreg theirs = ir_alu(F, IR_ADD, ir_reg(found), ir_reg(loop.at));
	struct ir_val differs = ir_imm(0), one;

	for (uint32_t i = 0; i < BLOCK; i++) {
		one = lower_alu(XOR, ir_reg(ir_load(F, SPACE_MAP, ours, 8 * i, 8, false)),
				ir_reg(ir_load(F, SPACE_MAP, theirs, 8 * i, 8, false)));
		differs = i ? lower_alu(OR, differs, one) : one;
	}
	ir_branch(F, COND_NE, differs, ir_imm(0), other, next);
	ir_at(F, next);
	loop_next(l, &loop);
	ir_jump(F, same);
}

static void keep(struct lower *l, struct walk *w, vreg base, struct ir_block *done)
{
	struct ir_block *failed = cold_block(l), *insert, *found, *other, *exists;
	struct memory key = lower_temp(l, 8, "stack id");

	for (unsigned i = 0; i < TRIES; i++) {
		vreg entry, r;

		insert = new_block(l);
		found = new_block(l);
		other = cold_block(l);
		exists = cold_block(l);
		lower_put(l, key, 8, ir_reg(w->id));
		entry = ir_call(F, HELPER_MAP_LOOKUP_ELEM,
				IR_ARGS(ir_reg(ir_map(F, KMAP_STACKS)), ir_reg(lower_address(l, key))));
		ir_branch(F, COND_EQ, ir_reg(entry), ir_imm(0), insert, found);
		ir_at(F, insert);
		r = lower_map_call(l, HELPER_MAP_UPDATE_ELEM,
			    IR_ARGS(ir_reg(ir_map(F, KMAP_STACKS)), ir_reg(lower_address(l, key)),
				    ir_reg(base), ir_imm(BPF_NOEXIST)));
		ir_branch(F, COND_EQ, ir_reg(r), ir_imm(0), done, exists);
		ir_at(F, exists);
		ir_branch(F, COND_EQ, lower_map_result(l, r), ir_imm(-EEXIST), other, failed);
		ir_at(F, found);
		compare(l, w, base, entry, done, other);
		ir_at(F, other);
		/* inserted meanwhile by another CPU: the same id again; otherwise the next one */
		if (i % 2)
			ir_set(F, w->id, lower_alu(ADD, ir_reg(w->id), ir_imm(2)));
	}
	ir_jump(F, failed);
	ir_at(F, failed);
	ir_count_loss(F, l->prog, LOSS_STACK_FULL);
	ir_set(F, w->id, ir_imm(0));
	ir_jump(F, done);
}

static bool raw_carrier(const struct lower *l)
{
	return l->program->carrier == CARRIER_RAW_TRACEPOINT || carrier_is_typed(l->program->carrier);
}

static void plan_table(struct lower *l)
{
	struct kmap *k = &l->plan->kmaps.v[KMAP_STACKS];

	*k = (struct kmap){.name = "stacks", .type = BPF_MAP_TYPE_HASH, .key_size = 8,
			   .value_size = sizeof(struct stack_entry), .entries = 65536,
			   .flags = l->plan->features.on_demand_maps ? BPF_F_NO_PREALLOC : 0};
	if (!l->plan->features.on_demand_maps)
		k->entries = 8192;
}

/* depth | mode << 32 of a stack node. */
static uint64_t stack_shape(const struct lower *l, const struct node *n)
{
	if (n->kind == NODE_CALL)
		return n->num;
	return STACK_MAX_DEPTH | (uint64_t)l->script->config.stack_mode << 32;
}

/* Walks and keeps; the id is left in a register, the frames counted in *frames. */
static vreg walk_stack(struct lower *l, const struct node *n, bool user, vreg *frames)
{
	uint32_t depth = (uint32_t)stack_shape(l, n), asked = depth;
	struct ir_block *bad = cold_block(l), *good = new_block(l), *done = new_block(l);
	uint32_t top = l->scratch_top;
	struct walk w = {.id = ir_vreg(F)};
	vreg base, bytes, frames_at;

	plan_table(l);
	if (!user && raw_carrier(l))
		asked = MIN_OF(depth + RAW_EXTRA, (uint32_t)STACK_MAX_DEPTH);
	w.entry = lower_temp(l, sizeof(struct stack_entry), "stack");
	base = lower_address(l, w.entry);
	frames_at = lower_address(l, place_at(w.entry, offsetof(struct stack_entry, ip)));
	bytes = ir_call(F, HELPER_GET_STACK,
			IR_ARGS(ir_reg(l->ctx), ir_reg(frames_at), ir_imm(8 * asked),
				ir_imm(user ? BPF_F_USER_STACK_FLAG : 0)));
	ir_branch(F, COND_SLE, ir_reg(bytes), ir_imm(0), bad, good);
	ir_at(F, bad);
	ir_count_loss(F, l->prog, LOSS_STACK_FAILED);
	ir_set(F, w.id, ir_imm(0));
	ir_store(F, SPACE_MAP, base, offsetof(struct stack_entry, frames), 4, ir_imm(0));
	ir_jump(F, done);
	ir_at(F, good);
	ir_store(F, SPACE_MAP, base, offsetof(struct stack_entry, frames), 4,
		 lower_alu(SHR, ir_reg(bytes), ir_imm(3)));
	ir_store(F, SPACE_MAP, base, offsetof(struct stack_entry, user), 4, ir_imm(user));
	hash_frames(l, &w, base);
	keep(l, &w, base, done);
	ir_at(F, done);
	l->scratch_top = top;
	*frames = frames_of(l, &w);
	return w.id;
}

void lower_stack(struct lower *l, const struct node *n, bool user, struct memory dst)
{
	uint64_t shape = stack_shape(l, n);
	uint32_t mode = shape >> 32;
	vreg frames, id = walk_stack(l, n, user, &frames);

	lower_put(l, dst, 8, ir_reg(id));
	if (user) {
		lower_put(l, place_at(dst, 8), 4, ir_imm((uint32_t)shape | mode << 16));
		lower_put(l, place_at(dst, 12), 4, lower_alu(SHR, lower_pid_tgid(l), ir_imm(32)));
	} else {
		lower_put(l, place_at(dst, 8), 4, ir_imm((uint32_t)shape));
		lower_put(l, place_at(dst, 12), 4, ir_imm(mode | (raw_carrier(l) ? 1 << 8 : 0)));
	}
}

/* More frames are walked than asked for where some are the tracer's own. */
static void at_most(struct lower *l, vreg v, struct ir_val limit)
{
	struct ir_block *more = new_block(l), *next = new_block(l);

	ir_branch(F, COND_GT, ir_reg(v), limit, more, next);
	ir_at(F, more);
	ir_set(F, v, limit);
	ir_jump(F, next);
	ir_at(F, next);
}

struct ir_val lower_stack_len(struct lower *l, const struct node *n)
{
	vreg frames;
	bool user = n->type->kind == TYPE_USTACK;

	if (n->kind != NODE_IDENT && n->kind != NODE_CALL) { /* kept in a variable or map */
		struct memory p = lower_place(l, n), key = lower_temp(l, 8, "stack id");
		struct ir_block *found = new_block(l), *next = new_block(l);
		vreg entry, len = ir_mov(F, ir_imm(0));

		lower_put(l, key, 8, lower_load(l, p, 8, false));
		entry = ir_call(F, HELPER_MAP_LOOKUP_ELEM,
				IR_ARGS(ir_reg(ir_map(F, KMAP_STACKS)), ir_reg(lower_address(l, key))));
		ir_branch(F, COND_NE, ir_reg(entry), ir_imm(0), found, next);
		ir_at(F, found);
		ir_set(F, len, ir_reg(ir_load(F, SPACE_MAP, entry, 0, 4, false)));
		at_most(l, len, lower_alu(AND, lower_load(l, place_at(p, 8), 4, false), ir_imm(0xffff)));
		ir_jump(F, next);
		ir_at(F, next);
		return ir_reg(len);
	}
	walk_stack(l, n, user, &frames);
	frames = ir_mov(F, ir_reg(frames));
	at_most(l, frames, ir_imm((uint32_t)stack_shape(l, n)));
	return ir_reg(frames);
}
