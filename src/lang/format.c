/* format.c - see format.h. */
#include "lang/format.h"

static const struct {
	const char *name;
	enum format_takes takes;
} conversions[] = {
#define CONVERSION(id, spelling, takes, doc) [FORMAT_##id] = {spelling, FORMAT_##takes},
#include "lang/format.def"
#undef CONVERSION
};

static const struct {
	const char *name;
	unsigned bits;
} lengths[] = {
#define LENGTH(id, spelling, bits) [FORMAT_LENGTH_##id] = {spelling, bits ? bits : 64},
#include "lang/format.def"
#undef LENGTH
};

static const char flag_letters[] = "-+ #0"; /* in the order of enum format_flags */

struct cursor {
	const char *start, *p, *end;
	struct format_error *error;
};

const char *format_conversion_name(enum format_conversion conversion)
{
	return conversions[conversion].name;
}

enum format_takes format_takes(enum format_conversion conversion)
{
	return conversions[conversion].takes;
}

const char *format_length_name(enum format_length length)
{
	return lengths[length].name;
}

unsigned format_length_bits(enum format_length length)
{
	return lengths[length].bits;
}

static bool fail(struct cursor *c, const char *from, const char *message)
{
	const char *to = c->p < c->end ? c->p + 1 : c->end;

	*c->error = (struct format_error){message, from - c->start, to - from};
	return false;
}

static bool starts_with(const struct cursor *c, const char *s)
{
	size_t len = strlen(s);

	return (size_t)(c->end - c->p) >= len && !memcmp(c->p, s, len);
}

/* Digits as a number; false past the bound, the cursor on the digit that is too much. */
static bool read_number(struct cursor *c, int16_t *out)
{
	int value = 0;

	for (; c->p < c->end && *c->p >= '0' && *c->p <= '9'; c->p++) {
		value = value * 10 + (*c->p - '0');
		if (value > FORMAT_MAX_WIDTH)
			return false;
	}
	*out = value;
	return true;
}

static void read_flags(struct cursor *c, struct format_segment *s)
{
	for (; c->p < c->end && *c->p; c->p++) {
		const char *found = strchr(flag_letters, *c->p);

		if (!found)
			break;
		s->flags |= 1 << (found - flag_letters);
	}
	if (s->flags & FORMAT_LEFT)
		s->flags &= ~FORMAT_ZERO;
	if (s->flags & FORMAT_SIGN)
		s->flags &= ~FORMAT_BLANK;
}

static void read_length(struct cursor *c, struct format_segment *s)
{
	size_t best = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		if (strlen(lengths[i].name) > best && starts_with(c, lengths[i].name)) {
			best = strlen(lengths[i].name);
			s->length = i;
		}
	}
	c->p += best;
}

static bool read_conversion(struct cursor *c, struct format_segment *s)
{
	size_t best = 0;

	for (size_t i = 0; i < ARRAY_SIZE(conversions); i++) {
		if (strlen(conversions[i].name) > best && starts_with(c, conversions[i].name)) {
			best = strlen(conversions[i].name);
			s->conversion = i;
		}
	}
	c->p += best;
	return best > 0;
}

static bool bad_conversion(struct cursor *c, const char *from)
{
	if (c->p == c->end)
		return fail(c, from, "the format ends within a conversion; a percent sign is "
			    "written %%");
	if (memchr("eEFgGaA", *c->p, 7))
		return fail(c, from, "there are no floating-point numbers, so no conversion "
			    "for them");
	if (*c->p == '*')
		return fail(c, from, "a width or precision is a number, not '*'");
	if (*c->p == 'n')
		return fail(c, from, "there is no conversion %n");
	return fail(c, from, "there is no such conversion; known are d i u o x X c s p r rx rh rs gr "
		    "and %%");
}

/* The cursor is behind the '%'. */
static bool parse_conversion(struct cursor *c, struct format_segment *s)
{
	const char *from = c->p - 1;

	*s = (struct format_segment){.precision = -1};
	read_flags(c, s);
	if (!read_number(c, &s->width))
		return fail(c, from, "a width is at most 4096");
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		if (!read_number(c, &s->precision))
			return fail(c, from, "a precision is at most 4096");
	}
	read_length(c, s);
	if (!read_conversion(c, s))
		return bad_conversion(c, from);
	s->off = from - c->start;
	s->span_len = c->p - from;
	return true;
}

/* Literal bytes up to the next conversion or the end; a "%%" is one byte of them. */
static void parse_literal(struct arena *arena, struct cursor *c, struct format_segment *s)
{
	const char *from = c->p, *p = from;
	size_t len = 0;
	char *data;

	/* first how long it is: a buffer for the rest of the format each time would add up */
	while (p < c->end && (*p != '%' || (p + 1 < c->end && p[1] == '%')))
		p += *p == '%' ? 2 : 1;
	data = arena_alloc(arena, p - from + 1);
	for (; c->p < p; c->p++) {
		c->p += *c->p == '%';
		data[len++] = *c->p;
	}
	*s = (struct format_segment){.literal = true, .text = {data, len}, .precision = -1,
				     .off = from - c->start, .span_len = p - from};
}

bool format_parse(struct arena *arena, struct text format, struct format *out,
		  struct format_error *error)
{
	struct cursor c = {format.data, format.data, format.data + format.len, error};

	*out = (struct format){0};
	*error = (struct format_error){0};
	while (c.p < c.end) {
		struct format_segment s;

		if (*c.p == '%' && !starts_with(&c, "%%")) {
			c.p++;
			if (!parse_conversion(&c, &s))
				return false;
			out->conversions++;
		} else {
			parse_literal(arena, &c, &s);
		}
		avec_push(arena, &out->segments, s);
	}
	return true;
}

static void print_literal(struct text text, struct buf *out)
{
	buf_putc(out, '"');
	for (uint32_t i = 0; i < text.len; i++) {
		unsigned char c = text.data[i];

		if (c == '\n')
			buf_puts(out, "\\n");
		else if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			buf_printf(out, "\\x%02x", c);
		else
			buf_putc(out, c);
	}
	buf_putc(out, '"');
}

void format_print(const struct format *format, struct buf *out)
{
	vec_each(s, &format->segments) {
		if (s->literal) {
			print_literal(s->text, out);
			continue;
		}
		buf_printf(out, "{%s%s", lengths[s->length].name, conversions[s->conversion].name);
		for (size_t i = 0; flag_letters[i]; i++)
			if (s->flags & 1 << i)
				buf_printf(out, " '%c'", flag_letters[i]);
		if (s->width)
			buf_printf(out, " w%d", s->width);
		if (s->precision >= 0)
			buf_printf(out, " p%d", s->precision);
		buf_putc(out, '}');
	}
}
