/*
 * tool_columns.c - the columns of a tool's rows, as text in columns or, where the constant COMMAS is set,
 * separated by commas. See tool.h.
 */
#include "cmd/tool.h"

#include <stdlib.h>
#include <string.h>

bool tool_column_wanted(const struct tool *tool, const struct tool_column *c)
{
	const struct tool_value *v = c->condition ? tool_constant(tool, c->condition) : NULL;
	bool set = v && (v->is_text ? *v->text != 0 : v->number != 0);

	return !c->condition || set != c->inverted;
}

static bool with_commas(const struct tool *tool)
{
	const struct tool_value *v = tool_constant(tool, "COMMAS");

	return v && v->number;
}

/* "%-10.10s" is "%s", "%8.2f/1000" "%.2f/1000": neither width nor, of a text, a length. */
static void put_bare(const char *format, struct buf *out)
{
	const char *p = format + 1;
	size_t precision, conversion;

	p += strspn(p, "-0123456789");
	precision = *p == '.' ? 1 + strspn(p + 1, "0123456789") : 0;
	conversion = strcspn(p + precision, " ");
	buf_putc(out, '%');
	if (p[precision] != 's')
		buf_add(out, p, precision);
	buf_add(out, p + precision, conversion);
}

void tool_column_format(const struct tool *tool, const struct column *c, struct buf *out)
{
	bool commas = with_commas(tool);

	if (out->len)
		buf_putc(out, commas ? ',' : ' ');
	if (commas)
		put_bare(c->format, out);
	else
		buf_puts(out, c->format);
}

void tool_column_title(const struct tool *tool, const struct column *c, size_t number, bool last, struct buf *out)
{
	bool commas = with_commas(tool), left = c->format[1] == '-';
	int width = atoi(c->format + strcspn(c->format, "123456789"));

	if (number)
		buf_putc(out, commas ? ',' : ' ');
	if (commas)
		buf_add(out, c->title, strcspn(c->title, " "));
	else
		buf_printf(out, left ? "%-*s" : "%*s", last && left ? 0 : width, c->title);
}
