/*
 * lower_argv.c - argv(p): the strings of an array of strings, packed one after the other.
 *
 *   | u32 length | string\0 | string\0 | ... | room for the longest one |
 *   0            4          `half` bytes may begin a string
 *
 * Half of the buffer is for the places where strings begin, so that a place masked with it
 * stays provably inside whatever the string's length (check_call.c sizes it).
 */
#include "ir/lower_int.h"

enum { MOST_STRINGS = 64 };

struct argv_state {
	enum ir_space space;
	vreg from;          /* the array */
	vreg at;            /* bytes used */
	struct memory length, dst; /* where how much there is stands; the first string */
	uint32_t half;
	struct ir_block *done;
};

static void read_one(struct lower *l, const struct argv_state *s, unsigned i)
{
	struct ir_block *room = new_block(l), *read = new_block(l), *full = cold_block(l);
	struct memory place = s->dst;
	struct ir_val p, len;
	vreg masked;

	p = ir_reg(ir_load(F, s->space, s->from, 8 * (int32_t)i, 8, false));
	ir_branch(F, COND_EQ, p, ir_imm(0), s->done, room);
	ir_at(F, room);
	ir_branch(F, COND_GE, ir_reg(s->at), ir_imm(s->half), full, read);
	ir_at(F, full);
	ir_count_loss(F, l->prog, LOSS_STRING_CUT);
	ir_jump(F, s->done);
	ir_at(F, read);
	masked = ir_mov(F, lower_alu(AND, ir_reg(s->at), ir_imm(s->half - 1)));
	place.base = ir_alu(F, IR_ADD, ir_reg(lower_address(l, s->dst)), ir_reg(masked));
	place.off = 0;
	len = lower_string_at(l, (struct memory){s->space, p.reg, 0}, place, s->half, false, true);
	ir_set(F, s->at, lower_alu(ADD, ir_reg(masked), len));
	/* at once: the verifier walks what follows once for each number that is still to be stored there */
	lower_put(l, s->length, 4, ir_reg(s->at));
}

void lower_argv(struct lower *l, const struct node *n, struct memory dst)
{
	const struct type *t = n->list.v[0]->type;
	bool user = t->kind == TYPE_POINTER && t->space ? t->space == TYPE_SPACE_USER
		    : l->probe->provider != PROVIDER_RAWTRACEPOINT && !lower_is_function_probe(l->probe->provider);
	struct argv_state s = {.space = user ? SPACE_USER : SPACE_KERNEL, .half = (n->type->size - 4) / 2};

	s.length = dst;
	s.dst = place_at(dst, 4);
	s.from = ir_mov(F, lower_scalar(l, n->list.v[0]));
	s.at = ir_mov(F, ir_imm(0));
	s.done = new_block(l);
	lower_zero(l, dst, n->type->size);
	for (unsigned i = 0; i < MOST_STRINGS; i++)
		read_one(l, &s, i);
	ir_count_loss(F, l->prog, LOSS_STRING_CUT); /* there may be more strings than are read */
	ir_jump(F, s.done);
	ir_at(F, s.done);
}
