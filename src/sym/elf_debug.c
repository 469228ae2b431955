/*
 * elf_debug.c - see elf_debug.h. Places, as GDB documents them ("Debugging Information in
 * Separate Files"):
 *
 *   DEBUG/.build-id/ab/cdef....debug
 *   DIR/NAME, DIR/.debug/NAME, DEBUG/DIR/NAME    NAME from .gnu_debuglink, DIR of the file
 *
 * first below the root of the process, then, what is under DEBUG, below our own.
 */
#include "sym/elf_debug.h"
#include "sym/file.h"

#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { CRC_PIECE = 256 * 1024 };
#define CRC_LIMIT (UINT64_C(1) << 30) /* about a second of reading */

static bool crc_matches(const struct elf_file *f, uint32_t want)
{
	unsigned char *piece;
	uint64_t at = 0;
	uint32_t crc = 0;
	size_t n;

	if (f->size > CRC_LIMIT)
		return false;
	piece = xmalloc(CRC_PIECE);
	while ((n = elf_file_read_some(f, at, piece, CRC_PIECE))) {
		crc = crc32(crc, piece, n);
		at += n;
	}
	free(piece);
	return at == f->size && crc == want;
}

static bool belongs(const struct elf_file *f, const struct elf_file *debug)
{
	if (f->dev == debug->dev && f->ino == debug->ino)
		return false;
	if (f->is64 != debug->is64 || f->machine != debug->machine)
		return false;
	if (f->build_id_len && debug->build_id_len)
		return f->build_id_len == debug->build_id_len &&
		       !memcmp(f->build_id, debug->build_id, f->build_id_len);
	return f->debuglink[0] && crc_matches(debug, f->debuglink_crc);
}

static struct elf_file *try_file(const struct elf_file *f, const char *root, const char *path)
{
	struct elf_file *debug = NULL;
	struct buf why = {0};
	int fd = plain_file_open(root, path, true, NULL);

	if (fd < 0)
		return NULL;
	if (!elf_file_open(&debug, fd, path, &why) && !belongs(f, debug)) {
		elf_file_free(debug);
		debug = NULL;
	}
	buf_free(&why);
	return debug;
}

static struct elf_file *by_build_id(const struct elf_file *f, const char *root, const char *dir)
{
	struct elf_file *debug;
	struct buf path = {0};

	if (f->build_id_len < 2)
		return NULL;
	buf_printf(&path, "%s/.build-id/%02x/", dir, f->build_id[0]);
	for (unsigned i = 1; i < f->build_id_len; i++)
		buf_printf(&path, "%02x", f->build_id[i]);
	buf_puts(&path, ".debug");
	debug = try_file(f, root, path.data);
	buf_free(&path);
	return debug;
}

/* The directory of f, without links where it is in our own root. NULL: unknown. */
static char *directory_of(const struct elf_file *f, const char *root)
{
	char *path = root ? xstrdup(f->name) : realpath(f->name, NULL), *slash;

	slash = path ? strrchr(path, '/') : NULL;
	if (!slash || path[0] != '/') {
		free(path);
		return NULL;
	}
	*slash = '\0';
	return path;
}

static struct elf_file *by_link(const struct elf_file *f, const char *root, const char *dir)
{
	char *own = f->debuglink[0] ? directory_of(f, root) : NULL;
	struct elf_file *debug = NULL;
	struct buf path = {0};

	for (int i = 0; own && i < 3 && !debug; i++) {
		buf_reset(&path);
		buf_printf(&path, "%s%s%s/%s", i == 2 ? dir : "", own, i == 1 ? "/.debug" : "",
			   f->debuglink);
		debug = try_file(f, root, path.data);
	}
	/* The debug packages of a container's programs may be installed outside of it. */
	if (own && root && !debug)
		debug = try_file(f, NULL, path.data);
	buf_free(&path);
	free(own);
	return debug;
}

struct elf_file *elf_debug_open(const struct elf_file *f, const struct elf_places *places)
{
	const char *root = places && places->root && *places->root ? places->root : NULL;
	const char *dir = places && places->debug_dir ? places->debug_dir : "/usr/lib/debug";
	struct elf_file *debug = by_build_id(f, root, dir);

	if (!debug && root)
		debug = by_build_id(f, NULL, dir);
	return debug ? debug : by_link(f, root, dir);
}
