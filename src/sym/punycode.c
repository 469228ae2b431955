/* punycode.c - see punycode.h. */
#include "sym/punycode.h"

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700, BIAS = 72, FIRST = 128, POINTS_LIMIT = 256 };

void utf8_add(uint32_t point, struct buf *out)
{
	if (point < 0x80) {
		buf_putc(out, (char)point);
	} else if (point < 0x800) {
		buf_putc(out, (char)(0xc0 | point >> 6));
		buf_putc(out, (char)(0x80 | (point & 63)));
	} else if (point < 0x10000) {
		buf_putc(out, (char)(0xe0 | point >> 12));
		buf_putc(out, (char)(0x80 | (point >> 6 & 63)));
		buf_putc(out, (char)(0x80 | (point & 63)));
	} else {
		buf_putc(out, (char)(0xf0 | point >> 18));
		buf_putc(out, (char)(0x80 | (point >> 12 & 63)));
		buf_putc(out, (char)(0x80 | (point >> 6 & 63)));
		buf_putc(out, (char)(0x80 | (point & 63)));
	}
}

static uint32_t adapt(uint32_t delta, uint32_t count, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / count;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* A variable-length number at *at, added to *i; false: malformed or too large. */
static bool add_delta(const char **at, const char *end, uint32_t bias, uint32_t *i)
{
	uint32_t weight = 1;

	for (uint32_t k = BASE;; k += BASE) {
		uint32_t digit, t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;
		char c;

		if (*at == end)
			return false;
		c = *(*at)++;
		digit = c >= 'a' && c <= 'z' ? c - 'a' : c >= '0' && c <= '9' ? c - '0' + 26 : BASE;
		if (digit == BASE || digit > (UINT32_MAX - *i) / weight)
			return false;
		*i += digit * weight;
		if (digit < t)
			return true;
		if (weight > UINT32_MAX / (BASE - t))
			return false;
		weight *= BASE - t;
	}
}

bool punycode_decode(const char *bytes, size_t len, struct buf *out)
{
	uint32_t points[POINTS_LIMIT], count = 0, n = FIRST, i = 0, bias = BIAS;
	const char *at = bytes, *end = bytes + len, *delimiter = NULL;

	for (const char *p = bytes; p < end; p++)
		if (*p == '_')
			delimiter = p;
	if (delimiter) {
		if (delimiter - bytes >= POINTS_LIMIT)
			return false;
		for (; at < delimiter; at++)
			points[count++] = (unsigned char)*at;
		at = delimiter + 1;
	}
	while (at < end) {
		uint32_t before = i;

		if (count == POINTS_LIMIT || !add_delta(&at, end, bias, &i))
			return false;
		bias = adapt(i - before, count + 1, before == 0);
		if (i / (count + 1) > 0x10ffff - n)
			return false;
		n += i / (count + 1);
		i %= count + 1;
		if (n >= 0xd800 && n < 0xe000)
			return false;
		memmove(points + i + 1, points + i, (count - i) * sizeof(*points));
		points[i++] = n;
		count++;
	}
	for (uint32_t k = 0; k < count; k++)
		utf8_add(points[k], out);
	return true;
}
