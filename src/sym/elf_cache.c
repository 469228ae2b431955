/* elf_cache.c - see elf_cache.h. A few hundred entries at most: plain scans. */
#include "sym/elf_cache.h"
#include "sym/elf_file.h"
#include "sym/names_cached.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEPING_NS UINT64_C(50000000)

struct identity {
	uint64_t dev, ino, size;
	int64_t changed_sec, changed_nsec;
};

struct slot {
	struct elf_syms *syms; /* NULL: free */
	struct identity identity;
	bool trusted;          /* may be shared by build-id */
	uint64_t serial, used;
};

struct elf_cache {
	VEC(struct slot) slots;
	size_t bytes_limit, count_limit, count;
	uint64_t clock;        /* counts opens and gets */
};

struct elf_cache *elf_cache_new(size_t bytes_limit, size_t count_limit)
{
	struct elf_cache *cache = xcalloc(1, sizeof(*cache));

	cache->bytes_limit = bytes_limit;
	cache->count_limit = count_limit;
	return cache;
}

/* What was named will perhaps be asked for when its file is gone: last of all, and for a moment only. */
static void keep_names(struct elf_cache *cache)
{
	uint64_t begin = now_ns();
	struct disk_cache *disk = NULL;
	struct buf why = {0};

	vec_each(slot, &cache->slots) {
		if (!slot->syms || !elf_syms_are_loaded(slot->syms))
			continue;
		if (!disk)
			disk = disk_cache_open(NULL, &why);
		if (!disk || now_ns() - begin > KEEPING_NS)
			break;
		names_cached_keep(disk, slot->syms);
	}
	disk_cache_close(disk);
	buf_free(&why);
}

void elf_cache_free(struct elf_cache *cache)
{
	if (!cache)
		return;
	keep_names(cache);
	vec_each(slot, &cache->slots)
		elf_syms_free(slot->syms);
	vec_free(&cache->slots);
	free(cache);
}

static struct elf_handle handle_of(struct elf_cache *cache, struct slot *slot)
{
	slot->used = ++cache->clock;
	return (struct elf_handle){slot - cache->slots.v, slot->serial};
}

struct elf_syms *elf_cache_get(struct elf_cache *cache, struct elf_handle handle)
{
	struct slot *slot;

	if (!handle.serial || handle.slot >= cache->slots.n)
		return NULL;
	slot = &cache->slots.v[handle.slot];
	if (slot->serial != handle.serial)
		return NULL;
	slot->used = ++cache->clock;
	return slot->syms;
}

size_t elf_cache_memory(const struct elf_cache *cache)
{
	size_t bytes = sizeof(*cache) + cache->slots.cap * sizeof(*cache->slots.v);

	vec_each(slot, &cache->slots)
		if (slot->syms)
			bytes += elf_syms_memory(slot->syms);
	return bytes;
}

size_t elf_cache_count(const struct elf_cache *cache)
{
	return cache->count;
}

/* Before one more is opened: tables load after opening, so limits hold to within one file. */
static void make_room(struct elf_cache *cache)
{
	while (cache->count && (cache->count >= cache->count_limit ||
				elf_cache_memory(cache) > cache->bytes_limit)) {
		struct slot *oldest = NULL;

		vec_each(slot, &cache->slots)
			if (slot->syms && (!oldest || slot->used < oldest->used))
				oldest = slot;
		elf_syms_free(oldest->syms);
		*oldest = (struct slot){0};
		cache->count--;
	}
}

static struct elf_handle insert(struct elf_cache *cache, struct elf_syms *syms,
				struct identity identity, bool trusted)
{
	struct slot new = {.syms = syms, .identity = identity, .trusted = trusted,
			   .serial = ++cache->clock};
	struct slot *place = NULL;

	vec_each(slot, &cache->slots)
		if (!slot->syms)
			place = slot;
	if (place) {
		*place = new;
	} else {
		vec_push(&cache->slots, new);
		place = &vec_last(&cache->slots);
	}
	cache->count++;
	return handle_of(cache, place);
}

static struct slot *find_identity(struct elf_cache *cache, const struct identity *identity)
{
	vec_each(slot, &cache->slots)
		if (slot->syms && !memcmp(&slot->identity, identity, sizeof(*identity)))
			return slot;
	return NULL;
}

static struct slot *find_build_id(struct elf_cache *cache, const struct elf_file *file)
{
	const unsigned char *id;

	if (!file->build_id_len)
		return NULL;
	vec_each(slot, &cache->slots)
		if (slot->syms && slot->trusted && slot->identity.size == file->size &&
		    elf_syms_build_id(slot->syms, &id) == file->build_id_len &&
		    !memcmp(id, file->build_id, file->build_id_len))
			return slot;
	return NULL;
}

int elf_cache_open(struct elf_cache *cache, int fd, const char *path,
		   const struct elf_places *places, struct elf_handle *handle, struct buf *why)
{
	struct identity identity;
	struct elf_file *file;
	struct slot *slot;
	struct stat st;
	bool trusted;
	int err;

	if (fstat(fd, &st)) {
		err = -errno;
		buf_printf(why, "%s: %s", path, strerror(-err));
		close(fd);
		return err;
	}
	identity = (struct identity){st.st_dev, st.st_ino, st.st_size, st.st_ctim.tv_sec,
				     st.st_ctim.tv_nsec};
	slot = find_identity(cache, &identity);
	if (slot) {
		close(fd);
		*handle = handle_of(cache, slot);
		return 0;
	}
	err = elf_file_open(&file, fd, path, why);
	if (err)
		return err;
	trusted = st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
	slot = trusted ? find_build_id(cache, file) : NULL;
	if (slot) {
		elf_file_free(file);
		*handle = handle_of(cache, slot);
		return 0;
	}
	make_room(cache);
	*handle = insert(cache, elf_syms_of_file(file, places), identity, trusted);
	return 0;
}

int elf_cache_add_image(struct elf_cache *cache, const void *image, size_t size, const char *name,
			struct elf_handle *handle, struct buf *why)
{
	struct elf_syms *syms;
	int err = elf_syms_open_image(&syms, image, size, name, why);

	if (err)
		return err;
	make_room(cache);
	*handle = insert(cache, syms, (struct identity){0}, false);
	return 0;
}
