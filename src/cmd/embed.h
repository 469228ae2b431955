/*
 * embed.h - the scripts of tools/, carried in the program.
 * The table is generated at build time by scripts/embed-tools, sorted by name.
 */
#ifndef SONDE_EMBED_H
#define SONDE_EMBED_H

#include <stddef.h>

struct embedded_tool {
	const char *name; /* without .bt; NULL in the row after the last */
	const char *text; /* NUL-terminated */
	size_t len;       /* bytes, the NUL not counted */
};

extern const struct embedded_tool embedded_tools[];
extern const unsigned embedded_tool_count;

struct embedded_alias { /* a header's "alias:" */
	const char *name; /* NULL in the row after the last */
	unsigned tool;    /* in embedded_tools */
};

extern const struct embedded_alias embedded_aliases[];
extern const unsigned embedded_alias_count;

#endif
