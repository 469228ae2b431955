/*
 * address.c - constant parts of an address into the instruction: [x + 8 + off] becomes
 * [x + (8 + off)], and memory of the frame is reached from the frame pointer itself.
 */
#include "ir/pass.h"

struct sites {
	uint32_t *ndefs;
	const struct ir_insn **def;
};

static const struct ir_insn *only_def(const struct sites *s, vreg r)
{
	return r && s->ndefs[r] == 1 ? s->def[r] : NULL;
}

static void fold_base(struct ir_func *f, const struct sites *s, struct ir_insn *insn)
{
	const struct ir_insn *def;

	while ((def = only_def(s, insn->a.reg)) && def->op == IR_ADD && def->size == 8 &&
	       !def->b.reg && def->a.reg && s->ndefs[def->a.reg] == 1 &&
	       fits_s16(insn->off + def->b.imm)) {
		insn->a = def->a;
		insn->off += def->b.imm;
	}
	if (!def || def->op != IR_FRAME || (insn->op != IR_LOAD && insn->op != IR_STORE))
		return;
	int64_t off = (int64_t)insn->off + def->off;
	if (off < 0 || off + insn->size > f->objects.v[def->index].size)
		return; /* a callback's or the script's affair; the kernel judges it */
	insn->space = SPACE_STACK;
	insn->index = def->index;
	insn->off = off;
	insn->a = ir_imm(0);
}

void ir_address(struct ir_func *f)
{
	struct arena *arena = arena_new();
	struct sites s = {
		.ndefs = arena_array(arena, uint32_t, f->nregs),
		.def = arena_array(arena, const struct ir_insn *, f->nregs),
	};

	vec_each(b, &f->blocks)
		vec_each(insn, &(*b)->insns) {
			s.ndefs[insn->dst]++;
			s.def[insn->dst] = insn;
		}
	vec_each(b, &f->blocks)
		vec_each(insn, &(*b)->insns)
			if (ir_is_access(insn))
				fold_base(f, &s, insn);
	arena_free(arena);
}
