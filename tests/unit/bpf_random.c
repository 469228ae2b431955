/*
 * bpf_random.c - random programs mean the same before and after every pass, and as BPF.
 * usage: bpf_random [COUNT [SEED]]; the seed of a failing program is printed.
 */
#include <inttypes.h>

#include "bpf/compile.h"
#include "lib/bpf_run.h"
#include "lib/ir_random.h"
#include "lib/ir_run.h"

struct expected {
	uint64_t seed, result;
	bool failed;
};

static void report(const struct expected *e, const char *stage, const struct ir_prog *prog,
		   const char *error)
{
	struct buf out = {0};

	if (prog)
		ir_print(prog, &out);
	fprintf(stderr, "seed %" PRIu64 ": wrong after %s%s%s\n%s", e->seed, stage,
		error ? ": " : "", error ? error : "", getenv("SHOW") ? buf_str(&out) : "");
	buf_free(&out);
}

static void check_stage(void *ctx, const char *stage, const struct ir_prog *prog)
{
	struct expected *e = ctx;
	const char *error;
	uint64_t result;

	if (e->failed)
		return;
	ir_verify(prog);
	result = ir_run(prog, e->seed, &error);
	if (error || result != e->result) {
		e->failed = true;
		report(e, stage, prog, error);
	}
}

static bool check_program(uint64_t seed, uint64_t *insns, uint64_t *frames)
{
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena, .next_base = 1};
	struct diags diags = {.arena = arena, .sources = &sources};
	struct expected e = {.seed = seed};
	struct bpf_watch watch = {.seen = check_stage, .ctx = &e};
	struct ir_prog *prog = random_program(arena, seed, false, false);
	struct bpf_code *code;
	struct buf dump = {0};
	const char *error;
	uint64_t result;

	ir_verify(prog);
	e.result = ir_run(prog, seed, &error);
	if (error) {
		report(&e, "generating", prog, error);
		e.failed = true;
	}
	if (getenv("SHOW")) {
		ir_print(prog, &dump);
		fprintf(stderr, "%s", buf_str(&dump));
		buf_reset(&dump);
	}
	code = bpf_compile_watched(prog, &diags, &dump, &watch);
	if (getenv("SHOW") && code) {
		bpf_print(code, NULL, NULL, NULL, &dump);
		fprintf(stderr, "%s", buf_str(&dump));
	}
	if (!code) {
		(*frames)++; /* too large for the stack: an answer, too */
	} else {
		*insns += code->insns.n;
		result = bpf_run(code, seed, &error);
		if (!e.failed && (error || result != e.result)) {
			e.failed = true;
			report(&e, "emission", NULL, error);
		}
	}
	buf_free(&dump);
	arena_free(arena);
	return !e.failed;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 3000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1, insns = 0, frames = 0, failed = 0;

	for (uint64_t i = 0; i < count && failed < 5; i++)
		failed += !check_program(seed + i, &insns, &frames);
	printf("%" PRIu64 " programs from seed %" PRIu64 ", %" PRIu64 " instructions, %" PRIu64
	       " refused for their frame, %" PRIu64 " failed\n", count, seed, insns, frames, failed);
	if (frames * 5 > count)
		printf("too many refused\n");
	return failed || frames * 5 > count;
}
