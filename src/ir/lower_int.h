/*
 * lower_int.h - inside lowering (typed AST -> IR): its state and what its files share.
 *
 * Scalars are registers holding the value extended to 64 bits by its type. Everything larger
 * is a place in memory: an address space, a base register and an offset. A multiword value
 * is either already somewhere (lower_place) or written where it is wanted (lower_store).
 */
#ifndef SONDE_LOWER_INT_H
#define SONDE_LOWER_INT_H

#include "ir/arch.h"
#include "ir/plan.h"
#include "lang/builtin.h"

struct memory {
	enum ir_space space;
	vreg base;
	int32_t off;
};

struct local { /* where a scratch variable lives */
	bool defined;
	uint32_t shared;     /* used in a loop: offset in the scratch, not 0 */
	vreg reg;            /* scalar that no loop uses */
	struct memory place; /* multiword */
};

struct walked { /* what a member of an iterator's context points to */
	uint32_t offset;
	vreg reg;
};
typedef VEC(struct walked) walked_list;

struct loop_work { /* see lower_rounds.c */
	uint64_t branches, insns;
};

struct lower {
	struct plan *plan;
	struct script *script;
	struct arena *arena;
	struct types *types;
	const struct arch *arch;
	struct program *program;
	struct ir_prog *prog;
	struct ir_func *f;
	const struct probe *probe;
	vreg result;               /* test: probes: what the program returns; else 0 */
	struct ir_block *done;     /* where `return` goes: the end of this probe's code */
	vreg ctx;
	vreg regs;                 /* system-call programs: struct pt_regs * */
	bool regs_btf;             /* it may be loaded directly */
	vreg name_row;             /* merged programs: row of KMAP_NAMES of this target, 0: none */
	vreg scratch;              /* base of the claimed scratch, set in the prologue */
	struct ir_block *claim, *claimed; /* where the scratch is claimed, and what follows */
	bool uses_scratch;
	uint32_t scratch_top, scratch_max;
	VEC(struct local) locals;
	walked_list walked;        /* iterators: loaded at the start of the probe or a loop's body */
	struct memory shared;      /* what loops share with the code around them (lower_loop.c) */
	uint32_t left;             /* in the scratch: 1: a loop's body returned from the probe */
	struct ir_block *loop_end, *loop_next; /* where break and continue go */
	unsigned loop_depth;         /* of loops whose bodies stay in the function */
	struct loop_work loop_work;  /* how much more they make it do */
	bool keeps_types;          /* what is being lowered must stay a pointer to the verifier: path() */
	vreg *task_slots;          /* by map number: REP_TASK value pointer of this probe, 0: none */
};

enum { SCRATCH_HEADER = 64, /* the claim word, alone on its line */
       FRAME_LIMIT = 64 };  /* larger temporaries go to the scratch */

#define F (l->f)

/* lower_mem.c: temporaries, copies, strings */
struct memory lower_temp(struct lower *l, uint32_t size, const char *what);
struct memory lower_scratch(struct lower *l, uint32_t size);
vreg lower_address(struct lower *l, struct memory p);       /* a register with the address */
struct memory place_at(struct memory p, int32_t more);
struct ir_val lower_load(struct lower *l, struct memory p, unsigned size, bool is_signed);
void lower_put(struct lower *l, struct memory p, unsigned size, struct ir_val v);
/* 16 bytes that are zero, unknown to the verifier: what is read of an absent entry. */
struct memory lower_zeros(struct lower *l);
struct ir_val lower_forget(struct lower *l, struct ir_val v);
/* v as an offset below the limit that the verifier believes; what is not below it becomes 0. */
vreg lower_bounded(struct lower *l, struct ir_val v, uint32_t limit, bool counted);
void lower_zero(struct lower *l, struct memory dst, uint32_t size);
void lower_copy(struct lower *l, struct memory dst, struct memory src, uint32_t size);
/*
 * What map_update_elem or map_delete_elem says. Before Linux 6.4 the verifier puts a call of the
 * map's own function in their place, which gives 32 bits: without the sign a -EEXIST is no error
 * that anybody knows.
 */
vreg lower_map_call(struct lower *l, enum ir_helper helper, unsigned n, const struct ir_val *args);
/*
 * A string into dst (cap bytes with NUL); gives how many of them it takes: its length with NUL, or more
 * where it is copied whole (comm). pad: the rest is zero.
 */
struct ir_val lower_string(struct lower *l, const struct node *n, struct memory dst, uint32_t cap,
			   bool pad);
/* The same, not padded; gives its length with NUL, of whatever it is. */
struct ir_val lower_string_measured(struct lower *l, const struct node *n, struct memory dst, uint32_t cap);
struct ir_val lower_string_at(struct lower *l, struct memory src, struct memory dst, uint32_t cap,
			      bool pad, bool count_cut);
/* At most `length` of it, with the NUL: a value of the running script, any. */
struct ir_val lower_string_of(struct lower *l, struct memory src, struct memory dst, uint32_t cap,
			      struct ir_val length, bool pad);
/* The value of a node written at dst in stored form, as type t. */
void lower_store(struct lower *l, const struct node *n, const struct type *t, struct memory dst);
/* The node's value in memory, readable directly (STACK or MAP): made there when it is not. */
struct memory lower_materialise(struct lower *l, const struct node *n, const struct type *t);
/* lower_expr.c */
struct ir_val lower_scalar(struct lower *l, const struct node *n);
bool lower_may_be_typed(const struct lower *l, const struct node *n);
/* lower_bool.c */
struct ir_val lower_condition_value(struct lower *l, const struct node *n);
struct ir_val lower_not_zero(struct lower *l, struct ir_val v);
const struct node *lower_compare_mixed(const struct node *a, const struct node *b);
void lower_unused(struct lower *l, const struct node *n);
bool lower_plain_literal(const struct node *n); /* takes the sign of the other side */
bool lower_compare_signed(const struct node *a, const struct node *b);
bool lower_is_comparison(enum op op);
/* lower_expr.c */
struct ir_val lower_untyped(struct lower *l, struct ir_val v);
/* What one more is: of a pointer the bytes of what it points to, of all else 1. */
uint32_t lower_step_size(const struct type *t);
struct ir_val lower_steps(struct lower *l, const struct type *t, struct ir_val count);
struct ir_val lower_number(struct lower *l, const struct node *n); /* a scalar that is computed with */
struct memory lower_place(struct lower *l, const struct node *n);
void lower_walk_ends(struct lower *l);
vreg lower_walked_task(struct lower *l); /* of an iterator over tasks; 0: the probe is none */
void lower_walked_objects(struct lower *l, const struct node *n);
struct ir_val lower_field_load(struct lower *l, struct memory p, const struct field *field);
void lower_condition(struct lower *l, const struct node *n, struct ir_block *yes, struct ir_block *no);
/* lower_arithmetic.c: a OP b in 64 bits; >> / and % as of signed numbers or not */
struct ir_val lower_arithmetic(struct lower *l, enum op op, struct ir_val a, struct ir_val b, bool is_signed);
/* lower_compare.c */
struct ir_val lower_equal(struct lower *l, const struct node *a, const struct node *b);
struct ir_val lower_strncmp(struct lower *l, const struct node *n);
struct ir_val lower_strlen(struct lower *l, const struct node *n);
struct ir_val lower_zero_bytes(struct lower *l, struct ir_val word);
/* lower_contains.c */
struct ir_val lower_strcontains(struct lower *l, const struct node *n);
struct ir_val lower_strstr(struct lower *l, const struct node *n);
/* lower_call.c: builtins */
struct ir_val lower_builtin_scalar(struct lower *l, const struct node *n);
bool lower_builtin_store(struct lower *l, const struct node *n, struct memory dst);
struct ir_val lower_builtin_string(struct lower *l, const struct node *n, struct memory dst,
				   uint32_t cap, bool pad);
struct ir_val lower_pid_tgid(struct lower *l);
vreg lower_current_task(struct lower *l, enum ir_space *space);
const struct type *lower_task_struct(struct lower *l); /* NULL: nobody describes it */
bool lower_task_has(struct lower *l, const char *const *path);
struct ir_val lower_field_of_task(struct lower *l, vreg task, enum ir_space space,
				  const char *const *path, unsigned size);
struct ir_val lower_task_field(struct lower *l, const char *const *path, unsigned size);
/*
 * The pointer to a `target` of BTF, for members that are themselves pointers. Where the verifier trusts a
 * pointer and the program loads another through it, Linux 6.4 to 6.18 look through the names of all types
 * whether that is to be trusted, too: a millisecond each time. A pointer cast to be only read is none that
 * it trusts, and costs nothing: the call is a move.
 */
vreg lower_only_read(struct lower *l, vreg pointer, const struct type *target);
struct ir_val lower_ternary_scalar(struct lower *l, const struct node *n);
/* Offset of a member path from a struct, through embedded structs; the last member in *out. */
bool lower_path_field(struct lower *l, const struct type *t, const char *const *path, struct field *out);
uint32_t lower_task_offset(struct lower *l, const char *const *path);
/* lower_library.c: false: not one of its functions */
bool lower_library_scalar(struct lower *l, const struct node *n, struct ir_val *out);
bool lower_library_string(struct lower *l, const struct node *n, struct memory dst, uint32_t cap, bool pad,
			  struct ir_val *len);
/* Variables whose address is taken lie in the scratch. */
void lower_addressed(struct lower *l, const struct node *n);
struct ir_val lower_init_pid_tgid(struct lower *l);
/* lower_function.c: probes of kernel functions */
bool lower_is_function_probe(enum provider provider);
bool lower_is_any_address(const struct lower *l, const struct node *source);
struct ir_val lower_function_word(struct lower *l, uint32_t n);
struct ir_val lower_function_field(struct lower *l, const char *name);
struct memory lower_function_struct(struct lower *l, const struct field *field);
struct ir_val lower_retval(struct lower *l);
/* Word n of a function's arguments, and where it lies when it is on the stack. */
struct ir_val lower_argument(struct lower *l, uint64_t n);
struct memory lower_argument_place(struct lower *l, uint64_t n);
/* lower_iter.c: a pinned iterator prints to whoever reads its file */
bool lower_prints_to_file(const struct lower *l);
void lower_print_to_file(struct lower *l, const struct action *a);
/* lower_packet.c */
struct ir_val lower_skboutput(struct lower *l, const struct node *n);
struct ir_val lower_has_pinned(struct lower *l, const struct node *n);
/* lower_memcmp.c */
struct ir_val lower_memcmp(struct lower *l, const struct node *n);
/* `count` bytes of a value where they can be read, zeros where it has fewer. */
struct memory lower_bytes_of(struct lower *l, const struct node *n, uint32_t count);
/* lower_argv.c */
void lower_argv(struct lower *l, const struct node *n, struct memory dst);
/* lower_stack.c */
void lower_stack(struct lower *l, const struct node *n, bool user, struct memory dst);
struct ir_val lower_stack_len(struct lower *l, const struct node *n);
/* lower_frame_name.c */
void lower_plan_frame_names(struct plan *plan);
void lower_name_frame(struct lower *l, const struct node *n);
/* lower_map.c */
struct ir_val lower_map_scalar(struct lower *l, const struct node *n);
struct memory lower_map_place(struct lower *l, const struct node *n);
void lower_map_assign(struct lower *l, const struct node *n);
struct ir_val lower_map_increment(struct lower *l, const struct node *n);
struct ir_val lower_map_delete(struct lower *l, const struct node *n);
struct ir_val lower_map_has_key(struct lower *l, const struct node *n);
struct ir_val lower_map_address(struct lower *l, const struct node *n);
/* 1, and the value in the variable, when the key is there; else 0. */
struct ir_val lower_map_find(struct lower *l, const struct node *n);
struct ir_val lower_map_len(struct lower *l, const struct node *n);
/*
 * lower_front.c: to `found` with `value` the place of the key's aggregate in a front slot, or to
 * `missed` when its slot is another key's.
 */
void lower_front(struct lower *l, const struct map_plan *mp, struct memory key, vreg value,
		 struct ir_block *found, struct ir_block *missed);
/* At the start of a probe's code or a loop's body: no slot is known. */
void lower_forget_task_slots(struct lower *l);
/* l->task_slots for the maps that the node (or NULL) uses; what it writes is made for the thread where it has none. */
void lower_task_slots(struct lower *l, const struct node *n);
vreg lower_map_pointer(struct lower *l, const struct map_plan *mp, struct ir_block *gone);
struct memory lower_map_key(struct lower *l, const struct map *map, const struct node *key);
/* lower_aggregate.c: one update of an aggregate at a place */
void lower_aggregate(struct lower *l, const struct map_plan *mp, const struct node *call,
		     struct memory at, struct ir_val value);
void lower_aggregate_add(struct lower *l, bool atomic, struct memory at, struct ir_val v);
/* True, with a diagnostic: this kernel's programs cannot compare and exchange. */
bool lower_lacks_exchange(struct lower *l);
void lower_aggregate_extreme(struct lower *l, bool atomic, int64_t mask, struct memory at, struct memory present,
			     struct ir_val v);
/* lower_tseries.c */
void lower_tseries(struct lower *l, const struct map_plan *mp, struct memory at, struct ir_val v);
struct ir_val lower_aggregate_read(struct lower *l, const struct map_plan *mp, struct memory at,
				   bool percpu_slots);
/* lower_action.c: records */
void lower_action(struct lower *l, const struct node *n);
/* For node_any(): a call that sends a record. */
bool lower_sends(const struct node *n, const void *unused);
void lower_send_grow(struct lower *l, const struct map_plan *mp);
/* lower_rounds.c: a loop whose body stays in the function, for kernels without bpf_loop */
void lower_loop_here(struct lower *l, const struct node *n);
/* lower_loop.c */
void lower_share(struct lower *l); /* at the start of a probe's code */
void lower_loop(struct lower *l, const struct node *n);
void lower_jump(struct lower *l, const struct node *n); /* break, continue */
/* lower.c: scratch variables */
struct local *lower_local(struct lower *l, const struct variable *v);
struct ir_val lower_variable(struct lower *l, const struct variable *v);
void lower_variable_set(struct lower *l, const struct variable *v, struct ir_val value);
struct memory lower_variable_place(struct lower *l, const struct variable *v);
/* lower.c */
void lower_block(struct lower *l, const struct node *block);
void lower_return(struct lower *l);
struct ir_val lower_canonical(struct lower *l, struct ir_val v, const struct type *t);
bool lower_program(struct plan *plan, struct program *program);

static inline const struct map_plan *map_plan_of(const struct lower *l, const struct map *map)
{
	return &l->plan->maps.v[map->number];
}
#define lower_alu(op, a, b) ir_reg(ir_alu(F, IR_##op, a, b))
/* A block; unlikely ones are laid out at the end. */
static inline struct ir_block *new_block(struct lower *l) { return ir_block_new(F); }
static inline struct ir_block *cold_block(struct lower *l)
{
	struct ir_block *b = ir_block_new(F);

	b->unlikely = true;
	return b;
}

#endif
