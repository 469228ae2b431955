/* text_escape.c - bytes of unknown origin made safe to print. See value.h. */
#include "out/value.h"

void text_escape(const char *data, size_t len, struct buf *out)
{
	const uint8_t *s = (const uint8_t *)data;

	for (size_t i = 0; i < len;) {
		unsigned n = utf8_length(s + i, len - i);
		/* C1 control characters steer terminals too; in UTF-8 they are c2 80 .. c2 9f. */
		bool control = (n == 1 && ((s[i] < ' ' && s[i] != '\n' && s[i] != '\t') || s[i] == 0x7f)) ||
			       (n == 2 && s[i] == 0xc2 && s[i + 1] < 0xa0);

		if (n == 0 || control) {
			for (unsigned j = 0; j < MAX_OF(n, 1u); j++)
				buf_printf(out, "\\x%02x", s[i + j]);
		} else {
			buf_add(out, s + i, n);
		}
		i += MAX_OF(n, 1u);
	}
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
