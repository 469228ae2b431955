/*
 * ir_verify.c - the IR verifier ends the program for each kind of broken IR, and for no
 * other. Each case runs in a child, which must abort.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/pass.h"
#include "lib/ir_build.h"

static void fine(struct bench *b)
{
	vreg v = ir_mov(b->f, ir_imm(1));

	ir_return(b->f, ir_reg(v));
}

static void read_before_written(struct bench *b)
{
	ir_return(b->f, ir_reg(ir_vreg(b->f)));
}

/* written on one of two ways */
static void written_on_one_path(struct bench *b)
{
	struct ir_block *yes = ir_block_new(b->f), *no = ir_block_new(b->f), *join = ir_block_new(b->f);
	vreg v = ir_vreg(b->f), c = ir_mov(b->f, ir_imm(1));

	ir_branch(b->f, COND_EQ, ir_reg(c), ir_imm(1), yes, no);
	ir_jump(b->f, join);
	ir_at(b->f, yes);
	ir_set(b->f, v, ir_imm(2));
	ir_jump(b->f, join);
	ir_at(b->f, join);
	ir_return(b->f, ir_reg(v));
}

static void no_end(struct bench *b)
{
	ir_mov(b->f, ir_imm(1));
}

static void bad_size(struct bench *b)
{
	ir_load(b->f, SPACE_MAP, ir_map_value(b->f, 0, 0), 0, 3, false);
	ir_return(b->f, ir_imm(0));
}

static void no_space(struct bench *b)
{
	ir_load(b->f, SPACE_NONE, ir_map_value(b->f, 0, 0), 0, 8, false);
	ir_return(b->f, ir_imm(0));
}

static void outside_object(struct bench *b)
{
	uint32_t object = ir_object_new(b->f, 8, 8, "small");

	ir_emit(b->f, (struct ir_insn){.op = IR_STORE, .space = SPACE_STACK, .size = 8, .index = object,
				       .off = 4, .b = ir_imm(0)});
	ir_return(b->f, ir_imm(0));
}

static void no_such_object(struct bench *b)
{
	ir_frame(b->f, 3, 0);
	ir_return(b->f, ir_imm(0));
}

static void no_such_function(struct bench *b)
{
	ir_emit(b->f, (struct ir_insn){.op = IR_CALL_FUNC, .index = 1});
	ir_return(b->f, ir_imm(0));
}

static void argument_of_entry(struct bench *b)
{
	ir_emit(b->f, (struct ir_insn){.op = IR_ARG, .dst = ir_vreg(b->f), .off = 1});
	ir_return(b->f, ir_imm(0));
}

static void stored_into_kernel(struct bench *b)
{
	ir_store(b->f, SPACE_KERNEL, ir_mov(b->f, ir_imm(1)), 0, 8, ir_imm(0));
	ir_return(b->f, ir_imm(0));
}

static const struct {
	const char *name;
	void (*build)(struct bench *b);
	bool broken;
} cases[] = {
	{"fine", fine, false},
	{"read before written", read_before_written, true},
	{"written on one path", written_on_one_path, true},
	{"no end", no_end, true},
	{"bad size", bad_size, true},
	{"no space", no_space, true},
	{"outside its object", outside_object, true},
	{"no such object", no_such_object, true},
	{"no such function", no_such_function, true},
	{"argument of the entry", argument_of_entry, true},
	{"store into the kernel", stored_into_kernel, true},
};

static bool aborts(void (*build)(struct bench *b))
{
	pid_t child = fork();
	int status;

	EXPECT(child >= 0);
	if (!child) {
		struct bench b;
		struct rlimit none = {0};

		setrlimit(RLIMIT_CORE, &none);
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		bench_start(&b, "case");
		build(&b);
		ir_verify(b.prog);
		_exit(0);
	}
	EXPECT(waitpid(child, &status, 0) == child);
	EXPECT(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

int main(void)
{
	int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (aborts(cases[i].build) != cases[i].broken) {
			fprintf(stderr, "%s: %s\n", cases[i].name, cases[i].broken ? "accepted" : "refused");
			wrong++;
		}
	printf("%zu cases\n", ARRAY_SIZE(cases));
	return wrong;
}
