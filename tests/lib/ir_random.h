/*
 * ir_random.h - random IR programs that end and touch only memory they may: arithmetic of
 * every operation and size, bounded loops, branches, values set in several places, helpers,
 * functions and callbacks, frame objects, atomics, wide expressions, register pressure.
 *
 * With `loadable` only what the kernel's verifier can prove is made, so that the same
 * programs can be loaded for real.
 */
#ifndef TEST_IR_RANDOM_H
#define TEST_IR_RANDOM_H

#include "ir/ir.h"
#include "lib/machine.h"

enum { RANDOM_MAX_VARS = 400, RANDOM_MAX_OBJECTS = 24 };

struct random_ir {
	uint64_t state;
	bool loadable;
	bool basic; /* no atomics that fetch: kernels before 5.12 */
	struct ir_prog *prog;
	struct ir_func *f;
	vreg vars[RANDOM_MAX_VARS];
	unsigned nvars, max_vars; /* 0: all */
	struct { uint32_t object, size; } objects[RANDOM_MAX_OBJECTS];
	unsigned nobjects;
	int budget, depth, loops;
	uint32_t level;       /* of the function: it calls those above only */
	uint32_t frame_bytes;
};

static inline uint64_t rnd(struct random_ir *g)
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return g->state * 0x2545f4914f6cdd1dull >> 11;
}

static inline unsigned below(struct random_ir *g, unsigned n) { return rnd(g) % n; }
static inline bool chance(struct random_ir *g, unsigned percent) { return below(g, 100) < percent; }

static inline int64_t random_constant(struct random_ir *g)
{
	static const int64_t interesting[] = {
		0, 1, 2, 3, -1, -2, 7, 8, 63, 64, 255, 256, 4096, 65535, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000, -0x80000000ll, -0x80000001ll, INT64_MAX, INT64_MIN,
		INT64_MIN + 1, 0x0123456789abcdef, 1000000007, 16, 31, 32,
	};

	if (chance(g, 20))
		return rnd(g) << 11 | below(g, 1 << 11);
	if (chance(g, 40))
		return (int64_t)below(g, 2000) - 1000;
	return interesting[below(g, ARRAY_SIZE(interesting))];
}

static inline vreg random_var(struct random_ir *g)
{
	return g->vars[g->nvars - 1 - below(g, chance(g, 60) ? MIN_OF(g->nvars, 8u) : g->nvars)];
}

static inline struct ir_val random_val(struct random_ir *g)
{
	if (!g->nvars || chance(g, 25))
		return ir_imm(random_constant(g));
	return ir_reg(random_var(g));
}

static inline vreg new_var(struct random_ir *g, vreg r)
{
	if (g->nvars < (g->max_vars ? g->max_vars : RANDOM_MAX_VARS))
		g->vars[g->nvars++] = r;
	return r;
}

/* The register to write: a new one, or one that holds something already. */
static inline vreg target(struct random_ir *g)
{
	if (g->nvars && chance(g, 35))
		return random_var(g);
	return ir_vreg(g->f);
}

static inline void make_known(struct random_ir *g, vreg r)
{
	for (unsigned i = 0; i < g->nvars; i++)
		if (g->vars[i] == r)
			return;
	new_var(g, r);
}

static inline void random_arithmetic(struct random_ir *g)
{
	static const uint8_t ops[] = {IR_ADD, IR_SUB, IR_MUL, IR_DIV, IR_MOD, IR_AND, IR_OR, IR_XOR,
				      IR_SHL, IR_SHR, IR_SAR, IR_NEG, IR_EXT, IR_BSWAP, IR_MOV};
	static const uint8_t sizes[] = {1, 2, 4, 8};
	struct ir_insn insn = {.op = ops[below(g, ARRAY_SIZE(ops))], .size = chance(g, 70) ? 8 : 4};

	insn.a = random_val(g);
	if (insn.op != IR_NEG && insn.op != IR_EXT && insn.op != IR_BSWAP && insn.op != IR_MOV)
		insn.b = random_val(g);
	else if (insn.op == IR_EXT || insn.op == IR_BSWAP)
		insn.size = sizes[below(g, 4)];
	if (insn.op == IR_MOV)
		insn.size = 8;
	if ((insn.op == IR_DIV || insn.op == IR_MOD || insn.op == IR_EXT) && chance(g, 50))
		insn.flags = IR_SIGNED;
	insn.dst = target(g);
	ir_emit(g->f, insn);
	make_known(g, insn.dst);
}

/* A tree of operations: all leaves are alive before the first is used. */
static inline void random_wide(struct random_ir *g, unsigned operands, bool with_calls)
{
	static const uint8_t ops[] = {IR_ADD, IR_SUB, IR_XOR, IR_OR, IR_MUL, IR_AND};
	vreg leaves[64] = {0}, sum;

	for (unsigned i = 0; i < operands; i++) {
		if (with_calls && chance(g, 20))
			leaves[i] = ir_call(g->f, HELPER_KTIME_GET_NS, 0, NULL);
		else
			leaves[i] = ir_alu(g->f, ops[below(g, 4)], random_val(g), random_val(g));
	}
	sum = leaves[operands - 1];
	for (unsigned i = operands - 1; i-- > 0;)
		sum = ir_alu(g->f, ops[below(g, ARRAY_SIZE(ops))], ir_reg(leaves[i]), ir_reg(sum));
	new_var(g, sum);
}

static inline void random_map_access(struct random_ir *g)
{
	static const uint8_t sizes[] = {1, 2, 4, 8};
	unsigned size = sizes[below(g, 4)], map = below(g, MACHINE_MAPS);
	int32_t off = 256 + below(g, (MACHINE_VALUE - 256) / 8) * 8;
	int32_t split = chance(g, 50) ? 0 : off / 2 / 8 * 8;
	vreg at = ir_map_value(g->f, map, split), dst = 0;
	struct ir_insn insn = {.a = ir_reg(at), .off = off - split, .space = SPACE_MAP};

	if (chance(g, 30))
		insn.a = ir_reg(ir_alu(g->f, IR_ADD, ir_reg(at), ir_imm(insn.off / 8 * 4)));
	if (insn.a.reg != at)
		insn.off -= insn.off / 8 * 4;
	switch (below(g, 7)) {
	case 0:
	case 1:
		ir_store(g->f, SPACE_MAP, insn.a.reg, insn.off, size, random_val(g));
		return;
	case 2:
	case 3:
		new_var(g, ir_load(g->f, SPACE_MAP, insn.a.reg, insn.off, size, chance(g, 50)));
		return;
	case 4:
		insn.op = IR_ATOMIC_ADD;
		break;
	case 5:
		insn.op = chance(g, 50) ? IR_FETCH_ADD : IR_XCHG;
		break;
	default:
		insn.op = IR_CMPXCHG;
		insn.c = random_val(g);
	}
	if (g->basic)
		insn.op = IR_ATOMIC_ADD;
	insn.size = chance(g, 70) ? 8 : 4;
	insn.b = random_val(g);
	if (insn.op != IR_ATOMIC_ADD)
		insn.dst = dst = target(g);
	ir_emit(g->f, insn);
	if (dst)
		make_known(g, dst);
}

static inline int random_object(struct random_ir *g, unsigned size)
{
	uint32_t object;
	vreg at;

	if (g->nobjects == RANDOM_MAX_OBJECTS || g->frame_bytes + size > (g->loadable ? 56 : 160))
		return -1;
	g->frame_bytes += size;
	object = ir_object_new(g->f, size, 8, "object");
	at = ir_frame(g->f, object, 0);
	for (unsigned i = 0; i < size; i += 8)
		ir_store(g->f, SPACE_STACK, at, i, 8, random_val(g));
	g->objects[g->nobjects].object = object;
	g->objects[g->nobjects].size = size;
	return g->nobjects++;
}

static inline void random_object_access(struct random_ir *g)
{
	static const uint8_t sizes[] = {1, 2, 4, 8};
	unsigned size = sizes[below(g, 4)], i;
	int32_t off;
	vreg at;

	if (!g->nobjects || chance(g, 25)) {
		random_object(g, 8 * (1 + below(g, 3)));
		return;
	}
	i = below(g, g->nobjects);
	off = below(g, g->objects[i].size / size) * size;
	/* the same offset, said in the address or in the instruction */
	at = ir_frame(g->f, g->objects[i].object, chance(g, 50) ? off : 0);
	if (chance(g, 20))
		at = ir_mov(g->f, ir_reg(at));
	else if (chance(g, 20))
		at = ir_alu(g->f, IR_ADD, ir_reg(ir_alu(g->f, IR_ADD, ir_reg(at), ir_imm(8))), ir_imm(-8));
	off -= ({ int32_t said = 0;
		  for (size_t k = 0; k < g->f->at->insns.n; k++)
			  if (g->f->at->insns.v[k].op == IR_FRAME)
				  said = g->f->at->insns.v[k].off;
		  said; });
	if (chance(g, 50))
		ir_store(g->f, SPACE_STACK, at, off, size, random_val(g));
	else
		new_var(g, ir_load(g->f, SPACE_STACK, at, off, size, chance(g, 50)));
}

static inline void random_kernel_load(struct random_ir *g)
{
	static const uint8_t sizes[] = {1, 2, 4, 8};
	struct ir_insn insn = {.op = IR_LOAD, .size = sizes[below(g, 4)],
			       .space = chance(g, 50) ? SPACE_KERNEL : SPACE_USER};
	uint64_t base = MACHINE_KERNEL_BASE + below(g, 400) - 40;

	if (chance(g, 50))
		insn.a = ir_reg(ir_mov(g->f, ir_imm(base)));
	else
		insn.a = ir_imm(base);
	insn.off = below(g, 64) - 16;
	if (chance(g, 50))
		insn.flags |= IR_SIGNED;
	if (chance(g, 30))
		insn.flags |= IR_QUIET;
	insn.dst = target(g);
	ir_emit(g->f, insn);
	make_known(g, insn.dst);
	/* a read nobody looks at may go, and the loss it would have counted with it */
	ir_store(g->f, SPACE_MAP, ir_map_value(g->f, 1, 0), 1000, 8, ir_reg(insn.dst));
}

static inline void random_lookup(struct random_ir *g)
{
	struct ir_block *yes = ir_block_new(g->f), *no = ir_block_new(g->f), *join = ir_block_new(g->f);
	uint32_t key = ir_object_new(g->f, 4, 4, "key");
	vreg at = ir_frame(g->f, key, 0), value, result = ir_vreg(g->f);

	ir_store(g->f, SPACE_STACK, at, 0, 4, random_val(g));
	value = ir_call(g->f, HELPER_MAP_LOOKUP_ELEM,
			IR_ARGS(ir_reg(ir_map(g->f, below(g, MACHINE_MAPS))), ir_reg(at)));
	ir_branch(g->f, COND_EQ, ir_reg(value), ir_imm(0), yes, no);
	ir_set(g->f, result, random_val(g));
	if (chance(g, 50))
		ir_emit(g->f, (struct ir_insn){.op = IR_ATOMIC_ADD, .size = 8, .a = ir_reg(value),
					       .off = 512, .b = random_val(g)});
	ir_set(g->f, result, ir_reg(ir_load(g->f, SPACE_MAP, value, 512, 8, false)));
	ir_jump(g->f, join);
	ir_at(g->f, yes);
	yes->unlikely = chance(g, 50);
	ir_count_loss(g->f, g->prog, LOSS_MAP_FULL);
	ir_set(g->f, result, ir_imm(0));
	ir_jump(g->f, join);
	ir_at(g->f, join);
	new_var(g, result);
}

static inline void random_update(struct random_ir *g)
{
	uint32_t key = ir_object_new(g->f, 4, 4, "key");
	int value = g->nobjects && !g->loadable ? (int)below(g, g->nobjects) : -1;
	vreg at, map = ir_map_value(g->f, 1, 0);

	if (value >= 0 && g->objects[value].size < 16)
		value = -1;
	at = ir_frame(g->f, key, 0);
	ir_store(g->f, SPACE_STACK, at, 0, 4, random_val(g));
	new_var(g, ir_call(g->f, HELPER_MAP_UPDATE_ELEM,
			   IR_ARGS(ir_reg(ir_map(g->f, below(g, MACHINE_MAPS))), ir_reg(at),
				   ir_reg(value < 0 ? map : ir_frame(g->f, g->objects[value].object, 0)),
				   ir_imm(below(g, 2)))));
}

static inline void random_call(struct random_ir *g)
{
	switch (below(g, 8)) {
	case 0:
		new_var(g, ir_call(g->f, HELPER_KTIME_GET_NS, 0, NULL));
		return;
	case 1:
		ir_call(g->f, HELPER_GET_CURRENT_PID_TGID, 0, NULL);
		return;
	case 2:
		new_var(g, ir_call(g->f, HELPER_GET_SMP_PROCESSOR_ID, 0, NULL));
		return;
	case 3:
		random_lookup(g);
		return;
	case 4:
		random_update(g);
		return;
	case 5: {
		int i = random_object(g, 16);

		if (i >= 0)
			new_var(g, ir_call(g->f, HELPER_GET_CURRENT_COMM,
					   IR_ARGS(ir_reg(ir_frame(g->f, g->objects[i].object, 0)),
						   ir_imm(16))));
		return;
	}
	case 6:
		random_kernel_load(g);
		return;
	}
	if (g->loadable)
		new_var(g, ir_call(g->f, HELPER_GET_PRANDOM_U32, 0, NULL));
	else if (chance(g, 50))
		new_var(g, ir_call(g->f, HELPER_SEND_SIGNAL, IR_ARGS(random_val(g))));
	else
		new_var(g, ir_call(g->f, HELPER_GET_NS_CURRENT_PID_TGID,
				   IR_ARGS(random_val(g), random_val(g), random_val(g), random_val(g),
					   random_val(g))));
}

static inline void random_block(struct random_ir *g, int statements);

static inline void random_condition(struct random_ir *g, struct ir_block *yes, struct ir_block *no)
{
	struct ir_block *from = g->f->at;

	ir_branch(g->f, below(g, COND_SET + 1), random_val(g), random_val(g), yes, no);
	if (from->exit == EXIT_BRANCH && chance(g, 30))
		from->size = 4;
}

static inline void random_if(struct random_ir *g)
{
	struct ir_block *yes = ir_block_new(g->f), *no = ir_block_new(g->f), *join = ir_block_new(g->f);
	unsigned nvars = g->nvars, nobjects = g->nobjects;

	random_condition(g, yes, no);
	if (chance(g, 60))
		random_block(g, 1 + below(g, 4));
	ir_jump(g->f, join);
	g->nvars = nvars;
	g->nobjects = nobjects;
	ir_at(g->f, yes);
	yes->unlikely = chance(g, 30);
	random_block(g, 1 + below(g, 4));
	if (chance(g, 8))
		ir_return(g->f, random_val(g));
	ir_jump(g->f, join);
	g->nvars = nvars;
	g->nobjects = nobjects;
	ir_at(g->f, join);
}

/* A value used before and after it is masked, with things between. */
static inline void random_masked(struct random_ir *g)
{
	static const int64_t masks[] = {1, 63, 255, 4095, 0xffff, 0x7fffffff};
	vreg made = ir_alu(g->f, IR_ADD, random_val(g), random_val(g)), masked;
	unsigned nvars = g->nvars, nobjects = g->nobjects;
	vreg at;

	random_block(g, 1 + below(g, 2));
	at = ir_map_value(g->f, 0, 512);
	ir_store(g->f, SPACE_MAP, at, 8 * below(g, 8), 8, ir_reg(made));
	random_block(g, 1 + below(g, 2));
	masked = ir_alu(g->f, IR_AND, ir_reg(made), ir_imm(masks[below(g, ARRAY_SIZE(masks))]));
	random_block(g, 1 + below(g, 2));
	at = ir_map_value(g->f, 0, 512);
	ir_store(g->f, SPACE_MAP, at, 64 + 8 * below(g, 8), 8, ir_reg(masked));
	g->nvars = nvars;
	g->nobjects = nobjects;
	new_var(g, masked);
}

/* Values made before a branch of which each side wants some. */
static inline void random_sides(struct random_ir *g)
{
	static const uint8_t ops[] = {IR_ADD, IR_SUB, IR_XOR, IR_MUL, IR_SHR};
	struct ir_block *yes = ir_block_new(g->f), *no = ir_block_new(g->f), *join = ir_block_new(g->f);
	vreg made[6], sum[2], result = ir_vreg(g->f);
	unsigned nvars = g->nvars, nobjects = g->nobjects;

	made[0] = ir_alu(g->f, IR_ADD, random_val(g), random_val(g));
	for (int i = 1; i < 6; i++)
		made[i] = ir_alu(g->f, ops[below(g, 5)], ir_reg(made[below(g, i)]),
				 chance(g, 50) ? ir_reg(made[below(g, i)]) : random_val(g));
	random_block(g, below(g, 2));
	random_condition(g, yes, no);
	for (int side = 0; side < 2; side++) {
		sum[side] = ir_alu(g->f, IR_ADD, ir_reg(made[below(g, 6)]), ir_reg(made[below(g, 6)]));
		random_block(g, below(g, 2));
		ir_set(g->f, result, ir_reg(sum[side]));
		ir_jump(g->f, join);
		g->nvars = nvars;
		g->nobjects = nobjects;
		ir_at(g->f, side ? join : yes);
	}
	new_var(g, result);
}

static inline vreg random_private(struct random_ir *g)
{
	uint32_t object = ir_object_new(g->f, 8, 8, "private");

	g->frame_bytes += 8;
	ir_store(g->f, SPACE_STACK, ir_frame(g->f, object, 0), 0, 8, random_val(g));
	return ir_frame(g->f, object, 0);
}

/* Addresses that are kept in memory, are one of two, or move. */
static inline void random_pointer(struct random_ir *g)
{
	unsigned nvars = g->nvars, nobjects = g->nobjects, kind = below(g, 3);
	vreg at, place;

	if (g->frame_bytes > (g->loadable ? 40 : 140))
		return;
	if (kind == 0) {
		at = random_private(g);
		place = random_private(g);
		ir_store(g->f, SPACE_STACK, place, 0, 8, ir_reg(at));
		random_block(g, 1 + below(g, 4));
		at = ir_load(g->f, SPACE_STACK, place, 0, 8, false);
	} else if (kind == 1) {
		struct ir_block *yes = ir_block_new(g->f), *no = ir_block_new(g->f),
				*join = ir_block_new(g->f);

		at = ir_vreg(g->f);
		ir_branch(g->f, COND_SGT, random_val(g), random_val(g), yes, no);
		ir_set(g->f, at, ir_reg(random_private(g)));
		ir_jump(g->f, join);
		ir_at(g->f, yes);
		ir_set(g->f, at, ir_reg(random_private(g)));
		ir_jump(g->f, join);
		ir_at(g->f, join);
		random_block(g, 1 + below(g, 4));
	} else {
		at = ir_map_value(g->f, 1, 256);
		for (int i = 0; i < 3; i++) {
			place = ir_alu(g->f, IR_ADD, ir_reg(at), ir_imm(8 * below(g, 4)));
			ir_emit(g->f, (struct ir_insn){.op = IR_ADD, .size = 8, .dst = at,
						       .a = ir_reg(at), .b = ir_imm(16)});
			random_block(g, below(g, 2));
			ir_store(g->f, SPACE_MAP, place, 8, 8, random_val(g));
		}
	}
	g->nvars = nvars;
	g->nobjects = nobjects;
	new_var(g, ir_load(g->f, SPACE_STACK, at, 0, 8, false));
}

/* A condition as a value, then tested: what && and || look like. */
static inline void random_bool(struct random_ir *g)
{
	struct ir_block *yes = ir_block_new(g->f), *no = ir_block_new(g->f), *join = ir_block_new(g->f);
	vreg value = target(g);

	random_condition(g, yes, no);
	ir_set(g->f, value, ir_imm(0));
	ir_jump(g->f, join);
	ir_at(g->f, yes);
	ir_set(g->f, value, ir_imm(1));
	ir_jump(g->f, join);
	ir_at(g->f, join);
	make_known(g, value);
	if (chance(g, 50)) {
		unsigned nvars = g->nvars;

		yes = ir_block_new(g->f);
		no = ir_block_new(g->f);
		join = ir_block_new(g->f);
		ir_branch(g->f, COND_NE, ir_reg(value), ir_imm(0), yes, no);
		random_arithmetic(g);
		ir_jump(g->f, join);
		ir_at(g->f, yes);
		ir_jump(g->f, join);
		ir_at(g->f, join);
		g->nvars = nvars; /* what is new was set on one side only */
	}
}

static inline void random_loop(struct random_ir *g)
{
	struct ir_block *head = ir_block_new(g->f), *body = ir_block_new(g->f), *out = ir_block_new(g->f);
	vreg i = ir_mov(g->f, ir_imm(0));
	unsigned nvars = g->nvars, nobjects = g->nobjects;
	int was = g->budget;

	if (g->loops >= (g->loadable ? 1 : 3))
		return;
	g->budget = MIN_OF(g->budget, 12);
	was -= g->budget;
	g->loops++;
	ir_jump(g->f, head);
	ir_at(g->f, head);
	ir_branch(g->f, COND_LT, ir_reg(i), ir_imm(1 + below(g, 4)), body, out);
	ir_at(g->f, body);
	random_block(g, 1 + below(g, 5));
	ir_emit(g->f, (struct ir_insn){.op = IR_ADD, .size = 8, .dst = i, .a = ir_reg(i), .b = ir_imm(1)});
	if (chance(g, 20)) {
		struct ir_block *again = ir_block_new(g->f);

		random_condition(g, out, again);
	}
	ir_jump(g->f, head);
	ir_at(g->f, out);
	g->nvars = nvars;
	g->nobjects = nobjects;
	g->loops--;
	g->budget += was;
}

static inline void random_call_func(struct random_ir *g)
{
	struct ir_insn insn = {.op = IR_CALL_FUNC, .nargs = 3};
	int i;

	if (g->level + 1 >= g->prog->funcs.n || g->loops)
		return;
	i = g->nobjects ? (int)below(g, g->nobjects) : random_object(g, 8);
	if (i < 0)
		return;
	insn.index = g->level + 1 + below(g, g->prog->funcs.n - g->level - 1);
	insn.args[0] = random_val(g);
	insn.args[1] = ir_reg(ir_frame(g->f, g->objects[i].object, 0));
	insn.args[2] = random_val(g);
	if (!g->loadable && chance(g, 40)) {
		vreg callback = ir_vreg(g->f);

		ir_emit(g->f, (struct ir_insn){.op = IR_FUNC, .dst = callback, .index = insn.index});
		new_var(g, ir_call(g->f, HELPER_LOOP,
				   IR_ARGS(ir_imm(below(g, 4)), ir_reg(callback), insn.args[1],
					   ir_imm(0))));
		return;
	}
	insn.dst = ir_vreg(g->f);
	ir_emit(g->f, insn);
	new_var(g, insn.dst);
}

static inline void random_statement(struct random_ir *g)
{
	unsigned what = below(g, 100);

	if (what < 40)
		random_arithmetic(g);
	else if (what < 50)
		random_map_access(g);
	else if (what < 60)
		random_object_access(g);
	else if (what < 72)
		random_call(g);
	else if (what < 80 && g->depth < 5)
		random_if(g);
	else if (what < 83)
		random_bool(g);
	else if (what < 85)
		random_sides(g);
	else if (what < 86 && g->depth < 4)
		random_masked(g);
	else if (what < 89 && g->depth < 4)
		random_loop(g);
	else if (what < 91)
		random_wide(g, 5 + below(g, chance(g, 20) ? 56 : 12), chance(g, 50));
	else if (what < 94)
		random_call_func(g);
	else if (what < 96 && g->depth < 5)
		random_pointer(g);
	else if (what < 98 && !g->level)
		new_var(g, ir_load(g->f, SPACE_CTX,
				   ({ vreg c = ir_vreg(g->f);
				      ir_emit(g->f, (struct ir_insn){.op = IR_CTX, .dst = c}); c; }),
				   8 * below(g, 12), 8, false));
	else
		ir_count_loss(g->f, g->prog, below(g, LOSS_KERNEL_COUNT));
}

static inline void random_block(struct random_ir *g, int statements)
{
	g->depth++;
	while (statements-- > 0 && g->budget-- > 0)
		random_statement(g);
	g->depth--;
}

static inline void random_func(struct random_ir *g, uint32_t level, int budget)
{
	struct ir_func *f = g->prog->funcs.v[level];
	unsigned kept = 2 + below(g, 10);
	vreg sum;

	g->f = f;
	g->level = level;
	g->budget = budget;
	g->nvars = g->nobjects = g->frame_bytes = g->loops = g->depth = 0;
	for (uint32_t i = 1; i <= f->nargs; i++) {
		vreg arg = ir_vreg(f);

		ir_emit(f, (struct ir_insn){.op = IR_ARG, .dst = arg, .off = i});
		if (i != 2)
			new_var(g, arg);
		else if (chance(g, 70)) /* the caller's object of at least 8 bytes */
			new_var(g, ir_load(f, SPACE_STACK, arg, 0, 8, false));
	}
	if (chance(g, 15))
		kept = 15 + below(g, 50);
	for (unsigned i = 0; i < kept; i++)
		new_var(g, chance(g, 30) || level
				   ? ir_load(f, SPACE_MAP, ir_map_value(f, below(g, MACHINE_MAPS), 0),
					     256 + 8 * below(g, 90), 8, false)
				   : ir_mov(f, ir_imm(random_constant(g))));
	while (g->budget > 0)
		random_block(g, g->budget);
	/* everything still known is looked at */
	sum = ir_mov(f, ir_imm(1));
	for (unsigned i = 0; i < g->nvars; i++) {
		sum = ir_alu(f, IR_MUL, ir_reg(sum), ir_imm(31));
		sum = ir_alu(f, IR_XOR, ir_reg(sum), ir_reg(g->vars[i]));
	}
	ir_store(f, SPACE_MAP, ir_map_value(f, 2, 0), 256 + 8 * level, 8, ir_reg(sum));
	ir_return(f, level ? ir_reg(sum) : ir_imm(0));
}

static inline struct ir_prog *random_program(struct arena *arena, uint64_t seed, bool loadable,
					     bool basic)
{
	struct ir_prog *prog = arena_new_of(arena, struct ir_prog);
	struct random_ir g = {.state = machine_mix(seed, 12345) | 1, .loadable = loadable,
			      .basic = basic, .prog = prog};
	uint32_t nfuncs = 1 + (chance(&g, 30) ? below(&g, 3) : 0);

	prog->arena = arena;
	prog->name = "random";
	for (uint32_t i = 0; i < nfuncs; i++)
		ir_func_new(prog, arena_printf(arena, "f%u", i), i ? 3 : 0);
	for (uint32_t i = 0; i < nfuncs; i++)
		random_func(&g, i, 5 + below(&g, i ? 20 : chance(&g, 10) ? 150 : 40));
	return prog;
}

/* One function of about `statements` statements over few variables. */
static inline struct ir_prog *random_large(struct arena *arena, uint64_t seed, int statements)
{
	struct ir_prog *prog = arena_new_of(arena, struct ir_prog);
	struct random_ir g = {.state = machine_mix(seed, 54321) | 1, .prog = prog, .max_vars = 30};

	prog->arena = arena;
	prog->name = "large";
	ir_func_new(prog, "f0", 0);
	random_func(&g, 0, statements);
	return prog;
}

#endif
