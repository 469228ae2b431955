/*
 * trace.c - bcc's trace: an event, a line.
 *
 *   PROBE[(SIGNATURE)] [(PREDICATE)] ["FORMAT"[, ARGUMENT...]]
 *
 * Columns are those of bcc; the last, "-", is the message that the specifier asks for.
 */
#include "front/front_int.h"

#include <ctype.h>

struct message { /* of one specifier */
	uint32_t format, format_end;   /* between the quotes; 0: none */
	VEC(struct span) args;         /* from, to in the source: .off, .len */
	uint32_t predicate, predicate_end; /* between the parentheses; 0: none */
};

/* -t, but for -t -u, which is the time since 1970 instead. */
static bool shows_offset(const struct front *f)
{
	return front_number(f, "TIMESTAMP") && !front_number(f, "UNIX");
}

static void put_columns(struct front *f)
{
	if (front_number(f, "TIME"))
		front_head(f, "column: TIME %%-8s");
	if (shows_offset(f))
		front_head(f, "column: TIME %%-8.6f/1000000000");
	if (front_number(f, "UNIX"))
		front_head(f, "column: TIME %%-17s");
	if (front_number(f, "SHOW_CPU"))
		front_head(f, "column: CPU %%-3d");
	front_head(f, "column: PID %%-7d");
	front_head(f, "column: TID %%-7d");
	front_head(f, "column: COMM %%-15s");
	front_head(f, "column: FUNC %%-16s");
	front_head(f, "column: - %%m");
}

/* ---- reading ---- */

static bool read_predicate(struct front *f, const struct spec *spec, uint32_t *at, struct message *m)
{
	const struct source *s = spec->source;
	uint32_t open = *at, close = spec_close(s, open + 1);

	if (close >= s->len) {
		front_wrong(f, front_span(s, open, open + 1), "this parenthesis is never closed");
		return false;
	}
	m->predicate = open + 1;
	m->predicate_end = close;
	*at = spec_skip_blanks(s, close + 1);
	return true;
}

static bool read_format(struct front *f, const struct spec *spec, uint32_t *at, struct message *m)
{
	const struct source *s = spec->source;
	uint32_t end = *at + 1;

	m->format = end;
	while (end < s->len && s->text[end] != '"' && s->text[end] != '\n')
		end += s->text[end] == '\\' && end + 1 < s->len ? 2 : 1;
	if (end >= s->len || s->text[end] == '\n') {
		front_wrong(f, front_span(s, *at, MIN_OF(end, s->len)), "this text has no closing quote%s",
			    end < s->len ? " on its line" : "");
		if (end < s->len)
			diag_hint(f->diags, "a line break in it is written \\n");
		return false;
	}
	m->format_end = end;
	*at = spec_skip_blanks(s, end + 1);
	while (*at < s->len) {
		uint32_t to;

		if (s->text[*at] != ',') {
			front_wrong(f, front_span(s, *at, s->len), "a comma and an argument belong here");
			return false;
		}
		to = spec_until(s, *at + 1, s->len, ",");
		avec_push(f->arena, &m->args, ((struct span){*at + 1, to - *at - 1}));
		*at = to;
	}
	return true;
}

static bool read_rest(struct front *f, const struct spec *spec, struct message *m)
{
	const struct source *s = spec->source;
	uint32_t at = spec_skip_blanks(s, spec->rest);

	*m = (struct message){0};
	if (at < s->len && s->text[at] == '(' && !read_predicate(f, spec, &at, m))
		return false;
	if (at >= s->len)
		return true;
	if (s->text[at] == '"')
		return read_format(f, spec, &at, m);
	front_wrong(f, front_span(s, at, s->len), "a predicate in parentheses or a format in quotes belongs here");
	diag_hint(f->diags, "as in: 'sys_read (arg3 > 20000) \"read %%d bytes\", arg3'");
	return false;
}

/* ---- the message ---- */

struct conversion { /* of the format, at `at` in the source */
	uint32_t at, end;  /* from '%' to behind the letter */
	char letter;
	int length;        /* bytes that 'h' and 'l' say: 8, 4, 2, 1; 0: nothing said */
};

/* The next one from *at on; false: there is none. *at is moved behind it. */
static bool next_conversion(const struct source *s, uint32_t *at, uint32_t end, struct conversion *c)
{
	for (; *at < end; ++*at) {
		uint32_t p = *at + 1;

		if (s->text[*at] != '%')
			continue;
		if (p < end && s->text[p] == '%') {
			++*at;
			continue;
		}
		*c = (struct conversion){.at = *at};
		while (p < end && strchr("0123456789.-+ #", s->text[p]))
			p++;
		for (; p < end && strchr("hlzjt", s->text[p]); p++)
			c->length = s->text[p] != 'h' ? 8 : c->length == 2 ? 1 : 2;
		c->letter = p < end ? s->text[p] : '\0';
		c->end = MIN_OF(p + 1, end);
		*at = c->end;
		return true;
	}
	return false;
}

/* "read %d bytes" as the language writes it: %K and %U are names of addresses, printed as text. */
static void put_format(struct front *f, const struct spec *spec, const struct message *m, const char *stacks)
{
	const struct source *s = spec->source;
	struct conversion c;
	uint32_t at = m->format, from = at;
	struct buf text = {0};

	buf_putc(&text, '"');
	while (next_conversion(s, &at, m->format_end, &c)) {
		buf_add(&text, s->text + from, c.at - from);
		if (c.letter == 'K' || c.letter == 'U')
			buf_puts(&text, "%s");
		else
			buf_add(&text, s->text + c.at, c.end - c.at);
		from = c.end;
	}
	buf_add(&text, s->text + from, m->format_end - from);
	buf_printf(&text, "%s\"", stacks);
	front_put(f, buf_str(&text), m->format ? front_span(s, m->format - 1, m->format_end + 1) : spec->span);
	buf_free(&text);
}

/* A register holds 64 bits; %d is told the 32 that the function was given. */
static const char *narrowing(const struct conversion *c)
{
	static const char *const casts[][2] = {
		[1] = {"(int8)(", "(uint8)("}, [2] = {"(int16)(", "(uint16)("}, [4] = {"(int32)(", "(uint32)("},
	};
	int bytes = c->length ? c->length : 4;

	if (bytes == 8 || !c->letter || !strchr("dixXuoc", c->letter))
		return NULL;
	return casts[bytes][c->letter != 'd' && c->letter != 'i'];
}

static bool put_argument(struct front *f, struct expr *e, const struct conversion *c, struct span arg)
{
	const char *cast = narrowing(c);
	size_t before = f->body.len, pieces = f->pieces.n;

	buf_puts(&f->body, ", ");
	if (c->letter == 's')
		return expr_put_string(f, e, arg.off, arg.off + arg.len);
	if (c->letter == 'K' || c->letter == 'U') {
		buf_puts(&f->body, c->letter == 'K' ? "ksym(" : "usym(");
		if (!expr_put(f, e, arg.off, arg.off + arg.len))
			return false;
		buf_putc(&f->body, ')');
		return true;
	}
	e->raw = false;
	if (!expr_put(f, e, arg.off, arg.off + arg.len))
		return false;
	if (!e->raw || !cast)
		return true;
	/* once more, now that it is known to be a register */
	f->body.len = before;
	f->pieces.n = pieces;
	buf_printf(&f->body, ", %s", cast);
	expr_put(f, e, arg.off, arg.off + arg.len);
	buf_putc(&f->body, ')');
	return true;
}

/* Whether the format asks for as many arguments as there are. */
static bool check_arguments(struct front *f, const struct spec *spec, const struct message *m)
{
	struct conversion c;
	uint32_t at = m->format;
	unsigned wanted = 0;

	for (; next_conversion(spec->source, &at, m->format_end, &c); wanted++)
		if (!isalpha((unsigned char)c.letter)) {
			front_wrong(f, front_span(spec->source, c.at, c.end), "a letter belongs behind this %%");
			diag_hint(f->diags, "%%d, %%s, %%x, ...; %%%% prints a %%");
			return false;
		}
	if (wanted != m->args.n) {
		front_wrong(f, front_span(spec->source, m->format ? m->format - 1 : 0, m->format_end + 1),
			    "the format wants %u argument%s, %zu %s given", wanted, wanted == 1 ? "" : "s", m->args.n,
			    m->args.n == 1 ? "is" : "are");
		return false;
	}
	return true;
}

static bool put_message(struct front *f, struct expr *e, const struct message *m)
{
	const struct spec *spec = e->site->spec;
	struct conversion c;
	uint32_t at = m->format;
	bool kernel = front_number(f, "KERNEL_STACK"), user = front_number(f, "USER_STACK");
	const char *mode = front_number(f, "ADDRESSES") ? "perf" : "";

	if (!check_arguments(f, spec, m))
		return false;
	put_format(f, spec, m, kernel && user ? "%s%s" : kernel || user ? "%s" : "");
	for (size_t i = 0; next_conversion(spec->source, &at, m->format_end, &c); i++)
		if (!put_argument(f, e, &c, m->args.v[i]))
			return false;
	if (kernel)
		buf_printf(&f->body, ", kstack%s%s%s", *mode ? "(" : "", mode, *mode ? ")" : "");
	if (user)
		buf_printf(&f->body, ", ustack%s%s%s", *mode ? "(" : "", mode, *mode ? ")" : "");
	return true;
}

/* ---- the probe ---- */

/* Whether every message holds the text, because the format does. */
static bool format_holds(const struct spec *spec, const struct message *m, const char *text)
{
	const char *s = spec->source->text;
	struct conversion c;
	uint32_t at = m->format, from = at;

	while (next_conversion(spec->source, &at, m->format_end, &c)) {
		if (memmem(s + from, c.at - from, text, strlen(text)))
			return true;
		from = c.end;
	}
	return memmem(s + from, m->format_end - from, text, strlen(text));
}

/* -f: only events whose message holds the text, which strings in it may. */
static bool put_message_filter(struct front *f, struct expr *e, const struct message *m, const char *text)
{
	const struct spec *spec = e->site->spec;
	struct conversion c;
	uint32_t at = m->format;
	bool any = false;

	for (size_t i = 0; next_conversion(spec->source, &at, m->format_end, &c); i++) {
		if (c.letter != 's')
			continue;
		buf_puts(&f->body, any ? " || strcontains(" : "(strcontains(");
		if (!expr_put_string(f, e, m->args.v[i].off, m->args.v[i].off + m->args.v[i].len))
			return false;
		buf_puts(&f->body, ", ");
		front_literal(&f->body, text);
		buf_putc(&f->body, ')');
		any = true;
	}
	if (!any) {
		front_wrong(f, spec->span, "-f looks for a text in the message, and this message holds no %%s");
		return false;
	}
	buf_putc(&f->body, ')');
	return true;
}

static bool put_predicate(struct front *f, struct expr *e, const struct message *m)
{
	const char *name = front_text(f, "NAME"), *filter = front_text(f, "MESSAGE");
	const char *separator = "";

	if (format_holds(e->site->spec, m, filter))
		filter = "";
	if (!m->predicate && !*name && !*filter)
		return true;
	buf_puts(&f->body, "/ ");
	if (m->predicate) {
		front_put(f, "(", front_span(e->site->spec->source, m->predicate - 1, m->predicate_end + 1));
		if (!expr_put(f, e, m->predicate, m->predicate_end))
			return false;
		buf_putc(&f->body, ')');
		separator = " && ";
	}
	if (*name) {
		buf_printf(&f->body, "%sstrcontains(comm, ", separator);
		front_literal(&f->body, name);
		buf_putc(&f->body, ')');
		separator = " && ";
	}
	if (*filter) {
		buf_puts(&f->body, separator);
		if (!put_message_filter(f, e, m, filter))
			return false;
	}
	buf_puts(&f->body, " /\n");
	return true;
}

/* What is wrong with the row as a whole is wrong with the format. */
static void put_row_start(struct front *f, const struct site *p, const struct message *m)
{
	front_put(f, "\trow(", m->format ? front_span(p->spec->source, m->format - 1, m->format_end + 1)
					 : p->spec->span);
	if (front_number(f, "TIME"))
		buf_puts(&f->body, "strftime(\"%H:%M:%S\", nsecs), ");
	if (shows_offset(f))
		buf_puts(&f->body, "elapsed, ");
	if (front_number(f, "UNIX"))
		buf_puts(&f->body, "strftime(\"%s.%f\", nsecs), ");
	if (front_number(f, "SHOW_CPU"))
		buf_puts(&f->body, "cpu, ");
	buf_puts(&f->body, "pid, tid, comm, ");
	if (p->wildcard)
		buf_puts(&f->body, p->syscall || p->spec->kind > SPEC_RETURN ? "probe" : "func");
	else
		front_literal(&f->body, p->shown);
	buf_puts(&f->body, ", ");
}

static bool trace_one(struct front *f, const struct source *source, unsigned number)
{
	unsigned long long most = front_number(f, "MOST");
	struct spec spec;
	struct site site;
	struct message m;
	struct expr e = {.site = &site, .number = number, .string_size = front_number(f, "STRING_SIZE")};

	if (!spec_parse(f, source, &spec) || !read_rest(f, &spec, &m))
		return false;
	site_make(f, &spec, &site);
	front_put(f, site.attach, spec.span);
	buf_putc(&f->body, '\n');
	if (!put_predicate(f, &e, &m))
		return false;
	buf_puts(&f->body, "{\n");
	if (most)
		buf_printf(&f->body, "\t$n = @events++;\n\tif ($n >= %llu) {\n\t\treturn;\n\t}\n", most);
	put_row_start(f, &site, &m);
	if (!put_message(f, &e, &m))
		return false;
	buf_puts(&f->body, ");\n");
	if (most)
		buf_printf(&f->body, "\tif ($n == %llu) {\n\t\texit();\n\t}\n", most - 1);
	buf_puts(&f->body, "}\n");
	return true;
}

bool front_trace(struct front *f)
{
	source_list all = {0};
	bool good;

	front_sources(f, "PROBE", "specifier", &all);
	front_head(f, "summary: events, a line each");
	front_head(f, "example: trace 'sys_read (arg3 > 20000) \"read %%d bytes\", arg3' | large reads");
	put_columns(f);
	good = front_includes(f);
	for (size_t i = 0; i < all.n; i++)
		good &= trace_one(f, all.v[i], i);
	return good;
}
