/*
 * lower_tseries.c - one value into a time series (lang/tseries.h).
 *
 * The slot of the current interval is emptied by the first writer of a new one. Where writers
 * may interrupt each other (map_plan.atomic) it claims the slot by compare-and-exchange; who
 * comes while it is being emptied is counted.
 */
#include "ir/lower_int.h"
#include "lang/tseries.h"

enum { NUMBER = offsetof(struct tseries_slot, number), VALUE = offsetof(struct tseries_slot, value),
       EXTRA = offsetof(struct tseries_slot, extra) };

/* Empties the slot for the interval; goes on at the current block, or at `lost`. */
static void empty_slot(struct lower *l, bool atomic, struct memory slot, struct ir_val was, vreg number,
		       struct ir_block *lost)
{
	if (atomic && lower_lacks_exchange(l))
		return;
	if (atomic) {
		struct ir_block *mine = new_block(l);
		vreg got = ir_vreg(F);

		ir_emit(F, (struct ir_insn){.op = IR_CMPXCHG, .size = 8, .space = SPACE_MAP, .dst = got,
					    .a = ir_reg(slot.base), .off = slot.off + NUMBER, .b = was,
					    .c = ir_imm(TSERIES_BUSY)});
		ir_branch(F, COND_EQ, ir_reg(got), was, mine, lost);
		ir_at(F, mine);
	}
	lower_put(l, place_at(slot, VALUE), 8, ir_imm(0));
	lower_put(l, place_at(slot, EXTRA), 8, ir_imm(0));
	if (atomic) /* a full barrier: who sees the number sees the slot empty */
		ir_emit(F, (struct ir_insn){.op = IR_XCHG, .size = 8, .space = SPACE_MAP, .dst = ir_vreg(F),
					    .a = ir_reg(slot.base), .off = slot.off + NUMBER, .b = ir_reg(number)});
	else
		lower_put(l, place_at(slot, NUMBER), 8, ir_reg(number));
}

static void update(struct lower *l, const struct map_plan *mp, struct memory slot, vreg now, struct ir_val v)
{
	const struct type *t = mp->map->value;
	enum tseries_how how = tseries_how(t);

	switch (how) {
	case TSERIES_LAST:
		lower_put(l, place_at(slot, VALUE), 8, v);
		lower_put(l, place_at(slot, EXTRA), 8, ir_reg(now));
		break;
	case TSERIES_AVG: case TSERIES_SUM:
		lower_aggregate_add(l, mp->atomic, place_at(slot, VALUE), v);
		lower_aggregate_add(l, mp->atomic, place_at(slot, EXTRA), ir_imm(1));
		break;
	case TSERIES_MAX: case TSERIES_MIN:
		lower_aggregate_extreme(l, mp->atomic, minmax_mask(how == TSERIES_MAX, t->is_signed),
					place_at(slot, VALUE), place_at(slot, EXTRA), v);
		break;
	}
}

void lower_tseries(struct lower *l, const struct map_plan *mp, struct memory at, struct ir_val v)
{
	const struct type *t = mp->map->value;
	struct ir_block *other = new_block(l), *fresh = cold_block(l), *lost = cold_block(l), *same = new_block(l),
			*done = new_block(l);
	vreg now, number, index, shift;
	struct memory slot;
	struct ir_val was;

	v = ir_reg(ir_mov(F, v));
	now = ir_call(F, HELPER_KTIME_GET_NS, 0, NULL);
	shift = ir_load(F, SPACE_MAP, ir_map_value(F, KMAP_CONTROL, offsetof(struct control, wall)), 0, 8, false);
	number = ir_mov(F, lower_alu(DIV, lower_alu(ADD, ir_reg(now), ir_reg(shift)),
				     ir_imm((int64_t)tseries_interval(t))));
	index = lower_bounded(l, lower_alu(MOD, ir_reg(number), ir_imm(tseries_count(t))), tseries_count(t), false);
	slot = (struct memory){SPACE_MAP,
			       ir_alu(F, IR_ADD, ir_reg(at.base),
				      lower_alu(MUL, ir_reg(index), ir_imm(sizeof(struct tseries_slot)))), at.off};
	was = ir_reg(ir_mov(F, lower_load(l, place_at(slot, NUMBER), 8, false)));
	ir_branch(F, COND_EQ, was, ir_reg(number), same, other);
	ir_at(F, other);
	ir_branch(F, COND_GT, was, ir_reg(number), lost, fresh); /* older than what is there */
	ir_at(F, fresh);
	if (mp->atomic) {
		struct ir_block *free = cold_block(l);

		ir_branch(F, COND_EQ, was, ir_imm(TSERIES_BUSY), lost, free);
		ir_at(F, free);
	}
	empty_slot(l, mp->atomic, slot, was, number, lost);
	ir_jump(F, same);
	ir_at(F, lost);
	ir_count_loss(F, l->prog, LOSS_CONTENDED);
	ir_jump(F, done);
	ir_at(F, same);
	update(l, mp, slot, now, v);
	ir_jump(F, done);
	ir_at(F, done);
}
