/*
 * live.c - liveness at block borders, register by register: from each block that reads one
 * before writing it, backward through the blocks that do not write it. The work and the
 * memory are those of the live ranges; most registers live in one block and cost nothing.
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

struct event { /* a block that reads (before writing) or writes a register */
	vreg reg;
	uint32_t block;
	uint32_t before; /* the register's event before this one, + 1 */
};

struct walker {
	const struct ir_cfg *cfg;
	struct arena *arena;
	VEC(struct event) reads, writes;
	uint32_t *last_read, *last_write; /* by register: event + 1 */
	VEC(struct event) ends;           /* `reg` lives where `block` ends */
	uint32_t *written, *in, *out;     /* by block: the register last looked at */
	uint32_t *stack, top;
};

static void note(struct walker *w, bool write, vreg r, uint32_t block)
{
	uint32_t *last = write ? &w->last_write[r] : &w->last_read[r];
	struct event e = {.reg = r, .block = block, .before = *last};

	if (write) {
		avec_push(w->arena, &w->writes, e);
		*last = w->writes.n;
	} else {
		avec_push(w->arena, &w->reads, e);
		*last = w->reads.n;
	}
}

static void find_events(struct walker *w, uint32_t nregs)
{
	uint32_t *written = arena_array(w->arena, uint32_t, nregs);
	uint32_t *read = arena_array(w->arena, uint32_t, nregs);
	vreg *uses[MAX_USES];

	for (uint32_t i = 0; i < w->cfg->n; i++) {
		struct ir_block *b = w->cfg->order[i];

		for (size_t k = 0; k <= b->insns.n; k++) {
			struct ir_insn *insn = k < b->insns.n ? &b->insns.v[k] : NULL;
			unsigned n = insn ? ir_insn_uses(insn, uses) : ir_exit_uses(b, uses);

			while (n-- > 0)
				if (written[*uses[n]] != i + 1 && read[*uses[n]] != i + 1) {
					read[*uses[n]] = i + 1;
					note(w, false, *uses[n], i);
				}
			if (insn && insn->dst)
				written[insn->dst] = i + 1;
		}
	}
	memset(written, 0, nregs * sizeof(*written));
	for (uint32_t i = 0; i < w->cfg->n; i++)
		vec_each(insn, &w->cfg->order[i]->insns)
			if (w->last_read[insn->dst] && written[insn->dst] != i + 1) {
				written[insn->dst] = i + 1;
				note(w, true, insn->dst, i);
			}
}

static void enter_block(struct walker *w, vreg r, uint32_t block)
{
	if (w->in[block] != r) {
		w->in[block] = r;
		w->stack[w->top++] = block;
	}
}

/* All block ends where r lives; true when it lives where the function begins. */
static bool walk_register(struct walker *w, vreg r)
{
	for (uint32_t e = w->last_write[r]; e; e = w->writes.v[e - 1].before)
		w->written[w->writes.v[e - 1].block] = r;
	for (uint32_t e = w->last_read[r]; e; e = w->reads.v[e - 1].before)
		enter_block(w, r, w->reads.v[e - 1].block);
	while (w->top) {
		uint32_t block = w->stack[--w->top];

		for (uint32_t p = w->cfg->pred_start[block]; p < w->cfg->pred_start[block + 1]; p++) {
			uint32_t pred = w->cfg->preds[p];
			struct event end = {.reg = r, .block = pred};

			if (w->out[pred] == r)
				continue;
			w->out[pred] = r;
			avec_push(w->arena, &w->ends, end);
			if (w->written[pred] != r)
				enter_block(w, r, pred);
		}
	}
	return w->in[0] == r;
}

void ir_live_build(struct ir_live *live, const struct ir_func *f, const struct ir_cfg *cfg,
		   struct arena *arena)
{
	struct arena *scratch = arena_new();
	struct walker w = {.cfg = cfg, .arena = scratch};
	uint32_t *fill = arena_array(scratch, uint32_t, cfg->n);

	w.last_read = arena_array(scratch, uint32_t, f->nregs);
	w.last_write = arena_array(scratch, uint32_t, f->nregs);
	w.written = arena_array(scratch, uint32_t, cfg->n);
	w.in = arena_array(scratch, uint32_t, cfg->n);
	w.out = arena_array(scratch, uint32_t, cfg->n);
	w.stack = arena_array(scratch, uint32_t, cfg->n);
	*live = (struct ir_live){.start = arena_array(arena, uint32_t, cfg->n + 1)};
	find_events(&w, f->nregs);
	for (vreg r = 1; r < f->nregs; r++)
		if (w.last_read[r] && walk_register(&w, r))
			avec_push(arena, &live->entry, r);
	vec_each(end, &w.ends)
		live->start[end->block + 1]++;
	for (uint32_t i = 0; i < cfg->n; i++)
		live->start[i + 1] += live->start[i];
	live->out = arena_array(arena, vreg, w.ends.n);
	vec_each(end, &w.ends)
		live->out[live->start[end->block] + fill[end->block]++] = end->reg;
	arena_free(scratch);
}

void ir_set_block_end(struct ir_set *set, const struct ir_live *live, const struct ir_cfg *cfg,
		      uint32_t rank)
{
	vreg *uses[MAX_USES];

	ir_set_clear(set);
	for (uint32_t i = live->start[rank]; i < live->start[rank + 1]; i++)
		ir_set_add(set, live->out[i]);
	for (unsigned n = ir_exit_uses(cfg->order[rank], uses); n-- > 0;)
		ir_set_add(set, *uses[n]);
}
