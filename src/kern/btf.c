/*
 * btf.c - see btf.h: opening, the walk, the index, names. What types mean is in btf_type.c.
 */
#include "kern/btf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern/btf_string.h"
#include "kern/sys.h"

#define KERNEL_BTF_DIR "/sys/kernel/btf"
#define BTF_LARGEST (256u << 20)
#define MARK_EVERY 32
/* Types walked in search of names, in units of the whole, before the table pays. */
#define WALKS_BEFORE_INDEX 8
#define ANSWERS 64 /* kept, by hash of the name */
#define FUNC_APART 256 /* types between two functions in search by halves, at most */

enum btf_memory { BTF_BORROWED, BTF_MAPPED, BTF_ALLOCATED };

struct btf {
	const struct btf *base;
	enum btf_memory memory;
	const uint8_t *data;
	size_t size;
	const uint8_t *types;
	uint32_t type_len;
	const char *strings; /* NUL at the end: checked when opened */
	uint32_t str_len;
	uint32_t first_id;  /* of types[0]: 1, or past the base's last */
	uint32_t first_str; /* string offset of strings[0] */

	/* the walk: `walked` types lie before offset `frontier` */
	VEC(uint32_t) marks; /* offset of every MARK_EVERYth type */
	uint32_t walked, frontier;
	uint32_t first_func; /* number (from 0) of the first function that was walked, plus 1; 0: none yet */
	bool complete;
	char damage[96]; /* why it ended early; "" */

	uint64_t searched; /* types compared in search of names so far */
	uint16_t *hashes;  /* by id - first_id, once built */
	uint32_t answers[ANSWERS]; /* ids that questions for a name found; 0: none */
};

/*
 * Bytes of a type: 12, then so many, then so many for each of its vlen. A table, since the
 * walk over all types is what a question for a name costs.
 */
static const struct {
	uint8_t fixed, each; /* fixed 0: a kind we do not know */
} layout[BTF_INFO_KIND(UINT32_MAX) + 1] = {
	[BTF_KIND_INT] = {16, 0},
	[BTF_KIND_VAR] = {16, 0},
	[BTF_KIND_DECL_TAG] = {16, 0},
	[BTF_KIND_ARRAY] = {12 + sizeof(struct btf_array), 0},
	[BTF_KIND_STRUCT] = {12, sizeof(struct btf_member)},
	[BTF_KIND_UNION] = {12, sizeof(struct btf_member)},
	[BTF_KIND_ENUM] = {12, sizeof(struct btf_enum)},
	[BTF_KIND_ENUM64] = {12, sizeof(struct btf_enum64)},
	[BTF_KIND_FUNC_PROTO] = {12, sizeof(struct btf_param)},
	[BTF_KIND_DATASEC] = {12, sizeof(struct btf_var_secinfo)},
	[BTF_KIND_PTR] = {12, 0},
	[BTF_KIND_FWD] = {12, 0},
	[BTF_KIND_TYPEDEF] = {12, 0},
	[BTF_KIND_VOLATILE] = {12, 0},
	[BTF_KIND_CONST] = {12, 0},
	[BTF_KIND_RESTRICT] = {12, 0},
	[BTF_KIND_FUNC] = {12, 0},
	[BTF_KIND_FLOAT] = {12, 0},
	[BTF_KIND_TYPE_TAG] = {12, 0},
};

/* At most 1.6 MB: 65535 times 24 and a little. */
static inline uint32_t type_bytes(uint32_t info)
{
	return layout[BTF_INFO_KIND(info)].fixed +
	       BTF_INFO_VLEN(info) * (uint32_t)layout[BTF_INFO_KIND(info)].each;
}

static inline const struct btf_type *type_at(const struct btf *b, uint32_t off)
{
	return (const struct btf_type *)(b->types + off);
}

const char *btf_string(const struct btf *b, uint32_t off)
{
	if (off >= b->first_str)
		return off - b->first_str < b->str_len ? b->strings + (off - b->first_str) : "";
	return b->base ? btf_string(b->base, off) : "";
}

/* One step of the walk; false at the end. The only place that decides a type is whole. */
static bool walk_step(struct btf *b)
{
	uint32_t left = b->type_len - b->frontier, info, bytes;

	if (b->complete)
		return false;
	if (left == 0) {
		b->complete = true;
		return false;
	}
	if (left < sizeof(struct btf_type)) {
		snprintf(b->damage, sizeof(b->damage), "the types end inside type %u",
			 b->first_id + b->walked);
		b->complete = true;
		return false;
	}
	info = type_at(b, b->frontier)->info;
	bytes = type_bytes(info);
	if (bytes == 0 || bytes > left) {
		snprintf(b->damage, sizeof(b->damage), "type %u: %s (kind %u)",
			 b->first_id + b->walked,
			 bytes == 0 ? "of a kind this version does not know" : "longer than the file",
			 BTF_INFO_KIND(info));
		b->complete = true;
		return false;
	}
	if (b->walked % MARK_EVERY == 0)
		vec_push(&b->marks, b->frontier);
	b->walked++;
	if (BTF_INFO_KIND(info) == BTF_KIND_FUNC && !b->first_func)
		b->first_func = b->walked;
	b->frontier += bytes;
	return true;
}

/* Questions are const to the caller; what they teach us about the file is not. */
static struct btf *mutable(const struct btf *b)
{
	return (struct btf *)b;
}

static void walk_all(const struct btf *b)
{
	while (walk_step(mutable(b)))
		;
}

uint32_t btf_count(const struct btf *b)
{
	walk_all(b);
	return b->first_id - 1 + b->walked;
}

const char *btf_damage(const struct btf *b)
{
	walk_all(b);
	return b->damage[0] ? b->damage : NULL;
}

size_t btf_index_bytes(const struct btf *b)
{
	return b->marks.cap * sizeof(*b->marks.v) + (b->hashes ? b->walked * sizeof(uint16_t) : 0);
}

static uint32_t offset_after(const struct btf *b, uint32_t off)
{
	return off + type_bytes(type_at(b, off)->info);
}

/* Offset of type number `n` (from 0) of this file; false past the last. */
static bool offset_of(const struct btf *b, uint32_t n, uint32_t *off)
{
	while (n >= b->walked)
		if (!walk_step(mutable(b)))
			return false;
	*off = b->marks.v[n / MARK_EVERY];
	for (uint32_t i = n % MARK_EVERY; i; i--)
		*off = offset_after(b, *off);
	return true;
}

static void fill_info(const struct btf *b, uint32_t id, uint32_t off, struct btf_info *out)
{
	const struct btf_type *t = type_at(b, off);
	uint32_t kind = BTF_INFO_KIND(t->info);

	*out = (struct btf_info){
		.id = id,
		.kind = kind,
		.name = btf_string(b, t->name_off),
		.count = BTF_INFO_VLEN(t->info),
		.flag = BTF_INFO_KFLAG(t->info),
		.tail = t + 1,
	};
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_FLOAT:
		out->size = t->size;
		break;
	case BTF_KIND_ARRAY:
	case BTF_KIND_FWD:
		break;
	default:
		out->ref = t->type;
	}
	/* For functions the same bits are the linkage. */
	if (kind == BTF_KIND_FUNC)
		out->count = 0;
}

bool btf_get(const struct btf *b, uint32_t id, struct btf_info *out)
{
	uint32_t off;

	if (id == 0) {
		*out = (struct btf_info){.name = "void"};
		return true;
	}
	if (id < b->first_id)
		return b->base ? btf_get(b->base, id, out) : false;
	if (!offset_of(b, id - b->first_id, &off))
		return false;
	fill_info(b, id, off, out);
	return true;
}

static uint16_t name_hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h ^ h >> 16;
}

/* Threads may build them at the same time: the first ones that are whole are everybody's. */
static void build_hashes(struct btf *b)
{
	uint16_t *hashes, *none = NULL;
	uint32_t off = 0;

	walk_all(b);
	hashes = xreallocarray(NULL, b->walked, sizeof(*hashes));
	for (uint32_t i = 0; i < b->walked; i++, off = offset_after(b, off))
		hashes[i] = name_hash(btf_string(b, type_at(b, off)->name_off));
	if (!__atomic_compare_exchange_n(&b->hashes, &none, hashes, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		free(hashes);
}

/* NULL: there are none yet. */
static const uint16_t *hashes_of(const struct btf *b)
{
	return __atomic_load_n(&b->hashes, __ATOMIC_ACQUIRE);
}

static void note_searched(struct btf *b, uint32_t types)
{
	__atomic_fetch_add(&b->searched, types, __ATOMIC_RELAXED);
}

static inline bool is_named(const struct btf *b, uint32_t off, uint32_t kind, const char *name)
{
	const struct btf_type *t = type_at(b, off);
	const char *have;

	if (BTF_INFO_KIND(t->info) != kind)
		return false;
	have = btf_string(b, t->name_off);
	return *have == *name && strcmp(have, name) == 0;
}

static uint32_t find_hashed(const struct btf *b, const uint16_t *hashes, uint32_t kind, const char *name,
			    uint32_t from)
{
	uint16_t hash = name_hash(name);
	uint32_t off;

	for (uint32_t i = from; i < b->walked; i++)
		if (hashes[i] == hash && offset_of(b, i, &off) && is_named(b, off, kind, name))
			return b->first_id + i;
	return 0;
}

static uint32_t find_walking(struct btf *b, uint32_t kind, const char *name, uint32_t from)
{
	uint32_t off, i = from;

	if (!offset_of(b, from, &off))
		return 0;
	do {
		for (; i < b->walked; i++, off = offset_after(b, off)) {
			if (is_named(b, off, kind, name)) {
				note_searched(b, i - from);
				return b->first_id + i;
			}
		}
	} while (walk_step(b));
	note_searched(b, i - from);
	return 0;
}

/* The first function among types `at` to `end`; false: none that is near. */
static bool next_func(const struct btf *b, uint32_t at, uint32_t end, uint32_t *func, const char **name)
{
	uint32_t off;

	end = MIN_OF(end, at + FUNC_APART);
	if (at >= end || !offset_of(b, at, &off))
		return false;
	for (; at < end; at++, off = offset_after(b, off)) {
		if (BTF_INFO_KIND(type_at(b, off)->info) != BTF_KIND_FUNC)
			continue;
		*func = at;
		*name = btf_string(b, type_at(b, off)->name_off);
		return true;
	}
	return false;
}

/*
 * pahole writes a kernel's functions in the order of their names. Nothing promises it: what is not found so
 * is searched for.
 */
static uint32_t find_by_halves(const struct btf *b, const char *name)
{
	uint32_t low, high, func, found = 0;
	const char *have;

	walk_all(b);
	if (!b->first_func)
		return 0;
	for (low = b->first_func - 1, high = b->walked; low < high;) {
		uint32_t middle = low + (high - low) / 2;

		if (!next_func(b, middle, high, &func, &have)) {
			high = middle;
			continue;
		}
		int order = strcmp(have, name);

		if (order == 0)
			found = b->first_id + func;
		if (order < 0)
			low = func + 1;
		else
			high = middle;
	}
	return found;
}

/* From type number `from` of this file on. */
static uint32_t find_from(const struct btf *b, uint32_t kind, const char *name, uint32_t from)
{
	uint32_t found = kind == BTF_KIND_FUNC && from == 0 ? find_by_halves(b, name) : 0;

	if (found)
		return found;
	if (!hashes_of(b) && b->complete &&
	    __atomic_load_n(&b->searched, __ATOMIC_RELAXED) / WALKS_BEFORE_INDEX > b->walked)
		build_hashes(mutable(b));
	const uint16_t *hashes = hashes_of(b);

	return hashes ? find_hashed(b, hashes, kind, name, from) : find_walking(mutable(b), kind, name, from);
}

/* The first one, of which the answer may be known. */
static uint32_t find_first(const struct btf *b, uint32_t kind, const char *name)
{
	uint32_t *answer = &mutable(b)->answers[(name_hash(name) + kind) % ANSWERS], off;
	uint32_t id = __atomic_load_n(answer, __ATOMIC_RELAXED);

	if (!id || !offset_of(b, id - b->first_id, &off) || !is_named(b, off, kind, name)) {
		id = find_from(b, kind, name, 0);
		__atomic_store_n(answer, id, __ATOMIC_RELAXED);
	}
	return id;
}

uint32_t btf_find(const struct btf *b, uint32_t kind, const char *name)
{
	return btf_find_next(b, kind, name, 0);
}

uint32_t btf_find_next(const struct btf *b, uint32_t kind, const char *name, uint32_t id)
{
	uint32_t found;

	if (b->base && id + 1 < b->first_id) {
		found = btf_find_next(b->base, kind, name, id);
		if (found)
			return found;
	}
	return id >= b->first_id ? find_from(b, kind, name, id + 1 - b->first_id) : find_first(b, kind, name);
}

bool btf_each(const struct btf *b, uint32_t kind, struct btf_cursor *c, struct btf_info *out)
{
	for (;;) {
		uint32_t id = c->id + 1;

		if (id < b->first_id) {
			if (btf_each(b->base, kind, c, out))
				return true;
			c->id = b->first_id - 1;
			continue;
		}
		if (id == b->first_id)
			c->off = 0;
		if (id - b->first_id >= b->walked && !walk_step(mutable(b)))
			return false;
		fill_info(b, id, c->off, out);
		c->off = offset_after(b, c->off);
		c->id = id;
		if (!kind || out->kind == kind)
			return true;
	}
}

static int parse_header(struct btf *b)
{
	struct btf_header h;
	uint64_t room;

	if (b->size < sizeof(h))
		return -EBADMSG;
	memcpy(&h, b->data, sizeof(h));
	if (h.magic != BTF_MAGIC || h.version != BTF_VERSION)
		return -EBADMSG;
	if (h.hdr_len < sizeof(h) || h.hdr_len > b->size)
		return -EBADMSG;
	room = b->size - h.hdr_len;
	if (h.type_off > room || h.type_len > room - h.type_off || h.str_off > room ||
	    h.str_len > room - h.str_off)
		return -EBADMSG;
	b->types = b->data + h.hdr_len + h.type_off;
	b->type_len = h.type_len;
	b->strings = (const char *)b->data + h.hdr_len + h.str_off;
	b->str_len = h.str_len;
	/* Types are read as 32-bit words where they lie. */
	if ((uintptr_t)b->types % 4)
		return -EBADMSG;
	if (b->str_len == 0 ? !b->base : b->strings[b->str_len - 1] != '\0')
		return -EBADMSG;
	return 0;
}

static int open_bytes(struct btf **out, const struct btf *base, enum btf_memory memory,
		      const void *data, size_t size)
{
	struct btf *b = xcalloc(1, sizeof(*b));
	int err;

	b->base = base;
	b->memory = memory;
	b->data = data;
	b->size = size;
	b->first_id = base ? btf_count(base) + 1 : 1;
	b->first_str = base ? base->first_str + base->str_len : 0;
	err = parse_header(b);
	if (err) {
		btf_close(b);
		return err;
	}
	*out = b;
	return 0;
}

int btf_open_memory(struct btf **out, const struct btf *base, const void *data, size_t size)
{
	*out = NULL;
	return open_bytes(out, base, BTF_BORROWED, data, size);
}

void btf_close(struct btf *b)
{
	if (!b)
		return;
	if (b->memory == BTF_MAPPED)
		sys_munmap((void *)b->data, b->size);
	if (b->memory == BTF_ALLOCATED)
		free((void *)b->data);
	vec_free(&b->marks);
	free(b->hashes);
	free(b);
}

/* Exactly `size` bytes into memory: sysfs gives them a page at a time. */
static int read_all(int fd, size_t size, void **out)
{
	uint8_t *data = xmalloc(size);
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, data + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int err = n < 0 ? -errno : -EBADMSG;

			free(data);
			return err;
		}
		have += n;
	}
	*out = data;
	return 0;
}

static int open_path(struct btf **out, const struct btf *base, const char *path, bool kernels)
{
	int fd = sys_open(path, O_RDONLY | O_NONBLOCK), err;
	enum btf_memory memory = BTF_MAPPED;
	void *data = NULL;
	struct stat st;

	*out = NULL;
	if (fd < 0)
		return fd;
	err = fstat(fd, &st) < 0 ? -errno : !S_ISREG(st.st_mode) ? -EINVAL
		: st.st_size > BTF_LARGEST ? -EFBIG : st.st_size == 0 ? -EBADMSG : 0;
	/* A file of the user's may be cut short while we look at it: only read, never mapped. */
	if (!err && (!kernels || sys_mmap(&data, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0))) {
		memory = BTF_ALLOCATED;
		err = read_all(fd, st.st_size, &data);
	}
	sys_close(&fd);
	return err ? err : open_bytes(out, base, memory, data, st.st_size);
}

static void explain(struct buf *why, const char *path, int err)
{
	if (!why)
		return;
	if (err == -EBADMSG)
		buf_printf(why, "%s is not a BTF file, or it is damaged", path);
	else
		buf_printf(why, "%s: %s", path, strerror(-err));
}

int btf_open_file(struct btf **out, const char *path, struct buf *why)
{
	int err = open_path(out, NULL, path, false);

	if (err)
		explain(why, path, err);
	return err;
}

int btf_open_kernel(struct btf **out, struct buf *why)
{
	const char *override = getenv("SONDE_BTF");
	int err;

	if (override && *override)
		return btf_open_file(out, override, why);
	err = open_path(out, NULL, KERNEL_BTF_DIR "/vmlinux", true);
	if (err == -ENOENT && why)
		buf_puts(why, "this kernel describes no types: " KERNEL_BTF_DIR "/vmlinux does not"
			 " exist (it is built without CONFIG_DEBUG_INFO_BTF); a BTF file made for"
			 " this very kernel can be named in the environment: SONDE_BTF=FILE");
	else if (err)
		explain(why, KERNEL_BTF_DIR "/vmlinux", err);
	return err;
}

int btf_open_module(struct btf **out, const struct btf *base, const char *module)
{
	char path[128];
	int n = snprintf(path, sizeof(path), KERNEL_BTF_DIR "/%s", module);

	*out = NULL;
	if (n < 0 || (size_t)n >= sizeof(path) || strchr(module, '/'))
		return -EINVAL;
	return open_path(out, base, path, true);
}
