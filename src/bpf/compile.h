/*
 * compile.h - the back end with somebody looking on: tests run the IR after every pass.
 */
#ifndef SONDE_BPF_COMPILE_H
#define SONDE_BPF_COMPILE_H

#include "bpf/object.h"

struct bpf_watch {
	/* After `stage` of function f. The IR of the whole program is as it stands: valid. */
	void (*seen)(void *ctx, const char *stage, const struct ir_prog *prog);
	void *ctx;
};

/* As bpf_compile; watch may be NULL. */
struct bpf_code *bpf_compile_watched(struct ir_prog *prog, struct diags *diags,
				     struct buf *dump_alloc, const struct bpf_watch *watch);

#endif
