/*
 * parse.h - script text to syntax tree: the whole grammar of the bpftrace 0.27 language.
 *
 * Takes one source; gives a NODE_SCRIPT, always (with what could be parsed), and adds
 * diagnostics to `diags`: recovery is at ';', '}' and the next probe, so that one run shows
 * several mistakes. Recursion is bounded (TOO_DEEP), long operator chains are built by
 * iteration, and no tree is deeper than AST_MAX_DEPTH. Time and memory are linear in the text.
 *
 * A text with nothing in it but comments and a config block is EMPTY_SCRIPT; one with macros,
 * imports or C definitions and no probe may be a library, so that is for the checker.
 */
#ifndef SONDE_PARSE_H
#define SONDE_PARSE_H

#include "lang/ast.h"

struct files; /* lang/files.h */

/* `files`: what headers are read with where an #if asks for their macros; NULL: they are not. */
struct node *parse_script(struct arena *arena, struct diags *diags, const struct source *source, struct files *files);
/* The same for a text that may hold nothing but comments: an imported file. */
struct node *parse_library(struct arena *arena, struct diags *diags, const struct source *source, struct files *files);
/*
 * A header of C, gone through the preprocessor: its struct, union, enum and typedef definitions
 * (C_STRUCT, C_ENUM, C_TYPEDEF) as the list of a SCRIPT; functions, variables and the like are
 * stepped over. `diags` NULL: what cannot be read is left out without a word.
 */
struct node *parse_header(struct arena *arena, struct diags *diags, const struct source *source);
/*
 * That part of the source as one expression, or NULL when it is none; reports nothing. Works
 * in any text that was added as a source.
 */
struct node *parse_fragment(struct arena *arena, const struct source *source, struct span span);
/* The tokens, one a line (`line:col kind text`), for --dump=tokens. */
void tokens_print(struct arena *arena, struct diags *diags, const struct source *source, struct files *files,
		  struct buf *out);

#endif
