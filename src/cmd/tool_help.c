/* tool_help.c - a tool's help, made of its header. */
#include "cmd/tool.h"

enum { LEFT = 30, WIDTH = 78 };

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

static void row(struct buf *left, const char *help, struct buf *out)
{
	buf_printf(out, "  %s", buf_str(left));
	if (left->len + 3 > LEFT)
		buf_putc(out, '\n');
	buf_pad(out, ' ', left->len + 3 > LEFT ? LEFT : LEFT - 2 - left->len);
	wrap(help, LEFT, out);
	buf_reset(left);
}

static void print_flags(const struct tool *tool, struct buf *out)
{
	struct buf left = {0};

	for (size_t i = 0; i < tool->arguments.n; i++) {
		buf_puts(&left, tool->arguments.v[i].name);
		row(&left, tool->arguments.v[i].help, out);
	}
	for (size_t i = 0; i < tool->flags.n; i++) {
		const struct tool_flag *f = &tool->flags.v[i];

		if (f->engine && !f->fixed)
			continue;
		if (f->letter)
			buf_printf(&left, "-%c, ", f->letter);
		else
			buf_puts(&left, "    ");
		buf_printf(&left, "--%s", f->name);
		if (f->value_name)
			buf_printf(&left, " %s", f->value_name);
		if (f->fixed)
			buf_printf(&left, " %s", f->fixed);
		row(&left, f->fixed ? "the same, shorter" : f->help, out);
	}
	buf_free(&left);
}

static char letter_of(const struct tool *tool, const char *name)
{
	for (size_t i = 0; i < tool->flags.n; i++)
		if (tool->flags.v[i].engine && !tool->flags.v[i].fixed && str_eq(tool->flags.v[i].name, name))
			return tool->flags.v[i].letter;
	return 0;
}

/* Whether every subject that is filtered at all can tell. */
static bool knows(const struct tool *tool, unsigned filter)
{
	for (size_t i = 0; i < tool->subjects.n; i++) {
		const struct tool_subject *s = &tool->subjects.v[i];

		if (!s->none && !s->current && !s->known[filter].off)
			return false;
	}
	return true;
}

static void option(const struct tool *tool, const char *name, const char *value, const char *help, struct buf *out)
{
	struct buf left = {0};
	char letter = letter_of(tool, name);

	if (letter)
		buf_printf(&left, "-%c, ", letter);
	else
		buf_puts(&left, "    ");
	buf_printf(&left, "--%s%s%s", name, value ? " " : "", value ? value : "");
	row(&left, help, out);
	buf_free(&left);
}

static void print_filters(const struct tool *tool, struct buf *out)
{
	static const struct { const char *name, *value, *help; } filters[] = {
#define FILTER(id, name, is_text, current, help) \
	{name, FILTER_##id == FILTER_COMM ? "NAME" : FILTER_##id == FILTER_UID ? "USER" \
	       : FILTER_##id == FILTER_CGROUP ? "PATH" : FILTER_##id == FILTER_PID ? "PID" : "TID", help},
#include "cmd/tool_filter.def"
#undef FILTER
	};
	struct buf keys = {0};

	for (unsigned i = 0; i < FILTER_COUNT; i++)
		if (knows(tool, i))
			option(tool, filters[i].name, filters[i].value, filters[i].help, out);
	if (knows(tool, FILTER_CGROUP))
		option(tool, "container", "ID", "only this container", out);
	if (tool->has_by) {
		buf_puts(&keys, "group by some of: ");
		for (size_t i = 0; i < tool->keys.n; i++)
			buf_printf(&keys, "%s%s", i ? ", " : "", tool->keys.v[i].name);
		option(tool, "by", "KEY[,KEY...]", buf_str(&keys), out);
	}
	if (tool_constant(tool, "TOP"))
		option(tool, "top", "N", "only the N largest", out);
	option(tool, "duration", "SECONDS", "end after this time", out);
	option(tool, "json", NULL, "one JSON object a line (--format json)", out);
	option(tool, "output", "FILE", "write results to a file", out);
	buf_puts(out, "  Also: --format --quiet --verbose --dump --dry-run --attach --no-self --max-cpu\n"
		      "  --max-map-mem --buffering --cmd, as `sonde --help` describes them.\n");
	buf_free(&keys);
}

void tool_print_help(const struct tool *tool, struct buf *out)
{
	buf_printf(out, "%s - ", tool->name);
	wrap(tool->summary, strlen(tool->name) + 3, out);
	buf_printf(out, "\n  sonde %s [flags]", tool->name);
	for (size_t i = 0; i < tool->arguments.n; i++)
		buf_printf(out, " [%s%s", tool->arguments.v[i].name,
			   tool->arguments.v[i].type == TOOL_TEXTS ? "..." : "");
	for (size_t i = 0; i < tool->arguments.n; i++)
		buf_putc(out, ']');
	buf_puts(out, "\n\n");
	for (size_t i = 0; i < tool->about.n; i++) {
		wrap(tool->about.v[i], 0, out);
		buf_putc(out, '\n');
	}
	print_flags(tool, out);
	buf_puts(out, "\nFlags of every tool:\n");
	print_filters(tool, out);
	buf_puts(out, "\nExamples:\n");
	for (size_t i = 0; i < tool->examples.n; i++)
		buf_printf(out, "  sonde %s\n      %s\n", tool->examples.v[i].command, tool->examples.v[i].what);
}
