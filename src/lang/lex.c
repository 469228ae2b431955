/* lex.c - see lex.h. Values of literals are in literal.c. */
#include "lang/lex.h"

#include <strings.h>

static const char *const token_names[] = {
#define TOKEN(id, name) [TOKEN_##id] = name,
#include "lang/token.def"
#undef TOKEN
};

struct fixed { /* a token with fixed text */
	uint8_t kind, len;
	const char *text;
};

static const struct fixed keywords[] = {
#define TOKEN(id, name)
#define PUNCT(id, text)
#define KEYWORD(id, text) {TOKEN_##id, sizeof(text) - 1, text},
#include "lang/token.def"
#undef KEYWORD
#undef PUNCT
#undef TOKEN
};

static const struct fixed puncts[] = {
#define TOKEN(id, name)
#define KEYWORD(id, text)
#define PUNCT(id, text) {TOKEN_##id, sizeof(text) - 1, text},
#include "lang/token.def"
#undef PUNCT
#undef KEYWORD
#undef TOKEN
};

const char *token_name(enum token_kind kind)
{
	return token_names[kind];
}

bool token_is_word(enum token_kind kind)
{
	return kind == TOKEN_NAME || (kind >= TOKEN_BREAK && kind <= TOKEN_WHILE);
}

/* ctype.h depends on the locale; the language does not. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(char c)
{
	return is_name_start(c) || is_digit(c);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == '\n';
}

/* The byte `ahead` of the next one; NUL past the end (a text with NULs never gets here). */
static char at(const struct lexer *lx, uint32_t ahead)
{
	return ahead < lx->end - lx->pos ? lx->source->text[lx->pos + ahead] : '\0';
}

void lex_init(struct lexer *lx, const struct source *source, const span_list *skip)
{
	*lx = (struct lexer){.source = source, .skip = skip, .end = source->len};
	if (source->len >= 3 && !memcmp(source->text, "\xef\xbb\xbf", 3))
		lx->pos = 3;
	if (at(lx, 0) == '#' && at(lx, 1) == '!')
		while (lx->pos < lx->end && at(lx, 0) != '\n')
			lx->pos++;
}

/* If conditional compilation leaves out what starts here, steps over it. */
static bool skip_inactive(struct lexer *lx)
{
	size_t lo = 0, hi = lx->skip ? lx->skip->n : 0;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		const struct span *s = &lx->skip->v[mid];

		if (s->off == lx->pos && s->len) {
			lx->pos = MIN_OF(s->off + s->len, lx->end);
			return true;
		}
		if (s->off < lx->pos)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* Length of the backslash and newline at pos, or 0. */
static uint32_t continuation(const struct lexer *lx)
{
	if (at(lx, 0) != '\\')
		return 0;
	if (at(lx, 1) == '\n')
		return 2;
	return at(lx, 1) == '\r' && at(lx, 2) == '\n' ? 3 : 0;
}

/* Block comment at pos: steps over it; false, staying, when it has no end. */
static bool skip_comment(struct lexer *lx, struct token *t)
{
	for (uint32_t p = lx->pos + 2; p + 1 < lx->end; p++) {
		if (lx->source->text[p] == '\n')
			t->new_line = true;
		if (lx->source->text[p] == '*' && lx->source->text[p + 1] == '/') {
			lx->pos = p + 2;
			return true;
		}
	}
	return false;
}

/* White space and comments. False when a comment does not end. */
static bool skip_blanks(struct lexer *lx, struct token *t)
{
	for (;;) {
		char c = at(lx, 0);
		uint32_t joined = continuation(lx);

		if (c == '#' && skip_inactive(lx)) {
			t->new_line = true;
		} else if (is_blank(c)) {
			t->new_line |= c == '\n';
			lx->pos++;
		} else if (joined) {
			lx->pos += joined;
		} else if (c == '/' && at(lx, 1) == '/') {
			while (lx->pos < lx->end && at(lx, 0) != '\n')
				lx->pos++;
		} else if (c == '/' && at(lx, 1) == '*') {
			if (!skip_comment(lx, t))
				return false;
		} else {
			return true;
		}
		t->blank = true;
	}
}

static uint8_t finish_word(struct lexer *lx, uint32_t start)
{
	uint32_t len;

	while (is_name(at(lx, 0)))
		lx->pos++;
	len = lx->pos - start;
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (keywords[i].len == len &&
		    !memcmp(keywords[i].text, lx->source->text + start, len))
			return keywords[i].kind;
	return TOKEN_NAME;
}

/*
 * A number and everything that hangs on it (`0x1f`, `1_000ull`, `10ms`, also `1.5` and `12ab`,
 * which lex_number refuses as a whole). After a dot only digits: `$x.0.1` is two elements.
 */
static void finish_number(struct lexer *lx)
{
	if (lx->last == TOKEN_DOT) {
		while (is_digit(at(lx, 0)))
			lx->pos++;
		return;
	}
	for (;;) {
		char c = at(lx, 0);

		if (is_name(c) || (c == '.' && is_digit(at(lx, 1))))
			lx->pos++;
		else
			break;
	}
}

/* To the closing quote; without one up to the end of the line. Backslash-newline joins lines. */
static bool finish_quoted(struct lexer *lx, char quote)
{
	lx->pos++;
	while (lx->pos < lx->end && at(lx, 0) != '\n') {
		char c = at(lx, 0);
		uint32_t joined = continuation(lx);

		lx->pos += joined ? joined : 1;
		if (c == quote)
			return true;
		if (c == '\\' && !joined && lx->pos < lx->end && at(lx, 0) != '\n')
			lx->pos++;
	}
	if (lx->source->text[lx->pos - 1] == '\r')
		lx->pos--;
	return false;
}

/* A directive's line with its continuations, without its newline. */
static void finish_directive(struct lexer *lx)
{
	while (lx->pos < lx->end && at(lx, 0) != '\n') {
		uint32_t joined = continuation(lx);

		lx->pos += joined ? joined : 1;
	}
}

static uint8_t finish_dollar(struct lexer *lx)
{
	lx->pos++;
	if (at(lx, 0) == '#') {
		lx->pos++;
		return TOKEN_PARAM;
	}
	if (is_digit(at(lx, 0))) {
		while (is_digit(at(lx, 0)))
			lx->pos++;
		return TOKEN_PARAM;
	}
	if (!is_name_start(at(lx, 0)))
		return TOKEN_BAD;
	while (is_name(at(lx, 0)))
		lx->pos++;
	return TOKEN_VAR;
}

static uint8_t finish_other(struct lexer *lx)
{
	for (size_t i = 0; i < ARRAY_SIZE(puncts); i++) {
		if (puncts[i].len <= lx->end - lx->pos &&
		    !memcmp(puncts[i].text, lx->source->text + lx->pos, puncts[i].len)) {
			lx->pos += puncts[i].len;
			return puncts[i].kind;
		}
	}
	/* one byte, or one character of UTF-8 */
	lx->pos++;
	while (lx->pos < lx->end && (at(lx, 0) & 0xc0) == 0x80)
		lx->pos++;
	return TOKEN_BAD;
}

static uint8_t finish_token(struct lexer *lx, bool line_start)
{
	char c = at(lx, 0);
	uint32_t start = lx->pos;

	if (is_name_start(c))
		return finish_word(lx, start);
	if (is_digit(c)) {
		finish_number(lx);
		return TOKEN_INT;
	}
	if (c == '"')
		return finish_quoted(lx, c) ? TOKEN_STRING : TOKEN_OPEN_STRING;
	if (c == '\'') {
		uint8_t kind = finish_quoted(lx, c) ? TOKEN_CHARACTER : TOKEN_BAD;

		if (kind == TOKEN_BAD)
			lx->pos = start + 1;
		return kind;
	}
	if (c == '$')
		return finish_dollar(lx);
	if (c == '@') {
		lx->pos++;
		while (is_name(at(lx, 0)) && (lx->pos > start + 1 || is_name_start(at(lx, 0))))
			lx->pos++;
		return TOKEN_MAP;
	}
	if (c == '#' && line_start) {
		finish_directive(lx);
		return TOKEN_DIRECTIVE;
	}
	return finish_other(lx);
}

struct token lex_next(struct lexer *lx)
{
	struct token t = {.kind = TOKEN_END, .new_line = lx->pos == 0};

	if (!skip_blanks(lx, &t)) {
		t.kind = TOKEN_OPEN_COMMENT;
		t.off = lx->pos;
		t.len = 2;
		lx->pos = lx->end;
	} else {
		t.off = lx->pos;
		if (lx->pos < lx->end)
			t.kind = finish_token(lx, t.new_line);
		t.len = lx->pos - t.off;
	}
	lx->last = t.kind;
	return t;
}

/* How far a '/' belongs to the text of an attach point, by provider. */
enum slash_use { SLASH_NEVER, SLASH_IN_PATH, SLASH_IN_PIN };

static enum slash_use slash_use(const char *provider, size_t len)
{
	static const struct {
		const char *name;
		enum slash_use use;
	} rows[] = {
		{"uprobe", SLASH_IN_PATH}, {"u", SLASH_IN_PATH}, {"uretprobe", SLASH_IN_PATH},
		{"ur", SLASH_IN_PATH}, {"usdt", SLASH_IN_PATH}, {"iter", SLASH_IN_PIN},
		{"it", SLASH_IN_PIN},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == len && !strncasecmp(rows[i].name, provider, len))
			return rows[i].use;
	return SLASH_NEVER;
}

/*
 * A '/' in the function part of a uprobe is part of a Go symbol (`net/http.Get`) when the
 * attach point goes on from it to a blank and then the predicate, the block or a comma stand;
 * else it starts a predicate (`f/pid == 1/`).
 */
static bool slash_in_symbol(const struct lexer *lx)
{
	uint32_t n = 1;
	char last = '/';

	while (at(lx, n) && !is_blank(at(lx, n)) && at(lx, n) != '{' && at(lx, n) != ',')
		last = at(lx, n++);
	if (last == '/' || !is_blank(at(lx, n)))
		return last != '/' && at(lx, n) != '{';
	while (is_blank(at(lx, n)))
		n++;
	return at(lx, n) == '{' || at(lx, n) == ',' || at(lx, n) == '/';
}

static bool slash_is_text(const struct lexer *lx, const struct token *t, unsigned colons)
{
	const char *text = lx->source->text + t->off;
	const char *colon = colons ? memchr(text, ':', lx->pos - t->off) : NULL;

	if (!colon)
		return false;
	switch (slash_use(text, colon - text)) {
	case SLASH_IN_PATH:
		return colons == 1 || slash_in_symbol(lx);
	case SLASH_IN_PIN:
		return colons >= 2;
	case SLASH_NEVER:
		break;
	}
	return false;
}

struct token lex_attach(struct lexer *lx)
{
	struct token t = {.kind = TOKEN_ATTACH};
	unsigned colons = 0;
	bool symbol = false; /* the rest up to a blank is known to be text */

	if (!skip_blanks(lx, &t))
		return lex_next(lx);
	t.off = lx->pos;
	while (lx->pos < lx->end) {
		char c = at(lx, 0);

		if (is_blank(c) || c == ',' || c == '{' || c == '}' || c == ';')
			break;
		if (c == '/' && !symbol) {
			if (!slash_is_text(lx, &t, colons))
				break;
			symbol = colons >= 2;
		}
		if (c == '"') {
			if (!finish_quoted(lx, c)) {
				t.kind = TOKEN_OPEN_STRING;
				break;
			}
			continue;
		}
		colons += c == ':';
		lx->pos++;
	}
	t.len = lx->pos - t.off;
	lx->last = t.kind;
	return t;
}
