/*
 * load.h - the programs of a plan, given to the kernel.
 *
 *   plan->programs[i]->code --relocate, load--> programs->list[i] {fd}
 *
 * A program is first loaded without a log; only when the kernel refuses is it loaded again
 * with one. The refusing instruction is looked up in code->spans, so that the user sees
 * their own line, and why in plain words (vlog.h).
 */
#ifndef SONDE_KERN_LOAD_H
#define SONDE_KERN_LOAD_H

#include "bpf/object.h"
#include "ir/plan.h"
#include "kern/maps.h"

struct loaded_program {
	int fd;
	uint32_t insns;
	uint64_t load_ns;
};

struct loaded_programs {
	VEC(struct loaded_program) list; /* by index in plan->programs */
};

struct load_options {
	const uint64_t *constants; /* by number: what RELOC_CONSTANT asks for */
	size_t constant_count;
	/* The type id that a program on this BTF tracepoint is loaded against; module NULL: the kernel's
	 * own. 0: none. */
	uint32_t (*btf_tracepoint)(void *ctx, const char *module, const char *event);
	/* The same for the function that an iterator's programs stand for. */
	uint32_t (*btf_iterator)(void *ctx, const char *name);
	void *btf_ctx;
	struct diags *diags;
	struct buf *log; /* -v: the verifier's log of a refused program; may be NULL */
};

/*
 * All programs of the plan, or none: false with VERIFIER or HOOK_MISSING diagnostics.
 * kernel_maps must outlive nothing: the kernel keeps the maps that programs use.
 */
bool programs_load(struct loaded_programs *programs, const struct plan *plan,
		   const struct kernel_maps *maps, const struct load_options *options);
void programs_free(struct loaded_programs *programs);
/* -v: one line a program: name, carrier, instructions, load time. */
void programs_print(const struct loaded_programs *programs, const struct plan *plan,
		    struct buf *out);

const char *carrier_name(enum carrier carrier); /* "raw tracepoint" */

#endif
