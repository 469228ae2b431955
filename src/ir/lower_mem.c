/*
 * lower_mem.c - memory: temporaries, copies between address spaces, strings.
 *
 * Small temporaries are frame objects, larger ones lie in the scratch claimed at the
 * program's entry (lower.c). Strings are NUL-terminated in a place of known capacity.
 */
#include "ir/lower_int.h"

enum { INLINE_COPY = 128 }; /* up to here by loads and stores, beyond by a helper */

struct memory lower_scratch(struct lower *l, uint32_t size)
{
	struct memory p = {SPACE_MAP, l->scratch, l->scratch_top};

	l->uses_scratch = true;
	l->scratch_top += ROUND_UP(size ? size : 1, 8u);
	l->scratch_max = MAX_OF(l->scratch_max, l->scratch_top);
	return p;
}

struct memory lower_temp(struct lower *l, uint32_t size, const char *what)
{
	size = ROUND_UP(size ? size : 1, 8u);
	if (size <= FRAME_LIMIT) {
		uint32_t object = ir_object_new(F, size, 8, what);

		return (struct memory){SPACE_STACK, ir_frame(F, object, 0), 0};
	}
	return lower_scratch(l, size);
}

vreg lower_address(struct lower *l, struct memory p)
{
	if (p.off == 0)
		return p.base;
	return ir_alu(F, IR_ADD, ir_reg(p.base), ir_imm(p.off));
}

struct memory place_at(struct memory p, int32_t more)
{
	p.off += more;
	return p;
}

struct ir_val lower_load(struct lower *l, struct memory p, unsigned size, bool is_signed)
{
	return ir_reg(ir_load(F, p.space, p.base, p.off, size, is_signed));
}

struct memory lower_zeros(struct lower *l)
{
	return (struct memory){SPACE_MAP, ir_map_value(F, KMAP_CONTROL, offsetof(struct control, zero)), 0};
}

/*
 * What the verifier has worked out of a value may contradict itself on a path that is never
 * taken, and then no comparison bounds it: so it is made to forget.
 */
struct ir_val lower_forget(struct lower *l, struct ir_val v)
{
	return v.reg ? lower_alu(ADD, v, lower_load(l, lower_zeros(l), 8, false)) : v;
}

vreg lower_bounded(struct lower *l, struct ir_val v, uint32_t limit, bool counted)
{
	struct ir_block *bad = cold_block(l), *good = new_block(l);
	vreg i = ir_mov(F, lower_forget(l, v));

	ir_branch(F, COND_GE, ir_reg(i), ir_imm(limit), bad, good);
	ir_at(F, bad);
	if (counted)
		ir_count_loss(F, l->prog, LOSS_READ_FAILED);
	ir_set(F, i, ir_imm(0));
	ir_jump(F, good);
	ir_at(F, good);
	return i;
}

void lower_put(struct lower *l, struct memory p, unsigned size, struct ir_val v)
{
	ir_store(F, p.space, p.base, p.off, size, v);
}

/* Address of at least `size` zero bytes. */
static vreg zeros(struct lower *l, uint32_t size)
{
	struct kmap *k = &l->plan->kmaps.v[KMAP_ZERO];

	k->type = BPF_MAP_TYPE_ARRAY;
	k->value_size = MAX_OF(k->value_size, ROUND_UP(size, 64u));
	return ir_map_value(F, KMAP_ZERO, 0);
}

void lower_zero(struct lower *l, struct memory dst, uint32_t size)
{
	uint32_t at = 0;

	if (size > 2 * INLINE_COPY) {
		ir_call(F, HELPER_PROBE_READ_KERNEL,
			IR_ARGS(ir_reg(lower_address(l, dst)), ir_imm(size), ir_reg(zeros(l, size))));
		return;
	}
	while (at < size) { /* bases are aligned, offsets need not be */
		unsigned w = 8;

		while (at + w > size || (uint32_t)(dst.off + (int32_t)at) % w)
			w /= 2;
		lower_put(l, place_at(dst, at), w, ir_imm(0));
		at += w;
	}
}

static enum ir_helper read_helper(enum ir_space space, bool string)
{
	if (space == SPACE_ANY && string)
		return HELPER_PROBE_READ_STR;
	if (space == SPACE_USER)
		return string ? HELPER_PROBE_READ_USER_STR : HELPER_PROBE_READ_USER;
	return string ? HELPER_PROBE_READ_KERNEL_STR : HELPER_PROBE_READ_KERNEL;
}

/* Counts a loss when `v` is negative (an error); goes on in either case. */
static void count_if_negative(struct lower *l, struct ir_val v, enum ir_loss loss)
{
	struct ir_block *bad = cold_block(l), *next = new_block(l);

	ir_branch(F, COND_SLT, v, ir_imm(0), bad, next);
	ir_at(F, bad);
	ir_count_loss(F, l->prog, loss);
	ir_jump(F, next);
	ir_at(F, next);
}

/* The verifier wants the frame and the context accessed aligned; their bases are. */
static bool may_access(struct memory p, uint32_t at, unsigned width)
{
	return p.space == SPACE_MAP || (uint32_t)(p.off + (int32_t)at) % width == 0;
}

void lower_copy(struct lower *l, struct memory dst, struct memory src, uint32_t size)
{
	bool direct = src.space == SPACE_STACK || src.space == SPACE_MAP || src.space == SPACE_CTX;
	uint32_t at = 0;

	if (size == 0)
		return;
	if (!direct || size > INLINE_COPY) {
		vreg r = ir_call(F, read_helper(src.space, false),
				 IR_ARGS(ir_reg(lower_address(l, dst)), ir_imm(size),
					 ir_reg(lower_address(l, src))));

		if (!direct)
			count_if_negative(l, ir_reg(r), LOSS_READ_FAILED);
		return;
	}
	while (at < size) {
		unsigned w = 8;

		while (at + w > size || !may_access(src, at, w) || !may_access(dst, at, w))
			w /= 2;
		lower_put(l, place_at(dst, at), w, lower_load(l, place_at(src, at), w, false));
		at += w;
	}
}

/* A literal, zero-padded to cap. */
static struct ir_val literal(struct lower *l, const char *text, uint32_t len, struct memory dst,
			     uint32_t cap, bool pad)
{
	uint32_t used = MIN_OF(len + 1, cap), at = 0, room = ROUND_UP(cap, 8u);

	while (at < used) {
		uint64_t word = 0;
		unsigned w = 8;

		while (at + w > room || (uint32_t)(dst.off + (int32_t)at) % w)
			w /= 2;

		for (unsigned i = 0; i < w && at + i < used; i++)
			word |= (uint64_t)(at + i < cap - 1 && at + i < len ? (unsigned char)text[at + i] : 0)
				<< (8 * i);
		lower_put(l, place_at(dst, at), w, ir_imm((int64_t)word));
		at += w;
	}
	if (pad && at < cap)
		lower_zero(l, place_at(dst, at), cap - at);
	return ir_imm(used);
}

vreg lower_map_call(struct lower *l, enum ir_helper helper, unsigned n, const struct ir_val *args)
{
	vreg r = ir_call(F, helper, n, args);

	if (l->plan->features.kernel >= 0x0604)
		return r;
	return ir_ext(F, ir_reg(r), 4, true);
}

/* Before Linux 6.15 the length of an empty string of a user's is 0. */
static void pass_empty(struct lower *l, vreg length, struct ir_block *empty)
{
	struct ir_block *bad = cold_block(l);

	ir_branch(F, COND_EQ, ir_reg(length), ir_imm(0), empty, bad);
	ir_at(F, bad);
}

/* Up to `size` bytes with the one that ends them, counted where they cannot be read: what is there. */
static struct ir_val read_string(struct lower *l, struct memory src, struct memory dst, struct ir_val size,
				 bool count_cut)
{
	struct ir_block *bad = cold_block(l), *empty = cold_block(l), *good = new_block(l), *next = new_block(l);
	vreg len = ir_vreg(F), r;

	r = ir_call(F, read_helper(src.space, true),
		    IR_ARGS(ir_reg(lower_address(l, dst)), size, ir_reg(lower_address(l, src))));
	ir_branch(F, COND_SLE, ir_reg(r), ir_imm(0), bad, good);
	ir_at(F, bad);
	if (src.space == SPACE_USER && l->plan->features.kernel < 0x060f)
		pass_empty(l, r, empty);
	ir_count_loss(F, l->prog, LOSS_STRING_UNREADABLE);
	ir_jump(F, empty);
	ir_at(F, empty);
	lower_put(l, dst, 1, ir_imm(0));
	ir_set(F, len, ir_imm(1));
	ir_jump(F, next);
	ir_at(F, good);
	ir_set(F, len, ir_reg(r));
	if (count_cut) {
		struct ir_block *cut = cold_block(l);

		ir_branch(F, COND_GE, ir_reg(r), size, cut, next);
		ir_at(F, cut);
		ir_count_loss(F, l->prog, LOSS_STRING_CUT);
	}
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(len);
}

struct ir_val lower_string_at(struct lower *l, struct memory src, struct memory dst, uint32_t cap,
			      bool pad, bool count_cut)
{
	if (pad)
		lower_zero(l, dst, cap);
	return read_string(l, src, dst, ir_imm(cap), count_cut);
}

struct ir_val lower_string_of(struct lower *l, struct memory src, struct memory dst, uint32_t cap,
			      struct ir_val length, bool pad)
{
	struct ir_block *large = new_block(l), *fits = new_block(l), *none = new_block(l), *some = new_block(l);
	vreg size = ir_mov(F, lower_forget(l, length));

	if (pad || dst.space == SPACE_STACK) /* the verifier wants what may be written to be there */
		lower_zero(l, dst, cap);
	ir_branch(F, COND_GT, ir_reg(size), ir_imm(cap), large, fits);
	ir_at(F, large);
	ir_set(F, size, ir_imm(cap));
	ir_jump(F, fits);
	ir_at(F, fits);
	ir_branch(F, COND_EQ, ir_reg(size), ir_imm(0), none, some);
	ir_at(F, none);
	ir_set(F, size, ir_imm(1));
	ir_jump(F, some);
	ir_at(F, some);
	return read_string(l, src, dst, ir_reg(size), false);
}

static struct ir_val ternary_string(struct lower *l, const struct node *n, struct memory dst,
				    uint32_t cap, bool pad)
{
	struct ir_block *yes = new_block(l), *no = new_block(l), *next = new_block(l);
	vreg len = ir_vreg(F);

	lower_condition(l, n->a, yes, no);
	ir_at(F, yes);
	ir_set(F, len, lower_string(l, n->b ? n->b : n->a, dst, cap, pad));
	ir_jump(F, next);
	ir_at(F, no);
	ir_set(F, len, lower_string(l, n->c, dst, cap, pad));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(len);
}

/*
 * What is compared or copied by words is read to its end, also behind a shorter string: zeros, if
 * padding was asked for, and in the frame always, as the verifier takes what was not written for
 * whatever lay there before, the context's address for one.
 */
struct ir_val lower_string(struct lower *l, const struct node *n, struct memory dst, uint32_t cap,
			   bool pad)
{
	uint32_t own, whole;

	if (n->kind == NODE_STRING)
		return literal(l, n->text.data, n->text.len, dst, cap, pad || dst.space == SPACE_STACK);
	own = n->type->size;
	whole = ROUND_DOWN(own, 8u);
	if (own < cap) {
		if (pad || dst.space == SPACE_STACK)
			lower_zero(l, place_at(dst, whole), cap - whole);
		cap = own;
	}
	switch ((enum node_kind)n->kind) {
	case NODE_TERNARY:
		return ternary_string(l, n, dst, cap, pad);
	case NODE_CAST:
		return lower_string(l, n->b, dst, cap, pad);
	case NODE_BLOCK:
		lower_block(l, n);
		return lower_string(l, n->a, dst, cap, pad);
	case NODE_IDENT:
	case NODE_CALL:
		return lower_builtin_string(l, n, dst, cap, pad);
	default:
		return lower_string_at(l, lower_place(l, n), dst, cap, pad, false);
	}
}

/* Whether a string may be comm, of which always all 16 bytes are taken. */
static bool may_be_comm(const struct node *n)
{
	switch ((enum node_kind)n->kind) {
	case NODE_IDENT: return n->ref.builtin->id == BUILTIN_COMM;
	case NODE_TERNARY: return may_be_comm(n->b ? n->b : n->a) || may_be_comm(n->c);
	case NODE_CAST: return may_be_comm(n->b);
	case NODE_BLOCK: return may_be_comm(n->a);
	default: return false;
	}
}

struct ir_val lower_string_measured(struct lower *l, const struct node *n, struct memory dst, uint32_t cap)
{
	struct ir_val len = lower_string(l, n, dst, cap, false);

	/* in its place: reading it again stops at its end */
	return may_be_comm(n) ? lower_string_at(l, dst, dst, cap, false, false) : len;
}

static void store_tuple(struct lower *l, const struct node *n, const struct type *t, struct memory dst)
{
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *field = &t->fields[i];
		const struct node *item = n->list.v[i];
		uint32_t end = i + 1 < t->nfields ? t->fields[i + 1].offset : t->size;
		uint32_t used = field->offset + type_stored_size(field->type);

		lower_store(l, n->kind == NODE_RECORD ? item->a : item, field->type,
			    place_at(dst, field->offset));
		if (used < end) /* keys are compared byte by byte */
			lower_zero(l, place_at(dst, used), end - used);
	}
}

static void store_buffer(struct lower *l, const struct node *n, const struct type *t, struct memory dst)
{
	struct memory src = lower_materialise(l, n, n->type);

	if (n->type->size == t->size) {
		lower_copy(l, dst, src, t->size);
		return;
	}
	lower_zero(l, dst, t->size);
	lower_copy(l, dst, src, MIN_OF(t->size, n->type->size));
}

/* A tuple held in memory whose elements are smaller strings than wanted: element by element. */
static void copy_as(struct lower *l, struct memory src, const struct type *from, const struct type *to,
		    struct memory dst)
{
	if (from == to || (to->kind != TYPE_TUPLE && to->kind != TYPE_RECORD && to->kind != TYPE_STRING)) {
		lower_copy(l, dst, src, type_stored_size(to));
		return;
	}
	if (to->kind == TYPE_STRING) {
		lower_string_at(l, src, dst, MIN_OF(to->size, from->size), false, false);
		return;
	}
	lower_zero(l, dst, to->size);
	for (uint32_t i = 0; i < to->nfields; i++)
		copy_as(l, place_at(src, from->fields[i].offset), from->fields[i].type, to->fields[i].type,
			place_at(dst, to->fields[i].offset));
}

static void store_ternary(struct lower *l, const struct node *n, const struct type *t, struct memory dst)
{
	struct ir_block *yes = new_block(l), *no = new_block(l), *next = new_block(l);

	lower_condition(l, n->a, yes, no);
	ir_at(F, yes);
	lower_store(l, n->b ? n->b : n->a, t, dst);
	ir_jump(F, next);
	ir_at(F, no);
	lower_store(l, n->c, t, dst);
	ir_jump(F, next);
	ir_at(F, next);
}

/* An integer as the bytes of an array. */
static void store_int_as_array(struct lower *l, const struct node *n, const struct type *t,
			       struct memory dst)
{
	struct ir_val v = lower_scalar(l, n);

	for (uint32_t at = 0; at < t->size; at++)
		lower_put(l, place_at(dst, at), 1, lower_alu(SHR, v, ir_imm(8 * (at & 7))));
}

void lower_store(struct lower *l, const struct node *n, const struct type *t, struct memory dst)
{
	if (type_is_scalar(t)) { /* a key may be computed with: pointers in it are numbers */
		lower_put(l, dst, 8, lower_number(l, n));
		return;
	}
	if (t->kind == TYPE_STRING) {
		lower_string(l, n, dst, t->size, true);
		return;
	}
	if (n->kind == NODE_TUPLE || n->kind == NODE_RECORD) {
		store_tuple(l, n, t, dst);
	} else if (n->kind == NODE_TERNARY) {
		store_ternary(l, n, t, dst);
	} else if (n->kind == NODE_BLOCK) {
		lower_block(l, n);
		lower_store(l, n->a, t, dst);
	} else if (n->kind == NODE_CAST && t->kind == TYPE_ARRAY && type_is_int(n->b->type)) {
		store_int_as_array(l, n->b, t, dst);
	} else if (n->kind == NODE_CAST && t->kind == TYPE_ARRAY && n->b->type->kind == TYPE_STRING) {
		lower_string(l, n->b, dst, t->size, true);
	} else if (n->kind == NODE_CAST) {
		lower_store(l, n->b, t, dst);
	} else if ((n->kind == NODE_CALL || n->kind == NODE_IDENT) && t->size == n->type->size) {
		if (!lower_builtin_store(l, n, dst))
			BUG("no value of %s", n->name);
	} else if (t->kind == TYPE_BUFFER) {
		store_buffer(l, n, t, dst);
	} else {
		copy_as(l, lower_place(l, n), n->type, t, dst);
		uint32_t size = type_stored_size(t);
		if (size % 8)
			lower_zero(l, place_at(dst, size), ROUND_UP(size, 8u) - size);
	}
}

struct memory lower_materialise(struct lower *l, const struct node *n, const struct type *t)
{
	struct memory p;

	if (n->kind == NODE_VAR || n->kind == NODE_MAP || n->kind == NODE_ELEMENT ||
	    (n->kind == NODE_FIELD && n->type == t)) {
		p = lower_place(l, n);
		if ((p.space == SPACE_MAP || p.space == SPACE_STACK) && n->type == t)
			return p;
	}
	p = lower_temp(l, ROUND_UP(type_stored_size(t), 8u), "value");
	if (t->kind == TYPE_STRING)
		lower_string(l, n, p, t->size, p.space == SPACE_STACK); /* the frame is read whole words at a time */
	else
		lower_store(l, n, t, p);
	return p;
}
