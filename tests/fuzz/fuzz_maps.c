/* fuzz_maps.c - /proc/PID/maps and /proc/kallsyms: paths and names in them are somebody else's. */
#include "fuzz/fuzz.h"
#include "sym/maps.h"

static void fuzz_maps(const uint8_t *data, size_t size)
{
	struct map_files *files = xcalloc(1, sizeof(*files));
	struct map_table *table;
	struct buf text = {0};
	uint64_t end = 0;

	buf_add(&text, data, size);
	buf_str(&text);
	table = map_table_parse(files, &text);
	vec_each(m, &table->maps) {
		if (m->start < end || m->end <= m->start || !m->file || !m->file->base)
			BUG("mappings that overlap");
		end = m->end;
		if (map_table_find(table, m->start) != m || map_table_find(table, m->end - 1) != m)
			BUG("a mapping that is not found");
	}
	map_table_release(files, table);
	if (files->bytes)
		BUG("%zu bytes of files are left", files->bytes);
	free(files);
	buf_free(&text);
}

FUZZ(maps, fuzz_maps)
