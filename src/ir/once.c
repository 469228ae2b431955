/*
 * once.c - helpers that answer the same throughout a run (who runs, where) are called once: a later
 * call that an earlier one always precedes takes its result. A call costs some 5 ns, and with it go
 * the registers r0-r5.
 *
 * "Always precedes" is dominance; immediate dominators after Cooper, Harvey, Kennedy: A Simple, Fast
 * Dominance Algorithm (2001).
 */
#include "ir/pass.h"

enum { NOWHERE = -1 };

/* A run neither changes its task nor, as migration is off while it lasts, its CPU. */
static bool is_constant_in_run(uint32_t helper)
{
	switch (helper) {
	case HELPER_GET_CURRENT_PID_TGID: case HELPER_GET_CURRENT_UID_GID: case HELPER_GET_CURRENT_TASK:
	case HELPER_GET_CURRENT_TASK_BTF: case HELPER_GET_CURRENT_CGROUP_ID: case HELPER_GET_SMP_PROCESSOR_ID:
	case HELPER_GET_NUMA_NODE_ID:
		return true;
	default:
		return false;
	}
}

static int nearest_common(const int *idom, int a, int b)
{
	while (a != b) {
		while (a > b)
			a = idom[a];
		while (b > a)
			b = idom[b];
	}
	return a;
}

/* By rank in reverse postorder; the entry is its own. */
static void find_dominators(const struct ir_cfg *cfg, int *idom)
{
	bool changed = true;

	for (uint32_t i = 0; i < cfg->n; i++)
		idom[i] = i ? NOWHERE : 0;
	while (changed) {
		changed = false;
		for (uint32_t i = 1; i < cfg->n; i++) {
			int best = NOWHERE;

			for (uint32_t p = cfg->pred_start[i]; p < cfg->pred_start[i + 1]; p++) {
				int pred = (int)cfg->preds[p];

				if (idom[pred] != NOWHERE)
					best = best == NOWHERE ? pred : nearest_common(idom, best, pred);
			}
			changed |= idom[i] != best;
			idom[i] = best;
		}
	}
}

static bool dominates(const int *idom, int a, int b)
{
	while (b > a)
		b = idom[b];
	return a == b;
}

struct answer { /* a call whose result may be taken */
	uint32_t helper;
	vreg result;
	int rank;
};

struct once {
	struct arena *arena;
	uint32_t *writes; /* by register */
	int *idom;
	VEC(struct answer) answers;
};

static void look_at(struct once *o, struct ir_insn *insn, int rank)
{
	if (insn->op != IR_CALL || insn->nargs || !insn->dst || !is_constant_in_run(insn->index))
		return;
	vec_each(a, &o->answers) {
		if (a->helper != insn->index || !dominates(o->idom, a->rank, rank))
			continue;
		*insn = (struct ir_insn){.op = IR_MOV, .size = 8, .dst = insn->dst, .a = ir_reg(a->result),
					 .span = insn->span};
		return;
	}
	if (o->writes[insn->dst] == 1)
		avec_push(o->arena, &o->answers, ((struct answer){insn->index, insn->dst, rank}));
}

void ir_once(struct ir_func *f)
{
	struct arena *arena = arena_new();
	struct once o = {.arena = arena, .writes = arena_array(arena, uint32_t, f->nregs)};
	struct ir_cfg cfg;

	ir_cfg_build(&cfg, f, arena);
	o.idom = arena_array(arena, int, cfg.n);
	find_dominators(&cfg, o.idom);
	vec_each(b, &f->blocks)
		vec_each(insn, &(*b)->insns)
			if (insn->dst)
				o.writes[insn->dst]++;
	for (uint32_t i = 0; i < cfg.n; i++)
		vec_each(insn, &cfg.order[i]->insns)
			look_at(&o, insn, (int)i);
	arena_free(arena);
}
