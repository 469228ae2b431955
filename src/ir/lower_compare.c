/*
 * lower_compare.c - comparisons of what is larger than a register: strings, tuples, arrays;
 * strncmp, strcontains, strlen.
 *
 * Strings are compared eight bytes at a time up to the first NUL; a literal is compared as
 * constants without being stored anywhere.
 */
#include "ir/lower_int.h"

static bool is_literal(const struct node *n)
{
	return n->kind == NODE_STRING;
}

/* The first `len` bytes at p are these: 1 or 0. */
static struct ir_val equal_bytes(struct lower *l, struct memory p, const char *bytes, uint32_t len)
{
	struct ir_block *no = new_block(l), *next = new_block(l);
	vreg result = ir_mov(F, ir_imm(0));
	uint32_t at = 0;

	for (unsigned w = 8; w; w /= 2)
		for (; at + w <= len; at += w) {
			struct ir_block *same = new_block(l);
			uint64_t word = 0;

			memcpy(&word, bytes + at, w);
			ir_branch(F, COND_EQ, lower_load(l, place_at(p, at), w, false), ir_imm((int64_t)word),
				  same, no);
			ir_at(F, same);
		}
	ir_set(F, result, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, no);
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}

static struct ir_val equal_memory(struct lower *l, struct memory a, struct memory b, uint32_t size)
{
	struct ir_block *no = new_block(l), *next = new_block(l);
	vreg result = ir_mov(F, ir_imm(0));
	uint32_t at = 0;

	for (unsigned w = 8; w; w /= 2)
		for (; at + w <= size; at += w) {
			struct ir_block *same = new_block(l);

			ir_branch(F, COND_EQ, lower_load(l, place_at(a, at), w, false),
				  lower_load(l, place_at(b, at), w, false), same, no);
			ir_at(F, same);
		}
	ir_set(F, result, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, no);
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}

/*
 * Both strings byte by byte up to `limit` bytes: 1 when equal up to a NUL or the limit.
 * A loop; the verifier walks it, so the limit is bounded by what strings can be.
 */
static struct ir_val equal_strings(struct lower *l, struct memory a, struct memory b, uint32_t limit)
{
	struct ir_block *head = new_block(l), *body = new_block(l), *same = new_block(l),
			*more = new_block(l), *yes = new_block(l), *no = new_block(l), *next = new_block(l);
	vreg i = ir_mov(F, ir_imm(0)), result = ir_mov(F, ir_imm(0)), base_a, base_b, at_a, at_b;
	struct ir_val va, vb;

	base_a = lower_address(l, a);
	base_b = lower_address(l, b);
	ir_jump(F, head);
	ir_at(F, head);
	ir_branch(F, COND_LT, ir_reg(i), ir_imm(limit), body, yes);
	ir_at(F, body);
	at_a = ir_alu(F, IR_ADD, ir_reg(base_a), ir_reg(i));
	at_b = ir_alu(F, IR_ADD, ir_reg(base_b), ir_reg(i));
	va = ir_reg(ir_load(F, a.space, at_a, 0, 1, false));
	vb = ir_reg(ir_load(F, b.space, at_b, 0, 1, false));
	ir_branch(F, COND_EQ, va, vb, same, no);
	ir_at(F, same);
	ir_branch(F, COND_EQ, va, ir_imm(0), yes, more);
	ir_at(F, more);
	ir_set(F, i, lower_alu(ADD, ir_reg(i), ir_imm(1)));
	ir_jump(F, head);
	ir_at(F, yes);
	ir_set(F, result, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, no);
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}

/* Bit 7 of every byte of v that is zero; exact for the lowest such byte. */
static struct ir_val zero_bytes(struct lower *l, struct ir_val v)
{
	struct ir_val below = lower_alu(SUB, v, ir_imm(0x0101010101010101));
	struct ir_val above = lower_alu(XOR, v, ir_imm(-1));

	return lower_alu(AND, lower_alu(AND, below, above), ir_imm((int64_t)0x8080808080808080ull));
}

/*
 * Whole strings, a word at a time: stops at the first word that differs or holds a NUL, and
 * compares that one up to its NUL (little-endian: the lowest byte is the first).
 */
static struct ir_val equal_words(struct lower *l, struct memory a, struct memory b, uint32_t size)
{
	struct ir_block *head = new_block(l), *body = new_block(l), *more = new_block(l), *last = new_block(l),
			*ended = new_block(l), *yes = new_block(l), *next = new_block(l);
	vreg i = ir_mov(F, ir_imm(0)), result = ir_mov(F, ir_imm(0)), differ = ir_mov(F, ir_imm(0)),
	     zero = ir_mov(F, ir_imm(0)), base_a = lower_address(l, a), base_b = lower_address(l, b);
	struct ir_val va, mask, low;

	ir_jump(F, head);
	ir_at(F, head);
	ir_branch(F, COND_LT, ir_reg(i), ir_imm(ROUND_UP(size, 8u)), body, yes);
	ir_at(F, body);
	va = ir_reg(ir_load(F, a.space, ir_alu(F, IR_ADD, ir_reg(base_a), ir_reg(i)), 0, 8, false));
	ir_set(F, differ, lower_alu(XOR, va, ir_reg(ir_load(F, b.space, ir_alu(F, IR_ADD, ir_reg(base_b), ir_reg(i)),
							    0, 8, false))));
	ir_set(F, zero, zero_bytes(l, va));
	ir_branch(F, COND_EQ, lower_alu(OR, ir_reg(differ), ir_reg(zero)), ir_imm(0), more, last);
	ir_at(F, more);
	ir_set(F, i, lower_alu(ADD, ir_reg(i), ir_imm(8)));
	ir_jump(F, head);
	ir_at(F, last);
	ir_branch(F, COND_NE, ir_reg(zero), ir_imm(0), ended, next);
	ir_at(F, ended);
	low = lower_alu(AND, ir_reg(zero), lower_alu(SUB, ir_imm(0), ir_reg(zero)));
	mask = lower_alu(SUB, lower_alu(SHL, low, ir_imm(1)), ir_imm(1));
	ir_branch(F, COND_EQ, lower_alu(AND, ir_reg(differ), mask), ir_imm(0), yes, next);
	ir_at(F, yes);
	ir_set(F, result, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}

/*
 * The verifier keeps at most 8192 branches waiting on one path, and every turn of a loop
 * leaves two behind.
 */
enum { MAX_TURNS = 3000 };

static bool too_long(struct lower *l, const struct node *n, uint32_t turns, const char *what)
{
	if (turns <= MAX_TURNS)
		return false;
	diag_add(l->script->diags, DIAG_VALUE_TOO_LARGE, n->span,
		 "%s is not possible on strings as long as these; str(..., n) limits a string's length", what);
	return true;
}

static struct ir_val compare_strings(struct lower *l, const struct node *a, const struct node *b,
				     uint32_t limit)
{
	uint32_t most = MIN_OF(a->type->size, b->type->size);

	if (is_literal(a) && !is_literal(b)) {
		const struct node *swap = a;

		a = b;
		b = swap;
	}
	if (is_literal(a)) {
		uint32_t n = MIN_OF(limit, MAX_OF(a->text.len, b->text.len) + 1);

		return ir_imm(!strncmp(a->text.data, b->text.data, n));
	}
	if (is_literal(b)) {
		uint32_t len = MIN_OF(b->text.len + 1, limit);

		if (len > a->type->size)
			return ir_imm(0); /* longer than a can be */
		return equal_bytes(l, lower_materialise(l, a, a->type), b->text.data, len);
	}
	if (too_long(l, a, limit < most ? most : most / 8, "comparing"))
		return ir_imm(0);
	if (limit < most)
		return equal_strings(l, lower_materialise(l, a, a->type), lower_materialise(l, b, b->type), limit);
	return equal_words(l, lower_materialise(l, a, a->type), lower_materialise(l, b, b->type), most);
}

static struct ir_val equal_tuples(struct lower *l, struct memory a, struct memory b, const struct type *t)
{
	struct ir_val all = ir_imm(1);

	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];
		struct memory pa = place_at(a, f->offset), pb = place_at(b, f->offset);
		struct ir_val one;

		if (f->type->kind == TYPE_STRING)
			one = equal_strings(l, pa, pb, f->type->size);
		else if (f->type->kind == TYPE_TUPLE || f->type->kind == TYPE_RECORD)
			one = equal_tuples(l, pa, pb, f->type);
		else
			one = equal_memory(l, pa, pb, type_stored_size(f->type));
		all = i ? lower_alu(AND, all, one) : one;
	}
	return all;
}

struct ir_val lower_equal(struct lower *l, const struct node *a, const struct node *b)
{
	const struct type *t = a->type;
	struct memory pa, pb;

	if (t->kind == TYPE_STRING)
		return compare_strings(l, a, b, UINT32_MAX);
	if ((t->kind == TYPE_TUPLE || t->kind == TYPE_RECORD) && a->type->nfields != b->type->nfields)
		return ir_imm(0);
	if (t->kind != TYPE_TUPLE && t->kind != TYPE_RECORD && a->type->size != b->type->size)
		return ir_imm(0);
	pa = lower_materialise(l, a, t);
	pb = lower_materialise(l, b, t); /* as the same type: strings inside get the same room */
	if (t->kind == TYPE_TUPLE || t->kind == TYPE_RECORD)
		return equal_tuples(l, pa, pb, t);
	return equal_memory(l, pa, pb, type_stored_size(t));
}

struct ir_val lower_strncmp(struct lower *l, const struct node *n)
{
	int64_t limit = (int64_t)n->list.v[2]->num;

	if (limit <= 0)
		return ir_imm(0);
	return lower_alu(XOR, compare_strings(l, n->list.v[0], n->list.v[1], MIN_OF(limit, (int64_t)UINT32_MAX)),
			 ir_imm(1));
}

struct ir_val lower_strlen(struct lower *l, const struct node *n)
{
	const struct node *s = n->list.v[0];
	struct memory copy = lower_temp(l, s->type->size, "string");
	struct ir_val len = lower_string(l, s, copy, s->type->size, false);

	return lower_alu(SUB, len, ir_imm(1));
}

/* The needle's bytes at p, or'ed differences: 0 when they are there. */
static struct ir_val difference(struct lower *l, struct memory p, const char *bytes, uint32_t len)
{
	struct ir_val all = ir_imm(0);
	uint32_t at = 0;

	for (unsigned w = 8; w; w /= 2)
		for (; at + w <= len; at += w) {
			uint64_t word = 0;
			struct ir_val one;

			memcpy(&word, bytes + at, w);
			one = lower_alu(XOR, lower_load(l, place_at(p, at), w, false), ir_imm((int64_t)word));
			all = at ? lower_alu(OR, all, one) : one;
		}
	return all;
}

/* A literal needle: at every start its bytes are compared at once, without a branch each. */
static struct ir_val contains_literal(struct lower *l, const struct node *hay, const struct text *needle)
{
	uint32_t size = hay->type->size;
	/* in the scratch even when small: words are read at any offset, which the stack refuses */
	struct memory a = lower_temp(l, MAX_OF(ROUND_UP(size, 8u), FRAME_LIMIT + 8u), "string");
	struct ir_block *head = new_block(l), *body = new_block(l), *more = new_block(l), *yes = new_block(l),
			*cut = new_block(l), *bounded = new_block(l), *next = new_block(l);
	struct ir_val len = lower_string(l, hay, a, size, false);
	vreg i, starts, base, result = ir_mov(F, ir_imm(0));
	struct memory at;

	if (needle->len == 0)
		return ir_imm(1);
	if (needle->len >= size || too_long(l, hay, size, "strcontains()"))
		return ir_imm(0);
	starts = ir_mov(F, lower_alu(SUB, len, ir_imm(needle->len))); /* len counts the NUL */
	ir_branch(F, COND_SLE, ir_reg(starts), ir_imm(0), next, bounded);
	ir_at(F, bounded);
	ir_branch(F, COND_GT, ir_reg(starts), ir_imm(size - needle->len), cut, more);
	ir_at(F, cut); /* not reached; the bound is for the verifier */
	ir_jump(F, next);
	ir_at(F, more);
	base = lower_address(l, a);
	i = ir_mov(F, ir_imm(0));
	more = new_block(l);
	ir_jump(F, head);
	ir_at(F, head);
	ir_branch(F, COND_LT, ir_reg(i), ir_reg(starts), body, next);
	ir_at(F, body);
	at = (struct memory){a.space, ir_alu(F, IR_ADD, ir_reg(base), ir_reg(i)), 0};
	ir_branch(F, COND_EQ, difference(l, at, needle->data, needle->len), ir_imm(0), yes, more);
	ir_at(F, more);
	ir_set(F, i, lower_alu(ADD, ir_reg(i), ir_imm(1)));
	ir_jump(F, head);
	ir_at(F, yes);
	ir_set(F, result, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}

/*
 * strcontains(a, b) of a computed b: at every start in a, b is compared until its NUL.
 */
struct ir_val lower_strcontains(struct lower *l, const struct node *n)
{
	const struct node *hay = n->list.v[0], *needle = n->list.v[1];

	if (needle->kind == NODE_STRING)
		return contains_literal(l, hay, &needle->text);
	if (too_long(l, n, hay->type->size * 2 + needle->type->size * 2, "strcontains() of a computed string"))
		return ir_imm(0);
	struct memory a = lower_materialise(l, hay, hay->type), b = lower_materialise(l, needle, needle->type);
	uint32_t hay_size = hay->type->size, needle_size = needle->type->size;
	struct ir_block *outer = new_block(l), *start = new_block(l), *inner = new_block(l),
			*in_hay = new_block(l), *differ = new_block(l), *same = new_block(l),
			*next_start = new_block(l),
			*yes = new_block(l), *no = new_block(l), *next = new_block(l), *load = new_block(l);
	vreg i = ir_mov(F, ir_imm(0)), j = ir_vreg(F), result = ir_mov(F, ir_imm(0));
	vreg base_a = lower_address(l, a), base_b = lower_address(l, b), at;
	struct ir_val va, vb, k;

	ir_jump(F, outer);
	ir_at(F, outer);
	ir_branch(F, COND_LT, ir_reg(i), ir_imm(hay_size), start, no);
	ir_at(F, start);
	ir_set(F, j, ir_imm(0));
	ir_jump(F, inner);
	ir_at(F, inner);
	ir_branch(F, COND_LT, ir_reg(j), ir_imm(needle_size), load, yes);
	ir_at(F, load);
	vb = ir_reg(ir_load(F, b.space, ir_alu(F, IR_ADD, ir_reg(base_b), ir_reg(j)), 0, 1, false));
	ir_branch(F, COND_EQ, vb, ir_imm(0), yes, in_hay);
	ir_at(F, in_hay);
	k = lower_alu(ADD, ir_reg(i), ir_reg(j));
	ir_branch(F, COND_GE, k, ir_imm(hay_size), no, differ);
	ir_at(F, differ);
	at = ir_alu(F, IR_ADD, ir_reg(base_a), k);
	va = ir_reg(ir_load(F, a.space, at, 0, 1, false));
	struct ir_block *unequal = new_block(l);
	ir_branch(F, COND_EQ, va, vb, same, unequal);
	ir_at(F, same);
	ir_set(F, j, lower_alu(ADD, ir_reg(j), ir_imm(1)));
	ir_jump(F, inner);
	ir_at(F, unequal); /* at the end of the string there is nothing more to find */
	ir_branch(F, COND_EQ, va, ir_imm(0), no, next_start);
	ir_at(F, next_start);
	ir_set(F, i, lower_alu(ADD, ir_reg(i), ir_imm(1)));
	ir_jump(F, outer);
	ir_at(F, yes);
	ir_set(F, result, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, no);
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}
