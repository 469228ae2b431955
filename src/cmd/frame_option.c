/* frame_option.c - see frame_option.h. */
#include "cmd/frame_option.h"

#include <string.h>

/* The first '=' that is not in quotes (cpp:"operator=") and no part of another operator; NULL: none. */
static const char *equals_sign(const char *text)
{
	bool quoted = false;

	for (const char *p = text; *p; p++) {
		quoted ^= *p == '"';
		if (*p == '=' && !quoted && p > text && !strchr("=!<>", p[-1]) && p[1] != '=')
			return p;
	}
	return NULL;
}

const char *frame_option_script(struct arena *arena, const char *option)
{
	const char *equals = equals_sign(option), *value;
	size_t probe;

	if (!equals)
		return NULL;
	value = equals + 1 + strspn(equals + 1, " \t");
	for (probe = (size_t)(equals - option); probe && strchr(" \t", option[probe - 1]); probe--)
		;
	return probe && *value ? arena_printf(arena, "%.*s { name_frame(%s) }\n", (int)probe, option, value) : NULL;
}
