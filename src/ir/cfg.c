/*
 * cfg.c - the control-flow graph as arrays: reverse postorder, predecessors, and how often
 * each block runs (loops 8 times a level, unlikely blocks a 64th).
 */
#include "ir/pass.h"

enum { MAX_DEPTH_WEIGHED = 4 };

struct visit {
	struct ir_block *block;
	unsigned next; /* successor to look at */
};

void ir_cfg_build(struct ir_cfg *cfg, const struct ir_func *f, struct arena *arena)
{
	uint32_t nblocks = f->blocks.n, top = 0, at = nblocks, *fill;
	struct ir_block **post = arena_array(arena, struct ir_block *, nblocks), *succ[2];
	struct visit *stack = arena_array(arena, struct visit, nblocks);

	*cfg = (struct ir_cfg){.rank = arena_array(arena, uint32_t, nblocks)};
	memset(cfg->rank, 0xff, nblocks * sizeof(*cfg->rank));
	stack[top++].block = f->blocks.v[0];
	cfg->rank[f->blocks.v[0]->id] = 0;
	while (top) {
		struct visit *v = &stack[top - 1];
		unsigned nsucc = ir_successors(v->block, succ);

		if (v->next == nsucc) {
			post[--at] = v->block;
			top--;
			continue;
		}
		struct ir_block *s = succ[v->next++];
		if (cfg->rank[s->id] == UINT32_MAX) {
			cfg->rank[s->id] = 0;
			stack[top++] = (struct visit){.block = s};
		}
	}
	cfg->order = post + at;
	cfg->n = nblocks - at;
	cfg->pred_start = arena_array(arena, uint32_t, cfg->n + 1);
	cfg->preds = arena_array(arena, uint32_t, 2 * cfg->n);
	fill = arena_array(arena, uint32_t, cfg->n);
	for (uint32_t i = 0; i < cfg->n; i++)
		cfg->rank[cfg->order[i]->id] = i;
	for (uint32_t i = 0; i < cfg->n; i++)
		for (unsigned n = ir_successors(cfg->order[i], succ); n-- > 0;)
			cfg->pred_start[cfg->rank[succ[n]->id] + 1]++;
	for (uint32_t i = 0; i < cfg->n; i++)
		cfg->pred_start[i + 1] += cfg->pred_start[i];
	for (uint32_t i = 0; i < cfg->n; i++)
		for (unsigned n = ir_successors(cfg->order[i], succ); n-- > 0;) {
			uint32_t to = cfg->rank[succ[n]->id];

			cfg->preds[cfg->pred_start[to] + fill[to]++] = i;
		}
}

/* Everything that reaches the loop's end without passing its head is inside. */
static void loop_mark(const struct ir_cfg *cfg, uint32_t head, uint8_t *depth, uint32_t *seen,
		      uint32_t *stack)
{
	uint32_t top = 0;

	seen[head] = head + 1;
	depth[head]++;
	for (uint32_t i = cfg->pred_start[head]; i < cfg->pred_start[head + 1]; i++)
		if (cfg->preds[i] >= head && seen[cfg->preds[i]] != head + 1) {
			seen[cfg->preds[i]] = head + 1;
			stack[top++] = cfg->preds[i];
		}
	while (top) {
		uint32_t b = stack[--top];

		depth[b]++;
		for (uint32_t i = cfg->pred_start[b]; i < cfg->pred_start[b + 1]; i++)
			/* ranks below the head: another way in, not part of the loop */
			if (cfg->preds[i] > head && seen[cfg->preds[i]] != head + 1) {
				seen[cfg->preds[i]] = head + 1;
				stack[top++] = cfg->preds[i];
			}
	}
}

void ir_cfg_weigh(struct ir_cfg *cfg, struct arena *arena)
{
	uint8_t *depth = arena_array(arena, uint8_t, cfg->n);
	uint32_t *seen = arena_array(arena, uint32_t, cfg->n);
	uint32_t *stack = arena_array(arena, uint32_t, cfg->n);

	for (uint32_t i = 0; i < cfg->n; i++)
		for (uint32_t p = cfg->pred_start[i]; p < cfg->pred_start[i + 1]; p++)
			if (cfg->preds[p] >= i) {
				loop_mark(cfg, i, depth, seen, stack);
				break;
			}
	cfg->weight = arena_array(arena, float, cfg->n);
	cfg->cold = arena_array(arena, bool, cfg->n);
	for (uint32_t i = 0; i < cfg->n; i++) {
		bool all_cold = i > 0;

		/* reached through unlikely blocks only */
		for (uint32_t p = cfg->pred_start[i]; p < cfg->pred_start[i + 1]; p++)
			all_cold &= cfg->preds[p] < i && cfg->cold[cfg->preds[p]];
		cfg->cold[i] = cfg->order[i]->unlikely || all_cold;
		cfg->weight[i] = cfg->cold[i] ? 1.0f / 64 : 1.0f;
		for (unsigned d = 0; d < MIN_OF(depth[i], MAX_DEPTH_WEIGHED); d++)
			cfg->weight[i] *= 8;
	}
}
