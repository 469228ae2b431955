/*
 * front.h - other programs' command lines as scripts: what bcc's generic tools take (probe
 * specifiers) and what ply takes (programs), translated to the language as text.
 *
 *   specifiers, flags --front_translate--> a tool: header (columns, tables), probes
 *                                          + pieces: which part of it is which part of what
 *                                            the user wrote
 *
 * Pure: asks nothing but struct world (names of a tracepoint's fields). What comes out stands
 * for itself: saved to a file it runs as `sonde FILE`.
 */
#ifndef SONDE_FRONT_H
#define SONDE_FRONT_H

#include "base/diag.h"
#include "lang/world.h"

struct front_setting { /* a flag's value, by the name the tool's header gives it */
	const char *name;
	const char *text;  /* NULL: a number */
	uint64_t number;
};

/* Several texts in one setting, as a flag that is given twice leaves them. */
enum { FRONT_SEPARATOR = '\x1e' };

struct front_piece { /* bytes of the script that stand for bytes of what the user wrote */
	uint32_t off, len;
	struct span from;
};

struct front {
	/* in */
	struct arena *arena;
	struct diags *diags;         /* what is wrong with a specifier, with its place */
	struct world *world;
	const char *name;            /* the tool: "trace", "argdist", ... */
	const struct front_setting *settings;
	unsigned nsettings;
	/* out */
	struct buf text;             /* the script; the caller's to free */
	VEC(struct front_piece) pieces; /* in the arena */
	const char *probe_filter;    /* what --probe-filter is to be, or NULL */
	/* while it works */
	struct buf head, body;
};

/* False with diagnostics. */
bool front_translate(struct front *f);
/* The smallest piece that holds the byte `off` of the script; NULL: it is nothing of the user's. */
const struct front_piece *front_origin(const struct front *f, uint32_t off);
void front_free(struct front *f);

#endif
