/*
 * compile.c - the back end from start to end, one line a stage.
 */
#include "bpf/compile.h"
#include "bpf/emit.h"

enum {
	MAX_INSNS = 1000000, /* BPF_COMPLEXITY_LIMIT_INSNS */
	MAX_STACK = 512,     /* MAX_BPF_STACK, of all functions on the way together */
	OPTIMISE_ROUNDS = 4,
};

struct compilation {
	struct ir_prog *prog;
	struct diags *diags;
	struct buf *dump;
	const struct bpf_watch *watch;
	struct arena *scratch;
	struct ir_alloc *allocs; /* by function */
	bool *reached;           /* by function: the kernel refuses what nothing calls */
	struct bpf_code *code;
};

static void seen(struct compilation *c, const char *stage)
{
	if (c->watch)
		c->watch->seen(c->watch->ctx, stage, c->prog);
}

static void optimise(struct compilation *c, struct ir_func *f)
{
	bool changed = true;

	/* folding goes through everything at once; only blocks that went or joined show it more */
	for (int i = 0; changed && i < OPTIMISE_ROUNDS; i++) {
		ir_fold(f);
		seen(c, "fold");
		ir_dce(f);
		seen(c, "dce");
		changed = ir_simplify(f);
		seen(c, "simplify");
	}
}

static void prepare_func(struct compilation *c, struct ir_func *f)
{
	ir_simplify(f);
	ir_dce(f);
	seen(c, "clean");
	ir_legalise(c->prog, f);
	seen(c, "legalise");
	ir_once(f);
	seen(c, "once");
	optimise(c, f);
	ir_address(f);
	seen(c, "address");
	ir_dce(f);
	seen(c, "last dce");
	ir_sink(f);
	seen(c, "sink");
}

static void allocate_func(struct compilation *c, struct ir_func *f, struct ir_alloc *alloc)
{
	ir_allocate(alloc, f, c->scratch);
	ir_layout(f);
	if (c->dump) {
		ir_print_func(f, true, c->dump);
		ir_frame_print(alloc, c->dump);
	}
}

/* The kernel rounds each function's frame up to 32 bytes, of which there is at least one. */
static uint32_t frame_cost(const struct ir_alloc *alloc)
{
	return ROUND_UP(MAX_OF(alloc->frame_bytes, 1u), 32u);
}

/* The deepest stack from function `i` on; `depth` guards against recursion. */
static uint32_t stack_from(const struct compilation *c, uint32_t i, uint32_t *memo, unsigned depth)
{
	const struct ir_func *f = c->prog->funcs.v[i];
	uint32_t below = 0;

	BUG_ON(depth > c->prog->funcs.n);
	if (memo[i])
		return memo[i];
	vec_each(b, &f->blocks)
		vec_each(insn, &(*b)->insns) {
			if (insn->op == IR_CALL_FUNC || insn->op == IR_FUNC)
				below = MAX_OF(below, stack_from(c, insn->index, memo, depth + 1));
			else if (insn->op == IR_CALL && ir_is_library(insn->index))
				below = MAX_OF(below, bpf_library_stack(bpf_library_function(insn->index)));
		}
	return memo[i] = frame_cost(&c->allocs[i]) + below;
}

static bool check_stack(struct compilation *c)
{
	uint32_t *memo = arena_array(c->scratch, uint32_t, c->prog->funcs.n);
	uint32_t deepest = stack_from(c, 0, memo, 0);
	const struct ir_func *entry = c->prog->funcs.v[0];

	c->code->frame_bytes = c->allocs[0].frame_bytes;
	for (size_t i = 0; i < c->prog->funcs.n; i++)
		c->code->frame_bytes = MAX_OF(c->code->frame_bytes, c->allocs[i].frame_bytes);
	if (deepest <= MAX_STACK)
		return true;
	diag_add(c->diags, DIAG_FRAME_TOO_LARGE, entry->blocks.v[0]->span,
		 "the program needs %u bytes of stack at once, BPF has %d", deepest, MAX_STACK);
	diag_hint(c->diags, "use fewer variables at the same time, or smaller keys");
	return false;
}

static bool check_size(struct compilation *c)
{
	if (c->code->insns.n <= MAX_INSNS)
		return true;
	diag_add(c->diags, DIAG_PROGRAM_TOO_LARGE, c->prog->funcs.v[0]->blocks.v[0]->span,
		 "the program takes %zu instructions, the kernel allows %d", c->code->insns.n,
		 MAX_INSNS);
	diag_hint(c->diags, "split the probe into several, or use loops instead of unroll");
	return false;
}

static void find_reached(struct compilation *c, uint32_t func)
{
	if (c->reached[func])
		return;
	c->reached[func] = true;
	vec_each(b, &c->prog->funcs.v[func]->blocks)
		vec_each(insn, &(*b)->insns)
			if (insn->op == IR_CALL_FUNC || insn->op == IR_FUNC)
				find_reached(c, insn->index);
}

static void emit(struct compilation *c)
{
	struct emitter e = {0};

	asm_init(&e.out, c->prog->arena, c->code);
	e.starts = arena_array(c->scratch, uint32_t, c->prog->funcs.n);
	for (size_t i = 0; i < c->prog->funcs.n; i++) {
		e.starts[i] = c->code->insns.n;
		if (c->reached[i])
			bpf_emit_func(&e, &c->allocs[i]);
	}
	bpf_emit_refs(&e);
}

struct bpf_code *bpf_compile_watched(struct ir_prog *prog, struct diags *diags,
				     struct buf *dump_alloc, const struct bpf_watch *watch)
{
	struct compilation c = {.prog = prog, .diags = diags, .dump = dump_alloc, .watch = watch};
	bool fits;

	ir_verify(prog);
	c.scratch = arena_new();
	c.allocs = arena_array(c.scratch, struct ir_alloc, prog->funcs.n);
	c.code = arena_new_of(prog->arena, struct bpf_code);
	c.code->name = prog->name;
	for (size_t i = 0; i < prog->funcs.n; i++)
		prepare_func(&c, prog->funcs.v[i]);
	c.reached = arena_array(c.scratch, bool, prog->funcs.n);
	find_reached(&c, 0);
	for (size_t i = 0; i < prog->funcs.n; i++)
		allocate_func(&c, prog->funcs.v[i], &c.allocs[i]);
	fits = check_stack(&c);
	if (fits) {
		emit(&c);
		fits = check_size(&c);
	}
	arena_free(c.scratch);
	return fits ? c.code : NULL;
}

struct bpf_code *bpf_compile(struct ir_prog *prog, struct diags *diags, struct buf *dump_alloc)
{
	return bpf_compile_watched(prog, diags, dump_alloc, NULL);
}
