/* lower_division.c - division by zero: bpftrace's language gives 1 for it; here it is counted, too. */
#include "ir/lower_int.h"

/* Both operands are replaced: 1 / 1 and 1 % 2 are 1. */
void lower_guard_division(struct lower *l, enum op op, struct ir_val *a, struct ir_val *b)
{
	struct ir_block *zero, *next;
	vreg dividend, divisor;

	if ((op != OP_DIV && op != OP_MOD) || (!b->reg && b->imm))
		return;
	zero = cold_block(l);
	next = new_block(l);
	dividend = ir_mov(F, *a);
	divisor = ir_mov(F, *b);
	ir_branch(F, COND_EQ, ir_reg(divisor), ir_imm(0), zero, next);
	ir_at(F, zero);
	ir_count_loss(F, l->prog, LOSS_DIVISION);
	ir_set(F, dividend, ir_imm(1));
	ir_set(F, divisor, ir_imm(op == OP_DIV ? 1 : 2));
	ir_jump(F, next);
	ir_at(F, next);
	*a = ir_reg(dividend);
	*b = ir_reg(divisor);
}
