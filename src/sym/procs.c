/*
 * procs.c - see procs.h: mapping events in, names out.
 *
 *   pid, time --> image --> mapping --> file --> handle in the ELF cache --> function
 *                                  \-> generated code --> perf-PID.map
 */
#include "sym/procs.h"
#include "sym/elf_cache.h"
#include "sym/file.h"
#include "sym/images.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#define AGAIN_NS UINT64_C(50000000) /* a process is not read more often than this */

enum {
	ELF_BYTES = 64 << 20,
	ELF_FILES = 256,
	IMAGE_BYTES = 64 << 20,
	REASONS_LIMIT = 4096,
	VDSO_LIMIT = 64 << 10,
	PARENTS = 4,          /* ancestors through whose root directory a file is looked for */
};

struct procs {
	struct images images;
	struct elf_cache *elfs;
	char *debug_dir;          /* NULL: the default */
	struct elf_handle vdso[2]; /* of 64-bit and of 32-bit processes */
	bool vdso_failed[2];
	struct symbol_losses losses;
	struct buf reasons;
	struct buf generated_name; /* what sym->module points to */
};

struct procs *procs_new(const struct procs_options *options)
{
	struct procs *procs = xcalloc(1, sizeof(*procs));
	struct procs_options o = options ? *options : (struct procs_options){0};

	procs->elfs = elf_cache_new(o.elf_bytes ? o.elf_bytes : ELF_BYTES,
				    o.elf_files ? o.elf_files : ELF_FILES);
	procs->images.bytes_limit = o.image_bytes ? o.image_bytes : IMAGE_BYTES;
	procs->debug_dir = o.debug_dir ? xstrdup(o.debug_dir) : NULL;
	return procs;
}

void procs_free(struct procs *procs)
{
	if (!procs)
		return;
	images_free(&procs->images);
	elf_cache_free(procs->elfs);
	buf_free(&procs->reasons);
	buf_free(&procs->generated_name);
	free(procs->debug_dir);
	free(procs);
}

const struct symbol_losses *procs_losses(const struct procs *procs)
{
	return &procs->losses;
}

const char *procs_reasons(struct procs *procs)
{
	return buf_str(&procs->reasons);
}

size_t procs_memory(const struct procs *procs)
{
	return sizeof(*procs) + images_memory(&procs->images) + elf_cache_memory(procs->elfs) +
	       procs->reasons.cap;
}

static void note_reason(struct procs *procs, const struct buf *why)
{
	if (!why->len || procs->reasons.len + why->len > REASONS_LIMIT ||
	    (procs->reasons.len && strstr(procs->reasons.data, why->data)))
		return;
	buf_puts(&procs->reasons, why->data);
	buf_putc(&procs->reasons, '\n');
}

size_t procs_scan(struct procs *procs)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir))) {
		struct image *image;
		uint64_t pid;

		if (!str_to_u64(entry->d_name, &pid) || !pid || pid > UINT32_MAX)
			continue;
		image = images_find(&procs->images, pid, 0);
		if (!image || image->end)
			image = images_add(&procs->images, pid, 0, image ? image->end : 0);
		if (!image->complete && !image_snapshot(&procs->images, image))
			count++;
		images_trim(&procs->images, image);
	}
	if (dir)
		closedir(dir);
	return count;
}

/* The image that an event is about, made when the process is not known yet. */
static struct image *event_image(struct procs *procs, uint32_t pid)
{
	struct image *image = images_find(&procs->images, pid, 0);

	return image && !image->end ? image : images_add(&procs->images, pid, 0, image ? image->end : 0);
}

void procs_on_mmap(struct procs *procs, uint64_t time, uint32_t pid, uint64_t addr, uint64_t len,
		   uint64_t page_offset, uint64_t dev, uint64_t ino, const char *filename)
{
	struct image *image = event_image(procs, pid);
	struct mapping m = {addr, addr + len, page_offset, NULL};

	if (m.end < m.start)
		return;
	if (!image->table)
		image->table = map_table_new(&procs->images.files);
	/* What the snapshot saw is later than this event: it may only fill gaps. */
	m.file = map_files_get(&procs->images.files, filename, dev, ino);
	map_table_add(&procs->images.files, &image->table, m, time >= image->snapshot);
	images_trim(&procs->images, image);
}

void procs_on_comm(struct procs *procs, uint64_t time, uint32_t pid, bool exec)
{
	struct image *image = images_find(&procs->images, pid, 0), *new;
	uint32_t parent = 0;

	if (!exec)
		return;
	if (image && !image->end) {
		if (image->snapshot > time) { /* it already shows the new program */
			image->start = time;
			return;
		}
		parent = image->parent;
		image->end = time;
	}
	new = images_add(&procs->images, pid, parent, time);
	new->complete = true; /* events tell of all that is mapped from here on */
	image_note_owner(new);
}

void procs_on_fork(struct procs *procs, uint64_t time, uint32_t pid, uint32_t parent)
{
	struct image *from, *image;

	if (pid == parent)
		return;
	image = images_find(&procs->images, pid, 0);
	if (image && !image->end) {
		if (image->snapshot > time) {
			image->start = time;
			return;
		}
		image->end = time;
	}
	image = images_add(&procs->images, pid, parent, time);
	from = images_find(&procs->images, parent, 0);
	if (!from || from == image)
		return;
	image->owner = from->owner;
	image->complete = from->complete;
	if (from->table)
		image->table = map_table_share(from->table);
}

void procs_on_exit(struct procs *procs, uint64_t time, uint32_t pid, uint32_t tid)
{
	struct image *image = images_find(&procs->images, pid, 0);

	if (image && pid == tid && image->start <= time && !image->end)
		image->end = time;
}

/* Forked by a process that we never looked at, and gone: the parent has the same mappings. */
static struct image *with_parents_table(struct procs *procs, struct image *image)
{
	uint32_t pid = image->pid;
	uint64_t start = image->start;
	struct image *parent = images_find(&procs->images, image->parent, start);

	if (!parent) {
		parent = images_add(&procs->images, image->parent, 0, 0);
		/* Making room may have dropped the one that we are about. */
		image = images_find(&procs->images, pid, start);
	}
	if (!parent->table && !parent->end)
		image_snapshot(&procs->images, parent);
	if (!image || !parent->table || parent == image)
		return NULL;
	image->table = map_table_share(parent->table);
	return image;
}

/* The image to ask, with its mappings read if that is still possible. */
static struct image *image_for(struct procs *procs, uint32_t pid, uint64_t time,
			       enum symbol_loss *loss)
{
	struct image *image = images_find(&procs->images, pid, time);
	int err = 0;

	if (!image)
		image = images_add(&procs->images, pid, 0, 0);
	images_touch(&procs->images, image);
	if (!image->complete && !image->end &&
	    (!image->snapshot || now_ns() - image->snapshot > AGAIN_NS))
		err = image_snapshot(&procs->images, image);
	if (!image->table && image->parent)
		image = with_parents_table(procs, image);
	if (image && image->table)
		return image;
	*loss = err == -EACCES || err == -EPERM ? SYMBOL_LOSS_PROCESS_UNREADABLE :
		SYMBOL_LOSS_PROCESS_GONE;
	return NULL;
}

/* The mapping at addr; looks again into a process that is alive, then into older images. */
static const struct mapping *mapping_for(struct procs *procs, struct image **image, bool any_time,
					 uint64_t addr)
{
	const struct mapping *m = map_table_find((*image)->table, addr);
	struct image *older;

	if (!m && !(*image)->end && now_ns() - (*image)->snapshot > AGAIN_NS &&
	    !image_snapshot(&procs->images, *image))
		m = map_table_find((*image)->table, addr);
	for (older = *image; !m && any_time && (older = images_older(older));) {
		m = map_table_find(older->table, addr);
		if (m)
			*image = older;
	}
	return m;
}

/* The mapped object itself, whatever became of its name. -errno when it cannot be had so. */
static int open_map_file(const struct image *image, const struct mapping *m)
{
	char path[96];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%jx-%jx", image->pid,
		 (uintmax_t)m->start, (uintmax_t)m->end);
	fd = plain_file_open(NULL, path, true, NULL);
	if (fd >= 0 || !m->file->ino)
		return fd;
	/* Without the privilege for that: the program itself, if it is what is mapped. */
	snprintf(path, sizeof(path), "/proc/%u/exe", image->pid);
	fd = plain_file_open(NULL, path, true, &st);
	if (fd >= 0 && st.st_ino != m->file->ino) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

/* The file of a path as seen below `root`, if it is the inode that was mapped. */
static int open_same(const char *root, const struct map_file *file, bool *replaced)
{
	struct stat st;
	int fd = plain_file_open(root, file->path, false, &st);

	if (fd >= 0 && file->ino && st.st_ino != file->ino) {
		*replaced = true;
		close(fd);
		return -ESTALE;
	}
	return fd;
}

/* Opens what is mapped at m; `root` is set to where its name means something. */
static int open_mapped(struct procs *procs, const struct image *image, const struct mapping *m,
		       char root[32], bool *replaced)
{
	uint32_t pid = image->pid;
	int fd = -ENOENT;

	snprintf(root, 32, "/proc/%u/root", pid);
	if (!image->end)
		fd = open_map_file(image, m);
	/* The process may be gone; then a parent in the same container has the same files. */
	for (int i = 0; fd < 0 && pid && i < PARENTS && !m->file->deleted; i++) {
		const struct image *up;

		snprintf(root, 32, "/proc/%u/root", pid);
		fd = open_same(root, m->file, replaced);
		up = images_find(&procs->images, pid, 0);
		pid = up ? up->parent : 0;
	}
	if (fd < 0 && !m->file->deleted) {
		root[0] = '\0';
		fd = open_same(NULL, m->file, replaced);
	}
	return fd;
}

static struct map_version version_of(const struct stat *st)
{
	return (struct map_version){(uint64_t)st->st_size, file_written(st)};
}

/* What is mapped at m as it is now; false: it cannot be looked at. */
static bool look_at_mapped(const struct image *image, const struct mapping *m, struct stat *st)
{
	struct buf path = {0};
	bool found;

	buf_printf(&path, "/proc/%u/map_files/%jx-%jx", image->pid, (uintmax_t)m->start, (uintmax_t)m->end);
	found = stat(path.data, st) == 0;
	if (!found) {
		buf_reset(&path);
		buf_printf(&path, "/proc/%u/root%s", image->pid, m->file->path);
		found = lstat(path.data, st) == 0 && st->st_ino == m->file->ino;
	}
	buf_free(&path);
	return found;
}

/*
 * A compiler may have written another program into the same file since it was opened: what is
 * known of it is forgotten then. Asked when the file was mapped once more, which is when it matters.
 */
static void notice_rewritten(const struct image *image, const struct mapping *m)
{
	struct map_file *file = m->file;
	struct map_version now;
	struct stat st;

	if (!file->mapped_again || file->kind != MAP_FILE || image->end)
		return;
	file->mapped_again = false;
	if ((!file->elf.serial && !file->note) || !look_at_mapped(image, m, &st))
		return;
	now = version_of(&st);
	if (!memcmp(&now, &file->version, sizeof(now)))
		return;
	file->elf = (struct elf_handle){0};
	file->note = 0;
	file->loss = SYMBOL_LOSS_NONE;
}

/* Brings the file of a mapping into the cache. NULL: file->loss has the reason. */
static struct elf_syms *elf_for(struct procs *procs, const struct image *image,
				const struct mapping *m)
{
	struct map_file *file = m->file;
	struct elf_places places = {.debug_dir = procs->debug_dir};
	struct elf_syms *es;
	struct buf why = {0};
	bool replaced = false;
	struct stat st;
	char root[32];
	int fd, err;

	notice_rewritten(image, m);
	es = elf_cache_get(procs->elfs, file->elf);
	if (es)
		return es;
	if (file->loss && file->loss_pid == image->pid)
		return NULL;
	file->loss_pid = image->pid;
	fd = open_mapped(procs, image, m, root, &replaced);
	if (fd < 0) {
		file->loss = replaced ? SYMBOL_LOSS_FILE_REPLACED : SYMBOL_LOSS_FILE_UNREADABLE;
		buf_printf(&why, "%s: %s", file->path, replaced ?
			   "another file stands where the mapped one was" : strerror(-fd));
	} else {
		places.root = root[0] ? root : NULL;
		if (fstat(fd, &st) == 0)
			file->version = version_of(&st);
		err = elf_cache_open(procs->elfs, fd, file->path, &places, &file->elf, &why);
		file->loss = err ? SYMBOL_LOSS_FILE_NOT_ELF : SYMBOL_LOSS_NONE;
	}
	note_reason(procs, &why);
	buf_free(&why);
	return file->loss ? NULL : elf_cache_get(procs->elfs, file->elf);
}

/* The kernel's one image for 64-bit processes: we have it mapped ourselves. */
static int add_own_vdso(struct procs *procs, struct buf *why)
{
	const unsigned char *image = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	Elf64_Ehdr header;
	uint64_t size;

	if (!image)
		return -ENOENT;
	memcpy(&header, image, sizeof(header));
	size = header.e_shoff + (uint64_t)header.e_shnum * header.e_shentsize;
	if (size > VDSO_LIMIT)
		return -EFBIG;
	return elf_cache_add_image(procs->elfs, image, size, "[vdso]", &procs->vdso[0], why);
}

/* The one for 32-bit processes, read from such a process. */
static int add_other_vdso(struct procs *procs, const struct image *image, const struct mapping *m,
			  struct buf *why)
{
	size_t size = MIN_OF(m->end - m->start, (uint64_t)VDSO_LIMIT);
	unsigned char *bytes = xmalloc(size);
	char path[32];
	ssize_t n = -1;
	int fd, err;

	snprintf(path, sizeof(path), "/proc/%u/mem", image->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = pread(fd, bytes, size, m->start);
		close(fd);
	}
	err = n <= 0 ? -EIO :
	      elf_cache_add_image(procs->elfs, bytes, n, "[vdso]", &procs->vdso[1], why);
	free(bytes);
	return err;
}

static struct elf_syms *vdso_for(struct procs *procs, const struct image *image,
				 const struct mapping *m)
{
	int which = m->end > UINT32_MAX ? 0 : 1, err;
	struct elf_syms *es = elf_cache_get(procs->elfs, procs->vdso[which]);
	struct buf why = {0};

	if (es || procs->vdso_failed[which])
		return es;
	err = which ? add_other_vdso(procs, image, m, &why) : add_own_vdso(procs, &why);
	/* A process that ended before it could be read says nothing about the next one. */
	procs->vdso_failed[which] = err && err != -EIO;
	note_reason(procs, &why);
	buf_free(&why);
	return elf_cache_get(procs->elfs, procs->vdso[which]);
}

static enum symbol_loss find_in_elf(struct elf_syms *es, uint64_t offset, struct symbol *sym)
{
	struct elf_symbol found;
	uint64_t vaddr;

	if (!elf_syms_count(es))
		return SYMBOL_LOSS_NO_SYMBOLS;
	if (!elf_syms_to_vaddr(es, offset, &vaddr) || !elf_syms_find(es, vaddr, &found))
		return SYMBOL_LOSS_NOT_COVERED;
	sym->kind = SYMBOL_FUNCTION;
	sym->name = found.name;
	sym->offset = vaddr - found.vaddr;
	return SYMBOL_LOSS_NONE;
}

/* A file of names at `path` as the process, or, when it has ended, an ancestor or we see it. */
static void read_generated(struct procs *procs, struct image *image, struct generated *from, const char *path)
{
	size_t before = from->map ? perf_map_memory(from->map) : 0;
	enum symbol_loss loss = SYMBOL_LOSS_NO_PERF_MAP;
	struct buf why = {0};
	char root[32];

	if (!from->map)
		from->map = perf_map_new();
	for (uint32_t i = 0, pid = image->pid; pid && i < PARENTS && loss == SYMBOL_LOSS_NO_PERF_MAP; i++) {
		const struct image *up = images_find(&procs->images, pid, 0);

		snprintf(root, sizeof(root), "/proc/%u/root", pid);
		loss = perf_map_read(from->map, root, path, &image->owner, &why);
		pid = up && image->end ? up->parent : 0;
	}
	if (loss == SYMBOL_LOSS_NO_PERF_MAP && image->end)
		loss = perf_map_read(from->map, NULL, path, &image->owner, &why);
	from->loss = loss;
	from->read = now_ns();
	note_reason(procs, &why);
	buf_free(&why);
	procs->images.bytes += perf_map_memory(from->map) - before;
	images_trim(&procs->images, image);
}

/* What is known, else what has been written since the last look. */
static bool find_generated_in(struct procs *procs, struct image *image, struct generated *from, const char *path,
			      uint64_t addr, struct symbol *sym)
{
	uint64_t start;

	if (!from->map || !perf_map_find(from->map, addr, &sym->name, &start)) {
		if (from->read && now_ns() - from->read <= AGAIN_NS)
			return false;
		read_generated(procs, image, from, path);
		if (!perf_map_find(from->map, addr, &sym->name, &start))
			return false;
	}
	sym->kind = SYMBOL_GENERATED;
	sym->offset = addr - start;
	buf_reset(&procs->generated_name);
	buf_puts(&procs->generated_name, strrchr(path, '/') + 1);
	sym->module = sym->path = procs->generated_name.data;
	return true;
}

/* A runtime that writes a jitdump maps its first page, so that whoever traces it knows where it is. */
static const char *jitdump_path(const struct image *image, uint32_t ns_pid)
{
	char name[32];

	snprintf(name, sizeof(name), "jit-%u.dump", ns_pid);
	vec_each(m, &image->table->maps)
		if (m->file->kind == MAP_FILE && m->file->path[0] == '/' && str_eq(m->file->base, name))
			return m->file->path;
	return NULL;
}

static enum symbol_loss find_generated(struct procs *procs, struct image *image, uint64_t addr,
				       struct symbol *sym)
{
	const char *dump;
	char path[48];
	uint32_t ns_pid;

	if (!image->ns_pid && !image->end)
		image_identify(image);
	ns_pid = image->ns_pid ? image->ns_pid : image->pid;
	dump = jitdump_path(image, ns_pid);
	if (dump && find_generated_in(procs, image, &image->jitdump, dump, addr, sym))
		return SYMBOL_LOSS_NONE;
	snprintf(path, sizeof(path), "/tmp/perf-%u.map", ns_pid);
	if (find_generated_in(procs, image, &image->perf_map, path, addr, sym))
		return SYMBOL_LOSS_NONE;
	return image->perf_map.loss ? image->perf_map.loss : SYMBOL_LOSS_PERF_MAP_NOT_COVERED;
}

/* Whether there is something else in the file than when the image had it mapped. */
static bool is_written_after(const struct map_file *file, const struct image *image)
{
	struct timespec wall;
	int64_t ended;

	if (!image->end)
		return false;
	clock_gettime(CLOCK_REALTIME, &wall);
	ended = (int64_t)wall.tv_sec * 1000000000 + wall.tv_nsec - (int64_t)(now_ns() - image->end);
	return file->version.written > ended;
}

static enum symbol_loss find_in_mapping(struct procs *procs, struct image *image,
					const struct mapping *m, uint64_t addr, struct symbol *sym)
{
	struct elf_syms *es = NULL;

	sym->module = m->file->base;
	sym->path = m->file->path;
	sym->module_offset = addr - m->start + m->offset;
	switch (m->file->kind) {
	case MAP_ANON:
		sym->module = sym->path = "[anon]";
		sym->module_offset = addr - m->start;
		return find_generated(procs, image, addr, sym);
	case MAP_VDSO:
		/* Its mapping starts with the image, whatever offset the kernel reports. */
		sym->module_offset = addr - m->start;
		es = vdso_for(procs, image, m);
		return es ? find_in_elf(es, sym->module_offset, sym) : SYMBOL_LOSS_NO_SYMBOLS;
	case MAP_FILE:
		es = elf_for(procs, image, m);
		if (es && is_written_after(m->file, image))
			return SYMBOL_LOSS_FILE_REPLACED;
		if (es) {
			sym->build_id_len = elf_syms_build_id(es, &sym->build_id);
			return find_in_elf(es, sym->module_offset, sym);
		}
		/* Some runtimes map their generated code from a file. */
		if (m->file->loss == SYMBOL_LOSS_FILE_NOT_ELF &&
		    !find_generated(procs, image, addr, sym))
			return SYMBOL_LOSS_NONE;
		return m->file->loss;
	case MAP_OTHER:
		return SYMBOL_LOSS_NO_SYMBOLS;
	}
	BUG("map kind %d", m->file->kind);
}

static bool find(struct procs *procs, uint32_t pid, uint64_t time, uint64_t addr, struct symbol *sym)
{
	const struct mapping *m;
	struct image *image;

	*sym = (struct symbol){0};
	image = image_for(procs, pid, time, &sym->loss);
	if (image) {
		images_trim(&procs->images, image);
		m = mapping_for(procs, &image, !time, addr);
		sym->loss = m ? find_in_mapping(procs, image, m, addr, sym) :
			    SYMBOL_LOSS_NO_MAPPING;
	}
	return sym->loss == SYMBOL_LOSS_NONE;
}

bool procs_symbol(struct procs *procs, uint32_t pid, uint64_t time, uint64_t addr,
		  struct symbol *sym)
{
	bool found = find(procs, pid, time, addr, sym);

	procs->losses.count[sym->loss]++;
	return found;
}

bool procs_return_symbol(struct procs *procs, uint32_t pid, uint64_t addr, struct symbol *sym)
{
	bool found = find(procs, pid, 0, addr - 1, sym);

	if (found) {
		sym->offset++;
	} else if (sym->loss == SYMBOL_LOSS_NO_MAPPING || sym->loss == SYMBOL_LOSS_NOT_COVERED ||
		   sym->loss == SYMBOL_LOSS_PERF_MAP_NOT_COVERED) {
		/* what a signal handler returns to is no call's: it may be the first of its function */
		found = find(procs, pid, 0, addr, sym);
	}
	procs->losses.count[sym->loss]++;
	return found;
}

/* ---- mappings ---- */

bool procs_mappings(struct procs *procs, uint32_t pid,
		    void (*each)(void *ctx, const struct procs_mapping *mapping), void *ctx)
{
	enum symbol_loss loss;
	struct image *image = image_for(procs, pid, 0, &loss);

	if (!image || image->end || !image->table->maps.n)
		return false;
	vec_each(m, &image->table->maps) {
		notice_rewritten(image, m);
		struct procs_mapping mapping = {
			.start = m->start, .end = m->end, .note = &m->file->note, .at = m,
			.has_file = m->file->kind == MAP_FILE || m->file->kind == MAP_VDSO,
			/* the vdso starts with its image, whatever offset the kernel reports */
			.offset = m->file->kind == MAP_VDSO ? 0 : m->offset,
		};
		each(ctx, &mapping);
	}
	return true;
}

const struct elf_file *procs_mapping_file(struct procs *procs, uint32_t pid, const struct procs_mapping *mapping)
{
	const struct mapping *m = mapping->at;
	const struct image *image = images_find(&procs->images, pid, 0);
	struct elf_syms *es;

	if (!image)
		return NULL;
	es = m->file->kind == MAP_VDSO ? vdso_for(procs, image, m) : elf_for(procs, image, m);
	return es ? elf_syms_file(es) : NULL;
}

bool procs_alive(struct procs *procs, uint32_t pid)
{
	const struct image *image = images_find(&procs->images, pid, 0);

	return image && !image->end;
}

struct busy {
	uint64_t ticks;
	size_t maps;
	uint32_t pid;
	bool runs; /* just now */
};

/* Of /proc/PID/stat (proc(5)) field 3, the state, and utime + stime, 14 and 15; nothing when it is gone. */
static struct busy how_busy(const struct image *image)
{
	uint32_t pid = image->pid;
	struct busy busy = {.pid = pid, .maps = image->table->maps.n};
	struct buf text = {0};
	char path[32], state = 0;
	const char *after;
	unsigned long long user = 0, system = 0;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	if (!buf_read_file(&text, path, 4096) && (after = strrchr(buf_str(&text), ')')))
		sscanf(after + 1, " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &state, &user, &system);
	buf_free(&text);
	busy.ticks = user + system;
	busy.runs = state == 'R' && pid != (uint32_t)getpid(); /* who asks does run, and soon waits */
	return busy;
}

static int by_business(const void *a, const void *b)
{
	const struct busy *x = a, *y = b;

	if (x->runs != y->runs)
		return y->runs - x->runs;
	if (x->runs && x->maps != y->maps)
		return x->maps < y->maps ? -1 : 1;
	return (x->ticks < y->ticks) - (x->ticks > y->ticks);
}

size_t procs_busiest(struct procs *procs, uint32_t *pids, size_t max, size_t *running)
{
	VEC(struct busy) all = {0};
	size_t n = 0;

	for (const struct image *image = procs->images.freshest; image; image = image->staler)
		if (!image->end && image->table)
			vec_push(&all, how_busy(image));
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_business);
	*running = 0;
	for (; n < max && n < all.n; n++) {
		pids[n] = all.v[n].pid;
		*running += all.v[n].runs;
	}
	vec_free(&all);
	return n;
}
