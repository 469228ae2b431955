/*
 * names_cached.h - the functions of a file kept on disk by build-id, for when the file is gone: a
 * program that was deleted or replaced is still named right where its build-id is known, as a
 * recording has it.
 *
 *   struct elf_syms --names_cached_keep--> entry: an ELF file with segments, build-id and functions only
 *   build-id --names_cached_get--> its bytes, for elf_cache_add_image()
 *
 * Whoever asks has the build-id alone, so the key holds no content, and only files that nobody can
 * forge are kept: root's or our own, writable by nobody else, and standing in our own root directory
 * under their name (a container's are not). Names of a whole symbol table and those of .dynsym are two
 * entries; the first is preferred.
 */
#ifndef SONDE_SYM_NAMES_CACHED_H
#define SONDE_SYM_NAMES_CACHED_H

#include "sym/disk_cache.h"
#include "sym/elf_syms.h"

/* Keeps them if they may be kept and are not yet. `cache` may be NULL. */
void names_cached_keep(struct disk_cache *cache, struct elf_syms *es);
/* An ELF image into an empty `image`; false: nothing is known of that build. */
bool names_cached_get(struct disk_cache *cache, const unsigned char *build_id, unsigned len, struct buf *image);

#endif
