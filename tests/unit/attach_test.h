/*
 * attach_test.h - plans made by hand for the tests of loading and attaching: one control map,
 * programs of a few instructions that count into it.
 */
#ifndef SONDE_TESTS_ATTACH_TEST_H
#define SONDE_TESTS_ATTACH_TEST_H

#include <fcntl.h>
#include <unistd.h>

#include "kern/attach.h"
#include "kern/maps.h"
#include "kern_test.h"

enum { COUNTERS_OFFSET = CONTROL_SIZE };

struct fixture {
	struct arena *arena;
	struct sources sources;
	struct diags diags;
	struct plan plan;
	struct kernel_maps maps;
	struct loaded_programs programs;
	struct attached attached;
	struct buf why;
};

static inline void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->arena = arena_new();
	f->sources.arena = f->arena;
	f->diags.arena = f->arena;
	f->diags.sources = &f->sources;
	f->plan.arena = f->arena;
	f->plan.ncpus = 2;
	f->plan.features.attach_cookie = true;
	struct kmap control = {
		.name = "control", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4096,
		.entries = 1, .flags = BPF_F_MMAPABLE,
	};
	avec_push(f->arena, &f->plan.kmaps, control);
}

static inline void fixture_free(struct fixture *f)
{
	detach(&f->attached);
	programs_free(&f->programs);
	kernel_maps_free(&f->maps);
	buf_free(&f->why);
	arena_free(f->arena);
}

static inline struct target *target_new(struct fixture *f, enum provider provider, const char *name)
{
	struct target *t = arena_new_of(f->arena, struct target);

	t->provider = provider;
	t->name = name;
	t->number = -1;
	return t;
}

/*
 * A program that adds 1 to counter `slot`; with own_only only when this process runs, with
 * cookie_slots in slot + cookie of the place instead.
 */
static inline struct program *program_new(struct fixture *f, enum carrier carrier,
					  const struct target *target, unsigned slot, bool own_only,
					  bool cookie_slots)
{
	struct program *p = arena_new_of(f->arena, struct program);
	struct bpf_code *code = arena_new_of(f->arena, struct bpf_code);
	struct bpf_insn ld[] = {LD_IMM64(BPF_REG_7, 0, 0, COUNTERS_OFFSET + (int)slot * 8)};
	struct bpf_reloc reloc = {.kind = RELOC_MAP_VALUE, .index = KMAP_CONTROL};
#define ADD(...) do { \
	struct bpf_insn insns_[] = {__VA_ARGS__}; \
	for (size_t i_ = 0; i_ < ARRAY_SIZE(insns_); i_++) \
		avec_push(f->arena, &code->insns, insns_[i_]); \
} while (0)

	ADD(MOV_REG(BPF_REG_6, BPF_REG_1));
	if (own_only) {
		ADD(CALL(BPF_FUNC_get_current_pid_tgid));
		ADD(INSN(BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_0, 0, 0, 32));
		ADD(JUMP_IMM(BPF_JNE, BPF_REG_0, getpid(), cookie_slots ? 9 : 4));
	}
	reloc.insn = code->insns.n;
	avec_push(f->arena, &code->relocs, reloc);
	ADD(ld[0], ld[1]);
	if (cookie_slots)
		ADD(MOV_REG(BPF_REG_1, BPF_REG_6), CALL(BPF_FUNC_get_attach_cookie),
		    INSN(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_0, 0, 0, 7),
		    INSN(BPF_ALU64 | BPF_LSH | BPF_K, BPF_REG_0, 0, 0, 3),
		    ADD_REG(BPF_REG_7, BPF_REG_0));
	ADD(MOV_IMM(BPF_REG_2, 1), ATOMIC(BPF_ADD, BPF_REG_7, 0, BPF_REG_2));
	ADD(MOV_IMM(BPF_REG_0, 0), EXIT);
#undef ADD
	for (size_t i = 0; i < code->insns.n; i++)
		avec_push(f->arena, &code->spans, ((struct span){0}));
	p->name = "test";
	p->carrier = carrier;
	p->number = f->plan.programs.n;
	p->code = code;
	if (target)
		avec_push(f->arena, &p->attachments, ((struct attachment){.target = target}));
	avec_push(f->arena, &f->plan.programs, p);
	return p;
}

static inline void diags_show(struct fixture *f)
{
	struct buf out = {0};

	diags_print(&f->diags, &out, false);
	fprintf(stderr, "%s%s\n", buf_str(&out), buf_str(&f->why));
	buf_free(&out);
}

/* Maps made and programs loaded; skips the test where that is not permitted. */
static inline bool fixture_load(struct fixture *f, const struct load_options *extra)
{
	struct load_options options = extra ? *extra : (struct load_options){0};
	int err = kernel_maps_create(&f->maps, &f->plan, 0, NULL, &f->why);

	if (err == -EPERM)
		test_skip("BPF maps are not permitted", err);
	CHECK_EQ(err, 0);
	options.diags = &f->diags;
	return !err && programs_load(&f->programs, &f->plan, &f->maps, &options);
}

static inline bool fixture_attach(struct fixture *f, int64_t pid)
{
	struct attach_options options = {.pid = pid, .diags = &f->diags};

	return attach_plan(&f->attached, &f->plan, &f->programs, &f->maps, &options);
}

static inline uint64_t counter(const struct fixture *f, unsigned slot)
{
	const uint64_t *values = (const uint64_t *)((const char *)f->maps.control + COUNTERS_OFFSET);

	return __atomic_load_n(&values[slot], __ATOMIC_SEQ_CST);
}

/* A tracepoint's id, or a skipped test. */
static inline uint32_t tracepoint_id(const char *event)
{
	char *path = xasprintf("/sys/kernel/tracing/events/%s/id", event);
	struct buf text = {0};
	int err = buf_read_file(&text, path, 64);

	free(path);
	if (err)
		test_skip("tracefs is not mounted at /sys/kernel/tracing", err);
	uint32_t id = atoi(buf_str(&text));
	buf_free(&text);
	return id;
}

#endif
