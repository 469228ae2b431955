/*
 * simplify.c - blocks: those nothing reaches go, jumps pass through empty ones and past
 * tests whose outcome the jumping block knows, and a block with one way in is joined to it.
 */
#include "ir/pass.h"

enum { MAX_HOPS = 64 }; /* an empty loop ends the search */

static struct ir_block *final_target(struct ir_block *b)
{
	for (int i = 0; i < MAX_HOPS && !b->insns.n && b->exit == EXIT_JUMP; i++)
		b = b->to;
	return b;
}

/* The constant register r holds where b ends, if b itself writes one. */
static bool known_at_end(const struct ir_block *b, vreg r, int64_t *out)
{
	for (size_t i = b->insns.n; i-- > 0;) {
		const struct ir_insn *insn = &b->insns.v[i];

		if (insn->dst != r)
			continue;
		*out = insn->a.imm;
		return insn->op == IR_MOV && !insn->a.reg;
	}
	return false;
}

/* b jumps to a block that only tests what b has just set. */
static bool thread_test(struct ir_block *b)
{
	struct ir_block *test = b->to;
	int64_t value;

	if (b->exit != EXIT_JUMP || test->insns.n || test->exit != EXIT_BRANCH || !test->a.reg ||
	    test->b.reg || !known_at_end(b, test->a.reg, &value))
		return false;
	b->to = ir_test(test->cond, test->size, value, test->b.imm) ? test->to : test->other;
	return true;
}

static bool thread_block(struct ir_block *b)
{
	struct ir_block *to = b->to, *other = b->other;

	if (b->exit == EXIT_JUMP || b->exit == EXIT_BRANCH)
		b->to = final_target(b->to);
	if (b->exit == EXIT_BRANCH)
		b->other = final_target(b->other);
	if (b->exit == EXIT_BRANCH && b->to == b->other) {
		b->exit = EXIT_JUMP;
		b->other = NULL;
		b->a = b->b = ir_imm(0);
		return true;
	}
	return thread_test(b) || b->to != to || b->other != other;
}

static bool merge_next(struct ir_func *f, struct ir_block *b, const struct ir_cfg *cfg)
{
	struct ir_block *next = b->to;
	uint32_t rank;

	if (b->exit != EXIT_JUMP || next == b || next == f->blocks.v[0])
		return false;
	rank = cfg->rank[next->id];
	if (cfg->pred_start[rank + 1] - cfg->pred_start[rank] != 1)
		return false;
	vec_each(insn, &next->insns)
		avec_push(f->arena, &b->insns, *insn);
	b->exit = next->exit;
	b->cond = next->cond;
	b->size = next->size;
	b->a = next->a;
	b->b = next->b;
	b->to = next->to;
	b->other = next->other;
	b->span = next->span;
	next->exit = EXIT_NONE; /* gone */
	return true;
}

/* Keeps the blocks that are reached, in their order. */
static bool drop_unreached(struct ir_func *f, const struct ir_cfg *cfg)
{
	size_t n = 0, was = f->blocks.n;

	for (size_t i = 0; i < was; i++) {
		struct ir_block *b = f->blocks.v[i];

		if (cfg->rank[i] != UINT32_MAX && (b->exit != EXIT_NONE)) {
			f->blocks.v[n] = b;
			b->id = n++;
		}
	}
	f->blocks.n = n;
	return n != was;
}

bool ir_simplify(struct ir_func *f)
{
	struct arena *arena = arena_new();
	struct ir_cfg cfg;
	bool changed = false;

	ir_cfg_build(&cfg, f, arena);
	for (uint32_t i = 0; i < cfg.n; i++)
		changed |= thread_block(cfg.order[i]);
	ir_cfg_build(&cfg, f, arena);
	for (uint32_t i = 0; i < cfg.n; i++)
		while (cfg.order[i]->exit != EXIT_NONE && merge_next(f, cfg.order[i], &cfg))
			changed = true;
	changed |= drop_unreached(f, &cfg);
	arena_free(arena);
	return changed;
}
