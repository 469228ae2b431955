/*
 * fold.c - constants and copies carried forward, operations on constants done now, and
 * operands brought into the one form later passes expect: a constant on the right, shift
 * counts masked, no division by a constant 0, 32-bit constants sign-extended.
 *
 * A register written once stands for its value everywhere (its writing comes before every
 * reading); one written several times only until the block ends or either side changes.
 */
#include "ir/pass.h"

struct known {
	struct ir_val value;
	uint32_t block;   /* valid in this block (rank + 1) */
	uint32_t version; /* of value.reg */
};

struct folder {
	struct ir_func *f;
	uint32_t *ndefs, *version;
	struct ir_insn **def;   /* the only writer, once passed */
	struct ir_val *always;  /* registers written once: what they stand for */
	uint8_t *width;         /* registers written once: bits that may be set, 0: not known */
	struct known *known;
	uint32_t block;
};

static struct ir_val resolve(const struct folder *fo, struct ir_val v)
{
	const struct known *k;

	if (!v.reg)
		return v;
	if (fo->ndefs[v.reg] == 1 && (fo->always[v.reg].reg != v.reg))
		return fo->always[v.reg];
	k = &fo->known[v.reg];
	if (k->block == fo->block && (!k->value.reg || fo->version[k->value.reg] == k->version))
		return k->value;
	return v;
}

static void substitute(struct folder *fo, struct ir_val *v)
{
	*v = resolve(fo, *v);
}

static unsigned bits_of(uint64_t v)
{
	return v ? 64 - __builtin_clzll(v) : 1;
}

static unsigned val_width(const struct folder *fo, struct ir_val v)
{
	if (!v.reg)
		return bits_of(v.imm);
	if (fo->ndefs[v.reg] == 1 && fo->width[v.reg])
		return fo->width[v.reg];
	return 64;
}

static unsigned result_width(const struct folder *fo, const struct ir_insn *insn)
{
	unsigned width = 64, a = val_width(fo, insn->a), b = val_width(fo, insn->b);

	switch (insn->op) {
	case IR_MOV: return a;
	case IR_LOAD: return insn->size * 8;
	case IR_EXT: return insn->flags & IR_SIGNED ? 64 : MIN_OF(a, insn->size * 8u);
	case IR_BSWAP: return insn->size * 8;
	case IR_AND: width = MIN_OF(a, b); break;
	case IR_OR:
	case IR_XOR: width = MAX_OF(a, b); break;
	case IR_SHR:
		/* of 32 bits only when nothing above them comes into play: it is masked first */
		if (!insn->b.reg && a > (uint64_t)insn->b.imm)
			width = a - insn->b.imm;
		break;
	case IR_DIV:
	case IR_MOD:
		if (!(insn->flags & IR_SIGNED))
			width = a;
		break;
	}
	if ((ir_traits[insn->op] & IS_BINARY) || insn->op == IR_NEG)
		width = MIN_OF(width, insn->size * 8u);
	return width;
}

static void make_mov(struct ir_insn *insn, struct ir_val v)
{
	*insn = (struct ir_insn){.op = IR_MOV, .size = 8, .dst = insn->dst, .a = v,
				 .span = insn->span};
}

/* insn's operand a unchanged, but for the upper half that a 32-bit operation clears. */
static void make_same(struct folder *fo, struct ir_insn *insn)
{
	if (insn->size == 8 || val_width(fo, insn->a) <= 32) {
		make_mov(insn, insn->a);
		return;
	}
	insn->op = IR_EXT;
	insn->flags = 0;
	insn->b = ir_imm(0);
}

static void become(struct ir_insn *insn, enum ir_op op, int64_t imm)
{
	insn->op = op;
	insn->flags = 0;
	insn->b = ir_imm(imm);
}

/* Powers of two: shifts and masks are cheaper than multiplication and division. */
static void fold_power(struct ir_insn *insn, uint64_t by)
{
	if (insn->flags & IR_SIGNED && insn->op != IR_MUL)
		return;
	if (!by || (by & (by - 1)))
		return;
	if (insn->op == IR_MUL)
		become(insn, IR_SHL, __builtin_ctzll(by));
	else if (insn->op == IR_DIV)
		become(insn, IR_SHR, __builtin_ctzll(by));
	else if (insn->op == IR_MOD)
		become(insn, IR_AND, insn->size == 4 ? (int32_t)(by - 1) : (int64_t)(by - 1));
}

/* x OP constant, the constant canonical. */
static void fold_identity(struct folder *fo, struct ir_insn *insn)
{
	int64_t c = insn->b.imm;
	uint64_t c_bits = insn->size == 4 ? (uint32_t)c : (uint64_t)c;

	switch (insn->op) {
	case IR_ADD: case IR_SUB: case IR_OR: case IR_XOR:
	case IR_SHL: case IR_SHR: case IR_SAR:
		if (c == 0)
			make_same(fo, insn);
		else if (insn->op == IR_SUB && fits_s32(c) && fits_s32(-c))
			become(insn, IR_ADD, -c);
		return;
	case IR_AND:
		if (c == 0)
			make_mov(insn, ir_imm(0));
		else if (c == -1)
			make_same(fo, insn);
		else if (!(c_bits & (c_bits + 1)) && val_width(fo, insn->a) <= bits_of(c_bits))
			make_mov(insn, insn->a);
		return;
	case IR_MUL:
	case IR_DIV: /* by 0: 0 */
		if (c == 0)
			make_mov(insn, ir_imm(0));
		else if (c == 1)
			make_same(fo, insn);
		else
			fold_power(insn, c_bits);
		return;
	case IR_MOD:
		if (c == 0)
			make_same(fo, insn);
		else if (c_bits == 1)
			make_mov(insn, ir_imm(0));
		else
			fold_power(insn, c_bits);
		return;
	}
}

/* (x + c1) + c2, and addresses plus a constant. */
static void fold_sum(struct folder *fo, struct ir_insn *insn)
{
	const struct ir_insn *def;
	int64_t by = insn->op == IR_SUB ? (int64_t)-(uint64_t)insn->b.imm : insn->b.imm;

	if (insn->size != 8 || (insn->op != IR_ADD && insn->op != IR_SUB) ||
	    !insn->a.reg || fo->ndefs[insn->a.reg] != 1 || !(def = fo->def[insn->a.reg]))
		return;
	if (def->op == IR_FRAME || def->op == IR_MAP_VALUE) {
		int64_t off = fits_s32(by) ? def->off + by : -1;
		struct span span = insn->span;
		vreg dst = insn->dst;

		if (off < 0 || !fits_s32(off))
			return;
		*insn = *def;
		insn->span = span;
		insn->dst = dst;
		insn->off = off;
	} else if (def->op == IR_ADD && def->size == 8 && def->a.reg && !def->b.reg &&
		   fo->ndefs[def->a.reg] == 1 && fits_s32(by) && fits_s32(def->b.imm) &&
		   fits_s32(def->b.imm + by)) {
		insn->a = def->a;
		become(insn, IR_ADD, def->b.imm + by);
	}
}

static void canonical(struct ir_insn *insn)
{
	if (insn->size == 4) {
		if (!insn->a.reg)
			insn->a.imm = (int32_t)insn->a.imm;
		if (!insn->b.reg)
			insn->b.imm = (int32_t)insn->b.imm;
	}
	if (!insn->b.reg && (insn->op == IR_SHL || insn->op == IR_SHR || insn->op == IR_SAR))
		insn->b.imm &= 8 * insn->size - 1;
}

static void fold_binary(struct folder *fo, struct ir_insn *insn)
{
	if (!insn->a.reg && insn->b.reg && (ir_traits[insn->op] & COMMUTES)) {
		struct ir_val a = insn->a;

		insn->a = insn->b;
		insn->b = a;
	}
	canonical(insn);
	if (!insn->a.reg && !insn->b.reg) {
		make_mov(insn, ir_imm(ir_eval(insn, insn->a.imm, insn->b.imm)));
	} else if (!insn->b.reg) {
		fold_sum(fo, insn);
		if (ir_traits[insn->op] & IS_BINARY)
			fold_identity(fo, insn);
	} else if (insn->a.reg == insn->b.reg) {
		if (insn->op == IR_SUB || insn->op == IR_XOR)
			make_mov(insn, ir_imm(0));
		else if (insn->op == IR_AND || insn->op == IR_OR)
			make_same(fo, insn);
	}
}

static void fold_operation(struct folder *fo, struct ir_insn *insn)
{
	if (ir_traits[insn->op] & IS_BINARY) {
		fold_binary(fo, insn);
		return;
	}
	switch (insn->op) {
	case IR_NEG:
	case IR_BSWAP:
		if (!insn->a.reg)
			make_mov(insn, ir_imm(ir_eval(insn, insn->a.imm, 0)));
		return;
	case IR_EXT: {
		unsigned bits = insn->size * 8;

		if (!insn->a.reg)
			make_mov(insn, ir_imm(ir_eval(insn, insn->a.imm, 0)));
		else if (insn->size == 8 ||
			 val_width(fo, insn->a) <= (insn->flags & IR_SIGNED ? bits - 1 : bits))
			make_mov(insn, insn->a);
		return;
	}
	case IR_STORE:
		if (!insn->b.reg && insn->size < 8) {
			unsigned shift = 64 - 8 * insn->size;

			insn->b.imm = (int64_t)((uint64_t)insn->b.imm << shift) >> shift;
		}
		return;
	}
}

/* What insn's writing of dst means for what is known. */
static void record(struct folder *fo, struct ir_insn *insn)
{
	vreg dst = insn->dst;

	if (!dst)
		return;
	fo->version[dst]++;
	fo->known[dst].block = 0;
	if (fo->ndefs[dst] == 1) {
		fo->def[dst] = insn;
		fo->width[dst] = result_width(fo, insn);
	}
	if (insn->op != IR_MOV || insn->a.reg == dst)
		return;
	if (fo->ndefs[dst] == 1 && (!insn->a.reg || fo->ndefs[insn->a.reg] == 1))
		fo->always[dst] = insn->a;
	else
		fo->known[dst] = (struct known){
			.value = insn->a, .block = fo->block, .version = fo->version[insn->a.reg]};
}

static void fold_insn(struct folder *fo, struct ir_insn *insn)
{
	unsigned traits = ir_traits[insn->op];

	if ((traits & USES_A) && !ir_is_direct(insn)) {
		struct ir_val was = insn->a;

		substitute(fo, &insn->a);
		if (!insn->a.reg && ir_is_access(insn)) /* memory is reached through registers only */
			insn->a = was;
	}
	if (traits & USES_B)
		substitute(fo, &insn->b);
	if (traits & USES_C)
		substitute(fo, &insn->c);
	if (traits & USES_ARGS)
		for (unsigned i = 0; i < insn->nargs; i++)
			substitute(fo, &insn->args[i]);
	fold_operation(fo, insn);
	record(fo, insn);
}

static bool is_address(const struct folder *fo, struct ir_val v)
{
	const struct ir_insn *def = v.reg && fo->ndefs[v.reg] == 1 ? fo->def[v.reg] : NULL;

	return def && (def->op == IR_FRAME || def->op == IR_MAP_VALUE || def->op == IR_MAP);
}

static void take(struct ir_block *b, bool yes)
{
	if (!yes)
		b->to = b->other;
	b->exit = EXIT_JUMP;
	b->other = NULL;
	b->a = b->b = ir_imm(0);
}

static void fold_exit(struct folder *fo, struct ir_block *b)
{
	if (b->exit == EXIT_RETURN)
		substitute(fo, &b->a);
	if (b->exit != EXIT_BRANCH)
		return;
	substitute(fo, &b->a);
	substitute(fo, &b->b);
	if (!b->a.reg && b->b.reg) {
		struct ir_val a = b->a;

		b->a = b->b;
		b->b = a;
		b->cond = ir_cond_swapped(b->cond);
	}
	if (!b->b.reg && b->size == 4)
		b->b.imm = (int32_t)b->b.imm;
	if (!b->a.reg && !b->b.reg)
		take(b, ir_test(b->cond, b->size, b->a.imm, b->b.imm));
	else if (b->a.reg == b->b.reg && b->cond != COND_SET)
		take(b, ir_test(b->cond, b->size, 0, 0));
	else if (!b->b.reg && b->b.imm == 0 && (b->cond == COND_LT || b->cond == COND_GE))
		take(b, b->cond == COND_GE);
	else if (!b->b.reg && b->b.imm == 0 && b->cond == COND_SET)
		take(b, false);
	else if (!b->b.reg && b->b.imm == 0 && b->size == 8 &&
		 (b->cond == COND_EQ || b->cond == COND_NE) && is_address(fo, b->a))
		take(b, b->cond == COND_NE);
}

void ir_fold(struct ir_func *f)
{
	struct arena *arena = arena_new();
	struct folder fo = {
		.f = f,
		.ndefs = arena_array(arena, uint32_t, f->nregs),
		.version = arena_array(arena, uint32_t, f->nregs),
		.def = arena_array(arena, struct ir_insn *, f->nregs),
		.always = arena_array(arena, struct ir_val, f->nregs),
		.width = arena_array(arena, uint8_t, f->nregs),
		.known = arena_array(arena, struct known, f->nregs),
	};
	struct ir_cfg cfg;

	ir_cfg_build(&cfg, f, arena);
	for (vreg r = 0; r < f->nregs; r++)
		fo.always[r].reg = r;
	for (uint32_t i = 0; i < cfg.n; i++)
		vec_each(insn, &cfg.order[i]->insns)
			fo.ndefs[insn->dst]++;
	for (uint32_t i = 0; i < cfg.n; i++) {
		fo.block = i + 1;
		vec_each(insn, &cfg.order[i]->insns)
			fold_insn(&fo, insn);
		fold_exit(&fo, cfg.order[i]);
	}
	arena_free(arena);
}
