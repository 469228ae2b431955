/* format.c - see format.h. */
#include "prof/format.h"

#include "prof/perfdata.h"

const struct prof_format_row prof_formats[PROF_FORMATS] = {
#define FORMAT(id, name, endings, reads, writes, help) [PROF_##id] = {name, endings, reads, writes, help},
#include "prof/format.def"
#undef FORMAT
};

enum prof_format prof_format_named(const char *name)
{
	for (int i = 0; i < PROF_FORMATS; i++)
		if (str_eq(prof_formats[i].name, name))
			return i;
	return PROF_FORMATS;
}

static bool ends_in(const char *path, size_t len, const char *ending, size_t n)
{
	return len > n + 1 && path[len - n - 1] == '.' && !memcmp(path + len - n, ending, n);
}

static enum prof_format of_ending(const char *path, size_t len)
{
	for (int i = 0; i < PROF_FORMATS; i++) {
		for (const char *e = prof_formats[i].endings; *e;) {
			size_t n = strcspn(e, " ");

			if (ends_in(path, len, e, n))
				return i;
			e += n + (e[n] == ' ');
		}
	}
	return PROF_FORMATS;
}

enum prof_format prof_format_of_path(const char *path)
{
	size_t len = strlen(path);
	enum prof_format found = of_ending(path, len);

	if (found == PROF_FORMATS && ends_in(path, len, "gz", 2))
		found = of_ending(path, len - 3);
	return found;
}

/* The first line with something in it that is no comment. */
static const char *first_line(const char *text, size_t len, size_t *n)
{
	const char *end = text + len;

	while (text < end) {
		const char *stop = memchr(text, '\n', end - text);

		*n = (stop ? stop : end) - text;
		if (*n && *text != '#')
			return text;
		if (!stop)
			break;
		text = stop + 1;
	}
	return NULL;
}

enum prof_format prof_format_of_text(const char *text, size_t len)
{
	const char *line;
	size_t n, digits = 0;

	if (perfdata_is(text, len))
		return PROF_PERFDATA;
	for (line = text; line < text + len && strchr(" \t\r\n", *line) && *line; line++)
		;
	if (line < text + len && *line == '{')
		return PROF_SPEEDSCOPE;
	/* field 1 (sample_type), bytes: how every pprof file begins that anyone writes */
	if (len > 2 && text[0] == 0x0a && (unsigned char)text[1] < 0x20 && text[2] == 0x08)
		return PROF_PPROF;
	line = first_line(text, len, &n);
	if (!line || memchr(text, '\0', len))
		return PROF_FORMATS;
	while (digits < n && line[n - 1 - digits] && strchr("0123456789.", line[n - 1 - digits]))
		digits++;
	if (digits && digits < n && line[n - 1 - digits] == ' ' && memchr(line, ';', n))
		return PROF_FOLDED;
	while (n && (line[n - 1] == ' ' || line[n - 1] == '\r'))
		n--;
	if (n && (line[n - 1] == ':' || line[n - 1] == ')' || memmem(line, n, ": ", 2)))
		return PROF_PERF;
	return digits ? PROF_FOLDED : PROF_FORMATS;
}

void prof_format_list(struct buf *out, bool writes)
{
	const char *between = "";

	for (int i = 0; i < PROF_FORMATS; i++) {
		if (!(writes ? prof_formats[i].writes : prof_formats[i].reads))
			continue;
		buf_printf(out, "%s%s", between, prof_formats[i].name);
		between = ", ";
	}
}
