/*
 * parse_cond.c - conditional compilation: a pass over the lines before anything else, that
 * finds the parts of the text to leave out. The lexer takes them for white space:
 *
 *     #ifndef BPFTRACE_HAVE_BTF      <- left out from here
 *     #include <linux/sched.h>
 *     #else                          <- to here (end of line)
 *     struct mine { int x; };
 *     #endif                         <- left out, this line
 *
 * Defined from the start: BPFTRACE_HAVE_BTF (types come from BTF, never from headers),
 * __linux__ and the architecture's macro. Headers are read for their macros alone, the machine's
 * only when a condition asks for a name that is not defined without them: what else they are good
 * for, and what is wrong with them, is for expansion.
 */
#include "lang/cpp_int.h"
#include "lang/header.h"
#include "lang/parse_int.h"

#include <stdlib.h>

enum { MAX_EXPANDED = 1 << 20 }; /* bytes that the conditions of a script are replaced by */

struct conditions {
	struct parser *p;
	struct headers headers;
	struct cpp_lines lines;
	uint32_t skip_from;  /* where what is left out began; UINT32_MAX: nothing is */
};

/* A condition asks for a name that nobody has defined so far. */
static void read_system_headers(struct cpp *cpp)
{
	headers_finish(cpp->ctx);
}

/* The directive whose '#' is at `from` and whose line ends at `to`. */
static void read_directive(struct conditions *c, uint32_t from, uint32_t to)
{
	bool was_active = cpp_lines_active(&c->lines);
	char *text = c->lines.text;

	cpp_blank_comments(text + from, to - from);
	if (!cpp_directive(&c->lines, (struct cpp_piece){text + from, text + to}))
		return;
	if (was_active)
		c->skip_from = from;
	if (cpp_lines_active(&c->lines)) {
		vec_push(&c->p->skip, ((struct span){c->skip_from, to - c->skip_from}));
		c->skip_from = UINT32_MAX;
	}
}

/*
 * A '/' followed by '*' is a comment where a token may start; elsewhere it may be part of a
 * path in an attach point (all libraries of a directory).
 */
static bool starts_comment(const struct source *s, uint32_t pos)
{
	return s->text[pos] == '/' && s->text[pos + 1] == '*' &&
	       (!pos || strchr(" \t\n\r;{}(),", s->text[pos - 1]));
}

static uint32_t line_end(const struct source *s, uint32_t pos)
{
	return cpp_line_end(s->text + pos, s->text + s->len) - s->text;
}

static void scan(struct conditions *c, uint32_t pos)
{
	const struct source *s = c->p->source;
	bool fresh = true; /* nothing but blanks on this line so far */

	while (pos < s->len) {
		char ch = s->text[pos];

		if (fresh && ch == '#') {
			uint32_t end = line_end(s, pos);

			read_directive(c, pos, end);
			pos = end;
		} else if (starts_comment(s, pos)) {
			const char *close = memmem(s->text + pos + 2, s->len - pos - 2, "*/", 2);

			if (!close)
				return;
			pos = close + 2 - s->text;
		} else if (ch == '/' && s->text[pos + 1] == '/' && fresh) {
			pos = line_end(s, pos);
		} else {
			fresh = ch == '\n' || (fresh && (ch == ' ' || ch == '\t' || ch == '\r'));
			pos++;
		}
	}
}

static bool has_condition(const struct source *s)
{
	const char *end = s->text + s->len;

	for (const char *p = s->text; (p = memchr(p, '#', end - p)) != NULL;) {
		p++;
		p += strspn(p, " \t");
		if (p[0] == 'i' && p[1] == 'f')
			return true;
	}
	return false;
}

void parse_conditions(struct parser *p)
{
	static const char have_btf[] = "BPFTRACE_HAVE_BTF";
	struct conditions *c;

	if (!has_condition(p->source))
		return;
	c = xcalloc(1, sizeof(*c));
	*c = (struct conditions){.p = p, .skip_from = UINT32_MAX};
	headers_init(&c->headers, p->arena, p->diags, p->files);
	c->headers.quiet = true;
	c->headers.cpp.limit = MAX_EXPANDED;
	c->headers.cpp.unknown = read_system_headers;
	cpp_define(&c->headers.cpp, have_btf, strlen(have_btf), false);
	c->lines = (struct cpp_lines){.c = &c->headers.cpp, .source = p->source, .script = true,
				      .text = xstrndup(p->source->text, p->source->len)};
	scan(c, p->lexer.pos);
	cpp_lines_end(&c->lines);
	if (c->skip_from != UINT32_MAX)
		vec_push(&p->skip, ((struct span){c->skip_from, p->source->len - c->skip_from}));
	headers_free(&c->headers);
	free(c->lines.text);
	free(c);
}
