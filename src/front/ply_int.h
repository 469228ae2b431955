/*
 * ply_int.h - between the files of ply's language: programs (ply.c), attach points (ply_probe.c)
 * and expressions (ply_expr.c).
 */
#ifndef SONDE_FRONT_PLY_INT_H
#define SONDE_FRONT_PLY_INT_H

#include "front/front_int.h"

struct ply_probe {
	struct site site;      /* .attach, .args, .at_return, .syscall */
	struct spec spec;
	bool tracepoint, function, ret;
	const char *condition; /* "cpu == 0", or NULL */
};

struct ply {
	struct front *f;
	const struct source *source; /* the program; comments from # on are blanks */
	struct ply_probe probe;      /* the one at hand */
	token_list tokens;           /* of its predicate or block */
	size_t at;
	VEC(const char *) locals;    /* variables that were assigned */
	unsigned depth;              /* of expressions in each other */
};

/* Tokens. */
const struct token *ply_token(const struct ply *p, size_t i);
bool ply_is(const struct ply *p, size_t i, const char *text);
const char *ply_text(const struct ply *p, const struct token *t);
struct span ply_span(const struct ply *p, const struct token *t);
/* Behind the bracket that closes the one at token i. */
size_t ply_behind(const struct ply *p, size_t i);
/* False, with a diagnostic at token i. */
bool ply_wrong(struct ply *p, size_t i, const char *hint, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The attach point [from, to) of the source into p->probe. False with a diagnostic. */
bool ply_attach(struct ply *p, uint32_t from, uint32_t to);
/* Tokens [from, to) as an expression, into the body. */
bool ply_expr(struct ply *p, size_t from, size_t to);
/* Whether a name is a variable of ply, and so none of the program. */
bool ply_knows(const struct ply *p, const struct token *t);

#endif
