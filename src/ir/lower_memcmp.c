/*
 * lower_memcmp.c - the bytes of two values compared, eight at a time: memcmp(), and strncmp() of as
 * many as the running script says.
 *
 * The first word that differs decides. In big-endian order of its bytes its highest differing byte
 * is the first one; both sides are shifted so that it is the lowest.
 */
#include "ir/lower_int.h"

/* `count` bytes of a value where they can be read, zeros where it has fewer. */
struct memory lower_bytes_of(struct lower *l, const struct node *n, uint32_t count)
{
	const struct type *t = n->type;
	uint32_t have = type_is_scalar(t) ? count : t->size, room = ROUND_UP(MAX_OF(count, have), 8u) + 8;
	struct memory p = lower_temp(l, MAX_OF(room, (uint32_t)FRAME_LIMIT + 8), "bytes"), src;
	struct ir_val address;

	lower_zero(l, p, room);
	if (t->kind == TYPE_POINTER) {
		address = lower_number(l, n);
		src = (struct memory){t->space == TYPE_SPACE_USER ? SPACE_USER : SPACE_KERNEL,
				      address.reg ? address.reg : ir_mov(F, address), 0};
		lower_copy(l, p, src, count);
	} else if (type_is_scalar(t)) {
		lower_put(l, p, 8, lower_number(l, n));
	} else if (t->kind == TYPE_STRING) {
		lower_string(l, n, p, t->size, true);
	} else if (t->kind == TYPE_BUFFER) {
		lower_store(l, n, t, p);
		return place_at(p, 4);
	} else {
		lower_copy(l, p, lower_place(l, n), t->size);
	}
	return p;
}

static struct ir_val big_endian(struct lower *l, struct ir_val word)
{
	vreg dst = ir_vreg(F);

	ir_emit(F, (struct ir_insn){.op = IR_BSWAP, .size = 8, .dst = dst, .a = word});
	return ir_reg(dst);
}

/* The bytes of a word from `left` on are not compared. */
static void mask_words(struct lower *l, vreg a, vreg b, struct ir_val left)
{
	struct ir_val mask = lower_alu(SHL, ir_imm(1), lower_alu(SHL, left, ir_imm(3)));

	mask = lower_alu(SUB, ir_reg(ir_mov(F, mask)), ir_imm(1));
	ir_set(F, a, lower_alu(AND, ir_reg(a), mask));
	ir_set(F, b, lower_alu(AND, ir_reg(b), mask));
}

/* Both words loaded, without what is behind the end; to `done` where the end is before them. */
static void load_words(struct lower *l, const struct memory *a, const struct memory *b, uint32_t at,
		       struct ir_val count, vreg word_a, vreg word_b, struct ir_block *done)
{
	struct ir_block *inside = new_block(l), *part = cold_block(l), *whole = new_block(l);

	if (count.reg) {
		ir_branch(F, COND_LE, count, ir_imm(at), done, inside);
		ir_at(F, inside);
	}
	ir_set(F, word_a, lower_load(l, place_at(*a, (int32_t)at), 8, false));
	ir_set(F, word_b, lower_load(l, place_at(*b, (int32_t)at), 8, false));
	if (!count.reg) {
		if (count.imm - at < 8)
			mask_words(l, word_a, word_b, ir_imm(count.imm - at));
		return;
	}
	ir_branch(F, COND_LT, count, ir_imm(at + 8), part, whole);
	ir_at(F, part);
	mask_words(l, word_a, word_b, lower_alu(SUB, count, ir_imm(at)));
	ir_jump(F, whole);
	ir_at(F, whole);
}

/* The difference of the first bytes that differ, which are in these words. */
static struct ir_val difference(struct lower *l, vreg word_a, vreg word_b)
{
	struct ir_val x = big_endian(l, ir_reg(word_a)), y = big_endian(l, ir_reg(word_b));
	vreg shift = ir_mov(F, ir_imm(0)), top = ir_mov(F, lower_alu(XOR, x, y));

	for (unsigned step = 32; step >= 8; step /= 2) { /* where its highest byte is */
		struct ir_block *high = new_block(l), *on = new_block(l);

		ir_branch(F, COND_GE, ir_reg(top), ir_imm((int64_t)1 << step), high, on);
		ir_at(F, high);
		ir_set(F, top, lower_alu(SHR, ir_reg(top), ir_imm(step)));
		ir_set(F, shift, lower_alu(ADD, ir_reg(shift), ir_imm(step)));
		ir_jump(F, on);
		ir_at(F, on);
	}
	x = lower_alu(AND, lower_alu(SHR, x, ir_reg(shift)), ir_imm(255));
	y = lower_alu(AND, lower_alu(SHR, y, ir_reg(shift)), ir_imm(255));
	return lower_alu(SUB, x, y);
}

static uint32_t bytes_in(const struct type *t)
{
	return t->kind == TYPE_BUFFER ? t->size - 4 : t->size;
}

/* Of more bytes than either value has, those behind are equal: there is nothing. */
struct ir_val lower_memcmp(struct lower *l, const struct node *n)
{
	const struct node *x = n->list.v[0], *y = n->list.v[1];
	uint32_t most = n->num ? MAX_OF(bytes_in(x->type), bytes_in(y->type)) : (uint32_t)n->list.v[2]->num;
	struct ir_block *found = new_block(l), *next = new_block(l);
	vreg word_a = ir_mov(F, ir_imm(0)), word_b = ir_mov(F, ir_imm(0)), result = ir_mov(F, ir_imm(0));
	struct ir_val count = ir_imm(most);

	if (n->num) /* below zero: as in C, a large number */
		count = ir_reg(ir_mov(F, lower_number(l, n->list.v[2])));
	struct memory a = lower_bytes_of(l, x, most), b = lower_bytes_of(l, y, most);

	for (uint32_t at = 0; at < most; at += 8) {
		struct ir_block *same = new_block(l);

		load_words(l, &a, &b, at, count, word_a, word_b, next);
		ir_branch(F, COND_NE, ir_reg(word_a), ir_reg(word_b), found, same);
		ir_at(F, same);
	}
	ir_jump(F, next);
	ir_at(F, found);
	ir_set(F, result, difference(l, word_a, word_b));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}
