/* text_escape.c - bytes of unknown origin made safe to print. See value.h. */
#include "out/value.h"

void text_escape(const char *data, size_t len, struct buf *out)
{
	const uint8_t *s = (const uint8_t *)data;

	for (size_t i = 0; i < len;) {
		unsigned n = utf8_length(s + i, len - i);
		bool control = s[i] != '\n' && s[i] != '\t' && utf8_control(data + i, len - i);

		if (n == 0 || control) {
			for (unsigned j = 0; j < MAX_OF(n, 1u); j++)
				buf_printf(out, "\\x%02x", s[i + j]);
		} else {
			buf_add(out, s + i, n);
		}
		i += MAX_OF(n, 1u);
	}
}

void text_put(const struct value_style *style, const char *data, size_t len, struct buf *out)
{
	if (style->escape)
		text_escape(data, len, out);
	else
		buf_add(out, data, len);
}

void bytes_print(const uint8_t *data, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] >= ' ' && data[i] < 0x7f)
			buf_putc(out, data[i]);
		else
			buf_printf(out, "\\x%02x", data[i]);
	}
}
