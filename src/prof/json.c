/* json.c - see json.h. */
#include "prof/json.h"

#include <stdlib.h>

static void blanks(struct json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' || *j->p == '\t' || *j->p == '\r'))
		j->p++;
}

static bool bad(struct json *j)
{
	j->bad = true;
	return false;
}

static char look(struct json *j)
{
	if (j->bad)
		return 0;
	blanks(j);
	return j->p < j->end ? *j->p : 0;
}

bool json_walk_enter(struct json *j, char open)
{
	if (look(j) != open) {
		json_walk_skip(j);
		return false;
	}
	j->p++;
	return true;
}

bool json_walk_next(struct json *j, bool *first, char close, struct buf *key)
{
	char c = look(j);

	if (j->bad || !c)
		return bad(j);
	if (c == close) {
		j->p++;
		return false;
	}
	if (!*first) {
		if (c != ',')
			return bad(j);
		j->p++;
	}
	*first = false;
	if (!key)
		return true;
	buf_reset(key);
	if (look(j) != '"' || !json_walk_string(j, key) || look(j) != ':')
		return bad(j);
	j->p++;
	return true;
}

static void put_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_putc(out, c);
	} else if (c < 0x800) {
		buf_putc(out, 0xc0 | c >> 6);
		buf_putc(out, 0x80 | (c & 63));
	} else if (c < 0x10000) {
		buf_putc(out, 0xe0 | c >> 12);
		buf_putc(out, 0x80 | (c >> 6 & 63));
		buf_putc(out, 0x80 | (c & 63));
	} else {
		buf_putc(out, 0xf0 | c >> 18);
		buf_putc(out, 0x80 | (c >> 12 & 63));
		buf_putc(out, 0x80 | (c >> 6 & 63));
		buf_putc(out, 0x80 | (c & 63));
	}
}

static bool hex4(struct json *j, uint32_t *out)
{
	*out = 0;
	if (j->end - j->p < 4)
		return bad(j);
	for (int i = 0; i < 4; i++) {
		char c = *j->p++;
		int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;

		if (d < 0)
			return bad(j);
		*out = *out << 4 | d;
	}
	return true;
}

static bool escape(struct json *j, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint32_t c, low;
	const char *at;
	char e;

	if (j->p == j->end)
		return bad(j);
	e = *j->p++;
	at = e ? strchr(from, e) : NULL;
	if (at) {
		buf_putc(out, to[at - from]);
		return true;
	}
	if (e != 'u' || !hex4(j, &c))
		return bad(j);
	if (c >= 0xd800 && c < 0xdc00 && j->end - j->p > 6 && j->p[0] == '\\' && j->p[1] == 'u') {
		j->p += 2;
		if (!hex4(j, &low))
			return false;
		c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
	}
	put_utf8(out, c && !(c >= 0xd800 && c < 0xe000) ? c : 0xfffd);
	return true;
}

bool json_walk_string(struct json *j, struct buf *out)
{
	if (look(j) != '"') {
		json_walk_skip(j);
		return false;
	}
	for (j->p++; j->p < j->end;) {
		char c = *j->p++;

		if (c == '"')
			return true;
		if (c == '\\') {
			if (!escape(j, out))
				return false;
		} else {
			buf_putc(out, c ? c : '?');
		}
	}
	return bad(j);
}

bool json_walk_number(struct json *j, double *out)
{
	char text[40], c = look(j), *end;
	size_t n = 0;

	if (c != '-' && (c < '0' || c > '9')) {
		json_walk_skip(j);
		return false;
	}
	while (j->p < j->end && *j->p && strchr("+-.eE0123456789", *j->p)) {
		if (n == sizeof(text) - 1)
			return bad(j);
		text[n++] = *j->p++;
	}
	text[n] = '\0';
	*out = strtod(text, &end);
	return !*end || bad(j);
}

/* No recursion: how deep it is, is the input's choice. */
void json_walk_skip(struct json *j)
{
	size_t depth = 0;

	do {
		char c = look(j);

		if (!c) {
			j->bad = true;
			return;
		}
		j->p++;
		if (c == '[' || c == '{') {
			depth++;
		} else if (c == ']' || c == '}') {
			if (!depth) {
				j->bad = true;
				return;
			}
			depth--;
		} else if (c == '"') {
			while (j->p < j->end && *j->p != '"')
				j->p += *j->p == '\\' && j->p + 1 < j->end ? 2 : 1;
			if (j->p >= j->end) {
				j->bad = true;
				return;
			}
			j->p++;
		} else if (c != ',' && c != ':') {
			while (j->p < j->end && !strchr(",:]} \n\t\r\"[{", *j->p))
				j->p++;
		}
	} while (depth && !j->bad);
}
