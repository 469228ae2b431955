/*
 * tool_folders.c - folders by name, as the numbers by which the kernel knows them. See tool.h.
 *
 *   "/srv/a,/home/x*" --glob, stat--> device and inode of each as one number: "1090921694082,..."
 */
#include "cmd/tool.h"

#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { MINOR_BITS = 20 }; /* of the kernel's own dev_t */

/*
 * The device of the file system a folder is in, as super_block.s_dev has it. Some file systems (btrfs) tell
 * stat() another one for each of their parts: the list of mounts has the one of all.
 */
static uint64_t device_of(const char *path, const struct stat *st)
{
	uint64_t device = (uint64_t)major(st->st_dev) << MINOR_BITS | minor(st->st_dev);
	struct statx more = {0};
	char *line = NULL;
	size_t size = 0;
	FILE *mounts;

	if (statx(AT_FDCWD, path, 0, STATX_MNT_ID, &more) || !(more.stx_mask & STATX_MNT_ID))
		return device;
	mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && getline(&line, &size, mounts) > 0) {
		unsigned high, low;
		uint64_t id;

		if (sscanf(line, "%" SCNu64 " %*u %u:%u ", &id, &high, &low) == 3 && id == more.stx_mnt_id)
			device = (uint64_t)high << MINOR_BITS | low;
	}
	free(line);
	if (mounts)
		fclose(mounts);
	return device;
}

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
			buf_printf(out, "%s%" PRIu64, out->len ? "," : "",
				   (device_of(found.gl_pathv[i], &st) << 32) + st.st_ino);
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
