/*
 * perf_map.c - see perf_map.h.
 *
 *   pieces  {start, end, of, name} sorted, none overlapping: after reading, what is left
 *           visible of each line; `of` is where its code started
 *   names   "name\0name\0..."
 *
 * New lines and the old pieces are flattened together: a sweep over all starts and ends
 * with the lines that cover the current place in a heap, the latest on top.
 */
#include "sym/perf_map.h"
#include "sym/file.h"
#include "sym/jitdump.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	READ_SIZE = 64 * 1024,
	LINE_LIMIT = 4096,       /* the rest of a longer line is dropped with the line */
	PIECES_LIMIT = 1 << 20,
	GARBAGE_LINES = 1000,    /* so many bad lines and no good one: another kind of file */
};

struct piece {
	uint64_t start, end, of;
	uint32_t name;
	uint32_t age;            /* while flattening: the higher one wins */
};

struct perf_map {
	VEC(struct piece) pieces;
	struct buf names;
	uint64_t dev, ino;       /* the file that was read */
	uint64_t done;           /* up to here, which is the start of a line */
	uint64_t seen;           /* its size then */
	uint64_t bad, good;
	size_t fresh;            /* pieces from here on are not flattened yet */
	bool skipping;           /* within a line that was too long */
	struct jitdump *dump;    /* the file is one; NULL: text */
};

struct perf_map *perf_map_new(void)
{
	return xcalloc(1, sizeof(struct perf_map));
}

static void forget(struct perf_map *map)
{
	vec_free(&map->pieces);
	buf_free(&map->names);
	if (map->dump)
		jitdump_free(map->dump);
	free(map->dump);
	*map = (struct perf_map){0};
}

void perf_map_free(struct perf_map *map)
{
	if (!map)
		return;
	forget(map);
	free(map);
}

static bool parse_hex(const char **p, const char *end, uint64_t *out)
{
	const char *start;

	if (end - *p > 2 && (*p)[0] == '0' && ((*p)[1] == 'x' || (*p)[1] == 'X'))
		*p += 2;
	start = *p;
	for (*out = 0; *p < end; ++*p) {
		char c = **p | 0x20;
		int digit = **p >= '0' && **p <= '9' ? **p - '0' :
			    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

		if (digit < 0)
			break;
		*out = *out << 4 | (unsigned)digit;
	}
	return *p > start && *p - start <= 16;
}

static void add_piece(struct perf_map *map, uint64_t start, uint64_t size, uint32_t name)
{
	struct piece piece = {.start = start, .end = start + size, .of = start, .name = name};

	if (map->pieces.n < PIECES_LIMIT)
		vec_push(&map->pieces, piece);
	else
		map->bad++;
}

static uint32_t add_name(struct perf_map *map, const char *name, size_t len)
{
	uint32_t at = map->names.len;

	buf_add(&map->names, name, len);
	buf_putc(&map->names, '\0');
	return at;
}

static void parse_line(struct perf_map *map, const char *p, const char *end)
{
	uint64_t start, size;
	bool ok;

	if (end > p && end[-1] == '\r')
		end--;
	ok = parse_hex(&p, end, &start) && p < end && *p++ == ' ' &&
	     parse_hex(&p, end, &size) && p + 1 < end && *p++ == ' ' && *p &&
	     size && start + size > start && map->pieces.n < PIECES_LIMIT;
	if (!ok) {
		map->bad++;
		return;
	}
	map->good++;
	add_piece(map, start, size, add_name(map, p, strnlen(p, end - p)));
}

/* Whole lines of the text; gives how much was used. */
static size_t parse_text(struct perf_map *map, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *newline;

	while ((newline = memchr(p, '\n', end - p))) {
		if (map->skipping)
			map->bad++;
		else
			parse_line(map, p, newline);
		map->skipping = false;
		p = newline + 1;
	}
	if (end - p > LINE_LIMIT) {
		map->skipping = true;
		p = end;
	}
	return p - text;
}

static uint32_t dump_code(void *ctx, uint64_t start, uint64_t size, const char *name, size_t len)
{
	struct perf_map *map = ctx;
	uint32_t at = map->pieces.n < PIECES_LIMIT ? add_name(map, name, len) : 0;

	map->good++;
	add_piece(map, start, size, at);
	return at;
}

static void dump_moved(void *ctx, uint64_t start, uint64_t size, uint32_t name)
{
	add_piece(ctx, start, size, name);
}

/* Whole lines or records; gives how much was used. */
static size_t parse(struct perf_map *map, const char *data, size_t len)
{
	if (!map->done && !map->dump && jitdump_is(data, len)) {
		map->dump = xcalloc(1, sizeof(*map->dump));
		*map->dump = (struct jitdump){.code = dump_code, .moved = dump_moved, .ctx = map};
	}
	return map->dump ? jitdump_parse(map->dump, data, len) : parse_text(map, data, len);
}

static int compare_starts(const void *a, const void *b)
{
	const struct piece *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->age < y->age ? -1 : x->age > y->age;
}

/* A binary heap of pieces, the latest on top. */
struct heap {
	VEC(const struct piece *) h;
};

static void heap_push(struct heap *heap, const struct piece *piece)
{
	size_t i = heap->h.n;

	vec_push(&heap->h, piece);
	for (; i && heap->h.v[(i - 1) / 2]->age < piece->age; i = (i - 1) / 2)
		heap->h.v[i] = heap->h.v[(i - 1) / 2];
	heap->h.v[i] = piece;
}

static void heap_pop(struct heap *heap)
{
	const struct piece *last = heap->h.v[--heap->h.n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < heap->h.n) {
		if (child + 1 < heap->h.n && heap->h.v[child + 1]->age > heap->h.v[child]->age)
			child++;
		if (heap->h.v[child]->age <= last->age)
			break;
		heap->h.v[i] = heap->h.v[child];
		i = child;
	}
	heap->h.v[i] = last;
}

struct flat {
	VEC(struct piece) out;
};

/* What the top of the heap shows between `from` and `to`; drops what ended before. */
static void show(struct flat *flat, struct heap *heap, uint64_t from, uint64_t to)
{
	while (from < to) {
		const struct piece *top;
		struct piece piece;

		while (heap->h.n && heap->h.v[0]->end <= from)
			heap_pop(heap);
		if (!heap->h.n)
			return;
		top = heap->h.v[0];
		piece = *top;
		piece.start = from;
		piece.end = MIN_OF(to, top->end);
		from = piece.end;
		if (flat->out.n && vec_last(&flat->out).end == piece.start &&
		    vec_last(&flat->out).name == piece.name)
			vec_last(&flat->out).end = piece.end;
		else
			vec_push(&flat->out, piece);
	}
}

static void flatten(struct perf_map *map)
{
	struct heap heap = {0};
	struct flat flat = {0};
	size_t n = map->pieces.n;

	if (map->fresh == n)
		return;
	for (size_t i = 0; i < n; i++)
		map->pieces.v[i].age = i;
	qsort(map->pieces.v, n, sizeof(*map->pieces.v), compare_starts);
	for (size_t i = 0; i < n; i++) {
		uint64_t to = i + 1 < n ? map->pieces.v[i + 1].start : UINT64_MAX;

		heap_push(&heap, &map->pieces.v[i]);
		show(&flat, &heap, map->pieces.v[i].start, to);
	}
	vec_free(&heap.h);
	free(map->pieces.v);
	/* It may be long until the next line comes: nothing is kept in reserve. */
	map->pieces.n = map->pieces.cap = map->fresh = flat.out.n;
	map->pieces.v = xreallocarray(flat.out.v, flat.out.n, sizeof(*flat.out.v));
	map->names.cap = map->names.len + 1;
	map->names.data = xrealloc(map->names.data, map->names.cap);
}

static int read_appended(struct perf_map *map, int fd, uint64_t size)
{
	char *text = xmalloc(READ_SIZE);
	uint64_t at = map->done;
	size_t len = 0, used;
	int err = 0;

	while (at < size) {
		ssize_t n = pread(fd, text + len, MIN_OF((uint64_t)(READ_SIZE - len), size - at), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err = n < 0 ? -errno : 0;
			break;
		}
		at += n;
		len += n;
		used = parse(map, text, len);
		memmove(text, text + used, len - used);
		len -= used;
		map->done += used;
		if (!map->good && map->bad > GARBAGE_LINES) {
			err = -ENOEXEC;
			break;
		}
	}
	free(text);
	return err;
}

/* Why a file may not be read, or NULL. */
static const char *distrust(const struct stat *st, const struct perf_map_owner *owner)
{
	if (st->st_size > (off_t)PERF_MAP_LIMIT)
		return "larger than 256 MB";
	if (st->st_uid && !owner->known)
		return "the user of the process that ended is not known";
	if (st->st_uid && st->st_uid != owner->real && st->st_uid != owner->effective)
		return "owned by another user than the process";
	return NULL;
}

static enum symbol_loss refuse(struct buf *why, const char *path, const char *reason)
{
	buf_printf(why, "%s: %s", path, reason);
	return SYMBOL_LOSS_PERF_MAP_REFUSED;
}

enum symbol_loss perf_map_read(struct perf_map *map, const char *root, const char *path,
			       const struct perf_map_owner *owner, struct buf *why)
{
	struct stat st;
	const char *reason;
	int fd = plain_file_open(root, path, false, &st), err;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return SYMBOL_LOSS_NO_PERF_MAP;
	if (fd < 0)
		return refuse(why, path, fd == -ELOOP ? "a symbolic link" :
			      fd == -EINVAL ? "not a regular file" : strerror(-fd));
	reason = distrust(&st, owner);
	if (reason) {
		close(fd);
		return refuse(why, path, reason);
	}
	if (map->dev != st.st_dev || map->ino != st.st_ino || (uint64_t)st.st_size < map->seen)
		forget(map);
	map->dev = st.st_dev;
	map->ino = st.st_ino;
	err = 0;
	if ((uint64_t)st.st_size > map->seen)
		err = read_appended(map, fd, st.st_size);
	map->seen = st.st_size;
	close(fd);
	flatten(map);
	if (err)
		return refuse(why, path, err == -ENOEXEC ? "not in the form of a perf map" :
			      strerror(-err));
	return SYMBOL_LOSS_NONE;
}

bool perf_map_find(const struct perf_map *map, uint64_t addr, const char **name, uint64_t *start)
{
	size_t low = 0, high = map->pieces.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->pieces.v[middle].end <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == map->pieces.n || map->pieces.v[low].start > addr)
		return false;
	*name = map->names.data + map->pieces.v[low].name;
	*start = map->pieces.v[low].of;
	return true;
}

size_t perf_map_count(const struct perf_map *map)
{
	return map->pieces.n;
}

uint64_t perf_map_bad_lines(const struct perf_map *map)
{
	return map->bad + (map->dump ? map->dump->bad : 0);
}

size_t perf_map_memory(const struct perf_map *map)
{
	size_t dump = map->dump ? sizeof(*map->dump) + map->dump->loads.n * 3 * sizeof(*map->dump->loads.v) : 0;

	return sizeof(*map) + map->names.cap + map->pieces.cap * sizeof(*map->pieces.v) + dump;
}
