/*
 * regex.c - a pattern of -r, "c:^[[:alpha:]]*alloc", to what is attached, "c:*", and what
 * --probe-filter leaves of it.
 *
 * The pattern is held against a function's name from its start; --probe-filter is held against
 * the whole attach point, whose last part the name is: ":(PATTERN)[^:]*$". So that the pattern
 * stays in that part, nothing in it that stands for any character stands for a colon.
 */
#include "front/front_int.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>

/* Behind a bracket expression of a regular expression, [a-z], [^]x], [[:alpha:]_]. */
static const char *behind_set(const char *p)
{
	p += 1 + (p[1] == '^');
	p += *p == ']';
	while (*p && *p != ']') {
		const char *end = p[0] == '[' && p[1] && strchr(":.=", p[1])
				  ? strstr(p + 2, (const char[]){p[1], ']', 0}) : NULL;

		p = end ? end + 2 : p + 1;
	}
	return p + (*p == ']');
}

/* Behind a character, a set or what a backslash stands before. */
static const char *behind_atom(const char *p)
{
	return *p == '[' ? behind_set(p) : *p == '\\' && p[1] ? p + 2 : p + 1;
}

uint32_t front_regex_start(const char *text)
{
	const char *start = text, *next;

	for (const char *p = text; *p; p = next) {
		next = behind_atom(p);
		if (*p == ':')
			start = next;
	}
	return (uint32_t)(start - text);
}

/* The pattern as it is to be within the filter. */
static void put_regex(struct buf *out, const char *p)
{
	for (const char *start = p, *end; *p; p = end) {
		end = behind_atom(p);
		if (*p == '.') {
			buf_puts(out, "[^:]");
		} else if (p[0] == '[' && p[1] == '^') {
			size_t begin = p[2] == ']' ? 3 : 2;

			buf_add(out, p, begin);
			buf_putc(out, ':');
			buf_add(out, p + begin, end - p - begin);
		} else if (*p != '^' || (p > start && p[-1] != '|' && p[-1] != '(')) {
			buf_add(out, p, end - p);
		}
	}
}

enum { MOST_SIZE = 100000, MOST_DEPTH = 32 };

/* How often "+" or "{3,5}" at *p writes out what it repeats; *p moves to its last character. */
static uint64_t repetitions(const char **p)
{
	uint64_t most = 1;
	char *end;

	if (**p == '+')
		return 2;
	while (**p != '}' && (*p)[1]) {
		++*p;
		if (isdigit((unsigned char)**p)) {
			most = MAX_OF(most, MIN_OF(strtoul(*p, &end, 10), (unsigned long)MOST_SIZE));
			*p = end - 1;
		}
	}
	return most;
}

/*
 * Whether the expression stays small when it is compiled: the C library writes out what + and {}
 * repeat, so that a++++... or ((a+)+)+... would take all the memory there is.
 */
static bool is_small(const char *p)
{
	/* of each open group: all but its last part, and that */
	uint64_t sum[MOST_DEPTH] = {0}, last[MOST_DEPTH] = {0};
	unsigned depth = 0;

	for (; *p; p = behind_atom(p)) {
		if (*p == '+' || *p == '{') {
			last[depth] = MAX_OF(last[depth], (uint64_t)1) * repetitions(&p);
		} else if (*p == ')' && depth) {
			depth--;
			last[depth] = sum[depth + 1] + last[depth + 1];
		} else if (!strchr("*?|", *p)) {
			sum[depth] += last[depth];
			last[depth] = 1;
			if (*p == '(' && ++depth < MOST_DEPTH)
				sum[depth] = last[depth] = 0;
		}
		if (depth == MOST_DEPTH || sum[depth] + last[depth] > MOST_SIZE)
			return false;
	}
	return true;
}

bool front_regex(struct front *f, const struct source *s, uint32_t from)
{
	struct buf out = {0};
	regex_t re;
	int error;

	if (!is_small(s->text + from)) {
		front_wrong(f, front_span(s, from, s->len), "this expression is too large once its "
			    "repetitions are written out");
		diag_hint(f->diags, "+ and {N} of what is itself repeated multiply: * repeats without that");
		return false;
	}
	error = regcomp(&re, s->text + from, REG_EXTENDED | REG_NOSUB);
	if (error) {
		char why[128];

		regerror(error, &re, why, sizeof(why));
		front_wrong(f, front_span(s, from, s->len), "this is no regular expression: %s", why);
		diag_hint(f->diags, "an extended one, as grep -E takes it: ^vfs_(read|write)$");
		return false;
	}
	regfree(&re);
	buf_puts(&out, ":(");
	put_regex(&out, s->text + from);
	buf_puts(&out, ")[^:]*$");
	f->probe_filter = arena_strdup(f->arena, buf_str(&out));
	buf_free(&out);
	return true;
}
