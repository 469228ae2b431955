/*
 * bpf_shapes.c - what typical probes compile to, against bpf_shapes.expected (--update
 * rewrites it), and how many instructions that is next to what a careful hand would write.
 */
#include "lib/ir_build.h"

#define EXPECTED "tests/unit/bpf_shapes.expected"

/* @ = count() */
static void shape_count(struct bench *b)
{
	build_atomic_add(b->f, ir_map_value(b->f, 1, 64), 0, ir_imm(1));
	ir_return(b->f, ir_imm(0));
}

static vreg build_pid(struct ir_func *f)
{
	vreg both = ir_call(f, HELPER_GET_CURRENT_PID_TGID, 0, NULL);

	return ir_alu(f, IR_SHR, ir_reg(both), ir_imm(32));
}

/* raw system-call entry, number and pid filtered, a slot per CPU */
static void shape_filtered(struct bench *b)
{
	struct ir_func *f = b->f;
	vreg number = ir_load(f, SPACE_CTX, build_ctx(f), 8, 8, false), cpu, slot;

	build_leave_if(f, COND_NE, ir_reg(number), ir_imm(1), false);
	build_leave_if(f, COND_NE, ir_reg(build_pid(f)), ir_imm(1234), false);
	cpu = ir_call(f, HELPER_GET_SMP_PROCESSOR_ID, 0, NULL);
	slot = ir_alu(f, IR_SHL, ir_reg(ir_alu(f, IR_AND, ir_reg(cpu), ir_imm(127))), ir_imm(6));
	build_atomic_add(f, ir_alu(f, IR_ADD, ir_reg(ir_map_value(f, 1, 0)), ir_reg(slot)), 0, ir_imm(1));
	ir_return(f, ir_imm(0));
}

static vreg build_key(struct ir_func *f, vreg value)
{
	vreg at = ir_frame(f, ir_object_new(f, 8, 8, "key"), 0);

	ir_store(f, SPACE_STACK, at, 0, 8, ir_reg(value));
	return at;
}

/* @[pid] = count() in a hash */
static void shape_keyed(struct bench *b)
{
	struct ir_func *f = b->f;
	vreg key = build_key(f, build_pid(f)), value, fresh, refused;
	struct ir_block *none = ir_block_new(f), *have = ir_block_new(f), *end = ir_block_new(f),
			*full = ir_block_new(f);

	none->unlikely = full->unlikely = true;
	value = ir_call(f, HELPER_MAP_LOOKUP_ELEM, IR_ARGS(ir_reg(ir_map(f, 2)), ir_reg(key)));
	ir_branch(f, COND_EQ, ir_reg(value), ir_imm(0), none, have);
	build_atomic_add(f, value, 0, ir_imm(1));
	ir_jump(f, end);
	ir_at(f, none);
	fresh = ir_frame(f, ir_object_new(f, 8, 8, "fresh value"), 0);
	ir_store(f, SPACE_STACK, fresh, 0, 8, ir_imm(1));
	refused = ir_call(f, HELPER_MAP_UPDATE_ELEM,
			  IR_ARGS(ir_reg(ir_map(f, 2)), ir_reg(key), ir_reg(fresh), ir_imm(1)));
	ir_branch(f, COND_NE, ir_reg(refused), ir_imm(0), full, end);
	ir_at(f, full);
	ir_count_loss(f, b->prog, LOSS_MAP_FULL);
	ir_jump(f, end);
	ir_at(f, end);
	ir_return(f, ir_imm(0));
}

/* Shifts v down to 1 and gives the number of bits. */
static vreg build_log2(struct ir_func *f, vreg v)
{
	vreg n = ir_mov(f, ir_imm(0));

	for (int step = 32; step; step >>= 1) {
		struct ir_block *more = ir_block_new(f), *next = ir_block_new(f);

		ir_branch(f, COND_LT, ir_reg(v), ir_imm(1ll << step), next, more);
		ir_at(f, more);
		ir_emit(f, (struct ir_insn){.op = IR_SHR, .size = 8, .dst = v, .a = ir_reg(v),
					    .b = ir_imm(step)});
		ir_emit(f, (struct ir_insn){.op = IR_ADD, .size = 8, .dst = n, .a = ir_reg(n),
					    .b = ir_imm(step)});
		ir_jump(f, next);
		ir_at(f, next);
	}
	return n;
}

/* /@start[tid]/ { @us = hist((nsecs - @start[tid]) / 1000); delete(@start, tid); } */
static void shape_latency(struct bench *b)
{
	struct ir_func *f = b->f;
	vreg both = ir_call(f, HELPER_GET_CURRENT_PID_TGID, 0, NULL);
	vreg key = build_key(f, ir_ext(f, ir_reg(both), 4, false)), value, begun, took, slot;

	value = ir_call(f, HELPER_MAP_LOOKUP_ELEM, IR_ARGS(ir_reg(ir_map(f, 2)), ir_reg(key)));
	build_leave_if(f, COND_EQ, ir_reg(value), ir_imm(0), false);
	begun = ir_load(f, SPACE_MAP, value, 0, 8, false);
	took = ir_alu(f, IR_SUB, ir_reg(ir_call(f, HELPER_KTIME_GET_NS, 0, NULL)), ir_reg(begun));
	slot = build_log2(f, ir_alu(f, IR_DIV, ir_reg(took), ir_imm(1000)));
	slot = ir_alu(f, IR_SHL, ir_reg(ir_alu(f, IR_AND, ir_reg(slot), ir_imm(63))), ir_imm(3));
	build_atomic_add(f, ir_alu(f, IR_ADD, ir_reg(ir_map_value(f, 1, 0)), ir_reg(slot)), 0, ir_imm(1));
	ir_call(f, HELPER_MAP_DELETE_ELEM, IR_ARGS(ir_reg(ir_map(f, 2)), ir_reg(key)));
	ir_return(f, ir_imm(0));
}

/* Two kernel reads, a signed test, a record reserved, filled and sent. */
static void shape_record(struct bench *b)
{
	struct ir_func *f = b->f;
	vreg first = ir_load(f, SPACE_CTX, build_ctx(f), 0, 8, false), second, third, record;
	struct ir_block *full = ir_block_new(f), *got = ir_block_new(f);

	second = ir_load(f, SPACE_KERNEL, first, 16, 8, false);
	third = ir_load(f, SPACE_KERNEL, second, 8, 4, true);
	build_leave_if(f, COND_SLE, ir_reg(third), ir_imm(5), false);
	record = ir_call(f, HELPER_RINGBUF_RESERVE,
			 IR_ARGS(ir_reg(ir_map(f, 3)), ir_imm(32), ir_imm(0)));
	full->unlikely = true;
	ir_branch(f, COND_EQ, ir_reg(record), ir_imm(0), full, got);
	ir_store(f, SPACE_MAP, record, 0, 8, ir_imm(7));
	ir_store(f, SPACE_MAP, record, 8, 8, ir_reg(first));
	ir_store(f, SPACE_MAP, record, 16, 8, ir_reg(third));
	ir_store(f, SPACE_MAP, record, 24, 8, ir_reg(ir_call(f, HELPER_KTIME_GET_NS, 0, NULL)));
	ir_call(f, HELPER_RINGBUF_SUBMIT, IR_ARGS(ir_reg(record), ir_imm(0)));
	ir_return(f, ir_imm(0));
	ir_at(f, full);
	ir_count_loss(f, b->prog, LOSS_RING_FULL);
	ir_return(f, ir_imm(0));
}

/* min by compare-and-exchange, at most 8 tries */
static void shape_min(struct bench *b)
{
	struct ir_func *f = b->f;
	vreg now = ir_load(f, SPACE_CTX, build_ctx(f), 16, 8, false), at = ir_map_value(f, 1, 8);
	vreg old = ir_mov(f, ir_reg(ir_load(f, SPACE_MAP, at, 0, 8, false))), tries = ir_mov(f, ir_imm(0));
	struct ir_block *head = ir_block_new(f), *try = ir_block_new(f), *again = ir_block_new(f),
			*end = ir_block_new(f), *lost = ir_block_new(f);
	vreg seen = ir_vreg(f);

	lost->unlikely = again->unlikely = true;
	ir_jump(f, head);
	ir_at(f, head);
	ir_branch(f, COND_SGE, ir_reg(now), ir_reg(old), end, try);
	ir_emit(f, (struct ir_insn){.op = IR_CMPXCHG, .size = 8, .dst = seen, .a = ir_reg(at),
				    .b = ir_reg(old), .c = ir_reg(now), .space = SPACE_MAP});
	ir_branch(f, COND_EQ, ir_reg(seen), ir_reg(old), end, again);
	ir_set(f, old, ir_reg(seen));
	ir_emit(f, (struct ir_insn){.op = IR_ADD, .size = 8, .dst = tries, .a = ir_reg(tries),
				    .b = ir_imm(1)});
	ir_branch(f, COND_LT, ir_reg(tries), ir_imm(8), head, lost);
	ir_count_loss(f, b->prog, LOSS_CONTENDED);
	ir_jump(f, end);
	ir_at(f, end);
	ir_return(f, ir_imm(0));
}

/* pid == 1 || (cpu > 2 && x & 4), as values that are tested */
static void shape_logic(struct bench *b)
{
	struct ir_func *f = b->f;
	vreg x = ir_load(f, SPACE_CTX, build_ctx(f), 0, 8, false), value = ir_vreg(f), result = ir_vreg(f);
	struct ir_block *yes = ir_block_new(f), *second = ir_block_new(f), *third = ir_block_new(f),
			*no = ir_block_new(f), *join = ir_block_new(f), *true_end = ir_block_new(f),
			*false_end = ir_block_new(f), *all = ir_block_new(f);

	ir_branch(f, COND_EQ, ir_reg(build_pid(f)), ir_imm(1), true_end, second);
	ir_branch(f, COND_GT, ir_reg(ir_call(f, HELPER_GET_SMP_PROCESSOR_ID, 0, NULL)), ir_imm(2), third, no);
	ir_at(f, third);
	ir_branch(f, COND_SET, ir_reg(x), ir_imm(4), yes, no);
	ir_set(f, value, ir_imm(0));
	ir_jump(f, join);
	ir_at(f, yes);
	ir_set(f, value, ir_imm(1));
	ir_jump(f, join);
	ir_at(f, join);
	ir_branch(f, COND_NE, ir_reg(value), ir_imm(0), true_end, false_end);
	ir_set(f, result, ir_imm(0));
	ir_jump(f, all);
	ir_at(f, true_end);
	ir_set(f, result, ir_imm(1));
	ir_jump(f, all);
	ir_at(f, all);
	build_leave_if(f, COND_EQ, ir_reg(result), ir_imm(0), false);
	build_atomic_add(f, ir_map_value(f, 1, 0), 0, ir_imm(1));
	ir_return(f, ir_imm(0));
}

/* Values across calls, more than r6-r9 hold; a frame shared by what comes one after another. */
static void shape_crossing(struct bench *b)
{
	struct ir_func *f = b->f;
	vreg ctx = build_ctx(f), v[7], at, sum;

	for (int i = 0; i < 7; i++)
		v[i] = ir_load(f, SPACE_CTX, ctx, 8 * i, 8, false);
	for (int i = 0; i < 2; i++) {
		at = ir_frame(f, ir_object_new(f, 16, 8, i ? "second name" : "first name"), 0);
		ir_call(f, HELPER_GET_CURRENT_COMM, IR_ARGS(ir_reg(at), ir_imm(16)));
		ir_store(f, SPACE_MAP, ir_map_value(f, 1, 8 * i), 0, 8,
			 ir_reg(ir_load(f, SPACE_STACK, at, 8, 8, false)));
	}
	sum = v[6];
	for (int i = 6; i-- > 0;)
		sum = ir_alu(f, IR_XOR, ir_reg(sum), ir_reg(v[i]));
	ir_store(f, SPACE_MAP, ir_map_value(f, 1, 16), 0, 8, ir_reg(sum));
	ir_return(f, ir_imm(0));
}

static const struct {
	const char *name;
	void (*build)(struct bench *b);
	unsigned by_hand; /* instructions */
} shapes[] = {
	{"count", shape_count, 6},
	{"filtered", shape_filtered, 18},
	{"keyed", shape_keyed, 29},
	{"latency", shape_latency, 48},
	{"record", shape_record, 54},
	{"min", shape_min, 19},
	{"logic", shape_logic, 16},
	{"crossing", shape_crossing, 40},
};

static const char *map_name(uint32_t map, void *ctx)
{
	static const char *const names[] = {"control", "slots", "hash", "ring"};

	(void)ctx;
	return names[map];
}

static bool same_as_file(struct buf *now, bool update)
{
	struct buf was = {0};
	bool same;
	FILE *file;

	if (update) {
		file = fopen(EXPECTED, "w");
		EXPECT(file);
		fputs(buf_str(now), file);
		fclose(file);
		return true;
	}
	EXPECT(buf_read_file(&was, EXPECTED, 1 << 20) == 0);
	same = str_eq(buf_str(now), buf_str(&was));
	if (!same) { /* the first line that differs */
		size_t at = 0, line = 0;

		while (at < now->len && at < was.len && now->data[at] == was.data[at])
			at++;
		for (line = at; line && now->data[line - 1] != '\n';)
			line--;
		fprintf(stderr, "differs from " EXPECTED " at byte %zu: %.*s\n", at,
			(int)strcspn(now->data + line, "\n"), now->data + line);
	}
	buf_free(&was);
	return same;
}

int main(int argc, char **argv)
{
	struct buf out = {0}, ir = {0};
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		struct bpf_code *code;
		struct bench b;

		bench_start(&b, shapes[i].name);
		shapes[i].build(&b);
		ir_verify(b.prog);
		ir_print(b.prog, &out);
		code = bpf_compile(b.prog, &b.diags, &out);
		EXPECT(code);
		bpf_print(code, NULL, map_name, NULL, &out);
		buf_putc(&out, '\n');
		printf("%-10s %3zu instructions, by hand %u\n", shapes[i].name, code->insns.n,
		       shapes[i].by_hand);
		good &= code->insns.n <= shapes[i].by_hand + shapes[i].by_hand / 10;
		bench_end(&b);
	}
	good &= same_as_file(&out, argc > 1 && str_eq(argv[1], "--update"));
	buf_free(&out);
	buf_free(&ir);
	return !good;
}
