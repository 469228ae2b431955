/* manual.c - the forms of manual.h: text, man(7), Markdown. */
#include "cmd/manual.h"

#include "cmd/options.h"

#include <ctype.h>
#include <stdlib.h>

enum { LEFT = 30, WIDTH = 78, SAMPLE_LIMIT = 1 << 16 };

struct manual manual_new(enum manual_form form)
{
	return (struct manual){.form = form, .arena = arena_new()};
}

void manual_free(struct manual *m)
{
	buf_free(&m->out);
	arena_free(m->arena);
}

/* Words of `text` in lines, each but the first after `indent` blanks. */
static void wrap(const char *text, unsigned indent, struct buf *out)
{
	unsigned column = indent;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (column > indent && column + 1 + len > WIDTH) {
			buf_putc(out, '\n');
			buf_pad(out, ' ', indent);
			column = indent;
		} else if (column > indent) {
			buf_putc(out, ' ');
			column++;
		}
		buf_add(out, text, len);
		column += len;
		text += len + strspn(text + len, " ");
	}
	buf_putc(out, '\n');
}

/* Text as roff takes it: characters that would be changed by their names, no line a request. */
static void roff(const char *text, struct buf *out)
{
	static const struct { char c; const char *name; } names[] = {
		{'\\', "\\e"}, {'-', "\\-"}, {'\'', "\\(aq"}, {'`', "\\(ga"}, {'^', "\\(ha"}, {'~', "\\(ti"},
	};

	for (const char *p = text; *p; p++) {
		const char *name = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (names[i].c == *p)
				name = names[i].name;
		if (*p == '.' && (!out->len || out->data[out->len - 1] == '\n'))
			buf_puts(out, "\\&");
		/* a long list without blanks may be broken behind its commas */
		if (*p == ',' && p[1] && p[1] != ' ' && p[1] != '\n')
			name = ",\\:";
		if (name)
			buf_puts(out, name);
		else
			buf_putc(out, *p);
	}
}

/* A paragraph in lines, ended. */
static void roff_text(const char *text, struct buf *out)
{
	size_t line = out->len;

	while (*text) {
		size_t len = strcspn(text, " ");
		char *word = xstrndup(text, len);

		if (out->len > line)
			buf_putc(out, out->len - line + len > WIDTH - 10 ? '\n' : ' ');
		if (out->len > line && out->data[out->len - 1] == '\n')
			line = out->len;
		roff(word, out);
		free(word);
		text += len + strspn(text + len, " ");
	}
	buf_putc(out, '\n');
}

/* Text as Markdown takes it in a paragraph or a table's cell; what is between ` stays as it is. */
static void markdown(const char *text, struct buf *out)
{
	bool code = false;

	for (; *text; text++) {
		code ^= *text == '`';
		if (*text == '|' || (!code && strchr("*_<>[]\\", *text)))
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
}

static void upper(const char *text, struct buf *out)
{
	for (; *text; text++)
		buf_putc(out, toupper((unsigned char)*text));
}

/* Markdown: what follows is a paragraph, a list or a table of its own. */
static void blank_line(struct buf *out)
{
	if (out->len > 1 && (out->data[out->len - 1] != '\n' || out->data[out->len - 2] != '\n'))
		buf_putc(out, '\n');
}

/* .TH NAME SECTION DATE SOURCE MANUAL */
static void roff_title(struct manual *m, const char *name, const char *summary)
{
	const char *dash = str_eq(name, "sonde") ? "" : "sonde-";
	struct buf full = {0};

	buf_printf(&full, "%s%s", dash, name);
	buf_puts(&m->out, ".TH \"");
	upper(buf_str(&full), &m->out);
	buf_printf(&m->out, "\" \"1\" \"" SONDE_DATE "\" \"sonde " SONDE_VERSION "\" \"sonde\"\n.ad l\n.SH NAME\n");
	roff(buf_str(&full), &m->out);
	buf_puts(&m->out, " \\- ");
	roff(summary, &m->out);
	buf_puts(&m->out, "\n.SH SYNOPSIS\n");
	buf_free(&full);
}

void manual_title(struct manual *m, const char *name, const char *summary)
{
	m->first_usage = true;
	switch (m->form) {
	case MANUAL_HELP:
		buf_printf(&m->out, "%s - ", name);
		wrap(summary, strlen(name) + 3, &m->out);
		buf_putc(&m->out, '\n');
		break;
	case MANUAL_ROFF:
		roff_title(m, name, summary);
		break;
	case MANUAL_MARKDOWN:
		buf_printf(&m->out, "## %s\n\n", name);
		markdown(summary, &m->out);
		buf_puts(&m->out, "\n\n");
		break;
	}
}

void manual_usage(struct manual *m, const char *usage)
{
	switch (m->form) {
	case MANUAL_HELP:
		buf_printf(&m->out, "  %s\n", usage);
		break;
	case MANUAL_ROFF:
		buf_printf(&m->out, "%s.B ", m->first_usage ? "" : ".br\n");
		roff(usage, &m->out);
		buf_putc(&m->out, '\n');
		break;
	case MANUAL_MARKDOWN:
		buf_printf(&m->out, "    %s\n", usage);
		break;
	}
	m->first_usage = false;
}

void manual_text(struct manual *m, const char *text)
{
	m->in_table = false;
	switch (m->form) {
	case MANUAL_HELP:
		buf_putc(&m->out, '\n');
		wrap(text, 0, &m->out);
		break;
	case MANUAL_ROFF:
		buf_puts(&m->out, m->in_section ? ".PP\n" : ".SH DESCRIPTION\n");
		roff_text(text, &m->out);
		break;
	case MANUAL_MARKDOWN:
		blank_line(&m->out);
		markdown(text, &m->out);
		buf_putc(&m->out, '\n');
		break;
	}
	m->in_section = true;
}

void manual_section(struct manual *m, const char *title)
{
	m->in_table = false;
	m->in_section = true;
	switch (m->form) {
	case MANUAL_HELP:
		buf_printf(&m->out, "\n%s:\n", title);
		break;
	case MANUAL_ROFF:
		buf_puts(&m->out, ".SH \"");
		upper(title, &m->out);
		buf_puts(&m->out, "\"\n");
		break;
	case MANUAL_MARKDOWN:
		blank_line(&m->out);
		buf_printf(&m->out, "**%s**\n\n", title);
		break;
	}
}

/* `what` is bold in a man page, its words in `argument` are not. */
static void put_row(struct manual *m, const char *what, const char *argument, const char *help)
{
	struct buf *out = &m->out;
	size_t width = strlen(what) + strlen(argument);

	switch (m->form) {
	case MANUAL_HELP:
		buf_printf(out, "  %s%s", what, argument);
		if (width + 3 > LEFT)
			buf_putc(out, '\n');
		buf_pad(out, ' ', width + 3 > LEFT ? LEFT : LEFT - 2 - width);
		wrap(help, LEFT, out);
		break;
	case MANUAL_ROFF:
		buf_puts(out, ".TP\n\\fB");
		roff(what + strspn(what, " "), out);
		buf_puts(out, "\\fR");
		roff(argument, out);
		buf_putc(out, '\n');
		roff_text(help, out);
		break;
	case MANUAL_MARKDOWN:
		if (!m->in_table) {
			blank_line(out);
			buf_puts(out, "| | |\n|---|---|\n");
		}
		m->in_table = true;
		buf_printf(out, "| `%s%s` | ", what + strspn(what, " "), argument);
		markdown(help, out);
		buf_puts(out, " |\n");
		break;
	}
}

void manual_row(struct manual *m, const char *what, const char *help)
{
	put_row(m, what, "", help);
}

static const char *keep(struct manual *m, const char *text)
{
	return text ? arena_strdup(m->arena, text) : NULL;
}

void manual_keep(struct manual *m, struct manual_option o)
{
	o.name = keep(m, o.name);
	o.argument = keep(m, o.argument);
	o.choices = keep(m, o.choices);
	o.help = keep(m, o.help);
	avec_push(m->arena, &m->options, o);
}

void manual_option(struct manual *m, struct manual_option o)
{
	struct buf what = {0}, argument = {0};

	if (o.letter)
		buf_printf(&what, "-%c%s", o.letter, o.name ? ", " : "");
	else
		buf_puts(&what, "    ");
	if (o.name)
		buf_printf(&what, "--%s", o.name);
	if (o.argument)
		buf_printf(&argument, "%s%s", *o.argument == '[' ? "" : " ", o.argument);
	put_row(m, buf_str(&what), buf_str(&argument), o.help);
	buf_free(&what);
	buf_free(&argument);
	manual_keep(m, o);
}

bool manual_option_named(const struct manual *m, const char *name)
{
	vec_each(o, &m->options)
		if (o->name && str_eq(o->name, name))
			return true;
	return false;
}

void manual_options(struct manual *m, const struct manual_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		manual_option(m, options[i]);
}

/* Lines as they are. */
static void verbatim(struct manual *m, const char *text)
{
	struct buf *out = &m->out;
	bool roff_form = m->form == MANUAL_ROFF;

	buf_puts(out, roff_form ? ".nf\n" : m->form == MANUAL_MARKDOWN ? "```text\n" : "");
	if (roff_form)
		roff(text, out);
	else
		buf_puts(out, text);
	if (*text && text[strlen(text) - 1] != '\n')
		buf_putc(out, '\n');
	buf_puts(out, roff_form ? ".fi\n" : m->form == MANUAL_MARKDOWN ? "```\n" : "");
}

void manual_example(struct manual *m, const char *command, const char *what)
{
	struct buf *out = &m->out;

	m->in_table = false;
	switch (m->form) {
	case MANUAL_HELP:
		buf_printf(out, "  %s\n      %s\n", command, what);
		break;
	case MANUAL_ROFF:
		buf_puts(out, ".TP\n\\fB");
		roff(command, out);
		buf_puts(out, "\\fR\n");
		roff_text(what, out);
		break;
	case MANUAL_MARKDOWN:
		buf_printf(out, "* `%s`: ", command);
		markdown(what, out);
		buf_putc(out, '\n');
		break;
	}
}

void manual_sample(struct manual *m, const char *name)
{
	struct buf path = {0}, text = {0};

	if (!m->samples)
		return;
	buf_printf(&path, "%s/%s.txt", m->samples, name);
	if (!buf_read_file(&text, buf_str(&path), SAMPLE_LIMIT)) {
		manual_section(m, "What it prints");
		verbatim(m, buf_str(&text));
	}
	buf_free(&path);
	buf_free(&text);
}
