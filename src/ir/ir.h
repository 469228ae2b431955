/*
 * ir.h - the intermediate representation: functions of basic blocks of three-address
 * instructions over virtual registers, each with the script span it came from.
 *
 *   lower (AST -> IR)          abstract: any number of registers, loads from any space
 *   legalise                   kernel and user loads become helper calls
 *   optimise, liveness, spill  at most the real registers live anywhere
 *   allocate                   registers r0-r9, frame offsets
 *   emit (bpf/)                instructions
 *
 * A virtual register may be assigned any number of times (no SSA). Register 0 is "none".
 * All memory is the compilation's arena.
 */
#ifndef SONDE_IR_H
#define SONDE_IR_H

#include "base/diag.h"

enum ir_op {
#define IR(id, name, doc) IR_##id,
#include "ir/ir.def"
#undef IR
	IR_OP_COUNT
};

enum ir_helper {
	HELPER_NONE,
	LIBRARY_FIRST = 0x10000, /* functions of ours (bpf/library.h), called like helpers */
#define HELPER(id, name, number, kernel) HELPER_##id = number,
#include "ir/helper.def"
#undef HELPER
};

enum ir_loss {
#define LOSS(id, name, text) LOSS_##id,
#include "ir/loss.def"
	LOSS_KERNEL_COUNT,
	LOSS_BEFORE_READER = LOSS_KERNEL_COUNT - 1,
#undef LOSS
#define LOSS(id, name, text)
#define LOSS_READER(id, name, text) LOSS_##id,
#include "ir/loss.def"
#undef LOSS
#undef LOSS_READER
	LOSS_COUNT
};
const char *loss_name(enum ir_loss loss); /* as in JSON */
const char *loss_text(enum ir_loss loss);

enum ir_space { /* where a LOAD or STORE goes, and so how the verifier lets it */
	SPACE_NONE,
	SPACE_CTX,    /* the program's context, constant offsets only */
	SPACE_STACK,  /* the 512-byte frame */
	SPACE_MAP,    /* a map value or ring-buffer record: direct, bounds known */
	SPACE_BTF,    /* a typed kernel pointer: direct load, the kernel handles faults */
	SPACE_KERNEL, /* any kernel address: through probe_read_kernel */
	SPACE_USER,   /* any user address: through probe_read_user */
	SPACE_ANY,    /* strings only: the address tells, where the two do not overlap */
};

enum ir_cond { /* of BRANCH: a COND b */
	COND_EQ, COND_NE, COND_LT, COND_LE, COND_GT, COND_GE, /* unsigned */
	COND_SLT, COND_SLE, COND_SGT, COND_SGE,               /* signed */
	COND_SET,                                              /* a & b != 0 */
};

enum ir_flags {
	IR_SIGNED = 1 << 0,
	IR_QUIET = 1 << 1,
};

typedef uint32_t vreg;

struct ir_val {
	vreg reg;    /* 0: the constant */
	int64_t imm;
};
static inline struct ir_val ir_reg(vreg r) { return (struct ir_val){.reg = r}; }
static inline struct ir_val ir_imm(int64_t i) { return (struct ir_val){.imm = i}; }

struct ir_insn {
	uint8_t op;    /* enum ir_op */
	uint8_t size;
	uint8_t flags;
	uint8_t space; /* enum ir_space, LOAD and STORE */
	uint8_t nargs;
	vreg dst;
	union {
		struct {
			struct ir_val a, b, c;
		};
		struct ir_val args[5]; /* CALL, CALL_FUNC */
	};
	int32_t off;
	uint32_t index; /* frame object, map, function, helper or constant number */
	struct span span;
};

enum ir_exit { EXIT_NONE, EXIT_JUMP, EXIT_BRANCH, EXIT_RETURN };

struct ir_block {
	uint32_t id; /* index in ir_func.blocks */
	VEC(struct ir_insn) insns;
	/* how it ends */
	uint8_t exit;  /* enum ir_exit */
	uint8_t cond;  /* BRANCH */
	uint8_t size;  /* BRANCH: 8, or 4 to compare low halves */
	struct ir_val a, b; /* BRANCH; RETURN: a */
	struct ir_block *to;   /* JUMP; BRANCH when true */
	struct ir_block *other; /* BRANCH when false */
	struct span span;
	bool unlikely; /* error and loss paths: laid out at the end */
};

struct ir_object { /* of the frame */
	uint32_t size, align;
	const char *what; /* for the frame picture */
};

struct ir_func {
	struct arena *arena;
	const char *name;
	uint32_t nargs;      /* 0 for the entry function */
	uint32_t nregs;      /* virtual registers 1..nregs-1 are in use */
	VEC(struct ir_block *) blocks; /* [0] is the entry */
	VEC(struct ir_object) objects;
	/* the builder's place */
	struct ir_block *at;
	struct span span;
};

struct ir_prog {
	struct arena *arena; /* its own: programs may be compiled side by side */
	const char *name;
	VEC(struct ir_func *) funcs; /* [0] is the entry */
	uint32_t control_map;        /* number of the map whose value starts with the loss counters */
	bool rounds;                 /* has loops that the verifier walks round by round */
};

/* Building. ir_emit appends at func->at with func->span. */
struct ir_func *ir_func_new(struct ir_prog *prog, const char *name, uint32_t nargs);
struct ir_block *ir_block_new(struct ir_func *f);
vreg ir_vreg(struct ir_func *f);
uint32_t ir_object_new(struct ir_func *f, uint32_t size, uint32_t align, const char *what);
struct ir_insn *ir_emit(struct ir_func *f, struct ir_insn insn);
vreg ir_mov(struct ir_func *f, struct ir_val a);
void ir_set(struct ir_func *f, vreg dst, struct ir_val a);
vreg ir_alu(struct ir_func *f, enum ir_op op, struct ir_val a, struct ir_val b);
vreg ir_ext(struct ir_func *f, struct ir_val a, unsigned size, bool is_signed);
vreg ir_load(struct ir_func *f, enum ir_space space, vreg base, int32_t off, unsigned size,
	     bool is_signed);
void ir_store(struct ir_func *f, enum ir_space space, vreg base, int32_t off, unsigned size,
	      struct ir_val value);
vreg ir_frame(struct ir_func *f, uint32_t object, int32_t off);
vreg ir_map(struct ir_func *f, uint32_t map);
/* ir_call with IR_KFUNC + the BTF id calls a kernel function instead of a helper. */
enum { IR_KFUNC = 1 << 24 };
/* One of the functions of the BPF library. */
static inline bool ir_is_library(uint32_t called)
{
	return called >= LIBRARY_FIRST && called < IR_KFUNC;
}
vreg ir_kernel_var(struct ir_func *f, uint32_t btf_id);
vreg ir_map_value(struct ir_func *f, uint32_t map, int32_t off);
/* dst is always made; unused ones cost nothing. args: nargs operands. */
vreg ir_call(struct ir_func *f, enum ir_helper helper, unsigned nargs, const struct ir_val *args);
#define IR_ARGS(...) \
	(sizeof((struct ir_val[]){__VA_ARGS__}) / sizeof(struct ir_val)), (struct ir_val[]){__VA_ARGS__}
/* Block ends. ir_branch leaves func->at at `no`; the caller sets at = yes when it wants. */
void ir_jump(struct ir_func *f, struct ir_block *to);
void ir_branch(struct ir_func *f, enum ir_cond cond, struct ir_val a, struct ir_val b,
	       struct ir_block *yes, struct ir_block *no);
void ir_return(struct ir_func *f, struct ir_val value);
void ir_count_loss(struct ir_func *f, const struct ir_prog *prog, enum ir_loss loss);
/* Makes `b` the place to append to. */
static inline void ir_at(struct ir_func *f, struct ir_block *b) { f->at = b; }

/* Every register defined before use on every path, ends set, sizes valid: BUG() if not. */
void ir_verify(const struct ir_prog *prog);
void ir_print(const struct ir_prog *prog, struct buf *out);
const char *ir_helper_name(uint32_t number);
uint32_t ir_helper_kernel(uint32_t number); /* 0xMMmm */

#endif
