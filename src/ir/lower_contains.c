/*
 * lower_contains.c - strcontains(hay, needle), strstr(hay, needle).
 *
 * The needle is words and masks of the bytes that count in them; at every place of the hay
 * as many words are read and held against them. Eight places, those of one aligned word of the
 * hay, are decided by one branch, as bits in `found`:
 *
 *     found    bit 8 j + 7: the needle is at place j
 *     ends     bit 8 j + 7: byte j is the hay's end; what is found behind it does not count
 *
 * All loops have constant ends, so the verifier has two branches a word of the hay to remember.
 */
#include "ir/lower_int.h"

enum { REGISTERS = 2, /* needles of up to so many words are unrolled */
       MOST_WORK = 40000 /* bytes of hay times words of needle: what the verifier walks */ };

struct needle {
	uint32_t words;
	const char *text;      /* a literal of few words, or NULL: */
	uint32_t len;
	struct memory words_at, masks_at; /* where they are kept */
};

static uint64_t literal_word(const struct needle *n, uint32_t i)
{
	uint64_t word = 0;

	memcpy(&word, n->text + 8 * i, MIN_OF(n->len - 8 * i, 8u));
	return word;
}

static uint64_t literal_mask(const struct needle *n, uint32_t i)
{
	uint32_t left = n->len - 8 * i;

	return left >= 8 ? ~0ull : (1ull << 8 * left) - 1;
}

static void keep_literal(struct lower *l, const struct needle *n)
{
	for (uint32_t i = 0; i < n->words; i++) {
		lower_put(l, place_at(n->words_at, 8 * i), 8, ir_imm((int64_t)literal_word(n, i)));
		lower_put(l, place_at(n->masks_at, 8 * i), 8, ir_imm((int64_t)literal_mask(n, i)));
	}
}

/* for (at = 0; at < end; at += step): the body follows. */
struct steps {
	struct ir_block *head, *end;
	vreg at;
};

static struct steps steps_begin(struct lower *l, uint32_t end)
{
	struct steps s = {new_block(l), new_block(l), ir_mov(F, ir_imm(0))};
	struct ir_block *body = new_block(l);

	ir_jump(F, s.head);
	ir_at(F, s.head);
	ir_branch(F, COND_LT, ir_reg(s.at), ir_imm(end), body, s.end);
	ir_at(F, body);
	return s;
}

static void steps_end(struct lower *l, const struct steps *s, uint32_t step)
{
	ir_set(F, s->at, lower_alu(ADD, ir_reg(s->at), ir_imm(step)));
	ir_jump(F, s->head);
	ir_at(F, s->end);
}

static struct memory moved(struct lower *l, struct memory p, vreg by)
{
	return (struct memory){p.space, ir_alu(F, IR_ADD, ir_reg(p.base), ir_reg(by)), p.off};
}

/* A needle held in memory: the mask of a word is the bytes before the string's end. */
static void keep_string(struct lower *l, const struct needle *n, struct memory text)
{
	vreg open = ir_mov(F, ir_imm(-1));
	struct steps s = steps_begin(l, 8 * n->words);
	struct ir_val word = lower_load(l, moved(l, text, s.at), 8, false), ends, first, mask;

	ends = lower_zero_bytes(l, word);
	first = lower_alu(AND, ends, lower_alu(SUB, ir_imm(0), ends));
	mask = lower_alu(SUB, lower_alu(SHR, first, ir_imm(7)), ir_imm(1));
	mask = lower_alu(AND, mask, ir_reg(open));
	lower_put(l, moved(l, n->words_at, s.at), 8, word);
	lower_put(l, moved(l, n->masks_at, s.at), 8, mask);
	/* all ones as long as no end was seen: ends | -ends has its sign bit when there is one */
	first = lower_alu(OR, ends, lower_alu(SUB, ir_imm(0), ends));
	first = lower_alu(XOR, lower_alu(SAR, first, ir_imm(63)), ir_imm(-1));
	ir_set(F, open, lower_alu(AND, ir_reg(open), first));
	steps_end(l, &s, 8);
}

/* What differs between the needle and the hay at p: 0 when it is there. */
static struct ir_val difference(struct lower *l, const struct needle *n, struct memory p)
{
	struct ir_val all = ir_imm(0), one;
	struct steps s;
	vreg sum;

	if (n->words <= REGISTERS && n->text) {
		for (uint32_t i = 0; i < n->words; i++) {
			one = lower_alu(XOR, lower_load(l, place_at(p, 8 * i), 8, false),
					ir_imm((int64_t)literal_word(n, i)));
			if (~literal_mask(n, i))
				one = lower_alu(AND, one, ir_imm((int64_t)literal_mask(n, i)));
			all = i ? lower_alu(OR, all, one) : one;
		}
		return all;
	}
	sum = ir_mov(F, ir_imm(0));
	s = steps_begin(l, 8 * n->words);
	one = lower_alu(XOR, lower_load(l, moved(l, p, s.at), 8, false),
			lower_load(l, moved(l, n->words_at, s.at), 8, false));
	one = lower_alu(AND, one, lower_load(l, moved(l, n->masks_at, s.at), 8, false));
	ir_set(F, sum, lower_alu(OR, ir_reg(sum), one));
	steps_end(l, &s, 8);
	return ir_reg(sum);
}

/* The sign bit when v is 0, else 0. */
static struct ir_val is_zero(struct lower *l, struct ir_val v)
{
	struct ir_val below = lower_alu(SUB, v, ir_imm(1));

	return lower_alu(AND, lower_alu(AND, below, lower_alu(XOR, v, ir_imm(-1))), ir_imm(INT64_MIN));
}

/* The eight places from p on: `found` as above. */
static struct ir_val places(struct lower *l, const struct needle *n, struct memory p)
{
	vreg found = ir_mov(F, ir_imm(0));
	struct steps s;
	struct ir_val hit;

	if (n->words <= REGISTERS && n->text) {
		for (uint32_t j = 0; j < 8; j++) {
			hit = is_zero(l, difference(l, n, place_at(p, j)));
			hit = lower_alu(SHR, hit, ir_imm(56 - 8 * j));
			ir_set(F, found, lower_alu(OR, ir_reg(found), hit));
		}
		return ir_reg(found);
	}
	s = steps_begin(l, 8);
	hit = is_zero(l, difference(l, n, moved(l, p, s.at)));
	/* the last place comes in at the top, the ones before it have been moved down */
	ir_set(F, found, lower_alu(OR, lower_alu(SHR, ir_reg(found), ir_imm(8)), hit));
	steps_end(l, &s, 1);
	return ir_reg(found);
}

/* A place in the scratch for `size` bytes, whatever their number, and `more` that may be read. */
static struct memory scratch_place(struct lower *l, uint32_t size, uint32_t more, const char *what)
{
	return lower_temp(l, MAX_OF(ROUND_UP(size, 8u) + more, (uint32_t)FRAME_LIMIT + 8), what);
}

static bool needle_of(struct lower *l, const struct node *node, uint32_t hay_size, struct needle *n)
{
	bool literal = node->kind == NODE_STRING;
	struct memory text;

	*n = (struct needle){.len = literal ? node->text.len : node->type->size};
	n->words = (n->len + 7) / 8;
	n->text = literal ? node->text.data : NULL;
	if ((uint64_t)n->words * hay_size > MOST_WORK) {
		diag_add(l->script->diags, DIAG_VALUE_TOO_LARGE, node->span,
			 "strcontains() cannot look for up to %u bytes in up to %u", n->len, hay_size);
		diag_hint(l->script->diags, "bound one of them: str(address, 64)");
		return false;
	}
	if (literal && n->words <= REGISTERS)
		return true;
	n->words_at = scratch_place(l, 8 * n->words, 0, "needle");
	n->masks_at = scratch_place(l, 8 * n->words, 0, "masks");
	if (literal) {
		keep_literal(l, n);
		return true;
	}
	text = scratch_place(l, node->type->size, 0, "string");
	lower_string(l, node, text, node->type->size, false);
	keep_string(l, n, text);
	return true;
}

/* Of the places found before the end, the first one, added to the word's place. */
static struct ir_val first_place(struct lower *l, struct ir_val found, struct ir_val before, vreg at)
{
	struct ir_val bits = lower_alu(AND, found, before), j;

	bits = lower_alu(AND, bits, lower_alu(SUB, ir_imm(0), bits));
	/* bit 8 j of it times 7 - k in byte k: j is the highest byte */
	j = lower_alu(MUL, lower_alu(SHR, bits, ir_imm(7)), ir_imm(0x0001020304050607));
	return lower_alu(ADD, ir_reg(at), lower_alu(SHR, j, ir_imm(56)));
}

/* 1 or 0, or the place and -1. */
static struct ir_val contains(struct lower *l, const struct node *n, bool place)
{
	const struct node *hay = n->list.v[0], *sought = n->list.v[1];
	struct ir_block *yes, *no, *more, *next, *on, *at_word;
	struct ir_val found, ends, before;
	uint32_t size = hay->type->size;
	struct memory text, p;
	struct needle needle;
	struct steps s;
	vreg result;

	if (sought->kind == NODE_STRING && !sought->text.len) {
		lower_unused(l, hay);
		return ir_imm(!place);
	}
	if (!needle_of(l, sought, size, &needle))
		return ir_imm(0);
	text = scratch_place(l, size, 8 * needle.words + 8, "string");
	lower_string(l, hay, text, size, false);
	lower_put(l, place_at(text, size - 1), 1, ir_imm(0)); /* an end even where it was cut */
	yes = new_block(l);
	no = new_block(l);
	next = new_block(l);
	more = new_block(l);
	on = new_block(l);
	result = ir_vreg(F);
	if (!needle.text) { /* nothing is found even in nothing */
		struct ir_block *some = new_block(l);

		ir_branch(F, COND_EQ, lower_load(l, needle.masks_at, 8, false), ir_imm(0), yes, some);
		ir_at(F, some);
	}
	s = steps_begin(l, ROUND_UP(size, 8u));
	p = moved(l, text, s.at);
	found = places(l, &needle, p);
	ends = lower_zero_bytes(l, lower_load(l, p, 8, false));
	before = lower_alu(AND, ends, lower_alu(SUB, ir_imm(0), ends));
	before = lower_alu(SUB, before, ir_imm(1)); /* all bits below the end's */
	at_word = new_block(l);
	ir_branch(F, COND_SET, found, before, at_word, more);
	ir_at(F, at_word);
	ir_set(F, result, place ? first_place(l, found, before, s.at) : ir_imm(1));
	ir_jump(F, next);
	ir_at(F, more);
	ir_branch(F, COND_NE, ends, ir_imm(0), no, on);
	ir_at(F, on);
	steps_end(l, &s, 8);
	ir_jump(F, no);
	ir_at(F, yes); /* nothing was looked for: it is at the beginning */
	ir_set(F, result, ir_imm(!place));
	ir_jump(F, next);
	ir_at(F, no);
	ir_set(F, result, ir_imm(place ? -1 : 0));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(result);
}

struct ir_val lower_strcontains(struct lower *l, const struct node *n)
{
	return contains(l, n, false);
}

struct ir_val lower_strstr(struct lower *l, const struct node *n)
{
	return contains(l, n, true);
}
