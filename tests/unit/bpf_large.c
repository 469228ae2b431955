/*
 * bpf_large.c - programs longer than a jump reaches compile fast and stay the same
 * programs; those beyond the kernel's limits are refused with a diagnostic.
 */
#include "lib/bpf_run.h"
#include "lib/ir_build.h"
#include "lib/ir_random.h"
#include "lib/ir_run.h"


static size_t check_large(uint64_t seed, int statements)
{
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena, .next_base = 1};
	struct diags diags = {.arena = arena, .sources = &sources};
	struct ir_prog *prog = random_large(arena, seed, statements);
	const char *error, *bpf_error;
	uint64_t expected = ir_run(prog, seed, &error), begun = now_ns();
	struct bpf_code *code = bpf_compile(prog, &diags, NULL);
	unsigned ms = (now_ns() - begun) / 1000000;
	size_t insns;

	EXPECT(!error);
	EXPECT(code);
	EXPECT(bpf_run(code, seed, &bpf_error) == expected);
	EXPECT(!bpf_error);
	insns = code->insns.n;
	printf("%d statements, %zu instructions: %u ms\n", statements, insns, ms);
	arena_free(arena);
	return insns;
}

static bool refused(struct bench *b, enum diag_id id)
{
	struct bpf_code *code = bpf_compile(b->prog, &b->diags, NULL);
	bool is = !code && b->diags.errors == 1 && b->diags.list.v[0].id == id;

	bench_end(b);
	return is;
}

static void check_limits(void)
{
	struct bench b;

	bench_start(&b, "long");
	for (int i = 0; i < 350000; i++) /* three slots each */
		ir_store(b.f, SPACE_MAP, ir_map_value(b.f, 0, 8 * (i % 64)), 0, 8, ir_imm(i));
	ir_return(b.f, ir_imm(0));
	EXPECT(refused(&b, DIAG_PROGRAM_TOO_LARGE));

	bench_start(&b, "frame");
	ir_call(b.f, HELPER_GET_CURRENT_COMM,
		IR_ARGS(ir_reg(ir_frame(b.f, ir_object_new(b.f, 520, 8, "name"), 0)), ir_imm(520)));
	ir_return(b.f, ir_imm(0));
	EXPECT(refused(&b, DIAG_FRAME_TOO_LARGE));

	/* each fits, but not one below the other */
	bench_start(&b, "chain");
	for (int i = 0; i < 2; i++) {
		struct ir_func *f = i ? ir_func_new(b.prog, "callee", 0) : b.f;
		vreg at = ir_frame(f, ir_object_new(f, 264, 8, "name"), 0);

		ir_call(f, HELPER_GET_CURRENT_COMM, IR_ARGS(ir_reg(at), ir_imm(264)));
		if (!i)
			ir_emit(f, (struct ir_insn){.op = IR_CALL_FUNC, .index = 1});
		ir_return(f, ir_imm(0));
	}
	EXPECT(refused(&b, DIAG_FRAME_TOO_LARGE));
}

int main(void)
{
	size_t most = 0;

	for (uint64_t seed = 1; seed <= 6; seed++) {
		size_t insns = check_large(seed, 40000);

		most = MAX_OF(most, insns);
	}
	EXPECT(most > 33000); /* or no jump was far */
	check_large(7, 1000);
	check_limits();
	return 0;
}
