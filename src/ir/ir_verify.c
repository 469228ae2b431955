/*
 * ir_verify.c - what every pass may rely on: operands and sizes of each operation, block
 * ends, numbers in range, and every register written before it is read on every path.
 */
#include "ir/pass.h"

struct checker {
	const struct ir_prog *prog;
	const struct ir_func *f;
	const struct ir_block *b;
	vreg fixed;
};

#define CHECK(c, cond) do { \
	if (!(cond)) \
		BUG("%s bb%u: %s", (c)->f->name, (c)->b->id, #cond); \
} while (0)

static void check_val(const struct checker *c, struct ir_val v)
{
	CHECK(c, v.reg < c->f->nregs);
}

static void check_size(const struct checker *c, const struct ir_insn *insn)
{
	unsigned size = insn->size;

	switch (insn->op) {
	case IR_LOAD:
	case IR_STORE:
	case IR_EXT:
	case IR_BSWAP:
		CHECK(c, size == 1 || size == 2 || size == 4 || size == 8);
		break;
	case IR_ATOMIC_ADD:
	case IR_FETCH_ADD:
	case IR_XCHG:
	case IR_CMPXCHG:
	case IR_NEG:
		CHECK(c, size == 4 || size == 8);
		break;
	default:
		if (ir_traits[insn->op] & IS_BINARY)
			CHECK(c, size == 4 || size == 8);
	}
}

static void check_memory(const struct checker *c, const struct ir_insn *insn)
{
	if (ir_is_direct(insn)) {
		CHECK(c, insn->index < c->f->objects.n);
		CHECK(c, insn->off >= 0);
		CHECK(c, (uint64_t)insn->off + insn->size <= c->f->objects.v[insn->index].size);
	} else {
		/* a read of a constant address (kernel or user) is the helper's affair */
		CHECK(c, insn->a.reg || insn->space == SPACE_KERNEL || insn->space == SPACE_USER);
	}
	if (insn->op == IR_LOAD || insn->op == IR_STORE)
		CHECK(c, insn->space != SPACE_NONE && insn->space <= SPACE_USER);
	if (insn->op == IR_STORE)
		CHECK(c, insn->space == SPACE_STACK || insn->space == SPACE_MAP);
}

static void check_insn(const struct checker *c, const struct ir_insn *insn)
{
	unsigned traits;

	CHECK(c, insn->op < IR_OP_COUNT);
	traits = ir_traits[insn->op];
	CHECK(c, insn->dst < c->f->nregs);
	if (!(traits & HAS_DST))
		CHECK(c, !insn->dst);
	else if (!ir_is_call(insn))
		CHECK(c, insn->dst);
	check_val(c, insn->a);
	check_val(c, insn->b);
	check_val(c, insn->c);
	check_size(c, insn);
	if (ir_is_access(insn))
		check_memory(c, insn);
	switch (insn->op) {
	case IR_CTX:
		CHECK(c, c->f == c->prog->funcs.v[0]);
		break;
	case IR_ARG:
		CHECK(c, insn->off >= 1 && (uint32_t)insn->off <= c->f->nargs);
		break;
	case IR_FRAME:
		CHECK(c, insn->index < c->f->objects.n);
		break;
	case IR_FUNC:
	case IR_CALL_FUNC:
		CHECK(c, insn->index && insn->index < c->prog->funcs.n);
		break;
	}
	CHECK(c, insn->nargs <= 5);
	for (unsigned i = 0; i < insn->nargs; i++)
		check_val(c, insn->args[i]);
}

static void check_exit(const struct checker *c)
{
	const struct ir_block *b = c->b;

	CHECK(c, b->exit != EXIT_NONE && b->exit <= EXIT_RETURN);
	check_val(c, b->a);
	check_val(c, b->b);
	if (b->exit == EXIT_BRANCH) {
		CHECK(c, b->size == 4 || b->size == 8);
		CHECK(c, b->cond <= COND_SET);
		CHECK(c, b->other && c->f->blocks.v[b->other->id] == b->other);
	}
	if (b->exit != EXIT_RETURN)
		CHECK(c, b->to && c->f->blocks.v[b->to->id] == b->to);
}

void ir_verify_func(const struct ir_prog *prog, const struct ir_func *f, vreg fixed)
{
	struct checker c = {.prog = prog, .f = f, .fixed = fixed};
	struct arena *arena = arena_new();
	struct ir_live live;
	struct ir_cfg cfg;

	ir_cfg_build(&cfg, f, arena);
	for (uint32_t i = 0; i < cfg.n; i++) {
		c.b = cfg.order[i];
		vec_each(insn, &c.b->insns)
			check_insn(&c, insn);
		check_exit(&c);
	}
	ir_live_build(&live, f, &cfg, arena);
	/* what the entry wants alive is read somewhere without having been written */
	vec_each(r, &live.entry)
		if (!fixed || *r < fixed || *r >= fixed + PHYS_COUNT)
			BUG("%s: v%u is read before it is written", f->name, *r);
	arena_free(arena);
}

void ir_verify(const struct ir_prog *prog)
{
	BUG_ON(!prog->funcs.n);
	vec_each(f, &prog->funcs)
		ir_verify_func(prog, *f, 0);
}
