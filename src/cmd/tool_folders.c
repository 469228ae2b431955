/*
 * tool_folders.c - folders by name, as the numbers by which the kernel knows them. See tool.h.
 *
 *   "/srv/a,/home/x*" --glob, stat--> "1234,77,78"
 */
#include "cmd/tool.h"

#include <glob.h>
#include <string.h>
#include <sys/stat.h>

/* The folders that one pattern names; false: none. */
static bool add_matching(const char *pattern, struct buf *out)
{
	glob_t found = {0};
	bool any = false;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			struct stat st;

			if (stat(found.gl_pathv[i], &st) != 0 || !S_ISDIR(st.st_mode))
				continue;
			buf_printf(out, "%s%llu", out->len ? "," : "", (unsigned long long)st.st_ino);
			any = true;
		}
	}
	globfree(&found);
	return any;
}

const char *tool_folder_numbers(struct arena *arena, const char *patterns)
{
	struct buf numbers = {0};
	const char *out = NULL;
	bool good;

	do {
		size_t len = strcspn(patterns, ",");

		good = add_matching(arena_strndup(arena, patterns, len), &numbers);
		patterns += len;
	} while (good && *patterns++);
	if (good)
		out = arena_strdup(arena, buf_str(&numbers));
	buf_free(&numbers);
	return out;
}
