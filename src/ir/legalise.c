/*
 * legalise.c - what BPF has no instruction for becomes what it has:
 *
 *   load from KERNEL or USER   probe_read into an 8-byte frame object, the result tested:
 *
 *          r = probe_read_kernel(frame, size, addr)
 *          branch r ne 0 ? fail : ok
 *      ok: dst = load [frame]          fail (unlikely): count READ_FAILED; dst = 0
 *          jump join                                    jump join
 *
 *                              IR_QUIET has no test: the helper zeroes the buffer when it fails
 *   signed load                load, then sign extension (no such load before 6.6)
 *   signed division            unsigned division of magnitudes (no such one before 6.6)
 *   context, arguments         taken once, first thing in the entry block
 */
#include "ir/pass.h"

struct legaliser {
	struct ir_prog *prog;
	struct ir_func *f;
	uint32_t read_object; /* + 1; one for all reads: each is over before the next begins */
	vreg ctx, args[6];
};

static struct ir_insn *emit_alu(struct ir_func *f, enum ir_op op, unsigned size, vreg dst,
				struct ir_val a, struct ir_val b)
{
	return ir_emit(f, (struct ir_insn){.op = op, .size = size, .dst = dst, .a = a, .b = b});
}

static vreg alu(struct ir_func *f, enum ir_op op, unsigned size, struct ir_val a, struct ir_val b)
{
	vreg dst = ir_vreg(f);

	emit_alu(f, op, size, dst, a, b);
	return dst;
}

static void load_frame(struct legaliser *l, const struct ir_insn *load)
{
	bool is_signed = (load->flags & IR_SIGNED) && load->size < 8;
	vreg raw = is_signed ? ir_vreg(l->f) : load->dst;
	vreg at = ir_frame(l->f, l->read_object - 1, 0);

	ir_emit(l->f, (struct ir_insn){.op = IR_LOAD, .space = SPACE_STACK, .size = load->size,
				       .dst = raw, .a = ir_reg(at)});
	if (is_signed)
		ir_emit(l->f, (struct ir_insn){.op = IR_EXT, .size = load->size, .dst = load->dst,
					       .a = ir_reg(raw), .flags = IR_SIGNED});
}

static void legalise_read(struct legaliser *l, const struct ir_insn *load)
{
	struct ir_func *f = l->f;
	struct ir_block *ok, *fail, *join;
	struct ir_val addr = load->a;
	vreg at, result;

	if (!l->read_object)
		l->read_object = ir_object_new(f, 8, 8, "read") + 1;
	if (!addr.reg)
		addr.imm += load->off;
	else if (load->off)
		addr = ir_reg(ir_alu(f, IR_ADD, addr, ir_imm(load->off)));
	at = ir_frame(f, l->read_object - 1, 0);
	result = ir_call(f, load->space == SPACE_USER ? HELPER_PROBE_READ_USER
						      : HELPER_PROBE_READ_KERNEL,
			 IR_ARGS(ir_reg(at), ir_imm(load->size), addr));
	if (load->flags & IR_QUIET) {
		load_frame(l, load);
		return;
	}
	ok = ir_block_new(f);
	fail = ir_block_new(f);
	join = ir_block_new(f);
	fail->unlikely = true;
	ok->unlikely = join->unlikely = f->at->unlikely;
	ir_branch(f, COND_NE, ir_reg(result), ir_imm(0), fail, ok);
	load_frame(l, load);
	ir_jump(f, join);
	ir_at(f, fail);
	ir_count_loss(f, l->prog, LOSS_READ_FAILED);
	ir_set(f, load->dst, ir_imm(0));
	ir_jump(f, join);
	ir_at(f, join);
}

static void legalise_load(struct legaliser *l, const struct ir_insn *load)
{
	struct ir_insn plain = *load;

	if (load->space == SPACE_KERNEL || load->space == SPACE_USER) {
		legalise_read(l, load);
		return;
	}
	plain.flags &= ~IR_SIGNED;
	if (!(load->flags & IR_SIGNED) || load->size == 8) {
		ir_emit(l->f, plain);
		return;
	}
	plain.dst = ir_vreg(l->f);
	ir_emit(l->f, plain);
	ir_emit(l->f, (struct ir_insn){.op = IR_EXT, .size = load->size, .dst = load->dst,
				       .a = ir_reg(plain.dst), .flags = IR_SIGNED});
}

/* (v ^ sign) - sign: the magnitude of v, or v with that sign given back. */
static struct ir_val apply_sign(struct ir_func *f, unsigned size, struct ir_val v, struct ir_val sign)
{
	return ir_reg(alu(f, IR_SUB, size, ir_reg(alu(f, IR_XOR, size, v, sign)), sign));
}

static struct ir_val sign_of(struct ir_func *f, unsigned size, struct ir_val v)
{
	return ir_reg(alu(f, IR_SAR, size, v, ir_imm(8 * size - 1)));
}

/* By 2^k: the dividend's own sign bits round towards zero. */
static void divide_power(struct ir_func *f, const struct ir_insn *insn, unsigned k)
{
	unsigned size = insn->size, bits = 8 * size;
	struct ir_val round, up;

	round = ir_reg(alu(f, IR_SHR, size, sign_of(f, size, insn->a), ir_imm(bits - k)));
	up = ir_reg(alu(f, IR_ADD, size, insn->a, round));
	if (insn->op == IR_DIV) {
		emit_alu(f, IR_SAR, size, insn->dst, up, ir_imm(k));
		return;
	}
	up = ir_reg(alu(f, IR_AND, size, up, ir_imm(-(1ll << k))));
	emit_alu(f, IR_SUB, size, insn->dst, insn->a, up);
}

static bool divide_constant(struct ir_func *f, const struct ir_insn *insn, int64_t by)
{
	unsigned size = insn->size;

	if (by == 0 || by == 1 || by == -1) {
		bool keep = insn->op == IR_DIV ? by == 1 : by == 0;

		if (insn->op == IR_DIV && by == -1)
			emit_alu(f, IR_NEG, size, insn->dst, insn->a, ir_imm(0));
		else
			emit_alu(f, IR_AND, size, insn->dst, insn->a, ir_imm(keep ? -1 : 0));
		return true;
	}
	if (by > 1 && !(by & (by - 1))) {
		divide_power(f, insn, __builtin_ctzll(by));
		return true;
	}
	return false;
}

static void legalise_division(struct ir_func *f, const struct ir_insn *insn)
{
	unsigned size = insn->size;
	struct ir_val sign, magnitude, by = insn->b, by_sign = ir_imm(0), quotient;
	vreg r;

	if (!by.reg) {
		int64_t c = size == 4 ? (int32_t)by.imm : by.imm;

		if (divide_constant(f, insn, c))
			return;
		by = ir_imm(c < 0 ? (int64_t)-(uint64_t)c : c);
		by_sign = ir_imm(c < 0 ? -1 : 0);
	} else {
		by_sign = sign_of(f, size, by);
		by = apply_sign(f, size, by, by_sign);
	}
	sign = sign_of(f, size, insn->a);
	magnitude = apply_sign(f, size, insn->a, sign);
	quotient = ir_reg(alu(f, insn->op, size, magnitude, by));
	if (insn->op == IR_DIV)
		sign = ir_reg(alu(f, IR_XOR, size, sign, by_sign));
	r = alu(f, IR_XOR, size, quotient, sign);
	emit_alu(f, IR_SUB, size, insn->dst, ir_reg(r), sign);
}

/* By the instruction itself: of the kernel's and the user's memory a helper reads. */
static bool is_direct_access(const struct ir_insn *insn)
{
	return ir_is_access(insn) && !(insn->op == IR_LOAD &&
				       (insn->space == SPACE_KERNEL || insn->space == SPACE_USER));
}

static void legalise_insn(struct legaliser *l, const struct ir_insn *insn)
{
	struct ir_func *f = l->f;
	struct ir_insn near;

	f->span = insn->span;
	if (is_direct_access(insn) && !fits_s16(insn->off)) { /* the instruction has 16 bits for it */
		near = *insn;
		near.a = ir_reg(ir_alu(f, IR_ADD, insn->a, ir_imm(insn->off)));
		near.off = 0;
		insn = &near;
	}
	switch (insn->op) {
	case IR_NOP:
		return;
	case IR_LOAD:
		legalise_load(l, insn);
		return;
	case IR_DIV:
	case IR_MOD:
		if (!(insn->flags & IR_SIGNED))
			break;
		legalise_division(f, insn);
		return;
	case IR_CTX:
		if (!l->ctx)
			l->ctx = ir_vreg(f);
		ir_set(f, insn->dst, ir_reg(l->ctx));
		return;
	case IR_ARG:
		if (!l->args[insn->off])
			l->args[insn->off] = ir_vreg(f);
		ir_set(f, insn->dst, ir_reg(l->args[insn->off]));
		return;
	}
	ir_emit(f, *insn);
}

/* A block of its own before everything: nothing jumps there, arguments are taken there. */
static void add_entry(struct legaliser *l)
{
	struct ir_func *f = l->f;
	struct ir_block *first = f->blocks.v[0], *entry = ir_block_new(f);

	entry->span = first->span;
	first->id = entry->id;
	f->blocks.v[first->id] = first;
	entry->id = 0;
	f->blocks.v[0] = entry;
	f->span = first->span;
	ir_at(f, entry);
	if (l->ctx)
		ir_emit(f, (struct ir_insn){.op = IR_CTX, .dst = l->ctx});
	for (int i = 1; i <= 5; i++)
		if (l->args[i])
			ir_emit(f, (struct ir_insn){.op = IR_ARG, .dst = l->args[i], .off = i});
	ir_jump(f, first);
}

void ir_legalise(struct ir_prog *prog, struct ir_func *f)
{
	struct legaliser l = {.prog = prog, .f = f};
	size_t nblocks = f->blocks.n;

	for (size_t i = 0; i < nblocks; i++) {
		struct ir_block *b = f->blocks.v[i], was = *b;

		if (was.exit == EXIT_NONE) /* never reached; the verifier checked */
			continue;
		memset(&b->insns, 0, sizeof(b->insns));
		b->exit = EXIT_NONE;
		ir_at(f, b);
		vec_each(insn, &was.insns)
			legalise_insn(&l, insn);
		/* what is after the last split ends as the block did */
		f->at->exit = was.exit;
		f->at->cond = was.cond;
		f->at->size = was.size;
		f->at->a = was.a;
		f->at->b = was.b;
		f->at->to = was.to;
		f->at->other = was.other;
		f->at->span = was.span;
	}
	add_entry(&l);
}
