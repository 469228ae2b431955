/* cpp_int.h - what cpp.c (macros) and cpp_line.c (lines and directives) share. */
#ifndef SONDE_CPP_INT_H
#define SONDE_CPP_INT_H

#include "base/buf.h"
#include "lang/cpp.h"

struct cpp_piece { /* a part of a text */
	const char *p, *end;
};

enum cpp_kind { CPP_NAME, CPP_NUMBER, CPP_TEXT, CPP_BLANK, CPP_OTHER };

struct cpp_hidden { /* macros that are being expanded */
	const struct cpp_macro *macro;
	const struct cpp_hidden *outer;
	unsigned depth;
};

/* Cuts the next token off `rest`, which is not empty. */
struct cpp_piece cpp_token(struct cpp_piece *rest, enum cpp_kind *kind);
const struct cpp_macro *cpp_find(struct cpp *c, struct cpp_piece name);
/* Appends the text with its macros expanded; as many newlines as it has. */
void cpp_expand_text(struct cpp *c, struct cpp_piece text, const struct cpp_hidden *hidden, struct buf *out);
static inline bool cpp_is(struct cpp_piece t, const char *word)
{
	return (size_t)(t.end - t.p) == strlen(word) && !memcmp(t.p, word, t.end - t.p);
}
struct cpp_piece cpp_trim(struct cpp_piece t);

/* ---- lines ---- */

struct cpp_condition {
	struct span span; /* of its #if */
	bool outer;       /* what is around it is active */
	bool taken;       /* one of its branches was */
	bool active;
	bool has_else;
};

struct cpp_lines {
	struct cpp *c;
	const struct source *source;
	char *text;    /* of as many bytes as the source's; what is read of it is without comments */
	bool script;   /* not a header's */
	struct cpp_condition stack[CPP_MAX_CONDITIONS];
	size_t depth;
	size_t beyond; /* nested deeper still; not active */
};

static inline bool cpp_lines_active(const struct cpp_lines *l)
{
	return !l->beyond && (!l->depth || l->stack[l->depth - 1].active);
}
/* Comments become blanks; newlines stay. */
void cpp_blank_comments(char *text, size_t len);
/* Carries out the directive whose '#' is at line.p, in l->text; true when it is one of a condition. */
bool cpp_directive(struct cpp_lines *l, struct cpp_piece line);
/* Behind the last line: an #if without #endif is reported. */
void cpp_lines_end(const struct cpp_lines *l);
/* The end of the line that starts at p, joined lines with it; its newline is not in it. */
const char *cpp_line_end(const char *p, const char *end);

#endif
