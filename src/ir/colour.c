/*
 * colour.c - registers assigned by colouring the interference graph, moves coalesced first
 * where that cannot make the graph harder (Briggs for two free registers, George for a free
 * and a fixed one), the rest removed first-cheapest-to-spill and coloured optimistically.
 *
 * Interference with the fixed registers r0-r9 is a mask in each node; only free registers
 * have neighbour lists. Takes constrained IR; gives a colour for every register, or the set
 * of those to spill.
 */
#include <stdlib.h>

#include "ir/pass.h"

enum { CALL_CLOBBERS = (1 << PHYS_SAVED) - 1, MAX_COALESCE_ROUNDS = 3 };

struct node {
	VEC(uint32_t) near; /* may hold registers coalesced away since: skip them */
	uint32_t degree;    /* live neighbours, fixed ones included */
	uint16_t forbidden; /* fixed registers it interferes with */
	vreg alias;
	float cost;
	bool present, removed, low;
	int8_t colour;
};

struct move {
	vreg to, from;
	float weight;
};

struct graph {
	struct ir_alloc *a;
	struct arena *arena;
	uint32_t nregs;
	struct node *nodes;
	uint64_t *edges; /* open addressing; 0 is free */
	size_t nedges, nslots;
	VEC(struct move) moves;
	uint32_t *move_start, *move_of; /* by register: moves it is in */
	vreg *stack, *low;
	uint32_t nstack, nlow;
};

static vreg find(const struct graph *g, vreg r)
{
	while (g->nodes[r].alias != r)
		r = g->nodes[r].alias;
	return r;
}

static uint64_t edge_key(vreg a, vreg b)
{
	return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

static uint64_t *edge_slot(const struct graph *g, uint64_t key)
{
	size_t i = (key * 0x9e3779b97f4a7c15ull) >> 20 & (g->nslots - 1);

	while (g->edges[i] && g->edges[i] != key)
		i = (i + 1) & (g->nslots - 1);
	return &g->edges[i];
}

static void edges_grow(struct graph *g)
{
	uint64_t *old = g->edges;
	size_t nold = g->nslots;

	g->nslots = nold ? nold * 2 : 1024;
	g->edges = xcalloc(g->nslots, sizeof(*g->edges));
	for (size_t i = 0; i < nold; i++)
		if (old[i])
			*edge_slot(g, old[i]) = old[i];
	free(old);
}

/* True when the edge is new. */
static bool edge_add(struct graph *g, vreg a, vreg b)
{
	uint64_t key = edge_key(a, b), *slot;

	if (g->nedges * 2 >= g->nslots)
		edges_grow(g);
	slot = edge_slot(g, key);
	if (*slot)
		return false;
	*slot = key;
	g->nedges++;
	return true;
}

static void forbid(struct graph *g, vreg r, uint16_t mask)
{
	struct node *n = &g->nodes[r];

	n->degree += __builtin_popcount(mask & ~n->forbidden);
	n->forbidden |= mask;
}

static void interfere(struct graph *g, vreg a, vreg b)
{
	bool fixed_a = ir_is_fixed(g->a, a), fixed_b = ir_is_fixed(g->a, b);

	if (a == b || (fixed_a && fixed_b))
		return;
	if (fixed_a) {
		forbid(g, b, 1 << (a - g->a->first_fixed));
	} else if (fixed_b) {
		forbid(g, a, 1 << (b - g->a->first_fixed));
	} else if (edge_add(g, a, b)) {
		avec_push(g->arena, &g->nodes[a].near, b);
		avec_push(g->arena, &g->nodes[b].near, a);
		g->nodes[a].degree++;
		g->nodes[b].degree++;
	}
}

static void touch(struct graph *g, vreg r, float weight)
{
	g->nodes[r].present = true;
	g->nodes[r].cost += weight;
}

static void build_block(struct graph *g, struct ir_block *b, struct ir_set *live, float weight)
{
	vreg *uses[MAX_USES];

	for (unsigned n = ir_exit_uses(b, uses); n-- > 0;)
		touch(g, *uses[n], weight);
	for (size_t k = b->insns.n; k-- > 0;) {
		struct ir_insn *insn = &b->insns.v[k];
		bool move = insn->op == IR_MOV && insn->a.reg;

		if (move) {
			struct move m = {insn->dst, insn->a.reg, weight};

			avec_push(g->arena, &g->moves, m);
			/* both hold the same value: no interference on this account */
			ir_set_remove(live, insn->a.reg);
		}
		if (insn->dst) {
			touch(g, insn->dst, weight);
			for (uint32_t i = 0; i < live->n; i++)
				interfere(g, insn->dst, live->list[i]);
			ir_set_remove(live, insn->dst);
		}
		if (ir_is_call(insn))
			for (uint32_t i = 0; i < live->n; i++)
				if (!ir_is_fixed(g->a, live->list[i]))
					forbid(g, live->list[i], CALL_CLOBBERS);
		for (unsigned n = ir_insn_uses(insn, uses); n-- > 0;) {
			touch(g, *uses[n], weight);
			ir_set_add(live, *uses[n]);
		}
	}
}

static void build(struct graph *g)
{
	struct arena *scratch = arena_new();
	struct ir_live live;
	struct ir_set set;
	struct ir_cfg cfg;

	ir_cfg_build(&cfg, g->a->f, scratch);
	ir_cfg_weigh(&cfg, scratch);
	ir_live_build(&live, g->a->f, &cfg, scratch);
	ir_set_init(&set, g->nregs, scratch);
	for (uint32_t i = 0; i < cfg.n; i++) {
		ir_set_block_end(&set, &live, &cfg, i);
		build_block(g, cfg.order[i], &set, cfg.weight[i]);
	}
	for (vreg r = 1; r < g->nregs; r++)
		if (ir_info(g->a, r)->recipe)
			g->nodes[r].cost /= 2;
	arena_free(scratch);
}

/* ---- coalescing ---- */

static bool alive(const struct graph *g, vreg r)
{
	return g->nodes[r].alias == r && !g->nodes[r].removed;
}

static bool adjacent(const struct graph *g, vreg a, vreg b)
{
	return g->nslots && *edge_slot(g, edge_key(a, b));
}

static bool safe_free(const struct graph *g, vreg a, vreg b)
{
	const struct node *na = &g->nodes[a], *nb = &g->nodes[b];
	unsigned hard = __builtin_popcount(na->forbidden | nb->forbidden);

	for (size_t i = 0; i < na->near.n; i++) {
		vreg t = na->near.v[i];

		if (alive(g, t))
			hard += g->nodes[t].degree - adjacent(g, t, b) >= PHYS_COUNT;
	}
	for (size_t i = 0; i < nb->near.n && hard < PHYS_COUNT; i++) {
		vreg t = nb->near.v[i];

		if (alive(g, t) && !adjacent(g, t, a))
			hard += g->nodes[t].degree >= PHYS_COUNT;
	}
	return hard < PHYS_COUNT;
}

static bool safe_fixed(const struct graph *g, vreg free_reg, uint16_t mask)
{
	const struct node *n = &g->nodes[free_reg];

	for (size_t i = 0; i < n->near.n; i++) {
		const struct node *t = &g->nodes[n->near.v[i]];

		if (alive(g, n->near.v[i]) && !(t->forbidden & mask) && t->degree >= PHYS_COUNT)
			return false;
	}
	return true;
}

static void merge_fixed(struct graph *g, vreg fixed, vreg r)
{
	struct node *n = &g->nodes[r];
	uint16_t mask = 1 << (fixed - g->a->first_fixed);

	n->alias = fixed;
	for (size_t i = 0; i < n->near.n; i++) {
		struct node *t = &g->nodes[n->near.v[i]];

		if (!alive(g, n->near.v[i]))
			continue;
		t->degree--;
		forbid(g, n->near.v[i], mask);
	}
}

static void merge_free(struct graph *g, vreg into, vreg r)
{
	struct node *n = &g->nodes[r];

	n->alias = into;
	g->nodes[into].cost += n->cost;
	forbid(g, into, n->forbidden);
	for (size_t i = 0; i < n->near.n; i++) {
		vreg t = n->near.v[i];

		if (!alive(g, t))
			continue;
		g->nodes[t].degree--;
		interfere(g, into, t);
	}
}

static bool coalesce_move(struct graph *g, const struct move *m)
{
	vreg a = find(g, m->to), b = find(g, m->from);

	if (ir_is_fixed(g->a, b)) {
		vreg t = a;

		a = b;
		b = t;
	}
	if (a == b || ir_is_fixed(g->a, b))
		return false;
	if (ir_is_fixed(g->a, a)) {
		uint16_t mask = 1 << (a - g->a->first_fixed);

		if ((g->nodes[b].forbidden & mask) || !safe_fixed(g, b, mask))
			return false;
		merge_fixed(g, a, b);
		return true;
	}
	/* pieces of spilled registers stay apart: each has its own slot or recipe */
	if (ir_info(g->a, m->to)->level || ir_info(g->a, m->from)->level ||
	    ir_info(g->a, a)->recipe || ir_info(g->a, b)->recipe ||
	    adjacent(g, a, b) || !safe_free(g, a, b))
		return false;
	if (g->nodes[a].near.n < g->nodes[b].near.n)
		merge_free(g, b, a);
	else
		merge_free(g, a, b);
	return true;
}

static int move_order(const void *pa, const void *pb)
{
	const struct move *a = pa, *b = pb;

	if (a->weight != b->weight)
		return a->weight < b->weight ? 1 : -1;
	if (a->to != b->to)
		return a->to < b->to ? -1 : 1;
	return a->from < b->from ? -1 : a->from > b->from;
}

static void coalesce(struct graph *g)
{
	bool changed = true;

	for (int round = 0; changed && round < MAX_COALESCE_ROUNDS; round++) {
		changed = false;
		vec_each(m, &g->moves)
			changed |= coalesce_move(g, m);
	}
}

/* ---- colouring ---- */

static bool spillable(const struct graph *g, vreg r)
{
	return ir_info(g->a, r)->level < 2;
}

static void remove_node(struct graph *g, vreg r)
{
	struct node *n = &g->nodes[r];

	n->removed = true;
	g->stack[g->nstack++] = r;
	for (size_t i = 0; i < n->near.n; i++) {
		vreg t = n->near.v[i];

		if (alive(g, t) && g->nodes[t].degree-- == PHYS_COUNT && !g->nodes[t].low) {
			g->nodes[t].low = true;
			g->low[g->nlow++] = t;
		}
	}
}

/* The one whose spilling costs least for what it frees; single uses never before others. */
static vreg spill_candidate(const struct graph *g, const vreg *high, uint32_t nhigh)
{
	vreg best = 0;
	float best_cost = 0;

	for (uint32_t i = 0; i < nhigh; i++) {
		const struct node *n = &g->nodes[high[i]];
		float cost = n->cost / (n->degree + 1);

		if (n->removed)
			continue;
		if (!spillable(g, high[i]))
			cost += 1e12f;
		if (!best || cost < best_cost) {
			best = high[i];
			best_cost = cost;
		}
	}
	return best;
}

static void simplify(struct graph *g)
{
	vreg *high = arena_array(g->arena, vreg, g->nregs);
	uint32_t nhigh = 0;
	vreg r;

	for (r = 1; r < g->nregs; r++) {
		struct node *n = &g->nodes[r];

		if (!n->present || n->alias != r || ir_is_fixed(g->a, r))
			continue;
		n->low = n->degree < PHYS_COUNT;
		if (n->low)
			g->low[g->nlow++] = r;
		else
			high[nhigh++] = r;
	}
	for (;;) {
		while (g->nlow) {
			r = g->low[--g->nlow];
			if (!g->nodes[r].removed)
				remove_node(g, r);
		}
		/* keep the list short: it is searched again and again */
		uint32_t kept = 0;
		for (uint32_t i = 0; i < nhigh; i++)
			if (!g->nodes[high[i]].removed)
				high[kept++] = high[i];
		nhigh = kept;
		if (!(r = spill_candidate(g, high, nhigh)))
			return;
		remove_node(g, r);
	}
}

static int colour_of(const struct graph *g, vreg r)
{
	r = find(g, r);
	return ir_is_fixed(g->a, r) ? (int)(r - g->a->first_fixed) : g->nodes[r].colour;
}

/* A colour that makes a move vanish, if any; else those nobody wants for arguments first. */
static int pick(const struct graph *g, vreg r, uint16_t forbidden)
{
	static const uint8_t order[PHYS_COUNT] = {0, 5, 4, 3, 2, 1, 6, 7, 8, 9};
	float best_weight = 0;
	int best = -1;

	for (uint32_t i = g->move_start[r]; i < g->move_start[r + 1]; i++) {
		const struct move *m = &g->moves.v[g->move_of[i]];
		int colour = colour_of(g, find(g, m->to) == r ? m->from : m->to);

		if (colour >= 0 && !(forbidden >> colour & 1) && m->weight > best_weight) {
			best_weight = m->weight;
			best = colour;
		}
	}
	for (int i = 0; best < 0 && i < PHYS_COUNT; i++)
		if (!(forbidden >> order[i] & 1))
			best = order[i];
	return best;
}

/* Moves by the (coalesced) registers on either side. */
static void index_moves(struct graph *g)
{
	uint32_t *fill = arena_array(g->arena, uint32_t, g->nregs);

	g->move_start = arena_array(g->arena, uint32_t, g->nregs + 1);
	g->move_of = arena_array(g->arena, uint32_t, 2 * g->moves.n);
	vec_each(m, &g->moves) {
		g->move_start[find(g, m->to) + 1]++;
		g->move_start[find(g, m->from) + 1]++;
	}
	for (vreg r = 0; r < g->nregs; r++)
		g->move_start[r + 1] += g->move_start[r];
	for (uint32_t i = 0; i < g->moves.n; i++) {
		vreg to = find(g, g->moves.v[i].to), from = find(g, g->moves.v[i].from);

		g->move_of[g->move_start[to] + fill[to]++] = i;
		g->move_of[g->move_start[from] + fill[from]++] = i;
	}
}

/* r found no colour and cannot be spilled: a neighbour that can must make room. */
static bool spill_neighbour(struct graph *g, vreg r, uint64_t *spill)
{
	const struct node *n = &g->nodes[r];
	vreg best = 0;

	for (size_t i = 0; i < n->near.n; i++) {
		vreg t = n->near.v[i];

		if (g->nodes[t].alias != t || !spillable(g, t))
			continue;
		if (bit_get(spill, t))
			return true; /* on its way out already */
		if (g->nodes[t].colour >= 0 && (!best || g->nodes[t].cost < g->nodes[best].cost))
			best = t;
	}
	if (best)
		bit_set(spill, best);
	return best;
}

static bool select_colours(struct graph *g, bool timid, uint64_t *spill)
{
	bool done = true;

	index_moves(g);
	while (g->nstack) {
		vreg r = g->stack[--g->nstack];
		struct node *n = &g->nodes[r];
		uint16_t forbidden = n->forbidden;

		for (size_t i = 0; i < n->near.n; i++) {
			const struct node *t = &g->nodes[n->near.v[i]];

			if (t->alias == n->near.v[i] && t->colour >= 0)
				forbidden |= 1 << t->colour;
		}
		n->colour = pick(g, r, forbidden);
		if (n->colour >= 0)
			continue;
		done = false;
		if (spillable(g, r))
			bit_set(spill, r);
		else if (!spill_neighbour(g, r, spill) && timid)
			BUG("%s: no register for v%u", g->a->f->name, r);
	}
	return done;
}

/*
 * What was coalesced with a register to be spilled becomes that register, so that the
 * whole class has one slot.
 */
static void rename_spilled(struct graph *g, const uint64_t *spill)
{
	vreg *uses[MAX_USES];

	for (vreg r = 1; r < g->nregs; r++)
		if (find(g, r) != r) /* it holds what was never masked, too */
			ir_info(g->a, find(g, r))->mask = 0;
	vec_each(it, &g->a->f->blocks) {
		struct ir_block *b = *it;

		for (size_t k = 0; k <= b->insns.n; k++) {
			struct ir_insn *insn = k < b->insns.n ? &b->insns.v[k] : NULL;
			unsigned n = insn ? ir_insn_uses(insn, uses) : ir_exit_uses(b, uses);

			if (insn && insn->dst)
				uses[n++] = &insn->dst;
			while (n-- > 0)
				if (bit_get(spill, find(g, *uses[n])))
					*uses[n] = find(g, *uses[n]);
			if (insn && insn->op == IR_MOV && insn->a.reg == insn->dst)
				*insn = (struct ir_insn){.op = IR_NOP, .span = insn->span};
		}
	}
}

bool ir_colour(struct ir_alloc *a, bool timid, uint64_t *spill)
{
	struct graph g = {.a = a, .arena = arena_new(), .nregs = a->f->nregs};
	bool done;

	g.nodes = arena_array(g.arena, struct node, g.nregs);
	g.stack = arena_array(g.arena, vreg, g.nregs);
	g.low = arena_array(g.arena, vreg, g.nregs);
	for (vreg r = 0; r < g.nregs; r++) {
		g.nodes[r].alias = r;
		g.nodes[r].colour = -1;
	}
	build(&g);
	if (g.moves.n)
		qsort(g.moves.v, g.moves.n, sizeof(*g.moves.v), move_order);
	if (!timid)
		coalesce(&g);
	simplify(&g);
	done = select_colours(&g, timid, spill);
	if (done) {
		a->colour = arena_array(a->arena, int8_t, g.nregs);
		for (vreg r = 1; r < g.nregs; r++)
			a->colour[r] = colour_of(&g, r);
	} else {
		rename_spilled(&g, spill);
	}
	free(g.edges);
	arena_free(g.arena);
	return done;
}
