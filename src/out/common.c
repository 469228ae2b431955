/* common.c - see common.h. */
#include "out/common.h"

#include <stdio_ext.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "out/conversion.h"
#include "run/merge.h"

struct output *output_make(const struct output_ops *ops, FILE *file, FILE *messages)
{
	struct output *out = xcalloc(1, sizeof(*out));

	output_init(out, ops, file, messages);
	return out;
}

void output_init(struct output *out, const struct output_ops *ops, FILE *file, FILE *messages)
{
	*out = (struct output){.ops = ops, .file = file, .messages = messages,
		.terminal = isatty(fileno(file)), .messages_terminal = isatty(fileno(messages))};
}

int output_free(struct output *out)
{
	int err = out ? -out->error : 0;

	if (out)
		buf_free(&out->line);
	free(out);
	return err;
}

struct output *output_new(const char *form, FILE *file, FILE *messages)
{
	if (str_eq(form, "text"))
		return output_text_new(file, messages);
	if (str_eq(form, "json"))
		return output_json_new(file, messages);
	if (str_eq(form, "folded"))
		return output_folded_new(file, messages);
	return NULL;
}

bool output_tells(const struct output *out, const struct loss_line *line)
{
	return !out->dropin || out->tell_reads || (!str_eq(line->name, "string_unreadable") &&
						   !str_eq(line->name, "read_failed"));
}

void output_write(struct output *out, const char *text, size_t len)
{
	if (__fpending(out->file) + len > __fbufsize(out->file))
		output_flush(out);
	if (fwrite(text, 1, len, out->file) != len && !out->error)
		out->error = errno;
}

void output_flush_line(struct output *out)
{
	output_write(out, buf_str(&out->line), out->line.len);
	buf_reset(&out->line);
}

struct value_style output_style(const struct output *out)
{
	return (struct value_style){.names = out->names, .escape = out->terminal, .dropin = out->dropin};
}

struct value_style messages_style(const struct output *out)
{
	struct value_style style = output_style(out);

	style.escape = out->messages_terminal;
	return style;
}

void output_format(struct output *out, const struct action *action, const struct value *args,
		   size_t nargs, struct buf *text)
{
	bool aside = out->text_aside || action->kind == ACTION_WARNF || action->kind == ACTION_ERRORF;
	struct value_style style = aside ? messages_style(out) : output_style(out);

	/* What is a file's name or a command must not be changed for a terminal's sake. */
	if (action->kind == ACTION_CAT || action->kind == ACTION_SYSTEM)
		style.escape = false;
	format_values(&style, action->format, args, nargs, text);
}

void output_string(struct output *out, const struct value *value, struct buf *text)
{
	struct value_style style = out->text_aside ? messages_style(out) : output_style(out);

	value_print(&style, value, text);
}

void output_time(struct output *out, const char *format, struct buf *text)
{
	struct timespec now;

	(void)out;
	clock_gettime(CLOCK_REALTIME, &now);
	time_print(format, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, text);
}

void number_print(__int128 n, struct buf *text)
{
	char digits[48];
	unsigned at = sizeof(digits);
	unsigned __int128 v = n < 0 ? -(unsigned __int128)n : (unsigned __int128)n;

	do {
		digits[--at] = '0' + (char)(v % 10);
		v /= 10;
	} while (v);
	if (n < 0)
		buf_putc(text, '-');
	buf_add(text, digits + at, sizeof(digits) - at);
}

__int128 divided(__int128 n, int64_t divisor)
{
	return divisor > 0 ? n / divisor : n;
}

void map_value_print(const struct value_style *style, const struct map *map, const uint8_t *value,
		     int64_t divisor, struct buf *text)
{
	const struct type *t = map->value;
	struct value v = value_stored(t, value);
	struct aggregate_numbers n;

	if (!type_is_aggregation(t)) {
		if (divisor > 0 && t->kind == TYPE_INT && t->is_signed)
			buf_printf(text, "%lld", (long long)(value_number(&v) / divisor));
		else if (divisor > 0 && t->kind == TYPE_INT)
			buf_printf(text, "%llu", (unsigned long long)value_number(&v) / divisor);
		else
			value_print(style, &v, text);
		return;
	}
	n = aggregate_numbers(t, value);
	if (t->kind != TYPE_STATS) {
		number_print(divided(n.value, divisor), text);
		return;
	}
	buf_puts(text, "{ .count = ");
	number_print(n.count, text);
	buf_puts(text, ", .average = ");
	number_print(divided(n.value, divisor), text);
	buf_puts(text, ", .total = ");
	number_print(n.sum, text);
	buf_puts(text, " }");
}

const struct column *row_column(const struct action *action, size_t i)
{
	const struct column *c = action->columns;

	for (; i && !c->message; i--)
		c++;
	return c;
}
