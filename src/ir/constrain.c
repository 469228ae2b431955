/*
 * constrain.c - what the machine fixes is said in the IR itself, before registers are
 * assigned: arguments move to r1-r5 before a call and the result from r0 after it, the
 * context and a function's arguments come in r1-r5, compare-and-exchange has its expected
 * value in r0, and arithmetic writes over its first operand:
 *
 *     v4 = add v2, v3     v4 = v2          v5 = call h(v1, 8)     r1 = v1
 *                         v4 = add v4, v3                         r2 = 8
 *                                                                 r0 = call h(r1, r2)
 *                                                                 v5 = r0
 * The extra moves vanish wherever both sides can have one register.
 */
#include "ir/pass.h"

struct constrainer {
	struct ir_alloc *a;
	struct ir_func *f;
	struct ir_rewrite out;
	uint32_t *ndefs;
	struct span span;
};

vreg ir_alloc_vreg(struct ir_alloc *a, struct reg_info info)
{
	avec_push(a->arena, &a->info, info);
	BUG_ON(a->info.n != a->f->nregs + 1);
	return ir_vreg(a->f);
}

static void add(struct constrainer *c, struct ir_insn insn)
{
	insn.span = c->span;
	vec_push(&c->out.insns, insn);
}

static void add_mov(struct constrainer *c, vreg dst, struct ir_val a)
{
	add(c, (struct ir_insn){.op = IR_MOV, .size = 8, .dst = dst, .a = a});
}

static vreg temp(struct constrainer *c)
{
	return ir_alloc_vreg(c->a, (struct reg_info){0});
}

static void into_reg(struct constrainer *c, struct ir_val *v)
{
	if (!v->reg) {
		vreg r = temp(c);

		add_mov(c, r, *v);
		*v = ir_reg(r);
	}
}

/* A constant an instruction can hold stays; others need a register. */
static void into_operand(struct constrainer *c, struct ir_val *v, unsigned size)
{
	if (!v->reg && size == 8 && !fits_s32(v->imm))
		into_reg(c, v);
}

static void constrain_binary(struct constrainer *c, struct ir_insn insn)
{
	vreg dst = insn.dst;
	bool overlaps = insn.b.reg == dst && insn.a.reg != dst;

	/* kernels before 5.11 forget the bounds of what is spilled */
	if (insn.op == IR_AND && !insn.b.reg && insn.b.imm > 0 && fits_s32(insn.b.imm) &&
	    c->ndefs[dst] == 1)
		ir_info(c->a, dst)->mask = insn.b.imm;
	into_operand(c, &insn.b, insn.size);
	if (overlaps && (ir_traits[insn.op] & COMMUTES)) {
		struct ir_val a = insn.a;

		insn.a = insn.b;
		insn.b = a;
		into_operand(c, &insn.b, insn.size);
		overlaps = false;
	}
	if (overlaps)
		insn.dst = temp(c);
	if (insn.a.reg != insn.dst)
		add_mov(c, insn.dst, insn.a);
	insn.a = ir_reg(insn.dst);
	add(c, insn);
	if (overlaps)
		add_mov(c, dst, ir_reg(insn.dst));
}

static void constrain_unary(struct constrainer *c, struct ir_insn insn)
{
	bool free_form = insn.op == IR_EXT && insn.size == 4 && !(insn.flags & IR_SIGNED);

	if (free_form) { /* a 32-bit move: any two registers */
		into_reg(c, &insn.a);
		add(c, insn);
		return;
	}
	if (insn.a.reg != insn.dst)
		add_mov(c, insn.dst, insn.a);
	insn.a = ir_reg(insn.dst);
	add(c, insn);
}

static void constrain_exchange(struct constrainer *c, struct ir_insn insn)
{
	vreg dst = insn.dst, via;

	if (insn.op == IR_CMPXCHG) {
		into_reg(c, &insn.c);
		via = ir_fixed(c->a, 0);
	} else {
		via = temp(c);
	}
	add_mov(c, via, insn.b);
	insn.b = ir_reg(via);
	insn.dst = via;
	add(c, insn);
	add_mov(c, dst, ir_reg(via));
}

static void constrain_call(struct constrainer *c, struct ir_insn insn)
{
	vreg dst = insn.dst;

	/* registers first: they are freed by it; constants are made last and wait for nothing */
	for (unsigned constants = 0; constants < 2; constants++)
		for (unsigned i = 0; i < insn.nargs; i++)
			if ((insn.args[i].reg == 0) == constants)
				add_mov(c, ir_fixed(c->a, 1 + i), insn.args[i]);
	for (unsigned i = 0; i < insn.nargs; i++)
		insn.args[i] = ir_reg(ir_fixed(c->a, 1 + i));
	insn.dst = ir_fixed(c->a, 0);
	add(c, insn);
	if (dst)
		add_mov(c, dst, ir_reg(insn.dst));
}

static void constrain_insn(struct constrainer *c, struct ir_insn insn)
{
	c->span = insn.span;
	if (ir_traits[insn.op] & IS_BINARY) {
		constrain_binary(c, insn);
		return;
	}
	switch (insn.op) {
	case IR_NOP:
		return;
	case IR_NEG:
	case IR_EXT:
	case IR_BSWAP:
		constrain_unary(c, insn);
		return;
	case IR_STORE:
		into_operand(c, &insn.b, insn.size);
		break;
	case IR_ATOMIC_ADD:
		into_reg(c, &insn.b);
		break;
	case IR_FETCH_ADD:
	case IR_XCHG:
	case IR_CMPXCHG:
		constrain_exchange(c, insn);
		return;
	case IR_CTX:
		add_mov(c, insn.dst, ir_reg(ir_fixed(c->a, 1)));
		return;
	case IR_ARG:
		add_mov(c, insn.dst, ir_reg(ir_fixed(c->a, insn.off)));
		return;
	case IR_CALL:
	case IR_CALL_FUNC:
		constrain_call(c, insn);
		return;
	}
	add(c, insn);
}

static void constrain_exit(struct constrainer *c, struct ir_block *b)
{
	c->span = b->span;
	if (b->exit == EXIT_RETURN) {
		add_mov(c, ir_fixed(c->a, 0), b->a);
		b->a = ir_reg(ir_fixed(c->a, 0));
	}
	if (b->exit != EXIT_BRANCH)
		return;
	into_reg(c, &b->a);
	into_operand(c, &b->b, b->size);
}

/* The context and arguments come first in the entry block, or were overwritten. */
static void check_arrivals(const struct ir_func *f)
{
	bool leading = true;

	vec_each(b, &f->blocks)
		vec_each(insn, &(*b)->insns) {
			bool arrival = insn->op == IR_CTX || insn->op == IR_ARG;

			BUG_ON(arrival && !leading);
			leading &= arrival;
		}
}

void ir_constrain(struct ir_alloc *a)
{
	struct constrainer c = {.a = a, .f = a->f};

	c.ndefs = arena_array(a->arena, uint32_t, a->f->nregs);
	vec_each(b, &a->f->blocks)
		vec_each(insn, &(*b)->insns)
			c.ndefs[insn->dst]++;
	check_arrivals(a->f);
	while (a->info.n < a->f->nregs)
		avec_push(a->arena, &a->info, (struct reg_info){0});
	a->first_fixed = a->f->nregs;
	for (int i = 0; i < PHYS_COUNT; i++)
		ir_alloc_vreg(a, (struct reg_info){0});
	vec_each(it, &a->f->blocks) {
		vec_each(insn, &(*it)->insns)
			constrain_insn(&c, *insn);
		constrain_exit(&c, *it);
		ir_rewrite_finish(&c.out, a->f, *it);
	}
	ir_rewrite_free(&c.out);
}
