/*
 * cfi_run.c - the instructions of one FDE, run: DWARF 5, 6.4.2, as far as cfi.h follows them.
 */
#include "sym/cfi_int.h"

#include <elf.h>

enum { /* DWARF 5, 7.24 (table 7.29), and those of GNU */
	CFA_ADVANCE_LOC = 0x40, CFA_OFFSET = 0x80, CFA_RESTORE = 0xc0, CFA_PRIMARY = 0xc0,
	CFA_NOP = 0x00, CFA_SET_LOC = 0x01, CFA_ADVANCE_LOC1 = 0x02, CFA_ADVANCE_LOC2 = 0x03,
	CFA_ADVANCE_LOC4 = 0x04, CFA_OFFSET_EXTENDED = 0x05, CFA_RESTORE_EXTENDED = 0x06, CFA_UNDEFINED = 0x07,
	CFA_SAME_VALUE = 0x08, CFA_REGISTER = 0x09, CFA_REMEMBER_STATE = 0x0a, CFA_RESTORE_STATE = 0x0b,
	CFA_DEF_CFA = 0x0c, CFA_DEF_CFA_REGISTER = 0x0d, CFA_DEF_CFA_OFFSET = 0x0e, CFA_DEF_CFA_EXPRESSION = 0x0f,
	CFA_EXPRESSION = 0x10, CFA_OFFSET_EXTENDED_SF = 0x11, CFA_DEF_CFA_SF = 0x12, CFA_DEF_CFA_OFFSET_SF = 0x13,
	CFA_VAL_OFFSET = 0x14, CFA_VAL_OFFSET_SF = 0x15, CFA_VAL_EXPRESSION = 0x16,
	CFA_NEGATE_RA_STATE = 0x2d, /* also GNU_window_save */
	CFA_GNU_ARGS_SIZE = 0x2e, CFA_GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,
};

enum { /* DWARF 5, 7.7.1 */
	OP_DEREF = 0x06, OP_AND = 0x1a, OP_PLUS = 0x22, OP_PLUS_UCONST = 0x23, OP_SHL = 0x24, OP_GE = 0x2a,
	OP_LIT0 = 0x30, OP_LIT31 = 0x4f, OP_BREG0 = 0x70, OP_BREG31 = 0x8f,
};

enum { STATES_MAX = 16 };

struct registers {
	uint8_t fp, sp, ra;
};

static const struct registers registers_x86_64 = {6, 7, 16};
static const struct registers registers_arm64 = {29, 31, 30};

/* ---- the state ---- */

struct runner {
	const struct cfi_cie *cie;
	const struct registers *regs;
	struct cfi_state now;
	struct cfi_state kept[STATES_MAX];
	unsigned nkept;
	uint64_t pc, end;
	bool bad;
	const struct cfi_section *section;
	struct cfi_rows *rows; /* NULL: a CIE's instructions, which have none */
};

static bool fits(int64_t v)
{
	return v >= INT32_MIN && v <= INT32_MAX;
}

static uint8_t saved_kind(const struct cfi_saved *s)
{
	switch (s->place) {
	case PLACE_CFA: return UNWIND_AT_CFA;
	case PLACE_FP: return UNWIND_AT_FP;
	case PLACE_SP: return UNWIND_AT_SP;
	default: return UNWIND_SAME;
	}
}

/* The state as a rule; false: it cannot be said in one. */
static bool state_rule(const struct runner *r, struct unwind_rule *out)
{
	const struct cfi_state *s = &r->now;
	bool x86 = r->cie->machine == EM_X86_64;

	*out = (struct unwind_rule){0};
	if (r->cie->is_signal) {
		out->cfa = UNWIND_CFA_SIGNAL;
		return true;
	}
	if (s->ra.place == PLACE_UNDEFINED) {
		out->cfa = UNWIND_CFA_END;
		return true;
	}
	if (s->other || !fits(s->offset) || !fits(s->extra) || !fits(s->fp.offset) || !fits(s->ra.offset) ||
	    s->fp.place == PLACE_OTHER)
		return false;
	out->cfa = s->cfa;
	out->cfa_offset = (int32_t)s->offset;
	out->extra = (int32_t)s->extra;
	if (s->cfa == UNWIND_CFA_SP || s->cfa == UNWIND_CFA_REGISTER) {
		if (s->reg == r->regs->sp)
			out->cfa = UNWIND_CFA_SP;
		else if (s->reg == r->regs->fp)
			out->cfa = UNWIND_CFA_FP;
		else if (s->reg < 32)
			out->cfa = UNWIND_CFA_REGISTER;
		else
			return false;
	}
	out->reg = s->cfa == UNWIND_CFA_PLT || out->cfa == UNWIND_CFA_REGISTER ? (uint8_t)s->reg : 0;
	out->fp = saved_kind(&s->fp);
	out->fp_offset = (int32_t)s->fp.offset;
	if (x86)
		return s->ra.place == PLACE_CFA && s->ra.offset == -8;
	if (s->ra.place != PLACE_SAME && s->ra.place != PLACE_CFA)
		return false;
	if (s->ra.place == PLACE_CFA && (s->cfa == UNWIND_CFA_SP_DEREF || s->cfa == UNWIND_CFA_FP_DEREF))
		return false; /* both would want `extra` */
	out->ra = saved_kind(&s->ra);
	if (out->ra != UNWIND_SAME)
		out->extra = (int32_t)s->ra.offset;
	return true;
}

static void put_row(struct runner *r)
{
	struct unwind_rule rule;

	if (r->pc >= r->end)
		return;
	if (!state_rule(r, &rule)) {
		rule = (struct unwind_rule){0};
		r->rows->counts->not_understood++;
	}
	r->rows->counts->rows++;
	r->rows->each(r->rows->ctx, r->pc, &rule);
}

/* ---- expressions ---- */

static bool is_literal(unsigned op, unsigned *value)
{
	*value = op - OP_LIT0;
	return op >= OP_LIT0 && op <= OP_LIT31;
}

/* breg7 8; breg16 0; lit15; and; litN; ge; lit3; shl; plus: what linkers write for the PLT. */
static bool is_plt(struct cursor c, unsigned *at)
{
	unsigned lit15, lit3;

	return cursor_uint(&c, 1) == OP_BREG0 + 7 && cursor_sleb(&c) == 8 &&
	       cursor_uint(&c, 1) == OP_BREG0 + 16 && cursor_sleb(&c) == 0 &&
	       is_literal((unsigned)cursor_uint(&c, 1), &lit15) && lit15 == 15 && cursor_uint(&c, 1) == OP_AND &&
	       is_literal((unsigned)cursor_uint(&c, 1), at) && cursor_uint(&c, 1) == OP_GE &&
	       is_literal((unsigned)cursor_uint(&c, 1), &lit3) && lit3 == 3 &&
	       cursor_uint(&c, 1) == OP_SHL && cursor_uint(&c, 1) == OP_PLUS && !c.bad && c.at == c.end;
}

struct simple { /* breg r, n [deref] [plus_uconst m] */
	unsigned reg;
	int64_t offset, added;
	bool deref;
};

static bool is_simple(struct cursor c, struct simple *out)
{
	unsigned op = (unsigned)cursor_uint(&c, 1);

	*out = (struct simple){0};
	if (c.bad || op < OP_BREG0 || op > OP_BREG31)
		return false;
	out->reg = op - OP_BREG0;
	out->offset = cursor_sleb(&c);
	while (!c.bad && c.at < c.end) {
		op = (unsigned)cursor_uint(&c, 1);
		if (op == OP_DEREF && !out->deref && !out->added) {
			out->deref = true;
		} else if (op == OP_PLUS_UCONST && !out->added) {
			uint64_t n = cursor_uleb(&c);
			if (n > INT32_MAX)
				return false;
			out->added = (int64_t)n;
		} else {
			return false;
		}
	}
	return !c.bad && fits(out->offset);
}

static struct cursor expression(struct cursor *c)
{
	uint64_t len = cursor_uleb(c);
	struct cursor e = *c;

	cursor_skip(c, len);
	e.end = c->at;
	e.bad = c->bad;
	return e;
}

static void cfa_expression(struct runner *r, struct cursor e)
{
	struct cfi_state *s = &r->now;
	struct simple simple;
	unsigned at;

	s->other = false;
	s->extra = 0;
	s->offset = 0;
	if (r->cie->machine == EM_X86_64 && is_plt(e, &at)) {
		s->cfa = UNWIND_CFA_PLT;
		s->reg = at;
		return;
	}
	s->other = true;
	if (!is_simple(e, &simple))
		return;
	s->reg = simple.reg;
	if (!simple.deref) {
		s->cfa = UNWIND_CFA_SP;
		s->offset = simple.offset + simple.added;
	} else if (simple.reg == r->regs->sp || simple.reg == r->regs->fp) {
		s->cfa = simple.reg == r->regs->sp ? UNWIND_CFA_SP_DEREF : UNWIND_CFA_FP_DEREF;
		s->offset = simple.offset;
		s->extra = simple.added;
	} else {
		return;
	}
	s->other = false;
}

static struct cfi_saved saved_expression(const struct runner *r, struct cursor e)
{
	struct simple simple;

	if (!is_simple(e, &simple) || simple.deref)
		return (struct cfi_saved){PLACE_OTHER, 0};
	if (simple.reg != r->regs->fp && simple.reg != r->regs->sp)
		return (struct cfi_saved){PLACE_OTHER, 0};
	return (struct cfi_saved){simple.reg == r->regs->fp ? PLACE_FP : PLACE_SP, simple.offset + simple.added};
}

/* ---- instructions ---- */

static void save(struct runner *r, uint64_t reg, struct cfi_saved saved)
{
	if (reg == r->regs->fp)
		r->now.fp = saved;
	else if (reg == r->regs->ra)
		r->now.ra = saved;
}

static void restore(struct runner *r, uint64_t reg)
{
	if (reg == r->regs->fp)
		r->now.fp = r->cie->first.fp;
	else if (reg == r->regs->ra)
		r->now.ra = r->cie->first.ra;
}

static void advance(struct runner *r, uint64_t delta)
{
	uint64_t by;

	if (!delta)
		return;
	put_row(r);
	if (__builtin_mul_overflow(delta, r->cie->code_align, &by) || by > r->end - r->pc)
		by = r->end - r->pc; /* what comes behind the end is nobody's */
	r->pc += by;
}

static int64_t scaled(const struct runner *r, int64_t n)
{
	int64_t out;

	/* Nonsense stays nonsense: too large to fit a rule. */
	return __builtin_mul_overflow(n, r->cie->data_align, &out) ? INT64_MAX : out;
}

static void define_cfa(struct runner *r, uint64_t reg, int64_t offset)
{
	r->now.other = false;
	r->now.cfa = UNWIND_CFA_SP; /* of which register is told by `reg` */
	r->now.reg = reg;
	r->now.offset = offset;
	r->now.extra = 0;
}

/* A register or offset alone says nothing of a CFA that was an expression. */
static bool has_plain_cfa(const struct runner *r)
{
	return !r->now.other && r->now.cfa == UNWIND_CFA_SP;
}

static int64_t uleb_offset(struct cursor *c)
{
	uint64_t n = cursor_uleb(c);

	return n > INT32_MAX ? INT64_MAX : (int64_t)n;
}

/* Where a register is saved. False: it is another instruction. */
static bool run_save(struct runner *r, unsigned op, struct cursor *c)
{
	struct cursor before = *c;
	uint64_t reg = cursor_uleb(c);
	struct cfi_saved saved = {PLACE_OTHER, 0};

	switch (op) {
	case CFA_OFFSET_EXTENDED: saved = (struct cfi_saved){PLACE_CFA, scaled(r, uleb_offset(c))}; break;
	case CFA_OFFSET_EXTENDED_SF: saved = (struct cfi_saved){PLACE_CFA, scaled(r, cursor_sleb(c))}; break;
	case CFA_GNU_NEGATIVE_OFFSET_EXTENDED: saved = (struct cfi_saved){PLACE_CFA, scaled(r, -uleb_offset(c))}; break;
	case CFA_UNDEFINED: saved.place = PLACE_UNDEFINED; break;
	case CFA_SAME_VALUE: saved.place = PLACE_SAME; break;
	case CFA_REGISTER:
	case CFA_VAL_OFFSET:
	case CFA_VAL_OFFSET_SF: cursor_uleb(c); break;
	case CFA_VAL_EXPRESSION: expression(c); break;
	case CFA_EXPRESSION: saved = saved_expression(r, expression(c)); break;
	case CFA_RESTORE_EXTENDED: restore(r, reg); return true;
	default:
		*c = before;
		return false;
	}
	save(r, reg, saved);
	return true;
}

/* What the CFA is. False: it is another instruction. */
static bool run_cfa(struct runner *r, unsigned op, struct cursor *c)
{
	uint64_t reg;
	int64_t offset;

	switch (op) {
	case CFA_DEF_CFA:
		reg = cursor_uleb(c);
		define_cfa(r, reg, uleb_offset(c));
		return true;
	case CFA_DEF_CFA_SF:
		reg = cursor_uleb(c);
		define_cfa(r, reg, scaled(r, cursor_sleb(c)));
		return true;
	case CFA_DEF_CFA_REGISTER:
		reg = cursor_uleb(c);
		if (has_plain_cfa(r))
			r->now.reg = reg;
		else
			r->now.other = true;
		return true;
	case CFA_DEF_CFA_OFFSET:
	case CFA_DEF_CFA_OFFSET_SF:
		offset = op == CFA_DEF_CFA_OFFSET ? uleb_offset(c) : scaled(r, cursor_sleb(c));
		if (has_plain_cfa(r))
			r->now.offset = offset;
		else
			r->now.other = true;
		return true;
	case CFA_DEF_CFA_EXPRESSION:
		cfa_expression(r, expression(c));
		return true;
	}
	return false;
}

static void set_location(struct runner *r, uint64_t to)
{
	if (to < r->pc)
		r->bad = true;
	if (to <= r->pc)
		return;
	put_row(r);
	r->pc = MIN_OF(to, r->end);
}

static void run_extended(struct runner *r, unsigned op, struct cursor *c)
{
	switch (op) {
	case CFA_NOP: return;
	case CFA_NEGATE_RA_STATE: return; /* signatures are masked away when a return address is read */
	case CFA_GNU_ARGS_SIZE: cursor_uleb(c); return;
	case CFA_SET_LOC: set_location(r, cfi_pointer(c, r->cie->encoding, r->section)); return;
	case CFA_ADVANCE_LOC1: advance(r, cursor_uint(c, 1)); return;
	case CFA_ADVANCE_LOC2: advance(r, cursor_uint(c, 2)); return;
	case CFA_ADVANCE_LOC4: advance(r, cursor_uint(c, 4)); return;
	case CFA_REMEMBER_STATE:
		if (r->nkept < STATES_MAX)
			r->kept[r->nkept++] = r->now;
		else
			r->bad = true;
		return;
	case CFA_RESTORE_STATE:
		if (r->nkept)
			r->now = r->kept[--r->nkept];
		else
			r->bad = true;
		return;
	}
	if (!run_cfa(r, op, c) && !run_save(r, op, c))
		r->bad = true;
}

static void run(struct runner *r, struct cursor c)
{
	while (c.at < c.end && !c.bad && !r->bad) {
		unsigned op = (unsigned)cursor_uint(&c, 1), low = op & ~CFA_PRIMARY & 0xff;

		switch (op & CFA_PRIMARY) {
		case CFA_ADVANCE_LOC: advance(r, low); break;
		case CFA_OFFSET: save(r, low, (struct cfi_saved){PLACE_CFA, scaled(r, uleb_offset(&c))}); break;
		case CFA_RESTORE: restore(r, low); break;
		default: run_extended(r, op, &c); break;
		}
	}
	r->bad |= c.bad;
}

static const struct registers *registers_of(const struct cfi_cie *cie)
{
	return cie->machine == EM_X86_64 ? &registers_x86_64 : &registers_arm64;
}

bool cfi_begin(struct cfi_cie *cie, struct cursor instructions, const struct cfi_section *section)
{
	/* the end is where it begins: what a CIE advances gives no rows */
	struct runner r = {.cie = cie, .regs = registers_of(cie), .section = section, .now = {.other = true}};

	run(&r, instructions);
	cie->first = r.now;
	return !r.bad;
}

void cfi_run(const struct cfi_cie *cie, struct cursor instructions, uint64_t start, uint64_t end,
	     struct cfi_rows *rows)
{
	struct runner r = {
		.cie = cie, .regs = registers_of(cie), .section = rows->section, .rows = rows, .now = cie->first,
		.pc = start, .end = end,
	};

	run(&r, instructions);
	put_row(&r);
	rows->each(rows->ctx, end, NULL);
}
