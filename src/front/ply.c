/*
 * ply.c - programs of ply, of today and of 2017, as scripts.
 *
 *   PROBE [/ PREDICATE /] { STATEMENT ... }
 *
 *   @ns[k] = quantize(x);   @ns.quantize(x)     @ns[k] = hist(x)
 *   @[comm] = count;        @[comm].count()     @[comm] = count()
 *   delete start[tid];      @start[tid] = nil   delete(@start[tid])
 *   x = 5 (2017)            $x = 5
 *
 * What ply leaves out may be left out: braces around one statement, the last semicolon.
 */
#include "front/ply_int.h"

#include <ctype.h>

static bool statement(struct ply *p, unsigned depth);

/* ---- tokens ---- */

const struct token *ply_token(const struct ply *p, size_t i)
{
	static const struct token none = {.kind = TOKEN_END};

	return i < p->tokens.n ? &p->tokens.v[i] : &none;
}

bool ply_is(const struct ply *p, size_t i, const char *text)
{
	const struct token *t = ply_token(p, i);

	return t->kind != TOKEN_END && t->len == strlen(text) && !memcmp(p->source->text + t->off, text, t->len);
}

const char *ply_text(const struct ply *p, const struct token *t)
{
	return t->kind == TOKEN_END ? "" : arena_strndup(p->f->arena, p->source->text + t->off, t->len);
}

struct span ply_span(const struct ply *p, const struct token *t)
{
	const struct token *last = p->tokens.n ? &vec_last(&p->tokens) : NULL;

	if (t->kind == TOKEN_END)
		t = last;
	return t ? front_span(p->source, t->off, t->off + t->len) : (struct span){p->source->base, 1};
}

size_t ply_behind(const struct ply *p, size_t i)
{
	int depth = 0;

	for (; i < p->tokens.n; i++) {
		depth += ply_is(p, i, "(") || ply_is(p, i, "[") || ply_is(p, i, "{");
		depth -= ply_is(p, i, ")") || ply_is(p, i, "]") || ply_is(p, i, "}");
		if (depth <= 0)
			return i + 1;
	}
	return i;
}

bool ply_wrong(struct ply *p, size_t i, const char *hint, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_add(p->f->diags, DIAG_NOT_TRANSLATED, ply_span(p, ply_token(p, i)), "%s", buf_str(&text));
	if (hint)
		diag_hint(p->f->diags, "%s", hint);
	buf_free(&text);
	return false;
}

static void read_tokens(struct ply *p, uint32_t from, uint32_t to)
{
	struct lexer lx;
	struct token t;

	p->tokens = (token_list){0};
	p->at = 0;
	lex_init(&lx, p->source, NULL);
	lx.pos = from;
	lx.end = to;
	while ((t = lex_next(&lx)).kind != TOKEN_END)
		avec_push(p->f->arena, &p->tokens, t);
}

/* ---- statements ---- */

static void indent(struct ply *p, unsigned depth)
{
	buf_pad(&p->f->body, '\t', depth);
}

/* Up to the semicolon or the end of the block. */
static size_t statement_end(const struct ply *p, size_t i)
{
	while (i < p->tokens.n && !ply_is(p, i, ";") && !ply_is(p, i, "}"))
		i = ply_is(p, i, "(") || ply_is(p, i, "[") ? ply_behind(p, i) : i + 1;
	return i;
}

/* `map` [from, to) = count(), sum(x), hist(x), by the name at token i; its arguments follow it. */
static bool put_aggregation(struct ply *p, size_t from, size_t to, size_t i, size_t end)
{
	bool hist = ply_is(p, i, "quantize"), count = ply_is(p, i, "count");
	bool call = ply_is(p, i + 1, "(");

	if (!hist && !count && !ply_is(p, i, "sum"))
		return ply_wrong(p, i, "count, sum(x), quantize(x)", "there is no aggregation %s",
				 ply_text(p, ply_token(p, i)));
	if (!count && (!call || ply_behind(p, i + 1) == i + 3))
		return ply_wrong(p, i, NULL, "%s wants a value", ply_text(p, ply_token(p, i)));
	if (i + 1 != end && (!call || ply_behind(p, i + 1) != end))
		return ply_wrong(p, i + 1, NULL, "nothing can follow an aggregation");
	if (!ply_expr(p, from, to))
		return false;
	front_put(p->f, hist ? " = hist(" : count ? " = count(" : " = sum(", ply_span(p, ply_token(p, i)));
	if (!count && !ply_expr(p, i + 2, end - 1))
		return false;
	buf_puts(&p->f->body, ");\n");
	return true;
}

static bool put_delete(struct ply *p, size_t from, size_t to)
{
	if (ply_token(p, from)->kind != TOKEN_MAP && !ply_is(p, from + 1, "["))
		return ply_wrong(p, from, "delete start[tid];", "delete takes a map's key");
	front_put(p->f, "delete(", ply_span(p, ply_token(p, from)));
	if (!ply_expr(p, from, to))
		return false;
	buf_puts(&p->f->body, ");\n");
	return true;
}

/* map = value, variable = value */
static bool put_assignment(struct ply *p, size_t from, size_t equals, size_t end)
{
	const struct token *t = ply_token(p, from);
	bool map = t->kind == TOKEN_MAP || ply_is(p, from + 1, "[");
	size_t value = equals + 1;

	if (map && ply_is(p, value, "nil") && value + 1 == end)
		return put_delete(p, from, equals);
	if (map && (ply_is(p, value, "count") || ply_is(p, value, "sum") || ply_is(p, value, "quantize")) &&
	    (value + 1 == end || (ply_is(p, value + 1, "(") && ply_behind(p, value + 1) == end)))
		return put_aggregation(p, from, equals, value, end);
	if (!map && (t->kind != TOKEN_NAME || equals != from + 1 || ply_knows(p, t)))
		return ply_wrong(p, from, NULL, "only maps and variables of one's own can be assigned to");
	if (!map)
		avec_push(p->f->arena, &p->locals, ply_text(p, t));
	if (!ply_expr(p, from, equals))
		return false;
	buf_puts(&p->f->body, " = ");
	if (!ply_expr(p, value, end))
		return false;
	buf_puts(&p->f->body, ";\n");
	return true;
}

/* What is neither a block nor begins with a word of the language. */
static bool simple(struct ply *p, unsigned depth)
{
	size_t from = p->at, end = statement_end(p, from), behind = from + 1;

	p->at = end + ply_is(p, end, ";");
	if (from == end)
		return true;
	indent(p, depth);
	if (ply_is(p, from + 1, "["))
		behind = ply_behind(p, from + 1);
	if (ply_token(p, from)->kind == TOKEN_MAP && ply_is(p, behind, ".")) /* @ns[k].quantize(x) */
		return put_aggregation(p, from, behind, behind + 1, end);
	for (size_t i = from; i < end; i++)
		if (ply_is(p, i, "="))
			return put_assignment(p, from, i, end);
	if (ply_is(p, from, "exit") && from + 1 == end) {
		front_put(p->f, "exit();\n", ply_span(p, ply_token(p, from)));
		return true;
	}
	if (!ply_expr(p, from, end))
		return false;
	buf_puts(&p->f->body, ";\n");
	return true;
}

/* { ... }, or one statement in braces of our own. */
static bool block(struct ply *p, unsigned depth)
{
	if (!ply_is(p, p->at, "{")) {
		buf_puts(&p->f->body, "{\n");
		if (!statement(p, depth + 1))
			return false;
		indent(p, depth);
		buf_puts(&p->f->body, "}");
		return true;
	}
	p->at++;
	buf_puts(&p->f->body, "{\n");
	while (p->at < p->tokens.n && !ply_is(p, p->at, "}"))
		if (!statement(p, depth + 1))
			return false;
	if (p->at >= p->tokens.n)
		return ply_wrong(p, p->at, NULL, "this block is never closed");
	p->at++;
	indent(p, depth);
	buf_puts(&p->f->body, "}");
	return true;
}

/* if (x) ... else ..., unroll (n) ... */
static bool with_condition(struct ply *p, unsigned depth, unsigned chain)
{
	enum { MOST_ELSE = 500 };
	bool is_if = ply_is(p, p->at, "if");
	size_t open = p->at + 1, close = ply_behind(p, open) - 1;

	if (!ply_is(p, open, "("))
		return ply_wrong(p, p->at, NULL, "a parenthesis belongs behind this");
	front_put(p->f, is_if ? "if (" : "unroll (", ply_span(p, ply_token(p, p->at)));
	if (!ply_expr(p, open + 1, close))
		return false;
	buf_puts(&p->f->body, ") ");
	p->at = close + 1;
	if (!block(p, depth))
		return false;
	while (is_if && ply_is(p, p->at, ";") && ply_is(p, p->at + 1, "else"))
		p->at++;
	if (is_if && ply_is(p, p->at, "else")) {
		p->at++;
		buf_puts(&p->f->body, " else ");
		if (!ply_is(p, p->at, "if"))
			return block(p, depth);
		return chain < MOST_ELSE ? with_condition(p, depth, chain + 1)
		       : ply_wrong(p, p->at, NULL, "too many conditions, one after the other");
	}
	return true;
}

static bool statement(struct ply *p, unsigned depth)
{
	enum { MOST = 32 };

	if (depth > MOST)
		return ply_wrong(p, p->at, NULL, "blocks lie too deep in each other");
	if (ply_is(p, p->at, "{") || ply_is(p, p->at, "if") || ply_is(p, p->at, "unroll")) {
		bool plain = ply_is(p, p->at, "{");

		indent(p, depth);
		if (plain)
			buf_puts(&p->f->body, "if (true) ");
		if (plain ? !block(p, depth) : !with_condition(p, depth, 0))
			return false;
		buf_putc(&p->f->body, '\n');
		p->at += ply_is(p, p->at, ";");
		return true;
	}
	if (ply_is(p, p->at, "return") || ply_is(p, p->at, "break") || ply_is(p, p->at, "continue")) {
		indent(p, depth);
		front_put(p->f, arena_printf(p->f->arena, "%s;\n", ply_text(p, ply_token(p, p->at))),
			  ply_span(p, ply_token(p, p->at)));
		p->at++;
		p->at += ply_is(p, p->at, ";");
		return true;
	}
	if (ply_is(p, p->at, "delete") && !ply_is(p, p->at + 1, "(")) {
		size_t from = p->at + 1, end = statement_end(p, from);

		p->at = end + ply_is(p, end, ";");
		indent(p, depth);
		return put_delete(p, from, end);
	}
	return simple(p, depth);
}

/* ---- probes ---- */

/* Behind blanks and comments. */
static uint32_t skip(const struct source *s, uint32_t at)
{
	for (;;) {
		const char *end;

		at = spec_skip_blanks(s, at);
		if (at + 1 >= s->len || s->text[at] != '/' || s->text[at + 1] != '*')
			return at;
		end = strstr(s->text + at + 2, "*/");
		at = end ? (uint32_t)(end + 2 - s->text) : (uint32_t)s->len;
	}
}

/* The lexer is a copy: nothing is read. */
static bool else_follows(struct lexer lx)
{
	return lex_next(&lx).kind == TOKEN_ELSE;
}

/* Behind the block that begins at `at`, or behind the one statement. */
static uint32_t body_end(struct ply *p, uint32_t at)
{
	struct lexer lx;
	struct token t;
	int depth = 0;

	lex_init(&lx, p->source, NULL);
	lx.pos = at;
	while ((t = lex_next(&lx)).kind != TOKEN_END) {
		char c = t.len == 1 ? p->source->text[t.off] : 0;

		depth += c == '{' || c == '(' || c == '[';
		depth -= c == '}' || c == ')' || c == ']';
		if (depth <= 0 && (c == '}' || c == ';') && !else_follows(lx))
			return lx.pos;
	}
	return (uint32_t)p->source->len;
}

/* Whether a probe without a body is followed by another. */
static bool is_probe(const struct source *s, uint32_t at)
{
	uint32_t end = at;

	while (end < s->len && isalpha((unsigned char)s->text[end]))
		end++;
	return at >= s->len || (end > at && end < s->len && s->text[end] == ':') ||
	       !strncmp(s->text + at, "BEGIN", 5) || !strncmp(s->text + at, "END", 3);
}

/*
 * The slash that ends a predicate: the first one behind which a block or a probe begins. Before a
 * statement without braces, the last one; `at` when there is none.
 */
static uint32_t predicate_end(const struct source *s, uint32_t at)
{
	uint32_t len = (uint32_t)s->len, last = at;

	for (uint32_t slash = at; (slash = spec_until(s, slash, len, "/{;")) < len && s->text[slash] == '/'; slash++) {
		uint32_t next = skip(s, slash + 1);

		last = slash;
		if (is_probe(s, next) || s->text[next] == '{')
			break;
	}
	return last;
}

/* Texts, comments and brackets have their ends. */
static bool all_closed(struct ply *p)
{
	const struct token *lone;

	for (size_t i = 0; i < p->tokens.n; i++)
		if (p->tokens.v[i].kind == TOKEN_OPEN_STRING || p->tokens.v[i].kind == TOKEN_OPEN_COMMENT)
			return ply_wrong(p, i, NULL, "this text or comment has no end");
	lone = front_lone_bracket(p->f, &p->tokens);
	return !lone || ply_wrong(p, lone - p->tokens.v, NULL, "this bracket has no partner");
}

static bool put_predicate(struct ply *p, uint32_t *at)
{
	const struct source *s = p->source;
	const char *condition = p->probe.condition;
	uint32_t open = *at, end;
	bool given = open < s->len && s->text[open] == '/';

	if (!given && !condition)
		return true;
	buf_printf(&p->f->body, "/ %s%s", condition ? condition : "", given && condition ? " && " : "");
	if (given) {
		end = predicate_end(s, open + 1);
		if (end <= open + 1 || s->text[end] != '/') {
			read_tokens(p, open, open + 1);
			return ply_wrong(p, 0, "/ PREDICATE / { ... }", "this predicate has no end");
		}
		read_tokens(p, open + 1, end);
		front_put(p->f, "(", front_span(s, open, end + 1)); /* a division would end it without */
		if (!all_closed(p) || !ply_expr(p, 0, p->tokens.n))
			return false;
		*at = skip(s, end + 1);
	}
	buf_puts(&p->f->body, given ? ") /\n" : " /\n");
	return true;
}

/* Behind an attach point: it ends at a blank, at the block or at the slash of its predicate. */
static uint32_t attach_end(const struct source *s, uint32_t at)
{
	unsigned slashes = !strncmp(s->text + at, "trace", 5); /* CATEGORY/EVENT */

	for (; at < s->len && !isspace((unsigned char)s->text[at]) && s->text[at] != '{'; at++)
		if (s->text[at] == '/' && !slashes--)
			break;
	return at;
}

/* One probe from *at on; *at moves behind it. */
static bool probe(struct ply *p, uint32_t *at)
{
	const struct source *s = p->source;
	uint32_t end = attach_end(s, *at), to;

	if (!ply_attach(p, *at, end))
		return false;
	front_put(p->f, p->probe.site.attach, front_span(s, *at, end));
	buf_putc(&p->f->body, '\n');
	*at = skip(s, end);
	if (!put_predicate(p, at))
		return false;
	if (is_probe(s, *at)) { /* nothing is said of what to do */
		buf_puts(&p->f->body, "{\n\tprintf(\"%s\\n\", probe);\n}\n");
		return true;
	}
	to = body_end(p, *at);
	read_tokens(p, *at, to);
	*at = skip(s, to);
	while (*at < s->len && s->text[*at] == ';')
		*at = skip(s, *at + 1);
	if (!all_closed(p) || !block(p, 0))
		return false;
	if (p->at < p->tokens.n)
		return ply_wrong(p, p->at, NULL, "this belongs to no statement");
	buf_putc(&p->f->body, '\n');
	return true;
}

/* The program with blanks where comments from # to the end of the line were. */
static const struct source *without_comments(struct front *f)
{
	const char *text = front_text(f, "PROGRAM");
	char *copy = arena_strdup(f->arena, text);
	bool quoted = false;

	for (char *c = copy, *next; *c; c = next) {
		next = c + 1;
		if (*c == '\\' && quoted && c[1]) {
			next++;
		} else if (*c == '"') {
			quoted = !quoted;
		} else if (c[0] == '/' && c[1] == '*' && !quoted) { /* # means nothing in it */
			next = strstr(c + 2, "*/");
			next = next ? next + 2 : c + strlen(c);
		} else if (*c == '#' && !quoted) {
			next = c + strcspn(c, "\n");
			memset(c, ' ', next - c);
		}
	}
	return source_add(f->diags->sources, front_text(f, "CALLED"), copy, strlen(copy));
}

bool front_ply(struct front *f)
{
	struct ply p = {.f = f, .source = without_comments(f)};
	uint32_t at = 0;

	if (!p.source) {
		diag_add(f->diags, DIAG_SCRIPT_TOO_LARGE, (struct span){0}, "the program is too large");
		return false;
	}
	at = skip(p.source, at);
	if (at >= p.source->len) {
		diag_add(f->diags, DIAG_NOT_TRANSLATED, (struct span){0}, "there is no probe in this program");
		return false;
	}
	while (at < p.source->len)
		if (!probe(&p, &at))
			return false;
	return true;
}
