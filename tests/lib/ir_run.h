/*
 * ir_run.h - an interpreter of the IR in any state before registers are assigned.
 */
#ifndef TEST_IR_RUN_H
#define TEST_IR_RUN_H

#include "ir/pass.h"
#include "lib/machine.h"

struct ir_frame_of_call {
	const struct ir_func *f;
	uint64_t *regs;
	bool *set;
	uint64_t *objects; /* addresses */
	uint64_t args[6];
};

struct ir_runner {
	const struct ir_prog *prog;
	struct machine m;
	uint32_t stack_used, depth;
};

static inline uint64_t ir_run_func(struct ir_runner *r, uint32_t func, const uint64_t *args);

static inline uint64_t ir_run_val(struct ir_runner *r, struct ir_frame_of_call *c, struct ir_val v)
{
	if (!v.reg)
		return v.imm;
	if (!c->set[v.reg])
		machine_fail(&r->m, "v%u read before it is written", v.reg);
	return c->regs[v.reg];
}

static inline uint64_t ir_run_load(struct ir_runner *r, struct ir_frame_of_call *c,
				   const struct ir_insn *insn, uint64_t at)
{
	uint64_t v = 0, got = 0;

	(void)c;
	if (insn->space == SPACE_KERNEL || insn->space == SPACE_USER) {
		/* as the helper call it stands for: the same marks in the hash */
		uint32_t helper = insn->space == SPACE_USER ? HELPER_PROBE_READ_USER
							    : HELPER_PROBE_READ_KERNEL;

		r->m.calls++;
		r->m.hash = machine_mix(machine_mix(r->m.hash, helper), at);
		if (!machine_read_kernel(&r->m, at, &got, insn->size) && !(insn->flags & IR_QUIET))
			machine_atomic(&r->m, IR_ATOMIC_ADD,
				       (uintptr_t)r->m.maps[r->prog->control_map] +
					       8 * LOSS_READ_FAILED, 8, 1, 0);
		v = got;
	} else {
		v = machine_load(&r->m, at, insn->size);
	}
	if ((insn->flags & IR_SIGNED) && insn->size < 8) {
		unsigned shift = 64 - 8 * insn->size;

		v = (uint64_t)((int64_t)(v << shift) >> shift);
	}
	return v;
}

static inline uint64_t ir_run_insn(struct ir_runner *r, struct ir_frame_of_call *c,
				   const struct ir_insn *insn)
{
	uint64_t args[5] = {0}, at;

	if (ir_traits[insn->op] & IS_BINARY || insn->op == IR_MOV || insn->op == IR_NEG ||
	    insn->op == IR_EXT || insn->op == IR_BSWAP)
		return ir_eval(insn, ir_run_val(r, c, insn->a),
			       ir_traits[insn->op] & USES_B ? ir_run_val(r, c, insn->b) : 0);
	switch (insn->op) {
	case IR_NOP:
		return 0;
	case IR_LOAD:
	case IR_STORE:
		at = (ir_is_direct(insn) ? c->objects[insn->index] : ir_run_val(r, c, insn->a)) +
		     (int64_t)insn->off;
		if (insn->op == IR_LOAD)
			return ir_run_load(r, c, insn, at);
		machine_store(&r->m, at, insn->size, ir_run_val(r, c, insn->b));
		return 0;
	case IR_ATOMIC_ADD:
	case IR_FETCH_ADD:
	case IR_XCHG:
	case IR_CMPXCHG:
		return machine_atomic(&r->m, insn->op, ir_run_val(r, c, insn->a) + insn->off,
				      insn->size, ir_run_val(r, c, insn->b),
				      insn->op == IR_CMPXCHG ? ir_run_val(r, c, insn->c) : 0);
	case IR_CTX:
		return (uintptr_t)r->m.ctx;
	case IR_ARG:
		return c->args[insn->off];
	case IR_FRAME:
		return c->objects[insn->index] + insn->off;
	case IR_MAP:
		return MACHINE_MAP_TAG + insn->index;
	case IR_MAP_VALUE:
		return (uintptr_t)r->m.maps[insn->index] + insn->off;
	case IR_FUNC:
		return MACHINE_FUNC_TAG + insn->index;
	case IR_RELOC:
		return machine_mix(insn->index, 77);
	}
	for (unsigned i = 0; i < insn->nargs; i++)
		args[i] = ir_run_val(r, c, insn->args[i]);
	if (insn->op == IR_CALL)
		return machine_call(&r->m, insn->index, args);
	return ir_run_func(r, insn->index, args);
}

static inline uint64_t ir_run_blocks(struct ir_runner *r, struct ir_frame_of_call *c)
{
	const struct ir_block *b = c->f->blocks.v[0];

	for (;;) {
		vec_each(insn, &b->insns) {
			uint64_t v = ir_run_insn(r, c, insn);

			if (r->m.error)
				return 0;
			if (insn->dst) {
				c->regs[insn->dst] = v;
				c->set[insn->dst] = true;
			}
		}
		if (r->m.steps++ > MACHINE_STEPS)
			machine_fail(&r->m, "endless");
		if (r->m.error)
			return 0;
		if (b->exit == EXIT_RETURN)
			return ir_run_val(r, c, b->a);
		if (b->exit == EXIT_JUMP)
			b = b->to;
		else
			b = ir_test(b->cond, b->size, ir_run_val(r, c, b->a),
				    ir_run_val(r, c, b->b)) ? b->to : b->other;
	}
}

static inline uint64_t ir_run_func(struct ir_runner *r, uint32_t func, const uint64_t *args)
{
	const struct ir_func *f = r->prog->funcs.v[func];
	struct ir_frame_of_call c = {.f = f};
	uint32_t stack_was = r->stack_used;
	uint64_t result;

	c.regs = calloc(f->nregs, sizeof(*c.regs));
	c.set = calloc(f->nregs, sizeof(*c.set));
	c.objects = calloc(f->objects.n + 1, sizeof(*c.objects));
	for (size_t i = 0; i < f->objects.n; i++) {
		c.objects[i] = (uintptr_t)r->m.stack + r->stack_used;
		memset(r->m.stack_set + r->stack_used, 0, f->objects.v[i].size);
		r->stack_used += ROUND_UP(f->objects.v[i].size, 8u);
	}
	if (args)
		memcpy(c.args + 1, args, 5 * sizeof(*args));
	if (r->depth++ > MACHINE_DEPTH || r->stack_used > MACHINE_STACK)
		machine_fail(&r->m, "too deep");
	result = r->m.error ? 0 : ir_run_blocks(r, &c);
	r->depth--;
	r->stack_used = stack_was;
	free(c.regs);
	free(c.set);
	free(c.objects);
	return result;
}

static inline uint64_t ir_run_callback(struct machine *m, uint32_t func, const uint64_t *args, void *ctx)
{
	(void)m;
	return ir_run_func(ctx, func, args);
}

/* The whole program in a fresh world; *error is NULL or static text until the next run. */
static inline uint64_t ir_run(const struct ir_prog *prog, uint64_t seed, const char **error)
{
	static struct ir_runner r;
	static char text[160];
	uint64_t result;

	r = (struct ir_runner){.prog = prog};
	machine_init(&r.m, seed, 0xa5);
	r.m.callback = ir_run_callback;
	r.m.callback_ctx = &r;
	result = ir_run_func(&r, 0, NULL);
	result = machine_result(&r.m, result);
	*error = NULL;
	if (r.m.error) {
		memcpy(text, r.m.text, sizeof(text));
		*error = text;
	}
	machine_done(&r.m);
	return result;
}

#endif
