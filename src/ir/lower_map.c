/*
 * lower_map.c - reading and writing maps, by the representation the planner chose.
 *
 * A keyed map is asked by a key built in memory (integers in 8 bytes, padding zero). A map
 * behind an outer map is first looked up there; the reader may swap it at any time, and what
 * a program holds stays valid until the program ends (RCU).
 */
#include "ir/lower_int.h"
#include "ir/plan_int.h"

#include <errno.h>

/* ---- keys ---- */

struct memory lower_map_key(struct lower *l, const struct map *map, const struct node *key)
{
	struct memory p;
	uint32_t size;

	if (!map->key) { /* a scalar map kept in a hash: one key, 0 */
		p = lower_temp(l, 8, "key");
		lower_put(l, p, 8, ir_imm(0));
		return p;
	}
	size = type_stored_size(map->key);
	p = lower_temp(l, ROUND_UP(size, 8u), "key");
	lower_store(l, key, map->key, p);
	if (size % 8) /* what was in the frame before would make two keys of one */
		lower_zero(l, place_at(p, size), ROUND_UP(size, 8u) - size);
	return p;
}

/* ---- the kernel map itself ---- */

/* Pointer of the map for helpers; goes to `gone` if the outer map's slot is empty. */
vreg lower_map_pointer(struct lower *l, const struct map_plan *mp, struct ir_block *gone)
{
	struct memory zero;
	struct ir_block *next;
	vreg inner;

	if (!mp->outer)
		return ir_map(F, mp->kmap);
	zero = lower_temp(l, 4, "outer key");
	lower_put(l, zero, 4, ir_imm(0));
	inner = ir_call(F, HELPER_MAP_LOOKUP_ELEM,
			IR_ARGS(ir_reg(ir_map(F, mp->kmap)), ir_reg(lower_address(l, zero))));
	next = new_block(l);
	ir_branch(F, COND_EQ, ir_reg(inner), ir_imm(0), gone, next);
	ir_at(F, next);
	return inner;
}

static vreg lookup(struct lower *l, vreg map, struct memory key)
{
	return ir_call(F, HELPER_MAP_LOOKUP_ELEM, IR_ARGS(ir_reg(map), ir_reg(lower_address(l, key))));
}

/* A negative result counted by its cause; always goes on at `next`. */
static void count_update_error(struct lower *l, struct ir_val r, struct ir_block *next)
{
	static const struct { int err; enum ir_loss loss; } causes[] = {
		{-E2BIG, LOSS_MAP_FULL}, {-ENOSPC, LOSS_MAP_FULL}, {-ENOMEM, LOSS_NO_MEMORY},
		{-EBUSY, LOSS_MAP_BUSY},
	};

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		struct ir_block *yes = cold_block(l), *no = cold_block(l);

		ir_branch(F, COND_EQ, r, ir_imm(causes[i].err), yes, no);
		ir_at(F, yes);
		ir_count_loss(F, l->prog, causes[i].loss);
		ir_jump(F, next);
		ir_at(F, no);
	}
	ir_count_loss(F, l->prog, LOSS_RETURN_DATA);
	ir_jump(F, next);
}

/*
 * The number of entries is at the limit, as far as can be told without fetching atomics (Linux
 * 5.12): two programs may both see it, or one see it passed. Who sees it takes the limit away
 * before he tells the reader, who sets the next one whenever he is told.
 */
static void branch_at_limit(struct lower *l, vreg count, vreg limit, struct ir_block *grow, struct ir_block *next)
{
	struct ir_block *reached = cold_block(l);
	vreg now = ir_load(F, SPACE_MAP, count, 0, 8, false);
	vreg most = ir_load(F, SPACE_MAP, limit, 0, 8, false);

	ir_emit(F, (struct ir_insn){.op = IR_ATOMIC_ADD, .size = 8, .space = SPACE_MAP, .a = ir_reg(count),
				    .b = ir_imm(1)});
	ir_branch(F, COND_GE, ir_reg(now), ir_reg(most), reached, next);
	ir_at(F, reached);
	ir_store(F, SPACE_MAP, limit, 0, 8, ir_imm(-1));
	ir_jump(F, grow);
}

/* One more entry is in the map; at the planned number the reader is told to make it larger. */
static void note_insert(struct lower *l, const struct map_plan *mp)
{
	vreg count, limit;
	struct ir_block *grow, *next;

	if (!mp->count_offset)
		return;
	count = ir_map_value(F, KMAP_CONTROL, mp->count_offset);
	if (!mp->grow) {
		ir_emit(F, (struct ir_insn){.op = IR_ATOMIC_ADD, .size = 8, .space = SPACE_MAP,
					    .a = ir_reg(count), .b = ir_imm(1)});
		return;
	}
	grow = cold_block(l);
	next = new_block(l);
	limit = ir_map_value(F, KMAP_CONTROL, mp->limit_offset);
	if (l->plan->features.fetch_atomics) {
		vreg now = ir_vreg(F);

		ir_emit(F, (struct ir_insn){.op = IR_FETCH_ADD, .size = 8, .space = SPACE_MAP, .dst = now,
					    .a = ir_reg(count), .b = ir_imm(1)});
		ir_branch(F, COND_EQ, ir_reg(now), ir_reg(ir_load(F, SPACE_MAP, limit, 0, 8, false)), grow, next);
	} else {
		branch_at_limit(l, count, limit, grow, next);
	}
	ir_at(F, grow);
	lower_send_grow(l, mp);
	ir_jump(F, next);
	ir_at(F, next);
}

static void note_delete(struct lower *l, const struct map_plan *mp)
{
	if (!mp->count_offset)
		return;
	ir_emit(F, (struct ir_insn){.op = IR_ATOMIC_ADD, .size = 8, .space = SPACE_MAP,
				    .a = ir_reg(ir_map_value(F, KMAP_CONTROL, mp->count_offset)),
				    .b = ir_imm(-1)});
}

/* Initial bytes of a new entry: a place of zeros of that size. */
static vreg initial_value(struct lower *l, uint32_t size)
{
	struct kmap *k = &l->plan->kmaps.v[KMAP_ZERO];
	struct memory p;

	if (size <= 32) {
		p = lower_temp(l, size, "initial value");
		lower_zero(l, p, ROUND_UP(size, 8u));
		return lower_address(l, p);
	}
	k->type = BPF_MAP_TYPE_ARRAY;
	k->value_size = MAX_OF(k->value_size, ROUND_UP(size, 64u));
	return ir_map_value(F, KMAP_ZERO, 0);
}

/*
 * The value of the key, made (zero) when absent; `gone` when that is not possible, with the
 * loss counted. BPF_NOEXIST: when another CPU makes it meanwhile, its entry is used.
 */
static vreg lookup_or_insert(struct lower *l, const struct map_plan *mp, vreg map, struct memory key,
			     struct ir_block *gone)
{
	struct ir_block *absent = cold_block(l), *added = cold_block(l), *failed = cold_block(l),
			*again = cold_block(l), *error = cold_block(l), *full = cold_block(l), *found = new_block(l);
	vreg value = ir_vreg(F), r;

	ir_set(F, value, ir_reg(lookup(l, map, key)));
	ir_branch(F, COND_EQ, ir_reg(value), ir_imm(0), absent, found);
	ir_at(F, absent);
	r = lower_map_call(l, HELPER_MAP_UPDATE_ELEM,
		    IR_ARGS(ir_reg(map), ir_reg(lower_address(l, key)),
			    ir_reg(initial_value(l, mp->value_size)), ir_imm(BPF_NOEXIST)));
	ir_branch(F, COND_EQ, ir_reg(r), ir_imm(0), added, failed);
	ir_at(F, failed);
	ir_branch(F, COND_EQ, ir_reg(r), ir_imm(-EEXIST), again, error);
	ir_at(F, error);
	count_update_error(l, ir_reg(r), gone);
	ir_at(F, added);
	note_insert(l, mp);
	ir_jump(F, again);
	ir_at(F, again);
	ir_set(F, value, ir_reg(lookup(l, map, key)));
	ir_branch(F, COND_EQ, ir_reg(value), ir_imm(0), full, found);
	ir_at(F, full); /* deleted between insert and lookup */
	ir_count_loss(F, l->prog, LOSS_MAP_BUSY);
	ir_jump(F, gone);
	ir_at(F, found);
	return value;
}

/* ---- task storage ---- */

static bool is_of_map(const struct node *n, const void *map)
{
	return n->kind == NODE_MAP && n->ref.map == map;
}

/*
 * The slot of the current thread: struct task_value in its task storage, or, for the idle
 * tasks (all are thread 0), one slot they share as they would share a key. 0 when the thread
 * has none (reading) or none could be made (writing: counted).
 */
static vreg task_slot(struct lower *l, const struct map_plan *mp, bool create)
{
	struct ir_block *idle = cold_block(l), *thread = new_block(l), *next = new_block(l);
	vreg slot = ir_vreg(F), task;
	enum ir_space space;
	struct ir_val tid;

	task = lower_current_task(l, &space);
	tid = lower_field_of_task(l, task, space, (const char *const[]){"pid", NULL}, 4);
	ir_branch(F, COND_EQ, tid, ir_imm(0), idle, thread);
	ir_at(F, idle);
	ir_set(F, slot, ir_reg(ir_map_value(F, KMAP_CONTROL, mp->offset)));
	ir_jump(F, next);
	ir_at(F, thread);
	ir_set(F, slot, ir_reg(ir_call(F, HELPER_TASK_STORAGE_GET,
				       IR_ARGS(ir_reg(ir_map(F, mp->kmap)), ir_reg(task), ir_imm(0),
					       ir_imm(create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0)))));
	if (create) {
		struct ir_block *busy = cold_block(l);

		ir_branch(F, COND_EQ, ir_reg(slot), ir_imm(0), busy, next);
		ir_at(F, busy);
		ir_count_loss(F, l->prog, LOSS_MAP_BUSY);
	}
	ir_jump(F, next);
	ir_at(F, next);
	return slot;
}

void lower_forget_task_slots(struct lower *l)
{
	l->task_slots = arena_array(l->arena, vreg, l->plan->maps.n);
}

void lower_task_slots(struct lower *l, const struct node *n)
{
	for (size_t i = 0; i < l->plan->maps.n; i++) {
		const struct map_plan *mp = &l->plan->maps.v[i];
		bool create = plan_writes(n, mp->map);

		if (mp->rep == REP_TASK && node_any(n, is_of_map, mp->map) && (create || !l->task_slots[i]))
			l->task_slots[i] = task_slot(l, mp, create);
	}
}

/* ---- reading ---- */

static vreg slot_address(struct lower *l, const struct map_plan *mp)
{
	return mp->rep == REP_TASK ? l->task_slots[mp->map->number]
				   : ir_map_value(F, KMAP_CONTROL, mp->offset);
}

/* REP_SCALAR is {value, present}, REP_TASK {present, value}. */
static int32_t value_at(const struct map_plan *mp)
{
	return mp->rep == REP_TASK ? offsetof(struct task_value, value) : 0;
}

static int32_t present_at(const struct map_plan *mp)
{
	return mp->rep == REP_TASK ? offsetof(struct task_value, present) : 8;
}

static struct ir_val slot_read(struct lower *l, const struct map_plan *mp, int32_t off)
{
	vreg slot = slot_address(l, mp), at;
	struct ir_block *none, *next;

	if (mp->rep == REP_SCALAR)
		return ir_reg(ir_load(F, SPACE_MAP, slot, off, 8, false));
	at = ir_mov(F, ir_reg(slot));
	none = cold_block(l);
	next = new_block(l);
	ir_branch(F, COND_EQ, ir_reg(slot), ir_imm(0), none, next);
	ir_at(F, none);
	/* not a constant: the verifier would walk what follows for 0 and for anything else */
	ir_set(F, at, ir_reg(lower_zeros(l).base));
	ir_jump(F, next);
	ir_at(F, next);
	return ir_reg(ir_load(F, SPACE_MAP, at, off, 8, false));
}

struct ir_val lower_map_scalar(struct lower *l, const struct node *n)
{
	const struct map_plan *mp = map_plan_of(l, n->ref.map);
	struct ir_block *gone, *next;
	struct memory key;
	vreg map, value;

	if (mp->rep == REP_SCALAR || mp->rep == REP_TASK)
		return slot_read(l, mp, value_at(mp));
	if (mp->rep == REP_CPU_SLOTS) {
		struct memory slots = {SPACE_MAP, ir_map_value(F, KMAP_CONTROL, mp->offset), 0};

		return lower_aggregate_read(l, mp, slots, true);
	}
	gone = cold_block(l);
	next = new_block(l);
	value = ir_vreg(F);
	key = lower_map_key(l, mp->map, n->a);
	map = lower_map_pointer(l, mp, gone);
	ir_set(F, value, ir_reg(lookup(l, map, key)));
	ir_branch(F, COND_EQ, ir_reg(value), ir_imm(0), gone, next);
	ir_at(F, gone);
	ir_set(F, value, ir_reg(lower_zeros(l).base));
	ir_jump(F, next);
	ir_at(F, next);
	if (type_is_aggregation(mp->map->value))
		return lower_aggregate_read(l, mp, (struct memory){SPACE_MAP, value, 0}, false);
	return ir_reg(ir_load(F, SPACE_MAP, value, 0, 8, false));
}

struct memory lower_map_place(struct lower *l, const struct node *n)
{
	const struct map_plan *mp = map_plan_of(l, n->ref.map);
	struct ir_block *there = new_block(l), *gone = new_block(l), *next = new_block(l);
	uint32_t size = ROUND_UP(type_stored_size(mp->map->value), 8u);
	struct memory key, copy = lower_temp(l, size, "map value");
	vreg map, value;

	/* copied out: another CPU may replace the entry while it is being used */
	key = lower_map_key(l, mp->map, n->a);
	map = lower_map_pointer(l, mp, gone);
	value = lookup(l, map, key);
	ir_branch(F, COND_NE, ir_reg(value), ir_imm(0), there, gone);
	ir_at(F, there);
	lower_copy(l, copy, (struct memory){SPACE_MAP, value, 0}, size);
	ir_jump(F, next);
	ir_at(F, gone);
	lower_zero(l, copy, size);
	ir_jump(F, next);
	ir_at(F, next);
	return copy;
}

/* ---- writing ---- */

static void slot_write(struct lower *l, const struct map_plan *mp, struct ir_val v)
{
	vreg slot = slot_address(l, mp);
	struct ir_block *there = NULL, *next = NULL;

	if (mp->rep == REP_TASK) {
		there = new_block(l);
		next = new_block(l);
		ir_branch(F, COND_NE, ir_reg(slot), ir_imm(0), there, next);
		ir_at(F, there);
	}
	ir_store(F, SPACE_MAP, slot, value_at(mp), 8, v);
	ir_store(F, SPACE_MAP, slot, present_at(mp), 8, ir_imm(1));
	if (next) {
		ir_jump(F, next);
		ir_at(F, next);
	}
}

static void assign_hash(struct lower *l, const struct map_plan *mp, const struct node *n)
{
	const struct map *map = mp->map;
	struct ir_block *gone = new_block(l), *failed = cold_block(l);
	struct memory key, value;
	vreg pointer, r;

	value = lower_temp(l, mp->value_size, "map value");
	lower_store(l, n->b, map->value, value);
	key = lower_map_key(l, map, n->a->a);
	pointer = lower_map_pointer(l, mp, gone);
	if (mp->count_offset) { /* len() counts entries: a new one must be told from an old one */
		struct ir_block *present = new_block(l), *fresh = new_block(l), *update = new_block(l);

		ir_branch(F, COND_NE, ir_reg(lookup(l, pointer, key)), ir_imm(0), present, fresh);
		ir_at(F, fresh);
		struct ir_block *added = new_block(l), *refused = cold_block(l);
		r = lower_map_call(l, HELPER_MAP_UPDATE_ELEM,
			    IR_ARGS(ir_reg(pointer), ir_reg(lower_address(l, key)),
				    ir_reg(lower_address(l, value)), ir_imm(BPF_NOEXIST)));
		ir_branch(F, COND_EQ, ir_reg(r), ir_imm(0), added, refused);
		ir_at(F, added);
		note_insert(l, mp);
		ir_jump(F, gone);
		ir_at(F, refused);
		struct ir_block *error = cold_block(l);
		ir_branch(F, COND_EQ, ir_reg(r), ir_imm(-EEXIST), update, error);
		ir_at(F, error);
		count_update_error(l, ir_reg(r), gone);
		ir_at(F, present);
		ir_jump(F, update);
		ir_at(F, update);
	}
	r = lower_map_call(l, HELPER_MAP_UPDATE_ELEM,
		    IR_ARGS(ir_reg(pointer), ir_reg(lower_address(l, key)),
			    ir_reg(lower_address(l, value)), ir_imm(BPF_ANY)));
	ir_branch(F, COND_EQ, ir_reg(r), ir_imm(0), gone, failed);
	ir_at(F, failed);
	count_update_error(l, ir_reg(r), gone);
	ir_at(F, gone);
}

/* This CPU's slot of the current generation. */
static struct memory cpu_slot(struct lower *l, const struct map_plan *mp)
{
	struct ir_val cpu = ir_reg(ir_call(F, HELPER_GET_SMP_PROCESSOR_ID, 0, NULL)), off;
	vreg base;

	cpu = lower_alu(AND, cpu, ir_imm(l->plan->ncpus_pow2 - 1));
	if (mp->two_generations) {
		vreg g = ir_load(F, SPACE_MAP, ir_map_value(F, KMAP_CONTROL, mp->generation_offset), 0, 4, false);
		struct ir_val gen = lower_alu(AND, ir_reg(g), ir_imm(1));

		/* added, not or'ed: up to 6.6 the verifier knows no bounds of an `or` of two registers */
		cpu = lower_alu(ADD, cpu, lower_alu(MUL, gen, ir_imm(l->plan->ncpus_pow2)));
	}
	off = lower_alu(MUL, cpu, ir_imm(mp->stride));
	base = ir_map_value(F, KMAP_CONTROL, mp->offset);
	return (struct memory){SPACE_MAP, ir_alu(F, IR_ADD, ir_reg(base), off), 0};
}

/* The aggregate of the key in the hash; by the first map directly while it is the current one. */
static vreg hash_entry(struct lower *l, const struct map_plan *mp, struct memory key,
			    struct ir_block *gone)
{
	struct ir_block *direct, *by_outer, *found;
	vreg swapped, value;

	if (!mp->first_kmap)
		return lookup_or_insert(l, mp, lower_map_pointer(l, mp, gone), key, gone);
	direct = new_block(l);
	by_outer = cold_block(l);
	found = new_block(l);
	value = ir_vreg(F);
	swapped = ir_load(F, SPACE_MAP, ir_map_value(F, KMAP_CONTROL, mp->swapped_offset), 0, 4, false);
	ir_branch(F, COND_NE, ir_reg(swapped), ir_imm(0), by_outer, direct);
	ir_at(F, direct);
	ir_set(F, value, ir_reg(lookup(l, ir_map(F, mp->first_kmap), key)));
	ir_branch(F, COND_EQ, ir_reg(value), ir_imm(0), by_outer, found);
	ir_at(F, by_outer);
	ir_set(F, value, ir_reg(lookup_or_insert(l, mp, lower_map_pointer(l, mp, gone), key, gone)));
	ir_jump(F, found);
	ir_at(F, found);
	return value;
}

/* The aggregate of the key: in its front slot, or in the hash. */
static vreg aggregate_entry(struct lower *l, const struct map_plan *mp, struct memory key,
			    struct ir_block *gone)
{
	struct ir_block *missed, *found;
	vreg value;

	if (!mp->front_bits)
		return hash_entry(l, mp, key, gone);
	missed = cold_block(l);
	found = new_block(l);
	value = ir_vreg(F);
	lower_front(l, mp, key, value, found, missed);
	ir_at(F, missed);
	ir_set(F, value, ir_reg(hash_entry(l, mp, key, gone)));
	ir_jump(F, found);
	ir_at(F, found);
	return value;
}

static void assign_aggregation(struct lower *l, const struct map_plan *mp, const struct node *n)
{
	struct ir_block *gone;
	struct ir_val value = ir_imm(0);
	struct memory key;

	if (n->b->list.n) {
		value = lower_number(l, n->b->list.v[0]);
		if (value.reg)
			value = ir_reg(ir_mov(F, value));
	}
	if (mp->rep == REP_CPU_SLOTS) {
		lower_aggregate(l, mp, n->b, cpu_slot(l, mp), value);
		return;
	}
	gone = new_block(l);
	key = lower_map_key(l, mp->map, n->a->a);
	lower_aggregate(l, mp, n->b, (struct memory){SPACE_MAP, aggregate_entry(l, mp, key, gone), 0}, value);
	ir_jump(F, gone);
	ir_at(F, gone);
}

/* [at] op= v for one value shared by all writers; += and -= are one atomic instruction. */
static struct ir_val change(struct lower *l, const struct map_plan *mp, struct memory at, enum op op,
			    struct ir_val v, bool want_old)
{
	struct ir_val old;
	vreg was;

	if (op == OP_SUB)
		v = v.reg ? lower_alu(SUB, ir_imm(0), v) : ir_imm(-v.imm);
	if (op == OP_ADD || op == OP_SUB) {
		if (!want_old) {
			ir_emit(F, (struct ir_insn){.op = IR_ATOMIC_ADD, .size = 8, .space = SPACE_MAP,
						    .a = ir_reg(at.base), .off = at.off, .b = v});
			return ir_imm(0);
		}
		/* Before Linux 5.12 adding tells nothing: what was there is read before, and may be another's. */
		if (!l->plan->features.fetch_atomics) {
			old = lower_load(l, at, 8, false);
			change(l, mp, at, OP_ADD, v, false);
			return old;
		}
		was = ir_vreg(F);
		ir_emit(F, (struct ir_insn){.op = IR_FETCH_ADD, .size = 8, .space = SPACE_MAP, .dst = was,
					    .a = ir_reg(at.base), .off = at.off, .b = v});
		return ir_reg(was);
	}
	old = lower_load(l, at, 8, false);
	lower_put(l, at, 8, lower_arithmetic(l, op, old, v, mp->map->value->is_signed));
	return old;
}

/* Where the map's 8-byte value is, made when absent; goes to `gone` when that fails. */
static struct memory value_place(struct lower *l, const struct map_plan *mp, const struct node *map_node,
				struct ir_block *gone)
{
	struct memory key;
	vreg slot;

	if (mp->rep == REP_SCALAR || mp->rep == REP_TASK) {
		slot = slot_address(l, mp);
		if (mp->rep == REP_TASK) {
			struct ir_block *there = new_block(l);

			ir_branch(F, COND_EQ, ir_reg(slot), ir_imm(0), gone, there);
			ir_at(F, there);
		}
		ir_store(F, SPACE_MAP, slot, present_at(mp), 8, ir_imm(1));
		return (struct memory){SPACE_MAP, slot, value_at(mp)};
	}
	key = lower_map_key(l, mp->map, map_node->a);
	return (struct memory){SPACE_MAP, lookup_or_insert(l, mp, lower_map_pointer(l, mp, gone), key, gone), 0};
}

void lower_map_assign(struct lower *l, const struct node *n)
{
	const struct map_plan *mp = map_plan_of(l, n->a->ref.map);
	struct ir_block *gone;
	struct ir_val v;

	if (type_is_aggregation(mp->map->value)) {
		assign_aggregation(l, mp, n);
		return;
	}
	if (n->op == OP_NONE && (mp->rep == REP_SCALAR || mp->rep == REP_TASK)) {
		slot_write(l, mp, lower_scalar(l, n->b));
		return;
	}
	if (n->op == OP_NONE) {
		assign_hash(l, mp, n);
		return;
	}
	v = lower_scalar(l, n->b);
	if (v.reg)
		v = ir_reg(ir_mov(F, v));
	if (n->op == OP_ADD || n->op == OP_SUB)
		v = lower_steps(l, mp->map->value, v);
	gone = new_block(l);
	change(l, mp, value_place(l, mp, n->a, gone), n->op, v, false);
	ir_jump(F, gone);
	ir_at(F, gone);
}

struct ir_val lower_map_increment(struct lower *l, const struct node *n)
{
	const struct map_plan *mp = map_plan_of(l, n->a->ref.map);
	bool down = n->op == OP_PREDEC || n->op == OP_POSTDEC;
	bool before = n->op == OP_PREINC || n->op == OP_PREDEC;
	struct ir_val step = ir_imm(lower_step_size(mp->map->value)), old;
	struct ir_block *gone = new_block(l);
	vreg result = ir_mov(F, ir_imm(0));

	if (down)
		step.imm = -step.imm;
	old = change(l, mp, value_place(l, mp, n->a, gone), OP_ADD, step,
		     n->type->kind != TYPE_NONE && !(n->flags & NODE_DISCARDED));
	if (old.reg)
		ir_set(F, result, before ? lower_alu(ADD, old, step) : old);
	ir_jump(F, gone);
	ir_at(F, gone);
	return ir_reg(result);
}

/* ---- delete, has_key, len ---- */

struct ir_val lower_map_delete(struct lower *l, const struct node *n)
{
	const struct node *map_node = n->list.v[0];
	const struct map_plan *mp = map_plan_of(l, map_node->ref.map);
	struct ir_block *gone = new_block(l), *deleted = new_block(l);
	struct ir_val was;
	struct memory key;
	vreg result = ir_mov(F, ir_imm(0)), r;

	if (mp->rep == REP_SCALAR || mp->rep == REP_TASK) {
		was = slot_read(l, mp, present_at(mp));
		ir_set(F, result, was);
		ir_branch(F, COND_NE, was, ir_imm(0), deleted, gone);
		ir_at(F, deleted);
		if (mp->rep == REP_TASK) {
			struct ir_block *there = new_block(l);

			ir_branch(F, COND_EQ, ir_reg(slot_address(l, mp)), ir_imm(0), gone, there);
			ir_at(F, there);
		}
		ir_store(F, SPACE_MAP, slot_address(l, mp), value_at(mp), 8, ir_imm(0));
		ir_store(F, SPACE_MAP, slot_address(l, mp), present_at(mp), 8, ir_imm(0));
	} else if (mp->rep == REP_CPU_SLOTS) {
		ir_jump(F, gone); /* a scalar aggregation is cleared by the reader: clear(@) */
		ir_at(F, gone);
		return ir_reg(result);
	} else {
		key = lower_map_key(l, mp->map, map_node->a);
		r = lower_map_call(l, HELPER_MAP_DELETE_ELEM,
			    IR_ARGS(ir_reg(lower_map_pointer(l, mp, gone)), ir_reg(lower_address(l, key))));
		ir_branch(F, COND_EQ, ir_reg(r), ir_imm(0), deleted, gone);
		ir_at(F, deleted);
		ir_set(F, result, ir_imm(1));
		note_delete(l, mp);
	}
	ir_jump(F, gone);
	ir_at(F, gone);
	return ir_reg(result);
}

struct ir_val lower_map_has_key(struct lower *l, const struct node *n)
{
	const struct node *map_node = n->list.v[0];
	const struct map_plan *mp = map_plan_of(l, map_node->ref.map);
	struct ir_block *gone, *there;
	struct memory key;
	vreg result;

	if (mp->rep == REP_SCALAR || mp->rep == REP_TASK)
		return slot_read(l, mp, present_at(mp));
	gone = new_block(l);
	there = new_block(l);
	result = ir_mov(F, ir_imm(0));
	key = lower_map_key(l, mp->map, map_node->a);
	ir_branch(F, COND_NE, ir_reg(lookup(l, lower_map_pointer(l, mp, gone), key)), ir_imm(0), there, gone);
	ir_at(F, there);
	ir_set(F, result, ir_imm(1));
	ir_jump(F, gone);
	ir_at(F, gone);
	return ir_reg(result);
}

/* The variable's place or register gets what is at `value`. */
static void give_variable(struct lower *l, const struct node *var, const struct node *map_node, vreg value)
{
	const struct map *map = map_node->ref.map;
	const struct type *t = var->ref.variable->type;
	struct memory place = lower_variable_place(l, var->ref.variable);
	uint32_t size = ROUND_UP(type_stored_size(map->value), 8u);

	if (type_is_scalar(t))
		lower_variable_set(l, var->ref.variable, ir_reg(ir_load(F, SPACE_MAP, value, 0, 8, false)));
	else if (map->value->kind == TYPE_STRING)
		lower_string_at(l, (struct memory){SPACE_MAP, value, 0}, place,
				MIN_OF(t->size, map->value->size), true, false);
	else if (t != map->value) /* strings in it have other room */
		lower_store(l, map_node, t, place);
	else
		lower_copy(l, place, (struct memory){SPACE_MAP, value, 0}, size);
}

struct ir_val lower_map_find(struct lower *l, const struct node *n)
{
	const struct node *map_node = n->list.v[0], *var = n->list.v[2];
	const struct map_plan *mp = map_plan_of(l, map_node->ref.map);
	struct ir_block *gone = new_block(l), *there = new_block(l);
	vreg result = ir_mov(F, ir_imm(0)), value;
	struct memory key;

	if (mp->rep == REP_SCALAR || mp->rep == REP_TASK || mp->rep == REP_CPU_SLOTS) {
		struct ir_val present = mp->rep == REP_CPU_SLOTS ? ir_imm(1) : slot_read(l, mp, present_at(mp));

		ir_branch(F, COND_NE, present, ir_imm(0), there, gone);
		ir_at(F, there);
		lower_variable_set(l, var->ref.variable, lower_map_scalar(l, map_node));
	} else {
		key = lower_map_key(l, mp->map, map_node->a);
		value = lookup(l, lower_map_pointer(l, mp, gone), key);
		ir_branch(F, COND_NE, ir_reg(value), ir_imm(0), there, gone);
		ir_at(F, there);
		if (type_is_aggregation(mp->map->value))
			lower_variable_set(l, var->ref.variable,
					   lower_aggregate_read(l, mp, (struct memory){SPACE_MAP, value, 0}, false));
		else
			give_variable(l, var, map_node, value);
	}
	ir_set(F, result, ir_imm(1));
	ir_jump(F, gone);
	ir_at(F, gone);
	return ir_reg(result);
}

/* &@m, &@m[k]: where the value is now, as a number; 0: the key is absent. */
struct ir_val lower_map_address(struct lower *l, const struct node *n)
{
	const struct map_plan *mp = map_plan_of(l, n->ref.map);
	struct ir_block *gone = new_block(l), *there = new_block(l);
	vreg result = ir_mov(F, ir_imm(0)), value;
	int32_t off = 0;

	if (mp->rep == REP_SCALAR || mp->rep == REP_TASK) {
		value = slot_address(l, mp);
		off = value_at(mp);
	} else {
		value = lookup(l, lower_map_pointer(l, mp, gone), lower_map_key(l, mp->map, n->a));
	}
	ir_branch(F, COND_NE, ir_reg(value), ir_imm(0), there, gone);
	ir_at(F, there);
	ir_set(F, result, lower_untyped(l, ir_reg(lower_address(l, (struct memory){SPACE_MAP, value, off}))));
	ir_jump(F, gone);
	ir_at(F, gone);
	return ir_reg(result);
}

struct ir_val lower_map_len(struct lower *l, const struct node *n)
{
	const struct map_plan *mp = map_plan_of(l, n->list.v[0]->ref.map);

	if (mp->rep == REP_SCALAR || mp->rep == REP_TASK)
		return slot_read(l, mp, present_at(mp));
	if (mp->rep == REP_CPU_SLOTS)
		return ir_imm(1);
	return ir_reg(ir_load(F, SPACE_MAP, ir_map_value(F, KMAP_CONTROL, mp->count_offset), 0, 8, false));
}
