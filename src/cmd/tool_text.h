/* tool_text.h - where a tool's header is in a text: its comment, its lines, its title. */
#ifndef SONDE_CMD_TOOL_TEXT_H
#define SONDE_CMD_TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct line { /* a place in one line of the header */
	const char *p, *end;
};

/* The line without its star; false: the line is empty. *indent: blanks before what it says. */
bool tool_strip(struct line *l, unsigned *indent);
/* Where the comment begins; NULL: the text does not begin with one. */
const char *tool_comment_start(const char *text, size_t len);
/* The first line that says something, moved over. */
bool tool_title_line(const char **p, const char *end, struct line *out);

#endif
