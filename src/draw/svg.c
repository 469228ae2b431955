/* svg.c - see svg.h. */
#include "draw/svg.h"

#include <inttypes.h>

void svg_put_text(struct buf *out, const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end) {
		unsigned n = utf8_length((const uint8_t *)s, end - s);

		/* XML knows neither control characters nor U+FFFE and U+FFFF: with one the picture is none */
		if (!n || (n == 1 && (unsigned char)*s < ' ' && *s != '\t') ||
		    (n == 3 && (!memcmp(s, "\xef\xbf\xbe", 3) || !memcmp(s, "\xef\xbf\xbf", 3)))) {
			buf_puts(out, "\xef\xbf\xbd");
			s += MAX_OF(n, 1u);
			continue;
		}
		if (*s == '&')
			buf_puts(out, "&amp;");
		else if (*s == '<')
			buf_puts(out, "&lt;");
		else if (*s == '>')
			buf_puts(out, "&gt;");
		else if (*s == '"')
			buf_puts(out, "&quot;");
		else
			buf_add(out, s, n);
		s += n;
	}
}

void svg_put_pixels(struct buf *out, const char *name, double value)
{
	char text[32], *end = text + sizeof(text), *s = end;
	uint64_t tenths = value > 0 ? (uint64_t)(value * 10 + 0.5) : 0;

	*--s = '"';
	*--s = '0' + tenths % 10;
	*--s = '.';
	for (tenths /= 10; tenths >= 10; tenths /= 10)
		*--s = '0' + tenths % 10;
	*--s = '0' + tenths;
	buf_puts(out, name);
	buf_add(out, s, end - s);
}

void svg_put_label(struct buf *out, double font, const char *name, double x, double y, double w)
{
	size_t fit = (w - 4) / (font * 0.59), len = strlen(name), n = 0, characters = 0;

	if (w < 4 + 3 * font * 0.59)
		return;
	while (n < len && characters < fit) {
		n += MAX_OF(utf8_length((const uint8_t *)name + n, len - n), 1u);
		characters++;
	}
	if (n < len) {
		n = 0;
		for (characters = 0; characters + 2 < fit; characters++)
			n += MAX_OF(utf8_length((const uint8_t *)name + n, len - n), 1u);
	}
	svg_put_pixels(out, "<text x=\"", x + 3);
	svg_put_pixels(out, " y=\"", y);
	buf_putc(out, '>');
	svg_put_text(out, name, n);
	buf_puts(out, n < len ? "..</text>" : "</text>");
}

void svg_put_line(struct buf *out, double x, double y, double size, const char *anchor, const char *text)
{
	buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" text-anchor=\"%s\">", x, y, size, anchor);
	svg_put_text(out, text, strlen(text));
	buf_puts(out, "</text>\n");
}

/* Labels within frames keep their dark ink: frames are light in the dark, too. */
static const char both_styles[] =
	"<style>.ground{fill:#ffffff}text{fill:#1b1f24}.frames text{fill:#111111}"
	"@media(prefers-color-scheme:dark){.ground{fill:#15181c}text{fill:#e6e9ed}.frames text{fill:#111111}}"
	"</style>\n";

void svg_put_head(struct buf *out, double width, double height, const char *font, double size, const char *background)
{
	buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<svg version=\"1.1\" width=\"%.0f\" height=\"%.0f\" "
		   "viewBox=\"0 0 %.0f %.0f\" xmlns=\"http://www.w3.org/2000/svg\" font-family=\"", width, height,
		   width, height);
	svg_put_text(out, font, strlen(font));
	buf_printf(out, "\" font-size=\"%.1f\">\n", size);
	if (!background)
		buf_puts(out, both_styles);
	buf_printf(out, "<rect class=\"ground\" width=\"100%%\" height=\"100%%\" fill=\"%s\"/>\n",
		   background ? background : "#ffffff");
}
