/* copy.c - the part of the programs that copies what arguments point to. See generator.h. */
#include "run/strace/generator.h"

enum { NAME_LIMIT = 128, CONTROL_LIMIT = 512 };

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

/* The item at r8: a string of at most r2 bytes with its NUL, from user address r3. Then r0 is as end_item wants it. */
static void copy_string(struct generator *g)
{
	asm_label good = label(g);

	item_data(g);
	CALL(probe_read_user_str);
	IF_IMM(BPF_JNE, R0, 0, good); /* before Linux 6.15 the length of an empty one is 0 */
	item_data(g);
	STORE_IMM(1, R1, 0, 0);
	MOV_IMM(R0, 1);
	BIND(good);
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
	copy_string(g);
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
void emit_steps(struct generator *g, bool before)
{
	asm_label done = label(g);

	ADD_IMM(R9, before ? offsetof(struct strace_plan, before) : offsetof(struct strace_plan, after));
	for (unsigned i = 0; i < STRACE_ITEMS; i++)
		emit_step(g, before, done);
	BIND(done);
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
	MOV_IMM(R2, g->o->string_limit + 2);
	copy_string(g);
	MOV_IMM(R4, arg);
	MOV(R5, R9);
	end_item(g);
	ADD_IMM(R9, 1);
	GOTO(again);
	BIND(done);
}

/*
 * An item with how many pointers are in the vector at user address r6, which is read by handfuls; where
 * one cannot be, one by one. (The verifier walks through every round of a loop.) Clobbers r8, r9.
 */
static void emit_count(struct generator *g)
{
	enum { HANDFUL = 7 };
	asm_label again = label(g), singly = label(g), single = label(g), done = label(g), full = label(g);

	MOV_IMM(R9, 0);
	BIND(again);
	IF_IMM(BPF_JGE, R9, STRACE_ENVIRONMENT, done);
	MOV(R3, R9);
	SHIFT(BPF_LSH, R3, 3);
	ADD(R3, R6);
	MOV(R1, FP);
	ADD_IMM(R1, AT_MESSAGE);
	MOV_IMM(R2, 8 * HANDFUL);
	CALL(probe_read_user);
	IF_IMM(BPF_JNE, R0, 0, singly);
	for (unsigned i = 0; i < HANDFUL; i++) {
		LOAD(8, R1, FP, AT_MESSAGE + 8 * (int)i);
		IF_IMM(BPF_JEQ, R1, 0, done);
		ADD_IMM(R9, 1);
	}
	GOTO(again);
	BIND(singly);
	STORE_IMM(8, FP, AT_COUNT, HANDFUL);
	BIND(single);
	MOV(R3, R9);
	SHIFT(BPF_LSH, R3, 3);
	ADD(R3, R6);
	read_number(g, 8, done);
	LOAD(8, R3, FP, AT_NUMBER);
	IF_IMM(BPF_JEQ, R3, 0, done);
	ADD_IMM(R9, 1);
	LOAD(8, R1, FP, AT_COUNT);
	ADD_IMM(R1, -1);
	STORE(8, FP, AT_COUNT, R1);
	IF_IMM(BPF_JNE, R1, 0, single);
	BIND(done);
	begin_item(g, full);
	MOV_IMM(R0, 0);
	MOV_IMM(R4, STRACE_ARG_ENVIRONMENT_COUNT);
	MOV(R5, R9);
	end_item(g);
	BIND(full);
}

/* What a new program is started with; r9 is the plan. */
void emit_exec(struct generator *g)
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

/* An item with how many entries the list of argument 1, of `result` bytes, has. Clobbers r6, r8, r9. */
static void emit_entries(struct generator *g)
{
	asm_label again = label(g), done = label(g), full = label(g), none = label(g);

	LOAD(8, R1, R7, RECORD(result));
	IF_IMM(BPF_JGE, R1, ERROR_MIN, none);
	LOAD(8, R6, R7, RECORD(args) + 8);
	MOV(R8, R6);
	ADD(R8, R1); /* where the list ends */
	MOV_IMM(R9, 0);
	BIND(again);
	IF_IMM(BPF_JGE, R9, STRACE_ENTRIES, done);
	IF(BPF_JGE, R6, R8, done);
	MOV(R3, R6);
	ADD_IMM(R3, 16); /* d_reclen */
	read_number(g, 2, done);
	LOAD(2, R1, FP, AT_NUMBER);
	IF_IMM(BPF_JEQ, R1, 0, done);
	ADD(R6, R1);
	ADD_IMM(R9, 1);
	GOTO(again);
	BIND(done);
	begin_item(g, full);
	MOV_IMM(R0, 0);
	MOV_IMM(R4, STRACE_ARG_ENTRIES);
	MOV(R5, R9);
	end_item(g);
	BIND(full);
	BIND(none);
}

/* Iovecs, messages, lists of entries; r9 is the plan. */
void emit_vectors(struct generator *g)
{
	asm_label done = label(g), vector = label(g), elements = label(g), other = label(g);

	LOAD(4, R1, R9, offsetof(struct strace_plan, flags));
	AND_IMM(R1, PLAN_IOVEC | PLAN_MESSAGE | PLAN_ENTRIES);
	IF_IMM(BPF_JEQ, R1, 0, done);
	IF_IMM(BPF_JNE, R1, PLAN_ENTRIES, other);
	emit_entries(g);
	GOTO(done);
	BIND(other);
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

