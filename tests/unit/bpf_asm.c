/*
 * bpf_asm.c - the assembler: constants in their shortest form, what does not fit refused,
 * and jumps beyond their reach carried over by islands (run, and compared with the sum).
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/asm.h"
#include "ir/pass.h"
#include "lib/bpf_run.h"
#include "lib/ir_build.h"

static struct bpf_code code;
static struct asm_buf out;
static struct arena *arena;

static void begin(uint32_t reach)
{
	arena = arena_new();
	code = (struct bpf_code){.name = "asm"};
	asm_init(&out, arena, &code);
	if (reach) {
		out.reach = reach;
		out.check_at = reach / 4;
	}
}

static uint64_t run(void)
{
	const char *error;
	uint64_t result = bpf_run(&code, 1, &error);

	if (error)
		fprintf(stderr, "%s\n", error);
	EXPECT(!error);
	return result;
}

/* What a program that does nothing but return v results in. */
static uint64_t result_of(uint64_t v)
{
	struct machine m;
	uint64_t result;

	machine_init(&m, 1, 0);
	result = machine_result(&m, v);
	machine_done(&m);
	return result;
}

static void check_constants(void)
{
	static const struct {
		int64_t value;
		unsigned slots;
	} rows[] = {
		{0, 1}, {-1, 1}, {INT32_MAX, 1}, {INT32_MIN, 1}, {0x80000000, 1}, {0xffffffff, 1},
		{0x100000000, 2}, {INT64_MIN, 2}, {INT64_MAX, 2}, {(int64_t)INT32_MIN - 1, 2},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(0);
		asm_mov_imm(&out, BPF_REG_1, rows[i].value);
		EXPECT(code.insns.n == rows[i].slots);
		asm_mov(&out, BPF_REG_0, BPF_REG_1);
		asm_exit(&out);
		asm_finish(&out);
		uint64_t result = run();
		arena_free(arena);
		EXPECT(result == result_of(rows[i].value));
	}
	EXPECT(result_of(5) != result_of(6));
}

/*
 * A loop of 3 rounds with `steps` instructions in its body; in each round a far jump out of
 * the middle is tested, and cold blocks at the end jump back.
 */
static uint64_t far_jumps(uint32_t reach, unsigned steps, unsigned cold)
{
	asm_label head, end, *to = calloc(cold + 1, sizeof(*to)), *back = calloc(cold + 1, sizeof(*back));
	uint64_t result;

	begin(reach);
	head = asm_label_new(&out, 1);
	end = asm_label_new(&out, 1);
	for (unsigned i = 0; i < cold; i++) {
		to[i] = asm_label_new(&out, 1);
		back[i] = asm_label_new(&out, 1);
	}
	asm_mov_imm(&out, BPF_REG_0, 0);
	asm_mov_imm(&out, BPF_REG_2, 0);
	asm_bind(&out, head);
	asm_jump_if_imm(&out, BPF_JGE, 8, BPF_REG_2, 3, end);
	asm_alu_imm(&out, BPF_ADD, 8, BPF_REG_2, 1);
	for (unsigned i = 0; i < steps; i++) {
		if (cold && i % (steps / cold) == 0 && i / (steps / cold) < cold) {
			asm_jump_if_imm(&out, BPF_JSET, 8, BPF_REG_2, 1, to[i / (steps / cold)]);
			asm_bind(&out, back[i / (steps / cold)]);
		}
		asm_mov_imm(&out, BPF_REG_3, (int64_t)i << 33); /* two slots */
		asm_alu(&out, BPF_ADD, 8, BPF_REG_0, BPF_REG_3);
	}
	asm_jump(&out, head);
	for (unsigned i = 0; i < cold; i++) {
		asm_bind(&out, to[i]);
		asm_alu_imm(&out, BPF_ADD, 8, BPF_REG_0, i);
		asm_jump(&out, back[i]);
	}
	asm_bind(&out, end);
	asm_exit(&out);
	asm_finish(&out);
	vec_each(insn, &code.insns) /* offsets may not leave the program or their reach */
		if (BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_EXIT) {
			EXPECT(insn->off <= (int)(reach ? reach : 32767));
			EXPECT(insn->off >= -(int)(reach ? reach : 32768));
		}
	result = run();
	arena_free(arena);
	free(to);
	free(back);
	return result;
}

static uint64_t far_sum(unsigned steps, unsigned cold)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < steps; i++)
		sum += 3 * ((uint64_t)i << 33);
	for (unsigned i = 0; i < cold; i++)
		sum += 2 * i; /* rounds 1 and 3 */
	return sum;
}

static void check_islands(void)
{
	static const struct {
		uint32_t reach, steps, cold;
	} rows[] = {
		{0, 10, 2}, {0, 12000, 5}, {0, 40000, 0}, {0, 60000, 40}, {200, 1000, 3}, {400, 3000, 10},
		{1000, 10000, 20}, {64, 500, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT(far_jumps(rows[i].reach, rows[i].steps, rows[i].cold) ==
		       result_of(far_sum(rows[i].steps, rows[i].cold)));
}

static void immediate(void) { asm_alu_imm(&out, BPF_ADD, 8, 1, 0x80000000); }
static void shift(void) { asm_alu_imm(&out, BPF_LSH, 4, 1, 32); }
static void division(void) { asm_alu_imm(&out, BPF_DIV, 8, 1, 0); }
static void offset(void) { asm_load(&out, 8, 1, 2, 32768); }
static void size(void) { asm_load(&out, 3, 1, 2, 0); }
static void atomic_size(void) { asm_atomic(&out, BPF_ADD, 2, 1, 0, 2); }
static void frame_pointer(void) { asm_mov(&out, 10, 1); }
static void unknown_register(void) { asm_mov(&out, 1, 11); }
static void unannounced(void) { asm_jump(&out, asm_label_new(&out, 0)); }
static void good(void) { asm_alu_imm(&out, BPF_ADD, 8, 1, -1); }
static void unbound(void)
{
	asm_jump(&out, asm_label_new(&out, 1));
	asm_finish(&out);
}

static bool refused(void (*put)(void))
{
	pid_t child = fork();
	int status;

	EXPECT(child >= 0);
	if (!child) {
		struct rlimit none = {0};

		setrlimit(RLIMIT_CORE, &none);
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		begin(0);
		put();
		_exit(0);
	}
	EXPECT(waitpid(child, &status, 0) == child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

int main(void)
{
	static void (*const bad[])(void) = {immediate, shift, division, offset, size, atomic_size,
					    frame_pointer, unknown_register, unannounced, unbound};

	check_constants();
	check_islands();
	EXPECT(!refused(good));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT(refused(bad[i]));
	printf("constants, islands, %zu refusals\n", ARRAY_SIZE(bad));
	return 0;
}
