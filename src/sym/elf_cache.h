/*
 * elf_cache.h - open ELF files, shared by all processes, bounded in number and bytes.
 *
 * A file is known again by device, inode, size and time of change. Copies of one file (the
 * same library in ten containers) share one entry by build-id, but only among files that
 * root owns and nobody else may write: a build-id is easily forged. What functions are called is
 * kept on disk in the end (names_cached.h).
 */
#ifndef SONDE_SYM_ELF_CACHE_H
#define SONDE_SYM_ELF_CACHE_H

#include "sym/elf_syms.h"

struct elf_cache;

/* Stands for an entry that may have been dropped since. Zero-initialised: none. */
struct elf_handle {
	uint32_t slot;
	uint64_t serial;
};

struct elf_cache *elf_cache_new(size_t bytes_limit, size_t count_limit);
void elf_cache_free(struct elf_cache *cache);
/* NULL when dropped. Valid until the next elf_cache_open(). */
struct elf_syms *elf_cache_get(struct elf_cache *cache, struct elf_handle handle);
/* Takes over fd. 0, or -errno with the reason in `why`. */
int elf_cache_open(struct elf_cache *cache, int fd, const char *path,
		   const struct elf_places *places, struct elf_handle *handle, struct buf *why);
/* Adds an image in memory under no identity: the caller keeps the handle. */
int elf_cache_add_image(struct elf_cache *cache, const void *image, size_t size, const char *name,
			struct elf_handle *handle, struct buf *why);
size_t elf_cache_memory(const struct elf_cache *cache);
size_t elf_cache_count(const struct elf_cache *cache);

#endif
