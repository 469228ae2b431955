/*
 * lower_arithmetic.c - a OP b in 64 bits, for expressions, variables and maps alike. Division by zero:
 * bpftrace's language gives 1 for it; here it is counted, too.
 */
#include "ir/lower_int.h"

static enum ir_op operation(enum op op, bool is_signed)
{
	switch (op) {
	case OP_ADD: return IR_ADD;
	case OP_SUB: return IR_SUB;
	case OP_MUL: return IR_MUL;
	case OP_DIV: return IR_DIV;
	case OP_MOD: return IR_MOD;
	case OP_BIT_AND: return IR_AND;
	case OP_BIT_OR: return IR_OR;
	case OP_BIT_XOR: return IR_XOR;
	case OP_SHL: return IR_SHL;
	case OP_SHR: return is_signed ? IR_SAR : IR_SHR;
	default: BUG("operator '%s'", op_spelling(op));
	}
}

/* When b is 0 the result is to be 1: both operands are replaced, as 1 / 1 and 1 % 2 are. */
static void guard_division(struct lower *l, enum op op, struct ir_val *a, struct ir_val *b)
{
	struct ir_block *zero, *next;
	vreg dividend, divisor;

	if (!b->reg && b->imm)
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

struct ir_val lower_arithmetic(struct lower *l, enum op op, struct ir_val a, struct ir_val b, bool is_signed)
{
	bool divides = op == OP_DIV || op == OP_MOD;
	uint8_t flags = divides && is_signed ? IR_SIGNED : 0;
	struct ir_insn insn = {.op = operation(op, is_signed), .size = 8, .flags = flags};

	if (divides)
		guard_division(l, op, &a, &b);
	insn.a = a;
	insn.b = b;
	insn.dst = ir_vreg(F);
	ir_emit(F, insn);
	return ir_reg(insn.dst);
}
