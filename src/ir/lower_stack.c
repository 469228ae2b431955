/*
 * lower_stack.c - kstack and ustack: walked by the kernel's helper, kept once in the stack table.
 * In an iterator over tasks they are those of the task that is walked.
 *
 * The frames are read into the scratch as a struct stack_entry; their hash is the id. The
 * table is asked for the id, and the entry found is compared frame by frame, so no stack is ever
 * taken for another:
 *
 *     id = hash of frames
 *     entry = table[id]
 *     none:  insert; done (or another CPU just did: its entry)
 *     same:  done
 *     other: a collision of 64 bits, which is a loss of its own
 *
 * One comparison, and what follows it once: the verifier walks all of its rounds.
 *
 * Before the table, each CPU has some stacks at hand in the control map, found and compared there
 * without a helper call. A slot is filled once, by whoever changes its state from 0 to 1, and from
 * state 2 on never changes, so it does not matter who interrupts whom:
 *
 *     control + stacks_offset:  [cpu][id >> 58]  { u64 state | u64 id | struct stack_entry }
 */
#include "ir/unwind.h"
#include "ir/lower_int.h"

#include <errno.h>

enum {
	STACKS_MADE_BEFORE = 16384,
	BPF_F_USER_STACK_FLAG = 1 << 8,
	RAW_EXTRA = 8, /* frames of the tracing machinery itself, trimmed by the reader */
	RAW_SKIP = 2,  /* of them the program and bpf_trace_run: see walk_stack */
	BLOCK = 8, WORDS = sizeof(struct stack_entry) / 8,
};

enum { HAND_STATE = 0, HAND_ID = 8, HAND_ENTRY = 16, HAND_BITS = 6,
       HAND_STRIDE = ROUND_UP(HAND_ENTRY + sizeof(struct stack_entry), 64) };
enum { HAND_FREE, HAND_CLAIMED, HAND_FILLED };

_Static_assert(WORDS % BLOCK == 0, "a stack is whole blocks");
_Static_assert(UNWIND_CLEARED >= BLOCK, "what is behind the frames in the last block is zero");

struct walk {
	struct memory entry;   /* struct stack_entry being built */
	vreg id;
	vreg end, native, names; /* of a walk by tables: enum unwind_end; addresses; pairs that name some of them */
};

static vreg words_of(struct lower *l, struct walk *w)
{
	return ir_load(F, SPACE_MAP, lower_address(l, w->entry), offsetof(struct stack_entry, words), 2, false);
}

/* Frames of a struct stack_entry: addresses, and two words for each of an interpreter's; names are none. */
static vreg frames_at(struct lower *l, vreg entry)
{
	vreg names = ir_load(F, SPACE_MAP, entry, offsetof(struct stack_entry, names), 1, false);
	vreg words = ir_load(F, SPACE_MAP, entry, offsetof(struct stack_entry, words), 2, false);
	vreg native = ir_load(F, SPACE_MAP, entry, offsetof(struct stack_entry, native), 2, false);

	return ir_mov(F, lower_alu(SUB, lower_alu(SHR, lower_alu(ADD, ir_reg(words), ir_reg(native)), ir_imm(1)),
				   ir_reg(names)));
}

/*
 * for (at = 0; at < bytes in use; at += a block): the caller fills the body and ends it with
 * loop_next. The entry, its head word included, is taken in blocks of eight words, with one
 * branch each. What is behind the frames is zero, so it may be looked at.
 *
 * The verifier walks every round of a loop, and can remember 8192 branches; of one whose rounds an
 * iterator counts (Linux 6.4) it walks two or three: a program with stacks loads in half the time.
 */
struct loop {
	struct ir_block *head, *exit;
	vreg at;
	vreg iterator; /* struct bpf_iter_num; 0: there is none */
};

static void loop_end(struct lower *l, const struct loop *loop)
{
	if (loop->iterator)
		ir_call(F, IR_KFUNC + l->plan->rounds.destroy, IR_ARGS(ir_reg(loop->iterator)));
}

static bool can_iterate(struct plan *plan, struct world *w)
{
	struct plan_rounds *ids = &plan->rounds;

	if (!ids->sought && plan->features.kernel >= 0x0604) {
		ids->new = w->function_id(w, "bpf_iter_num_new");
		ids->next = w->function_id(w, "bpf_iter_num_next");
		ids->destroy = w->function_id(w, "bpf_iter_num_destroy");
	}
	ids->sought = true;
	return ids->new && ids->next && ids->destroy;
}

/* The next round's offset into loop->at, or out of the loop. */
static void iterate(struct lower *l, struct loop *loop)
{
	struct ir_block *more = new_block(l), *within = new_block(l);
	vreg number = ir_call(F, IR_KFUNC + l->plan->rounds.next, IR_ARGS(ir_reg(loop->iterator))), round;

	ir_branch(F, COND_EQ, ir_reg(number), ir_imm(0), loop->exit, more);
	ir_at(F, more);
	round = ir_load(F, SPACE_MAP, number, 0, 4, false);
	ir_branch(F, COND_GE, ir_reg(round), ir_imm(WORDS / BLOCK), loop->exit, within); /* for the verifier */
	ir_at(F, within);
	ir_set(F, loop->at, lower_alu(MUL, ir_reg(round), ir_imm(8 * BLOCK)));
}

static struct loop loop_begin(struct lower *l, struct walk *w)
{
	struct loop loop = {new_block(l), new_block(l), ir_mov(F, ir_imm(0)), 0};
	struct ir_block *more = new_block(l), *body = new_block(l);
	/*
	 * Read again from memory for every loop: what one loop taught the verifier about the
	 * number would make it walk what follows once for each possible length.
	 */
	struct ir_val used = lower_alu(SHL, ir_reg(words_of(l, w)), ir_imm(3));

	if (can_iterate(l->plan, l->script->world)) {
		loop.iterator = lower_address(l, lower_temp(l, 8, "rounds"));
		ir_call(F, IR_KFUNC + l->plan->rounds.new,
			IR_ARGS(ir_reg(loop.iterator), ir_imm(0), ir_imm(WORDS / BLOCK)));
	}
	ir_jump(F, loop.head);
	ir_at(F, loop.head);
	if (loop.iterator) {
		iterate(l, &loop);
		ir_jump(F, more);
	} else {
		ir_branch(F, COND_GE, ir_reg(loop.at), ir_imm(8 * WORDS), loop.exit, more);
	}
	ir_at(F, more);
	ir_branch(F, COND_GT, ir_reg(loop.at), used, loop.exit, body); /* with the head: one word more */
	ir_at(F, body);
	return loop;
}

static void loop_next(struct lower *l, struct loop *loop)
{
	if (!loop->iterator)
		ir_set(F, loop->at, lower_alu(ADD, ir_reg(loop->at), ir_imm(8 * BLOCK)));
	ir_jump(F, loop->head);
	ir_at(F, loop->exit);
	loop_end(l, loop);
}

/* Odd numbers without a pattern (the fractions of square roots of primes), one for each word of a block. */
static const uint64_t word_factors[BLOCK] = {
	0x6a09e667f3bcc909, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/*
 * The products of a block do not wait for one another. This and compare() are bpf/stack.bpf.c where the library and
 * bpf_loop() are there: the same hash, with loops of our own.
 */
static void hash_frames(struct lower *l, struct walk *w, vreg base)
{
	struct loop loop;
	struct ir_val h, sum;
	vreg block;

	if (l->plan->features.unwind_tables) {
		ir_set(F, w->id, ir_reg(ir_call(F, HELPER_HASH_STACK, IR_ARGS(ir_reg(base)))));
		return;
	}
	ir_set(F, w->id, ir_reg(ir_mov(F, ir_imm((int64_t)0x9e3779b97f4a7c15ull))));
	loop = loop_begin(l, w);
	block = ir_alu(F, IR_ADD, ir_reg(base), ir_reg(loop.at));
	sum = ir_reg(w->id);
	for (uint32_t i = 0; i < BLOCK; i++)
		sum = lower_alu(ADD, sum, lower_alu(MUL, ir_reg(ir_load(F, SPACE_MAP, block, 8 * i, 8, false)),
						    ir_imm((int64_t)word_factors[i])));
	h = lower_alu(XOR, sum, lower_alu(SHR, sum, ir_imm(32)));
	h = lower_alu(MUL, h, ir_imm((int64_t)0xff51afd7ed558ccdull));
	ir_set(F, w->id, lower_alu(XOR, h, lower_alu(SHR, h, ir_imm(29))));
	loop_next(l, &loop);
	ir_set(F, w->id, lower_alu(OR, ir_reg(w->id), ir_imm(1)));
}

/* Goes to `same` or `other`. */
static void compare(struct lower *l, struct walk *w, vreg base, vreg found, struct ir_block *same,
		    struct ir_block *other)
{
	struct ir_block *next, *left;
	struct loop loop;
	vreg ours, theirs;
	struct ir_val differs = ir_imm(0), one;

	if (l->plan->features.unwind_tables) {
		ir_branch(F, COND_NE, ir_reg(ir_call(F, HELPER_SAME_STACK, IR_ARGS(ir_reg(base), ir_reg(found)))),
			  ir_imm(0), same, other);
		return;
	}
	next = new_block(l);
	left = new_block(l);
	loop = loop_begin(l, w);
	ours = ir_alu(F, IR_ADD, ir_reg(base), ir_reg(loop.at));
	theirs = ir_alu(F, IR_ADD, ir_reg(found), ir_reg(loop.at));
	for (uint32_t i = 0; i < BLOCK; i++) {
		one = lower_alu(XOR, ir_reg(ir_load(F, SPACE_MAP, ours, 8 * i, 8, false)),
				ir_reg(ir_load(F, SPACE_MAP, theirs, 8 * i, 8, false)));
		differs = i ? lower_alu(OR, differs, one) : one;
	}
	ir_branch(F, COND_NE, differs, ir_imm(0), left, next);
	ir_at(F, left);
	loop_end(l, &loop);
	ir_jump(F, other);
	ir_at(F, next);
	loop_next(l, &loop);
	ir_jump(F, same);
}

static vreg look_up(struct lower *l, struct memory key)
{
	return ir_call(F, HELPER_MAP_LOOKUP_ELEM,
		       IR_ARGS(ir_reg(ir_map(F, KMAP_STACKS)), ir_reg(lower_address(l, key))));
}

static void lose(struct lower *l, struct walk *w, enum ir_loss loss, struct ir_block *done)
{
	ir_count_loss(F, l->prog, loss);
	ir_set(F, w->id, ir_imm(0));
	ir_jump(F, done);
}

static void keep(struct lower *l, struct walk *w, vreg base, struct ir_block *done)
{
	struct ir_block *insert = new_block(l), *found = new_block(l), *other = cold_block(l);
	struct ir_block *refused = cold_block(l), *again = cold_block(l), *failed = cold_block(l);
	struct memory key = lower_temp(l, 8, "stack id");
	vreg entry, r;

	lower_put(l, key, 8, ir_reg(w->id));
	entry = look_up(l, key);
	ir_branch(F, COND_EQ, ir_reg(entry), ir_imm(0), insert, found);
	ir_at(F, insert);
	r = lower_map_call(l, HELPER_MAP_UPDATE_ELEM,
			   IR_ARGS(ir_reg(ir_map(F, KMAP_STACKS)), ir_reg(lower_address(l, key)),
				   ir_reg(base), ir_imm(BPF_NOEXIST)));
	ir_branch(F, COND_EQ, ir_reg(r), ir_imm(0), done, refused);
	ir_at(F, refused);
	ir_branch(F, COND_EQ, ir_reg(r), ir_imm(-EEXIST), again, failed);
	ir_at(F, again);
	ir_set(F, entry, ir_reg(look_up(l, key)));
	ir_branch(F, COND_EQ, ir_reg(entry), ir_imm(0), failed, found);
	ir_at(F, found);
	compare(l, w, base, entry, done, other);
	ir_at(F, other);
	lose(l, w, LOSS_STACK_COLLISION, done);
	ir_at(F, failed);
	lose(l, w, LOSS_STACK_FULL, done);
}

/* This CPU's slot for the id. */
static vreg hand_slot(struct lower *l, vreg id)
{
	struct ir_val cpu = ir_reg(ir_call(F, HELPER_GET_SMP_PROCESSOR_ID, 0, NULL)), off;

	cpu = lower_alu(AND, cpu, ir_imm(l->plan->ncpus_pow2 - 1));
	off = lower_alu(ADD, lower_alu(MUL, cpu, ir_imm(HAND_STRIDE << HAND_BITS)),
			lower_alu(MUL, lower_alu(SHR, ir_reg(id), ir_imm(64 - HAND_BITS)), ir_imm(HAND_STRIDE)));
	return ir_alu(F, IR_ADD, ir_reg(ir_map_value(F, KMAP_CONTROL, l->plan->stacks_offset)), off);
}

/* Fills the slot if nobody has yet. */
static void take_to_hand(struct lower *l, const struct walk *w, vreg slot, struct ir_block *done)
{
	struct ir_block *ours = new_block(l);
	vreg was = ir_vreg(F);

	ir_emit(F, (struct ir_insn){.op = IR_CMPXCHG, .size = 8, .space = SPACE_MAP, .dst = was, .a = ir_reg(slot),
				    .off = HAND_STATE, .b = ir_imm(HAND_FREE), .c = ir_imm(HAND_CLAIMED)});
	ir_branch(F, COND_NE, ir_reg(was), ir_imm(HAND_FREE), done, ours);
	ir_at(F, ours);
	lower_copy(l, (struct memory){SPACE_MAP, slot, HAND_ENTRY}, w->entry, sizeof(struct stack_entry));
	ir_store(F, SPACE_MAP, slot, HAND_ID, 8, ir_reg(w->id));
	ir_emit(F, (struct ir_insn){.op = IR_XCHG, .size = 8, .space = SPACE_MAP, .dst = ir_vreg(F),
				    .a = ir_reg(slot), .off = HAND_STATE, .b = ir_imm(HAND_FILLED)});
	ir_jump(F, done);
}

/* The stack at hand, or kept in the table. */
static void find_or_keep(struct lower *l, struct walk *w, vreg base, struct ir_block *done)
{
	struct ir_block *filled, *there, *missed, *kept, *fresh;
	vreg slot;

	if (!l->plan->stacks_offset) {
		keep(l, w, base, done);
		return;
	}
	filled = new_block(l);
	there = new_block(l);
	missed = cold_block(l);
	kept = cold_block(l);
	fresh = cold_block(l);
	slot = hand_slot(l, w->id);
	ir_branch(F, COND_EQ, ir_reg(ir_load(F, SPACE_MAP, slot, HAND_STATE, 8, false)), ir_imm(HAND_FILLED), filled,
		  missed);
	ir_at(F, filled);
	ir_branch(F, COND_EQ, ir_reg(ir_load(F, SPACE_MAP, slot, HAND_ID, 8, false)), ir_reg(w->id), there, missed);
	ir_at(F, there);
	compare(l, w, base, ir_alu(F, IR_ADD, ir_reg(slot), ir_imm(HAND_ENTRY)), done, missed);
	ir_at(F, missed);
	keep(l, w, base, kept);
	ir_at(F, kept);
	ir_branch(F, COND_NE, ir_reg(w->id), ir_imm(0), fresh, done);
	ir_at(F, fresh);
	take_to_hand(l, w, slot, done);
}

/* The stacks are the current task's, and the tracing machinery's frames are on them. */
static bool raw_carrier(struct lower *l)
{
	if (lower_walked_task(l))
		return false;
	return l->program->carrier == CARRIER_RAW_TRACEPOINT || carrier_is_typed(l->program->carrier);
}

static void plan_table(struct lower *l)
{
	struct kmap *k = &l->plan->kmaps.v[KMAP_STACKS];
	/*
	 * Large entries made in an interrupt or in the scheduler, two at a time, are more than the kernel
	 * has at hand.
	 */
	bool on_demand = l->plan->features.on_demand_maps && l->program->carrier != CARRIER_PERF_EVENT &&
			 !raw_carrier(l) &&
			 (!k->type || k->flags & BPF_F_NO_PREALLOC);

	*k = (struct kmap){.name = "stacks", .type = BPF_MAP_TYPE_HASH, .key_size = 8,
			   .value_size = sizeof(struct stack_entry), .entries = on_demand ? 65536 : STACKS_MADE_BEFORE,
			   .flags = on_demand ? BPF_F_NO_PREALLOC : 0};
	if (!l->plan->stacks_offset && l->plan->features.fetch_atomics && !l->plan->classic) {
		l->plan->stacks_offset = ROUND_UP(l->plan->control_size, 64u);
		l->plan->control_size = l->plan->stacks_offset + l->plan->ncpus_pow2 * (HAND_STRIDE << HAND_BITS);
	}
}

/* What unwind.bpf.c walks by; run/unwinder.h fills it. */
static void plan_unwind_maps(struct plan *plan)
{
	struct kmap *k = &plan->kmaps.v[KMAP_UNWIND_SPACES];

	*k = (struct kmap){.name = "unwind_spaces", .type = BPF_MAP_TYPE_HASH, .key_size = 4,
			   .value_size = sizeof(struct unwind_space), .entries = UNWIND_SPACES,
			   .flags = BPF_F_NO_PREALLOC}; /* programs only look */
	plan->kmaps.v[KMAP_UNWIND_AREAS] = (struct kmap){
		.name = "unwind_areas", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .flags = BPF_F_MMAPABLE,
		.value_size = sizeof(struct unwind_area), .entries = UNWIND_AREAS};
	plan->kmaps.v[KMAP_UNWIND_PAGES] = (struct kmap){
		.name = "unwind_pages", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .flags = BPF_F_MMAPABLE,
		.value_size = sizeof(struct unwind_page), .entries = UNWIND_PAGES};
	plan->kmaps.v[KMAP_UNWIND_ROWS] = (struct kmap){
		.name = "unwind_rows", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .flags = BPF_F_MMAPABLE,
		.value_size = 8, .entries = UNWIND_ROWS_PER_STORE / 2, .outer = true,
		.outer_entries = UNWIND_STORES};
	plan->kmaps.v[KMAP_UNWIND_RULES] = (struct kmap){
		.name = "unwind_rules", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .flags = BPF_F_MMAPABLE,
		.value_size = sizeof(struct unwind_rule), .entries = UNWIND_RULES};
	plan->kmaps.v[KMAP_UNWIND_RECENT] = (struct kmap){
		.name = "unwind_recent", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
		.flags = BPF_F_MMAPABLE, /* so that an element is in one cache line */
		.value_size = UNWIND_RECENT_WAYS * sizeof(struct unwind_recent), .entries = 1 << UNWIND_RECENT_BITS};
	plan->kmaps.v[KMAP_UNWIND_WANTED] = (struct kmap){
		.name = "unwind_wanted", .type = BPF_MAP_TYPE_RINGBUF, .entries = UNWIND_WANTED_BYTES};
	plan->kmaps.v[KMAP_UNWIND_FILES] = (struct kmap){
		.name = "unwind_files", .type = BPF_MAP_TYPE_HASH, .key_size = sizeof(struct unwind_file_key),
		.value_size = sizeof(struct unwind_file), .entries = UNWIND_FILES, .flags = BPF_F_NO_PREALLOC};
	plan->kmaps.v[KMAP_UNWIND_LAYOUT] = (struct kmap){
		.name = "unwind_layout", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
		.value_size = sizeof(struct unwind_layout), .entries = 1};
	plan->kmaps.v[KMAP_PYTHON_PROCESSES] = (struct kmap){
		.name = "python_process", .type = BPF_MAP_TYPE_HASH, .key_size = 4,
		.value_size = sizeof(struct python_process), .entries = PYTHON_PROCESSES, .flags = BPF_F_NO_PREALLOC};
	plan->kmaps.v[KMAP_PYTHON_THREADS] = (struct kmap){
		.name = "python_threads", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
		.value_size = sizeof(struct python_thread), .entries = PYTHON_THREADS};
	plan->kmaps.v[KMAP_PYTHON_KNOWN] = (struct kmap){
		.name = "python_known", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
		.value_size = sizeof(struct python_met), .entries = PYTHON_KNOWN};
	plan->kmaps.v[KMAP_PYTHON_MET] = (struct kmap){
		.name = "python_met", .type = BPF_MAP_TYPE_RINGBUF, .entries = PYTHON_MET_BYTES};
	lower_plan_frame_names(plan);
}

/* depth | mode << 32 | method << 40 of a stack node: see check_call.c. */
static uint64_t stack_shape(const struct lower *l, const struct node *n)
{
	uint64_t mode;

	if (n->kind == NODE_CALL)
		return n->num;
	mode = l->script->config.stack_mode;
	if (mode == STACK_BUILD_ID && n->type->kind == TYPE_KSTACK)
		mode = STACK_RAW; /* build ids are of user files */
	return STACK_MAX_DEPTH | mode << 32;
}

static enum stack_method method_of(const struct lower *l, const struct node *n)
{
	if (n->kind == NODE_IDENT && n->ref.builtin->id == BUILTIN_DW_USTACK)
		return STACK_BY_TABLES;
	return (enum stack_method)(stack_shape(l, n) >> 40);
}

/*
 * Whether a walk misses the caller: the program is at the first instruction of functions. Of
 * some of them the kernel may know (ENTRY_FRAMED): then it is looked whether it did.
 */
static enum entry missed_caller(const struct lower *l)
{
	bool kernel_looks = l->arch == &arch_x86_64 && l->plan->features.kernel >= 0x060c;
	size_t known = 0;

	vec_each(a, &l->program->attachments) {
		if (a->target->entry == ENTRY_NONE || a->target->provider != PROVIDER_UPROBE)
			return ENTRY_NONE;
		known += kernel_looks && a->target->entry == ENTRY_FRAMED;
	}
	return known == l->program->attachments.n ? ENTRY_NONE : known ? ENTRY_FRAMED : ENTRY_FIRST;
}

static vreg get_stack(struct lower *l, struct memory at, uint32_t frames, uint64_t flags)
{
	vreg task = lower_walked_task(l);

	if (task)
		return ir_call(F, HELPER_GET_TASK_STACK, IR_ARGS(ir_reg(task), ir_reg(lower_address(l, at)),
								 ir_imm(8 * frames), ir_imm(flags)));
	return ir_call(F, HELPER_GET_STACK, IR_ARGS(ir_reg(l->ctx), ir_reg(lower_address(l, at)),
						    ir_imm(8 * frames), ir_imm(flags)));
}

/* bpf_get_stack() of the kernel. A sample in user mode has no such stack, and to be told so takes 0.3 to 1 us. */
static vreg walk_kernel(struct lower *l, struct memory at, uint32_t frames, uint64_t flags)
{
	struct ir_block *kernel, *done;
	struct ir_val mode;
	vreg bytes;

	if (l->program->carrier != CARRIER_PERF_EVENT)
		return get_stack(l, at, frames, flags);
	kernel = new_block(l);
	done = new_block(l);
	bytes = ir_mov(F, ir_imm(0));
	mode = ir_reg(ir_load(F, SPACE_CTX, l->ctx, l->arch->mode, 8, false));
	mode = lower_alu(AND, mode, ir_imm(l->arch->mode_bits));
	ir_branch(F, COND_EQ, mode, ir_imm(l->arch->mode_user), done, kernel);
	ir_at(F, kernel);
	ir_set(F, bytes, ir_reg(get_stack(l, at, frames, flags)));
	ir_jump(F, done);
	ir_at(F, done);
	return bytes;
}

/*
 * The place, its caller, and what the walk finds behind the place:
 *
 *     ip[0]   ip[1]            ip[2] ...
 *     here    return address   the caller's caller
 */
static vreg walk_with_caller(struct lower *l, struct memory ip, uint32_t depth, enum entry missed)
{
	vreg caller, bytes, sp;

	lower_put(l, ip, 8, ir_reg(ir_load(F, SPACE_CTX, l->ctx, l->arch->ip, 8, false)));
	if (l->arch == &arch_x86_64) {
		sp = ir_load(F, SPACE_CTX, l->ctx, l->arch->sp, 8, false);
		caller = ir_load(F, SPACE_USER, sp, 0, 8, false);
	} else {
		caller = ir_load(F, SPACE_CTX, l->ctx, arch_register_offset(l->arch, "r30"), 8, false);
	}
	lower_put(l, place_at(ip, 8), 8, ir_reg(caller));
	if (depth == 2)
		return ir_mov(F, ir_imm(16));
	struct ir_block *none = new_block(l), *some = new_block(l), *done = new_block(l);

	bytes = ir_mov(F, ir_reg(get_stack(l, place_at(ip, 16), depth - 2, BPF_F_USER_STACK_FLAG | 1)));
	ir_branch(F, COND_SLE, ir_reg(bytes), ir_imm(0), none, some);
	ir_at(F, none);
	ir_set(F, bytes, ir_imm(16));
	ir_jump(F, done);
	ir_at(F, some);
	if (missed == ENTRY_FRAMED) { /* the kernel knew the caller if it is there twice */
		struct ir_block *twice = cold_block(l), *once = new_block(l);

		ir_branch(F, COND_EQ, lower_load(l, place_at(ip, 16), 8, false),
			  lower_load(l, place_at(ip, 8), 8, false), twice, once);
		ir_at(F, twice);
		ir_set(F, bytes, ir_reg(get_stack(l, ip, depth, BPF_F_USER_STACK_FLAG)));
		ir_jump(F, done);
		ir_at(F, once);
	}
	ir_set(F, bytes, lower_alu(ADD, ir_reg(bytes), ir_imm(16)));
	ir_jump(F, done);
	ir_at(F, done);
	return bytes;
}

static vreg walk_framed(struct lower *l, struct memory ip, uint32_t depth, enum entry missed)
{
	if (lower_walked_task(l)) /* the kernel walks user stacks of the current task only */
		return ir_mov(F, ir_imm(0));
	return missed != ENTRY_NONE ? walk_with_caller(l, ip, depth, missed)
				    : get_stack(l, ip, depth, BPF_F_USER_STACK_FLAG);
}

/* Of the thread whose stack is walked. */
static struct ir_val thread_number(struct lower *l, bool process)
{
	const char *path[] = {process ? "tgid" : "pid", NULL};
	vreg task = lower_walked_task(l);

	if (task)
		return lower_field_of_task(l, task, SPACE_BTF, path, 4);
	return process ? lower_alu(SHR, lower_pid_tgid(l), ir_imm(32)) : ir_reg(ir_ext(F, lower_pid_tgid(l), 4, false));
}

static vreg call_walker(struct lower *l, struct memory walk, struct memory ip)
{
	struct ir_val at = ir_reg(lower_address(l, walk)), to = ir_reg(lower_address(l, ip));
	vreg task = lower_walked_task(l);

	if (!task)
		return ir_call(F, HELPER_UNWIND_USER, IR_ARGS(at, to));
	l->program->sleepable = true;
	return ir_call(F, HELPER_UNWIND_TASK, IR_ARGS(at, to, ir_reg(task)));
}

/*
 * By unwind tables, and where that cannot begin (the process is not known yet) by frame pointers.
 * Why the walk ended is left in w->end.
 */
static vreg walk_by_tables(struct lower *l, struct walk *w, struct memory ip, uint32_t depth, enum entry missed)
{
	struct memory walk = lower_temp(l, sizeof(struct unwind_walk), "unwind walk");
	struct ir_block *none = cold_block(l), *some = new_block(l), *done = new_block(l);
	struct ir_block *framed = cold_block(l), *ended = cold_block(l);
	vreg frames, bytes = ir_vreg(F);

	plan_unwind_maps(l->plan);
	lower_put(l, place_at(walk, offsetof(struct unwind_walk, tgid)), 4, thread_number(l, true));
	lower_put(l, place_at(walk, offsetof(struct unwind_walk, tid)), 4, thread_number(l, false));
	lower_put(l, place_at(walk, offsetof(struct unwind_walk, limit)), 4, ir_imm(depth));
	lower_put(l, place_at(walk, offsetof(struct unwind_walk, named)), 4, ir_imm(l->script->names_frames));
	frames = call_walker(l, walk, ip);
	w->end = ir_vreg(F);
	w->native = ir_vreg(F);
	w->names = ir_vreg(F);
	ir_set(F, w->names,
	       lower_load(l, place_at(walk, offsetof(struct unwind_walk, names.count)), 4, false));
	ir_set(F, w->end, lower_load(l, place_at(walk, offsetof(struct unwind_walk, end)), 4, false));
	ir_branch(F, COND_EQ, ir_reg(frames), ir_imm(0), none, some);
	ir_at(F, none);
	ir_set(F, bytes, ir_imm(0)); /* no frame, and it is complete: a thread of the kernel's own */
	ir_branch(F, COND_EQ, ir_reg(w->end), ir_imm(UNWIND_COMPLETE), ended, framed);
	ir_at(F, framed);
	ir_set(F, bytes, ir_reg(walk_framed(l, ip, depth, missed)));
	ir_jump(F, ended);
	ir_at(F, ended);
	ir_set(F, w->native, lower_alu(SHR, ir_reg(bytes), ir_imm(3)));
	ir_jump(F, done);
	ir_at(F, some);
	ir_set(F, w->native, lower_load(l, place_at(walk, offsetof(struct unwind_walk, frames)), 4, false));
	ir_set(F, bytes, lower_alu(SHL, ir_reg(frames), ir_imm(3)));
	ir_jump(F, done);
	ir_at(F, done);
	return bytes;
}

#define END_HAS_LOSS(end) \
	_Static_assert(LOSS_##end - LOSS_UNWIND_NO_SPACE == end - UNWIND_NO_SPACE, "counts are in the order of ends")
END_HAS_LOSS(UNWIND_NO_AREA);
END_HAS_LOSS(UNWIND_NO_RULE);
END_HAS_LOSS(UNWIND_UNREADABLE);
END_HAS_LOSS(UNWIND_BACKWARDS);
END_HAS_LOSS(UNWIND_RETURN_PROBE);
END_HAS_LOSS(UNWIND_PYTHON_CUT);
END_HAS_LOSS(UNWIND_PYTHON_UNREADABLE);
END_HAS_LOSS(UNWIND_NAMES_CUT);
#undef END_HAS_LOSS

/* Each way in which a walk can end early has its own count; UNWIND_UNKNOWN, behind them, is counted nowhere. */
static void count_end(struct lower *l, vreg end)
{
	struct ir_block *early = cold_block(l), *counted = cold_block(l), *done = new_block(l);
	struct ir_val nth;

	ir_branch(F, COND_GT, ir_reg(end), ir_imm(UNWIND_CUT), early, done);
	ir_at(F, early);
	ir_branch(F, COND_LE, ir_reg(end), ir_imm(UNWIND_NAMES_CUT), counted, done);
	ir_at(F, counted);
	nth = lower_alu(SHL, lower_alu(SUB, ir_reg(end), ir_imm(UNWIND_NO_SPACE)), ir_imm(3));
	ir_emit(F, (struct ir_insn){
		.op = IR_ATOMIC_ADD, .size = 8, .b = ir_imm(1), .space = SPACE_MAP,
		.a = lower_alu(ADD, ir_reg(ir_map_value(F, l->prog->control_map, 8 * LOSS_UNWIND_NO_SPACE)), nth)});
	ir_jump(F, done);
	ir_at(F, done);
}

/* As many addresses as a walk gives, of which there may be more; or the walk says that it left some out. */
static void count_cut(struct lower *l, const struct walk *w, bool tables, vreg bytes)
{
	struct ir_val native = tables ? ir_reg(w->native) : lower_alu(SHR, ir_reg(bytes), ir_imm(3));
	struct ir_block *cut = cold_block(l), *fewer = new_block(l), *whole = new_block(l);

	ir_branch(F, COND_GE, native, ir_imm(STACK_MAX_DEPTH), cut, fewer);
	ir_at(F, fewer);
	if (tables)
		ir_branch(F, COND_EQ, ir_reg(w->end), ir_imm(UNWIND_CUT), cut, whole);
	else
		ir_jump(F, whole);
	ir_at(F, cut);
	ir_count_loss(F, l->prog, LOSS_STACK_CUT);
	ir_jump(F, whole);
	ir_at(F, whole);
}

/*
 * A thread without memory of its own never was in user mode: one of the kernel's, which not every kernel
 * and every processor's idle thread answers with "nothing".
 */
static void unless_kernels(struct lower *l, struct ir_block *failed, struct ir_block *empty)
{
	static const char *const path[] = {"mm", NULL};
	vreg task;

	if (!lower_task_has(l, path)) {
		ir_jump(F, failed);
		return;
	}
	task = ir_call(F, HELPER_GET_CURRENT_TASK, 0, NULL); /* untyped: see lower_only_read() */
	ir_branch(F, COND_EQ, lower_field_of_task(l, task, SPACE_KERNEL, path, 8), ir_imm(0), empty, failed);
}

/* Id 0. Nothing to walk is no failure where a sample, or a look at a task, finds user mode or the kernel's own. */
static void no_stack(struct lower *l, struct walk *w, vreg base, bool user, vreg bytes)
{
	struct ir_block *failed = cold_block(l), *empty = cold_block(l), *error = cold_block(l);

	if (user || l->program->carrier == CARRIER_PERF_EVENT || lower_walked_task(l))
		ir_branch(F, COND_EQ, ir_reg(bytes), ir_imm(0), empty, error);
	else
		ir_jump(F, error);
	ir_at(F, error);
	if (user && !lower_walked_task(l))
		unless_kernels(l, failed, empty);
	else
		ir_jump(F, failed);
	ir_at(F, failed);
	ir_count_loss(F, l->prog, LOSS_STACK_FAILED);
	ir_jump(F, empty);
	ir_at(F, empty);
	ir_set(F, w->id, ir_imm(0));
	ir_store(F, SPACE_MAP, base, 0, offsetof(struct stack_entry, ip), ir_imm(0)); /* no frames, no names */
}

/* All but the frames, of which there are so many bytes. */
static void put_head(struct lower *l, struct walk *w, vreg base, bool user, bool tables, vreg bytes)
{
	struct ir_val words = lower_alu(SHR, ir_reg(bytes), ir_imm(3));

	ir_store(F, SPACE_MAP, base, offsetof(struct stack_entry, words), 2, words);
	ir_store(F, SPACE_MAP, base, offsetof(struct stack_entry, native), 2, tables ? ir_reg(w->native) : words);
	if (tables)
		count_end(l, w->end);
	ir_store(F, SPACE_MAP, base, offsetof(struct stack_entry, end), 2,
		 tables ? ir_reg(w->end) : ir_imm(UNWIND_UNKNOWN));
	ir_store(F, SPACE_MAP, base, offsetof(struct stack_entry, user), 1, ir_imm(user));
	ir_store(F, SPACE_MAP, base, offsetof(struct stack_entry, names), 1, tables ? ir_reg(w->names) : ir_imm(0));
}

/* Whether a user stack is walked by tables. Of another task there is nothing else. */
static bool by_tables(struct lower *l, const struct node *n)
{
	const struct plan_features *can = &l->plan->features;

	if (!lower_walked_task(l))
		return can->unwind_tables && method_of(l, n) != STACK_BY_FRAME_POINTER;
	if (can->unwind_tables && can->kernel >= 0x0601)
		return true;
	diag_add(l->script->diags, DIAG_KERNEL_TOO_OLD, n->span,
		 "user stacks of other tasks need unwind tables and Linux 6.1");
	return false;
}

/* Walks and keeps; the id is left in a register, the frames counted in *frames. */
static vreg walk_stack(struct lower *l, const struct node *n, bool user, vreg *frames)
{
	uint32_t depth = (uint32_t)stack_shape(l, n), asked = depth, skip = 0;
	struct ir_block *bad = cold_block(l), *good = new_block(l), *done = new_block(l);
	uint32_t top = l->scratch_top;
	struct walk w = {.id = ir_vreg(F)};
	enum entry missed = user && depth >= 2 ? missed_caller(l) : ENTRY_NONE;
	bool tables = user && by_tables(l, n);
	struct memory ip;
	vreg base, bytes;

	plan_table(l);
	if (!user && raw_carrier(l)) {
		asked = MIN_OF(depth + RAW_EXTRA, (uint32_t)STACK_MAX_DEPTH);
		/*
		 * bpf_trace_run's return address is another while run-time statistics are on: one
		 * stack would have two ids. A callback's frames are others.
		 */
		skip = F->nargs ? 0 : RAW_SKIP;
	}
	w.entry = lower_temp(l, sizeof(struct stack_entry), "stack");
	base = lower_address(l, w.entry);
	ip = place_at(w.entry, offsetof(struct stack_entry, ip));
	for (uint32_t i = asked; (i + 1) % BLOCK; i++) /* the rest of the last block is looked at, too */
		lower_put(l, place_at(ip, 8 * i), 8, ir_imm(0));
	if (tables)
		bytes = walk_by_tables(l, &w, ip, asked, missed);
	else
		bytes = user ? walk_framed(l, ip, asked, missed) : walk_kernel(l, ip, asked, skip);
	ir_branch(F, COND_SLE, ir_reg(bytes), ir_imm(0), bad, good);
	ir_at(F, bad);
	no_stack(l, &w, base, user, bytes);
	if (tables && lower_walked_task(l)) /* nothing else walks it */
		count_end(l, w.end);
	ir_jump(F, done);
	ir_at(F, good);
	if (depth == STACK_MAX_DEPTH) /* all of it was wanted */
		count_cut(l, &w, tables, bytes);
	put_head(l, &w, base, user, tables, bytes);
	hash_frames(l, &w, base);
	find_or_keep(l, &w, base, done);
	ir_at(F, done);
	l->scratch_top = top;
	*frames = frames_at(l, lower_address(l, w.entry));
	return w.id;
}

void lower_stack(struct lower *l, const struct node *n, bool user, struct memory dst)
{
	uint64_t shape = stack_shape(l, n);
	uint32_t mode = shape >> 32 & 0xff;
	vreg frames, id = walk_stack(l, n, user, &frames);

	lower_put(l, dst, 8, ir_reg(id));
	if (user) {
		lower_put(l, place_at(dst, 8), 4, ir_imm((uint32_t)shape | mode << 16));
		lower_put(l, place_at(dst, 12), 4, thread_number(l, true));
	} else {
		lower_put(l, place_at(dst, 8), 4, ir_imm((uint32_t)shape));
		lower_put(l, place_at(dst, 12), 4, ir_imm(mode | (raw_carrier(l) ? 1 << 8 : 0)));
	}
}

/* More frames are walked than asked for where some are the tracer's own. */
static void at_most(struct lower *l, vreg v, struct ir_val limit)
{
	struct ir_block *more = new_block(l), *next = new_block(l);

	ir_branch(F, COND_GT, ir_reg(v), limit, more, next);
	ir_at(F, more);
	ir_set(F, v, limit);
	ir_jump(F, next);
	ir_at(F, next);
}

struct ir_val lower_stack_len(struct lower *l, const struct node *n)
{
	vreg frames;
	bool user = n->type->kind == TYPE_USTACK;

	if (n->kind != NODE_IDENT && n->kind != NODE_CALL) { /* kept in a variable or map */
		struct memory p = lower_place(l, n), key = lower_temp(l, 8, "stack id");
		struct ir_block *found = new_block(l), *next = new_block(l);
		vreg entry, len = ir_mov(F, ir_imm(0));

		lower_put(l, key, 8, lower_load(l, p, 8, false));
		entry = ir_call(F, HELPER_MAP_LOOKUP_ELEM,
				IR_ARGS(ir_reg(ir_map(F, KMAP_STACKS)), ir_reg(lower_address(l, key))));
		ir_branch(F, COND_NE, ir_reg(entry), ir_imm(0), found, next);
		ir_at(F, found);
		ir_set(F, len, ir_reg(frames_at(l, entry)));
		at_most(l, len, lower_alu(AND, lower_load(l, place_at(p, 8), 4, false), ir_imm(0xffff)));
		ir_jump(F, next);
		ir_at(F, next);
		return ir_reg(len);
	}
	walk_stack(l, n, user, &frames);
	frames = ir_mov(F, ir_reg(frames));
	at_most(l, frames, ir_imm((uint32_t)stack_shape(l, n)));
	return ir_reg(frames);
}
