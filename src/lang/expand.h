/*
 * expand.h - what a script is written with, replaced by what it stands for: imports by what the
 * files hold, #include lines by the headers' definitions, uses of #define constants, calls of
 * macros and of functions of one's own by their bodies.
 *
 *     parse -> expand -> check
 *
 * Takes a parsed script (script->root) and, for what is read from files, script->files; changes
 * the tree in place. Afterwards there is no IMPORT, C_INCLUDE, C_DEFINE, MACRO or FUNCTION at
 * top level, and C definitions of headers are in script->headers.
 *
 * Bounds: EXPAND_MAX_NESTING expansions inside each other, EXPAND_MAX_NODES nodes made in all,
 * no tree deeper than AST_MAX_DEPTH, HEADERS_MAX_FILES files.
 */
#ifndef SONDE_EXPAND_H
#define SONDE_EXPAND_H

#include "lang/script.h"

enum {
	EXPAND_MAX_NESTING = 64, EXPAND_MAX_NODES = 1 << 20,
};

/*
 * False when there are errors (in script->diags). `library`: macros that the script's own
 * replace where they take the same arguments; NULL or NODE_SCRIPTs, the list ends with NULL.
 */
bool script_expand(struct script *script, struct node *const *library);

#endif
