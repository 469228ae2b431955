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
const struct cpp_macro *cpp_find(const struct cpp *c, struct cpp_piece name);
/* Appends the text with its macros expanded; as many newlines as it has. */
void cpp_expand_text(struct cpp *c, struct cpp_piece text, const struct cpp_hidden *hidden, struct buf *out);
static inline bool cpp_is(struct cpp_piece t, const char *word)
{
	return (size_t)(t.end - t.p) == strlen(word) && !memcmp(t.p, word, t.end - t.p);
}
struct cpp_piece cpp_trim(struct cpp_piece t);

#endif
