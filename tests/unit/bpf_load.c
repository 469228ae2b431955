/*
 * bpf_load.c - the kernel's verifier accepts what the back end emits: random programs are
 * loaded as raw tracepoint programs (and freed at once). Skipped where bpf(2) is not
 * permitted. usage: bpf_load [COUNT [SEED [basic]]]; `basic` without fetching atomics, which
 * kernels before 5.12 do not have
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/ir_random.h"
#include "bpf/object.h"

enum { EXIT_SKIPPED = 77, LOG_SIZE = 1 << 20 };

static char log_text[LOG_SIZE];
static int maps[MACHINE_MAPS];

static int sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

static int map_create(void)
{
	union bpf_attr attr = {0};

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = MACHINE_VALUE;
	attr.max_entries = 1;
	return sys_bpf(BPF_MAP_CREATE, &attr);
}

static void relocate(struct bpf_code *code)
{
	vec_each(r, &code->relocs)
		if (r->kind != RELOC_CONSTANT)
			code->insns.v[r->insn].imm = maps[r->index];
}

static int load(struct bpf_code *code)
{
	union bpf_attr attr = {0};
	int fd;

	relocate(code);
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	attr.insns = (uintptr_t)code->insns.v;
	attr.insn_cnt = code->insns.n;
	attr.license = (uintptr_t)"GPL";
	fd = sys_bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0)
		return fd;
	log_text[0] = '\0';
	attr.log_buf = (uintptr_t)log_text;
	attr.log_size = LOG_SIZE;
	attr.log_level = 1;
	return sys_bpf(BPF_PROG_LOAD, &attr);
}

/* 1: refused, 0: loaded, -1: no answer (the frame is too large, or the proof too long). */
static int check_program(uint64_t seed, bool basic)
{
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena, .next_base = 1};
	struct diags diags = {.arena = arena, .sources = &sources};
	struct bpf_code *code = bpf_compile(random_program(arena, seed, true, basic), &diags, NULL);
	struct buf out = {0};
	int fd, refused = -1;

	if (code) {
		fd = load(code);
		refused = fd < 0;
		if (fd >= 0)
			close(fd);
		if (refused && (errno == E2BIG || strstr(log_text, "processed 1000001 insns")))
			refused = -1;
		if (refused > 0) {
			size_t len = strlen(log_text);

			bpf_print(code, NULL, NULL, NULL, &out);
			fprintf(stderr, "seed %" PRIu64 ": %s\n%s\n%s\n", seed, strerror(errno),
				getenv("SHOW") ? buf_str(&out) : "", log_text + (len > 1500 ? len - 1500 : 0));
		}
	}
	buf_free(&out);
	arena_free(arena);
	return refused;
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 0) : 300;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1, refused = 0, loaded = 0;

	for (int i = 0; i < MACHINE_MAPS; i++)
		if ((maps[i] = map_create()) < 0) {
			printf("skipped: bpf(2): %s\n", strerror(errno));
			return EXIT_SKIPPED;
		}
	for (uint64_t i = 0; i < count && refused < 5; i++) {
		int r = check_program(seed + i, argc > 3);

		refused += r == 1;
		loaded += r == 0;
	}
	printf("%" PRIu64 " programs from seed %" PRIu64 ": %" PRIu64 " loaded, %" PRIu64 " refused\n",
	       count, seed, loaded, refused);
	return refused || loaded < count * 3 / 4;
}
