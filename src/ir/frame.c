/*
 * frame.c - frame objects and spill slots placed below the frame pointer, those that do
 * not live at the same time in the same place.
 *
 *      r10 ->  +--------------------+
 *              | spill v12          |  -8
 *              | key  | read        |  -24   (one after the other)
 *              +--------------------+
 *
 * A slot lives as a register does: from a store to the last load. An object lives from the
 * first instruction that touches it, or an address derived from it, to the last one; in a
 * loop that comes round, all the way round. Addresses that mix two objects make them live
 * together; an address that is stored into memory (other than a spill slot) makes the
 * object live everywhere.
 * A called function does not keep an address beyond the call.
 */
#include <stdlib.h>

#include "ir/pass.h"

struct planner {
	struct ir_alloc *a;
	struct ir_func *f;
	struct arena *arena;
	uint32_t nobjects, words;
	uint32_t *group;   /* by object: union-find; a group lives together */
	uint32_t *points;  /* by register: object it may be derived from, + 1 */
	uint32_t *holds;   /* by object (spill slots): the same for what is stored there */
	bool *escaped;     /* by group */
	bool *used;        /* by object */
	bool changed;
	struct ir_cfg cfg;
	struct touches *touches;  /* by rank */
	uint64_t *in, *out;       /* by rank: touched later */
	uint64_t *before, *after; /* by rank: touched before, at its start and end */
	uint64_t *conflicts;      /* by object, `words` each */
	uint64_t *live;
};

/* The groups a block's instructions touch, in order. */
struct touch {
	uint32_t insn, group;
	bool first; /* in the block */
	bool kill;  /* a slot's store: what was there before does not matter */
};

struct touches {
	VEC(struct touch) list;
};

static bool is_slot(const struct planner *p, uint32_t object)
{
	return object >= p->a->first_slot;
}

static uint32_t group_of(const struct planner *p, uint32_t object)
{
	while (p->group[object] != object)
		object = p->group[object];
	return object;
}

/* *to may also point where `from` does. */
static void flow(struct planner *p, uint32_t *to, uint32_t from)
{
	uint32_t a, b;

	if (!from)
		return;
	b = group_of(p, from - 1);
	if (!*to) {
		*to = b + 1;
		p->changed = true;
		return;
	}
	a = group_of(p, *to - 1);
	if (a == b)
		return;
	p->group[MAX_OF(a, b)] = MIN_OF(a, b);
	p->escaped[MIN_OF(a, b)] |= p->escaped[MAX_OF(a, b)];
	p->changed = true;
}

static void escape(struct planner *p, uint32_t from)
{
	uint32_t g;

	if (!from)
		return;
	g = group_of(p, from - 1);
	p->changed |= !p->escaped[g];
	p->escaped[g] = true;
}

static uint64_t *row(const struct planner *p, uint64_t *sets, uint32_t i)
{
	return sets + (size_t)i * p->words;
}

/* Fixed registers are set anew for each call: what they held before does not count. */
static void begin_fixed(struct planner *p, const struct ir_insn *insn)
{
	if (insn->dst && ir_is_fixed(p->a, insn->dst))
		p->points[insn->dst] = 0;
}

static uint32_t operand_points(const struct planner *p, struct ir_val v)
{
	return v.reg ? p->points[v.reg] : 0;
}

static void trace_insn(struct planner *p, const struct ir_insn *insn)
{
	uint32_t a = operand_points(p, insn->a), b = operand_points(p, insn->b);
	bool direct = ir_is_direct(insn);

	if (direct || insn->op == IR_FRAME)
		p->used[insn->index] = true;
	switch (insn->op) {
	case IR_STORE:
		if (direct && is_slot(p, insn->index))
			flow(p, &p->holds[insn->index], b);
		else
			escape(p, b);
		return;
	case IR_LOAD:
		begin_fixed(p, insn);
		if (direct && is_slot(p, insn->index))
			flow(p, &p->points[insn->dst], p->holds[insn->index]);
		return;
	case IR_XCHG:
		escape(p, b);
		return;
	case IR_CMPXCHG:
		escape(p, operand_points(p, insn->c));
		return;
	case IR_FRAME:
		begin_fixed(p, insn);
		flow(p, &p->points[insn->dst], insn->index + 1);
		return;
	case IR_CALL:
	case IR_CALL_FUNC:
		begin_fixed(p, insn);
		return;
	}
	if (!insn->dst)
		return;
	/* dst = dst + b keeps what dst pointed to */
	if (insn->a.reg != insn->dst)
		begin_fixed(p, insn);
	flow(p, &p->points[insn->dst], a);
	flow(p, &p->points[insn->dst], b);
}

static void forget_fixed(struct planner *p)
{
	for (int r = 0; r < PHYS_COUNT; r++)
		p->points[ir_fixed(p->a, r)] = 0;
}

static void trace_addresses(struct planner *p)
{
	bool again = true;

	while (again) {
		again = false;
		for (uint32_t i = 0; i < p->cfg.n; i++) {
			forget_fixed(p);
			vec_each(insn, &p->cfg.order[i]->insns) {
				p->changed = false;
				trace_insn(p, insn);
				/* facts about fixed registers are made anew in every walk */
				again |= p->changed && !(insn->dst && ir_is_fixed(p->a, insn->dst));
			}
		}
	}
}

static void add_touch(struct planner *p, struct touches *t, uint32_t insn, uint32_t object, bool kill)
{
	struct touch touch = {.insn = insn, .group = group_of(p, object), .kill = kill};

	touch.first = !bit_get(p->live, touch.group);
	bit_set(p->live, touch.group);
	avec_push(p->arena, &t->list, touch);
}

static void list_touches(struct planner *p, uint32_t rank)
{
	struct ir_block *b = p->cfg.order[rank];
	struct touches *t = &p->touches[rank];
	vreg *uses[MAX_USES];

	forget_fixed(p);
	memset(p->live, 0, p->words * sizeof(*p->live));
	for (uint32_t k = 0; k < b->insns.n; k++) {
		struct ir_insn *insn = &b->insns.v[k];
		bool direct = ir_is_direct(insn);

		for (unsigned n = ir_insn_uses(insn, uses); n-- > 0;)
			if (p->points[*uses[n]])
				add_touch(p, t, k, p->points[*uses[n]] - 1, false);
		if (direct || insn->op == IR_FRAME)
			add_touch(p, t, k, insn->index,
				  direct && insn->op == IR_STORE && is_slot(p, insn->index));
		trace_insn(p, insn);
	}
	memcpy(row(p, p->after, rank), p->live, p->words * sizeof(*p->live));
}

/* What was touched before, forward. */
static void flow_forward(struct planner *p)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (uint32_t i = 0; i < p->cfg.n; i++)
			for (uint32_t e = p->cfg.pred_start[i]; e < p->cfg.pred_start[i + 1]; e++)
				for (uint32_t w = 0; w < p->words; w++) {
					uint64_t from = row(p, p->after, p->cfg.preds[e])[w];

					changed |= (from & ~row(p, p->before, i)[w]) != 0;
					row(p, p->before, i)[w] |= from;
					row(p, p->after, i)[w] |= from;
				}
	}
}

/* What will be touched again, backward. */
static void flow_backward(struct planner *p)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (uint32_t i = p->cfg.n; i-- > 0;) {
			uint64_t *out = row(p, p->out, i), *in = row(p, p->in, i);
			struct ir_block *succ[2];

			for (unsigned s = ir_successors(p->cfg.order[i], succ); s-- > 0;)
				for (uint32_t w = 0; w < p->words; w++)
					out[w] |= row(p, p->in, p->cfg.rank[succ[s]->id])[w];
			memcpy(p->live, out, p->words * sizeof(*out));
			for (size_t t = p->touches[i].list.n; t-- > 0;) {
				struct touch *touch = &p->touches[i].list.v[t];

				if (touch->kill)
					bit_clear(p->live, touch->group);
				else
					bit_set(p->live, touch->group);
			}
			for (uint32_t w = 0; w < p->words; w++) {
				changed |= (p->live[w] & ~in[w]) != 0;
				in[w] |= p->live[w];
			}
		}
	}
}

static void conflict_with_live(struct planner *p, uint32_t group)
{
	uint64_t *conflicts = row(p, p->conflicts, group);

	for (uint32_t w = 0; w < p->words; w++)
		conflicts[w] |= p->live[w];
}

/*
 * Going back through the block, each object conflicts with what lives where it is touched;
 * those that live through the block with everything that lives at its end.
 */
static void find_conflicts(struct planner *p, uint32_t rank)
{
	struct touches *t = &p->touches[rank];

	for (uint32_t w = 0; w < p->words; w++)
		p->live[w] = row(p, p->out, rank)[w] & row(p, p->after, rank)[w];
	for (uint32_t w = 0; w < p->words; w++)
		for (uint64_t bits = p->live[w]; bits; bits &= bits - 1)
			conflict_with_live(p, w * 64 + __builtin_ctzll(bits));
	for (size_t end = t->list.n, i; end > 0; end = i) {
		/* all touches of one instruction live together */
		for (i = end; i > 0 && t->list.v[i - 1].insn == t->list.v[end - 1].insn; i--)
			bit_set(p->live, t->list.v[i - 1].group);
		for (size_t k = i; k < end; k++)
			conflict_with_live(p, t->list.v[k].group);
		for (size_t k = i; k < end; k++)
			if (t->list.v[k].kill ||
			    (t->list.v[k].first && !bit_get(row(p, p->before, rank), t->list.v[k].group)))
				bit_clear(p->live, t->list.v[k].group);
	}
}

/* ---- placement ---- */

struct placed {
	uint32_t object, depth; /* bytes between the frame pointer and its end */
};

static bool conflict(struct planner *p, uint32_t a, uint32_t b)
{
	uint32_t ga = group_of(p, a), gb = group_of(p, b);

	return ga == gb || p->escaped[ga] || p->escaped[gb] ||
	       bit_get(row(p, p->conflicts, ga), gb) || bit_get(row(p, p->conflicts, gb), ga);
}

static uint32_t find_depth(struct planner *p, uint32_t object, const struct placed *placed, uint32_t n)
{
	const struct ir_object *o = &p->f->objects.v[object];
	uint32_t depth = 0;

	for (uint32_t i = 0; i < n;) {
		uint32_t bottom = ROUND_UP(depth + o->size, o->align);
		const struct placed *other = &placed[i++];

		depth = bottom - o->size;
		if (depth < other->depth + p->f->objects.v[other->object].size &&
		    other->depth < bottom && conflict(p, object, other->object)) {
			depth = other->depth + p->f->objects.v[other->object].size;
			i = 0; /* those before may be in the way now */
		}
	}
	return ROUND_UP(depth + o->size, o->align) - o->size;
}

static int placement_order(const void *pa, const void *pb, void *func)
{
	const struct ir_func *f = func;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	const struct ir_object *oa = &f->objects.v[a], *ob = &f->objects.v[b];

	if (oa->align != ob->align)
		return oa->align < ob->align ? 1 : -1;
	if (oa->size != ob->size)
		return oa->size < ob->size ? 1 : -1;
	return a < b ? -1 : a > b;
}

static void place_all(struct planner *p)
{
	struct placed *placed = arena_array(p->arena, struct placed, p->nobjects);
	uint32_t *order = arena_array(p->arena, uint32_t, p->nobjects), n = 0;

	p->a->offset = arena_array(p->a->arena, int32_t, p->nobjects);
	for (uint32_t i = 0; i < p->nobjects; i++)
		if (p->used[i])
			order[n++] = i;
	qsort_r(order, n, sizeof(*order), placement_order, p->f);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t object = order[i], size = p->f->objects.v[object].size;

		placed[i] = (struct placed){object, find_depth(p, object, placed, i)};
		p->a->offset[object] = -(int32_t)(placed[i].depth + size);
		p->a->frame_bytes = MAX_OF(p->a->frame_bytes, placed[i].depth + size);
	}
	p->a->frame_bytes = ROUND_UP(p->a->frame_bytes, 8u);
}

void ir_frame_plan(struct ir_alloc *a)
{
	struct arena *arena = arena_new();
	uint32_t nobjects = a->f->objects.n, words = (nobjects + 63) / 64;
	struct planner p = {.a = a, .f = a->f, .arena = arena, .nobjects = nobjects, .words = words};
	size_t cells;

	a->frame_bytes = 0;
	ir_cfg_build(&p.cfg, a->f, arena);
	cells = (size_t)p.cfg.n * words;
	p.group = arena_array(arena, uint32_t, nobjects);
	p.points = arena_array(arena, uint32_t, a->f->nregs);
	p.holds = arena_array(arena, uint32_t, nobjects);
	p.escaped = arena_array(arena, bool, nobjects);
	p.used = arena_array(arena, bool, nobjects);
	p.touches = arena_array(arena, struct touches, p.cfg.n);
	p.in = arena_array(arena, uint64_t, cells);
	p.out = arena_array(arena, uint64_t, cells);
	p.before = arena_array(arena, uint64_t, cells);
	p.after = arena_array(arena, uint64_t, cells);
	p.conflicts = arena_array(arena, uint64_t, (size_t)nobjects * words);
	p.live = arena_array(arena, uint64_t, words);
	for (uint32_t i = 0; i < nobjects; i++)
		p.group[i] = i;
	trace_addresses(&p);
	for (uint32_t i = 0; i < p.cfg.n; i++)
		list_touches(&p, i);
	flow_forward(&p);
	flow_backward(&p);
	for (uint32_t i = 0; i < p.cfg.n; i++)
		find_conflicts(&p, i);
	place_all(&p);
	arena_free(arena);
}

static int picture_order(const void *pa, const void *pb)
{
	const struct placed *a = pa, *b = pb;

	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return a->object < b->object ? -1 : a->object > b->object;
}

void ir_frame_print(const struct ir_alloc *a, struct buf *out)
{
	struct placed *placed = xcalloc(a->f->objects.n, sizeof(*placed));
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->f->objects.n; i++)
		if (a->offset[i])
			placed[n++] = (struct placed){i, -a->offset[i]};
	qsort(placed, n, sizeof(*placed), picture_order);
	buf_printf(out, "  frame: %u bytes\n", a->frame_bytes);
	for (uint32_t i = 0; i < n; i++) {
		const struct ir_object *o = &a->f->objects.v[placed[i].object];

		buf_printf(out, "    fp-%u..fp-%u  #%u %s\n", placed[i].depth,
			   placed[i].depth - o->size + 1, placed[i].object, o->what ? o->what : "");
	}
	free(placed);
}
