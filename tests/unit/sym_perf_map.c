/* sym_perf_map.c - perf maps: well-formed, growing, overlapping, and hostile ones. */
#include "sym/perf_map.h"
#include "sym_check.h"

#include <errno.h>
#include <sys/stat.h>

static char *dir;

static struct perf_map_owner me(void)
{
	return (struct perf_map_owner){true, getuid(), geteuid()};
}

static enum symbol_loss read_map(struct perf_map *map, const char *path, struct buf *why)
{
	struct perf_map_owner owner = me();

	buf_reset(why);
	return perf_map_read(map, NULL, path, &owner, why);
}

static void expect(const struct perf_map *map, uint64_t addr, const char *want, uint64_t want_start)
{
	const char *name;
	uint64_t start;
	bool found = perf_map_find(map, addr, &name, &start);

	CHECK(found == (want != NULL));
	if (!found || !want)
		return;
	CHECK_STR(name, want);
	CHECK_NUM(start, want_start);
}

static void append(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void well_formed(void)
{
	static const char text[] =
		"7f0000001000 100 LazyCompile:*first /app/a.js:1:2\n"
		"0x7f0000002000 0x80 second\n"
		"7f0000003000 1000 big\n"
		"7f0000003200 100 patched over big\r\n"
		"zz 10 bad\n"
		"7f0000009000 0 empty\n"
		"ffffffffffffff00 200 wraps\n"
		"7f0000009000 10\n"
		"11112222333344445 10 too long a number\n"
		"7f0000004000 10 unfinished li";
	char *path = xasprintf("%s/good.map", dir);
	struct perf_map *map = perf_map_new();
	struct buf why = {0};

	CHECK_NUM(read_map(map, path, &why), SYMBOL_LOSS_NO_PERF_MAP);
	write_file(path, text, sizeof(text) - 1);
	CHECK_NUM(read_map(map, path, &why), SYMBOL_LOSS_NONE);
	expect(map, 0x7f0000001000, "LazyCompile:*first /app/a.js:1:2", 0x7f0000001000);
	expect(map, 0x7f00000010ff, "LazyCompile:*first /app/a.js:1:2", 0x7f0000001000);
	expect(map, 0x7f0000001100, NULL, 0);
	expect(map, 0x7f0000000fff, NULL, 0);
	expect(map, 0x7f0000002040, "second", 0x7f0000002000);
	expect(map, 0x7f00000031ff, "big", 0x7f0000003000);
	expect(map, 0x7f0000003200, "patched over big", 0x7f0000003200);
	expect(map, 0x7f0000003300, "big", 0x7f0000003000);
	expect(map, 0x7f0000004000, NULL, 0);
	CHECK_NUM(perf_map_bad_lines(map), 5);

	/* The line is finished, and a later one takes the place of an old one. */
	append(path, "ne\n7f0000002020 40 newer than second\n");
	CHECK_NUM(read_map(map, path, &why), SYMBOL_LOSS_NONE);
	expect(map, 0x7f0000004008, "unfinished line", 0x7f0000004000);
	expect(map, 0x7f0000002010, "second", 0x7f0000002000);
	expect(map, 0x7f0000002020, "newer than second", 0x7f0000002020);
	expect(map, 0x7f0000002060, "second", 0x7f0000002000);
	expect(map, 0x7f0000003280, "patched over big", 0x7f0000003200);

	/* Another, shorter file under the name: nothing of the old one is left. */
	write_file(path, "7f0000005000 10 only\n", 21);
	CHECK_NUM(read_map(map, path, &why), SYMBOL_LOSS_NONE);
	expect(map, 0x7f0000005000, "only", 0x7f0000005000);
	expect(map, 0x7f0000003000, NULL, 0);
	perf_map_free(map);
	buf_free(&why);
	free(path);
}

enum { SPACE = 4096, LINES = 2000 };

/* Random overlapping lines, in several readings, against an array of bytes. */
static void against_model(void)
{
	static uint32_t owner[SPACE], start[LINES + 1];
	char *path = xasprintf("%s/model.map", dir), line[64];
	struct perf_map *map = perf_map_new();
	struct buf why = {0};
	uint32_t state = 7;

	write_file(path, "", 0);
	for (uint32_t i = 1; i <= LINES; i++) {
		uint32_t at, size;

		state = state * 1664525u + 1013904223u;
		at = (state >> 8) % SPACE;
		state = state * 1664525u + 1013904223u;
		size = 1 + (state >> 8) % (i % 50 ? 40 : 900);
		size = MIN_OF(size, SPACE - at);
		start[i] = at;
		for (uint32_t k = at; k < at + size; k++)
			owner[k] = i;
		snprintf(line, sizeof(line), "%x %x f%u\n", at + 0x10000, size, i);
		append(path, line);
		if (i % 333 == 0 || i == LINES)
			CHECK_NUM(read_map(map, path, &why), SYMBOL_LOSS_NONE);
	}
	for (uint32_t k = 0; k < SPACE; k++) {
		snprintf(line, sizeof(line), "f%u", owner[k]);
		expect(map, k + 0x10000, owner[k] ? line : NULL,
		       owner[k] ? start[owner[k]] + 0x10000 : 0);
	}
	CHECK(perf_map_count(map) <= SPACE);
	perf_map_free(map);
	buf_free(&why);
	free(path);
}

static void expect_refused(const char *path, const char *reason)
{
	struct perf_map *map = perf_map_new();
	struct buf why = {0};
	uint64_t start = now_ns();

	CHECK_NUM(read_map(map, path, &why), SYMBOL_LOSS_PERF_MAP_REFUSED);
	CHECK(strstr(buf_str(&why), reason) && str_starts(why.data, path));
	CHECK(now_ns() - start < 1000000000);
	CHECK_NUM(perf_map_count(map), 0);
	CHECK(perf_map_memory(map) < 100000);
	perf_map_free(map);
	buf_free(&why);
}

static void foreign_owner(const char *path)
{
	struct perf_map *map = perf_map_new();
	struct perf_map_owner other = {true, 12345, 12345}, unknown = {0}, owner = me();
	struct buf why = {0};

	if (geteuid()) {
		printf("skipped: perf map of another user: needs root\n");
	} else {
		/* root's files are taken for everybody */
		CHECK_NUM(perf_map_read(map, NULL, path, &other, &why), SYMBOL_LOSS_NONE);
		CHECK_NUM(chown(path, 54321, 54321), 0);
		CHECK_NUM(perf_map_read(map, NULL, path, &other, &why), SYMBOL_LOSS_PERF_MAP_REFUSED);
		CHECK(strstr(buf_str(&why), "another user"));
		CHECK_NUM(perf_map_read(map, NULL, path, &owner, &why), SYMBOL_LOSS_PERF_MAP_REFUSED);
		buf_reset(&why);
		CHECK_NUM(perf_map_read(map, NULL, path, &unknown, &why),
			  SYMBOL_LOSS_PERF_MAP_REFUSED);
		CHECK(strstr(buf_str(&why), "not known"));
		CHECK_NUM(chown(path, 12345, 12345), 0);
		CHECK_NUM(perf_map_read(map, NULL, path, &other, &why), SYMBOL_LOSS_NONE);
	}
	perf_map_free(map);
	buf_free(&why);
}

static void hostile(void)
{
	char *path = xasprintf("%s/hostile.map", dir), *good = xasprintf("%s/link.map", dir);
	char *garbage = xmalloc(1 << 20);
	struct perf_map *map;
	struct buf why = {0};

	CHECK_NUM(mkfifo(path, 0666), 0);
	expect_refused(path, "not a regular file");
	unlink(path);

	write_file(good, "7f0000005000 10 only\n", 21);
	CHECK_NUM(symlink(good, path), 0);
	expect_refused(path, "a symbolic link");
	unlink(path);
	foreign_owner(good);

	CHECK_NUM(mkdir(path, 0777), 0);
	expect_refused(path, "directory");
	rmdir(path);

	write_file(path, "", 0);
	CHECK_NUM(truncate(path, 10LL << 30), 0);
	expect_refused(path, "larger than");

	/* 60 MB without a newline: read through, nothing kept. */
	CHECK_NUM(truncate(path, 60 << 20), 0);
	map = perf_map_new();
	CHECK_NUM(read_map(map, path, &why), SYMBOL_LOSS_NONE);
	CHECK(perf_map_count(map) == 0 && perf_map_memory(map) < 100000);
	perf_map_free(map);

	for (int i = 0; i < 1 << 20; i++)
		garbage[i] = (i * 2654435761u) >> 13;
	write_file(path, garbage, 1 << 20);
	expect_refused(path, "not in the form");
	free(garbage);
	free(path);
	free(good);
	buf_free(&why);
}

/* What a large JVM writes: how long and how much. */
static void large(void)
{
	char *path = xasprintf("%s/large.map", dir);
	struct perf_map *map = perf_map_new();
	struct buf text = {0}, why = {0};
	uint64_t before;

	for (int i = 0; i < 200000; i++)
		buf_printf(&text, "%x %x Lcom/example/package/Class%d;::method%d\n",
			   0x10000000 + i * 512, 400, i / 20, i);
	write_file(path, text.data, text.len);
	before = now_ns();
	CHECK_NUM(read_map(map, path, &why), SYMBOL_LOSS_NONE);
	printf("perf map of 200000 lines, %zu KB: %.0f ms, %zu KB\n", text.len / 1024,
	       (now_ns() - before) / 1e6, perf_map_memory(map) / 1024);
	CHECK_NUM(perf_map_count(map), 200000);
	expect(map, 0x10000000 + 777 * 512 + 5, "Lcom/example/package/Class38;::method777",
	       0x10000000 + 777 * 512);
	perf_map_free(map);
	buf_free(&text);
	buf_free(&why);
	free(path);
}

static void put_record(struct buf *out, uint32_t id, const void *body, size_t len, const char *name, size_t code)
{
	struct { uint32_t id, size; uint64_t timestamp; } head = {id, 0, 1};

	head.size = sizeof(head) + len + (name ? strlen(name) + 1 : 0) + code;
	buf_add(out, &head, sizeof(head));
	buf_add(out, body, len);
	if (name)
		buf_add(out, name, strlen(name) + 1);
	buf_pad(out, '\x90', code);
}

static void put_load(struct buf *out, uint64_t at, uint64_t size, uint64_t index, const char *name, size_t code)
{
	struct { uint32_t pid, tid; uint64_t vma, start, size, index; } load = {1, 1, at, at, size, index};

	put_record(out, 0, &load, sizeof(load), name, code);
}

static void put_move(struct buf *out, uint64_t from, uint64_t to, uint64_t size, uint64_t index)
{
	struct { uint32_t pid, tid; uint64_t vma, from, to, size, index; } move = {1, 1, to, from, to, size, index};

	put_record(out, 1, &move, sizeof(move), NULL, 0);
}

static void put_dump_header(struct buf *out)
{
	struct { uint32_t magic, version, size, mach, pad, pid; uint64_t timestamp, flags; } head =
		{0x4a695444, 1, 40, 62, 0, 1, 1, 0};

	buf_add(out, &head, sizeof(head));
}

/* The same file of names, as the dump that other runtimes write: code larger than what is read at once, a move,
 * a place used again, records that are not for us; in one reading, and cut anywhere into two. */
static void jitdump(void)
{
	char *path = xasprintf("%s/jit-1.dump", dir);
	struct buf dump = {0}, why = {0};

	put_dump_header(&dump);
	put_load(&dump, 0x1000, 0x100, 1, "first", 0x100);
	put_record(&dump, 2, "lines of a source", 17, NULL, 0);
	put_load(&dump, 0x2000, 200000, 2, "large", 200000);
	put_move(&dump, 0x1000, 0x90000, 0x100, 1);
	put_move(&dump, 0x1000, 0x91000, 0x100, 1);     /* it is no longer there */
	put_move(&dump, 0x1000, 0x92000, 0x100, 77);    /* nobody */
	put_load(&dump, UINT64_MAX - 10, 100, 3, "wraps", 0);
	put_load(&dump, 0x1080, 0x20, 4, "later", 0x20);
	for (size_t cut = 0; cut < dump.len; cut += cut < 700 ? 1 : 9973) {
		struct perf_map *map = perf_map_new();

		write_file(path, dump.data, cut);
		read_map(map, path, &why);
		write_file(path, dump.data, dump.len);
		CHECK_NUM(read_map(map, path, &why), SYMBOL_LOSS_NONE);
		expect(map, 0x1000, "first", 0x1000);
		expect(map, 0x1090, "later", 0x1080);
		expect(map, 0x10a0, "first", 0x1000);
		expect(map, 0x2000 + 199999, "large", 0x2000);
		expect(map, 0x90010, "first", 0x90000);
		expect(map, 0x91010, NULL, 0);
		CHECK_NUM(perf_map_bad_lines(map), 3);
		perf_map_free(map);
	}
	buf_reset(&dump); /* a record that is shorter than its own head: nothing after it is believed */
	put_dump_header(&dump);
	put_load(&dump, 0x1000, 0x100, 1, "good", 0);
	buf_pad(&dump, '\0', 16);
	put_load(&dump, 0x5000, 0x100, 2, "after", 0);
	{
		struct perf_map *map = perf_map_new();

		write_file(path, dump.data, dump.len);
		CHECK_NUM(read_map(map, path, &why), SYMBOL_LOSS_NONE);
		expect(map, 0x1000, "good", 0x1000);
		expect(map, 0x5000, NULL, 0);
		CHECK_NUM(perf_map_bad_lines(map), 1);
		perf_map_free(map);
	}
	buf_free(&dump);
	buf_free(&why);
	free(path);
}

int main(void)
{
	dir = make_scratch();
	well_formed();
	jitdump();
	against_model();
	hostile();
	large();
	remove_scratch(dir);
	return unit_result();
}
