/*
 * cpp_line.c - the lines of a header: directives are carried out, the rest is expanded.
 *
 * Comments are blanked first, so that a line is a line; the lines between two directives are
 * expanded together, because a macro's arguments may go over several.
 */
#include "lang/cpp_int.h"
#include "lang/ctype.h"
#include "lang/parse.h"

#include <stdlib.h>

static struct span span_of(const struct cpp_lines *l, struct cpp_piece t)
{
	return (struct span){l->source->base + (uint32_t)(t.p - l->text), t.end - t.p};
}

PRINTF_LIKE(3, 4)
static void complain(const struct cpp_lines *l, struct cpp_piece line, const char *fmt, ...)
{
	struct buf message = {0};
	va_list ap;

	if (!l->c->diags)
		return;
	va_start(ap, fmt);
	buf_vprintf(&message, fmt, ap);
	va_end(ap);
	diag_add(l->c->diags, DIAG_SYNTAX, span_of(l, line), "%s", buf_str(&message));
	buf_free(&message);
}

void cpp_blank_comments(char *text, size_t len)
{
	char *p = text, *end = text + len;

	while (p < end) {
		if (*p == '"' || *p == '\'') {
			char quote = *p++;

			while (p < end && *p != quote && *p != '\n')
				p += *p == '\\' && p + 1 < end ? 2 : 1;
			p += p < end;
		} else if (*p == '/' && p + 1 < end && p[1] == '/') {
			while (p < end && *p != '\n')
				*p++ = ' ';
		} else if (*p == '/' && p + 1 < end && p[1] == '*') {
			char *close = memmem(p + 2, end - p - 2, "*/", 2);

			for (close = close ? close + 2 : end; p < close; p++)
				if (*p != '\n')
					*p = ' ';
		} else {
			p++;
		}
	}
}

static struct cpp_piece piece_of(struct buf *b)
{
	return (struct cpp_piece){buf_str(b), buf_str(b) + b->len};
}

/* ---- #if ---- */

/* `defined X` and `defined(X)` become 0 or 1; what else the text has is kept. */
static void resolve_defined(struct cpp *c, struct cpp_piece text, struct buf *out)
{
	enum cpp_kind kind;

	while (text.p < text.end) {
		struct cpp_piece t = cpp_token(&text, &kind), name;
		bool parenthesis = false;

		if (kind != CPP_NAME || !cpp_is(t, "defined")) {
			buf_add(out, t.p, t.end - t.p);
			continue;
		}
		text = cpp_trim(text);
		if (text.p < text.end && *text.p == '(') {
			parenthesis = true;
			text.p++;
			text = cpp_trim(text);
		}
		if (text.p >= text.end)
			return;
		name = cpp_token(&text, &kind);
		buf_puts(out, cpp_find(c, name) ? " 1 " : " 0 ");
		text = cpp_trim(text);
		if (parenthesis && text.p < text.end && *text.p == ')')
			text.p++;
	}
}

/*
 * Names that are no macros are 0; a call of one is, too: __has_include(<x.h>). The result is
 * such a call's name.
 */
static struct cpp_piece resolve_names(struct cpp_piece text, struct buf *out)
{
	struct cpp_piece called = {0};
	enum cpp_kind kind;

	while (text.p < text.end) {
		struct cpp_piece t = cpp_token(&text, &kind);

		if (kind != CPP_NAME) {
			buf_add(out, t.p, t.end - t.p);
			continue;
		}
		buf_puts(out, " 0 ");
		text = cpp_trim(text);
		if (text.p >= text.end || *text.p != '(')
			continue;
		called = t;
		for (unsigned depth = 0; text.p < text.end;) {
			char ch = *text.p++;

			depth += ch == '(';
			if (ch == ')' && --depth == 0)
				break;
		}
	}
	return called;
}

static bool evaluate(struct cpp_lines *l, struct cpp_piece text, struct cpp_piece line)
{
	struct buf plain = {0}, expanded = {0}, numbers = {0};
	struct cpp_piece called;
	struct cpp *c = l->c;
	struct ctypes none;
	struct node *n;
	int64_t value = 0;

	resolve_defined(c, text, &plain);
	cpp_expand_text(c, piece_of(&plain), NULL, &expanded);
	called = resolve_names(piece_of(&expanded), &numbers);
	struct source source = {.name = "", .text = buf_str(&numbers), .len = numbers.len, .base = 1};

	n = parse_fragment(c->arena, &source, (struct span){1, numbers.len});
	ctypes_init(&none, c->arena, NULL, NULL, NULL);
	if (l->script && called.p && c->diags) {
		complain(l, line, "'%.*s' is no macro that is known here", (int)(called.end - called.p), called.p);
		diag_hint(c->diags, "is the header that defines it included above, and on this machine?");
	} else if (!n || !ctypes_evaluate(&none, n, &value)) {
		complain(l, line, "the condition of this directive makes no sense");
	}
	ctypes_free(&none);
	buf_free(&plain);
	buf_free(&expanded);
	buf_free(&numbers);
	return value != 0;
}

static bool is_defined(struct cpp_lines *l, struct cpp_piece name, struct cpp_piece line)
{
	enum cpp_kind kind;

	if (name.p < name.end)
		return cpp_find(l->c, cpp_token(&name, &kind)) != NULL;
	complain(l, line, "a name is missing in this directive");
	return false;
}

static bool holds(struct cpp_lines *l, struct cpp_piece word, struct cpp_piece rest, struct cpp_piece line)
{
	bool value;

	rest = cpp_trim(rest);
	l->c->deciding++;
	if (cpp_is(word, "if") || cpp_is(word, "elif"))
		value = evaluate(l, rest, line);
	else
		value = is_defined(l, rest, line) == cpp_is(word, "ifdef");
	l->c->deciding--;
	return value;
}

static void open_condition(struct cpp_lines *l, struct cpp_piece word, struct cpp_piece rest, struct cpp_piece line)
{
	struct cpp_condition *top;

	if (l->depth == CPP_MAX_CONDITIONS) {
		if (!l->beyond++ && l->c->diags)
			diag_add(l->c->diags, DIAG_TOO_DEEP, span_of(l, line),
				 "conditional directives are nested more than %d levels deep", CPP_MAX_CONDITIONS);
		return;
	}
	top = &l->stack[l->depth];
	*top = (struct cpp_condition){.span = span_of(l, line), .outer = cpp_lines_active(l)};
	top->active = top->taken = top->outer && holds(l, word, rest, line);
	l->depth++;
}

static void change_branch(struct cpp_lines *l, struct cpp_piece word, struct cpp_piece rest, struct cpp_piece line)
{
	struct cpp_condition *top;

	if (l->beyond) {
		l->beyond -= cpp_is(word, "endif");
		return;
	}
	if (!l->depth) {
		complain(l, line, "there is no #if that this directive belongs to");
		return;
	}
	top = &l->stack[l->depth - 1];
	if (cpp_is(word, "endif")) {
		l->depth--;
		return;
	}
	if (top->has_else)
		complain(l, line, "this #if had its #else already");
	top->has_else |= cpp_is(word, "else");
	top->active = top->outer && !top->taken && (cpp_is(word, "else") || holds(l, word, rest, line));
	top->taken |= top->active;
}

/* ---- the other directives ---- */

static void include(struct cpp_lines *l, struct cpp_piece rest, struct cpp_piece line)
{
	struct buf expanded = {0};
	const char *close = NULL, *end;
	char quote;

	rest = cpp_trim(rest);
	if (rest.p < rest.end && *rest.p != '<' && *rest.p != '"') { /* #include MACRO */
		cpp_expand_text(l->c, rest, NULL, &expanded);
		rest = cpp_trim(piece_of(&expanded));
	}
	end = rest.end;
	quote = rest.p < end ? *rest.p : '\0';
	if (quote == '<' || quote == '"')
		close = memchr(rest.p + 1, quote == '<' ? '>' : '"', end - rest.p - 1);
	if (!close && !l->script)
		complain(l, line, "an #include needs <file> or \"file\"");
	if (close && l->c->include)
		l->c->include(l->c, arena_strndup(l->c->arena, rest.p + 1, close - rest.p - 1), quote == '<',
			      span_of(l, line));
	buf_free(&expanded);
}

/* In a script others say what is wrong with these: they have a meaning there. */
static void definition(struct cpp_lines *l, struct cpp_piece word, struct cpp_piece rest, struct cpp_piece line)
{
	if (cpp_is(word, "define")) {
		if (!cpp_define(l->c, rest.p, rest.end - rest.p, l->script) && !l->script)
			complain(l, line, "this #define is malformed");
	} else if (cpp_is(word, "undef")) {
		rest = cpp_trim(rest);
		*hmap_at(&l->c->macros, rest.p, rest.end - rest.p) = NULL;
	} else if (cpp_is(word, "include") || cpp_is(word, "include_next")) {
		include(l, rest, line);
	} else if (cpp_is(word, "error") && !l->script) {
		complain(l, line, "the header says #error here");
	}
}

bool cpp_directive(struct cpp_lines *l, struct cpp_piece line)
{
	struct cpp_piece rest = {line.p + 1, line.end}, word;
	enum cpp_kind kind;

	rest = cpp_trim(rest);
	if (rest.p >= rest.end)
		return false;
	word = cpp_token(&rest, &kind);
	if (kind != CPP_NAME)
		return false; /* # 12 "file": where a text that was preprocessed comes from */
	if (!l->c->expanded && (cpp_is(word, "if") || cpp_is(word, "ifdef") || cpp_is(word, "ifndef"))) {
		open_condition(l, word, rest, line);
		return true;
	}
	if (!l->c->expanded && (cpp_is(word, "elif") || cpp_is(word, "else") || cpp_is(word, "endif"))) {
		change_branch(l, word, rest, line);
		return true;
	}
	if (cpp_lines_active(l))
		definition(l, word, rest, line);
	return false;
}

/* ---- lines ---- */

const char *cpp_line_end(const char *p, const char *end)
{
	for (; p < end && *p != '\n'; p++) {
		if (*p == '\\' && p + 1 < end && p[1] == '\n')
			p++;
		else if (*p == '\\' && p + 2 < end && p[1] == '\r' && p[2] == '\n')
			p += 2;
	}
	return MIN_OF(p, end);
}

static bool is_directive(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p < end && *p == '#';
}

static void flush(struct cpp_lines *l, const char *from, const char *to, struct buf *out)
{
	if (from < to && l->c->expanded)
		buf_add(out, from, to - from);
	else if (from < to)
		cpp_expand_text(l->c, (struct cpp_piece){from, to}, NULL, out);
}

void cpp_lines_end(const struct cpp_lines *l)
{
	if (l->depth && !l->beyond && l->c->diags)
		diag_add(l->c->diags, DIAG_SYNTAX, l->stack[l->depth - 1].span, "this directive has no #endif");
}

void cpp_expand(struct cpp *c, const struct source *source, struct buf *out)
{
	struct cpp_lines *l = xcalloc(1, sizeof(*l));
	const char *p, *end, *chunk;

	*l = (struct cpp_lines){.c = c, .source = source, .text = xstrndup(source->text, source->len)};
	cpp_blank_comments(l->text, strlen(l->text));
	chunk = p = l->text;
	end = p + strlen(p);
	while (p < end && !c->full) {
		const char *stop = cpp_line_end(p, end), *next = MIN_OF(stop + 1, end);
		bool active = cpp_lines_active(l);

		if (is_directive(p, stop) || !active) {
			flush(l, chunk, p, out);
			if (is_directive(p, stop)) {
				struct cpp_piece line = {memchr(p, '#', stop - p), stop};

				cpp_directive(l, line);
			}
			for (; p < next; p++)
				if (*p == '\n')
					buf_putc(out, '\n');
			chunk = next;
		}
		p = next;
	}
	flush(l, chunk, end, out);
	cpp_lines_end(l);
	if (c->full && c->diags)
		diag_add(c->diags, DIAG_SCRIPT_TOO_LARGE, (struct span){source->base, 0},
			 "the macros of this header expand to more than %d bytes", CPP_MAX_OUTPUT);
	free(l->text);
	free(l);
}
