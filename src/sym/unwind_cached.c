/* unwind_cached.c - see unwind_cached.h. */
#include "sym/unwind_cached.h"

enum { WORTH_KEEPING = 4096 }; /* bytes of .eh_frame: what is made of less is made at once */

/* What a table depends on beside the bytes of .eh_frame: where they and the code are mapped. */
static void describe(const struct elf_file *file, const struct unwind_source *source, struct buf *about)
{
	uint64_t numbers[] = {file->size, file->machine, file->is64, source->address, file->segments.n};

	buf_add(about, &file->build_id_len, sizeof(file->build_id_len));
	buf_add(about, file->build_id, file->build_id_len);
	buf_add(about, numbers, sizeof(numbers));
	vec_each(s, &file->segments) {
		uint64_t segment[] = {s->offset, s->vaddr, s->file_size, s->memory_size, s->executable};

		buf_add(about, segment, sizeof(segment));
	}
}

void unwind_cached_open(struct unwind_cached *cached, struct buf *why)
{
	*cached = (struct unwind_cached){.cache = disk_cache_open(NULL, why)};
}

void unwind_cached_rest(struct unwind_cached *cached)
{
	buf_free(&cached->source.bytes);
	buf_free(&cached->packed);
}

void unwind_cached_close(struct unwind_cached *cached)
{
	unwind_cached_rest(cached);
	disk_cache_close(cached->cache);
	*cached = (struct unwind_cached){0};
}

static int make_and_keep(struct unwind_cached *cached, struct unwind_table *table, const struct elf_file *file)
{
	const struct unwind_source *source = &cached->source;
	struct disk_cache_key key;
	struct buf about = {0};
	int err;

	describe(file, source, &about);
	disk_cache_add_maker(cached->cache, &about);
	key = disk_cache_key(cached->cache, "unwind table", &about, source->bytes.data, source->bytes.len);
	buf_free(&about);
	buf_reset(&cached->packed);
	if (disk_cache_get(cached->cache, &key, &cached->packed) &&
	    unwind_table_unpack(table, cached->packed.data, cached->packed.len))
		return 0;
	err = unwind_table_make(table, file, source);
	if (err)
		return err;
	buf_reset(&cached->packed);
	unwind_table_pack(table, &cached->packed);
	disk_cache_put(cached->cache, &key, &cached->packed);
	cached->made = true;
	return 0;
}

int unwind_cached_table(struct unwind_cached *cached, struct unwind_table *table, const struct elf_file *file)
{
	int err = unwind_source_read(&cached->source, file);

	*table = (struct unwind_table){0};
	if (err)
		return err;
	if (!cached->cache || !file->build_id_len || cached->source.bytes.len < WORTH_KEEPING)
		return unwind_table_make(table, file, &cached->source);
	return make_and_keep(cached, table, file);
}
