/*
 * generator.h - what the files that write the BPF programs of `sonde strace` share.
 *
 * Registers:  r6 the context, later a length or an address; r7 the thread's entry;
 *             r8 where the next item begins; r9 the plan, or its step at hand
 * Stack:      -4 the thread; -8 its slot; -16 a number or pointer read from the program; -24 a count;
 *             -32 a length; -40 thread and process; from -96 a struct msghdr; below it the registers
 *             of the system call (without BTF)
 *
 * Lengths and places that come from memory are compared with constants before they are used, each
 * time anew: that is what the verifier, and everybody else, goes by.
 */
#ifndef SONDE_RUN_STRACE_GENERATOR_H
#define SONDE_RUN_STRACE_GENERATOR_H

#include <stddef.h>

#include "bpf/asm.h"
#include "ir/arch.h"
#include "run/strace/program.h"

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, FP };
enum { AT_TID = -4, AT_SLOT = -8, AT_NUMBER = -16, AT_COUNT = -24, AT_LENGTH = -32,
	AT_PROCESS = -40, AT_MESSAGE = -96, MESSAGE_SIZE = 56 };
/*
 * Where the frame of a signal handler, at its return, holds the mask: struct rt_sigframe without the return
 * address on x86-64 (ucontext: flags, link, stack, 256 bytes of registers, mask); on arm64 behind 128
 * bytes of siginfo (ucontext: flags, link, stack, mask).
 */
#if defined(__aarch64__)
enum { FRAME_MASK = 168 };
#else
enum { FRAME_MASK = 296 };
#endif
enum { ERROR_MIN = -4095 }; /* results from here to -1 are errors */

#define THREAD(field) offsetof(struct strace_thread, field)
#define RECORD(field) (THREAD(record) + offsetof(struct strace_record, field))
#define ITEMS sizeof(struct strace_thread)
#define ITEM_SIZE sizeof(struct strace_item)
#define COUNTER(field) offsetof(struct strace_counters, field)

struct generator {
	struct asm_buf a;
	const struct strace_options *o;
	const struct arch *arch;
	unsigned regs;       /* where registers are read: this register, */
	int32_t regs_offset; /* and this far from it */
	asm_label out;       /* the end: return 0 */
};

#define A (&g->a)
#define LOAD(size, dst, base, off) asm_load(A, size, dst, base, off)
#define STORE(size, base, off, src) asm_store(A, size, base, off, src)
#define STORE_IMM(size, base, off, imm) asm_store_imm(A, size, base, off, imm)
#define MOV(dst, src) asm_mov(A, dst, src)
#define MOV_IMM(dst, imm) asm_mov_imm(A, dst, imm)
#define ADD(dst, src) asm_alu(A, BPF_ADD, 8, dst, src)
#define ADD_IMM(dst, imm) asm_alu_imm(A, BPF_ADD, 8, dst, imm)
#define AND_IMM(dst, imm) asm_alu_imm(A, BPF_AND, 8, dst, imm)
#define SHIFT(op, dst, imm) asm_alu_imm(A, op, 8, dst, imm)
#define IF(op, dst, src, to) asm_jump_if(A, op, 8, dst, src, to)
#define IF_IMM(op, dst, imm, to) asm_jump_if_imm(A, op, 8, dst, imm, to)
#define GOTO(to) asm_jump(A, to)
#define BIND(label) asm_bind(A, label)
#define CALL(name) asm_call(A, BPF_FUNC_##name)

/* How many jumps go to a label is known in the end: then the numbers are put right. */
static inline asm_label label(struct generator *g)
{
	return asm_label_new(A, 1 << 20);
}

static inline void load_map(struct generator *g, unsigned dst, enum strace_map map)
{
	asm_load_reloc(A, dst, RELOC_MAP, map, 0);
}

static inline void load_map_value(struct generator *g, unsigned dst, enum strace_map map)
{
	asm_load_reloc(A, dst, RELOC_MAP_VALUE, map, 0);
}

/* dst = the plan of the number in dst, which is below STRACE_CALLS. Clobbers `other`. */
void find_plan(struct generator *g, unsigned dst, unsigned other);
/* r9 = the plan of the record at hand. Clobbers r1. */
void reload_plan(struct generator *g);

/* ---- copy.c; all clobber r0-r6, r8, r9 ---- */
/* The steps of the plan at r9. */
void emit_steps(struct generator *g, bool before);
/* What a new program is started with; r9 is the plan. */
void emit_exec(struct generator *g);
/* Iovecs, messages, lists of entries; r9 is the plan. */
void emit_vectors(struct generator *g);

#endif
