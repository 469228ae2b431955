/* literal.c - values of number and string tokens; see lex.h. */
#include "lang/lex.h"

struct cursor {
	const char *p, *end;
};

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/*
 * Digits of a base with '_' between them. False when there is none or they do not fit;
 * what follows is left in the cursor.
 */
static bool read_digits(struct cursor *c, int base, uint64_t *value, bool *overflow)
{
	const char *start = c->p;

	*value = 0;
	for (; c->p < c->end; c->p++) {
		int digit = digit_value(*c->p);

		if (*c->p == '_' && c->p > start && c->p + 1 < c->end &&
		    (c->p[1] == '_' || digit_value(c->p[1]) < base))
			continue;
		if (digit >= base)
			break;
		*overflow |= __builtin_mul_overflow(*value, (uint64_t)base, value) ||
			     __builtin_add_overflow(*value, (uint64_t)digit, value);
	}
	return c->p > start;
}

static bool read_exponent(struct cursor *c, uint64_t *value, bool *overflow)
{
	uint64_t exponent;

	c->p++;
	if (!read_digits(c, 10, &exponent, overflow))
		return false;
	for (uint64_t i = 0; i < exponent && *value && !*overflow; i++)
		*overflow |= __builtin_mul_overflow(*value, (uint64_t)10, value);
	return true;
}

/* The rest is one of u l ul lu ull llu, in any case. */
static bool is_c_suffix(const struct cursor *c)
{
	unsigned u = 0, l = 0;

	for (const char *p = c->p; p < c->end; p++) {
		if (*p == 'u' || *p == 'U')
			u++;
		else if (*p == 'l' || *p == 'L')
			l++;
		else
			return false;
	}
	return u <= 1 && l <= 2 && u + l > 0;
}

/* Nanoseconds of the time unit that the rest is, or 0. */
static uint64_t unit_ns(const struct cursor *c)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000},
		{"m", 60 * 1000000000ull}, {"h", 3600 * 1000000000ull},
		{"d", 86400 * 1000000000ull},
	};
	size_t len = c->end - c->p;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == len && !memcmp(units[i].name, c->p, len))
			return units[i].ns;
	return 0;
}

static void problem_whole(struct lex_problem *problem, const struct token *t,
			  const char *message, const char *hint)
{
	*problem = (struct lex_problem){DIAG_BAD_NUMBER, t->off, t->len, message, hint};
}

static int number_base(struct cursor *c)
{
	if (c->end - c->p >= 2 && c->p[0] == '0') {
		char second = c->p[1] | 0x20;

		if (second == 'x' || second == 'b') {
			c->p += 2;
			return second == 'x' ? 16 : 2;
		}
		if (digit_value(second) < 10 || second == ('_' | 0x20))
			return 8;
	}
	return 10;
}

static void problem_in_digits(struct lex_problem *problem, const struct token *t, int base)
{
	if (base == 8)
		problem_whole(problem, t, "not an octal number",
			      "a number that starts with 0 is octal and has the digits 0 to 7; "
			      "drop the leading 0 for a decimal one");
	else
		problem_whole(problem, t, base == 2 ? "not a binary number"
			      : base == 16 ? "not a hexadecimal number" : "not a number", NULL);
}

struct lex_int lex_number(const struct source *source, const struct token *t,
			  struct lex_problem *problem)
{
	struct cursor c = {source->text + t->off, source->text + t->off + t->len};
	struct lex_int out = {0};
	bool overflow = false;
	uint64_t ns;
	int base;

	problem->message = NULL;
	if (memchr(c.p, '.', t->len)) {
		problem_whole(problem, t, "there are no floating-point numbers",
			      "use a smaller unit, for example 1500us for 1.5 ms");
		return out;
	}
	base = number_base(&c);
	if (!read_digits(&c, base, &out.value, &overflow) ||
	    (c.p < c.end && *c.p >= '0' && *c.p <= '9')) {
		problem_in_digits(problem, t, base);
	} else if (base == 10 && c.p < c.end && (*c.p | 0x20) == 'e' &&
		   !read_exponent(&c, &out.value, &overflow)) {
		problem_whole(problem, t, "the exponent of this number is missing",
			      "scientific notation is for whole numbers, like 1e6");
	} else if (c.p < c.end && !is_c_suffix(&c)) {
		ns = base == 16 ? 0 : unit_ns(&c);
		if (!ns)
			problem_whole(problem, t, "this number has a suffix that is neither a "
				      "unit of time nor one of C's",
				      "units of time are ns, us, ms, s, m, h and d");
		out.duration = ns != 0;
		overflow |= __builtin_mul_overflow(out.value, ns, &out.value);
	}
	if (overflow && !problem->message)
		problem_whole(problem, t, "this number does not fit in 64 bits", NULL);
	if (problem->message)
		out.value = 0;
	return out;
}

bool lex_text_number(const char *text, uint64_t *value)
{
	struct source source = {.text = text, .len = strlen(text)};
	struct token token = {.len = source.len};
	struct lex_problem problem;

	if (*text < '0' || *text > '9')
		return false;
	*value = lex_number(&source, &token, &problem).value;
	return !problem.message;
}

static const char simple_escapes[] = "n\nt\tr\ra\ab\bv\vf\fe\033\\\\\"\"''?\?";

/*
 * The byte that the escape at c (after the backslash) stands for, c moved past it; -1, c at
 * the same place, when there is no such escape; -2 for a joined line.
 */
static int read_escape(struct cursor *c)
{
	const char *p = c->p;
	int value = 0, n = 0;

	if (p < c->end && (*p == '\n' || *p == '\r')) {
		c->p += *p == '\r' && p + 1 < c->end && p[1] == '\n' ? 2 : 1;
		return -2;
	}
	if (p < c->end && *p == 'x') {
		for (p++; p < c->end && n < 2 && digit_value(*p) < 16; n++)
			value = value * 16 + digit_value(*p++);
	} else {
		for (; p < c->end && n < 3 && digit_value(*p) < 8; n++)
			value = value * 8 + digit_value(*p++);
	}
	if (n) {
		if (value > 255)
			return -1;
		c->p = p;
		return value;
	}
	for (size_t i = 0; p < c->end && i + 1 < sizeof(simple_escapes); i += 2) {
		if (simple_escapes[i] == *p) {
			c->p++;
			return (unsigned char)simple_escapes[i + 1];
		}
	}
	return -1;
}

static void problem_escape(struct lex_problem *problem, const struct source *source,
			   const char *backslash, const char *end)
{
	uint32_t len = 2;

	if (end - backslash < 2)
		len = end - backslash;
	else if (backslash[1] >= '4' && backslash[1] <= '7' && end - backslash >= 4)
		len = 4;
	while (backslash + len < end && (backslash[len] & 0xc0) == 0x80)
		len++;
	*problem = (struct lex_problem){
		DIAG_BAD_ESCAPE, backslash - source->text, len,
		"there is no such escape sequence",
		"known are \\n \\t \\r \\a \\b \\v \\f \\e \\\\ \\\" \\0nn (octal, to \\377) and "
		"\\xnn; for a backslash write \\\\"};
}

struct text lex_string(struct arena *arena, const struct source *source, const struct token *t,
		       struct lex_problem *problem)
{
	bool closed = t->kind != TOKEN_OPEN_STRING;
	struct cursor c = {source->text + t->off + 1, source->text + t->off + t->len - closed};
	char *data = arena_alloc(arena, t->len + 1);
	uint32_t len = 0;

	problem->message = NULL;
	while (c.p < c.end) {
		const char *backslash = c.p;
		int byte;

		if (*c.p++ != '\\') {
			data[len++] = *backslash;
			continue;
		}
		byte = read_escape(&c);
		if (byte >= 0) {
			data[len++] = byte;
		} else if (byte == -1) {
			if (!problem->message)
				problem_escape(problem, source, backslash, c.end);
			data[len++] = '\\';
		}
	}
	return (struct text){data, len};
}
