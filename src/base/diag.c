/* diag.c - see diag.h. */
#include "base/diag.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *name;
	enum diag_severity severity;
} diag_rows[] = {
#define DIAG(id, name, severity, meaning) [DIAG_##id] = {name, severity},
#include "base/diag.def"
#undef DIAG
};

enum { MAX_PRINTED = 20, MAX_HELD = 200, MAX_LINE_SHOWN = 200 };

const char *diag_name(enum diag_id id)
{
	return diag_rows[id].name;
}

/* Text of unknown origin: tabs as one blank, control bytes and broken UTF-8 as '?'. */
static void add_clean(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned char c = text[i];
		unsigned n = utf8_length((const uint8_t *)text + i, len - i);

		if (n > 1)
			buf_add(out, text + i, n);
		else
			buf_putc(out, c == '\t' ? ' ' : n == 0 || (c < 0x20 && c != '\n') || c == 0x7f ? '?' : c);
		i += n ? n : 1;
	}
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Variables of macros are called $x#7 inside; the user wrote $x. In place. */
static char *show_names(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		bool variable = *from == '$';

		*to++ = *from++;
		while (variable && is_name(*from))
			*to++ = *from++;
		if (variable && *from == '#' && from[1] >= '0' && from[1] <= '9')
			for (from++; *from >= '0' && *from <= '9';)
				from++;
	}
	*to = '\0';
	return text;
}

static char *format(struct arena *arena, const char *fmt, va_list ap)
{
	struct buf b = {0}, clean = {0};
	char *s;

	buf_vprintf(&b, fmt, ap); /* may quote the script */
	add_clean(&clean, buf_str(&b), b.len);
	s = arena_strdup(arena, buf_str(&clean));
	buf_free(&b);
	buf_free(&clean);
	return show_names(s);
}

void diag_add(struct diags *d, enum diag_id id, struct span span, const char *fmt, ...)
{
	struct diag diag = {.id = id, .span = span};
	va_list ap;

	vec_each(it, &d->list) /* said already: an expression may be looked at twice */
		if (it->id == id && it->span.off == span.off && it->span.len == span.len && span.off)
			return;
	if (diag_rows[id].severity == DIAG_ERROR)
		d->errors++;
	if (d->list.n >= MAX_HELD)
		return;
	va_start(ap, fmt);
	diag.message = format(d->arena, fmt, ap);
	va_end(ap);
	avec_push(d->arena, &d->list, diag);
}

void diag_hint(struct diags *d, const char *fmt, ...)
{
	va_list ap;

	if (!d->list.n || d->list.n >= MAX_HELD)
		return;
	va_start(ap, fmt);
	vec_last(&d->list).hint = format(d->arena, fmt, ap);
	va_end(ap);
}

void diags_append(struct diags *d, const struct diags *from)
{
	d->errors += from->errors;
	vec_each(it, &from->list)
		if (d->list.n < MAX_HELD)
			avec_push(d->arena, &d->list, *it);
}

/* The line itself, one column a character, so that the carets fit. */
static void print_excerpt(const struct place *at, uint32_t span_len, struct buf *out)
{
	size_t len, from = 0, col = at->col - 1;
	const char *line = source_line(at->source, at->line, &len);

	if (len > MAX_LINE_SHOWN && col > MAX_LINE_SHOWN / 2)
		from = col - MAX_LINE_SHOWN / 2;
	add_clean(out, line + MIN_OF(from, len), MIN_OF(len - MIN_OF(from, len), (size_t)MAX_LINE_SHOWN));
	buf_putc(out, '\n');
	buf_pad(out, ' ', col - from);
	size_t carets = MIN_OF(len - MIN_OF(col, len), (size_t)MAX_LINE_SHOWN);
	carets = MIN_OF(carets, (size_t)span_len);
	buf_pad(out, '~', MAX_OF((size_t)1, carets));
	buf_putc(out, '\n');
}

static void print_one(const struct diags *d, const struct diag *diag, struct buf *out, bool color)
{
	bool error = diag_rows[diag->id].severity == DIAG_ERROR;
	const char *paint = !color ? "" : error ? "\033[1;31m" : "\033[1;33m";
	struct place at, end;
	bool placed = diag->span.off && source_place(d->sources, diag->span.off, &at);

	if (placed) {
		uint32_t last = diag->span.off + (diag->span.len ? diag->span.len - 1 : 0);

		buf_printf(out, "%s:%u:%u-", at.source->name, at.line, at.col);
		if (!source_place(d->sources, last, &end) || end.line != at.line)
			end = at;
		buf_printf(out, "%u: ", end.col + d->plain);
	}
	buf_printf(out, "%s%s%s: %s", paint, error ? "ERROR" : "WARNING", color ? "\033[0m" : "", diag->message);
	if (!d->plain)
		buf_printf(out, " [%s]", diag_rows[diag->id].name);
	buf_putc(out, '\n');
	if (placed)
		print_excerpt(&at, diag->span.len, out);
	if (diag->hint)
		buf_printf(out, "HINT: %s\n", diag->hint);
}

static int by_place(const void *a, const void *b)
{
	const struct diag *const *x = a, *const *y = b;

	if ((*x)->span.off != (*y)->span.off)
		return (*x)->span.off < (*y)->span.off ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

void diags_print(const struct diags *d, struct buf *out, bool color)
{
	const struct diag **sorted = xcalloc(d->list.n, sizeof(*sorted));

	size_t n = 0;

	vec_each(it, &d->list)
		if (!d->no_warnings || diag_rows[it->id].severity == DIAG_ERROR)
			sorted[n++] = it;
	qsort(sorted, n, sizeof(*sorted), by_place);
	for (size_t i = 0; i < n && i < MAX_PRINTED; i++)
		print_one(d, sorted[i], out, color);
	if (n > MAX_PRINTED)
		buf_printf(out, "... and %zu more\n", n - MAX_PRINTED);
	free(sorted);
}

const char *diag_nearest(const char *word, size_t count,
			 const char *(*get)(const void *ctx, size_t i), const void *ctx)
{
	unsigned limit = strlen(word) <= 3 ? 1 : strlen(word) <= 6 ? 2 : 3, best = limit + 1;
	const char *found = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *name = get(ctx, i);
		unsigned distance = name ? str_distance(word, name, limit) : best;

		if (distance < best) {
			best = distance;
			found = name;
		}
	}
	return found;
}
