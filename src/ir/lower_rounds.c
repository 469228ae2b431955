/*
 * lower_rounds.c - `while` and `for` over a range where the kernel has no bpf_loop (before Linux
 * 5.17): the body stays where it is, and the verifier walks every round of it. So each loop has a
 * number of rounds that it never exceeds:
 *
 *      round = 0
 *   -> round >= most? ------------------> cut, counted
 *   |  the range's end, or not the condition -> end
 *   |  body                (break: end, continue: next)
 *   `- next: round += 1
 *
 * `most` is what the verifier has patience for: its limits are a million instructions and 8192
 * branches one after another, each round's counted, those of loops inside times their rounds. It
 * is put in once the body is there and its branches can be counted. A range that is known to be
 * longer is refused, with both numbers; one that turns out to be is cut, and that is counted.
 */
#include "ir/lower_int.h"

enum {
	BRANCHES = 400, INSNS = 6000, /* of all rounds of a loop that is in no other: milliseconds to check */
	NESTED_SHARE = 24, /* a loop inside has so much less */
	ROUNDS_MIN = 8, ROUNDS_MAX = 2048,
	BRANCHES_MAX = 3000, INSNS_MAX = 40000, /* of as few rounds as that */
};

static uint64_t length_of(int64_t from, int64_t to)
{
	return to > from ? (uint64_t)to - (uint64_t)from : 0;
}

struct rounds {
	vreg at;
	struct ir_block *head, *next, *end;
	struct ir_block *cut; /* the most are done, and there may be more to do */
	struct ir_block *was_end, *was_next;
	struct ir_block *test;   /* ends with round >= most */
	struct loop_work before; /* what was there before the loop, and how often loops made it run */
};

/* What the function has now: blocks that end in a branch, instructions; loops inside times their rounds. */
static struct loop_work work_now(const struct lower *l)
{
	struct loop_work now = l->loop_work;

	vec_each(it, &F->blocks) {
		now.branches += (*it)->exit == EXIT_BRANCH;
		now.insns += (*it)->insns.n;
	}
	return now;
}

static struct rounds rounds_begin(struct lower *l)
{
	struct rounds r = {ir_mov(F, ir_imm(0)), new_block(l), new_block(l), new_block(l), cold_block(l),
			   l->loop_end, l->loop_next, NULL, work_now(l)};
	struct ir_block *more = new_block(l);

	l->loop_end = r.end;
	l->loop_next = r.next;
	ir_jump(F, r.head);
	ir_at(F, r.head);
	r.test = r.head;
	ir_branch(F, COND_GE, ir_reg(r.at), ir_imm(0), r.cut, more);
	ir_at(F, more);
	l->loop_depth++;
	return r;
}

static void count_cut(struct lower *l, const struct rounds *r)
{
	ir_count_loss(F, l->prog, LOSS_LOOP_CUT);
	ir_jump(F, r->end);
}

/* After the body: how often it runs; `length`, if that is known. False: too often. */
static bool rounds_end(struct lower *l, const struct rounds *r, bool known, uint64_t length, struct span span)
{
	struct loop_work now, one;
	uint64_t share = 1, most;

	ir_jump(F, r->next);
	ir_at(F, r->next);
	ir_set(F, r->at, lower_alu(ADD, ir_reg(r->at), ir_imm(1)));
	ir_jump(F, r->head);
	ir_at(F, r->end);
	l->loop_end = r->was_end;
	l->loop_next = r->was_next;
	now = work_now(l);
	one = (struct loop_work){now.branches - r->before.branches, now.insns - r->before.insns};
	for (unsigned i = 1; i < l->loop_depth; i++)
		share = MIN_OF(share * NESTED_SHARE, (uint64_t)BRANCHES);
	l->loop_depth--;
	l->prog->rounds = true;
	most = MIN_OF(BRANCHES / share / MAX_OF(one.branches, 1u), INSNS / share / MAX_OF(one.insns, 1u));
	most = MIN_OF(MAX_OF(most, ROUNDS_MIN), ROUNDS_MAX);
	if (known && length > most && l->loop_depth)
		most = MIN_OF(length, ROUNDS_MAX); /* what it is inside of counts it */
	if (known ? length > most : one.branches * most > BRANCHES_MAX || one.insns * most > INSNS_MAX) {
		if (known)
			diag_add(l->script->diags, DIAG_KERNEL_TOO_OLD, span,
				 "%llu rounds of this loop are too many before Linux 5.17 (bpf_loop): %llu at most",
				 (unsigned long long)length, (unsigned long long)most);
		else
			diag_add(l->script->diags, DIAG_KERNEL_TOO_OLD, span,
				 "a round of this loop does too much for kernels before 5.17 (bpf_loop)");
		return false;
	}
	if (known)
		most = length;
	r->test->b = ir_imm(most);
	l->loop_work.branches += one.branches * (most ? most - 1 : 0);
	l->loop_work.insns += one.insns * (most ? most - 1 : 0);
	return true;
}

static void while_here(struct lower *l, const struct node *n)
{
	struct rounds r = rounds_begin(l);
	struct ir_block *body = new_block(l);

	lower_condition(l, n->a, body, r.end);
	ir_at(F, body);
	lower_block(l, n->b);
	ir_jump(F, r.next);
	ir_at(F, r.cut);
	count_cut(l, &r);
	ir_at(F, new_block(l));
	rounds_end(l, &r, false, 0, n->span);
}

/* Whether there is another one: the ends are read from memory, of which the verifier knows nothing. */
static void branch_in_range(struct lower *l, const struct rounds *r, struct memory from, struct memory to,
			    struct ir_block *yes, struct ir_block *no)
{
	struct ir_val at = lower_alu(ADD, ir_reg(r->at), lower_load(l, from, 8, false));

	ir_branch(F, COND_SLT, at, lower_load(l, to, 8, false), yes, no);
}

/* Where both ends are known, the round alone says when it is over. */
static void range_here(struct lower *l, const struct node *n)
{
	struct ir_val from = lower_number(l, n->a->a), to = lower_number(l, n->a->b);
	struct memory first = lower_scratch(l, 8), end = lower_scratch(l, 8);
	bool known = !from.reg && !to.reg;
	struct rounds r;

	lower_put(l, first, 8, from);
	lower_put(l, end, 8, to);
	r = rounds_begin(l);
	if (!known) {
		struct ir_block *body = new_block(l), *lost = cold_block(l);

		branch_in_range(l, &r, first, end, body, r.end);
		ir_at(F, r.cut);
		branch_in_range(l, &r, first, end, lost, r.end);
		ir_at(F, lost);
		count_cut(l, &r);
		ir_at(F, body);
	}
	lower_variable_set(l, n->ref.variable, lower_alu(ADD, ir_reg(r.at), lower_load(l, first, 8, false)));
	lower_block(l, n->b);
	if (known) {
		ir_jump(F, r.next);
		ir_at(F, r.cut);
		ir_jump(F, r.end);
		ir_at(F, new_block(l));
	}
	rounds_end(l, &r, known, known ? length_of(from.imm, to.imm) : 0, n->span);
}

void lower_loop_here(struct lower *l, const struct node *n)
{
	if (n->kind == NODE_WHILE)
		while_here(l, n);
	else
		range_here(l, n);
}
