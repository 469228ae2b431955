/*
 * specialise.h - a parsed script for given values of its constants: names replaced by literals,
 * conditions that are decided by them removed with the branch not taken, probes whose predicate
 * is false or whose body is empty removed. What is removed is never checked, planned or
 * attached, so a feature that is switched off costs nothing.
 */
#ifndef SONDE_LANG_SPECIALISE_H
#define SONDE_LANG_SPECIALISE_H

#include "lang/ast.h"

struct specialise {
	struct arena *arena;
	/* What stands for that name: an INT or STRING literal; NULL: the name is no constant. */
	const struct node *(*constant)(void *ctx, const char *name);
	void *ctx;
};

/* `script` is a NODE_SCRIPT not yet checked; it is changed in place. */
void specialise(struct specialise *s, struct node *script);
/* Whether the expression is a literal number, and which. */
bool literal_number(const struct node *n, int64_t *value);

#endif
