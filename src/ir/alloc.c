/*
 * alloc.c - register allocation from start to end: constrained IR over any number of
 * registers in, IR over r0-r9 (numbered 1-10) and a planned frame out.
 *
 * Spilling before colouring makes a colouring exist nearly always; where it does not, what
 * colouring names is spilled too and it is asked again. Every round shortens live ranges
 * down to single uses, so the rounds end.
 */
#include "ir/pass.h"

enum { MAX_ROUNDS = 64, TIMID_AFTER = 32 };

static bool is_empty(const uint64_t *set, size_t words)
{
	for (size_t i = 0; i < words; i++)
		if (set[i])
			return false;
	return true;
}

static void colour_and_spill(struct ir_alloc *a)
{
	bool timid = false;

	for (int round = 0;; round++) {
		size_t words = a->f->nregs / 64 + 1;
		uint64_t *spill = arena_array(a->arena, uint64_t, words);

		if (ir_colour(a, timid, spill))
			return;
		/* nothing near could be spilled: coalescing took the room */
		timid |= round >= TIMID_AFTER || is_empty(spill, words);
		BUG_ON(round >= MAX_ROUNDS);
		ir_spill_rewrite(a, spill);
	}
}

static vreg physical(const struct ir_alloc *a, vreg r)
{
	if (!r)
		return 0;
	BUG_ON(a->colour[r] < 0);
	return a->colour[r] + 1;
}

static void make_physical(struct ir_alloc *a)
{
	vreg *uses[MAX_USES];

	vec_each(it, &a->f->blocks) {
		struct ir_block *b = *it;
		size_t kept = 0;

		vec_each(insn, &b->insns) {
			for (unsigned n = ir_insn_uses(insn, uses); n-- > 0;)
				*uses[n] = physical(a, *uses[n]);
			insn->dst = physical(a, insn->dst);
			if (insn->op == IR_NOP || (insn->op == IR_MOV && insn->a.reg == insn->dst))
				continue;
			b->insns.v[kept++] = *insn;
		}
		b->insns.n = kept;
		for (unsigned n = ir_exit_uses(b, uses); n-- > 0;)
			*uses[n] = physical(a, *uses[n]);
	}
	a->f->nregs = PHYS_COUNT + 1;
}

void ir_allocate(struct ir_alloc *a, struct ir_func *f, struct arena *arena)
{
	*a = (struct ir_alloc){.f = f, .arena = arena};
	ir_constrain(a);
	a->first_slot = f->objects.n;
	ir_spill_cheap(a);
	ir_spill_pressure(a);
	colour_and_spill(a);
	ir_frame_plan(a);
	make_physical(a);
}
