/*
 * ir.c - building the intermediate representation, and the tables of its names.
 * Gives what ir.h declares; all memory is the program's arena.
 */
#include "ir/ir.h"

static const char *const loss_names[LOSS_COUNT] = {
#define LOSS_READER(id, name, text) [LOSS_##id] = name,
#define LOSS(id, name, text) [LOSS_##id] = name,
#include "ir/loss.def"
#undef LOSS
#undef LOSS_READER
};

static const char *const loss_texts[LOSS_COUNT] = {
#define LOSS_READER(id, name, text) [LOSS_##id] = text,
#define LOSS(id, name, text) [LOSS_##id] = text,
#include "ir/loss.def"
#undef LOSS
#undef LOSS_READER
};

static const struct helper_row {
	uint32_t number, kernel;
	const char *name;
} helpers[] = {
#define HELPER(id, name, number, kernel) {number, kernel, name},
#include "ir/helper.def"
#undef HELPER
};

const char *loss_name(enum ir_loss loss)
{
	BUG_ON((unsigned)loss >= LOSS_COUNT);
	return loss_names[loss];
}

const char *loss_text(enum ir_loss loss)
{
	BUG_ON((unsigned)loss >= LOSS_COUNT);
	return loss_texts[loss];
}

static const struct helper_row *helper_find(uint32_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++)
		if (helpers[i].number == number)
			return &helpers[i];
	return NULL;
}

const char *ir_helper_name(uint32_t number)
{
	const struct helper_row *row = helper_find(number);

	return row ? row->name : "unknown";
}

uint32_t ir_helper_kernel(uint32_t number)
{
	const struct helper_row *row = helper_find(number);

	BUG_ON(!row);
	return row->kernel;
}

struct ir_func *ir_func_new(struct ir_prog *prog, const char *name, uint32_t nargs)
{
	struct ir_func *f = arena_new_of(prog->arena, struct ir_func);

	BUG_ON(nargs > 5);
	f->arena = prog->arena;
	f->name = name;
	f->nargs = nargs;
	f->nregs = 1;
	f->at = ir_block_new(f);
	avec_push(prog->arena, &prog->funcs, f);
	return f;
}

struct ir_block *ir_block_new(struct ir_func *f)
{
	struct ir_block *b = arena_new_of(f->arena, struct ir_block);

	b->id = f->blocks.n;
	b->span = f->span;
	avec_push(f->arena, &f->blocks, b);
	return b;
}

vreg ir_vreg(struct ir_func *f)
{
	return f->nregs++;
}

uint32_t ir_object_new(struct ir_func *f, uint32_t size, uint32_t align, const char *what)
{
	struct ir_object object = {.size = size, .align = align, .what = what};

	BUG_ON(!size || !align || align > 8 || (align & (align - 1)));
	avec_push(f->arena, &f->objects, object);
	return f->objects.n - 1;
}

/* Where to append; after a block's end a fresh block that nothing reaches takes the rest. */
static struct ir_block *place(struct ir_func *f)
{
	if (!f->at || f->at->exit != EXIT_NONE)
		f->at = ir_block_new(f);
	return f->at;
}

struct ir_insn *ir_emit(struct ir_func *f, struct ir_insn insn)
{
	struct ir_block *b = place(f);

	insn.span = f->span;
	avec_push(f->arena, &b->insns, insn);
	return &vec_last(&b->insns);
}

void ir_set(struct ir_func *f, vreg dst, struct ir_val a)
{
	ir_emit(f, (struct ir_insn){.op = IR_MOV, .size = 8, .dst = dst, .a = a});
}

vreg ir_mov(struct ir_func *f, struct ir_val a)
{
	vreg dst = ir_vreg(f);

	ir_set(f, dst, a);
	return dst;
}

vreg ir_alu(struct ir_func *f, enum ir_op op, struct ir_val a, struct ir_val b)
{
	vreg dst = ir_vreg(f);

	ir_emit(f, (struct ir_insn){.op = op, .size = 8, .dst = dst, .a = a, .b = b});
	return dst;
}

vreg ir_ext(struct ir_func *f, struct ir_val a, unsigned size, bool is_signed)
{
	vreg dst = ir_vreg(f);

	ir_emit(f, (struct ir_insn){.op = IR_EXT, .size = size, .dst = dst, .a = a,
				    .flags = is_signed ? IR_SIGNED : 0});
	return dst;
}

vreg ir_load(struct ir_func *f, enum ir_space space, vreg base, int32_t off, unsigned size,
	     bool is_signed)
{
	vreg dst = ir_vreg(f);

	ir_emit(f, (struct ir_insn){.op = IR_LOAD, .size = size, .dst = dst, .a = ir_reg(base),
				    .off = off, .space = space,
				    .flags = is_signed ? IR_SIGNED : 0});
	return dst;
}

void ir_store(struct ir_func *f, enum ir_space space, vreg base, int32_t off, unsigned size,
	      struct ir_val value)
{
	ir_emit(f, (struct ir_insn){.op = IR_STORE, .size = size, .a = ir_reg(base), .b = value,
				    .off = off, .space = space});
}

vreg ir_frame(struct ir_func *f, uint32_t object, int32_t off)
{
	vreg dst = ir_vreg(f);

	ir_emit(f, (struct ir_insn){.op = IR_FRAME, .dst = dst, .index = object, .off = off});
	return dst;
}

vreg ir_map(struct ir_func *f, uint32_t map)
{
	vreg dst = ir_vreg(f);

	ir_emit(f, (struct ir_insn){.op = IR_MAP, .dst = dst, .index = map});
	return dst;
}

vreg ir_kernel_var(struct ir_func *f, uint32_t btf_id)
{
	vreg dst = ir_vreg(f);

	ir_emit(f, (struct ir_insn){.op = IR_KERNEL_VAR, .dst = dst, .index = btf_id});
	return dst;
}

vreg ir_map_value(struct ir_func *f, uint32_t map, int32_t off)
{
	vreg dst = ir_vreg(f);

	ir_emit(f, (struct ir_insn){.op = IR_MAP_VALUE, .dst = dst, .index = map, .off = off});
	return dst;
}

vreg ir_call(struct ir_func *f, enum ir_helper helper, unsigned nargs, const struct ir_val *args)
{
	struct ir_insn insn = {.op = IR_CALL, .index = helper, .nargs = nargs};

	BUG_ON(nargs > 5);
	for (unsigned i = 0; i < nargs; i++)
		insn.args[i] = args[i];
	insn.dst = ir_vreg(f);
	ir_emit(f, insn);
	return insn.dst;
}

void ir_jump(struct ir_func *f, struct ir_block *to)
{
	struct ir_block *b = place(f);

	b->exit = EXIT_JUMP;
	b->to = to;
	b->span = f->span;
}

void ir_branch(struct ir_func *f, enum ir_cond cond, struct ir_val a, struct ir_val b,
	       struct ir_block *yes, struct ir_block *no)
{
	struct ir_block *block = place(f);

	block->exit = EXIT_BRANCH;
	block->cond = cond;
	block->size = 8;
	block->a = a;
	block->b = b;
	block->to = yes;
	block->other = no;
	block->span = f->span;
	f->at = no;
}

void ir_return(struct ir_func *f, struct ir_val value)
{
	struct ir_block *b = place(f);

	b->exit = EXIT_RETURN;
	b->a = value;
	b->span = f->span;
}

void ir_count_loss(struct ir_func *f, const struct ir_prog *prog, enum ir_loss loss)
{
	vreg at = ir_map_value(f, prog->control_map, 8 * loss);

	BUG_ON((unsigned)loss >= LOSS_KERNEL_COUNT);
	ir_emit(f, (struct ir_insn){.op = IR_ATOMIC_ADD, .size = 8, .a = ir_reg(at),
				    .b = ir_imm(1), .space = SPACE_MAP});
}
