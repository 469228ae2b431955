/*
 * elf_find.c - elf_find_file(): the file that a name in an attach point means.
 *
 * Takes /etc/ld.so.cache in the format glibc has written since 2.2 and alone since 2.32
 * (dl-cache.h): a header, entries sorted by name, newest library first, strings.
 *
 *   [ "ld.so-1.7.0\0" count entries ]  older caches have this in front, padded to 8
 *   "glibc-ld.so.cache" "1.1" u32 count, u32 string bytes, u32 x 5
 *   { i32 flags, u32 name, u32 path, u32 os, u64 hwcap } x count
 *   strings; name and path are offsets from "glibc-ld.so.cache"
 */
#include "sym/elf_file.h"
#include "sym/elf_syms.h"
#include "sym/file.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { CACHE_LIMIT = 32 << 20 };

#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"

struct cache_header {
	char magic[20];
	uint32_t count, string_bytes;
	uint32_t rest[5];
};

struct cache_entry {
	int32_t flags;
	uint32_t name, path, os;
	uint64_t hwcap;
};

struct old_header {
	char magic[12]; /* "ld.so-1.7.0" and NUL */
	uint32_t count;
};
enum { OLD_ENTRY_SIZE = 12 };

#if defined(__x86_64__)
static const char *const directories[] = {
	"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib",
	"/usr/lib", "/usr/local/lib",
};
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
static const char *const directories[] = {
	"/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib",
	"/usr/lib", "/usr/local/lib",
};
enum { MACHINE = EM_AARCH64 };
#else
#error "which directories and ELF machine?"
#endif

static bool is_file(const char *path, const struct stat *file)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == file->st_dev && st.st_ino == file->st_ino;
}

/*
 * The file at a path below root, as it is reached from our own. A link on the way that begins with '/'
 * would lead into our own root there, so it is named by where it really is: below the root that the
 * process has, or, where that is a mere folder of ours, below ours.
 */
static char *in_root(const char *root, const char *path)
{
	char self[32], real[PATH_MAX], *below;
	struct stat st;
	ssize_t n;
	int fd;

	if (!root)
		return xstrdup(path);
	below = xasprintf("%s%s", root, path);
	fd = plain_file_open(root, path, true, &st);
	if (fd < 0 || is_file(below, &st)) {
		if (fd >= 0)
			close(fd);
		return below;
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, real, sizeof(real) - 1);
	close(fd);
	real[MAX_OF(n, (ssize_t)0)] = '\0';
	free(below);
	below = xasprintf("%s%s", root, real);
	if (is_file(below, &st))
		return below;
	free(below);
	return xstrdup(real);
}

static bool is_ours(const char *root, const char *path)
{
	struct elf_file *f;
	struct buf why = {0};
	int fd = plain_file_open(root, path, true, NULL);
	bool ours = false;

	if (fd >= 0 && !elf_file_open(&f, fd, path, &why)) {
		ours = f->machine == MACHINE && f->is64;
		elf_file_free(f);
	}
	buf_free(&why);
	return ours;
}

/* "libc.so.6" for "libc.so.6", "libc", "c". */
bool elf_library_matches(const char *file, const char *name)
{
	size_t len;

	if (str_eq(file, name))
		return true;
	if (!str_starts(name, "lib") && str_starts(file, "lib"))
		file += 3;
	len = strlen(name);
	return !strncmp(file, name, len) && str_starts(file + len, ".so") &&
	       (file[len + 3] == '\0' || file[len + 3] == '.');
}

/* Where the new-format header starts in the cache's text, or NULL. */
static const char *cache_start(const struct buf *text)
{
	struct old_header old;
	uint64_t at;

	if (text->len >= sizeof(old) && !memcmp(text->data, OLD_MAGIC, sizeof(OLD_MAGIC) - 1)) {
		memcpy(&old, text->data, sizeof(old));
		at = ROUND_UP(sizeof(old) + (uint64_t)old.count * OLD_ENTRY_SIZE, 8);
	} else {
		at = 0;
	}
	if (at + sizeof(struct cache_header) > text->len ||
	    memcmp(text->data + at, NEW_MAGIC, sizeof(NEW_MAGIC) - 1))
		return NULL;
	return text->data + at;
}

/* A string of the cache, or NULL; the buffer itself ends with a NUL. */
static const char *cache_string(const char *start, const struct buf *text, uint32_t offset)
{
	return offset < (size_t)(text->data + text->len - start) ? start + offset : NULL;
}

static char *search_cache(const struct buf *text, const char *name, const char *root)
{
	const char *start = cache_start(text), *file, *path;
	struct cache_header header;
	struct cache_entry entry;

	if (!start)
		return NULL;
	memcpy(&header, start, sizeof(header));
	for (uint64_t i = 0; i < header.count; i++) {
		uint64_t at = sizeof(header) + i * sizeof(entry);

		if (at + sizeof(entry) > (size_t)(text->data + text->len - start))
			break;
		memcpy(&entry, start + at, sizeof(entry));
		file = cache_string(start, text, entry.name);
		path = cache_string(start, text, entry.path);
		if (file && path && *path == '/' && elf_library_matches(file, name) &&
		    is_ours(root, path))
			return in_root(root, path);
	}
	return NULL;
}

static char *find_in_cache(const char *name, const char *root)
{
	struct buf text = {0};
	char *found = NULL;
	int fd = plain_file_open(root, "/etc/ld.so.cache", true, NULL);

	if (fd < 0)
		return NULL;
	if (!buf_read_fd(&text, fd, CACHE_LIMIT) && text.len)
		found = search_cache(&text, name, root);
	close(fd);
	buf_free(&text);
	return found;
}

/* What the cache does not list: NAME, NAME.so, libNAME.so in the standard directories. */
static char *find_in_directories(const char *name, const char *root)
{
	static const char *const forms[][2] = {{"", ""}, {"", ".so"}, {"lib", ".so"}};

	for (size_t i = 0; i < ARRAY_SIZE(directories) * ARRAY_SIZE(forms); i++) {
		const char *const *form = forms[i % ARRAY_SIZE(forms)];
		char *path = xasprintf("%s/%s%s%s", directories[i / ARRAY_SIZE(forms)], form[0],
				       name, form[1]);
		char *found = is_ours(root, path) ? in_root(root, path) : NULL;

		free(path);
		if (found)
			return found;
	}
	return NULL;
}

static char *find_in_path(const char *name, const char *root)
{
	const char *dirs = getenv("PATH"), *end;

	for (dirs = dirs ? dirs : "/usr/local/bin:/usr/bin:/bin"; *dirs; dirs = end + (*end == ':')) {
		struct stat st;
		char *path;
		int fd;

		end = strchrnul(dirs, ':');
		if (*dirs != '/') /* a relative entry means another place in every directory */
			continue;
		path = xasprintf("%.*s/%s", (int)(end - dirs), dirs, name);
		fd = plain_file_open(root, path, true, &st);
		if (fd >= 0)
			close(fd);
		if (fd >= 0 && st.st_mode & 0111) {
			char *found = in_root(root, path);

			free(path);
			return found;
		}
		free(path);
	}
	return NULL;
}

char *elf_find_file(const char *name, const char *root, struct buf *why)
{
	char *found;
	int fd;

	root = root && *root ? root : NULL;
	if (strchr(name, '/')) {
		fd = plain_file_open(name[0] == '/' ? root : NULL, name, true, NULL);
		if (fd < 0) {
			buf_printf(why, "%s: %s", name,
				   fd == -EINVAL ? "not a regular file" : strerror(-fd));
			return NULL;
		}
		close(fd);
		return name[0] == '/' ? in_root(root, name) : xstrdup(name);
	}
	found = *name ? find_in_path(name, root) : NULL;
	if (!found && *name)
		found = find_in_cache(name, root);
	if (!found && *name)
		found = find_in_directories(name, root);
	if (!found)
		buf_printf(why, "%s: no program of that name in PATH, and no such library", name);
	return found;
}
