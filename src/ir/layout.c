/*
 * layout.c - the order of blocks: from each block on to the likelier successor not placed
 * yet, so that it is reached without a jump; cold blocks (unlikely, or reached through
 * unlikely ones only) after all others.
 *
 * In functions so large that jumps might not reach, cold blocks come every few thousand
 * instructions, next to what they belong to, and are jumped over.
 */
#include "ir/pass.h"

enum { LARGE = 16000, ZONE = 4000 }; /* instructions; jumps reach 32767 */

struct order {
	struct ir_func *f;
	const struct ir_cfg *cfg;
	struct ir_block **out;
	bool *placed;         /* by rank */
	uint32_t n;
	bool large;
	uint32_t zone;        /* likely instructions since cold blocks were placed */
	uint32_t next_cold;   /* cold blocks of lower rank are placed */
};

/* Nothing that is still to come leads there (loops and cold blocks aside). */
static bool is_ready(const struct order *o, uint32_t rank)
{
	for (uint32_t p = o->cfg->pred_start[rank]; p < o->cfg->pred_start[rank + 1]; p++) {
		uint32_t pred = o->cfg->preds[p];

		if (pred < rank && !o->placed[pred] && o->cfg->cold[pred] == o->cfg->cold[rank])
			return false;
	}
	return true;
}

static bool is_better(const struct order *o, uint32_t rank, uint32_t than)
{
	if (than == UINT32_MAX)
		return true;
	if (o->cfg->weight[rank] != o->cfg->weight[than])
		return o->cfg->weight[rank] > o->cfg->weight[than];
	/* `if` without `else`: its body goes between, what follows both comes after */
	return is_ready(o, rank) && !is_ready(o, than);
}

/* The rank to go on with, or UINT32_MAX. */
static uint32_t follow(const struct order *o, const struct ir_block *b, bool cold)
{
	struct ir_block *succ[2];
	uint32_t best = UINT32_MAX;

	/* of equals the false side: a test then needs one jump, whatever its condition */
	for (unsigned n = ir_successors(b, succ); n-- > 0;) {
		uint32_t rank = o->cfg->rank[succ[n]->id];

		if (!o->placed[rank] && o->cfg->cold[rank] == cold && is_better(o, rank, best))
			best = rank;
	}
	return best;
}

static void place_from(struct order *o, uint32_t rank, bool cold);

static void place_cold(struct order *o, uint32_t before)
{
	o->zone = 0;
	for (; o->next_cold < before; o->next_cold++)
		if (!o->placed[o->next_cold] && o->cfg->cold[o->next_cold])
			place_from(o, o->next_cold, true);
}

static void place_from(struct order *o, uint32_t rank, bool cold)
{
	while (rank != UINT32_MAX) {
		struct ir_block *b = o->cfg->order[rank];

		o->placed[rank] = true;
		o->out[o->n++] = b;
		rank = follow(o, b, cold);
		o->zone += b->insns.n + 1;
		if (!cold && o->large && o->zone > ZONE && rank != UINT32_MAX)
			place_cold(o, rank);
	}
}

void ir_layout(struct ir_func *f)
{
	struct arena *arena = arena_new();
	struct ir_cfg cfg;
	struct order o = {.f = f, .cfg = &cfg};
	size_t insns = 0;

	ir_cfg_build(&cfg, f, arena);
	ir_cfg_weigh(&cfg, arena);
	o.out = arena_array(f->arena, struct ir_block *, cfg.n);
	o.placed = arena_array(arena, bool, cfg.n);
	for (uint32_t i = 0; i < cfg.n; i++)
		insns += cfg.order[i]->insns.n + 1;
	o.large = insns > LARGE;
	for (uint32_t i = 0; i < cfg.n; i++)
		if (!o.placed[i] && !cfg.cold[i])
			place_from(&o, i, false);
	place_cold(&o, cfg.n);
	for (uint32_t i = 0; i < o.n; i++)
		o.out[i]->id = i;
	f->blocks.v = o.out;
	f->blocks.n = f->blocks.cap = o.n;
	arena_free(arena);
}
