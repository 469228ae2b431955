/*
 * diag.h - what is wrong with the user's script: collected, several per run, each with a
 * stable id, a place and, where we can, a remedy. Printed as
 *
 *     FILE:LINE:COL-ENDCOL: ERROR: message [id]
 *     the source line
 *         ~~~~
 *     HINT: what to do
 *
 * Ids are rows of diag.def; tests/err/ID.bt provokes each (a script checks).
 */
#ifndef SONDE_DIAG_H
#define SONDE_DIAG_H

#include "base/buf.h"
#include "base/source.h"

enum diag_severity { DIAG_ERROR, DIAG_WARNING };

enum diag_id {
#define DIAG(id, name, severity, meaning) DIAG_##id,
#include "base/diag.def"
#undef DIAG
	DIAG_ID_COUNT
};

struct diag {
	enum diag_id id;
	struct span span;
	const char *message;
	const char *hint; /* NULL: none */
};

struct diags {
	struct arena *arena;
	struct sources *sources;
	VEC(struct diag) list;
	unsigned errors;
	bool plain;       /* printed as bpftrace does: no ids, a place ends behind its last column */
	bool no_warnings; /* warnings are not printed */
};

void diag_add(struct diags *d, enum diag_id id, struct span span, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* Adds a hint to the diagnostic added last. */
void diag_hint(struct diags *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Those of `from`, whose strings live on with its arena, behind those of `d`. */
void diags_append(struct diags *d, const struct diags *from);
/* Everything collected, in order of place; at most 20, then a count of the rest. */
void diags_print(const struct diags *d, struct buf *out, bool color);
const char *diag_name(enum diag_id id);

/*
 * The best of `count` candidates near `word`, or NULL: for "did you mean". `get` returns
 * candidate i.
 */
const char *diag_nearest(const char *word, size_t count,
			 const char *(*get)(const void *ctx, size_t i), const void *ctx);

#endif
