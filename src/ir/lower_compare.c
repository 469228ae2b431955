/*
 * lower_compare.c - comparisons of what is larger than a register: strings, tuples, arrays;
 * strncmp, strlen.
 *
 * Eight bytes at a time, and a branch for every four words only: the verifier walks each loop
 * once for every turn and keeps every branch it has not taken yet, of which it holds 8192. A
 * literal is compared as constants without being stored anywhere.
 */
#include "ir/lower_int.h"

enum { BLOCK = 4, /* words a turn of a loop */
       UNROLLED = 8, /* up to so many words no loop is made */
       MAX_TURNS = 3000 /* of one loop, so that a program may have two of the longest */ };

static bool is_literal(const struct node *n)
{
	return n->kind == NODE_STRING;
}

static bool is_effect(const struct node *n, const void *ctx)
{
	(void)ctx;
	if (n->kind == NODE_UNARY)
		return n->op >= OP_PREINC && n->op <= OP_POSTDEC;
	if (n->kind == NODE_CALL)
		return n->ref.builtin && (n->ref.builtin->id == BUILTIN_DELETE || n->ref.builtin->id == BUILTIN_FIND);
	return n->kind == NODE_BLOCK || n->kind == NODE_ASSIGN;
}

/* An operand whose value does not matter: what computing it changes does. */
void lower_unused(struct lower *l, const struct node *n)
{
	if (node_any(n, is_effect, NULL))
		lower_materialise(l, n, n->type);
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

/* The first n (at most 8) bytes at p, the rest zero. */
static struct ir_val word_at(struct lower *l, struct memory p, uint32_t n)
{
	struct ir_val word = ir_imm(0);
	uint32_t at = 0;

	if (n == 8)
		return lower_load(l, p, 8, false);
	for (uint32_t w = 4; w; w /= 2) {
		struct ir_val piece;

		if (!(n & w))
			continue;
		piece = lower_load(l, place_at(p, at), w, false);
		word = at ? lower_alu(OR, word, lower_alu(SHL, piece, ir_imm(8 * at))) : piece;
		at += w;
	}
	return word;
}

/* A loop over blocks of both places: *a and *b become the places of this turn's block. */
struct turn {
	struct ir_block *head, *end;
	vreg at;
};

static struct turn turns_begin(struct lower *l, struct memory *a, struct memory *b, uint32_t blocks)
{
	struct turn t = {new_block(l), new_block(l), ir_mov(F, ir_imm(0))};
	vreg base_a = lower_address(l, *a), base_b = lower_address(l, *b);
	struct ir_block *body = new_block(l);

	ir_jump(F, t.head);
	ir_at(F, t.head);
	ir_branch(F, COND_LT, ir_reg(t.at), ir_imm(8 * BLOCK * blocks), body, t.end);
	ir_at(F, body);
	*a = (struct memory){a->space, ir_alu(F, IR_ADD, ir_reg(base_a), ir_reg(t.at)), 0};
	*b = (struct memory){b->space, ir_alu(F, IR_ADD, ir_reg(base_b), ir_reg(t.at)), 0};
	return t;
}

static void turns_end(struct lower *l, const struct turn *t)
{
	ir_set(F, t->at, lower_alu(ADD, ir_reg(t->at), ir_imm(8 * BLOCK)));
	ir_jump(F, t->head);
	ir_at(F, t->end);
}

/* `bytes` (at most those of a block) differ: on to `no`. */
static void differ_block(struct lower *l, struct memory a, struct memory b, uint32_t bytes, struct ir_block *no)
{
	struct ir_block *same = new_block(l);
	struct ir_val all = ir_imm(0);

	for (uint32_t at = 0; at < bytes; at += 8) {
		uint32_t n = MIN_OF(bytes - at, 8u);
		struct ir_val x = lower_alu(XOR, word_at(l, place_at(a, at), n), word_at(l, place_at(b, at), n));

		all = at ? lower_alu(OR, all, x) : x;
	}
	ir_branch(F, COND_EQ, all, ir_imm(0), same, no);
	ir_at(F, same);
}

/* 1 or 0 for the blocks that lead to `yes` and `no`. */
static struct ir_val verdict(struct lower *l, struct ir_block *yes, struct ir_block *no)
{
	struct ir_block *next = new_block(l);
	vreg result = ir_vreg(F);

	ir_at(F, yes);
	ir_set(F, result, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, no);
	ir_set(F, result, ir_imm(0));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}

static struct ir_val equal_memory(struct lower *l, struct memory a, struct memory b, uint32_t size)
{
	struct ir_block *yes = new_block(l), *no = new_block(l);
	uint32_t at = 0;

	if (size > 8 * UNROLLED) {
		struct memory ta = a, tb = b;
		struct turn t = turns_begin(l, &ta, &tb, size / (8 * BLOCK));

		differ_block(l, ta, tb, 8 * BLOCK, no);
		turns_end(l, &t);
		at = ROUND_DOWN(size, 8u * BLOCK);
	}
	for (; at < size; at += 8 * BLOCK)
		differ_block(l, place_at(a, at), place_at(b, at), MIN_OF(size - at, 8u * BLOCK), no);
	ir_jump(F, yes);
	return verdict(l, yes, no);
}

/* ---- strings ---- */

/* The high bit of every zero byte of the word; above the first one others may be set too. */
struct ir_val lower_zero_bytes(struct lower *l, struct ir_val word)
{
	struct ir_val borrowed = lower_alu(SUB, word, ir_imm(0x0101010101010101));

	word = lower_alu(XOR, word, ir_imm(-1));
	return lower_alu(AND, lower_alu(AND, borrowed, word), ir_imm((int64_t)0x8080808080808080));
}

/*
 * One word of two strings: on when both are equal without an end in them; to `yes` when they
 * are equal up to the end, else to `no`. A word cut short has zeros after it: an end.
 */
static void compare_word(struct lower *l, struct memory a, struct memory b, uint32_t bytes,
			 struct ir_block *yes, struct ir_block *no)
{
	struct ir_block *decide = new_block(l), *next = new_block(l);
	struct ir_val va = word_at(l, a, bytes), ends, differs, keep;

	differs = lower_alu(XOR, va, word_at(l, b, bytes));
	ends = lower_zero_bytes(l, va);
	ir_branch(F, COND_NE, lower_alu(OR, differs, ends), ir_imm(0), decide, next);
	ir_at(F, decide);
	/* all bits up to the first end, or all there are */
	keep = lower_alu(XOR, ends, lower_alu(SUB, ends, ir_imm(1)));
	ir_branch(F, COND_SET, differs, keep, no, yes);
	ir_at(F, next);
}

/* Turns of BLOCK words; what they find is looked at word by word. */
static void compare_turns(struct lower *l, struct memory a, struct memory b, uint32_t blocks,
			  struct ir_block *yes, struct ir_block *no)
{
	struct turn t = turns_begin(l, &a, &b, blocks);
	struct ir_block *found = new_block(l), *next = new_block(l);
	struct ir_val any = ir_imm(0);

	for (uint32_t i = 0; i < BLOCK; i++) {
		struct ir_val va = lower_load(l, place_at(a, 8 * i), 8, false), both;

		both = lower_alu(OR, lower_zero_bytes(l, va),
				 lower_alu(XOR, va, lower_load(l, place_at(b, 8 * i), 8, false)));
		any = i ? lower_alu(OR, any, both) : both;
	}
	ir_branch(F, COND_NE, any, ir_imm(0), found, next);
	ir_at(F, found);
	for (uint32_t i = 0; i < BLOCK; i++)
		compare_word(l, place_at(a, 8 * i), place_at(b, 8 * i), 8, yes, no);
	ir_jump(F, no); /* not reached: one of the words had something */
	ir_at(F, next);
	turns_end(l, &t);
}

/* 1 when both strings are equal up to their end, or in the first `limit` bytes. */
static struct ir_val equal_strings(struct lower *l, struct memory a, struct memory b, uint32_t limit)
{
	struct ir_block *yes = new_block(l), *no = new_block(l);
	uint32_t at = 0;

	if (limit > 8 * UNROLLED) {
		compare_turns(l, a, b, limit / (8 * BLOCK), yes, no);
		at = ROUND_DOWN(limit, 8u * BLOCK);
	}
	for (; at < limit; at += 8)
		compare_word(l, place_at(a, at), place_at(b, at), MIN_OF(limit - at, 8u), yes, no);
	ir_jump(F, yes);
	return verdict(l, yes, no);
}

static struct ir_val compare_strings(struct lower *l, const struct node *a, const struct node *b,
				     uint32_t limit)
{
	uint32_t most = MIN_OF(limit, MIN_OF(a->type->size, b->type->size));

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

		if (len > a->type->size) { /* longer than a can be */
			lower_unused(l, a);
			return ir_imm(0);
		}
		return equal_bytes(l, lower_materialise(l, a, a->type), b->text.data, len);
	}
	if (most / (8 * BLOCK) > MAX_TURNS) {
		diag_add(l->script->diags, DIAG_VALUE_TOO_LARGE, a->span,
			 "strings as long as these (%u bytes) cannot be compared; %u is the most", most,
			 8 * BLOCK * MAX_TURNS);
		diag_hint(l->script->diags, "bound one of them: str(address, 1000), or strncmp(a, b, 1000)");
		return ir_imm(0);
	}
	return equal_strings(l, lower_materialise(l, a, a->type), lower_materialise(l, b, b->type), most);
}

/* Of one shape, but strings in them may have different room. */
static struct ir_val equal_tuples(struct lower *l, struct memory a, const struct type *ta, struct memory b,
				  const struct type *tb)
{
	struct ir_val all = ir_imm(1);

	for (uint32_t i = 0; i < ta->nfields; i++) {
		const struct field *fa = &ta->fields[i], *fb = type_counterpart(tb, ta, i);
		struct memory pa = place_at(a, fa->offset), pb = place_at(b, fb->offset);
		struct ir_val one;

		if (fa->type->kind == TYPE_STRING)
			one = equal_strings(l, pa, pb, MIN_OF(fa->type->size, fb->type->size));
		else if (fa->type->kind == TYPE_TUPLE || fa->type->kind == TYPE_RECORD)
			one = equal_tuples(l, pa, fa->type, pb, fb->type);
		else if (type_stored_size(fa->type) != type_stored_size(fb->type))
			one = ir_imm(0);
		else
			one = equal_memory(l, pa, pb, type_stored_size(fa->type));
		all = i ? lower_alu(AND, all, one) : one;
	}
	return all;
}

struct ir_val lower_equal(struct lower *l, const struct node *a, const struct node *b)
{
	const struct type *ta = a->type, *tb = b->type;
	bool tuples = ta->kind == TYPE_TUPLE || ta->kind == TYPE_RECORD;
	struct memory pa, pb;

	if (ta->kind == TYPE_STRING)
		return compare_strings(l, a, b, UINT32_MAX);
	if (!tuples && ta->size != tb->size) {
		lower_unused(l, a);
		lower_unused(l, b);
		return ir_imm(0);
	}
	pa = lower_materialise(l, a, ta);
	pb = lower_materialise(l, b, tb);
	if (tuples)
		return equal_tuples(l, pa, ta, pb, tb);
	return equal_memory(l, pa, pb, type_stored_size(ta));
}

struct ir_val lower_strncmp(struct lower *l, const struct node *n)
{
	int64_t limit = (int64_t)n->list.v[2]->num;

	if (n->num) /* what is behind the end of a string is zero on both sides */
		return lower_not_zero(l, lower_memcmp(l, n));
	if (limit <= 0) {
		lower_unused(l, n->list.v[0]);
		lower_unused(l, n->list.v[1]);
		return ir_imm(0);
	}
	return lower_alu(XOR, compare_strings(l, n->list.v[0], n->list.v[1], MIN_OF(limit, (int64_t)UINT32_MAX)),
			 ir_imm(1));
}

struct ir_val lower_strlen(struct lower *l, const struct node *n)
{
	const struct node *s = n->list.v[0];
	struct memory copy = lower_temp(l, s->type->size, "string");
	struct ir_val len = lower_string_measured(l, s, copy, s->type->size);

	return lower_alu(SUB, len, ir_imm(1));
}
