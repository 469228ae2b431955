/*
 * cpp.c - macros of C: their definition, and their expansion in a text; see cpp.h.
 *
 * A replacement is expanded again with its own name hidden, which is what makes every
 * expansion end. Arguments are expanded before they are put in, except beside # and ##.
 */
#include "lang/cpp_int.h"

#include <stdlib.h>

void cpp_init(struct cpp *c, struct arena *arena, struct diags *diags)
{
	static const char *const predefined[] = {
		"__linux__ 1", "__STDC__ 1", "__STDC_VERSION__ 201112L", "__LP64__ 1", "_LP64 1",
		"__ORDER_LITTLE_ENDIAN__ 1234", "__ORDER_BIG_ENDIAN__ 4321", "__BYTE_ORDER__ 1234",
#if defined(__x86_64__)
		"__x86_64__ 1",
#elif defined(__aarch64__)
		"__aarch64__ 1",
#endif
	};

	*c = (struct cpp){.arena = arena, .diags = diags, .limit = CPP_MAX_OUTPUT};
	for (size_t i = 0; i < ARRAY_SIZE(predefined); i++)
		cpp_define(c, predefined[i], strlen(predefined[i]), true);
	c->own.n = 0; /* every preprocessor has these */
}

void cpp_free(struct cpp *c)
{
	hmap_free(&c->macros);
}

/* ---- tokens ---- */

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

/* Behind the closing quote, or the end of the line. */
static const char *skip_quoted(const char *p, const char *end)
{
	char quote = *p++;

	while (p < end && *p != quote && *p != '\n')
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	return p < end && *p == quote ? p + 1 : MIN_OF(p, end);
}

struct cpp_piece cpp_token(struct cpp_piece *rest, enum cpp_kind *kind)
{
	struct cpp_piece t = {rest->p, rest->p};
	const char *end = rest->end;

	if (is_name_start(*t.p)) {
		*kind = CPP_NAME;
		while (t.end < end && (is_name_start(*t.end) || is_digit(*t.end)))
			t.end++;
	} else if (is_digit(*t.p)) {
		*kind = CPP_NUMBER;
		while (t.end < end && (is_name_start(*t.end) || is_digit(*t.end) || *t.end == '.'))
			t.end++;
	} else if (*t.p == '"' || *t.p == '\'') {
		*kind = CPP_TEXT;
		t.end = skip_quoted(t.p, end);
	} else if (is_blank(*t.p)) {
		*kind = CPP_BLANK;
		while (t.end < end && is_blank(*t.end))
			t.end++;
	} else {
		*kind = CPP_OTHER;
		t.end += t.p[0] == '#' && t.p + 1 < end && t.p[1] == '#' ? 2 : 1;
	}
	rest->p = t.end;
	return t;
}

struct cpp_piece cpp_trim(struct cpp_piece t)
{
	while (t.p < t.end && is_blank(*t.p))
		t.p++;
	while (t.p < t.end && is_blank(t.end[-1]))
		t.end--;
	return t;
}

const struct cpp_macro *cpp_find(struct cpp *c, struct cpp_piece name)
{
	const struct cpp_macro *m = hmap_get(&c->macros, name.p, name.end - name.p);

	if (m || !c->deciding || !c->unknown)
		return m;
	c->unknown(c);
	return hmap_get(&c->macros, name.p, name.end - name.p);
}

static void skip_blank(struct cpp_piece *rest)
{
	while (rest->p < rest->end && is_blank(*rest->p))
		rest->p++;
}

/* ---- definitions ---- */

static bool read_parameters(struct cpp *c, struct cpp_piece *rest, struct cpp_macro *m)
{
	VEC(const char *) names = {0};
	enum cpp_kind kind;

	m->called = true;
	for (rest->p++;;) {
		skip_blank(rest);
		if (rest->p >= rest->end || m->variadic)
			break;
		if (*rest->p == ')' && !names.n)
			break;
		if (rest->end - rest->p >= 3 && !memcmp(rest->p, "...", 3)) {
			rest->p += 3;
			m->variadic = true;
			avec_push(c->arena, &names, "__VA_ARGS__");
			continue;
		}
		struct cpp_piece t = cpp_token(rest, &kind);

		if (kind != CPP_NAME)
			return false;
		avec_push(c->arena, &names, arena_strndup(c->arena, t.p, t.end - t.p));
		skip_blank(rest);
		if (rest->end - rest->p >= 3 && !memcmp(rest->p, "...", 3)) { /* args... */
			rest->p += 3;
			m->variadic = true;
			continue;
		}
		if (rest->p >= rest->end || *rest->p != ',')
			break;
		rest->p++;
	}
	skip_blank(rest);
	m->parameters = names.v;
	m->nparameters = names.n;
	return rest->p < rest->end && *rest->p++ == ')';
}

bool cpp_define(struct cpp *c, const char *text, size_t len, bool script)
{
	struct cpp_piece rest = cpp_trim((struct cpp_piece){text, text + len}), name, body;
	struct cpp_macro *m = arena_new_of(c->arena, struct cpp_macro);
	enum cpp_kind kind = CPP_OTHER;
	char *copy;

	if (rest.p == rest.end)
		return false;
	name = cpp_token(&rest, &kind);
	if (kind != CPP_NAME)
		return false;
	*m = (struct cpp_macro){.name = arena_strndup(c->arena, name.p, name.end - name.p), .script = script};
	if (rest.p < rest.end && *rest.p == '(' && !read_parameters(c, &rest, m))
		return false;
	body = cpp_trim(rest);
	copy = arena_strndup(c->arena, body.p, body.end - body.p);
	for (char *p = copy; *p; p++) /* joined lines */
		if (*p == '\n' || *p == '\r' || (*p == '\\' && (p[1] == '\n' || p[1] == '\r')))
			*p = ' ';
	m->text = (struct text){copy, body.end - body.p};
	hmap_puts(&c->macros, m->name, m);
	if (script)
		avec_push(c->arena, &c->own, m);
	return true;
}

void cpp_define_node(struct cpp *c, const struct node *n)
{
	struct buf text = {0};

	buf_puts(&text, n->name);
	if (n->flags & NODE_CALLED) {
		buf_putc(&text, '(');
		for (size_t i = 0; i < n->list.n; i++)
			buf_printf(&text, "%s%s", i ? ", " : "", n->list.v[i]->name);
		buf_putc(&text, ')');
	}
	buf_printf(&text, " %.*s", (int)n->text.len, n->text.data);
	cpp_define(c, text.data, text.len, true);
	buf_free(&text);
}

/* ---- expansion ---- */

static bool is_hidden(const struct cpp_hidden *hidden, const struct cpp_macro *m)
{
	for (; hidden; hidden = hidden->outer)
		if (hidden->macro == m)
			return true;
	return false;
}

static void add(struct cpp *c, struct buf *out, struct cpp_piece t)
{
	size_t len = t.end - t.p;

	if (c->full)
		return;
	c->produced += len + 1;
	if (c->produced > c->limit)
		c->full = true;
	else
		buf_add(out, t.p, len);
}

typedef VEC(struct cpp_piece) piece_list;

/* The arguments of a call: `rest` stands at '('; behind ')' afterwards. False: it has no end. */
static bool read_arguments(struct cpp *c, struct cpp_piece *rest, const struct cpp_macro *m, piece_list *out)
{
	struct cpp_piece at = *rest, argument;
	enum cpp_kind kind;
	unsigned depth = 1;

	enum { SCANNED = 16 }; /* bytes looked at count as one that was made */

	at.p++;
	argument = (struct cpp_piece){at.p, at.p};
	while (at.p < at.end) {
		struct cpp_piece t = cpp_token(&at, &kind);
		bool last = m->variadic && out->n + 1 >= m->nparameters;

		depth += *t.p == '(' || *t.p == '[' || *t.p == '{';
		depth -= *t.p == ')' || *t.p == ']' || *t.p == '}';
		if (!depth || (depth == 1 && *t.p == ',' && !last)) {
			argument.end = t.p;
			vec_push(out, cpp_trim(argument));
			argument.p = at.p;
		}
		if (!depth) {
			*rest = at;
			return true;
		}
	}
	c->produced += (at.p - rest->p) / SCANNED;
	c->full |= c->produced > c->limit;
	return false;
}

static void stringify(struct cpp *c, struct cpp_piece t, struct buf *out)
{
	buf_putc(out, '"');
	for (; t.p < t.end; t.p++) {
		if (*t.p == '"' || *t.p == '\\')
			buf_putc(out, '\\');
		add(c, out, (struct cpp_piece){t.p, t.p + 1});
	}
	buf_putc(out, '"');
}

/* The number of the parameter of that name, or -1. */
static int parameter(const struct cpp_macro *m, struct cpp_piece name)
{
	for (uint32_t i = 0; i < m->nparameters; i++)
		if (cpp_is(name, m->parameters[i]))
			return i;
	return -1;
}

static bool pasted_next(struct cpp_piece rest)
{
	skip_blank(&rest);
	return rest.end - rest.p >= 2 && rest.p[0] == '#' && rest.p[1] == '#';
}

/* The replacement with the arguments in it, not expanded yet. */
static void substitute(struct cpp *c, const struct cpp_macro *m, const piece_list *arguments,
		       const struct cpp_hidden *hidden, struct buf *out)
{
	struct cpp_piece rest = {m->text.data, m->text.data + m->text.len};
	bool pasted = false;
	enum cpp_kind kind;

	while (rest.p < rest.end && !c->full) {
		struct cpp_piece t = cpp_token(&rest, &kind), none = {"", ""};
		int number;

		if (cpp_is(t, "##")) {
			while (out->len && is_blank(out->data[out->len - 1]))
				out->len--;
			skip_blank(&rest);
			pasted = true;
			continue;
		}
		if (cpp_is(t, "#") && m->called) {
			skip_blank(&rest);
			if (rest.p < rest.end) {
				t = cpp_token(&rest, &kind);
				number = kind == CPP_NAME ? parameter(m, t) : -1;
				stringify(c, number >= 0 && (size_t)number < arguments->n ?
						arguments->v[number] : t, out);
			}
			continue;
		}
		number = kind == CPP_NAME ? parameter(m, t) : -1;
		if (number < 0)
			add(c, out, t);
		else if (pasted || pasted_next(rest))
			add(c, out, (size_t)number < arguments->n ? arguments->v[number] : none);
		else if ((size_t)number < arguments->n)
			cpp_expand_text(c, arguments->v[number], hidden, out);
		pasted = false;
	}
}

static void expand_macro(struct cpp *c, const struct cpp_macro *m, const piece_list *arguments,
			 const struct cpp_hidden *outer, struct buf *out)
{
	struct cpp_hidden hidden = {m, outer, outer ? outer->depth + 1 : 1};
	struct buf text = {0};

	substitute(c, m, arguments, outer, &text);
	for (size_t i = 0; i < text.len; i++) /* lines are counted where the call is */
		if (text.data[i] == '\n')
			text.data[i] = ' ';
	if (text.len)
		cpp_expand_text(c, (struct cpp_piece){text.data, text.data + text.len}, &hidden, out);
	buf_free(&text);
}

static void keep_lines(struct cpp_piece from, struct buf *out)
{
	for (const char *p = from.p; p < from.end; p++)
		if (*p == '\n')
			buf_putc(out, '\n');
}

void cpp_expand_text(struct cpp *c, struct cpp_piece text, const struct cpp_hidden *hidden, struct buf *out)
{
	struct cpp_piece rest = text;
	enum cpp_kind kind;

	if (++c->depth > 4 * CPP_MAX_NESTING)
		c->full = true;
	while (rest.p < rest.end && !c->full) {
		struct cpp_piece t = cpp_token(&rest, &kind), call = rest;
		const struct cpp_macro *m = kind == CPP_NAME ? cpp_find(c, t) : NULL;
		piece_list arguments = {0};

		if (m && (is_hidden(hidden, m) || (hidden && hidden->depth >= CPP_MAX_NESTING)))
			m = NULL;
		skip_blank(&call);
		if (m && m->called && (call.p >= call.end || *call.p != '(' || !read_arguments(c,
				&call, m, &arguments)))
			m = NULL;
		if (!m) {
			add(c, out, t);
		} else {
			expand_macro(c, m, &arguments, hidden, out);
			if (m->called) {
				keep_lines((struct cpp_piece){rest.p, call.p}, out);
				rest.p = call.p;
			}
		}
		vec_free(&arguments);
	}
	c->depth--;
}
