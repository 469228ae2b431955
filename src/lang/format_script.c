/*
 * format_script.c - a script's text, set again: --fmt.
 *
 * Takes the tokens the parser has read and gives them out in their order, every one of them and
 * none that was not there: only the white space between them is new, so what the script means
 * cannot change. Comments stay with their lines, single empty lines stay, C definitions and
 * preprocessor lines are given as they were written.
 *
 *     probe[,              statements two blanks deeper than what holds them
 *     probe]
 *     [/predicate/]        a statement a line
 *     {
 *       statement;         if (condition) { ... } else { ... }
 *     }
 */
#include "lang/format_script.h"

#include "lang/parse_int.h"

struct formatter {
	const struct parser *p;
	const char *text;
	size_t n, i;            /* tokens, the next one */
	struct buf *out;
	unsigned indent;        /* open braces */
	unsigned parens;        /* open ( and [ since the last brace */
	uint8_t saved[PARSE_MAX_NESTING + 8]; /* parens at each open brace */
	bool line_start;
	bool header;            /* before the brace of a probe, macro or function */
	bool predicate;
	bool tight;             /* the token before is a unary operator or closes a cast: no blank */
};

static const struct token *token_at(const struct formatter *f, size_t i)
{
	return i < f->n ? &f->p->tokens.v[i] : NULL;
}

static enum token_kind kind_at(const struct formatter *f, size_t i)
{
	return i < f->n ? f->p->tokens.v[i].kind : TOKEN_END;
}

static void new_line(struct formatter *f)
{
	if (!f->line_start)
		buf_putc(f->out, '\n');
	f->line_start = true;
}

static void put(struct formatter *f, const char *text, size_t len)
{
	if (f->line_start)
		for (unsigned i = 0; i < f->indent; i++)
			buf_puts(f->out, "  ");
	f->line_start = false;
	buf_add(f->out, text, len);
}

/* ---- comments ---- */

static void put_comment(struct formatter *f, const char *text, size_t len, bool own_line)
{
	bool block = text[1] == '*';

	if (own_line)
		new_line(f);
	else if (f->line_start && f->out->len) { /* behind the statement that ended there */
		f->out->len--;
		f->line_start = false;
	}
	if (!own_line && f->out->len)
		put(f, " ", 1);
	put(f, text, len);
	if (own_line || !block)
		new_line(f);
}

/* The length of the comment at p; 0: none. */
static size_t comment_at(const char *p, const char *end)
{
	const char *q = p;

	if (end - p < 2 || p[0] != '/' || (p[1] != '/' && p[1] != '*'))
		return 0;
	if (p[1] == '/') {
		while (q < end && *q != '\n')
			q++;
		return q - p;
	}
	for (q = p + 2; q + 1 < end; q++)
		if (q[0] == '*' && q[1] == '/')
			return q + 2 - p;
	return end - p;
}

/* What stands between two tokens: comments, and at most one empty line. */
static void put_gap(struct formatter *f, size_t from, size_t to)
{
	const char *p = f->text + from, *end = f->text + to;
	bool started = f->i == 0; /* nothing but a shebang line before */
	unsigned lines = started;

	while (p < end) {
		size_t len = comment_at(p, end);

		if (len) {
			if (lines > 1 && f->line_start && !started)
				buf_putc(f->out, '\n');
			put_comment(f, p, len, lines > 0);
			p += len;
			lines = 0;
			started = false;
			continue;
		}
		lines += *p == '\n';
		p++;
	}
	if (lines > 1 && f->line_start && !started && kind_at(f, f->i) != TOKEN_RBRACE && f->i < f->n)
		buf_putc(f->out, '\n');
}

/* ---- blanks ---- */

static bool ends_operand(enum token_kind k)
{
	switch (k) {
	case TOKEN_NAME: case TOKEN_VAR: case TOKEN_MAP: case TOKEN_PARAM: case TOKEN_INT: case TOKEN_STRING:
	case TOKEN_TRUE: case TOKEN_FALSE: case TOKEN_RPAREN: case TOKEN_RBRACKET: case TOKEN_RBRACE:
	case TOKEN_INC: case TOKEN_DEC:
		return true;
	default:
		return false;
	}
}

static bool is_word(enum token_kind k)
{
	return token_is_word(k) || k == TOKEN_VAR || k == TOKEN_MAP || k == TOKEN_PARAM || k == TOKEN_INT ||
	       k == TOKEN_STRING;
}

static bool takes_call(enum token_kind k)
{
	return k == TOKEN_NAME || k == TOKEN_MAP || k == TOKEN_RBRACKET || k == TOKEN_SIZEOF || k == TOKEN_OFFSETOF ||
	       k == TOKEN_TYPEOF || k == TOKEN_TYPEINFO || k == TOKEN_LPAREN || k == TOKEN_LBRACKET;
}

/* A star that belongs to a type: before the end of it, not before a value. */
static bool type_star(const struct formatter *f)
{
	size_t i = f->i;
	enum token_kind k;

	while (kind_at(f, i) == TOKEN_STAR)
		i++;
	k = kind_at(f, i);
	return k == TOKEN_RPAREN || k == TOKEN_COMMA || k == TOKEN_RBRACKET || k == TOKEN_ASSIGN ||
	       k == TOKEN_SEMICOLON || k == TOKEN_LBRACE;
}

static bool is_unary(enum token_kind before, enum token_kind k)
{
	switch (k) {
	case TOKEN_BANG: case TOKEN_TILDE:
		return true;
	case TOKEN_MINUS: case TOKEN_STAR: case TOKEN_AMP: case TOKEN_PLUS: case TOKEN_INC: case TOKEN_DEC:
		return !ends_operand(before);
	default:
		return false;
	}
}

/* Two that would be read as one: - -1, & &x, * = . */
static bool would_join(enum token_kind before, enum token_kind k)
{
	return (before == TOKEN_MINUS && (k == TOKEN_MINUS || k == TOKEN_DEC)) ||
	       (before == TOKEN_PLUS && (k == TOKEN_PLUS || k == TOKEN_INC)) ||
	       (before == TOKEN_AMP && k == TOKEN_AMP) ||
	       (before == TOKEN_STAR && k == TOKEN_ASSIGN) || (before == TOKEN_BANG && k == TOKEN_ASSIGN);
}

/* Whether a blank stands between the token before and the one at f->i, on one line. */
static bool wants_blank(const struct formatter *f, enum token_kind before, enum token_kind k)
{
	if (would_join(before, k))
		return true;
	if (f->tight)
		return false;
	switch (k) {
	case TOKEN_SEMICOLON: case TOKEN_COMMA: case TOKEN_RPAREN: case TOKEN_RBRACKET: case TOKEN_LBRACKET:
	case TOKEN_DOT: case TOKEN_ARROW: case TOKEN_DOT_DOT:
		return false;
	case TOKEN_LPAREN:
		return !takes_call(before) && before != TOKEN_RPAREN && before != TOKEN_DOT_DOT &&
		       before != TOKEN_SLASH;
	case TOKEN_INC: case TOKEN_DEC:
		return !ends_operand(before) && before != TOKEN_LPAREN && before != TOKEN_LBRACKET;
	case TOKEN_STAR:
		if (ends_operand(before) && type_star(f))
			return false;
		break;
	case TOKEN_ASSIGN:
		return !f->parens;
	case TOKEN_COLON:
		return before != TOKEN_QUESTION;
	default:
		break;
	}
	switch (before) {
	case TOKEN_LPAREN: case TOKEN_LBRACKET: case TOKEN_DOT: case TOKEN_ARROW: case TOKEN_DOT_DOT: return false;
	case TOKEN_ASSIGN: return !f->parens;
	default: return true;
	}
}

/* ---- tokens ---- */

/* `)` that closes the type of a cast: what follows is an operand. */
static bool closes_cast(const struct formatter *f)
{
	enum token_kind next = kind_at(f, f->i + 1);

	return !f->header && (is_word(next) || next == TOKEN_BANG || next == TOKEN_TILDE);
}

static void open_brace(struct formatter *f)
{
	bool own_line = f->header && !f->indent;
	const struct token *t = token_at(f, f->i), *next = token_at(f, f->i + 1);
	bool empty = next && next->kind == TOKEN_RBRACE && !memchr(f->text + t->off, '/', next->off - t->off);

	if (own_line)
		new_line(f);
	else if (!f->line_start)
		put(f, " ", 1);
	put(f, "{", 1);
	f->saved[MIN_OF(f->indent, (unsigned)sizeof(f->saved) - 1)] = (uint8_t)f->parens;
	f->indent++;
	f->parens = 0;
	f->header = false;
	if (!empty)
		new_line(f);
}

static void close_brace(struct formatter *f)
{
	enum token_kind next = kind_at(f, f->i + 1);

	if (kind_at(f, f->i - 1) != TOKEN_LBRACE || f->line_start)
		new_line(f);
	f->indent -= f->indent > 0;
	f->parens = f->saved[MIN_OF(f->indent, (unsigned)sizeof(f->saved) - 1)];
	put(f, "}", 1);
	if (next == TOKEN_ELSE)
		put(f, " ", 1);
	else if (next != TOKEN_SEMICOLON && !f->parens)
		new_line(f);
	f->tight = true;
}

/* A struct, union, enum, typedef or preprocessor line, as it was written. */
static void put_verbatim(struct formatter *f)
{
	size_t first = f->i, depth = 0;
	const struct token *from = token_at(f, first), *t;

	for (;; f->i++) {
		enum token_kind k = kind_at(f, f->i), next = kind_at(f, f->i + 1);

		depth += k == TOKEN_LBRACE;
		depth -= k == TOKEN_RBRACE && depth;
		if (k == TOKEN_DIRECTIVE || next == TOKEN_END || (!depth && k == TOKEN_SEMICOLON) ||
		    (!depth && k == TOKEN_RBRACE && next != TOKEN_SEMICOLON && next != TOKEN_NAME &&
		     next != TOKEN_STAR))
			break;
	}
	t = token_at(f, f->i);
	new_line(f);
	put(f, f->text + from->off, t->off + t->len - from->off);
	new_line(f);
}

static bool starts_c(const struct formatter *f, enum token_kind k)
{
	if (f->indent || f->parens || f->header || !f->line_start)
		return false;
	return k == TOKEN_DIRECTIVE || k == TOKEN_STRUCT || k == TOKEN_UNION || k == TOKEN_ENUM || k == TOKEN_TYPEDEF;
}

/* An attach point, and the slashes around a predicate: a line each. True: it was one. */
static bool put_header(struct formatter *f, enum token_kind before, enum token_kind k)
{
	const struct token *t = token_at(f, f->i);

	if (f->indent || f->parens)
		return false;
	if (k == TOKEN_ATTACH) {
		if (before != TOKEN_ASSIGN)
			new_line(f);
		put(f, f->text + t->off, t->len);
		f->header = true;
		return true;
	}
	if (k == TOKEN_SLASH && f->header && (before == TOKEN_ATTACH || (f->predicate &&
	    kind_at(f, f->i + 1) == TOKEN_LBRACE))) {
		if (!f->predicate)
			new_line(f);
		put(f, "/", 1);
		/* not against a '*': that would begin a comment */
		f->tight = !f->predicate && f->text[token_at(f, f->i + 1)->off] != '*';
		f->predicate = !f->predicate;
		return true;
	}
	f->header |= k == TOKEN_MACRO || k == TOKEN_FN;
	return false;
}

static void put_token(struct formatter *f)
{
	const struct token *t = token_at(f, f->i);
	enum token_kind before = f->i ? kind_at(f, f->i - 1) : TOKEN_END, k = t->kind;
	bool named = k == TOKEN_ASSIGN && kind_at(f, f->i + 1) == TOKEN_ATTACH; /* name=probe */

	if (starts_c(f, k)) {
		put_verbatim(f);
		return;
	}
	if (put_header(f, before, k))
		return;
	if (k == TOKEN_LBRACE) {
		open_brace(f);
		f->tight = false;
		return;
	}
	if (k == TOKEN_RBRACE) {
		close_brace(f);
		return;
	}
	if (!f->line_start && (before == TOKEN_ELSE || (!named && k != TOKEN_ELSE && wants_blank(f, before, k))))
		put(f, " ", 1);
	put(f, f->text + t->off, t->len);
	f->tight = is_unary(before, k) || (k == TOKEN_RPAREN && closes_cast(f));
	f->parens += k == TOKEN_LPAREN || k == TOKEN_LBRACKET;
	f->parens -= (k == TOKEN_RPAREN || k == TOKEN_RBRACKET) && f->parens;
	if (k == TOKEN_SEMICOLON && !f->parens)
		new_line(f);
	else if (k == TOKEN_SEMICOLON)
		put(f, " ", 1);
}

bool script_format(struct arena *arena, struct diags *diags, const struct source *source, struct buf *out)
{
	struct parser p;
	struct formatter f = {.p = &p, .text = source->text, .out = out, .line_start = true};
	size_t from = 0;
	bool good = parse_all(&p, arena, diags, source) && !diags->errors;

	if (good && p.skip.n) {
		diag_add(diags, DIAG_NOT_SUPPORTED, (struct span){source->base + p.skip.v[0].off, p.skip.v[0].len},
			 "a script with parts that #if leaves out cannot be formatted");
		good = false;
	}
	while (good && f.n < p.tokens.n && p.tokens.v[f.n].kind != TOKEN_END)
		f.n++;
	if (good && str_starts(source->text, "#!")) {
		from = strcspn(source->text, "\n");
		put(&f, source->text, from);
		new_line(&f);
		from += source->text[from] == '\n';
	}
	for (; good && f.i < f.n; f.i++) {
		put_gap(&f, from, p.tokens.v[f.i].off);
		put_token(&f);
		from = p.tokens.v[f.i].off + p.tokens.v[f.i].len;
	}
	if (good) {
		put_gap(&f, from, source->len);
		new_line(&f);
	}
	parse_free(&p);
	return good;
}
