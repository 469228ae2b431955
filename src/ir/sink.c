/*
 * sink.c - what only one side of a branch needs is computed on that side:
 *
 *     v2 = load [ctx v1 + 8]        branch v3 eq 0 ? bb1 : bb2
 *     branch v3 eq 0 ? bb1 : bb2    bb2: v2 = load [ctx v1 + 8]
 *     bb2: use v2                        use v2
 *
 * so that a probe that filters its event out has done nothing for it, and less is alive on
 * the way. Moved are pure operations on registers written once, and loads from the context
 * (which does not change); the side must have no other way in.
 */
#include "ir/pass.h"

struct sinker {
	struct ir_func *f;
	struct ir_cfg cfg;
	struct ir_live live;
	uint32_t *ndefs;
	struct ir_set side[2];     /* what is alive where each side begins */
	struct ir_rewrite moved[2]; /* in reverse */
};

static bool may_sink(const struct sinker *s, struct ir_insn *insn)
{
	vreg *uses[MAX_USES];

	if (!(ir_traits[insn->op] & IS_PURE) || s->ndefs[insn->dst] != 1 ||
	    (insn->op == IR_LOAD && insn->space != SPACE_CTX) || insn->op == IR_CTX ||
	    insn->op == IR_ARG)
		return false;
	for (unsigned n = ir_insn_uses(insn, uses); n-- > 0;)
		if (s->ndefs[*uses[n]] != 1)
			return false;
	return true;
}

/* Past a call only with what is alive there anyhow: else a register is won and one lost. */
static bool is_gain(const struct sinker *s, struct ir_insn *insn, int side, bool past_call)
{
	vreg *uses[MAX_USES];

	for (unsigned n = ir_insn_uses(insn, uses); past_call && n-- > 0;)
		if (!ir_set_has(&s->side[side], *uses[n]))
			return false;
	return true;
}

static void find_alive(struct sinker *s, struct ir_set *set, const struct ir_block *b)
{
	uint32_t rank = s->cfg.rank[b->id];
	vreg *uses[MAX_USES];

	ir_set_block_end(set, &s->live, &s->cfg, rank);
	for (size_t k = b->insns.n; k-- > 0;) {
		ir_set_remove(set, b->insns.v[k].dst);
		for (unsigned n = ir_insn_uses(&b->insns.v[k], uses); n-- > 0;)
			ir_set_add(set, *uses[n]);
	}
}

static bool has_one_way_in(const struct sinker *s, const struct ir_block *b)
{
	uint32_t rank = s->cfg.rank[b->id];

	return s->cfg.pred_start[rank + 1] - s->cfg.pred_start[rank] == 1;
}

/* What was moved goes before what the block has. */
static void prepend(struct sinker *s, struct ir_block *b, struct ir_rewrite *moved)
{
	size_t n = moved->insns.n;

	if (!n)
		return;
	for (size_t i = 0; i < n / 2; i++) {
		struct ir_insn other = moved->insns.v[i];

		moved->insns.v[i] = moved->insns.v[n - 1 - i];
		moved->insns.v[n - 1 - i] = other;
	}
	vec_each(insn, &b->insns)
		vec_push(&moved->insns, *insn);
	ir_rewrite_finish(moved, s->f, b);
}

static void sink_block(struct sinker *s, struct ir_block *b)
{
	struct ir_block *to[2] = {b->to, b->other};
	bool open[2], past_call = false;
	vreg *uses[MAX_USES];
	size_t kept = b->insns.n;

	if (b->exit != EXIT_BRANCH || b->to == b->other)
		return;
	for (int i = 0; i < 2; i++)
		open[i] = has_one_way_in(s, to[i]);
	if (!open[0] && !open[1])
		return;
	find_alive(s, &s->side[0], to[0]);
	find_alive(s, &s->side[1], to[1]);
	/* read by what stays in this block: as good as needed on both sides */
	for (unsigned n = ir_exit_uses(b, uses); n-- > 0;) {
		ir_set_add(&s->side[0], *uses[n]);
		ir_set_add(&s->side[1], *uses[n]);
	}
	for (size_t k = b->insns.n; k-- > 0;) {
		struct ir_insn *insn = &b->insns.v[k];
		bool yes = ir_set_has(&s->side[0], insn->dst), no = ir_set_has(&s->side[1], insn->dst);
		int side = yes ? 0 : 1;
		bool sink = insn->dst && yes != no && open[side] && may_sink(s, insn) &&
			    is_gain(s, insn, side, past_call);

		past_call |= ir_is_call(insn);
		if (sink)
			vec_push(&s->moved[side].insns, *insn);
		else
			b->insns.v[--kept] = *insn;
		for (unsigned n = ir_insn_uses(&b->insns.v[sink ? k : kept], uses); n-- > 0;)
			for (int i = 0; i < 2; i++)
				if (!sink || i == side)
					ir_set_add(&s->side[i], *uses[n]);
	}
	if (kept)
		memmove(b->insns.v, b->insns.v + kept, (b->insns.n - kept) * sizeof(*b->insns.v));
	b->insns.n -= kept;
	prepend(s, to[0], &s->moved[0]);
	prepend(s, to[1], &s->moved[1]);
}

void ir_sink(struct ir_func *f)
{
	struct arena *arena = arena_new();
	struct sinker s = {.f = f};

	ir_cfg_build(&s.cfg, f, arena);
	ir_live_build(&s.live, f, &s.cfg, arena);
	s.ndefs = arena_array(arena, uint32_t, f->nregs);
	for (uint32_t i = 0; i < s.cfg.n; i++)
		vec_each(insn, &s.cfg.order[i]->insns)
			s.ndefs[insn->dst]++;
	for (int i = 0; i < 2; i++)
		ir_set_init(&s.side[i], f->nregs, arena);
	/* from the entry on: what was moved once may be moved again */
	for (uint32_t i = 0; i < s.cfg.n; i++)
		sink_block(&s, s.cfg.order[i]);
	for (int i = 0; i < 2; i++)
		ir_rewrite_free(&s.moved[i]);
	arena_free(arena);
}
