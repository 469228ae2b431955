/*
 * ir_print.c - the IR as stable text: one instruction a line, for --dump and goldens.
 *
 *   func main
 *   bb0:
 *     v3 = load.u32 [ctx v1 + 8]
 *     branch v3 eq 0 ? bb2 : bb1
 */
#include <inttypes.h>

#include "ir/pass.h"

struct printer {
	struct buf *out;
	bool physical;
};

static const char *const space_names[] = {
	[SPACE_NONE] = "", [SPACE_CTX] = "ctx ", [SPACE_STACK] = "stack ", [SPACE_MAP] = "map ",
	[SPACE_BTF] = "btf ", [SPACE_KERNEL] = "kernel ", [SPACE_USER] = "user ",
};

static void print_reg(struct printer *p, vreg r)
{
	if (p->physical)
		buf_printf(p->out, "r%u", r - 1);
	else
		buf_printf(p->out, "v%u", r);
}

static void print_val(struct printer *p, struct ir_val v)
{
	if (v.reg)
		print_reg(p, v.reg);
	else if (v.imm >= -65536 && v.imm <= 65536)
		buf_printf(p->out, "%" PRId64, v.imm);
	else
		buf_printf(p->out, "0x%" PRIx64, (uint64_t)v.imm);
}

static void print_off(struct printer *p, int32_t off)
{
	buf_printf(p->out, " %c %u", off < 0 ? '-' : '+', off < 0 ? -(uint32_t)off : (uint32_t)off);
}

static void print_memory(struct printer *p, const struct ir_insn *insn)
{
	buf_putc(p->out, '[');
	if (ir_is_direct(insn)) {
		buf_printf(p->out, "frame #%u", insn->index);
	} else {
		buf_puts(p->out, space_names[insn->space]);
		print_val(p, insn->a);
	}
	print_off(p, insn->off);
	buf_putc(p->out, ']');
}

static void print_args(struct printer *p, const struct ir_insn *insn)
{
	buf_putc(p->out, '(');
	for (unsigned i = 0; i < insn->nargs; i++) {
		if (i)
			buf_puts(p->out, ", ");
		print_val(p, insn->args[i]);
	}
	buf_putc(p->out, ')');
}

static void print_sized(struct printer *p, const struct ir_insn *insn)
{
	buf_printf(p->out, "%s.%c%u ", ir_op_names[insn->op],
		   insn->flags & IR_SIGNED ? 's' : 'u', insn->size * 8);
}

static void print_called(uint32_t index, struct buf *out)
{
	if (index >= IR_KFUNC)
		buf_printf(out, "call kernel function %u", index - IR_KFUNC);
	else
		buf_printf(out, "call %s", ir_helper_name(index));
}

static void print_operation(struct printer *p, const struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_MOV:
		print_val(p, insn->a);
		return;
	case IR_EXT:
	case IR_BSWAP:
		print_sized(p, insn);
		print_val(p, insn->a);
		return;
	case IR_LOAD:
		print_sized(p, insn);
		print_memory(p, insn);
		if (insn->flags & IR_QUIET)
			buf_puts(p->out, " quiet");
		return;
	case IR_STORE:
	case IR_ATOMIC_ADD:
	case IR_FETCH_ADD:
	case IR_XCHG:
	case IR_CMPXCHG:
		print_sized(p, insn);
		print_memory(p, insn);
		buf_puts(p->out, insn->op == IR_ATOMIC_ADD || insn->op == IR_FETCH_ADD ? " += " : " = ");
		print_val(p, insn->op == IR_CMPXCHG ? insn->c : insn->b);
		if (insn->op == IR_CMPXCHG) {
			buf_puts(p->out, " if ");
			print_val(p, insn->b);
		}
		return;
	case IR_ARG:
		buf_printf(p->out, "arg %d", insn->off);
		return;
	case IR_CALL:
		print_called(insn->index, p->out);
		print_args(p, insn);
		return;
	case IR_CALL_FUNC:
		buf_printf(p->out, "call func #%u", insn->index);
		print_args(p, insn);
		return;
	case IR_NOP:
	case IR_CTX:
		buf_puts(p->out, ir_op_names[insn->op]);
		return;
	case IR_FRAME:
	case IR_MAP_VALUE:
		buf_printf(p->out, "%s #%u", ir_op_names[insn->op], insn->index);
		print_off(p, insn->off);
		return;
	case IR_MAP:
	case IR_FUNC:
	case IR_KERNEL_VAR:
	case IR_RELOC:
		buf_printf(p->out, "%s #%u", ir_op_names[insn->op], insn->index);
		return;
	}
	/* arithmetic */
	buf_printf(p->out, "%s%s%s ", insn->flags & IR_SIGNED ? "s" : "", ir_op_names[insn->op],
		   insn->size == 4 ? "32" : "");
	print_val(p, insn->a);
	if (ir_traits[insn->op] & USES_B) {
		buf_puts(p->out, ", ");
		print_val(p, insn->b);
	}
}

static void print_exit(struct printer *p, const struct ir_block *b)
{
	switch (b->exit) {
	case EXIT_JUMP:
		buf_printf(p->out, "  jump bb%u\n", b->to->id);
		break;
	case EXIT_BRANCH:
		buf_printf(p->out, "  branch%s ", b->size == 4 ? "32" : "");
		print_val(p, b->a);
		buf_printf(p->out, " %s ", ir_cond_names[b->cond]);
		print_val(p, b->b);
		buf_printf(p->out, " ? bb%u : bb%u\n", b->to->id, b->other->id);
		break;
	case EXIT_RETURN:
		buf_puts(p->out, "  return ");
		print_val(p, b->a);
		buf_putc(p->out, '\n');
		break;
	default:
		buf_puts(p->out, "  (no end)\n");
	}
}

void ir_print_func(const struct ir_func *f, bool physical, struct buf *out)
{
	struct printer p = {.out = out, .physical = physical};

	buf_printf(out, "func %s(%u)\n", f->name, f->nargs);
	for (size_t i = 0; !physical && i < f->objects.n; i++) {
		const struct ir_object *o = &f->objects.v[i];

		buf_printf(out, "  frame #%zu: %u bytes, align %u, %s\n", i, o->size, o->align,
			   o->what ? o->what : "");
	}
	vec_each(it, &f->blocks) {
		const struct ir_block *b = *it;

		buf_printf(out, "bb%u:%s\n", b->id, b->unlikely ? " (unlikely)" : "");
		vec_each(insn, &b->insns) {
			buf_puts(out, "  ");
			if (insn->dst) {
				print_reg(&p, insn->dst);
				buf_puts(out, " = ");
			}
			print_operation(&p, insn);
			buf_putc(out, '\n');
		}
		print_exit(&p, b);
	}
}

void ir_print(const struct ir_prog *prog, struct buf *out)
{
	buf_printf(out, "program %s\n", prog->name);
	vec_each(f, &prog->funcs)
		ir_print_func(*f, false, out);
}
