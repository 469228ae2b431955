/* tool_text.c - see tool_text.h. */
#include "cmd/tool_text.h"

#include "cmd/tool.h"

#include <ctype.h>

bool tool_strip(struct line *l, unsigned *indent)
{
	const char *p = l->p;

	while (p < l->end && isblank((unsigned char)*p))
		p++;
	if (p < l->end && *p == '*')
		p++;
	*indent = 0;
	while (p < l->end && isblank((unsigned char)*p)) {
		*indent += *p == '\t' ? 8 : 1;
		p++;
	}
	while (l->end > p && isspace((unsigned char)l->end[-1]))
		l->end--;
	l->p = p;
	return p < l->end;
}

const char *tool_comment_start(const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	if (len > 2 && p[0] == '#' && p[1] == '!') {
		p = memchr(p, '\n', len);
		if (!p)
			return NULL;
		p++;
	}
	return end - p > 2 && p[0] == '/' && p[1] == '*' ? p : NULL;
}

bool tool_title_line(const char **p, const char *end, struct line *out)
{
	unsigned indent;

	while (*p < end) {
		const char *newline = memchr(*p, '\n', end - *p);

		*out = (struct line){*p, newline ? newline : end};
		*p = newline ? newline + 1 : end;
		if (tool_strip(out, &indent))
			return true;
	}
	return false;
}

static bool is_title(const struct line *l)
{
	static const char title[] = "sonde tool";

	return l->end - l->p == sizeof(title) - 1 && !memcmp(l->p, title, sizeof(title) - 1);
}

bool tool_has_header(const char *text, size_t len)
{
	const char *p = tool_comment_start(text, len);
	struct line l;

	if (!p)
		return false;
	p += 2;
	return tool_title_line(&p, text + len, &l) && is_title(&l);
}
