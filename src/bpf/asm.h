/*
 * asm.h - the assembler: one BPF instruction at a time, jumps to labels only.
 *
 * What does not survive the encoding unchanged (an immediate beyond 32 bits, an offset
 * beyond 16, a register beyond r10) is BUG(): the passes before see to it. Jumps reach
 * 32767 instructions; where one is further, a `goto` is put half-way:
 *
 *     if r1 == 0 goto L   ...   goto over; L': goto L; over:   ...   L:
 *
 * Instruction set: that of 5.12 (64-bit and 32-bit jumps and arithmetic, fetching atomics
 * only where the program asks for them), no sign-extending loads, no gotol.
 */
#ifndef SONDE_BPF_ASM_H
#define SONDE_BPF_ASM_H

#include "bpf/object.h"

typedef uint32_t asm_label;

struct asm_place { /* of a label */
	int64_t at;       /* where jumps may go; -1: not yet */
	uint32_t refs;    /* jumps still to come, as announced */
	uint32_t waiting; /* forward jumps: the last one in asm_buf.jumps, + 1 */
};

struct asm_jump {
	uint32_t insn;
	uint32_t before;  /* the one to the same label before it, + 1 */
};

struct asm_buf {
	struct arena *arena;
	struct bpf_code *code;
	struct span span;                /* of the instructions to come */
	VEC(struct asm_place) labels;
	VEC(struct asm_jump) jumps;
	uint32_t check_at;               /* next instruction where reach must be looked at */
	uint32_t reach;                  /* how far a jump may go */
	bool in_island;
};

void asm_init(struct asm_buf *a, struct arena *arena, struct bpf_code *code);
/* `refs`: how many jumps will go there (islands are made only while some are to come). */
asm_label asm_label_new(struct asm_buf *a, uint32_t refs);
void asm_bind(struct asm_buf *a, asm_label label);
/* BUG() when a label that is jumped to was never bound. Once per function. */
void asm_finish(struct asm_buf *a);

void asm_mov(struct asm_buf *a, unsigned dst, unsigned src);
void asm_mov32(struct asm_buf *a, unsigned dst, unsigned src);
/* Any 64-bit constant, in the shortest form. */
void asm_mov_imm(struct asm_buf *a, unsigned dst, int64_t imm);
/* op: BPF_ADD ...; size 4 or 8. */
void asm_alu(struct asm_buf *a, unsigned op, unsigned size, unsigned dst, unsigned src);
void asm_alu_imm(struct asm_buf *a, unsigned op, unsigned size, unsigned dst, int64_t imm);
void asm_bswap(struct asm_buf *a, unsigned size, unsigned dst);
void asm_load(struct asm_buf *a, unsigned size, unsigned dst, unsigned base, int64_t off);
void asm_store(struct asm_buf *a, unsigned size, unsigned base, int64_t off, unsigned src);
void asm_store_imm(struct asm_buf *a, unsigned size, unsigned base, int64_t off, int64_t imm);
/* op: BPF_ADD, BPF_ADD | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG. */
void asm_atomic(struct asm_buf *a, unsigned op, unsigned size, unsigned base, int64_t off,
		unsigned src);
/* op: BPF_JEQ ... */
void asm_jump_if(struct asm_buf *a, unsigned op, unsigned size, unsigned dst, unsigned src,
		 asm_label to);
void asm_jump_if_imm(struct asm_buf *a, unsigned op, unsigned size, unsigned dst, int64_t imm,
		     asm_label to);
void asm_jump(struct asm_buf *a, asm_label to);
void asm_call(struct asm_buf *a, uint32_t helper);
void asm_exit(struct asm_buf *a);
/* Two slots: a map, a place in a map value, a constant. */
void asm_load_reloc(struct asm_buf *a, unsigned dst, enum bpf_reloc_kind kind, uint32_t index,
		    int32_t off);
/* A function by number, to be patched when all starts are known: returns the instruction. */
uint32_t asm_call_func(struct asm_buf *a);
/* The kernel variable of a BTF id (of vmlinux). */
void asm_load_kernel_var(struct asm_buf *a, unsigned dst, uint32_t id);
uint32_t asm_load_func(struct asm_buf *a, unsigned dst);

#endif
