/* sym_maps.c - mapping tables against a plain array of pages, and the maps text. */
#include "sym/maps.h"
#include "sym_check.h"

#include <inttypes.h>

enum { PAGES = 200, ROUNDS = 3000 };

struct model {
	int file[PAGES];         /* 0: nothing */
	uint64_t offset[PAGES];
};

static uint32_t state = 4711;

static uint32_t next_random(void)
{
	state = state * 1664525u + 1013904223u;
	return state >> 8;
}

static struct map_file *numbered(struct map_files *files, int number)
{
	char path[32];

	snprintf(path, sizeof(path), "/lib/file%d.so", number);
	return map_files_get(files, path, 0, number);
}

static void compare(const struct map_table *table, const struct model *model)
{
	for (int page = 0; page < PAGES; page++) {
		const struct mapping *m = map_table_find(table, page * 4096 + 17);

		CHECK((m != NULL) == (model->file[page] != 0));
		if (!m || !model->file[page])
			continue;
		CHECK_NUM(m->file->ino, model->file[page]);
		CHECK_NUM(m->offset + page * 4096 - m->start, model->offset[page]);
	}
	for (size_t i = 1; i < table->maps.n; i++)
		CHECK(table->maps.v[i - 1].end <= table->maps.v[i].start);
}

static void random_mappings(void)
{
	struct map_files files = {0};
	struct map_table *table = map_table_new(&files), *shared = NULL;
	struct model model = {0}, then = {0};

	for (int round = 0; round < ROUNDS; round++) {
		unsigned first = next_random() % PAGES, count = 1 + next_random() % 30;
		int number = 1 + next_random() % 9;
		uint64_t offset = next_random() % 100 * 4096;
		bool over = next_random() % 4, free_place = true;
		struct mapping m;

		count = MIN_OF(count, PAGES - first);
		for (unsigned i = 0; i < count; i++)
			free_place &= !model.file[first + i];
		m = (struct mapping){first * 4096, (first + count) * 4096, offset,
				     numbered(&files, number)};
		CHECK(map_table_add(&files, &table, m, over));
		for (unsigned i = 0; i < count && (over || free_place); i++) {
			model.file[first + i] = number;
			model.offset[first + i] = offset + i * 4096;
		}
		if (round % 100 == 0) {
			compare(table, &model);
			if (shared)
				compare(shared, &then); /* a copy stays as it was */
			map_table_release(&files, shared);
			shared = map_table_share(table);
			then = model;
		}
	}
	CHECK(!map_table_add(&files, &table, (struct mapping){8, 8, 0, numbered(&files, 1)}, true));
	map_table_release(&files, shared);
	map_table_release(&files, table);
	CHECK_NUM(files.bytes, 0); /* every file and table was given back */
}

static void text(void)
{
	const char *maps =
		"55f0a6f5a000-55f0a6f5c000 r--p 00000000 fe:00 247134   /usr/bin/cat\n"
		"55f0a6f5c000-55f0a6f61000 r-xp 00002000 fe:00 247134                     /usr/bin/cat\n"
		"7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
		"7f0000001000-7f0000002000 r-xp 00000000 00:1 55    /tmp/with space\\012and line (deleted)\n"
		"7f0000002000-7f0000003000 r-xs 00003000 00:05 77   /memfd:doublemapper (deleted)\n"
		"garbage r-xp\n"
		"7f0000004000-7f0000003000 r-xp 00003000 00:05 77   /backwards\n"
		"7f2345e33000-7f2345e35000 r-xp 00000000 00:00 0                          [vdso]\n"
		"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"
		"7f0000009000-7f000000a000 r-xp 00003000 00:05 77   /cut";
	struct map_files files = {0};
	struct buf copy = {0};
	struct map_table *table;
	const struct mapping *m;

	buf_puts(&copy, maps);
	table = map_table_parse(&files, &copy);
	CHECK_NUM(table->maps.n, 6);
	CHECK(!map_table_find(table, 0x55f0a6f5a000));
	m = map_table_find(table, 0x55f0a6f60fff);
	CHECK(m && m->offset == 0x2000 && m->file->ino == 247134 && m->file->kind == MAP_FILE);
	CHECK_STR(m ? m->file->base : NULL, "cat");
	m = map_table_find(table, 0x7f0000000000);
	CHECK(m && m->file->kind == MAP_ANON);
	m = map_table_find(table, 0x7f0000001800);
	CHECK(m && m->file->deleted);
	CHECK_STR(m ? m->file->path : NULL, "/tmp/with space\nand line");
	m = map_table_find(table, 0x7f0000002000);
	CHECK(m && m->file->kind == MAP_ANON);
	m = map_table_find(table, 0x7f2345e34000);
	CHECK(m && m->file->kind == MAP_VDSO);
	m = map_table_find(table, 0xffffffffff600000);
	CHECK(m && m->file->kind == MAP_OTHER);
	map_table_release(&files, table);
	CHECK_NUM(files.bytes, 0);
	buf_free(&copy);
}

int main(void)
{
	random_mappings();
	text();
	return unit_result();
}
