/*
 * emit.c - allocated IR to instructions: registers are r0-r9 as 1-10, arithmetic is in
 * two-operand form, frame objects have their offsets, blocks are in their final order.
 * Nothing is decided here but the direction of branches.
 */
#include "bpf/emit.h"

enum { FRAME_POINTER = BPF_REG_10, TAIL_MAX = 2 };

static unsigned reg(vreg r)
{
	BUG_ON(!r || r > PHYS_COUNT);
	return r - 1;
}

static const uint8_t alu_codes[IR_OP_COUNT] = {
	[IR_ADD] = BPF_ADD, [IR_SUB] = BPF_SUB, [IR_MUL] = BPF_MUL, [IR_DIV] = BPF_DIV,
	[IR_MOD] = BPF_MOD, [IR_AND] = BPF_AND, [IR_OR] = BPF_OR, [IR_XOR] = BPF_XOR,
	[IR_SHL] = BPF_LSH, [IR_SHR] = BPF_RSH, [IR_SAR] = BPF_ARSH,
};

static void emit_alu(struct emitter *e, const struct ir_insn *insn)
{
	unsigned op = alu_codes[insn->op], dst = reg(insn->dst);

	BUG_ON(insn->a.reg != insn->dst || (insn->flags & IR_SIGNED));
	if (insn->b.reg)
		asm_alu(&e->out, op, insn->size, dst, reg(insn->b.reg));
	else
		asm_alu_imm(&e->out, op, insn->size, dst,
			    insn->size == 4 ? (int32_t)insn->b.imm : insn->b.imm);
}

static void emit_ext(struct emitter *e, const struct ir_insn *insn)
{
	unsigned dst = reg(insn->dst), src = reg(insn->a.reg), shift = 64 - 8 * insn->size;

	if (insn->size == 4 && !(insn->flags & IR_SIGNED)) {
		asm_mov32(&e->out, dst, src);
		return;
	}
	BUG_ON(dst != src);
	if (insn->size == 8)
		return;
	if (!(insn->flags & IR_SIGNED)) {
		asm_alu_imm(&e->out, BPF_AND, 8, dst, insn->size == 1 ? 0xff : 0xffff);
		return;
	}
	asm_alu_imm(&e->out, BPF_LSH, 8, dst, shift);
	asm_alu_imm(&e->out, BPF_ARSH, 8, dst, shift);
}

/* Base register and offset of a memory operand. */
static unsigned memory(struct emitter *e, const struct ir_insn *insn, int64_t *off)
{
	*off = insn->off;
	if (!ir_is_direct(insn))
		return reg(insn->a.reg);
	*off += e->alloc->offset[insn->index];
	return FRAME_POINTER;
}

static void emit_atomic(struct emitter *e, const struct ir_insn *insn)
{
	struct ir_val value = insn->op == IR_CMPXCHG ? insn->c : insn->b;
	unsigned op = insn->op == IR_CMPXCHG ? BPF_CMPXCHG
		    : insn->op == IR_XCHG    ? BPF_XCHG
		    : insn->op == IR_FETCH_ADD ? BPF_ADD | BPF_FETCH : BPF_ADD;

	/* the old value comes in the register that held the operand; r0 for the comparison */
	BUG_ON(insn->dst && insn->dst != insn->b.reg);
	BUG_ON(insn->op == IR_CMPXCHG && reg(insn->dst) != BPF_REG_0);
	asm_atomic(&e->out, op, insn->size, reg(insn->a.reg), insn->off, reg(value.reg));
}

static void emit_memory(struct emitter *e, const struct ir_insn *insn)
{
	int64_t off;
	unsigned base = memory(e, insn, &off);

	if (insn->op == IR_LOAD)
		asm_load(&e->out, insn->size, reg(insn->dst), base, off);
	else if (insn->b.reg)
		asm_store(&e->out, insn->size, base, off, reg(insn->b.reg));
	else
		asm_store_imm(&e->out, insn->size, base, off, (int32_t)insn->b.imm);
}

static void refer_func(struct emitter *e, uint32_t at, uint32_t func)
{
	struct func_ref ref = {.insn = at, .func = func};

	avec_push(e->out.arena, &e->refs, ref);
}

static void emit_call(struct emitter *e, uint32_t called)
{
	struct library_call call = {.helper = called};

	if (!ir_is_library(called)) {
		asm_call(&e->out, called);
		return;
	}
	call.insn = asm_call_func(&e->out);
	avec_push(e->out.arena, &e->library_calls, call);
}

static void emit_insn(struct emitter *e, const struct ir_insn *insn)
{
	struct asm_buf *out = &e->out;

	out->span = insn->span;
	if (ir_traits[insn->op] & IS_BINARY) {
		emit_alu(e, insn);
		return;
	}
	switch (insn->op) {
	case IR_MOV:
		if (insn->a.reg)
			asm_mov(out, reg(insn->dst), reg(insn->a.reg));
		else
			asm_mov_imm(out, reg(insn->dst), insn->a.imm);
		return;
	case IR_NEG:
		BUG_ON(insn->a.reg != insn->dst);
		asm_alu(out, BPF_NEG, insn->size, reg(insn->dst), 0);
		return;
	case IR_EXT:
		emit_ext(e, insn);
		return;
	case IR_BSWAP:
		BUG_ON(insn->a.reg != insn->dst);
		if (insn->size == 1)
			asm_alu_imm(out, BPF_AND, 8, reg(insn->dst), 0xff);
		else
			asm_bswap(out, insn->size, reg(insn->dst));
		return;
	case IR_LOAD:
	case IR_STORE:
		emit_memory(e, insn);
		return;
	case IR_ATOMIC_ADD:
	case IR_FETCH_ADD:
	case IR_XCHG:
	case IR_CMPXCHG:
		emit_atomic(e, insn);
		return;
	case IR_FRAME:
		asm_mov(out, reg(insn->dst), FRAME_POINTER);
		asm_alu_imm(out, BPF_ADD, 8, reg(insn->dst),
			    (int64_t)e->alloc->offset[insn->index] + insn->off);
		return;
	case IR_MAP:
		asm_load_reloc(out, reg(insn->dst), RELOC_MAP, insn->index, 0);
		return;
	case IR_MAP_VALUE:
		asm_load_reloc(out, reg(insn->dst), RELOC_MAP_VALUE, insn->index, insn->off);
		return;
	case IR_KERNEL_VAR:
		asm_load_kernel_var(out, reg(insn->dst), insn->index);
		return;
	case IR_RELOC:
		asm_load_reloc(out, reg(insn->dst), RELOC_CONSTANT, insn->index, 0);
		return;
	case IR_FUNC:
		refer_func(e, asm_load_func(out, reg(insn->dst)), insn->index);
		return;
	case IR_CALL:
		emit_call(e, insn->index);
		return;
	case IR_CALL_FUNC:
		refer_func(e, asm_call_func(out), insn->index);
		return;
	}
	BUG("%s reached the emitter", ir_op_names[insn->op]);
}

static const uint8_t jump_codes[] = {
	[COND_EQ] = BPF_JEQ, [COND_NE] = BPF_JNE, [COND_LT] = BPF_JLT, [COND_LE] = BPF_JLE,
	[COND_GT] = BPF_JGT, [COND_GE] = BPF_JGE, [COND_SLT] = BPF_JSLT, [COND_SLE] = BPF_JSLE,
	[COND_SGT] = BPF_JSGT, [COND_SGE] = BPF_JSGE, [COND_SET] = BPF_JSET,
};

static void emit_test(struct emitter *e, const struct ir_block *b, enum ir_cond cond,
		      const struct ir_block *to)
{
	if (b->b.reg)
		asm_jump_if(&e->out, jump_codes[cond], b->size, reg(b->a.reg), reg(b->b.reg),
			    e->labels[to->id]);
	else
		asm_jump_if_imm(&e->out, jump_codes[cond], b->size, reg(b->a.reg),
				b->size == 4 ? (int32_t)b->b.imm : b->b.imm, e->labels[to->id]);
}

/* How a block ends, given the one that follows: which of its two jumps are needed. */
static bool inverts(const struct ir_block *b, const struct ir_block *next)
{
	return b->exit == EXIT_BRANCH && b->to == next && b->cond != COND_SET;
}

/* A short way out is repeated rather than jumped to. */
static bool is_tail(const struct ir_block *b)
{
	return b->exit == EXIT_RETURN && b->insns.n < TAIL_MAX;
}

static void emit_exit(struct emitter *e, const struct ir_block *b, const struct ir_block *next)
{
	e->out.span = b->span;
	switch (b->exit) {
	case EXIT_RETURN:
		asm_exit(&e->out);
		return;
	case EXIT_JUMP:
		if (b->to == next)
			return;
		if (!is_tail(b->to)) {
			asm_jump(&e->out, e->labels[b->to->id]);
			return;
		}
		vec_each(insn, &b->to->insns)
			emit_insn(e, insn);
		e->out.span = b->to->span;
		asm_exit(&e->out);
		return;
	case EXIT_BRANCH:
		if (inverts(b, next)) {
			emit_test(e, b, ir_cond_inverse(b->cond), b->other);
			return;
		}
		emit_test(e, b, b->cond, b->to);
		if (b->other != next)
			asm_jump(&e->out, e->labels[b->other->id]);
		return;
	}
	BUG("block without an end");
}

/* The jumps that emit_exit will make to each block, and which blocks are reached at all. */
static void count_refs(const struct ir_func *f, uint32_t *refs, bool *falls_in)
{
	falls_in[0] = true;
	for (size_t i = 0; i < f->blocks.n; i++) {
		const struct ir_block *b = f->blocks.v[i];
		const struct ir_block *next = i + 1 < f->blocks.n ? f->blocks.v[i + 1] : NULL;

		if (b->exit == EXIT_JUMP) {
			refs[b->to->id] += b->to != next && !is_tail(b->to);
			if (b->to == next)
				falls_in[i + 1] = true;
		}
		if (b->exit != EXIT_BRANCH)
			continue;
		if (b->to == next || b->other == next)
			falls_in[i + 1] |= inverts(b, next) || b->other == next;
		if (inverts(b, next)) {
			refs[b->other->id]++;
		} else {
			refs[b->to->id]++;
			refs[b->other->id] += b->other != next;
		}
	}
}

void bpf_emit_func(struct emitter *e, const struct ir_alloc *alloc)
{
	const struct ir_func *f = alloc->f;
	struct arena *scratch = arena_new();
	uint32_t *refs = arena_array(scratch, uint32_t, f->blocks.n);
	bool *falls_in = arena_array(scratch, bool, f->blocks.n);
	struct bpf_func_start start = {.insn = e->out.code->insns.n, .name = f->name};

	avec_push(e->out.arena, &e->out.code->funcs, start);
	e->alloc = alloc;
	e->labels = arena_array(scratch, asm_label, f->blocks.n);
	count_refs(f, refs, falls_in);
	for (size_t i = 0; i < f->blocks.n; i++)
		e->labels[i] = asm_label_new(&e->out, refs[i]);
	for (size_t i = 0; i < f->blocks.n; i++) {
		const struct ir_block *b = f->blocks.v[i];

		if (!refs[i] && !falls_in[i])
			continue; /* repeated wherever it was wanted */
		asm_bind(&e->out, e->labels[i]);
		vec_each(insn, &b->insns)
			emit_insn(e, insn);
		emit_exit(e, b, i + 1 < f->blocks.n ? f->blocks.v[i + 1] : NULL);
	}
	asm_finish(&e->out);
	e->labels = NULL;
	arena_free(scratch);
}

void bpf_emit_refs(struct emitter *e)
{
	struct bpf_code *code = e->out.code;

	vec_each(ref, &e->refs)
		code->insns.v[ref->insn].imm =
			(int32_t)((int64_t)e->starts[ref->func] - ref->insn - 1);
	bpf_library_link(code, e->out.arena, e->library_calls.v, e->library_calls.n);
}
