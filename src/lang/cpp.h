/*
 * cpp.h - a C preprocessor for headers: #define with parameters, # and ##, #if with everything
 * that may stand there, #include by a callback.
 *
 * Takes the text of a file; gives the same text, expanded, line for line (what was a directive
 * or is left out is an empty line), so that places in it are places in the file. An included
 * file does not become part of the text: the callback gets it read as a text of its own, before
 * the rest, with the same table of macros.
 *
 * Bounds: CPP_MAX_OUTPUT bytes made in all, or c->limit (which also bounds the time), CPP_MAX_NESTING macros
 * inside each other, CPP_MAX_CONDITIONS directives.
 */
#ifndef SONDE_CPP_H
#define SONDE_CPP_H

#include "base/hmap.h"
#include "lang/ast.h"

enum { CPP_MAX_OUTPUT = 64 << 20, CPP_MAX_NESTING = 64, CPP_MAX_CONDITIONS = 64 };

struct cpp_macro {
	const char *name;
	bool called;            /* defined with parameters, perhaps none */
	bool variadic;          /* the last one takes the rest */
	bool script;            /* not of a header */
	const char **parameters;
	uint32_t nparameters;
	struct text text;
};

struct cpp {
	struct arena *arena;
	struct diags *diags;    /* NULL: mistakes are not reported */
	struct hmap macros;     /* name -> struct cpp_macro, NULL after #undef */
	VEC(const struct cpp_macro *) own; /* of the script, in order */
	/* An #include; span is the directive's. */
	void (*include)(struct cpp *c, const char *name, bool system, struct span span);
	/* Before a condition takes a name for no macro: somebody may define it. NULL: nobody will. */
	void (*unknown)(struct cpp *c);
	unsigned deciding;      /* conditions inside each other */
	void *ctx;
	size_t produced, limit; /* bytes made and looked at so far, and at most */
	unsigned depth;         /* calls inside arguments of calls */
	bool expanded;          /* the text has gone through a preprocessor: only definitions are read */
	bool full;              /* the limit was reached */
};

void cpp_init(struct cpp *c, struct arena *arena, struct diags *diags);
void cpp_free(struct cpp *c);
/* What follows `#define`: a name, perhaps parameters, a replacement. False when malformed. */
bool cpp_define(struct cpp *c, const char *text, size_t len, bool script);
/* A C_DEFINE of a script. */
void cpp_define_node(struct cpp *c, const struct node *n);
/* Appends the expanded text. */
void cpp_expand(struct cpp *c, const struct source *source, struct buf *out);

#endif
