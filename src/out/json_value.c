/* json_value.c - values as JSON. See json.h. */
#include <stdio.h>
#include <stdlib.h>

#include "out/conversion.h"
#include "out/json.h"

void json_string(const char *data, size_t len, struct buf *out)
{
	const uint8_t *s = (const uint8_t *)data;

	buf_putc(out, '"');
	for (size_t i = 0; i < len;) {
		unsigned n = utf8_length(s + i, len - i);

		if (n == 1 && (s[i] == '"' || s[i] == '\\'))
			buf_printf(out, "\\%c", s[i]);
		else if (n == 1 && s[i] == '\n')
			buf_puts(out, "\\n");
		else if (n == 1 && s[i] == '\t')
			buf_puts(out, "\\t");
		else if (n == 0 || (n == 1 && (s[i] < ' ' || s[i] == 0x7f)))
			buf_printf(out, "\\u%04x", s[i]);
		else if (n == 2 && utf8_control(data + i, n))
			buf_printf(out, "\\u%04x", s[i + 1]);
		else
			buf_add(out, s + i, n);
		i += MAX_OF(n, 1u);
	}
	buf_putc(out, '"');
}

static void write_list(const struct value_style *style, const struct value *value, uint32_t n,
		       struct buf *out)
{
	buf_putc(out, '[');
	for (uint32_t i = 0; i < n; i++) {
		struct value e = value_element(value, i);

		if (i)
			buf_putc(out, ',');
		json_value(style, &e, out);
	}
	buf_putc(out, ']');
}

static void write_fields(const struct value_style *style, const struct value *value, struct buf *out)
{
	const struct type *t = value->type;

	buf_putc(out, '{');
	for (uint32_t i = 0; i < t->nfields; i++) {
		const struct field *f = &t->fields[i];
		char anonymous[24];
		const char *name = f->name;

		if (i)
			buf_puts(out, ", ");
		if (!name) {
			/* Names must differ within an object. */
			int len = snprintf(anonymous, sizeof(anonymous), "_%u", i);

			BUG_ON(len < 0);
			name = anonymous;
		}
		json_string(name, strlen(name), out);
		buf_puts(out, ": ");
		if (f->bit_size) {
			buf_printf(out, "%lld", (long long)value_bits(value, f));
		} else {
			struct value e = value_element(value, i);

			json_value(style, &e, out);
		}
	}
	buf_putc(out, '}');
}

static void write_stack(const struct value_style *style, const struct value *value, struct buf *out)
{
	struct frames frames;
	struct buf line = {0};
	const char *separator = "";

	value_frames(style->names, value, &frames);
	buf_putc(out, '[');
	vec_each(frame, &frames.list) {
		buf_reset(&line);
		frame_print(frame, frames.mode, &line);
		buf_puts(out, separator);
		json_string(buf_str(&line), line.len, out);
		separator = ",";
	}
	if (frames.ended) {
		buf_reset(&line);
		buf_printf(&line, "[cut short: %s]", frames.ended);
		buf_puts(out, separator);
		json_string(buf_str(&line), line.len, out);
	}
	buf_putc(out, ']');
	buf_free(&line);
	free(frames.list.v);
}

static void write_bytes(const struct value *value, struct buf *out)
{
	uint32_t len;
	bool cut;
	const uint8_t *s = (const uint8_t *)value_bytes(value, &len, &cut);

	buf_putc(out, '[');
	for (uint32_t i = 0; i < len; i++)
		buf_printf(out, i ? ",%u" : "%u", s[i]);
	buf_putc(out, ']');
}

/* Everything whose text is what it is: strings, addresses, names, times. */
static void write_text(const struct value_style *style, const struct value *value, struct buf *out)
{
	struct value_style plain = {.names = style->names};
	struct buf text = {0};

	value_print(&plain, value, &text);
	json_string(buf_str(&text), text.len, out);
	buf_free(&text);
}

void json_value(const struct value_style *style, const struct value *value, struct buf *out)
{
	const struct type *t = value->type;

	switch ((enum type_kind)t->kind) {
	case TYPE_BOOL:
		buf_puts(out, value_number(value) ? "true" : "false");
		break;
	case TYPE_INT:
	case TYPE_ENUM:
		if (t->is_signed)
			buf_printf(out, "%lld", (long long)value_number(value));
		else if (style->dropin && (uint64_t)value_number(value) > INT64_MAX) /* a text there */
			buf_printf(out, "\"%llu\"", (unsigned long long)value_number(value));
		else
			buf_printf(out, "%llu", (unsigned long long)value_number(value));
		break;
	case TYPE_POINTER:
		buf_printf(out, "%llu", (unsigned long long)value_number(value));
		break;
	case TYPE_BUFFER:
		write_bytes(value, out);
		break;
	case TYPE_ARRAY:
		if (value_is_text(t))
			write_text(style, value, out);
		else
			write_list(style, value, t->count, out);
		break;
	case TYPE_TUPLE:
		write_list(style, value, t->nfields, out);
		break;
	case TYPE_STRUCT:
	case TYPE_RECORD:
		write_fields(style, value, out);
		break;
	case TYPE_KSTACK:
	case TYPE_USTACK:
		write_stack(style, value, out);
		break;
	default:
		write_text(style, value, out);
	}
}

static void write_strings(const struct value *value, struct buf *out)
{
	uint32_t len;
	bool cut;
	const char *s = value_bytes(value, &len, &cut);

	buf_putc(out, '[');
	for (uint32_t at = 0; at < len;) {
		uint32_t n = strnlen(s + at, len - at);

		if (at)
			buf_puts(out, ", ");
		json_string(s + at, n, out);
		at += n + 1;
	}
	buf_putc(out, ']');
}

void json_conversion(const struct value_style *style, const struct format_segment *segment,
		     const struct value *value, struct buf *out)
{
	int64_t n;

	if (segment->conversion == FORMAT_F) {
		n = value_number(value);
		fraction_print(value->type->is_signed ? (__int128)n : (__int128)(uint64_t)n, segment->divisor,
			       segment->precision, out);
	} else if (segment->conversion == FORMAT_RS || segment->conversion == FORMAT_RQ) {
		write_strings(value, out);
	} else if (segment->conversion == FORMAT_WS) {
		struct buf text = {0};

		wait_status_print((int)value_number(value), &text);
		json_string(text.data, text.len, out);
		buf_free(&text);
	} else {
		json_value(style, value, out);
	}
}

void json_key(const struct value_style *style, const struct value *key, struct buf *out)
{
	if (key->type->kind == TYPE_TUPLE) {
		json_value(style, key, out);
		return;
	}
	buf_putc(out, '[');
	json_value(style, key, out);
	buf_putc(out, ']');
}
