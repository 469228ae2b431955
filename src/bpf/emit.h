/*
 * emit.h - allocated IR to instructions, one function at a time.
 */
#ifndef SONDE_BPF_EMIT_H
#define SONDE_BPF_EMIT_H

#include "bpf/asm.h"
#include "bpf/library.h"
#include "ir/pass.h"

struct func_ref { /* an instruction that names a function: its imm is patched at the end */
	uint32_t insn, func;
};

struct emitter {
	struct asm_buf out;
	const struct ir_alloc *alloc; /* of the function at hand */
	asm_label *labels;            /* by block id */
	VEC(struct func_ref) refs;
	VEC(struct library_call) library_calls;
	uint32_t *starts;             /* by function number: its first instruction */
};

void bpf_emit_func(struct emitter *e, const struct ir_alloc *alloc);
/* After the last function: calls and callbacks get their distance, the library what is called of it. */
void bpf_emit_refs(struct emitter *e);

#endif
