/*
 * spill.c - which values do not get a register, and the code that keeps them elsewhere.
 *
 * A spilled register is stored to its 8-byte frame slot after each writing. Where it is
 * read it comes back in a new register, which serves all readings up to the next call (and
 * on into blocks entered from this one only); those pieces are short and survive no call.
 * A piece that still finds no register is cut down to single uses, which always do:
 *
 *     level 0  v7            level 1  v7 = ..          level 2  v9 = load [slot]
 *              call                   [slot] = v7               use v9
 *              use v7                 call                      v10 = load [slot]
 *              use v7                 v8 = load [slot]          use v10
 *                                     use v8; use v8
 *
 * What is cheap to make again (addresses of maps and of the frame, constants) has no slot:
 * its recipe takes the place of the load. What an AND has bounded is masked again after the
 * load, and what is tested against a bound is spilled last, for kernels that know nothing
 * of a value that comes from the stack.
 */
#include "ir/pass.h"

enum { LIMIT_ALL = PHYS_COUNT, LIMIT_SAVED = PHYS_COUNT - PHYS_SAVED, PRESSURE_ROUNDS = 4,
       BOUND_COST = 16 };

/* ---- rewriting ---- */

struct piece {
	vreg reg, temp;
};

struct block_end {
	struct piece *pieces;
	uint32_t n;
};

struct rewriter {
	struct ir_alloc *a;
	const uint64_t *chosen;
	uint32_t nregs;          /* before rewriting */
	vreg *temp;              /* by register: where it is now, 0: not in a register */
	struct ir_set held;      /* registers with a temp */
	struct block_end *ends;
	struct ir_rewrite out;
	struct span span;
};

static bool is_chosen(const struct rewriter *w, vreg r)
{
	return r && r < w->nregs && bit_get(w->chosen, r);
}

static void append(struct rewriter *w, struct ir_insn insn)
{
	insn.span = w->span;
	vec_push(&w->out.insns, insn);
}

static void hold(struct rewriter *w, vreg r, vreg temp)
{
	w->temp[r] = temp;
	ir_set_add(&w->held, r);
}

static void release_all(struct rewriter *w)
{
	for (uint32_t i = 0; i < w->held.n; i++)
		w->temp[w->held.list[i]] = 0;
	ir_set_clear(&w->held);
}

static vreg piece_of(struct rewriter *w, vreg r)
{
	struct reg_info info = *ir_info(w->a, r);

	BUG_ON(info.level >= 2);
	info.level++;
	return ir_alloc_vreg(w->a, info);
}

/* dst = the value of spilled register r. */
static void refill(struct rewriter *w, vreg dst, vreg r)
{
	const struct reg_info *info = ir_info(w->a, r);
	struct ir_insn insn = {.op = IR_LOAD, .size = 8, .space = SPACE_STACK, .index = info->slot};

	if (info->recipe)
		insn = *info->recipe;
	insn.dst = dst;
	append(w, insn);
	if (info->mask && !info->recipe) /* IR_QUIET: part of the refill */
		append(w, (struct ir_insn){.op = IR_AND, .size = 8, .flags = IR_QUIET, .dst = dst,
					   .a = ir_reg(dst), .b = ir_imm(info->mask)});
}

static void read_operand(struct rewriter *w, vreg *operand)
{
	vreg r = *operand;

	if (!is_chosen(w, r))
		return;
	if (!w->temp[r]) {
		vreg temp = piece_of(w, r);

		refill(w, temp, r);
		hold(w, r, temp);
	}
	*operand = w->temp[r];
}

/* Pieces that were cut to single uses are not held any longer; `but` was just written. */
static void release_single_uses(struct rewriter *w, vreg but)
{
	for (uint32_t i = w->held.n; i-- > 0;) {
		vreg r = w->held.list[i];

		if (r != but && ir_info(w->a, r)->level >= 1) {
			w->temp[r] = 0;
			ir_set_remove(&w->held, r);
		}
	}
}

/* An instruction that only brings r from where it is kept. */
static bool is_refill(struct rewriter *w, const struct ir_insn *insn, vreg r)
{
	const struct reg_info *info = ir_info(w->a, r);

	if (info->recipe || !info->level)
		return info->recipe;
	if (insn->op == IR_AND && (insn->flags & IR_QUIET))
		return true;
	return insn->op == IR_LOAD && ir_is_direct(insn) && insn->index == info->slot;
}

static void rewrite_insn(struct rewriter *w, struct ir_insn insn)
{
	vreg *uses[MAX_USES], dst = insn.dst;
	bool spilled_dst = is_chosen(w, dst), reads_dst = false;

	w->span = insn.span;
	if (spilled_dst && is_refill(w, &insn, dst))
		return;
	if (insn.op == IR_MOV && is_chosen(w, insn.a.reg) && !w->temp[insn.a.reg] && !spilled_dst) {
		refill(w, dst, insn.a.reg);
		return;
	}
	for (unsigned n = ir_insn_uses(&insn, uses), i = 0; i < n; i++) {
		reads_dst |= *uses[i] == dst;
		read_operand(w, uses[i]);
	}
	if (spilled_dst) {
		/* dst = dst op b stays in that form: one piece is read and written */
		if (!reads_dst)
			hold(w, dst, piece_of(w, dst));
		insn.dst = w->temp[dst];
	}
	append(w, insn);
	if (ir_is_call(&insn))
		release_all(w);
	if (spilled_dst && !ir_info(w->a, dst)->level)
		append(w, (struct ir_insn){.op = IR_STORE, .size = 8, .space = SPACE_STACK,
					   .index = ir_info(w->a, dst)->slot,
					   .b = ir_reg(w->temp[dst])});
	release_single_uses(w, spilled_dst ? dst : 0);
}

/* What the only way in leaves in registers is still there. */
static void begin_block(struct rewriter *w, const struct ir_cfg *cfg, uint32_t rank)
{
	uint32_t first = cfg->pred_start[rank];

	release_all(w);
	if (cfg->pred_start[rank + 1] - first != 1 || cfg->preds[first] >= rank)
		return;
	for (uint32_t i = 0; i < w->ends[cfg->preds[first]].n; i++) {
		struct piece *p = &w->ends[cfg->preds[first]].pieces[i];

		hold(w, p->reg, p->temp);
	}
}

static void end_block(struct rewriter *w, struct ir_block *b, uint32_t rank,
		      struct arena *scratch)
{
	struct block_end *end = &w->ends[rank];
	vreg *uses[MAX_USES];

	w->span = b->span;
	for (unsigned n = ir_exit_uses(b, uses); n-- > 0;)
		read_operand(w, uses[n]);
	release_single_uses(w, 0);
	end->pieces = arena_array(scratch, struct piece, w->held.n);
	for (uint32_t i = 0; i < w->held.n; i++)
		end->pieces[end->n++] = (struct piece){w->held.list[i], w->temp[w->held.list[i]]};
}

void ir_spill_rewrite(struct ir_alloc *a, const uint64_t *chosen)
{
	struct arena *scratch = arena_new();
	struct rewriter w = {.a = a, .chosen = chosen, .nregs = a->f->nregs};
	struct ir_cfg cfg;

	ir_cfg_build(&cfg, a->f, scratch);
	w.temp = arena_array(scratch, vreg, w.nregs);
	w.ends = arena_array(scratch, struct block_end, cfg.n);
	ir_set_init(&w.held, w.nregs, scratch);
	for (vreg r = 1; r < w.nregs; r++)
		if (bit_get(chosen, r) && !ir_info(a, r)->level && !ir_info(a, r)->recipe)
			ir_info(a, r)->slot = ir_object_new(a->f, 8, 8,
							    arena_printf(a->f->arena, "spill v%u", r));
	for (uint32_t i = 0; i < cfg.n; i++) {
		struct ir_block *b = cfg.order[i];

		begin_block(&w, &cfg, i);
		vec_each(insn, &b->insns)
			rewrite_insn(&w, *insn);
		end_block(&w, b, i, scratch);
		ir_rewrite_finish(&w.out, a->f, b);
	}
	ir_rewrite_free(&w.out);
	arena_free(scratch);
}

/* ---- what is cheap to make again ---- */

static bool is_cheap(const struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_FRAME:
	case IR_MAP:
	case IR_MAP_VALUE:
	case IR_FUNC:
	case IR_KERNEL_VAR:
	case IR_RELOC:
		return true;
	case IR_MOV:
		return !insn->a.reg;
	}
	return false;
}

/*
 * Those that live across a call are split at it: r6-r9 are for what cannot be made again.
 * The others keep their register as long as there are enough.
 */
static void mark_crossing(struct ir_alloc *a, uint64_t *crosses, struct arena *scratch)
{
	struct ir_live live;
	struct ir_set set;
	struct ir_cfg cfg;
	vreg *uses[MAX_USES];

	ir_cfg_build(&cfg, a->f, scratch);
	ir_live_build(&live, a->f, &cfg, scratch);
	ir_set_init(&set, a->f->nregs, scratch);
	for (uint32_t i = 0; i < cfg.n; i++) {
		ir_set_block_end(&set, &live, &cfg, i);
		for (size_t k = cfg.order[i]->insns.n; k-- > 0;) {
			struct ir_insn *insn = &cfg.order[i]->insns.v[k];

			ir_set_remove(&set, insn->dst);
			if (ir_is_call(insn))
				for (uint32_t n = 0; n < set.n; n++)
					bit_set(crosses, set.list[n]);
			for (unsigned n = ir_insn_uses(insn, uses); n-- > 0;)
				ir_set_add(&set, *uses[n]);
		}
	}
}

void ir_spill_cheap(struct ir_alloc *a)
{
	struct arena *scratch = arena_new();
	uint32_t nregs = a->f->nregs, found = 0;
	uint32_t *ndefs = arena_array(scratch, uint32_t, nregs);
	uint64_t *chosen = arena_array(scratch, uint64_t, nregs / 64 + 1);
	uint64_t *crosses = arena_array(scratch, uint64_t, nregs / 64 + 1);

	mark_crossing(a, crosses, scratch);
	vec_each(b, &a->f->blocks)
		vec_each(insn, &(*b)->insns)
			ndefs[insn->dst]++;
	vec_each(b, &a->f->blocks)
		vec_each(insn, &(*b)->insns) {
			vreg r = insn->dst;

			if (!is_cheap(insn) || ndefs[r] != 1 || ir_is_fixed(a, r))
				continue;
			ir_info(a, r)->recipe = arena_copy(a->arena, insn, sizeof(*insn));
			ir_info(a, r)->slot = UINT32_MAX;
			if (bit_get(crosses, r)) {
				bit_set(chosen, r);
				found++;
			}
		}
	if (found)
		ir_spill_rewrite(a, chosen);
	arena_free(scratch);
}

/* ---- pressure ---- */

struct pressure {
	struct ir_alloc *a;
	struct ir_cfg cfg;
	struct ir_live live;
	struct ir_set set;
	uint32_t crossing;      /* of the set */
	bool *crosses;          /* by register: lives across a call */
	float *cost, *length;
	uint32_t *since;
	uint64_t *chosen;
	uint32_t nchosen;
};

/* A test against a bound: the kernel forgets its outcome when the value comes from a slot. */
static bool is_bound(const struct ir_block *b)
{
	return b->exit == EXIT_BRANCH && !b->b.reg && b->cond >= COND_LT && b->cond <= COND_SGE;
}

/* First walk: how often each register is used, how long it lives, whether across a call. */
static void measure_block(struct pressure *p, uint32_t rank)
{
	struct ir_block *b = p->cfg.order[rank];
	float weight = p->cfg.weight[rank];
	vreg *uses[MAX_USES];

	ir_set_block_end(&p->set, &p->live, &p->cfg, rank);
	for (uint32_t i = 0; i < p->set.n; i++)
		p->since[p->set.list[i]] = b->insns.n + 1;
	for (unsigned n = ir_exit_uses(b, uses); n-- > 0;)
		p->cost[*uses[n]] += weight * (is_bound(b) ? BOUND_COST : 1);
	for (size_t k = b->insns.n; k-- > 0;) {
		struct ir_insn *insn = &b->insns.v[k];

		if (insn->dst) {
			p->cost[insn->dst] += weight;
			if (ir_set_has(&p->set, insn->dst))
				p->length[insn->dst] += p->since[insn->dst] - k;
			ir_set_remove(&p->set, insn->dst);
		}
		if (ir_is_call(insn))
			for (uint32_t i = 0; i < p->set.n; i++)
				p->crosses[p->set.list[i]] = true;
		for (unsigned n = ir_insn_uses(insn, uses); n-- > 0;) {
			p->cost[*uses[n]] += weight;
			if (!ir_set_has(&p->set, *uses[n])) {
				ir_set_add(&p->set, *uses[n]);
				p->since[*uses[n]] = k + 1;
			}
		}
	}
	for (uint32_t i = 0; i < p->set.n; i++)
		p->length[p->set.list[i]] += p->since[p->set.list[i]];
}

static void enter(struct pressure *p, vreg r)
{
	if (bit_get(p->chosen, r) || ir_set_has(&p->set, r))
		return;
	ir_set_add(&p->set, r);
	p->crossing += p->crosses[r];
}

static void leave(struct pressure *p, vreg r)
{
	if (!ir_set_has(&p->set, r))
		return;
	ir_set_remove(&p->set, r);
	p->crossing -= p->crosses[r];
}

/* The least used for its length goes, until what is left fits. */
static void relieve(struct pressure *p)
{
	while (p->set.n > LIMIT_ALL || p->crossing > LIMIT_SAVED) {
		bool saved = p->crossing > LIMIT_SAVED;
		vreg best = 0;
		float best_density = 0;

		for (uint32_t i = 0; i < p->set.n; i++) {
			vreg r = p->set.list[i];
			float density = p->cost[r] / (p->length[r] + 1);

			if (ir_is_fixed(p->a, r) || ir_info(p->a, r)->level >= 2 ||
			    (saved && !p->crosses[r]))
				continue;
			if (ir_info(p->a, r)->recipe)
				density /= 2;
			if (!best || density < best_density) {
				best = r;
				best_density = density;
			}
		}
		if (!best)
			return; /* single uses only: colouring sees to it */
		bit_set(p->chosen, best);
		p->nchosen++;
		leave(p, best);
	}
}

static void relieve_block(struct pressure *p, uint32_t rank)
{
	struct ir_block *b = p->cfg.order[rank];
	vreg *uses[MAX_USES];

	ir_set_clear(&p->set);
	p->crossing = 0;
	for (uint32_t i = p->live.start[rank]; i < p->live.start[rank + 1]; i++)
		enter(p, p->live.out[i]);
	for (unsigned n = ir_exit_uses(b, uses); n-- > 0;)
		enter(p, *uses[n]);
	relieve(p);
	for (size_t k = b->insns.n; k-- > 0;) {
		struct ir_insn *insn = &b->insns.v[k];

		if (insn->dst) {
			enter(p, insn->dst);
			relieve(p);
			leave(p, insn->dst);
		}
		for (unsigned n = ir_insn_uses(insn, uses); n-- > 0;)
			enter(p, *uses[n]);
		relieve(p);
	}
}

static bool relieve_round(struct ir_alloc *a)
{
	struct arena *scratch = arena_new();
	uint32_t nregs = a->f->nregs;
	struct pressure p = {
		.a = a,
		.crosses = arena_array(scratch, bool, nregs),
		.cost = arena_array(scratch, float, nregs),
		.length = arena_array(scratch, float, nregs),
		.since = arena_array(scratch, uint32_t, nregs),
		.chosen = arena_array(scratch, uint64_t, nregs / 64 + 1),
	};

	ir_cfg_build(&p.cfg, a->f, scratch);
	ir_cfg_weigh(&p.cfg, scratch);
	ir_live_build(&p.live, a->f, &p.cfg, scratch);
	ir_set_init(&p.set, nregs, scratch);
	for (uint32_t i = 0; i < p.cfg.n; i++)
		measure_block(&p, i);
	for (uint32_t i = 0; i < p.cfg.n; i++)
		relieve_block(&p, i);
	if (p.nchosen)
		ir_spill_rewrite(a, p.chosen);
	arena_free(scratch);
	return p.nchosen;
}

void ir_spill_pressure(struct ir_alloc *a)
{
	for (int i = 0; i < PRESSURE_ROUNDS && relieve_round(a); i++)
		;
}
