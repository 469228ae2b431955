/*
 * Loading: relocations of every kind, callbacks, what the verifier refuses (said at the
 * script's position), and that failures on the way to attached leave nothing behind.
 */
#include <sys/syscall.h>

#include "attach_test.h"
#include "kern/sys.h"

static struct program *program_of(struct fixture *f, enum carrier carrier,
				  const struct bpf_insn *insns, unsigned count)
{
	struct program *p = program_new(f, carrier, target_new(f, PROVIDER_BEGIN, "begin"), 0, false,
					false);

	p->code->insns.n = p->code->spans.n = p->code->relocs.n = 0;
	for (unsigned i = 0; i < count; i++) {
		avec_push(f->arena, &p->code->insns, insns[i]);
		avec_push(f->arena, &p->code->spans, ((struct span){0}));
	}
	return p;
}
#define PROGRAM(f, carrier, ...) \
	program_of(f, carrier, (struct bpf_insn[]){__VA_ARGS__}, \
		   ARRAY_SIZE(((struct bpf_insn[]){__VA_ARGS__})))

static void reloc(struct fixture *f, struct program *p, uint32_t insn, enum bpf_reloc_kind kind,
		  uint32_t index)
{
	struct bpf_reloc r = {.insn = insn, .kind = kind, .index = index};

	avec_push(f->arena, &p->code->relocs, r);
}

/* A 64-bit constant, and a map by its descriptor: element 0 looked up. */
static void test_relocations(void)
{
	struct fixture f;
	uint64_t constants[] = {1, 0x1122334455667788};
	struct load_options options = {.constants = constants, .constant_count = 2};

	fixture_init(&f);
	struct program *p = PROGRAM(&f, CARRIER_RUN,
		STORE_IMM(BPF_W, BPF_REG_10, -4, 0),
		LD_IMM64(BPF_REG_1, 0, 0, 0),
		MOV_REG(BPF_REG_2, BPF_REG_10), ADD_IMM(BPF_REG_2, -4),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JEQ, BPF_REG_0, 0, 3),
		LD_IMM64(BPF_REG_1, 0, 0, 0),
		STORE(BPF_DW, BPF_REG_0, COUNTERS_OFFSET, BPF_REG_1),
		MOV_IMM(BPF_REG_0, 0), EXIT);
	reloc(&f, p, 1, RELOC_MAP, KMAP_CONTROL);
	reloc(&f, p, 7, RELOC_CONSTANT, 1);
	if (!fixture_load(&f, &options)) {
		diags_show(&f);
		CHECK(false);
	}
	CHECK(fixture_attach(&f, 0));
	CHECK_EQ(attached_run(&f.attached, 0, NULL), 0);
	CHECK_EQ(counter(&f, 0), 0x1122334455667788);
	struct buf text = {0};
	programs_print(&f.programs, &f.plan, &text);
	CHECK(strstr(buf_str(&text), "12 instructions"));
	buf_free(&text);
	fixture_free(&f);
}

/* bpf_loop over a function of the program: the kernel wants to be told about it. */
static void test_callback(void)
{
	struct fixture f;

	fixture_init(&f);
	struct program *p = PROGRAM(&f, CARRIER_RUN,
		MOV_IMM(BPF_REG_1, 10),
		LD_FUNC(BPF_REG_2, 6),
		MOV_IMM(BPF_REG_3, 0), MOV_IMM(BPF_REG_4, 0),
		CALL(BPF_FUNC_loop),
		MOV_IMM(BPF_REG_0, 0), EXIT,
		LD_IMM64(BPF_REG_1, 0, 0, COUNTERS_OFFSET),
		MOV_IMM(BPF_REG_2, 1), ATOMIC(BPF_ADD, BPF_REG_1, 0, BPF_REG_2),
		MOV_IMM(BPF_REG_0, 0), EXIT);
	struct bpf_func_start start = {.insn = 0, .name = "entry"}, callback = {.insn = 8, .name = "loop"};
	avec_push(f.arena, &p->code->funcs, start);
	avec_push(f.arena, &p->code->funcs, callback);
	reloc(&f, p, 8, RELOC_MAP_VALUE, KMAP_CONTROL);
	if (!fixture_load(&f, NULL)) {
		diags_show(&f);
		CHECK(false);
	}
	CHECK(fixture_attach(&f, 0));
	CHECK_EQ(attached_run(&f.attached, 0, NULL), 0);
	CHECK_EQ(counter(&f, 0), 10);
	fixture_free(&f);
}

/* r0 is not set at exit: said where the script has it. */
static void test_refused(void)
{
	struct fixture f;
	struct buf log = {0};
	struct load_options options = {.log = &log};

	fixture_init(&f);
	source_add(&f.sources, "script", "begin { bad }\n", 14);
	struct program *p = PROGRAM(&f, CARRIER_RUN, MOV_IMM(BPF_REG_3, 0), EXIT);
	p->code->spans.v[1] = (struct span){.off = f.sources.list.v[0]->base + 8, .len = 3};
	CHECK(!fixture_load(&f, &options));
	CHECK_EQ(f.diags.list.n, 1);
	CHECK_EQ(f.diags.list.v[0].id, DIAG_VERIFIER);
	CHECK_EQ(f.diags.list.v[0].span.off, f.sources.list.v[0]->base + 8);
	CHECK(strstr(buf_str(&log), "R0 !read_ok"));
	CHECK_EQ(f.programs.list.n, 0);
	buf_free(&log);
	fixture_free(&f);
}

static void test_no_such_tracepoint(void)
{
	struct fixture f;
	unsigned before = open_files();

	fixture_init(&f);
	struct program *p = PROGRAM(&f, CARRIER_RAW_TRACEPOINT, MOV_IMM(BPF_REG_0, 0), EXIT);
	struct program *good = program_new(&f, CARRIER_RAW_TRACEPOINT,
					   target_new(&f, PROVIDER_RAWTRACEPOINT, "rawtracepoint:sys_exit"),
					   1, true, false);
	/* the good one is attached first, and must be gone again */
	f.plan.programs.v[0] = good;
	f.plan.programs.v[1] = p;
	good->event = "sys_exit";
	p->event = "no_such_event";
	CHECK(fixture_load(&f, NULL));
	CHECK(!fixture_attach(&f, 0));
	CHECK_EQ(f.diags.list.n, 1);
	CHECK_EQ(f.diags.list.v[0].id, DIAG_HOOK_MISSING);
	CHECK(strstr(f.diags.list.v[0].message, "no_such_event"));
	CHECK(!strstr(f.diags.list.v[0].message, "errno"));
	uint64_t count = counter(&f, 1);
	syscall(SYS_getppid);
	CHECK_EQ(counter(&f, 1), count);
	fixture_free(&f);
	CHECK_EQ(open_files(), before);
}

/* Every system call on the way from nothing to attached fails once. */
static void test_failures(enum sys_call call, long cmd, int error)
{
	unsigned before = open_files(), nth = 1;

	for (;; nth++) {
		struct fixture f;
		fixture_init(&f);
		for (unsigned i = 0; i < 2; i++) {
			struct target *t = target_new(&f, PROVIDER_PROFILE, "profile:ms:100");
			t->period = 100000000;
			program_new(&f, CARRIER_PERF_EVENT, t, i, false, false);
		}
		CHECK(fixture_load(&f, NULL));
		sys_fault_set(call, cmd, nth, error);
		bool ok = fixture_attach(&f, 0);
		sys_fault_clear();
		if (!ok) {
			CHECK_EQ(f.diags.list.n, 1);
			CHECK_EQ(f.attached.links.n, 0);
		}
		fixture_free(&f);
		CHECK_EQ(open_files(), before);
		if (ok)
			break;
	}
	CHECK(nth > 1);
}

int main(void)
{
	test_relocations();
	test_callback();
	test_refused();
	test_no_such_tracepoint();
	test_failures(SYS_CALL_PERF_EVENT_OPEN, -1, EMFILE);
	test_failures(SYS_CALL_BPF, BPF_LINK_CREATE, EPERM);
	test_failures(SYS_CALL_IOCTL, -1, EINVAL);
	return test_end();
}
