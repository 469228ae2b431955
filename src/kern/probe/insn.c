/* insn.c - see insn.h. */
#include "kern/probe/insn.h"

/* What follows the opcode. */
enum {
	NONE, MODRM = 1, IMM8 = 2, IMMZ = 4 /* 2 or 4 bytes */, REL32 = 8, IMM16 = 16, BAD = 32,
	IMMV = 64 /* up to 8 bytes */, MOFFS = 128,
	M1 = MODRM | IMM8, MZ = MODRM | IMMZ, E16 = IMM16 | IMM8,
};

#define X4(a) a, a, a, a
#define X8(a) X4(a), X4(a)
#define ALU X4(MODRM), IMM8, IMMZ, BAD, BAD

static const uint8_t one_byte[256] = {
	ALU, X4(MODRM), IMM8, IMMZ, BAD, BAD, ALU, ALU, ALU, ALU, ALU, ALU,
	[0x40] = X8(BAD), X8(BAD), X8(NONE), X8(NONE),
	[0x60] = BAD, BAD, BAD, MODRM, X4(BAD), IMMZ, MZ, IMM8, M1, X4(NONE), X8(IMM8), X8(IMM8),
	[0x80] = M1, MZ, BAD, M1, X4(MODRM), X8(MODRM), X8(NONE), NONE, NONE, BAD, NONE, X4(NONE),
	[0xa0] = X4(MOFFS), X4(NONE), IMM8, IMMZ, NONE, NONE, X4(NONE), X8(IMM8), X8(IMMV),
	[0xc0] = M1, M1, IMM16, NONE, BAD, BAD, M1, MZ, E16, NONE, IMM16, NONE, NONE, IMM8, BAD, NONE,
	[0xd0] = X4(MODRM), BAD, BAD, BAD, NONE, X8(MODRM), X8(IMM8), REL32, REL32, BAD, IMM8, X4(NONE),
	[0xf0] = BAD, NONE, BAD, BAD, NONE, NONE, MODRM, MODRM, X4(NONE), NONE, NONE, MODRM, MODRM,
};

static const uint8_t two_bytes[256] = { /* behind 0f */
	X4(MODRM), BAD, X4(NONE), NONE, BAD, NONE, BAD, MODRM, NONE, M1, X8(MODRM), X8(MODRM),
	[0x20] = X4(MODRM), X4(BAD), X8(MODRM), X4(NONE), NONE, NONE, BAD, NONE, X8(BAD),
	[0x40] = X8(MODRM), X8(MODRM), X8(MODRM), X8(MODRM), X8(MODRM), X8(MODRM),
	[0x70] = X4(M1), MODRM, MODRM, MODRM, NONE, MODRM, MODRM, BAD, BAD, X4(MODRM),
	[0x80] = X8(REL32), X8(REL32), X8(MODRM), X8(MODRM),
	[0xa0] = NONE, NONE, NONE, MODRM, M1, MODRM, BAD, BAD, NONE, NONE, NONE, MODRM, M1, MODRM, MODRM, MODRM,
	[0xb0] = X8(MODRM), MODRM, MODRM, M1, MODRM, X4(MODRM),
	[0xc0] = MODRM, MODRM, M1, MODRM, M1, M1, M1, MODRM, X8(NONE),
	[0xd0] = X8(MODRM), X8(MODRM), X8(MODRM), X8(MODRM), X8(MODRM), X8(MODRM),
};

struct decoder {
	const unsigned char *code;
	size_t n, at;
	bool operand16, wide, vector;
};

static int next(struct decoder *d)
{
	return d->at < d->n && d->at < INSN_MAX ? d->code[d->at++] : -1;
}

/* Prefixes up to the opcode; a REX that is not the last of them counts for nothing. */
static int opcode(struct decoder *d)
{
	for (;;) {
		int c = next(d);

		if (c == 0x66)
			d->operand16 = true;
		if (c == 0x66 || c == 0x67 || c == 0xf0 || c == 0xf2 || c == 0xf3 || c == 0x2e || c == 0x36 ||
		    c == 0x3e || c == 0x26 || c == 0x64 || c == 0x65)
			d->wide = false;
		else if (c >= 0x40 && c <= 0x4f)
			d->wide = c & 8;
		else
			return c;
	}
}

/* Immediates of opcodes behind VEX and EVEX, by their map: 1 is 0f, 2 0f 38, 3 0f 3a. */
static unsigned vector_form(unsigned map, int op)
{
	if (map == 3)
		return M1;
	if (map != 1)
		return MODRM;
	if (op == 0x77)
		return NONE;
	return two_bytes[op] & IMM8 ? M1 : MODRM;
}

/* The opcode's form, read through escapes; BAD: none that is known. */
static unsigned form(struct decoder *d, int *op)
{
	int c = opcode(d), payload, map = 1;

	*op = c;
	if (c == 0xc5 || c == 0xc4 || c == 0x62) { /* VEX, EVEX: one, two, three bytes, the first with the map */
		payload = next(d);
		if (payload < 0)
			return BAD;
		if (c != 0xc5)
			map = payload & (c == 0x62 ? 7 : 31);
		d->at += c == 0xc5 ? 0 : c == 0xc4 ? 1 : 2;
		d->vector = true;
		c = next(d);
		return c < 0 || map < 1 || map > 6 || map == 4 ? BAD : vector_form(map, c);
	}
	if (c != 0x0f)
		return c < 0 ? BAD : one_byte[c];
	c = next(d);
	if (c == 0x38 || c == 0x3a)
		return next(d) < 0 ? BAD : c == 0x38 ? MODRM : M1;
	*op = c < 0 ? c : 0x100 | c;
	return c < 0 ? BAD : two_bytes[c];
}

/* ModRM, SIB and displacement. Gives the reg field, or -1. */
static int operand(struct decoder *d)
{
	int modrm = next(d), sib = 0;

	if (modrm < 0)
		return -1;
	if (modrm >> 6 == 3)
		return modrm >> 3 & 7;
	if ((modrm & 7) == 4)
		sib = next(d);
	if (sib < 0)
		return -1;
	if (modrm >> 6 == 1)
		d->at += 1;
	else if (modrm >> 6 == 2 || (modrm & 7) == 5 || ((modrm & 7) == 4 && (sib & 7) == 5))
		d->at += 4;
	return modrm >> 3 & 7;
}

unsigned insn_length_x86_64(const unsigned char *code, size_t n)
{
	struct decoder d = {.code = code, .n = n};
	unsigned f, z;
	int op, reg = 0;

	f = form(&d, &op);
	if (f & BAD)
		return 0;
	if (f & MODRM)
		reg = operand(&d);
	if (reg < 0)
		return 0;
	if (!d.vector && (op == 0xf6 || op == 0xf7) && reg < 2) /* test */
		f |= op == 0xf6 ? IMM8 : IMMZ;
	z = d.operand16 && !d.wide ? 2 : 4;
	d.at += (f & IMM8 ? 1 : 0) + (f & IMM16 ? 2 : 0) + (f & IMMZ ? z : 0) + (f & REL32 ? 4 : 0) +
		(f & IMMV ? (d.wide ? 8 : z) : 0) + (f & MOFFS ? 8 : 0);
	return d.at <= n && d.at <= INSN_MAX ? d.at : 0;
}
