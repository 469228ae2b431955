/*
 * ir_eval.c - the meaning of operations, which folding, both interpreters and the random
 * tests all take from ir_eval and ir_test, is C's.
 */
#include "ir/pass.h"
#include "lib/ir_build.h"

static const int64_t values[] = {
	0, 1, 2, 3, 5, 7, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 1000, 65535, 65536,
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, -1, -2, -3, -7, -128, -129, -1000,
	-0x80000000ll, -0x80000001ll, INT64_MAX, INT64_MIN, INT64_MIN + 1, 0x0123456789abcdef,
};

static uint64_t eval(enum ir_op op, unsigned size, unsigned flags, uint64_t a, uint64_t b)
{
	struct ir_insn insn = {.op = op, .size = size, .flags = flags};

	return ir_eval(&insn, a, b);
}

static void check_64(int64_t a, int64_t b)
{
	uint64_t ua = a, ub = b;
	bool wraps = a == INT64_MIN && b == -1;

	EXPECT(eval(IR_ADD, 8, 0, ua, ub) == ua + ub);
	EXPECT(eval(IR_SUB, 8, 0, ua, ub) == ua - ub);
	EXPECT(eval(IR_MUL, 8, 0, ua, ub) == ua * ub);
	EXPECT(eval(IR_DIV, 8, 0, ua, ub) == (ub ? ua / ub : 0));
	EXPECT(eval(IR_MOD, 8, 0, ua, ub) == (ub ? ua % ub : ua));
	EXPECT(eval(IR_DIV, 8, IR_SIGNED, ua, ub) ==
	       (!b ? 0 : wraps ? ua : (uint64_t)(a / b)));
	EXPECT(eval(IR_MOD, 8, IR_SIGNED, ua, ub) ==
	       (!b ? ua : wraps ? 0 : (uint64_t)(a % b)));
	EXPECT(eval(IR_SHL, 8, 0, ua, ub) == ua << (ub & 63));
	EXPECT(eval(IR_SHR, 8, 0, ua, ub) == ua >> (ub & 63));
	EXPECT(eval(IR_SAR, 8, 0, ua, ub) == (uint64_t)(a >> (ub & 63)));
	EXPECT(eval(IR_NEG, 8, 0, ua, 0) == -ua);
}

static void check_32(int64_t a64, int64_t b64)
{
	int32_t a = a64, b = b64;
	uint32_t ua = a, ub = b;
	bool wraps = a == INT32_MIN && b == -1;

	EXPECT(eval(IR_ADD, 4, 0, a64, b64) == (uint32_t)(ua + ub));
	EXPECT(eval(IR_SUB, 4, 0, a64, b64) == (uint32_t)(ua - ub));
	EXPECT(eval(IR_MUL, 4, 0, a64, b64) == (uint32_t)(ua * ub));
	EXPECT(eval(IR_DIV, 4, 0, a64, b64) == (ub ? ua / ub : 0));
	EXPECT(eval(IR_MOD, 4, 0, a64, b64) == (ub ? ua % ub : ua));
	EXPECT(eval(IR_DIV, 4, IR_SIGNED, a64, b64) ==
	       (!b ? 0 : wraps ? ua : (uint32_t)(a / b)));
	EXPECT(eval(IR_MOD, 4, IR_SIGNED, a64, b64) ==
	       (!b ? ua : wraps ? 0 : (uint32_t)(a % b)));
	EXPECT(eval(IR_SHL, 4, 0, a64, b64) == (uint32_t)(ua << (ub & 31)));
	EXPECT(eval(IR_SHR, 4, 0, a64, b64) == ua >> (ub & 31));
	EXPECT(eval(IR_SAR, 4, 0, a64, b64) == (uint32_t)(a >> (ub & 31)));
	EXPECT(eval(IR_NEG, 4, 0, a64, 0) == (uint32_t)-ua);
}

static void check_unary(int64_t a)
{
	EXPECT(eval(IR_EXT, 1, 0, a, 0) == (uint8_t)a);
	EXPECT(eval(IR_EXT, 2, 0, a, 0) == (uint16_t)a);
	EXPECT(eval(IR_EXT, 4, 0, a, 0) == (uint32_t)a);
	EXPECT(eval(IR_EXT, 1, IR_SIGNED, a, 0) == (uint64_t)(int8_t)a);
	EXPECT(eval(IR_EXT, 2, IR_SIGNED, a, 0) == (uint64_t)(int16_t)a);
	EXPECT(eval(IR_EXT, 4, IR_SIGNED, a, 0) == (uint64_t)(int32_t)a);
	EXPECT(eval(IR_EXT, 8, IR_SIGNED, a, 0) == (uint64_t)a);
	EXPECT(eval(IR_BSWAP, 1, 0, a, 0) == (uint8_t)a);
	EXPECT(eval(IR_BSWAP, 2, 0, a, 0) == __builtin_bswap16(a));
	EXPECT(eval(IR_BSWAP, 4, 0, a, 0) == __builtin_bswap32(a));
	EXPECT(eval(IR_BSWAP, 8, 0, a, 0) == __builtin_bswap64(a));
}

static void check_conditions(int64_t a, int64_t b)
{
	uint64_t ua = a, ub = b;

	EXPECT(ir_test(COND_EQ, 8, ua, ub) == (a == b));
	EXPECT(ir_test(COND_LT, 8, ua, ub) == (ua < ub));
	EXPECT(ir_test(COND_GE, 8, ua, ub) == (ua >= ub));
	EXPECT(ir_test(COND_SLE, 8, ua, ub) == (a <= b));
	EXPECT(ir_test(COND_SGT, 8, ua, ub) == (a > b));
	EXPECT(ir_test(COND_SET, 8, ua, ub) == ((ua & ub) != 0));
	EXPECT(ir_test(COND_LT, 4, ua, ub) == ((uint32_t)a < (uint32_t)b));
	EXPECT(ir_test(COND_SLT, 4, ua, ub) == ((int32_t)a < (int32_t)b));
	EXPECT(ir_test(COND_SET, 4, ua, ub) == (((uint32_t)a & (uint32_t)b) != 0));
	for (unsigned size = 4; size <= 8; size += 4)
		for (int cond = COND_EQ; cond <= COND_SGE; cond++) {
			EXPECT(ir_test(ir_cond_inverse(cond), size, ua, ub) != ir_test(cond, size, ua, ub));
			EXPECT(ir_test(ir_cond_swapped(cond), size, ub, ua) == ir_test(cond, size, ua, ub));
		}
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		check_unary(values[i]);
		for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
			check_64(values[i], values[k]);
			check_32(values[i], values[k]);
			check_conditions(values[i], values[k]);
		}
	}
	EXPECT(str_eq(ir_helper_name(HELPER_MAP_LOOKUP_ELEM), "map_lookup_elem"));
	EXPECT(ir_helper_kernel(HELPER_LOOP) == 0x0511);
	EXPECT(str_eq(loss_name(LOSS_READ_FAILED), "read_failed"));
	EXPECT(loss_text(LOSS_COUNT - 1));
	printf("operations mean what they mean in C\n");
	return 0;
}
