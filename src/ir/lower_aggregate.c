/*
 * lower_aggregate.c - one update of an aggregate (count, sum, ... lhist) at a place, and
 * reading one in a program. Layouts: lang/type.def; buckets: lang/hist.h.
 *
 * Where another program may write the same slot on the same CPU (map_plan.atomic) adds are
 * atomic instructions and min and max retry by compare-and-exchange.
 */
#include "ir/lower_int.h"
#include "lang/hist.h"

enum { MINMAX_TRIES = 8 };

void lower_aggregate_add(struct lower *l, bool atomic, struct memory at, struct ir_val v)
{
	if (atomic) {
		ir_emit(F, (struct ir_insn){.op = IR_ATOMIC_ADD, .size = 8, .space = SPACE_MAP,
					    .a = ir_reg(at.base), .off = at.off, .b = v});
		return;
	}
	lower_put(l, at, 8, lower_alu(ADD, lower_load(l, at, 8, false), v));
}

/*
 * {value, present} keeps the smallest or largest. The value is kept exclusive-or a mask that
 * makes "better" mean "larger unsigned" with 0 the worst: so a fresh slot needs no first
 * value, and a writer that interrupts another can only raise it.
 */
void lower_aggregate_extreme(struct lower *l, bool atomic, int64_t mask, struct memory at, struct memory present,
			     struct ir_val v)
{
	struct ir_block *done = new_block(l), *set = new_block(l);

	if (atomic && lower_lacks_exchange(l))
		return;
	if (mask)
		v = lower_alu(XOR, v, ir_imm(mask));
	lower_put(l, present, 8, ir_imm(1));
	if (!atomic) {
		ir_branch(F, COND_GT, v, lower_load(l, at, 8, false), set, done);
		ir_at(F, set);
		lower_put(l, at, 8, v);
		ir_jump(F, done);
		ir_at(F, done);
		return;
	}
	ir_jump(F, set);
	ir_at(F, set);
	for (unsigned i = 0; i < MINMAX_TRIES; i++) {
		struct ir_block *exchange = new_block(l), *again = cold_block(l);
		struct ir_val old = lower_load(l, at, 8, false);
		vreg was = ir_vreg(F);

		ir_branch(F, COND_GT, v, old, exchange, done);
		ir_at(F, exchange);
		ir_emit(F, (struct ir_insn){.op = IR_CMPXCHG, .size = 8, .space = SPACE_MAP, .dst = was,
					    .a = ir_reg(at.base), .off = at.off, .b = old, .c = v});
		ir_branch(F, COND_EQ, ir_reg(was), old, done, again);
		ir_at(F, again);
	}
	ir_count_loss(F, l->prog, LOSS_CONTENDED);
	ir_jump(F, done);
	ir_at(F, done);
}

bool lower_lacks_exchange(struct lower *l)
{
	if (l->plan->features.fetch_atomics)
		return false;
	diag_add(l->script->diags, DIAG_KERNEL_TOO_OLD, F->span,
		 "several programs that may interrupt each other write this value: it needs Linux 5.12 "
		 "(compare-and-exchange)");
	return true;
}

/* floor(log2(v)) of v > 0 by halving: six compares. */
static vreg log2_of(struct lower *l, struct ir_val v)
{
	vreg rest = ir_mov(F, v), e = ir_mov(F, ir_imm(0));

	for (unsigned step = 32, power = 5; step; step /= 2, power--) {
		/* step where anything is above the lower half of what is left, else 0 */
		struct ir_val above = lower_alu(SHR, ir_reg(rest), ir_imm(step)), by;

		by = lower_alu(SHR, lower_alu(SUB, ir_imm(0), above), ir_imm(63));
		by = lower_alu(SHL, by, ir_imm(power));
		ir_set(F, rest, lower_alu(SHR, ir_reg(rest), by));
		ir_set(F, e, lower_alu(ADD, ir_reg(e), by));
	}
	return e;
}

/* hist_bucket() of lang/hist.h. */
static vreg hist_index(struct lower *l, struct ir_val v, unsigned bits, bool is_signed)
{
	struct ir_block *below = new_block(l), *rest = new_block(l), *small = new_block(l),
			*large = new_block(l), *done = new_block(l);
	vreg index = ir_mov(F, ir_imm(0)), e, shift;
	struct ir_val top;

	if (is_signed) {
		ir_branch(F, COND_SLT, v, ir_imm(0), below, rest);
		ir_at(F, below);
		ir_jump(F, done);
	} else { /* above INT64_MAX: the last bucket holds it */
		ir_branch(F, COND_SLT, v, ir_imm(0), below, rest);
		ir_at(F, below);
		ir_set(F, index, ir_imm(hist_buckets(bits) - 1));
		ir_jump(F, done);
	}
	ir_at(F, rest);
	ir_branch(F, COND_LT, v, ir_imm((int64_t)1 << bits), small, large);
	ir_at(F, small);
	ir_set(F, index, lower_alu(ADD, v, ir_imm(1)));
	ir_jump(F, done);
	ir_at(F, large);
	e = log2_of(l, v);
	shift = ir_alu(F, IR_SUB, ir_reg(e), ir_imm(bits));
	top = lower_alu(SHR, v, ir_reg(shift));
	ir_set(F, index, lower_alu(ADD, lower_alu(ADD, lower_alu(SHL, ir_reg(shift), ir_imm(bits)), top), ir_imm(1)));
	ir_jump(F, done);
	ir_at(F, done);
	return index;
}

/* The bucket's address; the index is bounded again for the verifier. */
static struct memory bucket_place(struct lower *l, struct memory at, vreg index, uint32_t buckets)
{
	vreg i = lower_bounded(l, ir_reg(index), buckets, false), base;

	base = ir_alu(F, IR_ADD, ir_reg(at.base), lower_alu(SHL, ir_reg(i), ir_imm(3)));
	return (struct memory){SPACE_MAP, base, at.off};
}

static void add_hist(struct lower *l, const struct map_plan *mp, struct memory at, struct ir_val v,
		     bool is_signed)
{
	const struct type *t = mp->map->value;
	uint32_t buckets = hist_buckets(t->bits);
	vreg index = hist_index(l, v, t->bits, is_signed);

	lower_aggregate_add(l, mp->atomic, bucket_place(l, at, index, buckets), ir_imm(1));
	if (t->percentiles) {
		struct memory extra = place_at(at, buckets * 8);

		/* one present word serves both; the layout is present, min, max */
		lower_aggregate_extreme(l, mp->atomic, minmax_mask(false, true), place_at(extra, 8), extra, v);
		lower_aggregate_extreme(l, mp->atomic, minmax_mask(true, true), place_at(extra, 16), extra, v);
	}
}

static void add_lhist(struct lower *l, const struct map_plan *mp, struct memory at, struct ir_val v,
		      bool is_signed)
{
	const struct type *t = mp->map->value;
	uint32_t buckets = t->size / 8;
	struct ir_block *low = new_block(l), *not_low = new_block(l), *high = new_block(l),
			*inside = new_block(l), *done = new_block(l);
	vreg index = ir_mov(F, ir_imm(0));

	if (is_signed || t->min > 0)
		ir_branch(F, is_signed ? COND_SLT : COND_LT, v, ir_imm(t->min), low, not_low);
	else
		ir_jump(F, not_low);
	if (is_signed || t->min > 0) {
		ir_at(F, low);
		ir_jump(F, done);
	}
	ir_at(F, not_low);
	ir_branch(F, is_signed ? COND_SGE : COND_GE, v, ir_imm(t->max), high, inside);
	ir_at(F, high);
	ir_set(F, index, ir_imm(buckets - 1));
	ir_jump(F, done);
	ir_at(F, inside);
	v = t->min ? lower_alu(SUB, v, ir_imm(t->min)) : v;
	v = t->step > 1 ? lower_alu(DIV, v, ir_imm(t->step)) : v;
	ir_set(F, index, lower_alu(ADD, v, ir_imm(1)));
	ir_jump(F, done);
	ir_at(F, done);
	lower_aggregate_add(l, mp->atomic, bucket_place(l, at, index, buckets), ir_imm(1));
}

void lower_aggregate(struct lower *l, const struct map_plan *mp, const struct node *call,
		     struct memory at, struct ir_val value)
{
	const struct type *t = mp->map->value;
	bool is_signed = call->list.n ? call->list.v[0]->type->is_signed : false;

	switch ((enum type_kind)t->kind) {
	case TYPE_COUNT:
		lower_aggregate_add(l, mp->atomic, at, ir_imm(1));
		break;
	case TYPE_SUM:
		lower_aggregate_add(l, mp->atomic, at, value);
		break;
	case TYPE_AVG:
	case TYPE_STATS:
		lower_aggregate_add(l, mp->atomic, at, ir_imm(1));
		lower_aggregate_add(l, mp->atomic, place_at(at, 8), value);
		break;
	case TYPE_MIN:
	case TYPE_MAX:
		lower_aggregate_extreme(l, mp->atomic, minmax_mask(t->kind == TYPE_MAX, t->is_signed), at,
					place_at(at, 8), value);
		break;
	case TYPE_HIST:
		add_hist(l, mp, at, value, is_signed);
		break;
	case TYPE_LHIST:
		add_lhist(l, mp, at, value, is_signed);
		break;
	case TYPE_TSERIES:
		lower_tseries(l, mp, at, value);
		break;
	default:
		BUG("aggregation of kind %u", t->kind);
	}
}

/* ---- reading in a program ---- */

/* Folds one copy of the aggregate into acc (and acc2: the sum of avg). */
static void fold(struct lower *l, const struct type *t, struct memory at, vreg acc, vreg acc2, vreg any)
{
	struct ir_block *have = new_block(l), *take = new_block(l), *next = new_block(l);
	struct ir_val v;

	if (t->kind == TYPE_COUNT || t->kind == TYPE_SUM || t->kind == TYPE_AVG) {
		ir_set(F, acc, lower_alu(ADD, ir_reg(acc), lower_load(l, at, 8, false)));
		if (t->kind == TYPE_AVG)
			ir_set(F, acc2, lower_alu(ADD, ir_reg(acc2), lower_load(l, place_at(at, 8), 8, false)));
		return;
	}
	ir_branch(F, COND_NE, lower_load(l, place_at(at, 8), 8, false), ir_imm(0), have, next);
	ir_at(F, have);
	ir_set(F, any, ir_imm(1));
	v = lower_load(l, at, 8, false);
	ir_branch(F, COND_GT, v, ir_reg(acc), take, next);
	ir_at(F, take);
	ir_set(F, acc, v);
	ir_jump(F, next);
	ir_at(F, next);
}

/* What fold() left in acc, as the value: 0 when no copy had one. */
static struct ir_val unmask(struct lower *l, const struct type *t, vreg acc, vreg any)
{
	struct ir_block *have = new_block(l), *next = new_block(l);
	vreg result = ir_mov(F, ir_imm(0));

	ir_branch(F, COND_NE, ir_reg(any), ir_imm(0), have, next);
	ir_at(F, have);
	ir_set(F, result, lower_alu(XOR, ir_reg(acc), ir_imm(minmax_mask(t->kind == TYPE_MAX, t->is_signed))));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}

struct ir_val lower_aggregate_read(struct lower *l, const struct map_plan *mp, struct memory at,
				   bool percpu_slots)
{
	const struct type *t = mp->map->value;
	vreg acc = ir_mov(F, ir_imm(0)), acc2 = ir_mov(F, ir_imm(0)), any = ir_mov(F, ir_imm(0));
	uint32_t copies = percpu_slots ? l->plan->ncpus_pow2 * (mp->two_generations ? 2 : 1) : 1;

	if (copies <= 8) {
		for (uint32_t i = 0; i < copies; i++)
			fold(l, t, place_at(at, i * mp->stride), acc, acc2, any);
	} else { /* a loop over the copies; bounded by a constant */
		struct ir_block *head = new_block(l), *body = new_block(l), *end = new_block(l);
		vreg i = ir_mov(F, ir_imm(0)), base;

		ir_jump(F, head);
		ir_at(F, head);
		ir_branch(F, COND_LT, ir_reg(i), ir_imm(copies), body, end);
		ir_at(F, body);
		base = ir_alu(F, IR_ADD, ir_reg(lower_address(l, at)), lower_alu(MUL, ir_reg(i), ir_imm(mp->stride)));
		fold(l, t, (struct memory){SPACE_MAP, base, 0}, acc, acc2, any);
		ir_set(F, i, lower_alu(ADD, ir_reg(i), ir_imm(1)));
		ir_jump(F, head);
		ir_at(F, end);
	}
	if (t->kind == TYPE_MIN || t->kind == TYPE_MAX)
		return unmask(l, t, acc, any);
	if (t->kind != TYPE_AVG)
		return ir_reg(acc);
	vreg result = ir_vreg(F);
	ir_emit(F, (struct ir_insn){.op = IR_DIV, .size = 8, .flags = t->is_signed ? IR_SIGNED : 0,
				    .dst = result, .a = ir_reg(acc2), .b = ir_reg(acc)});
	return ir_reg(result);
}
