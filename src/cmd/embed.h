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

#endif
