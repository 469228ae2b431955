/*
 * usdt_args.c - see usdt_args.h. Operands:
 *
 *   x86-64   %rax %eax %ax %al %ah %r8d   $-5   -8(%rbp)   (%rax,%rcx,4)   8(,%rdx,2)
 *            name(%rip)   name+8(%rip)   name   $name
 *   arm64    x0 w1 sp xzr   5 #5   [x0]   [sp, 16]   [x0, x1]   [x0, x1, lsl 3]
 *            [x0, w1, sxtw 2]   [x0, w1, uxtw]
 *
 * A symbol's address is not known before the file is mapped; but the instruction pointer at
 * the probe is, and the distance between both never changes: name(%rip) becomes ip + distance.
 */
#include "ir/usdt_args.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORD_MAX = 256 };

struct operand_reader {
	struct arena *arena;
	const struct arch *arch;
	const struct usdt_symbols *symbols;
	struct usdt_arg *arg;
	const char *at; /* NUL-terminated: one operand */
};

static bool refuse(struct operand_reader *r, const char *why)
{
	r->arg->kind = USDT_NONE;
	r->arg->why = why;
	return false;
}

static void skip_blanks(struct operand_reader *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
}

static bool accept(struct operand_reader *r, char c)
{
	skip_blanks(r);
	if (*r->at != c)
		return false;
	r->at++;
	return true;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '$' || c == '@';
}

/* A word into `out`; false: none, or a longer one than any name we look up. */
static bool read_word(struct operand_reader *r, char out[WORD_MAX])
{
	size_t n = 0;

	skip_blanks(r);
	while (is_word(r->at[n]))
		n++;
	if (!n || n >= WORD_MAX)
		return false;
	memcpy(out, r->at, n);
	out[n] = '\0';
	r->at += n;
	return true;
}

/* An integer with its sign; numbers of the unsigned half wrap as they do in a register. */
static bool read_number(struct operand_reader *r, int64_t *out)
{
	const char *digits;
	bool negative;
	char *end;
	uint64_t v;

	skip_blanks(r);
	digits = r->at + (*r->at == '-' || *r->at == '+');
	negative = *r->at == '-';
	if (!isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	v = strtoull(digits, &end, 0);
	if (errno)
		return false;
	r->at = end;
	*out = (int64_t)(negative ? -v : v);
	return true;
}

/* ---- registers ---- */

/* The register's offset in struct pt_regs, -1: not one of those. x86: also which byte of it. */
static int x86_register(const struct arch *arch, const char *name, uint8_t *shift)
{
	char plain[8];
	size_t n = strlen(name);

	*shift = 0;
	if (n < 2 || n > 4)
		return -1;
	if (name[0] == 'r' && isdigit((unsigned char)name[1])) { /* r8 r8d r8w r8b */
		if (strchr("dwb", name[n - 1]))
			n--;
		snprintf(plain, sizeof(plain), "%.*s", (int)n, name);
	} else if ((name[0] == 'r' || name[0] == 'e') && n == 3) { /* rax eax rip */
		snprintf(plain, sizeof(plain), "%s", name + 1);
	} else if (n == 2 && name[1] == 'l' && strchr("abcd", name[0])) { /* al */
		snprintf(plain, sizeof(plain), "%cx", name[0]);
	} else if (n == 2 && name[1] == 'h' && strchr("abcd", name[0])) { /* ah */
		snprintf(plain, sizeof(plain), "%cx", name[0]);
		*shift = 8;
	} else if (n == 3 && name[2] == 'l') { /* sil dil bpl spl */
		snprintf(plain, sizeof(plain), "%.2s", name);
	} else {
		snprintf(plain, sizeof(plain), "%s", name); /* ax si */
	}
	return arch_register_offset(arch, plain);
}

static int arm64_register(const struct arch *arch, const char *name, uint8_t *bytes)
{
	char plain[8];
	size_t n = strlen(name);

	*bytes = 8;
	if (str_eq(name, "sp") || str_eq(name, "pc"))
		return arch_register_offset(arch, name);
	if (str_eq(name, "fp") || str_eq(name, "lr"))
		return arch_register_offset(arch, name[0] == 'f' ? "r29" : "r30");
	if ((name[0] != 'x' && name[0] != 'w') || n < 2 || n > 3 || !isdigit((unsigned char)name[1]))
		return -1;
	*bytes = name[0] == 'w' ? 4 : 8;
	snprintf(plain, sizeof(plain), "r%s", name + 1);
	return arch_register_offset(arch, plain);
}

static bool is_vector(const char *name)
{
	return str_starts(name, "xmm") || str_starts(name, "ymm") || str_starts(name, "zmm") ||
	       str_starts(name, "st") || str_starts(name, "mm") ||
	       (strchr("vdshqb", name[0]) && isdigit((unsigned char)name[1]));
}

static bool no_register(struct operand_reader *r, const char *name)
{
	if (is_vector(name))
		return refuse(r, "it is in a floating-point register, which probes do not see");
	return refuse(r, arena_printf(r->arena, "there is no register \"%s\"", name));
}

/* ---- symbols ---- */

/* base = ip, disp += distance from the probe to the symbol. */
static bool add_symbol(struct operand_reader *r, const char *name)
{
	uint64_t address;
	int64_t distance;

	if (!r->symbols || !r->symbols->address ||
	    !r->symbols->address(r->symbols->ctx, name, &address))
		return refuse(r, arena_printf(r->arena, "the file has no symbol \"%s\"", name));
	distance = (int64_t)(address - r->symbols->site);
	r->arg->base = r->arch->ip;
	r->arg->value = (int64_t)((uint64_t)r->arg->value + (uint64_t)distance);
	return true;
}

/* ---- x86-64 ---- */

static bool x86_inner_register(struct operand_reader *r, int16_t *out)
{
	char name[WORD_MAX];
	uint8_t shift;
	int offset;

	if (!accept(r, '%') || !read_word(r, name))
		return refuse(r, "its address is not made of registers");
	offset = x86_register(r->arch, name, &shift);
	if (offset < 0)
		return no_register(r, name);
	*out = offset;
	return true;
}

/* "(%rbp)", "(%rax,%rcx,4)", "(,%rdx,2)"; `named`: a symbol stands before it */
static bool x86_parentheses(struct operand_reader *r, bool named)
{
	int64_t scale = 1;
	int16_t base = USDT_NO_REGISTER;

	skip_blanks(r);
	if (*r->at == '%' && !x86_inner_register(r, &base))
		return false;
	if (named && base != r->arch->ip && base != USDT_NO_REGISTER)
		return refuse(r, "its address is a symbol and a register together");
	if (base != USDT_NO_REGISTER)
		r->arg->base = base;
	if (accept(r, ',')) {
		skip_blanks(r);
		if (*r->at == '%' && !x86_inner_register(r, &r->arg->index))
			return false;
		if (accept(r, ',') &&
		    (!read_number(r, &scale) || (scale != 1 && scale != 2 && scale != 4 && scale != 8)))
			return refuse(r, "its scale is none of 1, 2, 4, 8");
	}
	r->arg->scale = scale;
	return accept(r, ')') || refuse(r, "its parenthesis is not closed");
}

/* Numbers and one symbol, added: "-8", "name", "name+8", "8+name". */
static bool x86_displacement(struct operand_reader *r, bool *named)
{
	char name[WORD_MAX];
	bool any = false;
	int64_t number;

	*named = false;
	for (;; any = true) {
		skip_blanks(r);
		if (read_number(r, &number)) {
			r->arg->value = (int64_t)((uint64_t)r->arg->value + (uint64_t)number);
			continue;
		}
		if (*r->at == '(' || (!*r->at && any))
			return true;
		if (*r->at == '+' && any)
			r->at++;
		if (*named || !read_word(r, name))
			return refuse(r, "its operand is not understood");
		*named = true;
		if (!add_symbol(r, name))
			return false;
	}
}

static bool x86_operand(struct operand_reader *r)
{
	char name[WORD_MAX];
	bool named;
	int offset;

	if (accept(r, '%')) {
		if (!read_word(r, name))
			return refuse(r, "its operand is not understood");
		if (accept(r, ':'))
			return refuse(r, "it is relative to a segment, which probes do not see");
		offset = x86_register(r->arch, name, &r->arg->shift);
		if (offset < 0)
			return no_register(r, name);
		r->arg->kind = USDT_REGISTER;
		r->arg->base = offset;
		return true;
	}
	if (accept(r, '$')) {
		if (!x86_displacement(r, &named))
			return false;
		r->arg->kind = named ? USDT_ADDRESS : USDT_CONSTANT;
		return true;
	}
	r->arg->kind = USDT_MEMORY;
	if (!x86_displacement(r, &named))
		return false;
	return !accept(r, '(') || x86_parentheses(r, named);
}

/* ---- arm64 ---- */

static bool is_zero_register(const char *name)
{
	return str_eq(name, "xzr") || str_eq(name, "wzr");
}

/* What may follow an index: lsl 3, sxtw, uxtw 2, sxtx. */
static bool arm64_extend(struct operand_reader *r)
{
	char name[WORD_MAX];
	int64_t shift = 0;

	if (!read_word(r, name))
		return refuse(r, "its operand is not understood");
	if (str_eq(name, "sxtw"))
		r->arg->index_signed = true, r->arg->index_bytes = 4;
	else if (str_eq(name, "uxtw"))
		r->arg->index_bytes = 4;
	else if (!str_eq(name, "lsl") && !str_eq(name, "sxtx"))
		return refuse(r, "its operand is not understood");
	accept(r, '#');
	if (read_number(r, &shift) && (shift < 0 || shift > 4))
		return refuse(r, "its index is shifted further than an address can");
	r->arg->scale = 1u << shift;
	return true;
}

static bool arm64_memory(struct operand_reader *r)
{
	char name[WORD_MAX];
	uint8_t bytes;
	int offset;

	r->arg->kind = USDT_MEMORY;
	if (!read_word(r, name))
		return refuse(r, "its operand is not understood");
	offset = arm64_register(r->arch, name, &bytes);
	if (offset < 0)
		return no_register(r, name);
	r->arg->base = offset;
	if (accept(r, ',')) {
		accept(r, '#');
		if (read_number(r, &r->arg->value))
			return accept(r, ']') || refuse(r, "its operand is not understood");
		if (!read_word(r, name))
			return refuse(r, "its operand is not understood");
		offset = arm64_register(r->arch, name, &bytes);
		if (offset < 0 && !is_zero_register(name))
			return no_register(r, name);
		if (offset >= 0)
			r->arg->index = offset;
		r->arg->index_bytes = bytes;
		if (accept(r, ',') && !arm64_extend(r))
			return false;
	}
	return accept(r, ']') || refuse(r, "its operand is not understood");
}

static bool arm64_operand(struct operand_reader *r)
{
	char name[WORD_MAX];
	uint8_t bytes;
	int offset;

	if (accept(r, '['))
		return arm64_memory(r);
	accept(r, '#');
	r->arg->kind = USDT_CONSTANT;
	if (read_number(r, &r->arg->value))
		return true;
	if (!read_word(r, name))
		return refuse(r, "its operand is not understood");
	if (is_zero_register(name))
		return true;
	offset = arm64_register(r->arch, name, &bytes);
	if (offset >= 0) {
		r->arg->kind = USDT_REGISTER;
		r->arg->base = offset;
		return true;
	}
	if (is_vector(name) || !r->symbols)
		return no_register(r, name);
	r->arg->kind = USDT_MEMORY;
	return add_symbol(r, name);
}

/* ---- both ---- */

/* "-4", "8", "4f" */
static bool read_size(struct operand_reader *r)
{
	int64_t size = 0;

	if (!read_number(r, &size) || size == 0 || size < -8 || size > 8 ||
	    ((size < 0 ? -size : size) & ((size < 0 ? -size : size) - 1)))
		return refuse(r, "its size is none of 1, 2, 4, 8 bytes");
	r->arg->size = size < 0 ? -size : size;
	r->arg->is_signed = size < 0;
	if (*r->at == 'f') {
		r->at++;
		r->arg->is_float = true;
	}
	return *r->at++ == '@' || refuse(r, "it is not written SIZE@OPERAND");
}

static void parse_one(struct operand_reader *r)
{
	bool good;

	*r->arg = (struct usdt_arg){.base = USDT_NO_REGISTER, .index = USDT_NO_REGISTER, .scale = 1,
				    .index_bytes = 8, .size = 8};
	if (strchr(r->at, '@')) {
		good = read_size(r);
	} else { /* version 3 always has the size; without one it is a word */
		r->arg->size = 8;
		good = true;
	}
	if (!good)
		return;
	good = r->arch == &arch_x86_64 ? x86_operand(r) : arm64_operand(r);
	skip_blanks(r);
	if (good && *r->at)
		refuse(r, "its operand is not understood");
}

/* The end of the argument at `text`: a blank outside of brackets that no comma precedes. */
static const char *argument_end(const char *text)
{
	unsigned depth = 0;

	for (; *text; text++) {
		if (*text == '[' || *text == '(')
			depth++;
		else if ((*text == ']' || *text == ')') && depth)
			depth--;
		else if (*text == ' ' && !depth)
			break;
	}
	return text;
}

unsigned usdt_args_parse(struct arena *arena, const struct arch *arch, const char *text,
			 const struct usdt_symbols *symbols, const struct usdt_arg **out)
{
	struct operand_reader r = {.arena = arena, .arch = arch, .symbols = symbols};
	VEC(struct usdt_arg) args = {0};

	while (args.n < USDT_ARGS_MAX) {
		struct usdt_arg arg;
		const char *end;

		while (*text == ' ')
			text++;
		if (!*text)
			break;
		end = argument_end(text);
		r.arg = &arg;
		r.at = arena_strndup(arena, text, end - text);
		parse_one(&r);
		avec_push(arena, &args, arg);
		text = end;
	}
	*out = args.v;
	return args.n;
}

void usdt_arg_print(const struct usdt_arg *a, struct buf *out)
{
	if (a->kind == USDT_NONE) {
		buf_printf(out, "none (%s)", a->why);
		return;
	}
	buf_printf(out, "%s%u%s@", a->is_signed ? "-" : "", a->size, a->is_float ? "f" : "");
	if (a->kind == USDT_CONSTANT) {
		buf_printf(out, "%lld", (long long)a->value);
		return;
	}
	if (a->kind == USDT_REGISTER) {
		buf_printf(out, "regs+%d", a->base);
		if (a->shift)
			buf_printf(out, ">>%u", a->shift);
		return;
	}
	buf_putc(out, a->kind == USDT_MEMORY ? '[' : '&');
	if (a->base != USDT_NO_REGISTER)
		buf_printf(out, "regs+%d ", a->base);
	if (a->index != USDT_NO_REGISTER)
		buf_printf(out, "+ %sregs+%d*%u ", a->index_bytes == 8 ? "" : a->index_signed ? "s32 " : "u32 ",
			   a->index, a->scale);
	buf_printf(out, "%+lld", (long long)a->value);
	if (a->kind == USDT_MEMORY)
		buf_putc(out, ']');
}

bool usdt_arg_equal(const struct usdt_arg *a, const struct usdt_arg *b)
{
	return a->kind == b->kind && a->size == b->size && a->is_signed == b->is_signed &&
	       a->is_float == b->is_float && a->base == b->base && a->index == b->index &&
	       a->index_bytes == b->index_bytes && a->index_signed == b->index_signed &&
	       a->scale == b->scale && a->shift == b->shift && a->value == b->value;
}
