/* library.c - see library.h. */
#include "bpf/library.h"

#include <stdlib.h>

#include "ir/plan.h"

/* What a library function's maps are in the plan. */
static const struct {
	const char *name;
	uint32_t kmap;
} library_maps[] = {
	{"unwind_spaces", KMAP_UNWIND_SPACES}, {"unwind_areas", KMAP_UNWIND_AREAS},
	{"unwind_pages", KMAP_UNWIND_PAGES},   {"unwind_rows", KMAP_UNWIND_ROWS},
	{"unwind_rules", KMAP_UNWIND_RULES},   {"unwind_wanted", KMAP_UNWIND_WANTED},
	{"unwind_files", KMAP_UNWIND_FILES},   {"unwind_layout", KMAP_UNWIND_LAYOUT},
	{"unwind_recent", KMAP_UNWIND_RECENT},
	{"python_known", KMAP_PYTHON_KNOWN},   {"python_met", KMAP_PYTHON_MET},
	{"named_frames", KMAP_NAMED_FRAMES},   {"named_texts", KMAP_NAMED_TEXTS},
	{"python_threads", KMAP_PYTHON_THREADS}, {"python_processes", KMAP_PYTHON_PROCESSES},
};

const struct library_function *bpf_library_function(uint32_t helper)
{
	const char *name = ir_helper_name(helper);

	for (uint32_t i = 0; i < bpf_library.nfunctions; i++)
		if (str_eq(bpf_library.functions[i].name, name))
			return &bpf_library.functions[i];
	return NULL;
}

/* ---- stack ---- */

/*
 * The lowest byte that a function's code names below its frame pointer: in loads and stores, and
 * where an address is made by a move of the frame pointer and an addition.
 */
static uint32_t frame_bytes(const struct library_function *f)
{
	int32_t lowest = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		const struct bpf_insn *insn = &bpf_library.insns[f->first + i];
		unsigned class = BPF_CLASS(insn->code);

		if ((class == BPF_STX || class == BPF_ST) && insn->dst_reg == BPF_REG_10)
			lowest = MIN_OF(lowest, insn->off);
		else if (class == BPF_LDX && insn->src_reg == BPF_REG_10)
			lowest = MIN_OF(lowest, insn->off);
		else if (i + 1 < f->count && insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) &&
			 insn->src_reg == BPF_REG_10 && insn[1].code == (BPF_ALU64 | BPF_ADD | BPF_K))
			lowest = MIN_OF(lowest, insn[1].imm);
	}
	/* As the kernel counts: whole 32 bytes, and at least that. */
	return ROUND_UP(MAX_OF(-lowest, 1), 32);
}

static bool is_within(const struct library_function *f, uint32_t insn)
{
	return insn >= f->first && insn - f->first < f->count;
}

uint32_t bpf_library_stack(const struct library_function *f)
{
	uint32_t below = 0;

	for (uint32_t i = 0; i < bpf_library.nrefs; i++) {
		const struct library_ref *ref = &bpf_library.refs[i];

		if (is_within(f, ref->insn) && ref->kind != LIBRARY_REF_MAP)
			below = MAX_OF(below, bpf_library_stack(&bpf_library.functions[ref->function]));
	}
	return frame_bytes(f) + below;
}

const char *bpf_library_global(const char *name)
{
	static const struct {
		const char *name, *arguments;
	} globals[] = {
		{"hash_stack", "e"}, {"same_stack", "ee"}, {"unwind_user", "ws"}, {"advance", "w"}, {"find_area", "w"},
		{"find_rule", "wn"}, {"remember", "w"}, {"take_return", "wn"}, {"kernel_word", "n"},
		{"move_window", "wn"}, {"user_word", "wn"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(globals); i++)
		if (name && str_eq(globals[i].name, name))
			return globals[i].arguments;
	return NULL;
}

/* ---- linking ---- */

struct linker {
	struct bpf_code *code;
	struct arena *arena;
	uint32_t *starts; /* by function: its first instruction in the code; 0: not there yet */
};

static uint32_t map_number(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(library_maps); i++)
		if (str_eq(library_maps[i].name, name))
			return library_maps[i].kmap;
	BUG("the library's map %s is not in the plan", name);
}

/* A function's instructions and relocations; its calls are still to be patched. */
static void put_code(struct linker *l, const struct library_function *f)
{
	uint32_t start = l->code->insns.n;

	avec_push(l->arena, &l->code->funcs, ((struct bpf_func_start){.insn = start, .name = f->name}));
	for (uint32_t i = 0; i < f->count; i++) {
		avec_push(l->arena, &l->code->insns, bpf_library.insns[f->first + i]);
		avec_push(l->arena, &l->code->spans, (struct span){0});
	}
	for (uint32_t i = 0; i < bpf_library.nrefs; i++) {
		const struct library_ref *ref = &bpf_library.refs[i];

		if (is_within(f, ref->insn) && ref->kind == LIBRARY_REF_MAP)
			avec_push(l->arena, &l->code->relocs, ((struct bpf_reloc){
				.insn = start + ref->insn - f->first, .kind = RELOC_MAP,
				.index = map_number(ref->map)}));
	}
}

/* With all that it calls, behind it: so relocations stay in the order of the code. */
static uint32_t put_function(struct linker *l, uint32_t number)
{
	const struct library_function *f = &bpf_library.functions[number];
	uint32_t start = l->code->insns.n;

	if (l->starts[number])
		return l->starts[number];
	l->starts[number] = start;
	put_code(l, f);
	for (uint32_t i = 0; i < bpf_library.nrefs; i++) {
		const struct library_ref *ref = &bpf_library.refs[i];
		uint32_t at = start + ref->insn - f->first;

		if (!is_within(f, ref->insn) || ref->kind == LIBRARY_REF_MAP)
			continue;
		int32_t distance = (int32_t)((int64_t)put_function(l, ref->function) - at - 1);
		struct bpf_insn *insn = &l->code->insns.v[at];
		insn->src_reg = ref->kind == LIBRARY_REF_CALL ? BPF_PSEUDO_CALL : BPF_PSEUDO_FUNC;
		insn->imm = distance;
	}
	return start;
}

void bpf_library_link(struct bpf_code *code, struct arena *arena, const struct library_call *calls, size_t n)
{
	struct linker l = {code, arena, xcalloc(MAX_OF(bpf_library.nfunctions, 1u), sizeof(*l.starts))};

	for (size_t i = 0; i < n; i++) {
		const struct library_function *f = bpf_library_function(calls[i].helper);

		if (!f)
			BUG("%s is not in the library", ir_helper_name(calls[i].helper));
		uint32_t start = put_function(&l, (uint32_t)(f - bpf_library.functions));
		code->insns.v[calls[i].insn].imm = (int32_t)((int64_t)start - calls[i].insn - 1);
	}
	free(l.starts);
}
