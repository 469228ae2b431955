/*
 * pass.h - the passes of the back end, in the order they run, and the analyses they share.
 *
 *   simplify     unreachable, empty and mergeable blocks, jumps through known constants
 *   dce          what nobody reads
 *   legalise     loads through helpers, signed division, offsets beyond 16 bits
 *   once         what a helper says throughout a run is asked once
 *   fold         constants and copies forward, identities, operand forms, shift counts; with dce and simplify
 *   address      frame objects and constant offsets into loads and stores; then dce
 *   sink         what one side of a branch needs goes to that side
 *   constrain    two-operand form; arguments, results and the context in fixed registers
 *   spill        values beyond the registers go to frame slots, cheap ones are made again
 *   colour       registers assigned
 *   frame        objects and slots placed in 512 bytes
 *   layout       blocks in order
 *
 * A pass takes and gives verified IR. After `address` a LOAD or STORE of SPACE_STACK whose
 * operand `a` is no register addresses frame object `index` directly. After `constrain`
 * the registers first_fixed .. first_fixed + 9 are r0-r9.
 */
#ifndef SONDE_IR_PASS_H
#define SONDE_IR_PASS_H

#include "ir/ir.h"

enum { PHYS_COUNT = 10, PHYS_SAVED = 6 }; /* r6-r9 survive calls */

enum ir_traits {
	USES_A = 1, USES_B = 2, USES_C = 4, USES_ARGS = 8,
	HAS_DST = 16,
	IS_PURE = 32,    /* may go when dst is not read */
	IS_BINARY = 64,  /* dst = a OP b, on `size` 4 or 8 */
	COMMUTES = 128,
};
extern const uint8_t ir_traits[IR_OP_COUNT];
extern const char *const ir_op_names[IR_OP_COUNT];
extern const char *const ir_cond_names[];

enum { MAX_USES = 8 };
/* The places of all registers an instruction (or a block's end) reads. */
unsigned ir_insn_uses(struct ir_insn *insn, vreg *out[MAX_USES]);
unsigned ir_exit_uses(struct ir_block *b, vreg *out[MAX_USES]);
unsigned ir_successors(const struct ir_block *b, struct ir_block *out[2]);
static inline bool ir_is_call(const struct ir_insn *insn)
{
	return insn->op == IR_CALL || insn->op == IR_CALL_FUNC;
}
/* Memory at [a + off] is read or written. */
static inline bool ir_is_access(const struct ir_insn *insn)
{
	return insn->op == IR_LOAD || insn->op == IR_STORE ||
	       (insn->op >= IR_ATOMIC_ADD && insn->op <= IR_CMPXCHG);
}
/* LOAD or STORE of a frame object without a base register. */
static inline bool ir_is_direct(const struct ir_insn *insn)
{
	return (insn->op == IR_LOAD || insn->op == IR_STORE) && insn->space == SPACE_STACK &&
	       !insn->a.reg;
}
static inline bool fits_s32(int64_t v) { return v == (int32_t)v; }
static inline bool fits_s16(int64_t v) { return v == (int16_t)v; }
/* The meaning of ALU operations and conditions, in one place for folding and for tests. */
uint64_t ir_eval(const struct ir_insn *insn, uint64_t a, uint64_t b);
bool ir_test(enum ir_cond cond, unsigned size, uint64_t a, uint64_t b);
enum ir_cond ir_cond_inverse(enum ir_cond cond); /* not of COND_SET */
enum ir_cond ir_cond_swapped(enum ir_cond cond); /* b COND a */

/* Instructions being rewritten; given to the block in the end, in just the memory needed. */
struct ir_rewrite {
	VEC(struct ir_insn) insns;
};
void ir_rewrite_finish(struct ir_rewrite *rw, struct ir_func *f, struct ir_block *b);
void ir_rewrite_free(struct ir_rewrite *rw);

/* Reverse postorder of the blocks reached from the entry, and who precedes whom. */
struct ir_cfg {
	uint32_t n;
	struct ir_block **order; /* n blocks */
	uint32_t *rank;          /* by block id; UINT32_MAX: not reached */
	uint32_t *pred_start;    /* by rank, n + 1 entries, into preds */
	uint32_t *preds;         /* ranks */
	float *weight;           /* by rank: how often it runs, relative to the entry */
	bool *cold;              /* by rank: unlikely, or reached through unlikely blocks only */
};
void ir_cfg_build(struct ir_cfg *cfg, const struct ir_func *f, struct arena *arena);
void ir_cfg_weigh(struct ir_cfg *cfg, struct arena *arena); /* fills weight and cold */

/* Bit sets. */
static inline bool bit_get(const uint64_t *set, uint32_t i) { return set[i / 64] >> (i % 64) & 1; }
static inline void bit_set(uint64_t *set, uint32_t i) { set[i / 64] |= 1ull << (i % 64); }
static inline void bit_clear(uint64_t *set, uint32_t i) { set[i / 64] &= ~(1ull << (i % 64)); }

/* Which registers live at block borders. */
struct ir_live {
	uint32_t *start;    /* by rank, n + 1 entries, into out */
	vreg *out;          /* alive where the block ends */
	VEC(vreg) entry;    /* alive where the function begins: read before written */
};
void ir_live_build(struct ir_live *live, const struct ir_func *f, const struct ir_cfg *cfg,
		   struct arena *arena);

/* A set of registers that can be emptied, walked and changed in constant time an element. */
struct ir_set {
	vreg *list;
	uint32_t n, *pos; /* by register: index + 1 in list */
};
void ir_set_init(struct ir_set *set, uint32_t nregs, struct arena *arena);
static inline bool ir_set_has(const struct ir_set *set, vreg r) { return set->pos[r]; }
void ir_set_add(struct ir_set *set, vreg r);
void ir_set_remove(struct ir_set *set, vreg r);
void ir_set_clear(struct ir_set *set);
/* The registers alive where block `rank` ends, what its end reads included. */
void ir_set_block_end(struct ir_set *set, const struct ir_live *live, const struct ir_cfg *cfg,
		      uint32_t rank);

/* The passes. */
void ir_legalise(struct ir_prog *prog, struct ir_func *f);
void ir_once(struct ir_func *f);
void ir_fold(struct ir_func *f);
bool ir_simplify(struct ir_func *f); /* true: something changed */
void ir_address(struct ir_func *f);
void ir_sink(struct ir_func *f);
void ir_dce(struct ir_func *f);
void ir_layout(struct ir_func *f);   /* reorders f->blocks; ids follow */

/* What is known of a register while registers are being assigned. */
struct reg_info {
	uint8_t level;       /* 0: whole range; 1: a piece between calls; 2: one use */
	uint32_t slot;       /* level > 0: frame object it comes from, UINT32_MAX: made again */
	const struct ir_insn *recipe; /* how it is made again; its dst does not count */
	int32_t mask;        /* > 0: the result of an AND with it, said again after a load */
};

struct ir_alloc {
	struct ir_func *f;
	struct arena *arena;  /* for the allocation only */
	vreg first_fixed;
	VEC(struct reg_info) info; /* by register */
	int8_t *colour;       /* by register: r0-r9; -1 where it never lives */
	/* of the frame */
	uint32_t first_slot;  /* objects from here on are spill slots */
	int32_t *offset;      /* by object: from the frame pointer, negative */
	uint32_t frame_bytes;
};
static inline vreg ir_fixed(const struct ir_alloc *a, unsigned phys) { return a->first_fixed + phys; }
static inline bool ir_is_fixed(const struct ir_alloc *a, vreg r)
{
	return r >= a->first_fixed && r < a->first_fixed + PHYS_COUNT;
}
static inline struct reg_info *ir_info(struct ir_alloc *a, vreg r) { return &a->info.v[r]; }
vreg ir_alloc_vreg(struct ir_alloc *a, struct reg_info info);

void ir_constrain(struct ir_alloc *a);
/* Splits cheap values at their uses; spills until the registers suffice nearly everywhere. */
void ir_spill_cheap(struct ir_alloc *a);
void ir_spill_pressure(struct ir_alloc *a);
/* Rewrites every register r of `chosen` (bit set) as a spilled one. */
void ir_spill_rewrite(struct ir_alloc *a, const uint64_t *chosen);
/* True: a->colour is filled. False: `spill` (bit set by register) must be spilled first. */
bool ir_colour(struct ir_alloc *a, bool timid, uint64_t *spill);
/* Fills offset and frame_bytes, however many those are. */
void ir_frame_plan(struct ir_alloc *a);
void ir_frame_print(const struct ir_alloc *a, struct buf *out);
/* All of the above, then registers are r0-r9 as 1-10, identities gone. */
void ir_allocate(struct ir_alloc *a, struct ir_func *f, struct arena *arena);

/* `physical`: registers are r0-r9 as 1-10. */
void ir_print_func(const struct ir_func *f, bool physical, struct buf *out);
/* Like ir_verify for one function; `fixed` != 0: after constrain. */
void ir_verify_func(const struct ir_prog *prog, const struct ir_func *f, vreg fixed);

#endif
