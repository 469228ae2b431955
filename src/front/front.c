/* front.c - what all translators share; see front.h. */
#include "front/front_int.h"

static const struct front_setting *setting(const struct front *f, const char *name)
{
	for (unsigned i = 0; i < f->nsettings; i++)
		if (str_eq(f->settings[i].name, name))
			return &f->settings[i];
	return NULL;
}

const char *front_text(const struct front *f, const char *name)
{
	const struct front_setting *s = setting(f, name);

	return s && s->text ? s->text : "";
}

uint64_t front_number(const struct front *f, const char *name)
{
	const struct front_setting *s = setting(f, name);

	return s && !s->text ? s->number : 0;
}

void front_sources(struct front *f, const char *name, const char *called, source_list *out)
{
	const char *p = front_text(f, name);

	while (*p) {
		size_t len = strcspn(p, (const char[]){FRONT_SEPARATOR, 0});
		const struct source *s = len ? source_add(f->diags->sources, called, p, len) : NULL;

		if (s)
			avec_push(f->arena, out, s);
		p += len + (p[len] != '\0');
	}
}

struct span front_span(const struct source *s, uint32_t from, uint32_t to)
{
	return (struct span){s->base + from, MAX_OF(to, from + 1) - from};
}

void front_put(struct front *f, const char *text, struct span from)
{
	struct front_piece piece = {(uint32_t)f->body.len, (uint32_t)strlen(text), from};

	avec_push(f->arena, &f->pieces, piece);
	buf_puts(&f->body, text);
}

void front_head(struct front *f, const char *fmt, ...)
{
	va_list ap;

	buf_puts(&f->head, " * ");
	va_start(ap, fmt);
	buf_vprintf(&f->head, fmt, ap);
	va_end(ap);
	buf_putc(&f->head, '\n');
}

void front_literal(struct buf *out, const char *text)
{
	buf_putc(out, '"');
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_printf(out, "\\%c", *p);
		else if (*p < 0x20 || *p == 0x7f)
			buf_printf(out, "\\x%02x", *p);
		else
			buf_putc(out, *p);
	}
	buf_putc(out, '"');
}

const char *front_quoted(struct front *f, const char *text)
{
	char *copy = arena_strdup(f->arena, text);

	for (char *p = copy; *p; p++)
		if ((unsigned char)*p < 0x20 || (p > copy && p[-1] == '*' && *p == '/'))
			*p = ' ';
		else if (*p == '"')
			*p = '\'';
	return copy;
}

void front_wrong(struct front *f, struct span at, const char *fmt, ...)
{
	struct buf text = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	diag_add(f->diags, DIAG_BAD_SPECIFIER, at, "%s", buf_str(&text));
	buf_free(&text);
}

void front_banner(struct front *f, const char *text)
{
	struct buf clean = {0};

	/* $NAME would be a constant's value */
	for (const char *p = front_quoted(f, text); *p; p++)
		if (*p != '$')
			buf_putc(&clean, *p);
	front_head(f, "banner: %s", buf_str(&clean));
	buf_free(&clean);
}

bool front_includes(struct front *f)
{
	source_list headers = {0};

	front_sources(f, "HEADERS", "header", &headers);
	vec_each(it, &headers) {
		const struct source *s = *it;

		if (strpbrk(s->text, "<>\"\n\r")) {
			front_wrong(f, front_span(s, 0, s->len), "this is no header's name");
			diag_hint(f->diags, "the path alone, as in -I linux/fs.h");
			return false;
		}
		front_put(f, arena_printf(f->arena, "#include <%s>\n", s->text), front_span(s, 0, s->len));
	}
	return true;
}

bool front_of_expression(enum token_kind kind)
{
	switch (kind) {
	case TOKEN_LBRACE:
	case TOKEN_RBRACE:
	case TOKEN_SEMICOLON:
	case TOKEN_PARAM:
	case TOKEN_DIRECTIVE:
	case TOKEN_OPEN_STRING:
	case TOKEN_OPEN_COMMENT:
	case TOKEN_BAD:
		return false;
	default:
		return true;
	}
}

/* The bracket that closes one of this kind; END: it opens none. */
static enum token_kind closing_of(enum token_kind kind)
{
	return kind == TOKEN_LPAREN ? TOKEN_RPAREN : kind == TOKEN_LBRACKET ? TOKEN_RBRACKET
	       : kind == TOKEN_LBRACE ? TOKEN_RBRACE : TOKEN_END;
}

const struct token *front_lone_bracket(struct front *f, const token_list *tokens)
{
	VEC(const struct token *) open = {0};

	vec_each(t, tokens) {
		if (closing_of(t->kind) != TOKEN_END) {
			avec_push(f->arena, &open, t);
		} else if (t->kind == TOKEN_RPAREN || t->kind == TOKEN_RBRACKET || t->kind == TOKEN_RBRACE) {
			if (!open.n || closing_of(vec_last(&open)->kind) != t->kind)
				return open.n ? vec_last(&open) : t;
			open.n--;
		}
	}
	return open.n ? vec_last(&open) : NULL;
}

static const struct {
	const char *name;
	bool (*translate)(struct front *f);
} fronts[] = {
	{"trace", front_trace}, {"argdist", front_argdist}, {"funccount", front_funccount},
	{"stackcount", front_stackcount}, {"funclatency", front_funclatency}, {"funcslower", front_funcslower},
	{"funcinterval", front_funcinterval},
	{"tcpsubnet", front_tcpsubnet}, {"ply", front_ply},
};

/* Header and probes, one after the other; the pieces move behind the header. */
static void finish(struct front *f)
{
	if (f->head.len) /* a tool; ply's programs are scripts like others */
		buf_printf(&f->text, "/*\n * sonde tool\n%s * subject: current\n */\n", buf_str(&f->head));
	vec_each(piece, &f->pieces)
		piece->off += f->text.len;
	buf_add(&f->text, f->body.data, f->body.len);
}

bool front_translate(struct front *f)
{
	unsigned before = f->diags->errors;

	for (size_t i = 0; i < ARRAY_SIZE(fronts); i++)
		if (str_eq(fronts[i].name, f->name)) {
			bool good = fronts[i].translate(f) && f->diags->errors == before;

			if (good)
				finish(f);
			buf_free(&f->head);
			buf_free(&f->body);
			return good;
		}
	BUG("no translator for %s", f->name);
}

const struct front_piece *front_origin(const struct front *f, uint32_t off)
{
	const struct front_piece *best = NULL;

	for (size_t i = 0; i < f->pieces.n; i++) {
		const struct front_piece *p = &f->pieces.v[i];

		if (off >= p->off && off - p->off < p->len && (!best || p->len < best->len))
			best = p;
	}
	return best;
}

void front_free(struct front *f)
{
	buf_free(&f->text);
}
