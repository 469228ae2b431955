/*
 * live.c - liveness at block borders, by backward data flow over bit sets.
 *
 * Most registers live in one block only; they get no bit, so that the sets stay small.
 */
#include "ir/pass.h"

void ir_set_init(struct ir_set *set, uint32_t nregs, struct arena *arena)
{
	set->list = arena_array(arena, vreg, nregs);
	set->pos = arena_array(arena, uint32_t, nregs);
	set->n = 0;
}

void ir_set_add(struct ir_set *set, vreg r)
{
	if (set->pos[r])
		return;
	set->list[set->n++] = r;
	set->pos[r] = set->n;
}

void ir_set_remove(struct ir_set *set, vreg r)
{
	uint32_t pos = set->pos[r];
	vreg last;

	if (!pos)
		return;
	last = set->list[--set->n];
	set->list[pos - 1] = last;
	set->pos[last] = pos;
	set->pos[r] = 0;
}

void ir_set_clear(struct ir_set *set)
{
	while (set->n)
		set->pos[set->list[--set->n]] = 0;
}

/* A register read in a block before it is written there gets a bit. */
static void find_globals(struct ir_live *live, const struct ir_func *f, const struct ir_cfg *cfg,
			 struct arena *arena)
{
	uint32_t *defined = arena_array(arena, uint32_t, f->nregs);
	vreg *uses[MAX_USES];

	live->bit_of = arena_array(arena, uint32_t, f->nregs);
	live->reg_of = arena_array(arena, vreg, f->nregs);
	for (uint32_t i = 0; i < cfg->n; i++) {
		struct ir_block *b = cfg->order[i];

		for (size_t k = 0; k <= b->insns.n; k++) {
			bool end = k == b->insns.n;
			unsigned n = end ? ir_exit_uses(b, uses) : ir_insn_uses(&b->insns.v[k], uses);

			while (n-- > 0)
				if (defined[*uses[n]] != i + 1 && !live->bit_of[*uses[n]]) {
					live->reg_of[live->nglobal++] = *uses[n];
					live->bit_of[*uses[n]] = live->nglobal;
				}
			if (!end && b->insns.v[k].dst)
				defined[b->insns.v[k].dst] = i + 1;
		}
	}
	live->words = (live->nglobal + 63) / 64;
}

/* gen: read before written; kill: written. */
static void block_sets(const struct ir_live *live, struct ir_block *b, uint64_t *gen, uint64_t *kill)
{
	vreg *uses[MAX_USES];

	for (size_t k = 0; k <= b->insns.n; k++) {
		bool end = k == b->insns.n;
		unsigned n = end ? ir_exit_uses(b, uses) : ir_insn_uses(&b->insns.v[k], uses);

		while (n-- > 0) {
			uint32_t bit = live->bit_of[*uses[n]];

			if (bit && !bit_get(kill, bit - 1))
				bit_set(gen, bit - 1);
		}
		if (!end && live->bit_of[b->insns.v[k].dst])
			bit_set(kill, live->bit_of[b->insns.v[k].dst] - 1);
	}
}

/* True when more lives at the block's start than was known. */
static bool update_block(struct ir_live *live, const struct ir_cfg *cfg, uint32_t rank,
			 const uint64_t *kill)
{
	uint64_t *in = live->in + (size_t)rank * live->words, more = 0;
	uint64_t *out = live->out + (size_t)rank * live->words;
	struct ir_block *succ[2];

	for (unsigned n = ir_successors(cfg->order[rank], succ); n-- > 0;) {
		const uint64_t *from = live->in + (size_t)cfg->rank[succ[n]->id] * live->words;

		for (uint32_t w = 0; w < live->words; w++)
			out[w] |= from[w];
	}
	for (uint32_t w = 0; w < live->words; w++) {
		more |= out[w] & ~kill[w] & ~in[w];
		in[w] |= out[w] & ~kill[w];
	}
	return more;
}

void ir_live_build(struct ir_live *live, const struct ir_func *f, const struct ir_cfg *cfg,
		   struct arena *arena)
{
	uint64_t *kill;
	uint32_t words;
	bool changed = true, *stale = arena_array(arena, bool, cfg->n);

	*live = (struct ir_live){0};
	find_globals(live, f, cfg, arena);
	words = live->words;
	live->in = arena_array(arena, uint64_t, (size_t)cfg->n * words);
	live->out = arena_array(arena, uint64_t, (size_t)cfg->n * words);
	kill = arena_array(arena, uint64_t, (size_t)cfg->n * words);
	for (uint32_t i = 0; i < cfg->n; i++)
		block_sets(live, cfg->order[i], live->in + (size_t)i * words, kill + (size_t)i * words);
	memset(stale, 1, cfg->n);
	while (changed) {
		changed = false;
		for (uint32_t i = cfg->n; i-- > 0;) {
			if (!stale[i])
				continue;
			stale[i] = false;
			if (!update_block(live, cfg, i, kill + (size_t)i * words))
				continue;
			/* those further down in this order are looked at in this same round */
			for (uint32_t e = cfg->pred_start[i]; e < cfg->pred_start[i + 1]; e++) {
				stale[cfg->preds[e]] = true;
				changed |= cfg->preds[e] >= i;
			}
		}
	}
}

void ir_set_block_end(struct ir_set *set, const struct ir_live *live, const struct ir_cfg *cfg,
		      uint32_t rank)
{
	const uint64_t *out = live->out + (size_t)rank * live->words;
	vreg *uses[MAX_USES];

	ir_set_clear(set);
	for (uint32_t w = 0; w < live->words; w++)
		for (uint64_t bits = out[w]; bits; bits &= bits - 1)
			ir_set_add(set, live->reg_of[w * 64 + __builtin_ctzll(bits)]);
	for (unsigned n = ir_exit_uses(cfg->order[rank], uses); n-- > 0;)
		ir_set_add(set, *uses[n]);
}
