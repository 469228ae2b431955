/*
 * dce.c - dead code: what computes a value nobody reads goes; an atomic whose old value
 * nobody reads becomes the plain one (which kernels before 5.12 have).
 */
#include "ir/pass.h"

static void sweep_block(struct ir_block *b, struct ir_set *live)
{
	vreg *uses[MAX_USES];
	size_t kept = b->insns.n;

	for (size_t i = b->insns.n; i-- > 0;) {
		struct ir_insn *insn = &b->insns.v[i];
		bool dead = insn->dst && !ir_set_has(live, insn->dst);

		if (insn->op == IR_NOP || (dead && (ir_traits[insn->op] & IS_PURE)) ||
		    (insn->op == IR_MOV && insn->a.reg == insn->dst))
			continue;
		if (dead && insn->op == IR_FETCH_ADD) {
			insn->op = IR_ATOMIC_ADD;
			insn->dst = 0;
		} else if (dead && ir_is_call(insn)) {
			insn->dst = 0;
		}
		ir_set_remove(live, insn->dst);
		for (unsigned n = ir_insn_uses(insn, uses); n-- > 0;)
			ir_set_add(live, *uses[n]);
		if (--kept != i)
			b->insns.v[kept] = *insn;
	}
	if (kept)
		memmove(b->insns.v, b->insns.v + kept,
			(b->insns.n - kept) * sizeof(*b->insns.v));
	b->insns.n -= kept;
}

void ir_dce(struct ir_func *f)
{
	struct arena *arena = arena_new();
	struct ir_live live;
	struct ir_set set;
	struct ir_cfg cfg;

	ir_cfg_build(&cfg, f, arena);
	ir_live_build(&live, f, &cfg, arena);
	ir_set_init(&set, f->nregs, arena);
	for (uint32_t i = cfg.n; i-- > 0;) {
		ir_set_block_end(&set, &live, &cfg, i);
		sweep_block(cfg.order[i], &set);
	}
	arena_free(arena);
}
