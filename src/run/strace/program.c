/* program.c - see program.h; generator.h has the registers. */
#include "run/strace/generator.h"

uint32_t strace_largest(const struct strace_options *o)
{
	return ROUND_UP(MAX_OF(STRACE_PATH + 1u, o->string_limit + 2u), 8u);
}

uint32_t strace_room(const struct strace_options *o)
{
	return 2 * (strace_largest(o) + ITEM_SIZE) + MIN_OF(STRACE_IOVECS * (o->string_limit + 16), 8192u);
}

uint32_t strace_value_size(const struct strace_options *o)
{
	return ITEMS + strace_room(o);
}

/* ---- small words ---- */

/* The end of a program. */
static void settle(struct generator *g)
{
	BIND(g->out);
	MOV_IMM(R0, 0);
	asm_exit(A);
	vec_each(place, &g->a.labels)
		place->refs = 0;
	asm_finish(A);
}

/* *counter += 1, atomically. Clobbers r1, r2. */
static void count(struct generator *g, uint32_t offset)
{
	load_map_value(g, R1, STRACE_MAP_COUNTERS);
	MOV_IMM(R2, 1);
	asm_atomic(A, BPF_ADD, 8, R1, offset, R2);
}

/* r1 = the tags of the bucket of thread r0, r2 = its first slot. */
static void find_bucket_of(struct generator *g)
{
	MOV(R2, R0);
	AND_IMM(R2, g->o->buckets - 1);
	SHIFT(BPF_LSH, R2, 3); /* STRACE_WAYS */
	load_map_value(g, R1, STRACE_MAP_TAGS);
	MOV(R3, R2);
	SHIFT(BPF_LSH, R3, 2);
	ADD(R1, R3);
}

/* r0 = the entry of the slot at AT_SLOT. */
static void find_entry(struct generator *g)
{
	load_map(g, R1, STRACE_MAP_THREADS);
	MOV(R2, FP);
	ADD_IMM(R2, AT_SLOT);
	CALL(map_lookup_elem);
	IF_IMM(BPF_JEQ, R0, 0, g->out);
}

/* r7 = the entry of thread r0, whose number is put at AT_TID, its slot at AT_SLOT; none: out. */
static void find_thread_of(struct generator *g)
{
	asm_label found = label(g);

	STORE(4, FP, AT_TID, R0);
	LOAD(4, R0, FP, AT_TID);
	find_bucket_of(g);
	for (unsigned way = 0; way < STRACE_WAYS; way++) {
		LOAD(4, R3, R1, 4 * way);
		MOV_IMM(R4, way);
		IF(BPF_JEQ, R3, R0, found);
	}
	GOTO(g->out);
	BIND(found);
	ADD(R2, R4);
	STORE(4, FP, AT_SLOT, R2);
	find_entry(g);
	MOV(R7, R0);
}

/* The same for the current thread. Clobbers r0-r5. */
static void find_thread(struct generator *g)
{
	CALL(get_current_pid_tgid);
	STORE(8, FP, AT_PROCESS, R0);
	find_thread_of(g);
}

/*
 * r7 = a new entry for the thread at AT_TID, in `mode`; none is free: that is counted, and out. The
 * thread is not found under its number before set_tag.
 */
static void claim_slot(struct generator *g, enum strace_mode mode)
{
	asm_label claimed = label(g);

	LOAD(4, R0, FP, AT_TID);
	find_bucket_of(g);
	MOV(R8, R1);
	STORE(4, FP, AT_SLOT, R2);
	for (unsigned way = 0; way < STRACE_WAYS; way++) {
		asm_label next = label(g);

		LOAD(4, R1, R8, 4 * way);
		IF_IMM(BPF_JNE, R1, 0, next);
		load_map(g, R1, STRACE_MAP_CLAIMS);
		MOV(R2, FP);
		ADD_IMM(R2, AT_SLOT);
		MOV(R3, FP);
		ADD_IMM(R3, AT_TID);
		MOV_IMM(R4, BPF_NOEXIST);
		CALL(map_update_elem);
		IF_IMM(BPF_JEQ, R0, 0, claimed);
		BIND(next);
		LOAD(4, R1, FP, AT_SLOT);
		ADD_IMM(R1, 1);
		STORE(4, FP, AT_SLOT, R1);
	}
	count(g, COUNTER(not_followed));
	GOTO(g->out);
	BIND(claimed);
	find_entry(g);
	MOV(R7, R0);
	STORE_IMM(4, R7, THREAD(mode), mode);
	STORE_IMM(4, R7, THREAD(used), 0);
}

/* r1 = the tag of the slot at AT_SLOT. Clobbers r2. */
static void find_tag(struct generator *g)
{
	LOAD(4, R2, FP, AT_SLOT);
	AND_IMM(R2, g->o->buckets * STRACE_WAYS - 1);
	SHIFT(BPF_LSH, R2, 2);
	load_map_value(g, R1, STRACE_MAP_TAGS);
	ADD(R1, R2);
}

static void set_tag(struct generator *g)
{
	find_tag(g);
	LOAD(4, R2, FP, AT_TID);
	STORE(4, R1, 0, R2);
}

/* The slot at AT_SLOT is free again. */
static void free_slot(struct generator *g)
{
	find_tag(g);
	STORE_IMM(4, R1, 0, 0);
	load_map(g, R1, STRACE_MAP_CLAIMS);
	MOV(R2, FP);
	ADD_IMM(R2, AT_SLOT);
	CALL(map_delete_elem);
}

void find_plan(struct generator *g, unsigned dst, unsigned other)
{
	asm_alu_imm(A, BPF_MUL, 8, dst, sizeof(struct strace_plan));
	load_map_value(g, other, STRACE_MAP_PLANS);
	ADD(dst, other);
}

void reload_plan(struct generator *g)
{
	LOAD(4, R9, R7, RECORD(number));
	IF_IMM(BPF_JGE, R9, STRACE_CALLS, g->out);
	find_plan(g, R9, R1);
}

/* The registers of the system call, from the context in r6: to be read with load_register. */
static void find_registers(struct generator *g)
{
	int32_t size = g->arch == &arch_x86_64 ? 168 : 288;

	if (g->o->btf) {
		g->regs = R6;
		g->regs_offset = 0;
		LOAD(8, R6, R6, 0);
		return;
	}
	g->regs = FP;
	g->regs_offset = AT_MESSAGE - size;
	LOAD(8, R3, R6, 0);
	MOV(R1, FP);
	ADD_IMM(R1, g->regs_offset);
	MOV_IMM(R2, size);
	CALL(probe_read_kernel);
	IF_IMM(BPF_JNE, R0, 0, g->out);
}

static void load_register(struct generator *g, unsigned dst, uint32_t offset)
{
	LOAD(8, dst, g->regs, g->regs_offset + (int32_t)offset);
}

/* flags |= flag, in the record. Clobbers r1. */
static void set_flag(struct generator *g, uint32_t flag)
{
	LOAD(2, R1, R7, RECORD(flags));
	asm_alu_imm(A, BPF_OR, 8, R1, flag);
	STORE(2, R7, RECORD(flags), R1);
}

static void store_arguments(struct generator *g, const uint16_t registers[6])
{
	for (unsigned i = 0; g->o->lines && i < 6; i++) {
		load_register(g, R1, registers[i]);
		STORE(8, R7, RECORD(args) + 8 * i, R1);
	}
}

/*
 * Sets STRACE_COMPAT in the record of a 32-bit call, and the arguments, which other registers hold. On
 * x86-64 SYSCALL leaves the return address in rcx and comes from the 64-bit code segment; only where
 * either differs is the task asked.
 */
static void mark_compat(struct generator *g)
{
	asm_label native = label(g), doubt = label(g);

	if (g->o->compat_offset < 0)
		return;
	if (g->arch == &arch_x86_64) {
		load_register(g, R1, g->arch->ip);
		load_register(g, R2, arch_register_offset(g->arch, "cx"));
		IF(BPF_JNE, R1, R2, doubt);
		load_register(g, R1, arch_register_offset(g->arch, "cs"));
		AND_IMM(R1, 0xffff);
		IF_IMM(BPF_JEQ, R1, 0x33, native); /* __USER_CS */
	}
	BIND(doubt);
	CALL(get_current_task);
	MOV(R3, R0);
	ADD_IMM(R3, g->o->compat_offset);
	STORE_IMM(8, FP, AT_NUMBER, 0);
	MOV(R1, FP);
	ADD_IMM(R1, AT_NUMBER);
	MOV_IMM(R2, 4);
	CALL(probe_read_kernel);
	LOAD(4, R1, FP, AT_NUMBER);
	AND_IMM(R1, g->arch->compat_mask);
	IF_IMM(BPF_JEQ, R1, 0, native);
	set_flag(g, STRACE_COMPAT);
	store_arguments(g, g->arch->compat_args);
	BIND(native);
}

/* A new record in the thread's entry: of the call `number`, a register. Clobbers r0-r5. */
static void begin_record(struct generator *g, unsigned number, uint32_t flags)
{
	STORE_IMM(4, R7, THREAD(used), 0);
	STORE_IMM(2, R7, RECORD(kind), STRACE_CALL);
	LOAD(4, R1, FP, AT_TID);
	STORE(4, R7, RECORD(tid), R1);
	LOAD(4, R1, FP, AT_PROCESS + 4);
	STORE(4, R7, RECORD(pid), R1);
	STORE(4, R7, RECORD(number), number);
	STORE_IMM(2, R7, RECORD(flags), flags);
	STORE_IMM(8, R7, RECORD(duration), 0);
	STORE_IMM(8, R7, RECORD(result), 0);
	store_arguments(g, g->arch->syscall_args);
	mark_compat(g);
	if (g->o->times) {
		CALL(ktime_get_ns);
		STORE(8, R7, RECORD(time), R0);
	}
}

/* ---- sending ---- */

/* dst = the flags of a record sent to the ring: who reads it is woken only when asleep. Clobbers r1, r2. */
static void wake_flags(struct generator *g, unsigned dst)
{
	asm_label awake = label(g);

	load_map_value(g, R1, STRACE_MAP_COUNTERS);
	LOAD(4, R2, R1, COUNTER(reader_asleep));
	MOV_IMM(dst, BPF_RB_NO_WAKEUP);
	IF_IMM(BPF_JEQ, R2, 0, awake);
	STORE_IMM(4, R1, COUNTER(reader_asleep), 0);
	MOV_IMM(dst, BPF_RB_FORCE_WAKEUP);
	BIND(awake);
}

/* The record and its items, from the thread's entry. */
static void send_record(struct generator *g)
{
	asm_label sent = label(g);

	wake_flags(g, R4);
	LOAD(4, R3, R7, THREAD(used));
	IF_IMM(BPF_JGT, R3, strace_room(g->o), g->out);
	ADD_IMM(R3, sizeof(struct strace_record));
	MOV(R2, R7);
	ADD_IMM(R2, THREAD(record));
	load_map(g, R1, STRACE_MAP_RING);
	CALL(ringbuf_output);
	IF_IMM(BPF_JEQ, R0, 0, sent);
	count(g, COUNTER(ring_full));
	BIND(sent);
}

/* ---- the summary ---- */

/* r3 = strace_bucket(r2). Clobbers r2, r4. */
static void find_bucket(struct generator *g)
{
	asm_label small = label(g), fits = label(g);

	MOV(R3, R2);
	IF_IMM(BPF_JLT, R2, 1 << STRACE_BUCKET_BITS, small);
	/* r3 = the place of the highest bit, found by halves; r2 >>= as much, less the bits kept. */
	MOV_IMM(R3, STRACE_BUCKET_BITS);
	MOV(R4, R2);
	SHIFT(BPF_RSH, R4, STRACE_BUCKET_BITS);
	for (unsigned half = 32; half; half /= 2) {
		asm_label below = label(g);

		MOV(R5, R4);
		SHIFT(BPF_RSH, R5, half);
		IF_IMM(BPF_JEQ, R5, 0, below);
		MOV(R4, R5);
		ADD_IMM(R3, half);
		BIND(below);
	}
	MOV(R4, R3);
	ADD_IMM(R4, -STRACE_BUCKET_BITS);
	asm_alu(A, BPF_RSH, 8, R2, R4);
	AND_IMM(R2, (1 << STRACE_BUCKET_BITS) - 1);
	ADD_IMM(R3, 1 - STRACE_BUCKET_BITS);
	SHIFT(BPF_LSH, R3, STRACE_BUCKET_BITS);
	ADD(R3, R2);
	BIND(small);
	IF_IMM(BPF_JLT, R3, STRACE_BUCKETS, fits);
	MOV_IMM(R3, STRACE_BUCKETS - 1);
	BIND(fits);
}

#define SUMMARY(field) offsetof(struct strace_summary, field)

static void emit_summary(struct generator *g)
{
	asm_label good = label(g), less = label(g), none = label(g);

	load_map(g, R1, STRACE_MAP_SUMMARY);
	MOV(R2, R7);
	ADD_IMM(R2, RECORD(number));
	CALL(map_lookup_elem);
	IF_IMM(BPF_JEQ, R0, 0, none);
	MOV_IMM(R1, 1);
	asm_atomic(A, BPF_ADD, 8, R0, SUMMARY(calls), R1);
	LOAD(8, R2, R7, RECORD(result));
	IF_IMM(BPF_JLT, R2, ERROR_MIN, good);
	asm_atomic(A, BPF_ADD, 8, R0, SUMMARY(errors), R1);
	BIND(good);
	LOAD(8, R2, R7, RECORD(duration));
	asm_atomic(A, BPF_ADD, 8, R0, SUMMARY(ns), R2);
	LOAD(8, R3, R0, SUMMARY(max));
	IF(BPF_JLE, R2, R3, less);
	STORE(8, R0, SUMMARY(max), R2);
	BIND(less);
	find_bucket(g);
	SHIFT(BPF_LSH, R3, 3);
	ADD(R0, R3);
	asm_atomic(A, BPF_ADD, 8, R0, SUMMARY(buckets), R1);
	BIND(none);
}

/* ---- the programs ---- */

/* 4 bytes of the struct task_struct at `task` to the stack, at `to`. */
static void read_task(struct generator *g, int32_t to, unsigned task, int32_t offset)
{
	MOV(R1, FP);
	ADD_IMM(R1, to);
	MOV_IMM(R2, 4);
	MOV(R3, task);
	ADD_IMM(R3, offset);
	CALL(probe_read_kernel);
}

static void emit_enter(struct generator *g)
{
	asm_label steps_done = label(g), exec_done = label(g), returns = label(g), free_to_go = label(g);
	asm_label traced = label(g), plain = label(g);

	MOV(R6, R1);
	LOAD(8, R8, R6, 8);
	IF_IMM(BPF_JGE, R8, STRACE_CALLS, g->out);
	MOV(R9, R8);
	find_plan(g, R9, R1);
	LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
	AND_IMM(R1, PLAN_ENTER | PLAN_EXEC);
	IF_IMM(BPF_JEQ, R1, 0, g->out);
	find_thread(g);
	LOAD(4, R2, R9, offsetof(struct strace_plan, flags));
	LOAD(4, R1, R7, THREAD(mode));
	IF_IMM(BPF_JNE, R1, MODE_HELD, free_to_go);
	asm_jump_if_imm(A, BPF_JSET, 8, R2, PLAN_EXEC, free_to_go);
	GOTO(g->out);
	BIND(free_to_go);
	STORE_IMM(4, R7, THREAD(mode), MODE_OUTSIDE);
	asm_jump_if_imm(A, BPF_JSET, 8, R2, PLAN_TRACED, traced);
	GOTO(g->out);
	BIND(traced);
	find_registers(g);
	begin_record(g, R8, 0);
	STORE_IMM(4, R7, THREAD(mode), MODE_INSIDE);
	LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
	AND_IMM(R1, PLAN_FRAME);
	IF_IMM(BPF_JEQ, R1, 0, plain);
	load_register(g, R1, g->arch->sp);
	ADD_IMM(R1, FRAME_MASK);
	STORE(8, R7, RECORD(args), R1);
	BIND(plain);
	LOAD(2, R1, R7, RECORD(flags));
	IF_IMM(BPF_JNE, R1, 0, g->out); /* a 32-bit call: its arguments are others */
	LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
	if (g->o->lines) {
		AND_IMM(R1, PLAN_BEFORE);
		IF_IMM(BPF_JEQ, R1, 0, steps_done);
		emit_steps(g, true);
		reload_plan(g);
		BIND(steps_done);
		LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
		AND_IMM(R1, PLAN_EXEC);
		IF_IMM(BPF_JEQ, R1, 0, exec_done);
		emit_exec(g);
		GOTO(g->out);
		BIND(exec_done);
	} else {
		BIND(steps_done);
		BIND(exec_done);
	}
	LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
	AND_IMM(R1, PLAN_NO_RETURN);
	IF_IMM(BPF_JEQ, R1, 0, returns);
	STORE_IMM(4, R7, THREAD(mode), MODE_OUTSIDE);
	STORE_IMM(2, R7, RECORD(flags), STRACE_NO_RETURN);
	if (g->o->summary)
		emit_summary(g);
	if (g->o->lines && !g->o->only_failed && !g->o->only_good)
		send_record(g);
	BIND(returns);
}

/*
 * r8 = the number of the call that ends, as far as the registers tell: a handler's return has none.
 * Calls that nobody wants end here, before anything is looked up.
 */
static void find_number(struct generator *g)
{
	asm_label other = label(g);

	load_register(g, R8, g->arch->syscall_number);
	if (g->arch->syscall_number_size == 4)
		asm_mov32(A, R8, R8);
	IF_IMM(BPF_JGE, R8, STRACE_CALLS, other);
	MOV(R9, R8);
	find_plan(g, R9, R1);
	LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
	AND_IMM(R1, PLAN_TRACED);
	IF_IMM(BPF_JEQ, R1, 0, g->out);
	BIND(other);
}

/*
 * A call whose entry was of no interest, or was before tracing began, or that seccomp refused, which is
 * asked before anybody else is told: its record, from the registers. r8 is its number. What a new thread
 * comes out of is not a call of its own.
 */
static void emit_from_registers(struct generator *g)
{
	asm_label entered = label(g), old = label(g), refused = label(g);

	IF_IMM(BPF_JGE, R8, STRACE_CALLS, g->out);
	MOV(R9, R8);
	find_plan(g, R9, R1);
	LOAD(4, R1, R7, THREAD(mode));
	IF_IMM(BPF_JNE, R1, MODE_NEW, old);
	STORE_IMM(4, R7, THREAD(mode), MODE_OUTSIDE);
	LOAD(8, R1, FP, AT_COUNT);
	IF_IMM(BPF_JNE, R1, 0, old);
	LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
	AND_IMM(R1, PLAN_CHILD);
	IF_IMM(BPF_JNE, R1, 0, g->out);
	BIND(old);
	begin_record(g, R8, 0);
	LOAD(4, R2, R7, THREAD(mode));
	STORE_IMM(4, R7, THREAD(mode), MODE_OUTSIDE);
	LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
	AND_IMM(R1, PLAN_ENTER);
	IF_IMM(BPF_JEQ, R1, 0, entered);
	IF_IMM(BPF_JNE, R2, MODE_FOUND, refused);
	set_flag(g, STRACE_NO_ENTRY);
	GOTO(entered);
	BIND(refused);
	set_flag(g, STRACE_REFUSED);
	BIND(entered);
}

/* Out, when the result is not wanted; `descriptors`: calls that change them go on. Clobbers r1, r9. */
static void emit_status_filter(struct generator *g, bool descriptors)
{
	asm_label wanted = label(g);

	if (g->o->only_good || g->o->only_failed) {
		LOAD(8, R1, R7, RECORD(result));
		IF_IMM(g->o->only_good ? BPF_JLT : BPF_JGE, R1, ERROR_MIN, wanted);
		if (descriptors) {
			reload_plan(g);
			LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
			asm_jump_if_imm(A, BPF_JSET, 8, R1, PLAN_DESCRIPTORS, wanted);
		}
		GOTO(g->out);
	}
	BIND(wanted);
}

static void emit_return(struct generator *g)
{
	asm_label inside = label(g), known = label(g), items_done = label(g), timed = label(g);

	MOV(R6, R1);
	LOAD(8, R1, R6, 8);
	STORE(8, FP, AT_COUNT, R1);
	/* Reading registers in place is cheap: look at the number first. Else at the thread. */
	if (g->o->btf) {
		find_registers(g);
		find_number(g);
		find_thread(g);
	} else {
		find_thread(g);
		find_registers(g);
		find_number(g);
	}
	LOAD(4, R1, R7, THREAD(mode));
	IF_IMM(BPF_JEQ, R1, MODE_INSIDE, inside);
	IF_IMM(BPF_JEQ, R1, MODE_HELD, g->out);
	emit_from_registers(g);
	GOTO(known);
	BIND(inside);
	STORE_IMM(4, R7, THREAD(mode), MODE_OUTSIDE);
	if (g->o->times) {
		CALL(ktime_get_ns);
		LOAD(8, R1, R7, RECORD(time));
		asm_alu(A, BPF_SUB, 8, R0, R1);
		STORE(8, R7, RECORD(duration), R0);
	}
	BIND(known);
	LOAD(8, R6, FP, AT_COUNT);
	STORE(8, R7, RECORD(result), R6);
	emit_status_filter(g, g->o->descriptors);
	if (g->o->lines) {
		LOAD(2, R1, R7, RECORD(flags));
		AND_IMM(R1, STRACE_COMPAT);
		IF_IMM(BPF_JNE, R1, 0, items_done);
		reload_plan(g);
		emit_steps(g, false);
		reload_plan(g);
		emit_vectors(g);
		BIND(items_done);
		send_record(g);
	} else {
		BIND(items_done);
	}
	if (g->o->summary) {
		if (g->o->descriptors)
			emit_status_filter(g, false);
		LOAD(2, R1, R7, RECORD(flags));
		AND_IMM(R1, STRACE_NO_ENTRY | STRACE_COMPAT);
		IF_IMM(BPF_JNE, R1, 0, timed);
		emit_summary(g);
	}
	BIND(timed);
}

/*
 * -f: raw tracepoint task_newtask(task, clone_flags), in the thread that makes the new one. The workers
 * of io_uring are threads of the process that never leave the kernel: they make no calls.
 */
static void emit_new_thread(struct generator *g)
{
	enum { IO_WORKER = 0x10 }; /* PF_IO_WORKER, include/linux/sched.h */

	LOAD(8, R6, R1, 0);
	find_thread(g);
	LOAD(4, R1, R7, THREAD(mode));
	IF_IMM(BPF_JEQ, R1, MODE_HELD, g->out);
	read_task(g, AT_NUMBER, R6, g->o->flags_offset);
	LOAD(4, R1, FP, AT_NUMBER);
	asm_jump_if_imm(A, BPF_JSET, 8, R1, IO_WORKER, g->out);
	read_task(g, AT_TID, R6, g->o->pid_offset);
	claim_slot(g, MODE_NEW);
	set_tag(g);
}

/* r6 = a record of constant size in the ring, of the current thread; none left: `full`. */
static void reserve_record(struct generator *g, enum strace_kind kind, uint32_t items, asm_label full)
{
	asm_label good = label(g);

	load_map(g, R1, STRACE_MAP_RING);
	MOV_IMM(R2, sizeof(struct strace_record) + items);
	MOV_IMM(R3, 0);
	CALL(ringbuf_reserve);
	IF_IMM(BPF_JNE, R0, 0, good);
	count(g, COUNTER(ring_full));
	GOTO(full);
	BIND(good);
	MOV(R6, R0);
	for (uint32_t i = 0; i < sizeof(struct strace_record) + items; i += 8)
		STORE_IMM(8, R6, i, 0);
	STORE_IMM(2, R6, offsetof(struct strace_record, kind), kind);
	LOAD(4, R1, FP, AT_TID);
	STORE(4, R6, offsetof(struct strace_record, tid), R1);
	LOAD(4, R1, FP, AT_PROCESS + 4);
	STORE(4, R6, offsetof(struct strace_record, pid), R1);
	if (g->o->times) {
		CALL(ktime_get_ns);
		STORE(8, R6, offsetof(struct strace_record, time), R0);
	}
}

static void submit_record(struct generator *g)
{
	wake_flags(g, R4);
	MOV(R1, R6);
	MOV(R2, R4);
	CALL(ringbuf_submit);
}

/*
 * Raw tracepoint sched_process_exec(task, old_pid, bprm): a thread that is not the leader takes the
 * leader's number; its entry, with the call it is in, goes with it.
 */
static void emit_executed(struct generator *g)
{
	asm_label other = label(g), told = label(g);

	LOAD(8, R6, R1, 8);
	CALL(get_current_pid_tgid);
	STORE(8, FP, AT_PROCESS, R0);
	asm_mov32(A, R8, R0);
	asm_mov32(A, R0, R6);
	IF(BPF_JNE, R8, R0, other);
	GOTO(g->out);
	BIND(other);
	find_thread_of(g);
	if (g->o->lines) {
		reserve_record(g, STRACE_RENUMBERED, 0, told);
		submit_record(g);
		BIND(told);
	} else {
		BIND(told);
	}
	free_slot(g);
	MOV(R9, R7);
	STORE(4, FP, AT_TID, R8);
	claim_slot(g, MODE_OUTSIDE);
	MOV(R1, R7);
	MOV_IMM(R2, strace_value_size(g->o));
	MOV(R3, R9);
	CALL(probe_read_kernel);
	LOAD(4, R1, FP, AT_TID);
	STORE(4, R7, RECORD(tid), R1);
	set_tag(g);
}

/* Raw tracepoint sched_process_exit(task): the current one. */
static void emit_thread_end(struct generator *g)
{
	asm_label outside = label(g), gone = label(g);

	MOV(R6, R1);
	LOAD(8, R8, R6, 0);
	find_thread(g);
	if (g->o->lines) {
		LOAD(4, R1, R7, THREAD(mode));
		IF_IMM(BPF_JEQ, R1, MODE_HELD, gone);
		IF_IMM(BPF_JNE, R1, MODE_INSIDE, outside);
		set_flag(g, STRACE_NO_RETURN | STRACE_ENDED_INSIDE);
		send_record(g);
		BIND(outside);
		reserve_record(g, STRACE_EXIT, 0, gone);
		STORE_IMM(8, FP, AT_NUMBER, 0);
		if (g->o->exit_code_offset >= 0)
			read_task(g, AT_NUMBER, R8, g->o->exit_code_offset);
		LOAD(4, R1, FP, AT_NUMBER);
		STORE(8, R6, offsetof(struct strace_record, result), R1);
		submit_record(g);
		BIND(gone);
	} else {
		BIND(outside);
		BIND(gone);
	}
	free_slot(g);
	/* Whoever asked for it from outside just when its parent made it may have given it a second one. */
	LOAD(4, R0, FP, AT_TID);
	find_thread_of(g);
	free_slot(g);
}

/* Raw tracepoint signal_deliver(number, info, action), in the thread that gets it. */
static void emit_signalled(struct generator *g)
{
	enum { INFO = 48, AT = sizeof(struct strace_record) };
	asm_label good = label(g);

	LOAD(8, R8, R1, 0);
	LOAD(8, R9, R1, 8);
	find_thread(g);
	LOAD(4, R1, R7, THREAD(mode));
	IF_IMM(BPF_JEQ, R1, MODE_HELD, g->out);
	reserve_record(g, STRACE_SIGNAL, ITEM_SIZE + INFO, g->out);
	STORE(8, R6, offsetof(struct strace_record, result), R8);
	STORE_IMM(1, R6, AT + offsetof(struct strace_item, arg), STRACE_ARG_SIGINFO);
	STORE_IMM(2, R6, AT + offsetof(struct strace_item, len), INFO);
	MOV(R1, R6);
	ADD_IMM(R1, AT + ITEM_SIZE);
	MOV_IMM(R2, INFO);
	MOV(R3, R9);
	CALL(probe_read_kernel);
	IF_IMM(BPF_JEQ, R0, 0, good);
	STORE_IMM(1, R6, AT + offsetof(struct strace_item, flags), STRACE_ITEM_FAILED);
	BIND(good);
	submit_record(g);
}

static const struct {
	const char *event;
	void (*emit)(struct generator *g);
} programs[STRACE_PROGRAMS] = {
	[STRACE_ENTER] = {"sys_enter", emit_enter},
	[STRACE_RETURN] = {"sys_exit", emit_return},
	[STRACE_NEW_THREAD] = {"task_newtask", emit_new_thread},
	[STRACE_EXECUTED] = {"sched_process_exec", emit_executed},
	[STRACE_THREAD_END] = {"sched_process_exit", emit_thread_end},
	[STRACE_SIGNALLED] = {"signal_deliver", emit_signalled},
};

const char *strace_program_event(enum strace_program which)
{
	return programs[which].event;
}

struct bpf_code *strace_assemble(enum strace_program which, const struct strace_options *o, struct arena *arena)
{
	struct generator g = {.o = o, .arch = arch_native()};
	struct bpf_code *code = arena_new_of(arena, struct bpf_code);

	if ((which == STRACE_NEW_THREAD && o->pid_offset < 0) || (which == STRACE_SIGNALLED && !o->lines))
		return NULL;
	code->name = programs[which].event;
	asm_init(&g.a, arena, code);
	g.out = label(&g);
	programs[which].emit(&g);
	settle(&g);
	return code;
}
