/* conversion.c - see conversion.h. */
#include "out/conversion.h"

#include <sys/wait.h>

/* `len` bytes from `start` on are the field: padded to the width, in place. */
static void pad_field(const struct format_segment *c, size_t start, struct buf *out)
{
	size_t len = out->len - start, width = c->width, pad;

	if (len >= width)
		return;
	pad = width - len;
	buf_pad(out, ' ', pad);
	if (c->flags & FORMAT_LEFT)
		return;
	memmove(out->data + start + pad, out->data + start, len);
	memset(out->data + start, ' ', pad);
}

/* Digits of v, last first, into text; how many. */
static unsigned digits_of(uint64_t v, unsigned base, bool upper, char text[64])
{
	const char *set = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned n = 0;

	do {
		text[n++] = set[v % base];
		v /= base;
	} while (v);
	return n;
}

static void print_digits(const struct format_segment *c, uint64_t v, unsigned base, const char *prefix,
			 struct buf *out)
{
	char text[64];
	unsigned n = v == 0 && c->precision == 0 ? 0 : digits_of(v, base, c->conversion == FORMAT_X_UPPER, text);
	uint32_t zeros = c->precision > (int)n ? c->precision - n : 0, width = c->width;
	size_t start = out->len, prefixed = strlen(prefix);

	if (base == 8 && (c->flags & FORMAT_ALTERNATE) && zeros == 0 && (n == 0 || text[n - 1] != '0'))
		zeros = 1;
	if ((c->flags & FORMAT_ZERO) && !(c->flags & FORMAT_LEFT) && c->precision < 0 && width > n + zeros + prefixed)
		zeros = width - n - prefixed;
	buf_add(out, prefix, prefixed);
	buf_pad(out, '0', zeros);
	while (n)
		buf_putc(out, text[--n]);
	pad_field(c, start, out);
}

/* The bits of the number that are printed, as the type or the length modifier says. */
static uint64_t number_bits(const struct format_segment *c, const struct value *value, bool as_signed)
{
	const struct type *t = value->type;
	int64_t n = value_number(value);
	bool given = c->length != FORMAT_LENGTH_NONE;
	unsigned bits = given ? format_length_bits(c->length) : 0;

	if (!bits)
		bits = type_is_int(t) && t->size && t->size <= 4 ? 32 : 64;
	if (bits == 64)
		return n;
	/* %d of a uint32 above INT32_MAX is that number: its value fits, only C's int would not. */
	if (!given && as_signed && n >= 0)
		return n;
	n = (int64_t)((uint64_t)n << (64 - bits));
	return as_signed ? (uint64_t)(n >> (64 - bits)) : (uint64_t)n >> (64 - bits);
}

static void print_signed(const struct format_segment *c, const struct value *value, struct buf *out)
{
	int64_t n = number_bits(c, value, true);
	const char *prefix = n < 0 ? "-" : c->flags & FORMAT_SIGN ? "+" : c->flags & FORMAT_BLANK ? " " : "";

	print_digits(c, n < 0 ? -(uint64_t)n : (uint64_t)n, 10, prefix, out);
}

/* At most `precision` bytes, never half a character of valid UTF-8. */
static void cut_text(const struct format_segment *c, size_t start, struct buf *out)
{
	size_t keep = 0, most;

	if (c->precision < 0 || out->len - start <= (size_t)c->precision)
		return;
	most = c->precision;
	while (keep < most) {
		unsigned n = utf8_length((uint8_t *)out->data + start + keep, out->len - start - keep);

		n = MAX_OF(n, 1u);
		if (keep + n > most)
			break;
		keep += n;
	}
	out->len = start + keep;
	out->data[out->len] = '\0';
}

static void print_bytes(const struct format_segment *c, const struct value *value, struct buf *out)
{
	uint32_t len;
	bool cut;
	const uint8_t *s;

	if (value->type->kind == TYPE_BUFFER || value->type->kind == TYPE_STRING) {
		s = (const uint8_t *)value_bytes(value, &len, &cut);
	} else {
		s = value->data;
		len = MIN_OF(value->size, value->type->size);
	}
	if (c->conversion == FORMAT_R)
		bytes_print(s, len, out);
	for (uint32_t i = 0; c->conversion != FORMAT_R && i < len; i++)
		buf_printf(out, c->conversion == FORMAT_RX ? "\\x%02x" : i ? " %02x" : "%02x", s[i]);
}

/* Strings one after the other, each with its NUL, as one line. */
static void print_strings(const struct value_style *style, const struct value *value, bool quoted, struct buf *out)
{
	uint32_t len;
	bool cut;
	const char *s = value_bytes(value, &len, &cut);
	struct buf text = {0};

	cut = len && s[len - 1];
	len -= len && !cut; /* what ends the last */
	while (!quoted && len && !s[len - 1]) /* empty ones at the end are nothing to be seen */
		len--;
	buf_puts(&text, quoted ? "\"" : "");
	for (uint32_t i = 0; i < len; i++)
		if (!s[i])
			buf_puts(&text, quoted ? "\" \"" : " ");
		else if (quoted && (s[i] == '"' || s[i] == '\\'))
			buf_printf(&text, "\\%c", s[i]);
		else
			buf_putc(&text, s[i]);
	buf_puts(&text, cut ? "..." : "");
	buf_puts(&text, quoted ? "\"" : "");
	text_put(style, buf_str(&text), text.len, out);
	buf_free(&text);
}

/* A byte above 0x7f may be a part of a character, whose others come with other conversions. */
static void print_character(const struct value_style *style, char c, struct buf *out)
{
	if ((unsigned char)c < 0x80)
		text_put(style, &c, 1, out);
	else
		buf_putc(out, c);
}

void fraction_print(__int128 n, uint64_t divisor, int precision, struct buf *out)
{
	bool negative = n < 0;
	unsigned __int128 v = negative ? -(unsigned __int128)n : (unsigned __int128)n, scale = 1;
	char digits[64];
	unsigned at = sizeof(digits);
	int places = precision < 0 ? 6 : MIN_OF(precision, 9);

	for (int i = 0; i < places; i++)
		scale *= 10;
	divisor = MAX_OF(divisor, (uint64_t)1);
	v = (v * scale + divisor / 2) / divisor;
	for (int i = 0; v || i <= places; i++) {
		if (i == places && places)
			digits[--at] = '.';
		digits[--at] = '0' + (char)(v % 10);
		v /= 10;
	}
	if (negative)
		buf_putc(out, '-');
	buf_add(out, digits + at, sizeof(digits) - at);
}

void conversion_print(const struct value_style *style, const struct format_segment *c,
		      const struct value *value, struct buf *out)
{
	size_t start = out->len;
	enum format_conversion conversion = c->conversion;
	bool alternate = c->flags & FORMAT_ALTERNATE;
	uint64_t n;

	/* A value that is no number under a number's conversion is shown as it is. */
	if (format_takes(conversion) == FORMAT_INTEGER && !type_is_scalar(value->type))
		conversion = FORMAT_S;
	switch (conversion) {
	case FORMAT_D:
	case FORMAT_I:
		print_signed(c, value, out);
		return;
	case FORMAT_U:
		print_digits(c, number_bits(c, value, false), 10, "", out);
		return;
	case FORMAT_O:
		print_digits(c, number_bits(c, value, false), 8, "", out);
		return;
	case FORMAT_X_LOWER:
	case FORMAT_X_UPPER:
		n = number_bits(c, value, false);
		print_digits(c, n, 16, !alternate || !n ? "" : conversion == FORMAT_X_UPPER ? "0X" : "0x", out);
		return;
	case FORMAT_P:
		print_digits(c, value_number(value), 16, value_number(value) ? "0x" : "", out);
		return;
	case FORMAT_F:
		n = value_number(value);
		fraction_print(value->type->is_signed ? (__int128)(int64_t)n : (__int128)n, c->divisor,
			       c->precision, out);
		break;
	case FORMAT_RS:
	case FORMAT_RQ:
		print_strings(style, value, conversion == FORMAT_RQ, out);
		cut_text(c, start, out);
		break;
	case FORMAT_C:
		print_character(style, (char)value_number(value), out);
		break;
	case FORMAT_R:
	case FORMAT_RX:
	case FORMAT_RH:
		print_bytes(c, value, out);
		break;
	case FORMAT_WS:
		wait_status_print((int)value_number(value), out);
		break;
	case FORMAT_GR:
		gfp_print(value_number(value), out);
		break;
	default:
		value_print(style, value, out);
		cut_text(c, start, out);
	}
	pad_field(c, start, out);
}

/*
 * bpftrace's printf: numbers without a length modifier have 32 bits, precision counts for
 * fractions alone, and a blank before numbers is not printed.
 */
static void narrow(const struct value_style *style, const struct format_segment *segment, struct value value,
		   struct buf *out)
{
	static const struct type int32 = {.kind = TYPE_INT, .size = 4, .is_signed = true};
	struct format_segment c = *segment;
	uint64_t cut;

	c.flags &= ~FORMAT_BLANK;
	if (c.conversion != FORMAT_F)
		c.precision = -1;
	if (format_takes(c.conversion) == FORMAT_INTEGER && c.conversion != FORMAT_P &&
	    c.length == FORMAT_LENGTH_NONE && type_is_scalar(value.type) && value.type->size >= 4 && value.size >= 8) {
		memcpy(&cut, value.data, sizeof(cut));
		cut = c.conversion == FORMAT_D || c.conversion == FORMAT_I ? (uint64_t)(int32_t)cut : (uint32_t)cut;
		value.data = (const uint8_t *)&cut;
		if (value.type->kind == TYPE_INT && value.type->size == 4 && (int64_t)cut < 0)
			value.type = &int32;
	}
	conversion_print(style, &c, &value, out);
}

void format_values(const struct value_style *style, const struct format *format,
		   const struct value *args, size_t nargs, struct buf *out)
{
	size_t next = 0;

	vec_each(segment, &format->segments) {
		if (segment->literal)
			buf_add(out, segment->text.data, segment->text.len);
		else if (next < nargs && style->dropin)
			narrow(style, segment, args[next++], out);
		else if (next < nargs)
			conversion_print(style, segment, &args[next++], out);
	}
}

/*
 * include/linux/gfp_types.h; these bits have kept their meaning from 5.10 to 6.18 (0x200,
 * the one that has not, is left in hex). Combinations first, the largest first.
 */
void gfp_print(uint32_t flags, struct buf *out)
{
	static const struct { uint32_t bits; const char *name; } names[] = {
		{0x100cca, "GFP_HIGHUSER_MOVABLE"}, {0x100cc2, "GFP_HIGHUSER"}, {0x100cc0, "GFP_USER"},
		{0x400cc0, "GFP_KERNEL_ACCOUNT"}, {0xcc0, "GFP_KERNEL"}, {0xc40, "GFP_NOFS"},
		{0xc00, "GFP_NOIO"}, {0x820, "GFP_ATOMIC"}, {0x800, "GFP_NOWAIT"}, {0x1, "GFP_DMA"},
		{0x4, "GFP_DMA32"}, {0x2, "__GFP_HIGHMEM"}, {0x8, "__GFP_MOVABLE"},
		{0x10, "__GFP_RECLAIMABLE"}, {0x20, "__GFP_HIGH"}, {0x40, "__GFP_IO"}, {0x80, "__GFP_FS"},
		{0x100, "__GFP_ZERO"}, {0x400, "__GFP_DIRECT_RECLAIM"}, {0x1000, "__GFP_WRITE"},
		{0x2000, "__GFP_NOWARN"}, {0x4000, "__GFP_RETRY_MAYFAIL"}, {0x8000, "__GFP_NOFAIL"},
		{0x10000, "__GFP_NORETRY"}, {0x20000, "__GFP_MEMALLOC"}, {0x40000, "__GFP_COMP"},
		{0x80000, "__GFP_NOMEMALLOC"}, {0x100000, "__GFP_HARDWALL"}, {0x200000, "__GFP_THISNODE"},
		{0x400000, "__GFP_ACCOUNT"},
	};
	const char *separator = "";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if ((flags & names[i].bits) != names[i].bits)
			continue;
		buf_printf(out, "%s%s", separator, names[i].name);
		separator = "|";
		flags &= ~names[i].bits;
	}
	if (flags || !*separator)
		buf_printf(out, flags ? "%s0x%x" : "%s%u", separator, flags);
}

void wait_status_print(int status, struct buf *out)
{
	const char *name;

	if (WIFSIGNALED(status)) {
		name = sigabbrev_np(WTERMSIG(status));
		buf_printf(out, name ? "signal %d (%s)" : "signal %d", WTERMSIG(status), name);
		if (WCOREDUMP(status))
			buf_puts(out, ", core dumped");
	} else {
		buf_printf(out, WEXITSTATUS(status) ? "code %d" : "%d", WEXITSTATUS(status));
	}
}
