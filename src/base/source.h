/*
 * source.h - the texts of one compilation and places in them.
 *
 * All texts share one space of offsets (the first text is at 1, so offset 0 means
 * "nowhere"); a span is a start and a length in that space and stays two words.
 */
#ifndef SONDE_SOURCE_H
#define SONDE_SOURCE_H

#include "base/arena.h"

struct span {
	uint32_t off, len;
};

struct source {
	const char *name; /* as the user knows it: file path, "stdin", "-e" text is "stdin" too */
	const char *text; /* NUL-terminated copy; may hold NULs inside */
	size_t len;
	uint32_t base;    /* offset of text[0] */
	VEC(uint32_t) lines; /* offsets (in text) of line starts */
};

struct sources {
	struct arena *arena;
	VEC(struct source *) list;
	uint32_t next_base;
};

struct place {
	const struct source *source;
	unsigned line, col; /* from 1; col in bytes */
};

/* Copies the text. Texts above 1 GiB in sum are refused with NULL. */
struct source *source_add(struct sources *all, const char *name, const char *text, size_t len);
/* False when off is 0 or outside every text. */
bool source_place(const struct sources *all, uint32_t off, struct place *out);
/* The line without its newline; length in *len. */
const char *source_line(const struct source *s, unsigned line, size_t *len);

static inline struct span span_join(struct span a, struct span b)
{
	if (!a.off)
		return b;
	if (!b.off)
		return a;
	uint32_t off = MIN_OF(a.off, b.off);
	uint32_t end = MAX_OF(a.off + a.len, b.off + b.len);
	return (struct span){off, end - off};
}

#endif
