/* parse.c - tokens, errors and recovery of the parser; see parse.h and parse_int.h. */
#include "lang/parse_int.h"

#include <stdlib.h>

struct token parse_peek(struct parser *p, size_t ahead)
{
	while (p->tokens.n <= p->at + ahead)
		vec_push(&p->tokens, lex_next(&p->lexer));
	return p->tokens.v[p->at + ahead];
}

struct token parse_next(struct parser *p)
{
	struct token t = parse_peek(p, 0);

	if (t.kind != TOKEN_END)
		p->at++;
	return t;
}

bool parse_accept(struct parser *p, enum token_kind kind)
{
	if (parse_kind(p) != kind)
		return false;
	parse_next(p);
	return true;
}

bool parse_expect(struct parser *p, enum token_kind kind, const char *wanted)
{
	if (parse_accept(p, kind))
		return true;
	parse_unexpected(p, wanted, NULL);
	return false;
}

void parse_rewind(struct parser *p)
{
	if (p->at < p->tokens.n) {
		p->lexer.pos = p->tokens.v[p->at].off;
		p->tokens.n = p->at;
	}
	p->lexer.last = TOKEN_END;
}

struct span parse_span(const struct parser *p, const struct token *t)
{
	return (struct span){p->source->base + t->off, t->len};
}

struct span parse_span_from(const struct parser *p, struct span from)
{
	return p->at ? span_join(from, parse_span(p, &p->tokens.v[p->at - 1])) : from;
}

const char *parse_text(struct parser *p, const struct token *t)
{
	return arena_strndup(p->arena, p->source->text + t->off, t->len);
}

bool parse_is(const struct parser *p, const struct token *t, const char *word)
{
	return t->len == strlen(word) && !memcmp(p->source->text + t->off, word, t->len);
}

const char *parse_describe(struct parser *p, const struct token *t)
{
	enum { SHOWN = 40 };

	if (t->kind == TOKEN_END)
		return "the end of the script";
	if (t->kind == TOKEN_DIRECTIVE)
		return "a preprocessor directive";
	if (t->kind == TOKEN_STRING)
		return "a string";
	return arena_printf(p->arena, "'%.*s%s'", (int)MIN_OF(t->len, (uint32_t)SHOWN),
			    p->source->text + t->off, t->len > SHOWN ? "..." : "");
}

struct node *parse_node(struct parser *p, enum node_kind kind, struct span span)
{
	return node_new(p->arena, kind, span);
}

bool parse_error(struct parser *p, struct span span, const char *hint, const char *fmt, ...)
{
	bool report = !p->panic && !p->quiet;
	va_list ap;

	p->panic = true;
	if (report) {
		struct buf message = {0};

		va_start(ap, fmt);
		buf_vprintf(&message, fmt, ap);
		va_end(ap);
		diag_add(p->diags, DIAG_SYNTAX, span, "%s", buf_str(&message));
		buf_free(&message);
		if (hint)
			diag_hint(p->diags, "%s", hint);
	}
	return report;
}

void parse_problem(struct parser *p, const struct lex_problem *problem)
{
	struct span span = {p->source->base + problem->off, problem->len};

	if (!problem->message || p->panic)
		return;
	if (p->quiet) {
		p->panic = true; /* a #define with a bad literal is no expression */
		return;
	}
	diag_add(p->diags, problem->id, span, "%s", problem->message);
	if (problem->hint)
		diag_hint(p->diags, "%s", problem->hint);
}

struct confusable {
	const char *bytes, *hint;
};

static const struct confusable confusables[] = {
	{"\xe2\x80\x9c", "this is a typographic quote; strings take plain ones: \"...\""},
	{"\xe2\x80\x9d", "this is a typographic quote; strings take plain ones: \"...\""},
	{"\xe2\x80\x98", "this is a typographic quote; strings take plain ones: \"...\""},
	{"\xe2\x80\x99", "this is a typographic quote; strings take plain ones: \"...\""},
	{"\xe2\x80\x93", "this is a dash; the minus sign is '-'"},
	{"\xe2\x80\x94", "this is a dash; the minus sign is '-'"},
	{"\xc2\xa0", "this is a no-break space; replace it by a plain one"},
	{"\xc3\x97", "the multiplication sign is '*'"},
	{"'", "strings are written in double quotes, a character as its number"},
	{"`", "a script cannot run commands in backquotes; let the shell do it"},
	{"$", "a scratch variable is '$name', a script argument '$1'"},
	{"#", "comments start with //"},
	{"\\", "a backslash joins lines only when nothing follows it"},
};

static void report_bad_character(struct parser *p, const struct token *t)
{
	const char *bytes = p->source->text + t->off;
	const char *hint = NULL;
	bool printable = true;

	for (uint32_t i = 0; i < t->len; i++)
		printable &= (unsigned char)bytes[i] >= 0x20 && (unsigned char)bytes[i] != 0x7f;
	for (size_t i = 0; i < ARRAY_SIZE(confusables) && !hint; i++)
		if (strlen(confusables[i].bytes) == t->len &&
		    !memcmp(confusables[i].bytes, bytes, t->len))
			hint = confusables[i].hint;
	if (*bytes == '\'')
		diag_add(p->diags, DIAG_BAD_CHARACTER, parse_span(p, t),
			 "a single quote does not belong into a script");
	else if (printable)
		diag_add(p->diags, DIAG_BAD_CHARACTER, parse_span(p, t),
			 "'%.*s' does not belong into a script", (int)t->len, bytes);
	else
		diag_add(p->diags, DIAG_BAD_CHARACTER, parse_span(p, t),
			 "the byte 0x%02x does not belong into a script",
			 (unsigned char)bytes[0]);
	if (hint)
		diag_hint(p->diags, "%s", hint);
}

/* If the token is one of those the lexer could not make sense of, says so. */
static bool report_bad_token(struct parser *p, const struct token *t)
{
	switch (t->kind) {
	case TOKEN_BAD:
		report_bad_character(p, t);
		return true;
	case TOKEN_OPEN_STRING:
		p->unbalanced = true;
		diag_add(p->diags, DIAG_UNTERMINATED_STRING, parse_span(p, t),
			 "this string has no closing quote");
		diag_hint(p->diags, "a string ends on its line; a line break in it is \\n");
		return true;
	case TOKEN_OPEN_COMMENT:
		p->unbalanced = true;
		diag_add(p->diags, DIAG_UNTERMINATED_COMMENT, parse_span(p, t),
			 "this comment has no end");
		diag_hint(p->diags, "add */, or put a blank between '/' and '*' if a predicate "
			  "starts here");
		return true;
	default:
		return false;
	}
}

/* Operators that are words in other languages. */
static const char *word_hint(const struct parser *p, const struct token *t)
{
	static const struct {
		const char *word, *hint;
	} rows[] = {
		{"and", "the logical AND is '&&'"}, {"or", "the logical OR is '||'"},
		{"not", "the logical NOT is '!'"}, {"in", "loops are written: for $kv : @map { ... }"},
		{"is", "equality is '=='"}, {"eq", "equality is '=='"}, {"ne", "inequality is '!='"},
		{"then", "there is no 'then'; what is guarded stands in braces"},
	};

	for (size_t i = 0; t->kind == TOKEN_NAME && i < ARRAY_SIZE(rows); i++)
		if (parse_is(p, t, rows[i].word))
			return rows[i].hint;
	return NULL;
}

void parse_unexpected(struct parser *p, const char *wanted, const char *hint)
{
	struct token t = parse_peek(p, 0);
	const char *word = word_hint(p, &t);

	if (word)
		hint = word;
	if (!p->panic && !p->quiet && report_bad_token(p, &t))
		p->panic = true;
	else
		parse_error(p, parse_span(p, &t), hint, "expected %s, found %s", wanted,
			    parse_describe(p, &t));
}

bool parse_enter(struct parser *p, struct span span)
{
	if (p->nesting < PARSE_MAX_NESTING) {
		p->nesting++;
		return true;
	}
	if (!p->too_deep && !p->panic && !p->quiet) {
		diag_add(p->diags, DIAG_TOO_DEEP, span, "this is nested more than %d levels deep",
			 PARSE_MAX_NESTING);
		p->too_deep = p->unbalanced = true;
	}
	p->panic = true;
	return false;
}

void parse_skip_statement(struct parser *p)
{
	size_t depth = 0;

	for (;;) {
		enum token_kind kind = parse_kind(p);

		if (kind == TOKEN_END || (kind == TOKEN_RBRACE && !depth))
			break;
		parse_next(p);
		if (kind == TOKEN_LBRACE)
			depth++;
		else if (kind == TOKEN_RBRACE)
			depth--;
		if (!depth && (kind == TOKEN_SEMICOLON || kind == TOKEN_RBRACE))
			break;
		if (kind == TOKEN_OPEN_STRING)
			break; /* it has swallowed the ends of whatever was open on its line */
	}
	p->panic = false;
}

/* Refuses what is no text or too much of it. */
static bool text_is_usable(struct diags *diags, const struct source *source)
{
	const char *nul = memchr(source->text, '\0', source->len);

	if (source->len > PARSE_MAX_BYTES) {
		diag_add(diags, DIAG_SCRIPT_TOO_LARGE, (struct span){source->base, 0},
			 "the script has %zu bytes; at most %d are read", source->len,
			 PARSE_MAX_BYTES);
		return false;
	}
	if (nul) {
		diag_add(diags, DIAG_BINARY_FILE,
			 (struct span){source->base + (nul - source->text), 1},
			 "this is not a text file: it holds a NUL byte");
		diag_hint(diags, "is this a script, or a program?");
		return false;
	}
	return true;
}

static void check_not_empty(struct parser *p)
{
	vec_each(it, &p->script->list)
		if ((*it)->kind != NODE_CONFIG)
			return;
	if (p->diags->errors)
		return;
	diag_add(p->diags, DIAG_EMPTY_SCRIPT, (struct span){p->source->base, 0},
		 "there is no probe in this script");
	diag_hint(p->diags, "a script looks like: tracepoint:syscalls:sys_enter_read { @[comm] = count() }");
}

static void parser_init(struct parser *p, struct arena *arena, struct diags *diags,
			const struct source *source)
{
	*p = (struct parser){.arena = arena, .diags = diags, .source = source};
	p->script = node_new(arena, NODE_SCRIPT, (struct span){source->base, source->len});
	lex_init(&p->lexer, source, &p->skip);
}

void parse_free(struct parser *p)
{
	vec_free(&p->tokens);
	vec_free(&p->skip);
	hmap_free(&p->types);
}

static bool run(struct parser *p)
{
	if (!text_is_usable(p->diags, p->source))
		return false;
	parse_conditions(p);
	parse_top_level(p);
	return true;
}

bool parse_all(struct parser *p, struct arena *arena, struct diags *diags, const struct source *source)
{
	parser_init(p, arena, diags, source);
	return run(p);
}

struct node *parse_script(struct arena *arena, struct diags *diags, const struct source *source, struct files *files)
{
	struct parser p;
	struct node *script;

	parser_init(&p, arena, diags, source);
	p.files = files;
	if (run(&p))
		check_not_empty(&p);
	script = p.script;
	parse_free(&p);
	return script;
}

struct node *parse_library(struct arena *arena, struct diags *diags, const struct source *source, struct files *files)
{
	struct parser p;

	parser_init(&p, arena, diags, source);
	p.files = files;
	run(&p);
	parse_free(&p);
	return p.script;
}

struct node *parse_header(struct arena *arena, struct diags *diags, const struct source *source)
{
	struct parser p;

	parser_init(&p, arena, diags, source);
	p.quiet = !diags;
	p.header = true;
	if (!memchr(source->text, '\0', source->len))
		parse_c_header(&p);
	parse_free(&p);
	return p.script;
}

struct node *parse_fragment(struct arena *arena, const struct source *source, struct span span)
{
	struct parser p;
	struct node *n;

	if (span.len > PARSE_MAX_BYTES || memchr(source->text + (span.off - source->base), '\0', span.len))
		return NULL;
	parser_init(&p, arena, NULL, source);
	p.quiet = true;
	p.lexer.pos = span.off - source->base;
	p.lexer.end = p.lexer.pos + span.len;
	n = parse_expression(&p);
	if (p.panic || parse_kind(&p) != TOKEN_END)
		n = NULL;
	parse_free(&p);
	return n;
}

void tokens_print(struct arena *arena, struct diags *diags, const struct source *source, struct files *files,
		  struct buf *out)
{
	struct parser p;
	struct place place;

	parser_init(&p, arena, diags, source);
	p.files = files;
	if (run(&p)) {
		check_not_empty(&p);
		vec_each(t, &p.tokens) {
			struct span span = parse_span(&p, t);

			if (t->kind == TOKEN_END)
				break;
			if (!source_place(diags->sources, span.off, &place))
				BUG("a token outside of its source");
			buf_printf(out, "%u:%u %s ", place.line, place.col, token_name(t->kind));
			buf_add(out, source->text + t->off, t->len);
			buf_putc(out, '\n');
		}
	}
	parse_free(&p);
}
