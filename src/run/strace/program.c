/*
 * program.c - see program.h.
 *
 * Registers:  r6 the context, later a length or an address; r7 the thread's entry;
 *             r8 where the next item begins; r9 the plan, or its step at hand
 * Stack:      -4 the thread; -8 its slot; -16 a number or pointer read from the program; -24 a count;
 *             -32 a length; -40 thread and process; from -96 a struct msghdr; from -96 - REGISTERS the registers (without BTF)
 *
 * Lengths and places that come from memory are compared with constants before they are used, each
 * time anew: that is what the verifier, and everybody else, goes by.
 */
#include "run/strace/program.h"

#include <stddef.h>

#include "bpf/asm.h"
#include "ir/arch.h"

enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, FP };
enum { AT_TID = -4, AT_SLOT = -8, AT_NUMBER = -16, AT_COUNT = -24, AT_LENGTH = -32,
	AT_PROCESS = -40, AT_MESSAGE = -96, MESSAGE_SIZE = 56 };
enum { ERROR_MIN = -4095 }; /* results from here to -1 are errors */
enum { NAME_LIMIT = 128, CONTROL_LIMIT = 512 };

#define THREAD(field) offsetof(struct strace_thread, field)
#define RECORD(field) (THREAD(record) + offsetof(struct strace_record, field))
#define ITEMS sizeof(struct strace_thread)
#define ITEM_SIZE sizeof(struct strace_item)
#define COUNTER(field) offsetof(struct strace_counters, field)

struct generator {
	struct asm_buf a;
	const struct strace_options *o;
	const struct arch *arch;
	unsigned regs;       /* where registers are read: this register, */
	int32_t regs_offset; /* and this far from it */
	asm_label out;       /* the end: return 0 */
};

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

#define A (&g->a)
#define LOAD(size, dst, base, off) asm_load(A, size, dst, base, off)
#define STORE(size, base, off, src) asm_store(A, size, base, off, src)
#define STORE_IMM(size, base, off, imm) asm_store_imm(A, size, base, off, imm)
#define MOV(dst, src) asm_mov(A, dst, src)
#define MOV_IMM(dst, imm) asm_mov_imm(A, dst, imm)
#define ADD(dst, src) asm_alu(A, BPF_ADD, 8, dst, src)
#define ADD_IMM(dst, imm) asm_alu_imm(A, BPF_ADD, 8, dst, imm)
#define AND_IMM(dst, imm) asm_alu_imm(A, BPF_AND, 8, dst, imm)
#define SHIFT(op, dst, imm) asm_alu_imm(A, op, 8, dst, imm)
#define IF(op, dst, src, to) asm_jump_if(A, op, 8, dst, src, to)
#define IF_IMM(op, dst, imm, to) asm_jump_if_imm(A, op, 8, dst, imm, to)
#define GOTO(to) asm_jump(A, to)
#define BIND(label) asm_bind(A, label)
#define CALL(name) asm_call(A, BPF_FUNC_##name)

/* How many jumps go to a label is known in the end: settle() says so. */
static asm_label label(struct generator *g)
{
	return asm_label_new(A, 1 << 20);
}

static void settle(struct generator *g)
{
	BIND(g->out);
	MOV_IMM(R0, 0);
	asm_exit(A);
	vec_each(place, &g->a.labels)
		place->refs = 0;
	asm_finish(A);
}

static void load_map(struct generator *g, unsigned dst, enum strace_map map)
{
	asm_load_reloc(A, dst, RELOC_MAP, map, 0);
}

static void load_map_value(struct generator *g, unsigned dst, enum strace_map map)
{
	asm_load_reloc(A, dst, RELOC_MAP_VALUE, map, 0);
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

/* dst = the plan of the number in dst, which is below STRACE_CALLS. Clobbers `other`. */
static void find_plan(struct generator *g, unsigned dst, unsigned other)
{
	asm_alu_imm(A, BPF_MUL, 8, dst, sizeof(struct strace_plan));
	load_map_value(g, other, STRACE_MAP_PLANS);
	ADD(dst, other);
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

/*
 * Sets STRACE_COMPAT in the record of a 32-bit call. On x86-64 SYSCALL leaves the return address in
 * rcx and comes from the 64-bit code segment; only where either differs is the task asked.
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
	LOAD(2, R1, R7, RECORD(flags));
	asm_alu_imm(A, BPF_OR, 8, R1, STRACE_COMPAT);
	STORE(2, R7, RECORD(flags), R1);
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
	for (unsigned i = 0; g->o->lines && i < 6; i++) {
		load_register(g, R1, g->arch->syscall_args[i]);
		STORE(8, R7, RECORD(args) + 8 * i, R1);
	}
	mark_compat(g);
	if (g->o->times) {
		CALL(ktime_get_ns);
		STORE(8, R7, RECORD(time), R0);
	}
}

/* ---- items ---- */

/* r8 = where the next item begins; when there is no room for any: the record says so, and `full`. */
static void begin_item(struct generator *g, asm_label full)
{
	asm_label room = label(g);

	LOAD(4, R8, R7, THREAD(used));
	IF_IMM(BPF_JLE, R8, strace_room(g->o) - strace_largest(g->o) - ITEM_SIZE, room);
	LOAD(2, R1, R7, RECORD(flags));
	asm_alu_imm(A, BPF_OR, 8, R1, STRACE_FULL);
	STORE(2, R7, RECORD(flags), R1);
	GOTO(full);
	BIND(room);
}

/* r1 = where the data of the item at r8 go. */
static void item_data(struct generator *g)
{
	MOV(R1, R7);
	ADD(R1, R8);
	ADD_IMM(R1, ITEMS + ITEM_SIZE);
}

/* r2 = at most `limit`. */
static void bound_length(struct generator *g, uint32_t limit)
{
	asm_label fits = label(g);

	IF_IMM(BPF_JLE, R2, limit, fits);
	MOV_IMM(R2, limit);
	BIND(fits);
}

/* After the copy: r0 bytes (more than could be: it failed), argument r4, index r5. */
static void end_item(struct generator *g)
{
	asm_label good = label(g);

	MOV_IMM(R2, 0);
	IF_IMM(BPF_JLE, R0, strace_largest(g->o), good);
	MOV_IMM(R2, STRACE_ITEM_FAILED);
	MOV_IMM(R0, 0);
	BIND(good);
	MOV(R1, R7);
	ADD(R1, R8);
	STORE(1, R1, ITEMS + offsetof(struct strace_item, arg), R4);
	STORE(1, R1, ITEMS + offsetof(struct strace_item, flags), R2);
	STORE(2, R1, ITEMS + offsetof(struct strace_item, len), R0);
	STORE(4, R1, ITEMS + offsetof(struct strace_item, index), R5);
	ADD_IMM(R0, 7 + ITEM_SIZE);
	AND_IMM(R0, ~7);
	ADD(R8, R0);
	STORE(4, R7, THREAD(used), R8);
}

/* The item at r8: r2 bytes, within bounds, from user address r3. Then r0 is as end_item wants it. */
static void copy_bytes(struct generator *g)
{
	asm_label done = label(g), good = label(g);

	STORE(8, FP, AT_LENGTH, R2);
	item_data(g);
	CALL(probe_read_user);
	IF_IMM(BPF_JEQ, R0, 0, good);
	MOV_IMM(R0, -1);
	GOTO(done);
	BIND(good);
	LOAD(8, R0, FP, AT_LENGTH);
	BIND(done);
}

/* 4 or 8 bytes from user address r3 to AT_NUMBER; not readable: `failed`. */
static void read_number(struct generator *g, uint32_t size, asm_label failed)
{
	MOV(R1, FP);
	ADD_IMM(R1, AT_NUMBER);
	MOV_IMM(R2, size);
	CALL(probe_read_user);
	IF_IMM(BPF_JNE, R0, 0, failed);
}

/* dst = argument dst, 0 to 7. Clobbers `other`. */
static void load_argument(struct generator *g, unsigned dst, unsigned other)
{
	AND_IMM(dst, 7);
	SHIFT(BPF_LSH, dst, 3);
	MOV(other, R7);
	ADD(other, dst);
	LOAD(8, dst, other, RECORD(args));
}

#define STEP(field) offsetof(struct strace_step, field)

/* r6 = how many bytes the step at r9 wants; goes to `skip` when that cannot be found out. */
static void step_length(struct generator *g, asm_label skip)
{
	asm_label fixed = label(g), result = label(g), indirect = label(g), known = label(g), fits = label(g);

	LOAD(1, R1, R9, STEP(length));
	IF_IMM(BPF_JEQ, R1, LENGTH_FIXED, fixed);
	IF_IMM(BPF_JEQ, R1, LENGTH_RESULT, result);
	IF_IMM(BPF_JGE, R1, LENGTH_AT_ARG, indirect);
	ADD_IMM(R1, -LENGTH_ARG);
	load_argument(g, R1, R2);
	MOV(R6, R1);
	GOTO(known);
	BIND(indirect);
	MOV(R3, R1); /* LENGTH_AT_ARG is 8: its low bits are the argument */
	load_argument(g, R3, R2);
	read_number(g, 4, skip);
	LOAD(4, R6, FP, AT_NUMBER);
	GOTO(known);
	BIND(result);
	LOAD(8, R6, R7, RECORD(result));
	GOTO(known);
	BIND(fixed);
	MOV_IMM(R6, 1);
	BIND(known);
	LOAD(2, R1, R9, STEP(scale));
	asm_alu(A, BPF_MUL, 8, R6, R1);
	LOAD(2, R1, R9, STEP(limit));
	IF(BPF_JLE, R6, R1, fits);
	MOV(R6, R1);
	BIND(fits);
}

/* One step of the plan, at r9. `done`: there are no more. */
static void emit_step(struct generator *g, bool before, asm_label done)
{
	asm_label next = label(g), string = label(g), copied = label(g), wanted = label(g);

	LOAD(1, R1, R9, STEP(kind));
	IF_IMM(BPF_JEQ, R1, STEP_END, done);
	if (!before) {
		LOAD(1, R1, R9, STEP(when));
		IF_IMM(BPF_JNE, R1, WHEN_GOOD, wanted);
		LOAD(8, R1, R7, RECORD(result));
		IF_IMM(BPF_JGE, R1, ERROR_MIN, next);
		BIND(wanted);
	}
	step_length(g, next);
	LOAD(1, R3, R9, STEP(arg));
	load_argument(g, R3, R2);
	IF_IMM(BPF_JEQ, R3, 0, next);
	begin_item(g, done);
	MOV(R2, R6);
	bound_length(g, strace_largest(g->o));
	LOAD(1, R1, R9, STEP(kind));
	IF_IMM(BPF_JEQ, R1, STEP_STRING, string);
	copy_bytes(g);
	GOTO(copied);
	BIND(string);
	item_data(g);
	CALL(probe_read_user_str);
	BIND(copied);
	LOAD(1, R4, R9, STEP(arg));
	if (before)
		ADD_IMM(R4, STRACE_ARG_BEFORE);
	MOV_IMM(R5, 0);
	end_item(g);
	BIND(next);
	ADD_IMM(R9, sizeof(struct strace_step));
}

/* r9 is the plan; it stays on the stack no longer than this takes: afterwards it is gone. */
static void emit_steps(struct generator *g, bool before)
{
	asm_label done = label(g);

	ADD_IMM(R9, before ? offsetof(struct strace_plan, before) : offsetof(struct strace_plan, after));
	for (unsigned i = 0; i < STRACE_ITEMS; i++)
		emit_step(g, before, done);
	BIND(done);
}

/* r9 = the plan of the record at hand. Clobbers r1. */
static void reload_plan(struct generator *g)
{
	LOAD(4, R9, R7, RECORD(number));
	IF_IMM(BPF_JGE, R9, STRACE_CALLS, g->out);
	find_plan(g, R9, R1);
}

/* The strings of the vector at user address r6, as items `arg`. Clobbers r8, r9. */
static void emit_strings(struct generator *g, unsigned arg)
{
	asm_label again = label(g), done = label(g);

	MOV_IMM(R9, 0);
	BIND(again);
	IF_IMM(BPF_JGE, R9, STRACE_STRINGS + 1, done);
	MOV(R3, R9);
	SHIFT(BPF_LSH, R3, 3);
	ADD(R3, R6);
	read_number(g, 8, done);
	LOAD(8, R3, FP, AT_NUMBER);
	IF_IMM(BPF_JEQ, R3, 0, done);
	begin_item(g, done);
	item_data(g);
	MOV_IMM(R2, g->o->string_limit + 2);
	CALL(probe_read_user_str);
	MOV_IMM(R4, arg);
	MOV(R5, R9);
	end_item(g);
	ADD_IMM(R9, 1);
	GOTO(again);
	BIND(done);
}

/* An item with how many pointers are in the vector at user address r6. Clobbers r8, r9. */
static void emit_count(struct generator *g)
{
	asm_label again = label(g), done = label(g), full = label(g);

	MOV_IMM(R9, 0);
	BIND(again);
	IF_IMM(BPF_JGE, R9, STRACE_ENVIRONMENT, done);
	MOV(R3, R9);
	SHIFT(BPF_LSH, R3, 3);
	ADD(R3, R6);
	read_number(g, 8, done);
	LOAD(8, R3, FP, AT_NUMBER);
	IF_IMM(BPF_JEQ, R3, 0, done);
	ADD_IMM(R9, 1);
	GOTO(again);
	BIND(done);
	begin_item(g, full);
	MOV_IMM(R0, 0);
	MOV_IMM(R4, STRACE_ARG_ENVIRONMENT_COUNT);
	MOV(R5, R9);
	end_item(g);
	BIND(full);
}

/* What a new program is started with; r9 is the plan. */
static void emit_exec(struct generator *g)
{
	asm_label done = label(g);

	LOAD(4, R6, R9, offsetof(struct strace_plan, vector));
	load_argument(g, R6, R1);
	emit_strings(g, STRACE_ARG_STRING);
	reload_plan(g);
	LOAD(4, R6, R9, offsetof(struct strace_plan, vector));
	ADD_IMM(R6, 1);
	load_argument(g, R6, R1);
	IF_IMM(BPF_JEQ, R6, 0, done);
	if (g->o->environment)
		emit_strings(g, STRACE_ARG_ENVIRONMENT);
	emit_count(g);
	BIND(done);
}

/* The item of r2 bytes at user address r3, unless there are none. */
static void emit_part(struct generator *g, unsigned arg, uint32_t limit)
{
	asm_label none = label(g);

	IF_IMM(BPF_JEQ, R3, 0, none);
	IF_IMM(BPF_JEQ, R2, 0, none);
	begin_item(g, none);
	bound_length(g, limit);
	copy_bytes(g);
	MOV_IMM(R4, arg);
	MOV_IMM(R5, 0);
	end_item(g);
	BIND(none);
}

/* The struct msghdr at user address r6: address, control data; then r6 and AT_COUNT are its iovec. */
static void emit_message(struct generator *g, asm_label done)
{
	MOV(R1, FP);
	ADD_IMM(R1, AT_MESSAGE);
	MOV_IMM(R2, MESSAGE_SIZE);
	MOV(R3, R6);
	CALL(probe_read_user);
	IF_IMM(BPF_JNE, R0, 0, done);
	LOAD(8, R3, FP, AT_MESSAGE);
	LOAD(4, R2, FP, AT_MESSAGE + 8);
	emit_part(g, STRACE_ARG_NAME, NAME_LIMIT);
	LOAD(8, R3, FP, AT_MESSAGE + 32);
	LOAD(8, R2, FP, AT_MESSAGE + 40);
	emit_part(g, STRACE_ARG_CONTROL, CONTROL_LIMIT);
	LOAD(8, R6, FP, AT_MESSAGE + 16);
	LOAD(8, R1, FP, AT_MESSAGE + 24);
	STORE(8, FP, AT_COUNT, R1);
}

/* The elements of the iovec at user address r6, AT_COUNT of them. */
static void emit_elements(struct generator *g, asm_label done)
{
	asm_label again = label(g), next = label(g);

	LOAD(8, R2, FP, AT_COUNT);
	bound_length(g, STRACE_IOVECS);
	SHIFT(BPF_LSH, R2, 4);
	MOV(R3, R6);
	emit_part(g, STRACE_ARG_IOVEC, 16 * STRACE_IOVECS);
	MOV_IMM(R9, 0);
	BIND(again);
	IF_IMM(BPF_JGE, R9, STRACE_IOVECS, done);
	LOAD(8, R1, FP, AT_COUNT);
	IF(BPF_JGE, R9, R1, done);
	MOV(R3, R9);
	SHIFT(BPF_LSH, R3, 4);
	ADD(R3, R6);
	MOV(R1, FP);
	ADD_IMM(R1, AT_MESSAGE);
	MOV_IMM(R2, 16);
	CALL(probe_read_user);
	IF_IMM(BPF_JNE, R0, 0, done);
	LOAD(8, R3, FP, AT_MESSAGE);
	LOAD(8, R2, FP, AT_MESSAGE + 8);
	IF_IMM(BPF_JEQ, R3, 0, next);
	IF_IMM(BPF_JEQ, R2, 0, next);
	begin_item(g, done);
	bound_length(g, g->o->string_limit);
	copy_bytes(g);
	MOV_IMM(R4, STRACE_ARG_ELEMENT);
	MOV(R5, R9);
	end_item(g);
	BIND(next);
	ADD_IMM(R9, 1);
	GOTO(again);
}

/* Iovecs and messages; r9 is the plan. */
static void emit_vectors(struct generator *g)
{
	asm_label done = label(g), vector = label(g), elements = label(g);

	LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
	AND_IMM(R1, PLAN_IOVEC | PLAN_MESSAGE);
	IF_IMM(BPF_JEQ, R1, 0, done);
	LOAD(4, R6, R9, offsetof(struct strace_plan, vector));
	load_argument(g, R6, R2);
	IF_IMM(BPF_JEQ, R6, 0, done);
	IF_IMM(BPF_JEQ, R1, PLAN_IOVEC, vector);
	emit_message(g, done);
	GOTO(elements);
	BIND(vector);
	LOAD(4, R1, R9, offsetof(struct strace_plan, vector));
	ADD_IMM(R1, 1);
	load_argument(g, R1, R2);
	STORE(8, FP, AT_COUNT, R1);
	BIND(elements);
	emit_elements(g, done);
	BIND(done);
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

static void emit_enter(struct generator *g)
{
	asm_label steps_done = label(g), exec_done = label(g), returns = label(g), free_to_go = label(g);
	asm_label traced = label(g);

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
 * A call whose entry was of no interest, or was before tracing began: its record, from the
 * registers. r8 is its number. What a new thread comes out of is not a call of its own.
 */
static void emit_from_registers(struct generator *g)
{
	asm_label entered = label(g), old = label(g);

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
	LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
	AND_IMM(R1, PLAN_ENTER);
	IF_IMM(BPF_JEQ, R1, 0, entered);
	LOAD(2, R1, R7, RECORD(flags));
	asm_alu_imm(A, BPF_OR, 8, R1, STRACE_NO_ENTRY);
	STORE(2, R7, RECORD(flags), R1);
	BIND(entered);
}

static void emit_status_filter(struct generator *g)
{
	if (!g->o->only_good && !g->o->only_failed)
		return;
	LOAD(8, R1, R7, RECORD(result));
	IF_IMM(g->o->only_good ? BPF_JGE : BPF_JLT, R1, ERROR_MIN, g->out);
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
	emit_status_filter(g);
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
		LOAD(2, R1, R7, RECORD(flags));
		AND_IMM(R1, STRACE_NO_ENTRY | STRACE_COMPAT);
		IF_IMM(BPF_JNE, R1, 0, timed);
		emit_summary(g);
	}
	BIND(timed);
}

/* -f: raw tracepoint task_newtask(task, clone_flags), in the thread that makes the new one. */
static void emit_new_thread(struct generator *g)
{
	LOAD(8, R6, R1, 0);
	find_thread(g);
	LOAD(4, R1, R7, THREAD(mode));
	IF_IMM(BPF_JEQ, R1, MODE_HELD, g->out);
	MOV(R1, FP);
	ADD_IMM(R1, AT_TID);
	MOV_IMM(R2, 4);
	MOV(R3, R6);
	ADD_IMM(R3, g->o->pid_offset);
	CALL(probe_read_kernel);
	claim_slot(g, MODE_NEW);
	set_tag(g);
}

/*
 * Raw tracepoint sched_process_exec(task, old_pid, bprm): a thread that is not the leader takes the
 * leader's number; its entry, with the call it is in, goes with it.
 */
static void emit_executed(struct generator *g)
{
	asm_label other = label(g);

	LOAD(8, R6, R1, 8);
	CALL(get_current_pid_tgid);
	asm_mov32(A, R8, R0);
	asm_mov32(A, R0, R6);
	IF(BPF_JNE, R8, R0, other);
	GOTO(g->out);
	BIND(other);
	find_thread_of(g);
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
		STORE_IMM(2, R7, RECORD(flags), STRACE_NO_RETURN | STRACE_ENDED_INSIDE);
		send_record(g);
		BIND(outside);
		reserve_record(g, STRACE_EXIT, 0, gone);
		STORE_IMM(8, FP, AT_NUMBER, 0);
		if (g->o->exit_code_offset >= 0) {
			MOV(R1, FP);
			ADD_IMM(R1, AT_NUMBER);
			MOV_IMM(R2, 4);
			MOV(R3, R8);
			ADD_IMM(R3, g->o->exit_code_offset);
			CALL(probe_read_kernel);
		}
		LOAD(4, R1, FP, AT_NUMBER);
		STORE(8, R6, offsetof(struct strace_record, result), R1);
		submit_record(g);
		BIND(gone);
	} else {
		BIND(outside);
		BIND(gone);
	}
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
