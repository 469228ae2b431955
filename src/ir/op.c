/*
 * op.c - what each operation reads, writes and means: the tables and evaluation every pass
 * (and the tests) share, so that folding and running cannot disagree.
 */
#include <stdlib.h>

#include "ir/pass.h"

#define ALU (USES_A | USES_B | HAS_DST | IS_PURE | IS_BINARY)

const uint8_t ir_traits[IR_OP_COUNT] = {
	[IR_NOP] = 0,
	[IR_MOV] = USES_A | HAS_DST | IS_PURE,
	[IR_ADD] = ALU | COMMUTES,
	[IR_SUB] = ALU,
	[IR_MUL] = ALU | COMMUTES,
	[IR_DIV] = ALU,
	[IR_MOD] = ALU,
	[IR_AND] = ALU | COMMUTES,
	[IR_OR] = ALU | COMMUTES,
	[IR_XOR] = ALU | COMMUTES,
	[IR_SHL] = ALU,
	[IR_SHR] = ALU,
	[IR_SAR] = ALU,
	[IR_NEG] = USES_A | HAS_DST | IS_PURE,
	[IR_EXT] = USES_A | HAS_DST | IS_PURE,
	[IR_BSWAP] = USES_A | HAS_DST | IS_PURE,
	[IR_LOAD] = USES_A | HAS_DST | IS_PURE,
	[IR_STORE] = USES_A | USES_B,
	[IR_ATOMIC_ADD] = USES_A | USES_B,
	[IR_FETCH_ADD] = USES_A | USES_B | HAS_DST,
	[IR_XCHG] = USES_A | USES_B | HAS_DST,
	[IR_CMPXCHG] = USES_A | USES_B | USES_C | HAS_DST,
	[IR_CTX] = HAS_DST | IS_PURE,
	[IR_ARG] = HAS_DST | IS_PURE,
	[IR_FRAME] = HAS_DST | IS_PURE,
	[IR_MAP] = HAS_DST | IS_PURE,
	[IR_MAP_VALUE] = HAS_DST | IS_PURE,
	[IR_FUNC] = HAS_DST | IS_PURE,
	[IR_KERNEL_VAR] = HAS_DST | IS_PURE,
	[IR_RELOC] = HAS_DST | IS_PURE,
	[IR_CALL] = USES_ARGS | HAS_DST,
	[IR_CALL_FUNC] = USES_ARGS | HAS_DST,
};

const char *const ir_op_names[IR_OP_COUNT] = {
#define IR(id, name, doc) [IR_##id] = name,
#include "ir/ir.def"
#undef IR
};

const char *const ir_cond_names[] = {
	[COND_EQ] = "eq", [COND_NE] = "ne", [COND_LT] = "lt", [COND_LE] = "le",
	[COND_GT] = "gt", [COND_GE] = "ge", [COND_SLT] = "slt", [COND_SLE] = "sle",
	[COND_SGT] = "sgt", [COND_SGE] = "sge", [COND_SET] = "set",
};

unsigned ir_insn_uses(struct ir_insn *insn, vreg *out[MAX_USES])
{
	unsigned traits = ir_traits[insn->op], n = 0;

	if ((traits & USES_A) && insn->a.reg)
		out[n++] = &insn->a.reg;
	if ((traits & USES_B) && insn->b.reg)
		out[n++] = &insn->b.reg;
	if ((traits & USES_C) && insn->c.reg)
		out[n++] = &insn->c.reg;
	if (traits & USES_ARGS)
		for (unsigned i = 0; i < insn->nargs; i++)
			if (insn->args[i].reg)
				out[n++] = &insn->args[i].reg;
	return n;
}

unsigned ir_exit_uses(struct ir_block *b, vreg *out[MAX_USES])
{
	unsigned n = 0;

	if ((b->exit == EXIT_BRANCH || b->exit == EXIT_RETURN) && b->a.reg)
		out[n++] = &b->a.reg;
	if (b->exit == EXIT_BRANCH && b->b.reg)
		out[n++] = &b->b.reg;
	return n;
}

unsigned ir_successors(const struct ir_block *b, struct ir_block *out[2])
{
	if (b->exit == EXIT_JUMP || b->exit == EXIT_BRANCH)
		out[0] = b->to;
	if (b->exit == EXIT_BRANCH)
		out[1] = b->other;
	return b->exit == EXIT_JUMP ? 1 : b->exit == EXIT_BRANCH ? 2 : 0;
}

static uint64_t sign_extend(uint64_t v, unsigned size)
{
	unsigned shift = 64 - 8 * size;

	return (uint64_t)((int64_t)(v << shift) >> shift);
}

static uint64_t zero_extend(uint64_t v, unsigned size)
{
	return size >= 8 ? v : v & ((1ull << (8 * size)) - 1);
}

/* C's division on the magnitudes, so that INT_MIN / -1 wraps; by 0 as for unsigned. */
static uint64_t divide(const struct ir_insn *insn, uint64_t a, uint64_t b)
{
	bool is_signed = insn->flags & IR_SIGNED, mod = insn->op == IR_MOD;
	uint64_t ua, ub, r;

	if (!is_signed)
		return mod ? (b ? a % b : a) : (b ? a / b : 0);
	a = sign_extend(a, insn->size);
	b = sign_extend(b, insn->size);
	ua = (int64_t)a < 0 ? -a : a;
	ub = (int64_t)b < 0 ? -b : b;
	r = mod ? (ub ? ua % ub : ua) : (ub ? ua / ub : 0);
	return ((int64_t)(mod ? a : a ^ b) < 0) ? -r : r;
}

static uint64_t eval_binary(const struct ir_insn *insn, uint64_t a, uint64_t b)
{
	unsigned size = insn->size, count = b & (8 * size - 1);

	switch (insn->op) {
	case IR_ADD: return a + b;
	case IR_SUB: return a - b;
	case IR_MUL: return a * b;
	case IR_DIV:
	case IR_MOD: return divide(insn, a, b);
	case IR_AND: return a & b;
	case IR_OR: return a | b;
	case IR_XOR: return a ^ b;
	case IR_SHL: return a << count;
	case IR_SHR: return a >> count;
	case IR_SAR: return (uint64_t)((int64_t)sign_extend(a, size) >> count);
	default: BUG("%s is not evaluated", ir_op_names[insn->op]);
	}
}

uint64_t ir_eval(const struct ir_insn *insn, uint64_t a, uint64_t b)
{
	unsigned size = insn->size;

	switch (insn->op) {
	case IR_MOV:
		return a;
	case IR_NEG:
		return zero_extend(-a, size);
	case IR_EXT:
		return insn->flags & IR_SIGNED ? sign_extend(a, size) : zero_extend(a, size);
	case IR_BSWAP:
		return size == 1 ? a & 0xff : __builtin_bswap64(a) >> (64 - 8 * size);
	default:
		return zero_extend(eval_binary(insn, zero_extend(a, size), zero_extend(b, size)),
				   size);
	}
}

bool ir_test(enum ir_cond cond, unsigned size, uint64_t a, uint64_t b)
{
	int64_t sa = sign_extend(a, size), sb = sign_extend(b, size);

	a = zero_extend(a, size);
	b = zero_extend(b, size);
	switch (cond) {
	case COND_EQ: return a == b;
	case COND_NE: return a != b;
	case COND_LT: return a < b;
	case COND_LE: return a <= b;
	case COND_GT: return a > b;
	case COND_GE: return a >= b;
	case COND_SLT: return sa < sb;
	case COND_SLE: return sa <= sb;
	case COND_SGT: return sa > sb;
	case COND_SGE: return sa >= sb;
	case COND_SET: return a & b;
	}
	BUG("condition %d", cond);
}

enum ir_cond ir_cond_inverse(enum ir_cond cond)
{
	static const uint8_t inverse[] = {
		[COND_EQ] = COND_NE, [COND_NE] = COND_EQ, [COND_LT] = COND_GE,
		[COND_LE] = COND_GT, [COND_GT] = COND_LE, [COND_GE] = COND_LT,
		[COND_SLT] = COND_SGE, [COND_SLE] = COND_SGT, [COND_SGT] = COND_SLE,
		[COND_SGE] = COND_SLT,
	};

	BUG_ON(cond >= COND_SET);
	return inverse[cond];
}

enum ir_cond ir_cond_swapped(enum ir_cond cond)
{
	switch (cond) {
	case COND_LT: return COND_GT;
	case COND_LE: return COND_GE;
	case COND_GT: return COND_LT;
	case COND_GE: return COND_LE;
	case COND_SLT: return COND_SGT;
	case COND_SLE: return COND_SGE;
	case COND_SGT: return COND_SLT;
	case COND_SGE: return COND_SLE;
	default: return cond;
	}
}

void ir_rewrite_finish(struct ir_rewrite *rw, struct ir_func *f, struct ir_block *b)
{
	b->insns.v = arena_copy(f->arena, rw->insns.v, rw->insns.n * sizeof(*rw->insns.v));
	b->insns.n = b->insns.cap = rw->insns.n;
	rw->insns.n = 0;
}

void ir_rewrite_free(struct ir_rewrite *rw)
{
	vec_free(&rw->insns);
}
