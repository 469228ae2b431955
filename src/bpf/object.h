/*
 * object.h - one program as relocatable BPF code: what the back end gives and the loader takes.
 *
 *   ir_prog --compile--> struct bpf_code {insns, relocations, spans}
 *
 * Maps and constants are numbers of the plan (ir/plan.h); file descriptors and values are
 * filled in by kern/ just before loading, so the code is the same on every machine.
 */
#ifndef SONDE_BPF_OBJECT_H
#define SONDE_BPF_OBJECT_H

#include <linux/bpf.h>

#include "ir/ir.h"

enum bpf_reloc_kind {
	RELOC_MAP,       /* ld_imm64: map fd (BPF_PSEUDO_MAP_FD) */
	RELOC_MAP_VALUE, /* ld_imm64: map fd + offset into value (BPF_PSEUDO_MAP_VALUE) */
	RELOC_CONSTANT,  /* ld_imm64: 64-bit constant */
};

struct bpf_reloc {
	uint32_t insn;  /* index of the first of the two slots */
	uint8_t kind;
	uint32_t index; /* map or constant number */
};

struct bpf_func_start {
	uint32_t insn;
	const char *name;
};

struct bpf_code {
	const char *name;
	VEC(struct bpf_insn) insns;
	VEC(struct span) spans;     /* one per instruction slot */
	VEC(struct bpf_reloc) relocs; /* in the order of their instructions */
	VEC(struct bpf_func_start) funcs; /* [0] is the entry, at 0 */
	uint32_t frame_bytes;       /* of the function that has most; those of the library are not counted */
};

/*
 * The whole back end: legalise, optimise, allocate, emit. NULL with a diagnostic when the
 * program does not fit (PROGRAM_TOO_LARGE, FRAME_TOO_LARGE). `dump_alloc`, when not NULL,
 * gets the IR after allocation with the frame picture. The IR is rewritten in place: print
 * it before. Functions that nothing calls are left out, so funcs[] may be shorter than
 * prog->funcs.
 */
struct bpf_code *bpf_compile(struct ir_prog *prog, struct diags *diags, struct buf *dump_alloc);

/*
 * Text, one instruction a line: `   12: r1 = *(u64 *)(r6 + 16)`; a line `; LINE:COL source`
 * before the first instruction of each script line; maps by the names given.
 */
void bpf_print(const struct bpf_code *code, const struct sources *sources,
	       const char *(*map_name)(uint32_t map, void *ctx), void *ctx, struct buf *out);

#endif
