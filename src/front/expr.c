/*
 * expr.c - an expression of a specifier, in the language. Both are C's for the most part; what
 * differs are the names of things:
 *
 *   arg1            arg0; of a system call args.fd, by the name its tracepoint has for it
 *   copied          ((int)arg1), as the signature in the specifier has it
 *   args->nr_sector args.nr_sector, of tracepoints
 *   retval, $retval retval; of a system call args.ret
 *   $latency        (nsecs - @start0[tid, $depth])    $entry(x)   @entry0_0[tid, $depth]
 *   $pid $tgid $PID tid, pid, pid                $uid $gid $cpu $task $comm $COMM ...
 *   STRCMP("a", x)  (str(x) == "a")              x@user      uptr(x)
 *   'a'             97
 *
 * What comes out is one expression, whatever comes in: brackets have partners, and nothing is let
 * through that ends a statement, a block or a comment.
 */
#include "front/front_int.h"

#include <ctype.h>

struct walk {
	struct front *f;
	struct expr *e;
	const struct source *source;
	token_list tokens;
	size_t at;
};

static const struct token *token(const struct walk *w, size_t i)
{
	static const struct token none = {.kind = TOKEN_END};

	return i < w->tokens.n ? &w->tokens.v[i] : &none;
}

static bool is_text(const struct walk *w, const struct token *t, const char *text)
{
	return t->kind != TOKEN_END && t->len == strlen(text) && !memcmp(w->source->text + t->off, text, t->len);
}

static const char *text_of(const struct walk *w, const struct token *t)
{
	return arena_strndup(w->f->arena, w->source->text + t->off, t->len);
}

static struct span span_of(const struct walk *w, const struct token *t)
{
	return front_span(w->source, t->off, t->off + t->len);
}

static void put(struct walk *w, const char *text)
{
	front_put(w->f, text, span_of(w, token(w, w->at)));
}

static bool wrong(struct walk *w, const char *message, const char *hint)
{
	front_wrong(w->f, span_of(w, token(w, w->at)), "%s", message);
	if (hint)
		diag_hint(w->f->diags, "%s", hint);
	return false;
}

/* The bracket that closes the one at token `open`: there is one. */
static size_t closing(const struct walk *w, size_t open)
{
	int depth = 0;

	for (size_t i = open; i < w->tokens.n; i++) {
		enum token_kind kind = w->tokens.v[i].kind;

		depth += kind == TOKEN_LPAREN || kind == TOKEN_LBRACKET;
		depth -= kind == TOKEN_RPAREN || kind == TOKEN_RBRACKET;
		if (!depth)
			return i;
	}
	BUG("brackets that were checked");
}

/* ---- arguments ---- */

/* The argument by its number from 0, as text; NULL with a diagnostic. */
static const char *argument(struct walk *w, unsigned number)
{
	const struct site *p = w->e->site;
	bool gone = p->at_return, none = p->spec->kind == SPEC_TRACEPOINT;
	const char *text = gone || none ? NULL : site_argument(w->f, p, number);

	if (gone)
		wrong(w, "a function's arguments are gone when it returns",
		      w->e->entries ? "$entry(NAME) is what an argument was when the function was called"
				    : "p:... traces the call; retval is what is returned");
	else if (none)
		wrong(w, "a tracepoint has no numbered arguments",
		      "args->FIELD; sonde -lv lists a tracepoint's fields");
	else if (!text)
		wrong(w, arena_printf(w->f->arena, "%s has no argument %u", p->attach, number + 1),
		      p->args ? NULL : "these are several system calls, and each names its arguments otherwise");
	return text;
}

/* arg1 ... arg99 */
static bool is_numbered(const struct walk *w, const struct token *t, unsigned *number)
{
	const char *p = w->source->text + t->off;
	unsigned n = 0;

	if (t->len < 4 || t->len > 5 || memcmp(p, "arg", 3) || p[3] == '0')
		return false;
	for (uint32_t i = 3; i < t->len; i++) {
		if (!isdigit((unsigned char)p[i]))
			return false;
		n = n * 10 + (p[i] - '0');
	}
	*number = n - 1;
	return true;
}

static bool put_numbered(struct walk *w, unsigned number)
{
	const char *text = argument(w, number);
	bool user = is_text(w, token(w, w->at + 1), "@user");

	if (!text)
		return false;
	w->e->raw |= !w->e->site->syscall && w->e->site->spec->kind != SPEC_USDT;
	put(w, user ? arena_printf(w->f->arena, "uptr(%s)", text) : text);
	w->at += user;
	return true;
}

static const struct spec_param *param_named(const struct walk *w, const struct token *t, unsigned *number)
{
	const struct spec *spec = w->e->site->spec;

	for (size_t i = 0; i < spec->params.n; i++)
		if (spec->params.v[i].name && is_text(w, t, spec->params.v[i].name)) {
			*number = i;
			return &spec->params.v[i];
		}
	return NULL;
}

/*
 * The type a parameter is cast to. What it points at matters only where it is looked into:
 * FILE * of a library is no type of the kernel's.
 */
static const char *cast_type(struct walk *w, const char *type)
{
	size_t len = strlen(type);
	const struct token *next = token(w, w->at + 1), *before = w->at ? token(w, w->at - 1) : NULL;
	bool looked_into = next->kind == TOKEN_ARROW || next->kind == TOKEN_DOT || is_text(w, next, "[") ||
			   (before && before->kind == TOKEN_STAR);

	if (!len || type[len - 1] != '*' || looked_into || strstr(type, "char"))
		return type;
	return "void *";
}

static bool put_param(struct walk *w, const struct spec_param *param, unsigned number)
{
	const char *text;

	if (!spec_is_type(param->type))
		return wrong(w, arena_printf(w->f->arena, "%s is of no type that a value can have: %s", param->name,
					     param->type), "words and stars: int, size_t, const char *, struct sock *");
	text = argument(w, number);
	if (!text)
		return false;
	put(w, arena_printf(w->f->arena, "((%s)%s)", cast_type(w, param->type), text));
	return true;
}

/* ---- names with a dollar ---- */

static bool put_entry(struct walk *w)
{
	struct span inside;
	size_t open = w->at + 1, close;
	uint32_t from, k = 0;

	if (!w->e->entries || !w->e->site->at_return)
		return wrong(w, "$entry(...) is of argdist's return probes",
			     "r:LIBRARY:FUNCTION(...):TYPE:$entry(NAME)");
	if (!is_text(w, token(w, open), "(") || (close = closing(w, open)) == open + 1)
		return wrong(w, "$entry wants a parameter in parentheses", "$entry(size)");
	from = token(w, open)->off + 1;
	inside = front_span(w->source, from, token(w, close)->off);
	for (; k < w->e->entries->n; k++) {
		struct span known = w->e->entries->v[k];

		if (known.len == inside.len && !memcmp(w->source->text + known.off - w->source->base,
						       w->source->text + from, known.len))
			break;
	}
	if (k == w->e->entries->n)
		avec_push(w->f->arena, w->e->entries, inside);
	put(w, arena_printf(w->f->arena, "@entry%u_%u[tid, $depth]", w->e->number, k));
	w->at = close;
	return true;
}

static bool put_retval(struct walk *w)
{
	const struct site *p = w->e->site;

	if (p->spec->kind > SPEC_RETURN || !p->at_return)
		return wrong(w, "there is no return value yet", "r:... traces the return");
	w->e->raw |= !p->syscall;
	put(w, p->syscall ? "args.ret" : "retval");
	return true;
}

static bool put_latency(struct walk *w)
{
	if (!w->e->entries || !w->e->site->at_return)
		return wrong(w, "$latency is of argdist's return probes", "r:LIBRARY:FUNCTION():u64:$latency");
	w->e->uses_latency = true;
	put(w, arena_printf(w->f->arena, "(nsecs - @start%u[tid, $depth])", w->e->number));
	return true;
}

static bool put_dollar(struct walk *w)
{
	static const struct { const char *name, *here; } names[] = {
		{"$pid", "tid"}, {"$tgid", "pid"}, {"$PID", "pid"}, {"$uid", "uid"}, {"$gid", "gid"},
		{"$cpu", "cpu"}, {"$task", "curtask"}, {"$comm", "comm"}, {"$COMM", "comm"}, {"$ts", "nsecs"},
	};
	const struct token *t = token(w, w->at);

	if (is_text(w, t, "$entry"))
		return put_entry(w);
	if (is_text(w, t, "$retval"))
		return put_retval(w);
	if (is_text(w, t, "$latency"))
		return put_latency(w);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (is_text(w, t, names[i].name)) {
			put(w, names[i].here);
			return true;
		}
	return wrong(w, arena_printf(w->f->arena, "there is no %s", text_of(w, t)),
		     "there are $pid $tgid $uid $gid $cpu $task $comm $retval $latency $entry(NAME)");
}

/* ---- fields and comparisons of strings ---- */

/* args->FIELD */
static bool put_field(struct walk *w)
{
	const struct site *p = w->e->site;
	const struct token *field = token(w, w->at + 2);
	const char *name = text_of(w, field), *hint;

	if (p->spec->kind != SPEC_TRACEPOINT && !p->syscall)
		return wrong(w, "args-> is of tracepoints", "a function's arguments are arg1, arg2, ... or the names "
			     "of its signature: open(const char *path, int flags)");
	if (!token_is_word(field->kind))
		return wrong(w, "a field's name belongs behind this", "args->nr_sector");
	w->at += 2;
	if (!site_has_field(w->f, p, name, &hint))
		return wrong(w, arena_printf(w->f->arena, "%s has no field %s", p->attach, name), hint);
	front_put(w->f, arena_printf(w->f->arena, "args.%s", name), span_of(w, field));
	return true;
}

/* STRCMP("text", x) */
static bool put_strcmp(struct walk *w)
{
	size_t open = w->at + 1, close = closing(w, open), comma = open + 1, literal;
	uint32_t from, to;

	while (comma < close && token(w, comma)->kind != TOKEN_COMMA)
		comma = is_text(w, token(w, comma), "(") || is_text(w, token(w, comma), "[") ? closing(w, comma) + 1
										      : comma + 1;
	literal = comma == open + 2 && token(w, open + 1)->kind == TOKEN_STRING ? open + 1 : comma + 1;
	if (comma >= close || token(w, literal)->kind != TOKEN_STRING || (literal > comma && close != comma + 2))
		return wrong(w, "STRCMP compares a text with a string", "STRCMP(\"/etc/passwd\", arg1)");
	from = token(w, literal < comma ? comma : open)->off + 1;
	to = token(w, literal < comma ? close : comma)->off;
	put(w, "(");
	if (!expr_put_string(w->f, w->e, from, to))
		return false;
	put(w, arena_printf(w->f->arena, " == %s)", text_of(w, token(w, literal))));
	w->at = close;
	return true;
}

/* ---- tokens ---- */

static bool put_name(struct walk *w)
{
	const struct token *t = token(w, w->at), *next = token(w, w->at + 1);
	const struct token *before = w->at ? token(w, w->at - 1) : NULL;
	const struct spec_param *param;
	unsigned number = 0;

	if (before && (before->kind == TOKEN_ARROW || before->kind == TOKEN_DOT || before->kind == TOKEN_STRUCT ||
		       before->kind == TOKEN_UNION || before->kind == TOKEN_ENUM)) {
		put(w, text_of(w, t));
		return true;
	}
	param = param_named(w, t, &number);
	if (param)
		return put_param(w, param, number);
	if (is_numbered(w, t, &number))
		return put_numbered(w, number);
	if (is_text(w, t, "args") && (next->kind == TOKEN_ARROW || next->kind == TOKEN_DOT))
		return put_field(w);
	if (is_text(w, t, "retval"))
		return put_retval(w);
	if (is_text(w, t, "STRCMP") && is_text(w, next, "("))
		return put_strcmp(w);
	put(w, is_text(w, t, "NULL") ? "0" : text_of(w, t));
	return true;
}

/* 'a' is its number: the language has no characters. */
static bool put_character(struct walk *w)
{
	struct lex_problem problem = {0};
	struct text c = lex_string(w->f->arena, w->source, token(w, w->at), &problem);

	if (problem.message || c.len != 1)
		return wrong(w, "this is not one character", "'a', '\\n', '\\0'; texts are compared by "
			     "STRCMP(\"text\", arg1)");
	put(w, arena_printf(w->f->arena, "%d", c.data[0]));
	return true;
}

static bool put_token(struct walk *w)
{
	const struct token *t = token(w, w->at);

	if (token_is_word(t->kind))
		return put_name(w);
	if (!front_of_expression(t->kind))
		return wrong(w, t->kind == TOKEN_OPEN_STRING ? "this text has no closing quote"
			     : t->kind == TOKEN_OPEN_COMMENT ? "this comment has no end"
			     : "this is no part of an expression", NULL);
	switch (t->kind) {
	case TOKEN_VAR:
		return put_dollar(w);
	case TOKEN_MAP:
		return wrong(w, "only an argument is followed by @user", "arg2@user");
	case TOKEN_CHARACTER:
		return put_character(w);
	default:
		put(w, text_of(w, t));
		return true;
	}
}

static bool walk_range(struct walk *w, uint32_t from, uint32_t to)
{
	const struct token *lone;
	struct lexer lx;
	struct token t;

	lex_init(&lx, w->source, NULL);
	lx.pos = from;
	lx.end = to;
	while ((t = lex_next(&lx)).kind != TOKEN_END)
		avec_push(w->f->arena, &w->tokens, t);
	lone = front_lone_bracket(w->f, &w->tokens);
	if (lone) {
		front_wrong(w->f, span_of(w, lone), "this bracket has no partner in its expression");
		return false;
	}
	for (; w->at < w->tokens.n; w->at++) {
		if (w->at && w->tokens.v[w->at].blank)
			buf_putc(&w->f->body, ' ');
		if (!put_token(w))
			return false;
	}
	return true;
}

bool expr_put(struct front *f, struct expr *e, uint32_t from, uint32_t to)
{
	enum { MOST = 16 };
	struct walk w = {.f = f, .e = e, .source = e->site->spec->source};
	bool good;

	if (spec_skip_blanks(w.source, from) >= to || e->depth >= MOST) {
		front_wrong(f, front_span(w.source, from, to), e->depth < MOST ? "an expression is missing here"
			    : "STRCMP() lies too deep in itself");
		return false;
	}
	e->depth++;
	good = walk_range(&w, from, to);
	e->depth--;
	return good;
}

bool expr_put_string(struct front *f, struct expr *e, uint32_t from, uint32_t to)
{
	const char *text = spec_slice(f, e->site->spec->source, from, to);

	if (str_eq(text, "$comm") || str_eq(text, "$COMM") || str_eq(text, "comm"))
		return expr_put(f, e, from, to);
	front_put(f, "str(", front_span(e->site->spec->source, from, to));
	if (!expr_put(f, e, from, to))
		return false;
	if (e->string_size)
		buf_printf(&f->body, ", %llu", (unsigned long long)e->string_size);
	buf_putc(&f->body, ')');
	return true;
}
