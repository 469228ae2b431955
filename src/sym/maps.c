/* maps.c - see maps.h. */
#include "sym/maps.h"
#include "base/hmap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

enum {
	MAPPINGS_LIMIT = 128 * 1024, /* vm.max_map_count is 65530, executable or not */
	PATH_LIMIT = 4096,
};

static enum map_kind kind_of(const char *path, uint64_t ino)
{
	if (!*path || str_starts(path, "//anon") || str_starts(path, "[anon") ||
	    str_eq(path, "[heap]") || str_starts(path, "[stack"))
		return MAP_ANON;
	/* JIT compilers map their code twice, writable and executable, through these. */
	if (str_starts(path, "/memfd:") || str_starts(path, "/dev/zero") ||
	    str_starts(path, "/SYSV") || str_starts(path, "/anon_hugepage") ||
	    str_starts(path, "/dev/shm/"))
		return MAP_ANON;
	if (str_eq(path, "[vdso]"))
		return MAP_VDSO;
	return *path == '/' || ino ? MAP_FILE : MAP_OTHER;
}

struct map_file *map_files_get(struct map_files *files, const char *path, uint64_t dev, uint64_t ino)
{
	static const char deleted[] = " (deleted)";
	size_t len = strnlen(path, PATH_LIMIT);
	uint32_t hash = hash_bytes(path, len) ^ (uint32_t)((ino + dev) * 0x9e3779b1u);
	struct map_file **bucket = &files->buckets[hash % MAP_BUCKETS], *file;
	bool gone = len > sizeof(deleted) - 1 &&
		    !memcmp(path + len - (sizeof(deleted) - 1), deleted, sizeof(deleted) - 1);

	if (gone)
		len -= sizeof(deleted) - 1;
	for (file = *bucket; file; file = file->next)
		if (file->hash == hash && file->ino == ino && file->dev == dev && file->deleted == gone &&
		    !strncmp(file->path, path, len) && !file->path[len])
			break;
	if (!file) {
		const char *slash;

		file = xcalloc(1, sizeof(*file) + len + 1);
		memcpy(file->path, path, len);
		slash = strrchr(file->path, '/');
		file->base = slash && slash[1] ? slash + 1 : file->path;
		file->hash = hash;
		file->dev = dev;
		file->ino = ino;
		file->deleted = gone;
		file->kind = kind_of(file->path, ino);
		file->next = *bucket;
		*bucket = file;
		files->bytes += sizeof(*file) + len + 1;
	} else {
		file->mapped_again = true;
	}
	file->refs++;
	return file;
}

void map_files_put(struct map_files *files, struct map_file *file)
{
	struct map_file **at = &files->buckets[file->hash % MAP_BUCKETS];

	if (--file->refs)
		return;
	while (*at != file)
		at = &(*at)->next;
	*at = file->next;
	files->bytes -= sizeof(*file) + strlen(file->path) + 1;
	free(file);
}

struct map_table *map_table_new(struct map_files *files)
{
	struct map_table *table = xcalloc(1, sizeof(*table));

	table->refs = 1;
	files->bytes += sizeof(*table);
	return table;
}

struct map_table *map_table_share(struct map_table *table)
{
	table->refs++;
	return table;
}

void map_table_release(struct map_files *files, struct map_table *table)
{
	if (!table || --table->refs)
		return;
	vec_each(m, &table->maps)
		map_files_put(files, m->file);
	files->bytes -= sizeof(*table) + table->maps.cap * sizeof(*table->maps.v);
	vec_free(&table->maps);
	free(table);
}

static void push(struct map_files *files, struct map_table *table, struct mapping m)
{
	size_t cap = table->maps.cap;

	vec_push(&table->maps, m);
	files->bytes += (table->maps.cap - cap) * sizeof(m);
}

/* *table as one that nobody shares. */
static void own(struct map_files *files, struct map_table **table)
{
	struct map_table *copy;

	if ((*table)->refs == 1)
		return;
	copy = map_table_new(files);
	vec_each(m, &(*table)->maps) {
		m->file->refs++;
		push(files, copy, *m);
	}
	(*table)->refs--;
	*table = copy;
}

/* Index of the first mapping that ends above addr. */
static size_t first_above(const struct map_table *table, uint64_t addr)
{
	size_t low = 0, high = table->maps.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->maps.v[middle].end <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Makes [at, at + remove) of the vector `insert` places wide. Their content is the caller's. */
static void reshape(struct map_files *files, struct map_table *table, size_t at, size_t remove,
		    size_t insert)
{
	size_t tail = table->maps.n - at - remove;

	for (size_t i = remove; i < insert; i++)
		push(files, table, (struct mapping){0});
	memmove(table->maps.v + at + insert, table->maps.v + at + remove,
		tail * sizeof(struct mapping));
	table->maps.n = at + insert + tail;
}

/* Puts m in, and what it leaves of those it overlaps. */
static void place(struct map_files *files, struct map_table *table, struct mapping m)
{
	size_t at = first_above(table, m.start), end = at, n = 0;
	struct mapping parts[3], first, last;

	while (end < table->maps.n && table->maps.v[end].start < m.end)
		end++;
	if (end > at) {
		first = table->maps.v[at];
		last = table->maps.v[end - 1];
		if (first.start < m.start) {
			parts[n] = first;
			parts[n++].end = m.start;
			first.file->refs++;
		}
	}
	parts[n++] = m;
	if (end > at && last.end > m.end) {
		last.offset += m.end - last.start;
		last.start = m.end;
		last.file->refs++;
		parts[n++] = last;
	}
	for (size_t i = at; i < end; i++)
		map_files_put(files, table->maps.v[i].file);
	reshape(files, table, at, end - at, n);
	memcpy(table->maps.v + at, parts, n * sizeof(*parts));
}

bool map_table_add(struct map_files *files, struct map_table **table, struct mapping m, bool over)
{
	size_t at;

	if (m.start >= m.end || (*table)->maps.n >= MAPPINGS_LIMIT) {
		map_files_put(files, m.file);
		return false;
	}
	at = first_above(*table, m.start);
	if (!over && at < (*table)->maps.n && (*table)->maps.v[at].start < m.end) {
		map_files_put(files, m.file);
		return true;
	}
	own(files, table);
	place(files, *table, m);
	return true;
}

const struct mapping *map_table_find(const struct map_table *table, uint64_t addr)
{
	size_t at;

	if (!table)
		return NULL;
	at = first_above(table, addr);
	if (at == table->maps.n || table->maps.v[at].start > addr)
		return NULL;
	return &table->maps.v[at];
}

/* The kernel writes a newline in a path as \012 (and nothing else so). */
static void unescape(char *path)
{
	char *to = path;

	while (*path) {
		if (!strncmp(path, "\\012", 4)) {
			*to++ = '\n';
			path += 4;
		} else {
			*to++ = *path++;
		}
	}
	*to = '\0';
}

/* "START-END PERMS OFFSET MAJOR:MINOR INODE      PATH" */
static void parse_line(struct map_files *files, struct map_table **table, char *line)
{
	unsigned long long start, end, offset, ino;
	unsigned major, minor;
	char perms[5];
	int path = 0;

	if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, perms, &offset, &major, &minor, &ino,
		   &path) < 7 || !path || strlen(perms) < 3 || perms[2] != 'x')
		return;
	unescape(line + path);
	map_table_add(files, table, (struct mapping){
		start, end, offset, map_files_get(files, line + path, makedev(major, minor), ino)}, true);
}

struct map_table *map_table_parse(struct map_files *files, struct buf *text)
{
	struct map_table *table = map_table_new(files);
	char *line = text->data, *end = text->data + text->len, *newline;

	for (; line < end; line = newline + 1) {
		const char *space = memchr(line, ' ', end - line);

		newline = memchr(line, '\n', end - line);
		if (!newline)
			break;
		*newline = '\0';
		/* Most mappings are not executable: they need no parsing. */
		if (space && newline - space > 4 && space[3] == 'x')
			parse_line(files, &table, line);
	}
	return table;
}
