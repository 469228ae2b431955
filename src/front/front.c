/* front.c - what all translators share; see front.h. */
#include "front/front_int.h"

#include <stdlib.h>

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

void front_includes(struct front *f)
{
	for (const char *p = front_text(f, "HEADERS"); *p;) {
		size_t len = strcspn(p, (const char[]){FRONT_SEPARATOR, 0});

		buf_printf(&f->body, "#include <%.*s>\n", (int)len, p);
		p += len + (p[len] != '\0');
	}
}

/*
 * -r's expression is held against a function's name from its start; --probe-filter's against
 * the whole attach point, whose last part the name is.
 */
void front_regex(struct front *f, const char *pattern)
{
	struct buf out = {0};

	buf_puts(&out, ":(");
	for (const char *p = pattern; *p; p++)
		if (*p != '^' || (p > pattern && p[-1] != '|' && p[-1] != '('))
			buf_putc(&out, *p);
	buf_puts(&out, ")[^:]*$");
	f->probe_filter = arena_strdup(f->arena, buf_str(&out));
	buf_free(&out);
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
