/* text_escape.c - bytes of unknown origin made safe to print. See value.h. */
#include "out/value.h"

unsigned utf8_length(const uint8_t *s, size_t len)
{
	static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c;
	unsigned n;

	if (len == 0)
		return 0;
	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc0 ? 2 : 0;
	if (n == 0 || n > len || s[0] > 0xf4)
		return 0;
	c = s[0] & (0x7f >> n);
	for (unsigned i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	/* Too long a form, a surrogate, or past the last character. */
	if (c < lowest[n] || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
		return 0;
	return n;
}

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
