/* Verifier logs: as several kernels wrote them, then provoked here by loading bad programs. */
#include <unistd.h>

#include "kern_test.h"
#include "kern/features.h"
#include "kern/map.h"
#include "kern/prog.h"
#include "kern/sys.h"
#include "kern/vlog.h"

static void expect(const char *log, enum vlog_kind kind, int insn, enum vlog_whose whose,
		   const char *message)
{
	struct vlog v;

	CHECK(vlog_parse(log, &v));
	CHECK_EQ(v.kind, kind);
	CHECK_EQ(v.insn, insn);
	CHECK_EQ(v.whose, whose);
	CHECK_STR(v.message, message);
	CHECK(v.plain && *v.plain);
}

static void test_texts(void)
{
	struct vlog v;

	/* 6.18 */
	expect("5: (85) call bpf_map_lookup_elem#1    ; R0=map_value(ks=4,vs=16)\n"
	       "6: (15) if r0 == 0x0 goto pc+1        ; R0=map_value(ks=4,vs=16)\n"
	       "7: (79) r0 = *(u64 *)(r0 +16)\n"
	       "invalid access to map value, value_size=16 off=16 size=8\n"
	       "R0 min value is outside of the allowed memory range\n"
	       "processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0\n",
	       VLOG_OUT_OF_BOUNDS, 7, VLOG_OURS,
	       "invalid access to map value, value_size=16 off=16 size=8; "
	       "R0 min value is outside of the allowed memory range");
	/* frames of a subprogram between the instruction and its message */
	expect("1: (85) call pc+1\ncaller:\n R10=fp0\ncallee:\n frame1: R1=0 R10=fp0\n"
	       "3: frame1: R1=0 R10=fp0\n3: (79) r0 = *(u64 *)(r1 +0)\n"
	       "R1 invalid mem access 'scalar'\nprocessed 3 insns (limit 1000000)\n",
	       VLOG_BAD_POINTER, 3, VLOG_OURS, "R1 invalid mem access 'scalar'");
	/* 5.10: states on lines of their own, and the older words */
	expect("0: (79) r6 = *(u64 *)(r1 +0)\n1: R1_w=ctx(id=0,off=0,imm=0) R10=fp0\n"
	       "1: (79) r0 = *(u64 *)(r6 +8)\nR6 invalid mem access 'inv'\n"
	       "processed 2 insns (limit 1000000)\n",
	       VLOG_BAD_POINTER, 1, VLOG_OURS, "R6 invalid mem access 'inv'");
	/* where the resource was taken matters more than where its loss was noticed */
	expect("5: (b7) r0 = 0                        ; R0=0 refs=2\n6: (95) exit\n"
	       "Unreleased reference id=2 alloc_insn=4\n"
	       "BPF_EXIT instruction in main prog would lead to reference leak\n"
	       "processed 6 insns (limit 1000000)\n",
	       VLOG_REFERENCE, 4, VLOG_OURS,
	       "Unreleased reference id=2 alloc_insn=4; "
	       "BPF_EXIT instruction in main prog would lead to reference leak");
	expect("unreachable insn 2\nprocessed 0 insns (limit 1000000)\n", VLOG_MALFORMED, 2,
	       VLOG_OURS, "unreachable insn 2");
	expect("BPF program is too large. Processed 1000001 insn\n"
	       "processed 1000001 insns (limit 1000000) max_states_per_insn 4\n",
	       VLOG_TOO_LARGE, -1, VLOG_LIMIT, "BPF program is too large. Processed 1000001 insn");
	expect("12: (85) call bpf_x#9\ncombined stack size of 2 calls is 704. Too large\n",
	       VLOG_STACK_LIMIT, -1, VLOG_LIMIT, "combined stack size of 2 calls is 704. Too large");
	/* 5.10: the loop's place is named; of a path too long for the log there is the reason alone */
	expect("49: (05) goto pc-12\ninfinite loop detected at insn 38\nprocessed 1020 insns (limit 1000000)\n",
	       VLOG_LOOP, 38, VLOG_LIMIT, "infinite loop detected at insn 38");
	expect("invalid func unknown#208\nverification time 870261 usec\nstack depth 256\n"
	       "processed 124545 insns (limit 1000000) max_states_per_insn 4\n",
	       VLOG_UNKNOWN_HELPER, -1, VLOG_LIMIT, "invalid func unknown#208");
	/* cut at the end: no last line; cut at the front: no first */
	expect("x=1) R2=2\n9: (bf) r0 = r3\nR3 !read_ok", VLOG_UNINITIALISED, 9, VLOG_OURS,
	       "R3 !read_ok");
	/* script text in the log is not a message */
	expect("; R3 !read_ok\n9: (bf) r0 = r3\n; printf(\"R1 type=a expected=b\")\n"
	       "something new happened\nprocessed 9 insns\n",
	       VLOG_UNKNOWN, 9, VLOG_OURS, "something new happened");
	CHECK(vlog_parse("2: (85) call bpf_redirect#23\n"
			 "program of this type cannot use helper bpf_redirect#23\n"
			 "processed 3 insns (limit 1000000)\n", &v));
	CHECK_STR(v.helper, "bpf_redirect#23");
	CHECK_EQ(v.processed, 3);
	CHECK(!vlog_parse("", &v));
	CHECK_EQ(v.insn, -1);
	CHECK(!vlog_parse("processed 5 insns (limit 1000000)\n", &v));
	CHECK(!vlog_parse("3: (95) exit\n", &v));
	CHECK_EQ(v.insn, 3);
}

/* Lines of any length and bytes of any kind: nothing is written outside. */
static void test_hostile(void)
{
	size_t size = 1 << 20;
	char *log = malloc(size + 1);
	struct vlog v;

	memset(log, 'R', size);
	log[size] = '\0';
	CHECK(vlog_parse(log, &v));
	CHECK_EQ(strlen(v.message), sizeof(v.message) - 1);
	memset(log, '\n', size);
	CHECK(!vlog_parse(log, &v));
	for (size_t i = 0; i < size; i++)
		log[i] = (i * 2654435761u >> 13) % 95 + 32;
	for (size_t i = 80; i < size; i += 80)
		log[i] = '\n';
	CHECK(vlog_parse(log, &v));
	memcpy(log, "99999999999: (bf) ", 18);
	log[18] = '\0';
	vlog_parse(log, &v);
	CHECK_EQ(v.insn, -1);
	free(log);
}

struct bad {
	const char *what;
	enum vlog_kind kind;
	int insn;
	uint32_t type, count;
	struct bpf_insn insns[16];
};

#define COUNT(...) (sizeof((struct bpf_insn[]){__VA_ARGS__}) / sizeof(struct bpf_insn))
#define BAD(what, kind, insn, type, ...) \
	{what, VLOG_##kind, insn, BPF_PROG_TYPE_##type, COUNT(__VA_ARGS__), {__VA_ARGS__}}
#define KEY STORE_IMM(BPF_W, 10, -4, 0), MOV_REG(2, 10), ADD_IMM(2, -4)

static void provoke(const struct bad *b)
{
	struct prog_load_spec spec = {
		.type = b->type, .insns = b->insns, .insn_count = b->count, .name = "bad",
	};
	struct vlog v;
	char *log;
	int fd = prog_load_explain(&spec, &log);

	CHECK(fd < 0);
	CHECK(log != NULL);
	if (log && (!vlog_parse(log, &v) || v.kind != b->kind || v.insn != b->insn)) {
		checks_failed++;
		fprintf(stderr, "%s: kind %d (want %d), insn %d (want %d): %s\n%s\n", b->what,
			v.kind, b->kind, v.insn, b->insn, v.message, log);
	}
	free(log);
	sys_close(&fd);
}

static void test_provoked(void)
{
	struct map_spec array = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16,
				 .max_entries = 1};
	struct map_spec hash = {.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 16,
				.max_entries = 8};
	struct map_spec ring = {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096};
	int a = map_create(&array), h = map_create(&hash), r = map_create(&ring);
	const struct bad all[] = {
		BAD("null", MAY_BE_NULL, 6, RAW_TRACEPOINT, KEY, LD_MAP(1, h), CALL(1),
		    LOAD(BPF_DW, 0, 0, 0), EXIT),
		BAD("past the value", OUT_OF_BOUNDS, 7, RAW_TRACEPOINT, KEY, LD_MAP(1, a), CALL(1),
		    JUMP_IMM(BPF_JEQ, 0, 0, 1), LOAD(BPF_DW, 0, 0, 16), EXIT),
		BAD("unbounded", UNBOUNDED, 8, RAW_TRACEPOINT, LOAD(BPF_DW, 6, 1, 0), KEY,
		    LD_MAP(1, a), CALL(1), JUMP_IMM(BPF_JEQ, 0, 0, 2), ADD_REG(0, 6),
		    LOAD(BPF_DW, 0, 0, 0), EXIT),
		BAD("scalar", BAD_POINTER, 1, RAW_TRACEPOINT, LOAD(BPF_DW, 6, 1, 0),
		    LOAD(BPF_DW, 0, 6, 8), EXIT),
		BAD("register", UNINITIALISED, 0, RAW_TRACEPOINT, MOV_REG(0, 3), EXIT),
		BAD("stack", STACK_ACCESS, 0, RAW_TRACEPOINT, STORE_IMM(BPF_DW, 10, -520, 0),
		    MOV_IMM(0, 0), EXIT),
		BAD("misaligned", STACK_ACCESS, 0, RAW_TRACEPOINT, STORE_IMM(BPF_DW, 10, -12, 0),
		    MOV_IMM(0, 0), EXIT),
		BAD("helper's length", UNBOUNDED, 4, RAW_TRACEPOINT, LOAD(BPF_DW, 2, 1, 0),
		    MOV_REG(1, 10), ADD_IMM(1, -16), MOV_IMM(3, 0), CALL(BPF_FUNC_probe_read_kernel),
		    MOV_IMM(0, 0), EXIT),
		BAD("no such helper", UNKNOWN_HELPER, 0, RAW_TRACEPOINT, CALL(9999), EXIT),
		BAD("not this helper", HELPER_FORBIDDEN, 2, KPROBE, MOV_IMM(1, 0), MOV_IMM(2, 0),
		    CALL(BPF_FUNC_redirect), EXIT),
		BAD("argument", ARGUMENT_TYPE, 2, RAW_TRACEPOINT, MOV_IMM(1, 0), MOV_REG(2, 10),
		    CALL(1), EXIT),
		BAD("context", CONTEXT, 0, RAW_TRACEPOINT, LOAD(BPF_DW, 0, 1, 25000), EXIT),
		BAD("no exit", MALFORMED, -1, RAW_TRACEPOINT, MOV_IMM(0, 0)),
		BAD("unreachable", MALFORMED, 2, RAW_TRACEPOINT, MOV_IMM(0, 0), EXIT, MOV_IMM(0, 0),
		    EXIT),
		BAD("jump out", MALFORMED, 1, RAW_TRACEPOINT, MOV_IMM(0, 0), JUMP(10), EXIT),
		BAD("division", MALFORMED, 1, RAW_TRACEPOINT, MOV_IMM(0, 1),
		    INSN(BPF_ALU64 | BPF_DIV | BPF_K, 0, 0, 0, 0), EXIT),
		BAD("map type", MAP_FORBIDDEN, 4, RAW_TRACEPOINT, LD_MAP(1, a), MOV_IMM(2, 8),
		    MOV_IMM(3, 0), CALL(BPF_FUNC_ringbuf_reserve), MOV_IMM(0, 0), EXIT),
		BAD("record kept", REFERENCE, 4, RAW_TRACEPOINT, LD_MAP(1, r), MOV_IMM(2, 8),
		    MOV_IMM(3, 0), CALL(BPF_FUNC_ringbuf_reserve), MOV_IMM(0, 0), EXIT),
		BAD("record not there", MAY_BE_NULL, 7, RAW_TRACEPOINT, LD_MAP(1, r), MOV_IMM(2, 8),
		    MOV_IMM(3, 0), CALL(BPF_FUNC_ringbuf_reserve), MOV_REG(1, 0), MOV_IMM(2, 0),
		    CALL(BPF_FUNC_ringbuf_submit), MOV_IMM(0, 0), EXIT),
		/* tracing programs have a stack for each function since 6.13, these have not */
		BAD("two frames", STACK_LIMIT, -1, SOCKET_FILTER, STORE_IMM(BPF_DW, 10, -400, 0),
		    CALL_SUB(1), EXIT, STORE_IMM(BPF_DW, 10, -304, 0), MOV_IMM(0, 0), EXIT),
		BAD("in a subprogram", BAD_POINTER, 3, RAW_TRACEPOINT, MOV_IMM(1, 0), CALL_SUB(1),
		    EXIT, LOAD(BPF_DW, 0, 1, 0), EXIT),
		BAD("pointer times four", POINTER_MATH, 1, RAW_TRACEPOINT, MOV_REG(0, 10),
		    INSN(BPF_ALU64 | BPF_MUL | BPF_K, 0, 0, 0, 4), EXIT),
		BAD("no such opcode", MALFORMED, -1, RAW_TRACEPOINT, MOV_IMM(0, 0),
		    INSN(0x8f, 0, 0, 0, 0), EXIT),
	};
	uint64_t start = now_ns();

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		provoke(&all[i]);
	printf("%zu bad programs explained in %.1f ms\n", sizeof(all) / sizeof(all[0]),
	       (now_ns() - start) / 1e6);
	sys_close(&a);
	sys_close(&h);
	sys_close(&r);
}

/* Twenty branches, each path with a sum of its own that decides an address: a million steps. */
static void test_too_long(void)
{
	struct map_spec array = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 1 << 21,
				 .max_entries = 1};
	int a = map_create(&array), n = 0;
	const struct bpf_insn head[] = {MOV_REG(6, 1), KEY, LD_MAP(1, a), CALL(1),
					JUMP_IMM(BPF_JEQ, 0, 0, 63), MOV_IMM(7, 0)};
	const struct bpf_insn tail[] = {ADD_REG(0, 7), LOAD(BPF_B, 0, 0, 0), EXIT};
	struct bpf_insn insns[100];
	struct prog_load_spec spec = {.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = insns};
	struct vlog v;
	char *log;
	int fd;

	memcpy(insns, head, sizeof(head));
	n = sizeof(head) / sizeof(head[0]);
	for (int i = 0; i < 20; i++) {
		insns[n++] = LOAD(BPF_DW, 1, 6, i % 12 * 8);
		insns[n++] = JUMP_IMM(BPF_JEQ, 1, 5, 1);
		insns[n++] = ADD_IMM(7, 1 << i);
	}
	memcpy(insns + n, tail, sizeof(tail));
	spec.insn_count = n + 3;
	fd = prog_load_explain(&spec, &log);
	CHECK_EQ(fd, -E2BIG);
	CHECK(log && vlog_parse(log, &v));
	if (log) {
		CHECK_EQ(v.kind, VLOG_TOO_LARGE);
		CHECK_EQ(v.insn, -1);
		CHECK(v.processed > 1000000);
	}
	free(log);
	sys_close(&fd);
	sys_close(&a);
}

int main(void)
{
	struct bpf_insn insns[] = {MOV_IMM(0, 0), EXIT};
	struct prog_load_spec spec = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = insns, .insn_count = 2,
	};
	int fd;

	features_free(features_new()); /* lifts the memory limit of kernels before 5.11 */
	test_texts();
	test_hostile();
	fd = prog_load(&spec);
	if (fd < 0)
		test_skip("programs cannot be loaded here, only texts were tried", fd);
	sys_close(&fd);
	test_provoked();
	test_too_long();
	return test_end();
}
