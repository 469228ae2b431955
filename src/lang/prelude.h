/*
 * prelude.h - macros that every script has, written in the scripts' own language. A script's own
 * macro or function of the name takes their place.
 */
#ifndef SONDE_PRELUDE_H
#define SONDE_PRELUDE_H

#include "lang/ast.h"

/* A SCRIPT of macros, for script_expand(); NULL when there is no room among the sources. */
struct node *prelude_parse(struct arena *arena, struct diags *diags);

#endif
