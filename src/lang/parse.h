/*
 * parse.h - script text to syntax tree: the whole grammar of the bpftrace 0.27 language.
 *
 * Takes one source; gives a NODE_SCRIPT, always (with what could be parsed), and adds
 * diagnostics to `diags`: recovery is at ';', '}' and the next probe, so that one run shows
 * several mistakes. Recursion is bounded (TOO_DEEP), long operator chains are built by
 * iteration. Time and memory are linear in the text.
 */
#ifndef SONDE_PARSE_H
#define SONDE_PARSE_H

#include "lang/ast.h"

struct node *parse_script(struct arena *arena, struct diags *diags, const struct source *source);
/* The tokens, one a line (`line:col kind text`), for --dump=tokens. */
void tokens_print(struct arena *arena, struct diags *diags, const struct source *source,
		  struct buf *out);

#endif
