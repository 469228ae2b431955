/*
 * bpf_run.h - an interpreter of relocatable BPF code. It is stricter than the machine: a
 * register or a byte of the stack that was never written cannot be read, and calls leave
 * r1-r5 unwritten.
 */
#ifndef TEST_BPF_RUN_H
#define TEST_BPF_RUN_H

#include "bpf/object.h"
#include "lib/machine.h"

struct bpf_runner {
	const struct bpf_code *code;
	struct machine m;
	uint32_t depth;
	const struct bpf_reloc **reloc; /* by instruction */
};

struct bpf_regs {
	uint64_t v[11];
	uint16_t set;
};

static inline uint64_t bpf_get(struct bpf_runner *r, struct bpf_regs *regs, unsigned i)
{
	if (!(regs->set >> i & 1))
		machine_fail(&r->m, "r%u read before it is written", i);
	return regs->v[i];
}

static inline void bpf_put(struct bpf_regs *regs, unsigned i, uint64_t v)
{
	regs->v[i] = v;
	regs->set |= 1 << i;
}

static inline unsigned bpf_bytes(uint8_t code)
{
	switch (code & 0x18) {
	case BPF_W: return 4;
	case BPF_H: return 2;
	case BPF_B: return 1;
	}
	return 8;
}

static inline void bpf_run_alu(struct bpf_runner *r, struct bpf_regs *regs, const struct bpf_insn *insn)
{
	static const uint8_t ops[16] = {IR_ADD, IR_SUB, IR_MUL, IR_DIV, IR_OR, IR_AND, IR_SHL,
					IR_SHR, IR_NEG, IR_MOD, IR_XOR, IR_MOV, IR_SAR, IR_BSWAP};
	struct ir_insn does = {.op = ops[insn->code >> 4],
			       .size = BPF_CLASS(insn->code) == BPF_ALU ? 4 : 8};
	uint64_t a = 0, b = (int64_t)insn->imm;
	extern uint64_t ir_eval(const struct ir_insn *insn, uint64_t a, uint64_t b);

	if (does.op == IR_BSWAP) {
		does.size = insn->imm / 8;
		bpf_put(regs, insn->dst_reg, ir_eval(&does, bpf_get(r, regs, insn->dst_reg), 0));
		return;
	}
	if (BPF_SRC(insn->code) == BPF_X && does.op != IR_NEG)
		b = bpf_get(r, regs, insn->src_reg);
	if (does.op == IR_MOV) {
		bpf_put(regs, insn->dst_reg, does.size == 4 ? (uint32_t)b : b);
		return;
	}
	a = bpf_get(r, regs, insn->dst_reg);
	bpf_put(regs, insn->dst_reg, ir_eval(&does, a, b));
}

static inline bool bpf_run_test(struct bpf_runner *r, struct bpf_regs *regs, const struct bpf_insn *insn)
{
	static const uint8_t conds[16] = {
		[BPF_JEQ >> 4] = COND_EQ, [BPF_JGT >> 4] = COND_GT, [BPF_JGE >> 4] = COND_GE,
		[BPF_JSET >> 4] = COND_SET, [BPF_JNE >> 4] = COND_NE, [BPF_JSGT >> 4] = COND_SGT,
		[BPF_JSGE >> 4] = COND_SGE, [BPF_JLT >> 4] = COND_LT, [BPF_JLE >> 4] = COND_LE,
		[BPF_JSLT >> 4] = COND_SLT, [BPF_JSLE >> 4] = COND_SLE,
	};
	extern bool ir_test(enum ir_cond cond, unsigned size, uint64_t a, uint64_t b);
	uint64_t b = BPF_SRC(insn->code) == BPF_X ? bpf_get(r, regs, insn->src_reg)
						  : (uint64_t)(int64_t)insn->imm;

	return ir_test(conds[insn->code >> 4], BPF_CLASS(insn->code) == BPF_JMP32 ? 4 : 8,
		       bpf_get(r, regs, insn->dst_reg), b);
}

static inline void bpf_run_atomic(struct bpf_runner *r, struct bpf_regs *regs, const struct bpf_insn *insn)
{
	uint64_t at = bpf_get(r, regs, insn->dst_reg) + insn->off;
	uint64_t src = bpf_get(r, regs, insn->src_reg);
	unsigned size = bpf_bytes(insn->code);

	switch (insn->imm) {
	case BPF_ADD:
		machine_atomic(&r->m, IR_ATOMIC_ADD, at, size, src, 0);
		return;
	case BPF_ADD | BPF_FETCH:
		bpf_put(regs, insn->src_reg, machine_atomic(&r->m, IR_FETCH_ADD, at, size, src, 0));
		return;
	case BPF_XCHG:
		bpf_put(regs, insn->src_reg, machine_atomic(&r->m, IR_XCHG, at, size, src, 0));
		return;
	case BPF_CMPXCHG:
		bpf_put(regs, 0, machine_atomic(&r->m, IR_CMPXCHG, at, size, bpf_get(r, regs, 0), src));
		return;
	}
	machine_fail(&r->m, "atomic %d", insn->imm);
}

static inline uint64_t bpf_run_wide(struct bpf_runner *r, const struct bpf_insn *insn, uint32_t at)
{
	const struct bpf_reloc *reloc = r->reloc[at];

	if (reloc)
		switch (reloc->kind) {
		case RELOC_MAP: return MACHINE_MAP_TAG + reloc->index;
		case RELOC_MAP_VALUE: return (uintptr_t)r->m.maps[reloc->index] + insn[1].imm;
		default: return machine_mix(reloc->index, 77);
		}
	if (insn->src_reg == BPF_PSEUDO_FUNC)
		return MACHINE_FUNC_TAG + at + insn->imm + 1;
	return (uint64_t)(uint32_t)insn[1].imm << 32 | (uint32_t)insn->imm;
}

static inline uint64_t bpf_run_from(struct bpf_runner *r, uint32_t pc, const struct bpf_regs *arrive);

static inline void bpf_run_call(struct bpf_runner *r, struct bpf_regs *regs,
				const struct bpf_insn *insn, uint32_t pc)
{
	uint64_t args[5];
	struct bpf_regs callee = *regs;

	memcpy(args, regs->v + 1, sizeof(args));
	if (insn->src_reg == BPF_PSEUDO_CALL) {
		callee.set &= 0x3e; /* a verifier gives the callee r1-r5 only */
		bpf_put(regs, 0, bpf_run_from(r, pc + insn->imm + 1, &callee));
	} else {
		bpf_put(regs, 0, machine_call(&r->m, insn->imm, args));
	}
	regs->set &= ~0x3e;
	for (int i = 1; i <= 5; i++)
		regs->v[i] = 0xdeadbeefdead0000 + i;
}

static inline uint64_t bpf_run_from(struct bpf_runner *r, uint32_t pc, const struct bpf_regs *arrive)
{
	struct bpf_regs regs = *arrive;
	uint64_t result = 0;

	if (r->depth++ >= MACHINE_DEPTH)
		machine_fail(&r->m, "too deep");
	bpf_put(&regs, 10, (uintptr_t)r->m.stack + r->depth * 512);
	memset(r->m.stack_set + (r->depth - 1) * 512, 0, 512);
	for (; !r->m.error; pc++) {
		const struct bpf_insn *insn = &r->code->insns.v[pc];

		if (pc >= r->code->insns.n)
			machine_fail(&r->m, "ran off the end");
		else if (r->m.steps++ > 20ull * MACHINE_STEPS)
			machine_fail(&r->m, "endless");
		if (r->m.error)
			break;
		switch (BPF_CLASS(insn->code)) {
		case BPF_ALU:
		case BPF_ALU64:
			bpf_run_alu(r, &regs, insn);
			break;
		case BPF_LDX:
			bpf_put(&regs, insn->dst_reg,
				machine_load(&r->m, bpf_get(r, &regs, insn->src_reg) + insn->off,
					     bpf_bytes(insn->code)));
			break;
		case BPF_ST:
			machine_store(&r->m, bpf_get(r, &regs, insn->dst_reg) + insn->off,
				      bpf_bytes(insn->code), (int64_t)insn->imm);
			break;
		case BPF_STX:
			if ((insn->code & 0xe0) == BPF_ATOMIC)
				bpf_run_atomic(r, &regs, insn);
			else
				machine_store(&r->m, bpf_get(r, &regs, insn->dst_reg) + insn->off,
					      bpf_bytes(insn->code), bpf_get(r, &regs, insn->src_reg));
			break;
		case BPF_LD:
			bpf_put(&regs, insn->dst_reg, bpf_run_wide(r, insn, pc));
			pc++;
			break;
		default:
			if (BPF_OP(insn->code) == BPF_EXIT) {
				result = bpf_get(r, &regs, 0);
				r->depth--;
				return result;
			} else if (BPF_OP(insn->code) == BPF_CALL) {
				bpf_run_call(r, &regs, insn, pc);
			} else if (BPF_OP(insn->code) == BPF_JA || bpf_run_test(r, &regs, insn)) {
				pc += insn->off;
			}
		}
	}
	r->depth--;
	return result;
}

static inline uint64_t bpf_run_callback(struct machine *m, uint32_t func, const uint64_t *args, void *ctx)
{
	/* a function is known by its first instruction */
	struct bpf_runner *r = ctx;
	struct bpf_regs regs = {.set = 0x3e};

	(void)m;
	memcpy(regs.v + 1, args, 5 * sizeof(*args));
	return bpf_run_from(r, func, &regs);
}

static inline uint64_t bpf_run(const struct bpf_code *code, uint64_t seed, const char **error)
{
	static struct bpf_runner r;
	static char text[160];
	struct bpf_regs regs = {.set = 2};
	uint64_t result;

	r = (struct bpf_runner){.code = code};
	machine_init(&r.m, seed, 0x5a);
	r.m.callback = bpf_run_callback;
	r.m.callback_ctx = &r;
	r.reloc = calloc(code->insns.n, sizeof(*r.reloc));
	vec_each(reloc, &code->relocs)
		r.reloc[reloc->insn] = reloc;
	regs.v[1] = (uintptr_t)r.m.ctx;
	result = bpf_run_from(&r, 0, &regs);
	result = machine_result(&r.m, result);
	*error = NULL;
	if (r.m.error) {
		memcpy(text, r.m.text, sizeof(text));
		*error = text;
	}
	free(r.reloc);
	machine_done(&r.m);
	return result;
}

#endif
