/* recorded.c - see recorded.h. */
#include "sym/recorded.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hmap.h"
#include "sym/elf_file.h"
#include "sym/file.h"
#include "sym/images.h"
#include "sym/names_cached.h"

enum { ELF_BYTES = 64 << 20, ELF_FILES = 256, NOTES_LIMIT = 1 << 16, PATH_LIMIT = 4096,
       MAPS_BYTES = 1 << 29 /* of all mappings; what comes later has no names */ };

struct build_id { uint8_t bytes[20]; unsigned len; };

/* An address space at the moment up to which the recording was told. */
struct space {
	struct map_table *table;
	struct generated perf_map, jitdump;
};

struct recorded {
	struct hmap spaces;    /* pid -> struct space */
	struct hmap build_ids; /* file -> struct build_id */
	struct map_files files;
	struct elf_cache *elfs;
	struct disk_cache *disk; /* once it was asked for; may be NULL */
	bool disk_asked;
	struct ksyms *ksyms;
	struct build_id kernel_id;
	bool kernel_known;     /* it is the one that runs, or one of the same build */
	uint64_t slide;        /* how far the recorded one was loaded above it */
	struct buf module;     /* what sym->module points to */
};

struct recorded *recorded_new(void)
{
	struct recorded *r = xcalloc(1, sizeof(*r));

	r->elfs = elf_cache_new(ELF_BYTES, ELF_FILES);
	r->ksyms = ksyms_new(NULL);
	return r;
}

static void space_clear(struct recorded *r, struct space *space)
{
	map_table_release(&r->files, space->table);
	perf_map_free(space->perf_map.map);
	perf_map_free(space->jitdump.map);
	*space = (struct space){0};
}

void recorded_free(struct recorded *r)
{
	if (!r)
		return;
	vec_each(entry, &r->spaces.entries) {
		space_clear(r, entry->value);
		free(entry->value);
	}
	vec_each(entry, &r->build_ids.entries)
		free(entry->value);
	hmap_free(&r->spaces);
	hmap_free(&r->build_ids);
	elf_cache_free(r->elfs);
	disk_cache_close(r->disk);
	ksyms_free(r->ksyms);
	buf_free(&r->module);
	free(r);
}

static struct build_id build_id_of(const uint8_t *id, unsigned len)
{
	struct build_id b = {.len = MIN_OF(len, (unsigned)sizeof(b.bytes))};

	memcpy(b.bytes, id, b.len);
	return b;
}

void recorded_build_id(struct recorded *r, const char *file, const uint8_t *id, unsigned len)
{
	void **at = hmap_at(&r->build_ids, file, strlen(file));

	if (!*at)
		*at = xcalloc(1, sizeof(struct build_id));
	*(struct build_id *)*at = build_id_of(id, len);
}

/* ---- the kernel ---- */

void recorded_kernel_build_id(struct recorded *r, const uint8_t *id, unsigned len)
{
	r->kernel_id = build_id_of(id, len);
}

/* Of the running kernel: the GNU note in /sys/kernel/notes (elf(5): u32 namesz, descsz, type). */
static bool runs_build(const struct build_id *want)
{
	struct buf notes = {0};
	bool same = false;

	if (buf_read_file(&notes, "/sys/kernel/notes", NOTES_LIMIT))
		notes.len = 0;
	for (size_t at = 0; at + 12 <= notes.len;) {
		uint32_t head[3];
		size_t name = at + 12, id;

		memcpy(head, notes.data + at, sizeof(head));
		if (head[0] > NOTES_LIMIT || head[1] > NOTES_LIMIT)
			break;
		id = name + ((head[0] + 3) & ~3u);
		at = id + ((head[1] + 3) & ~3u);
		if (at > notes.len)
			break;
		if (head[2] == 3 && head[0] == 4 && !memcmp(notes.data + name, "GNU", 4))
			same = head[1] == want->len && !memcmp(notes.data + id, want->bytes, want->len);
	}
	buf_free(&notes);
	return same;
}

void recorded_kernel(struct recorded *r, const char *symbol, uint64_t address)
{
	uint64_t now;

	r->kernel_known = (!r->kernel_id.len || runs_build(&r->kernel_id)) &&
			  ksyms_address(r->ksyms, symbol, &now);
	r->slide = r->kernel_known ? address - now : 0;
	/* Another place and no word of which build it was: it may be any kernel. */
	if (r->slide && !r->kernel_id.len)
		r->kernel_known = false;
}

bool recorded_kernel_symbol(struct recorded *r, uint64_t addr, struct symbol *sym)
{
	const char *module = NULL;

	*sym = (struct symbol){.loss = SYMBOL_LOSS_NOT_COVERED, .module = "[kernel.kallsyms]"};
	sym->path = sym->module;
	if (!r->kernel_known || !ksyms_find(r->ksyms, addr - r->slide, &sym->name, &sym->offset, &module))
		return false;
	if (module && r->slide) { /* modules are not moved with it */
		sym->name = NULL;
		return false;
	}
	if (module) {
		buf_reset(&r->module);
		buf_printf(&r->module, "[%s]", module);
		sym->module = sym->path = buf_str(&r->module);
	}
	sym->kind = SYMBOL_FUNCTION;
	sym->loss = SYMBOL_LOSS_NONE;
	return true;
}

/* ---- mappings ---- */

static struct space *space_of(struct recorded *r, uint32_t pid)
{
	void **at = hmap_at(&r->spaces, &pid, sizeof(pid));

	if (!*at)
		*at = xcalloc(1, sizeof(struct space));
	return *at;
}

void recorded_mmap(struct recorded *r, const struct recorded_mapping *m)
{
	struct space *space = space_of(r, m->pid);
	struct mapping mapping = {m->start, m->start + m->len, m->offset, NULL};

	if (mapping.end < mapping.start || r->files.bytes > MAPS_BYTES)
		return;
	if (m->build_id_len)
		recorded_build_id(r, m->file, m->build_id, m->build_id_len);
	if (!space->table)
		space->table = map_table_new(&r->files);
	mapping.file = map_files_get(&r->files, m->file, 0, m->ino);
	map_table_add(&r->files, &space->table, mapping, true);
}

void recorded_fork(struct recorded *r, uint32_t pid, uint32_t parent)
{
	struct space *from, *to;

	if (pid == parent)
		return;
	to = space_of(r, pid);
	from = space_of(r, parent);
	space_clear(r, to);
	if (from->table)
		to->table = map_table_share(from->table);
}

void recorded_exec(struct recorded *r, uint32_t pid)
{
	space_clear(r, space_of(r, pid));
}

void recorded_exit(struct recorded *r, uint32_t pid)
{
	space_clear(r, space_of(r, pid));
}

/* ---- names ---- */

/* Whether an open file is the one that was recorded, as far as the recording tells. */
static bool is_recorded(const struct build_id *id, const struct map_file *file, int fd, const struct stat *st)
{
	struct elf_file *elf;
	struct buf why = {0};
	bool same;

	if (!id)
		return !file->ino || st->st_ino == file->ino;
	if (elf_file_open(&elf, dup(fd), file->path, &why)) {
		buf_free(&why);
		return false;
	}
	buf_free(&why);
	same = elf->build_id_len == id->len && !memcmp(elf->build_id, id->bytes, id->len);
	elf_file_free(elf);
	return same;
}

/* ~/.debug/.build-id/xx/yyyy/elf, as perf's cache has it. */
static int open_kept(const struct build_id *id, struct stat *st)
{
	const char *home = getenv("HOME");
	struct buf path = {0};
	int fd;

	if (!home || !id || id->len < 2)
		return -ENOENT;
	buf_printf(&path, "%s/.debug/.build-id/%02x/", home, id->bytes[0]);
	for (unsigned i = 1; i < id->len; i++)
		buf_printf(&path, "%02x", id->bytes[i]);
	buf_puts(&path, "/elf");
	fd = path.len < PATH_LIMIT ? plain_file_open(NULL, buf_str(&path), true, st) : -ENAMETOOLONG;
	buf_free(&path);
	return fd;
}

static int open_recorded(struct recorded *r, const struct map_file *file)
{
	const struct build_id *id = hmap_get(&r->build_ids, file->path, strlen(file->path));
	struct stat st;
	int fd = file->deleted ? -ENOENT : plain_file_open(NULL, file->path, true, &st);

	if (fd >= 0 && is_recorded(id, file, fd, &st))
		return fd;
	if (fd >= 0)
		close(fd);
	fd = open_kept(id, &st);
	if (fd >= 0 && is_recorded(id, file, fd, &st))
		return fd;
	if (fd >= 0)
		close(fd);
	return -ENOENT;
}

/* The names that some sonde kept of a file that is not there any more. */
static bool find_kept_names(struct recorded *r, struct map_file *file)
{
	const struct build_id *id = hmap_get(&r->build_ids, file->path, strlen(file->path));
	struct buf image = {0}, why = {0};
	bool found;

	if (!r->disk_asked)
		r->disk = disk_cache_open(NULL, &why);
	r->disk_asked = true;
	found = id && names_cached_get(r->disk, id->bytes, id->len, &image) &&
		!elf_cache_add_image(r->elfs, image.data, image.len, file->path, &file->elf, &why);
	buf_free(&image);
	buf_free(&why);
	return found;
}

static struct elf_syms *elf_for(struct recorded *r, struct map_file *file)
{
	struct elf_syms *es = elf_cache_get(r->elfs, file->elf);
	struct elf_places places = {0};
	struct buf why = {0};
	int fd;

	if (es || file->loss)
		return es;
	fd = open_recorded(r, file);
	if (fd < 0)
		file->loss = find_kept_names(r, file) ? SYMBOL_LOSS_NONE : SYMBOL_LOSS_FILE_REPLACED;
	else if (elf_cache_open(r->elfs, fd, file->path, &places, &file->elf, &why))
		file->loss = SYMBOL_LOSS_FILE_NOT_ELF;
	buf_free(&why);
	return file->loss ? NULL : elf_cache_get(r->elfs, file->elf);
}

static bool find_in_file(struct recorded *r, const struct mapping *m, struct symbol *sym)
{
	struct elf_syms *es = elf_for(r, m->file);
	struct elf_symbol found;
	uint64_t vaddr;

	if (!es || !elf_syms_to_vaddr(es, sym->module_offset, &vaddr) || !elf_syms_find(es, vaddr, &found)) {
		sym->loss = es ? SYMBOL_LOSS_NOT_COVERED : m->file->loss;
		return false;
	}
	sym->kind = SYMBOL_FUNCTION;
	sym->name = found.name;
	sym->offset = vaddr - found.vaddr;
	return true;
}

static bool find_generated(struct generated *from, const char *path, uint64_t addr, struct symbol *sym)
{
	struct perf_map_owner owner = {true, getuid(), geteuid()};
	struct buf why = {0};
	uint64_t start;

	if (!from->map) {
		from->map = perf_map_new();
		from->loss = perf_map_read(from->map, NULL, path, &owner, &why);
		buf_free(&why);
	}
	if (!perf_map_find(from->map, addr, &sym->name, &start))
		return false;
	sym->kind = SYMBOL_GENERATED;
	sym->offset = addr - start;
	return true;
}

static bool find_jit(struct recorded *r, struct space *space, uint32_t pid, uint64_t addr, struct symbol *sym)
{
	char name[32];

	sym->loss = SYMBOL_LOSS_NO_PERF_MAP;
	snprintf(name, sizeof(name), "jit-%u.dump", pid);
	vec_each(m, &space->table->maps)
		if (str_eq(m->file->base, name) && find_generated(&space->jitdump, m->file->path, addr, sym)) {
			sym->module = sym->path = m->file->path;
			return true;
		}
	buf_reset(&r->module);
	buf_printf(&r->module, "/tmp/perf-%u.map", pid);
	if (!find_generated(&space->perf_map, buf_str(&r->module), addr, sym))
		return false;
	sym->module = sym->path = buf_str(&r->module);
	return true;
}

bool recorded_symbol(struct recorded *r, uint32_t pid, uint64_t addr, struct symbol *sym)
{
	struct space *space = hmap_get(&r->spaces, &pid, sizeof(pid));
	const struct mapping *m = space && space->table ? map_table_find(space->table, addr) : NULL;
	bool found;

	*sym = (struct symbol){.loss = SYMBOL_LOSS_NO_MAPPING};
	if (!m)
		return false;
	sym->loss = SYMBOL_LOSS_NO_SYMBOLS;
	sym->module = sym->path = m->file->path;
	sym->module_offset = addr - m->start + m->offset;
	found = m->file->kind == MAP_FILE ? find_in_file(r, m, sym) :
		m->file->kind == MAP_ANON && find_jit(r, space, pid, addr, sym);
	if (found)
		sym->loss = SYMBOL_LOSS_NONE;
	return found;
}
