/*
 * ir_build.h - small things for building IR by hand in tests.
 */
#ifndef TEST_IR_BUILD_H
#define TEST_IR_BUILD_H

#include <stdio.h>
#include <stdlib.h>

#include "bpf/object.h"

struct bench {
	struct arena *arena;
	struct sources sources;
	struct diags diags;
	struct ir_prog *prog;
	struct ir_func *f; /* the entry */
};

static inline void bench_start(struct bench *b, const char *name)
{
	*b = (struct bench){.arena = arena_new()};
	b->sources = (struct sources){.arena = b->arena, .next_base = 1};
	b->diags = (struct diags){.arena = b->arena, .sources = &b->sources};
	b->prog = arena_new_of(b->arena, struct ir_prog);
	b->prog->arena = b->arena;
	b->prog->name = name;
	b->f = ir_func_new(b->prog, name, 0);
}

static inline void bench_end(struct bench *b)
{
	arena_free(b->arena);
}

static inline vreg build_ctx(struct ir_func *f)
{
	vreg c = ir_vreg(f);

	ir_emit(f, (struct ir_insn){.op = IR_CTX, .dst = c});
	return c;
}

static inline void build_atomic_add(struct ir_func *f, vreg at, int32_t off, struct ir_val by)
{
	ir_emit(f, (struct ir_insn){.op = IR_ATOMIC_ADD, .size = 8, .a = ir_reg(at), .off = off, .b = by,
				    .space = SPACE_MAP});
}

/* if (a COND b) { return 0; }, likely or not; goes on in the other block. */
static inline void build_leave_if(struct ir_func *f, enum ir_cond cond, struct ir_val a,
				  struct ir_val b, bool unlikely)
{
	struct ir_block *leave = ir_block_new(f), *stay = ir_block_new(f);

	leave->unlikely = unlikely;
	ir_branch(f, cond, a, b, leave, stay);
	ir_at(f, leave);
	ir_return(f, ir_imm(0));
	ir_at(f, stay);
}

#define EXPECT(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
		exit(1); \
	} \
} while (0)

#endif
