/*
 * library.h - functions written in C (src/bpf/ *.bpf.c) that compiled scripts call.
 *
 *   *.bpf.c --clang--> *.bpf.o --scripts/embed-bpf.c--> bpf_library --bpf_library_link--> struct bpf_code
 *
 * A script's program calls one as it calls a helper (HELPER rows from LIBRARY_FIRST on in
 * ir/helper.def); what is called, and only that, is put behind the program's own functions.
 * Built without clang the library is empty: ask bpf_library_function before lowering to a call.
 */
#ifndef SONDE_BPF_LIBRARY_H
#define SONDE_BPF_LIBRARY_H

#include "bpf/object.h"

enum library_ref_kind { LIBRARY_REF_CALL, LIBRARY_REF_CALLBACK, LIBRARY_REF_MAP };

struct library_ref {
	uint32_t insn;      /* in insns */
	uint8_t kind;       /* enum library_ref_kind */
	uint32_t function;  /* CALL, CALLBACK: number in functions */
	const char *map;    /* MAP: its name in C */
};

struct library_function {
	const char *name;
	uint32_t first, count; /* instructions */
};

struct bpf_library {
	const struct bpf_insn *insns;
	const struct library_function *functions;
	const struct library_ref *refs; /* by insn */
	uint32_t nfunctions, nrefs;
};

extern const struct bpf_library bpf_library; /* made when sonde is built */

/* The function that stands behind a helper number; NULL: the library was not built. */
const struct library_function *bpf_library_function(uint32_t helper);
/* Bytes of stack that a call of it takes at most, all functions on the way together. */
uint32_t bpf_library_stack(const struct library_function *f);

/*
 * How a function of the library is called that the kernel verifies by itself, once for all its callers
 * (a global function: it is told the types, and the function looks whether a pointer is NULL): a
 * letter for each argument. NULL: not so, or no function of the library.
 *
 *   w  struct unwind_walk *      s  the words of a stack, u64 [STACK_MAX_DEPTH]      n  a number
 *   e  struct stack_entry *
 */
const char *bpf_library_global(const char *name);

struct library_call { /* an instruction of the code that calls a function of the library */
	uint32_t insn, helper;
};

/* Puts what the calls need behind the code and patches them. */
void bpf_library_link(struct bpf_code *code, struct arena *arena, const struct library_call *calls, size_t n);

#endif
