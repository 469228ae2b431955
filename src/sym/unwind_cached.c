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

int unwind_cached_table(struct disk_cache *cache, struct unwind_table *table, const struct elf_file *file)
{
	struct buf about = {0}, packed = {0};
	struct unwind_source source;
	struct disk_cache_key key = {{0}};
	int err = unwind_source_read(&source, file);
	bool keep = !err && cache && file->build_id_len && source.size >= WORTH_KEEPING;

	*table = (struct unwind_table){0};
	if (keep) {
		describe(file, &source, &about);
		key = disk_cache_key(cache, "unwind table", &about, source.bytes, source.size);
		if (disk_cache_get(cache, &key, &packed) && unwind_table_unpack(table, packed.data, packed.len))
			goto out;
		buf_reset(&packed);
	}
	if (!err)
		err = unwind_table_make(table, file, &source);
	if (keep && !err) {
		unwind_table_pack(table, &packed);
		disk_cache_put(cache, &key, &packed);
	}
out:
	unwind_source_free(&source);
	buf_free(&packed);
	buf_free(&about);
	return err;
}
