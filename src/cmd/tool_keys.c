/* tool_keys.c - what a tool's results may be grouped by: keys of its header, and those of every tool. See tool.h. */
#include "cmd/tool.h"

#include <string.h>

static const struct tool_common_key common_keys[] = {
#define KEY(name, title, format, filter, variable, function) {name, title, format, filter, variable, function},
#include "cmd/tool_key.def"
#undef KEY
};

const struct tool_key *tool_key(const struct tool *tool, const char *name, size_t len)
{
	for (size_t i = 0; i < tool->keys.n; i++)
		if (strlen(tool->keys.v[i].name) == len && !strncmp(tool->keys.v[i].name, name, len))
			return &tool->keys.v[i];
	return NULL;
}

const struct tool_common_key *tool_common_key(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(common_keys); i++)
		if (str_eq(common_keys[i].name, name))
			return &common_keys[i];
	return NULL;
}

/* Whether this is known wherever events are seen: a header that gives it to some of its probes gives keys itself. */
static bool is_known(const struct tool *tool, enum tool_filter filter)
{
	bool all = false; /* the header speaks of all probes, macros included */

	if (filter == FILTER_COUNT)
		return true;
	for (size_t i = 0; i < tool->subjects.n; i++) {
		const struct tool_subject *s = &tool->subjects.v[i];

		if (!tool_subject_tells(s, filter))
			return false;
		all |= !s->probe;
	}
	return all;
}

void tool_add_common_keys(struct tool *tool)
{
	for (size_t i = 0; i < ARRAY_SIZE(common_keys); i++) {
		const struct tool_common_key *common = &common_keys[i];

		if (tool_key(tool, common->name, strlen(common->name)) || !is_known(tool, common->filter))
			continue;
		avec_push(tool->arena, &tool->keys,
			  ((struct tool_key){.name = common->name, .title = common->title, .format = common->format}));
	}
}
