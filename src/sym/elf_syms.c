/*
 * elf_syms.c - see elf_syms.h.
 *
 * A file has up to three symbol tables: .symtab, the .symtab of its debug file, .dynsym. One is
 * used, the one with most functions: .symtab holds what .dynsym does, so merging them would
 * only double everything; the debug file is looked for when the file has no .symtab.
 *
 *   funcs   {address, size, rank, offset of the name} x n, 12 bytes each, by address
 *   names   only those that were asked for, read from the file's string table one by one
 *
 * So the resident cost is 12 bytes a function, however long the names, and one open file.
 */
#include "sym/elf_syms.h"
#include "base/hmap.h"
#include "sym/elf_debug.h"
#include "sym/file.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

enum {
	PIECE_ENTRIES = 4096,    /* symbols read at once */
	NAME_FIRST = 128,        /* most names are shorter */
	NAME_LIMIT = 16 * 1024,  /* longer ones are cut */
	NEIGHBOURS = 64,         /* how far back a covering function is looked for */
	SIZE_LIMIT = (1 << 28) - 1,
};
#define TABLE_LIMIT (UINT64_C(96) << 20) /* four million symbols */
#define STRINGS_LIMIT (UINT64_C(512) << 20)
#define PAGE 4096u

enum { RANK_GLOBAL, RANK_WEAK, RANK_LOCAL, RANK_LABEL };

struct func {
	uint32_t addr;      /* above es->base */
	uint32_t size : 28, rank : 4;
	uint32_t name;
};

/* A symbol table and its strings, extents checked. */
struct table {
	const struct elf_file *file; /* NULL: there is none */
	uint64_t offset, count;
	uint64_t strings, strings_size;
};

struct elf_syms {
	struct elf_file *file, *debug;
	struct table tables[3];  /* .symtab, the debug file's, .dynsym */
	struct table *chosen;    /* once loaded; NULL when none has a function */
	bool loaded;
	uint64_t base;           /* lowest address of a segment */
	VEC(struct func) funcs;
	struct hmap names;       /* index of the first func at an address -> struct best * */
	size_t names_bytes;
};

/* The name chosen for an address. */
struct best {
	uint32_t index;
	char name[];
};

/* What one pass over a table hands out. */
struct entry {
	uint64_t addr, size;
	uint32_t name;
	unsigned char type, bind;
	uint16_t section;
};

static struct table table_of(const struct elf_file *f, uint32_t type)
{
	uint64_t entry = f->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);

	vec_each(s, &f->sections) {
		const struct elf_section *strings;

		if (s->type != type || s->flags & SHF_COMPRESSED || s->entry_size != entry ||
		    s->size < entry || s->size > TABLE_LIMIT || s->link >= f->sections.n)
			continue;
		strings = &f->sections.v[s->link];
		if (strings->type != SHT_STRTAB || strings->flags & SHF_COMPRESSED ||
		    strings->size > STRINGS_LIMIT)
			continue;
		return (struct table){f, s->offset, s->size / entry, strings->offset, strings->size};
	}
	return (struct table){0};
}

static void find_tables(struct elf_syms *es, const struct elf_places *places)
{
	es->tables[0] = table_of(es->file, SHT_SYMTAB);
	es->tables[2] = table_of(es->file, SHT_DYNSYM);
	if (es->tables[0].file || es->file->image)
		return;
	es->debug = elf_debug_open(es->file, places);
	if (!es->debug)
		return;
	es->tables[1] = table_of(es->debug, SHT_SYMTAB);
	if (es->tables[1].file)
		return;
	elf_file_free(es->debug);
	es->debug = NULL;
}

struct elf_syms *elf_syms_of_file(struct elf_file *file, const struct elf_places *places)
{
	struct elf_syms *es = xcalloc(1, sizeof(*es));

	es->file = file;
	es->base = UINT64_MAX;
	vec_each(s, &file->segments)
		es->base = MIN_OF(es->base, s->vaddr);
	find_tables(es, places);
	return es;
}

int elf_syms_open_fd(struct elf_syms **out, int fd, const char *path,
		     const struct elf_places *places, struct buf *why)
{
	struct elf_file *file;
	int err = elf_file_open(&file, fd, path, why);

	if (!err)
		*out = elf_syms_of_file(file, places);
	return err;
}

int elf_syms_open_image(struct elf_syms **out, const void *image, size_t size, const char *name,
			struct buf *why)
{
	struct elf_file *file;
	int err = elf_file_open_image(&file, image, size, name, why);

	if (!err)
		*out = elf_syms_of_file(file, NULL);
	return err;
}

int elf_syms_open(struct elf_syms **out, const char *path, const struct elf_places *places,
		  struct buf *why)
{
	int fd = plain_file_open(places ? places->root : NULL, path, true, NULL);

	if (fd < 0) {
		buf_printf(why, "%s: %s", path,
			   fd == -EINVAL ? "not a regular file" : strerror(-fd));
		return fd;
	}
	return elf_syms_open_fd(out, fd, path, places, why);
}

void elf_syms_free(struct elf_syms *es)
{
	if (!es)
		return;
	vec_each(e, &es->names.entries)
		free(e->value);
	hmap_free(&es->names);
	vec_free(&es->funcs);
	elf_file_free(es->file);
	elf_file_free(es->debug);
	free(es);
}

static struct entry entry_of(const struct elf_file *f, const unsigned char *raw)
{
	Elf64_Sym s;
	Elf32_Sym n;

	if (f->is64) {
		memcpy(&s, raw, sizeof(s));
		return (struct entry){s.st_value, s.st_size, s.st_name, ELF64_ST_TYPE(s.st_info),
				      ELF64_ST_BIND(s.st_info), s.st_shndx};
	}
	memcpy(&n, raw, sizeof(n));
	return (struct entry){n.st_value, n.st_size, n.st_name, ELF32_ST_TYPE(n.st_info),
			      ELF32_ST_BIND(n.st_info), n.st_shndx};
}

/* Every defined, named entry of a table. 0, or -EIO when the file no longer has it all. */
static int table_each(const struct table *t, bool (*each)(void *arg, const struct entry *e),
		      void *arg)
{
	size_t size = t->file->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	unsigned char *piece = xmalloc(PIECE_ENTRIES * size);
	int err = 0;

	for (uint64_t at = 0; at < t->count && !err; at += PIECE_ENTRIES) {
		size_t n = MIN_OF((uint64_t)PIECE_ENTRIES, t->count - at);

		if (!elf_file_read(t->file, t->offset + at * size, piece, n * size))
			err = -EIO;
		for (size_t i = 0; i < n && !err; i++) {
			struct entry e = entry_of(t->file, piece + i * size);

			if (e.section == SHN_UNDEF || !e.name || e.name >= t->strings_size)
				continue;
			if (!each(arg, &e))
				goto out;
		}
	}
out:
	free(piece);
	return err;
}

static const struct elf_segment *segment_at(const struct elf_syms *es, uint64_t vaddr)
{
	vec_each(s, &es->file->segments)
		if (vaddr >= s->vaddr && vaddr - s->vaddr < s->memory_size)
			return s;
	return NULL;
}

static bool is_function(const struct elf_syms *es, const struct elf_file *f, const struct entry *e)
{
	const struct elf_segment *s;

	if (e->type == STT_NOTYPE) {
		/* Labels of assembly code. On arm64 local ones are marks ($x, $d), not names. */
		if (e->section >= f->sections.n ||
		    !(f->sections.v[e->section].flags & SHF_EXECINSTR) ||
		    (e->bind == STB_LOCAL && f->machine != EM_X86_64 && f->machine != EM_386))
			return false;
	} else if (e->type != STT_FUNC && e->type != STT_GNU_IFUNC) {
		return false;
	}
	s = segment_at(es, e->addr);
	return s && s->executable;
}

struct load {
	struct elf_syms *es;
	const struct table *table;
	size_t count;
	bool keep;
};

static bool load_entry(void *arg, const struct entry *e)
{
	struct load *load = arg;
	struct func func = {.name = e->name, .size = MIN_OF(e->size, (uint64_t)SIZE_LIMIT)};
	uint64_t addr = e->addr - load->es->base;

	if (addr > UINT32_MAX || !is_function(load->es, load->table->file, e))
		return true;
	load->count++;
	if (!load->keep)
		return true;
	func.addr = addr;
	func.rank = e->type == STT_NOTYPE ? RANK_LABEL : e->bind == STB_GLOBAL ? RANK_GLOBAL :
		    e->bind == STB_LOCAL ? RANK_LOCAL : RANK_WEAK;
	vec_push(&load->es->funcs, func);
	return true;
}

static int compare_funcs(const void *a, const void *b)
{
	const struct func *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (x->rank != y->rank)
		return (int)x->rank - (int)y->rank;
	return x->name < y->name ? -1 : x->name > y->name;
}

/* A label at the start of a function says nothing that the function does not. */
static void drop_labels(struct elf_syms *es)
{
	size_t n = 0;

	for (size_t i = 0; i < es->funcs.n; i++) {
		struct func f = es->funcs.v[i];

		if (n && f.rank == RANK_LABEL && es->funcs.v[n - 1].addr == f.addr &&
		    es->funcs.v[n - 1].rank != RANK_LABEL)
			continue;
		es->funcs.v[n++] = f;
	}
	es->funcs.n = n;
	if (n) {
		es->funcs.v = xreallocarray(es->funcs.v, n, sizeof(*es->funcs.v));
		es->funcs.cap = n;
	}
}

/* Picks the table; the functions themselves stay in the file. */
static void choose(struct elf_syms *es)
{
	size_t best = 0;

	if (es->chosen)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(es->tables); i++) {
		struct load load = {es, &es->tables[i], 0, false};

		if (!load.table->file || table_each(load.table, load_entry, &load))
			continue;
		if (load.count > best) {
			best = load.count;
			es->chosen = &es->tables[i];
		}
	}
}

static void load_funcs(struct elf_syms *es)
{
	struct load load = {es, NULL, 0, true};

	if (es->loaded)
		return;
	es->loaded = true;
	choose(es);
	if (!es->chosen)
		return;
	load.table = es->chosen;
	if (table_each(load.table, load_entry, &load))
		es->funcs.n = 0;
	if (!es->funcs.n)
		return;
	qsort(es->funcs.v, es->funcs.n, sizeof(*es->funcs.v), compare_funcs);
	drop_labels(es);
}

/* A name from the string table, up to its '@', NUL-terminated. False: not readable. */
static bool read_name(const struct table *t, uint32_t at, struct buf *name)
{
	size_t want = NAME_FIRST;

	for (;; want *= 8) {
		size_t room = MIN_OF((uint64_t)want, t->strings_size - at), got, len;

		buf_reset(name);
		buf_reserve(name, room);
		got = elf_file_read_some(t->file, t->strings + at, name->data, room);
		len = strnlen(name->data, got);
		if (len == got && got == want && want < NAME_LIMIT)
			continue;
		name->data[len] = '\0';
		name->len = len;
		/* "name@VERSION", as linkers write into .symtab; never the first character. */
		if (len > 1)
			name->len = 1 + strcspn(name->data + 1, "@");
		name->data[name->len] = '\0';
		return len > 0;
	}
}

static unsigned underscores(const char *s)
{
	return strspn(s, "_");
}

/* Whether a is a better name than b, at the same rank or not. */
static bool more_public(const char *a, unsigned rank_a, const char *b, unsigned rank_b)
{
	if (underscores(a) != underscores(b))
		return underscores(a) < underscores(b);
	if (rank_a != rank_b)
		return rank_a < rank_b;
	return strlen(a) < strlen(b);
}

/* The best name among the functions at one address; `first` is the first of them. */
static const struct best *best_at(struct elf_syms *es, uint32_t first)
{
	void **known = hmap_at(&es->names, &first, sizeof(first));
	struct buf best = {0}, name = {0};
	uint32_t index = first;
	struct best *result;
	bool same;

	if (*known)
		return *known;
	/* In a file that has been written to, some other text is where the name was. */
	same = !elf_file_is_rewritten(es->chosen->file);
	for (uint32_t i = first; same && i < es->funcs.n && i - first < NEIGHBOURS; i++) {
		if (es->funcs.v[i].addr != es->funcs.v[first].addr)
			break;
		if (!read_name(es->chosen, es->funcs.v[i].name, &name))
			continue;
		if (best.len && !more_public(name.data, es->funcs.v[i].rank, best.data,
					     es->funcs.v[index].rank))
			continue;
		buf_reset(&best);
		buf_add(&best, name.data, name.len);
		index = i;
	}
	result = xmalloc(sizeof(*result) + best.len + 1);
	result->index = index;
	memcpy(result->name, buf_str(&best), best.len + 1);
	es->names_bytes += sizeof(*result) + best.len + 1 + 2 * sizeof(struct hmap_entry);
	*known = result;
	buf_free(&best);
	buf_free(&name);
	return result;
}

/* The last function at or below addr (relative to base) that covers it. SIZE_MAX: none. */
static size_t covering(const struct elf_syms *es, uint32_t addr)
{
	size_t low = 0, high = es->funcs.n, floor;
	const struct func *f = es->funcs.v;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	floor = low > NEIGHBOURS ? low - NEIGHBOURS : 0;
	for (size_t i = low; i-- > floor;)
		if (addr - f[i].addr < f[i].size)
			return i;
	/* Without a size a function reaches to the next one. */
	if (low && !f[low - 1].size)
		return low - 1;
	return SIZE_MAX;
}

bool elf_syms_find(struct elf_syms *es, uint64_t vaddr, struct elf_symbol *sym)
{
	const struct best *best;
	const struct func *func;
	size_t at;

	load_funcs(es);
	if (vaddr < es->base || vaddr - es->base > UINT32_MAX || !segment_at(es, vaddr))
		return false;
	at = covering(es, vaddr - es->base);
	if (at == SIZE_MAX)
		return false;
	while (at && es->funcs.v[at - 1].addr == es->funcs.v[at].addr)
		at--;
	best = best_at(es, at);
	if (!best->name[0])
		return false;
	func = &es->funcs.v[best->index];
	*sym = (struct elf_symbol){
		.name = best->name, .vaddr = es->base + func->addr, .size = func->size,
		.function = true, .local = func->rank == RANK_LOCAL,
	};
	if (!elf_syms_to_offset(es, sym->vaddr, &sym->offset))
		sym->offset = UINT64_MAX;
	return true;
}

/* A pass over a table with all its strings in memory. */
struct scan {
	struct elf_syms *es;
	const struct table *table;
	char *strings;
	const char *glob, *exact;
	size_t exact_len;
	bool found;
	struct elf_symbol best; /* for a lookup */
	struct buf name;        /* a name without its version */
	bool (*each)(void *arg, const struct elf_symbol *sym);
	void *arg;
};

static struct elf_symbol symbol_of(const struct scan *scan, const struct entry *e, const char *name)
{
	struct elf_symbol sym = {
		.name = name, .vaddr = e->addr, .size = e->size,
		.function = is_function(scan->es, scan->table->file, e),
		.local = e->bind == STB_LOCAL,
		.info = ELF64_ST_INFO(e->bind, e->type),
	};

	if (!elf_syms_to_offset(scan->es, e->addr, &sym.offset))
		sym.offset = UINT64_MAX;
	return sym;
}

static int scan_table(struct scan *scan, bool (*each)(void *arg, const struct entry *e))
{
	const struct table *t = scan->table;
	int err;

	scan->strings = xmalloc(t->strings_size + 1);
	if (!elf_file_read(t->file, t->strings, scan->strings, t->strings_size)) {
		free(scan->strings);
		return -EIO;
	}
	scan->strings[t->strings_size] = '\0';
	err = table_each(t, each, scan);
	free(scan->strings);
	buf_free(&scan->name);
	return err;
}

static bool match_exact(void *arg, const struct entry *e)
{
	struct scan *scan = arg;
	const char *name = scan->strings + e->name;
	struct elf_symbol sym;

	if (strncmp(name, scan->exact, scan->exact_len) ||
	    (name[scan->exact_len] && name[scan->exact_len] != '@'))
		return true;
	if (e->type != STT_OBJECT && e->type != STT_FUNC && e->type != STT_GNU_IFUNC &&
	    e->type != STT_NOTYPE)
		return true;
	sym = symbol_of(scan, e, scan->exact);
	if (!scan->found || sym.function > scan->best.function ||
	    (sym.function == scan->best.function && sym.local < scan->best.local))
		scan->best = sym;
	scan->found = true;
	return !(sym.function && !sym.local);
}

bool elf_syms_lookup(struct elf_syms *es, const char *name, struct elf_symbol *sym)
{
	/* The small .dynsym first: what is exported there is what the others would say. */
	static const int order[] = {2, 0, 1};
	struct scan scan = {.es = es, .exact = name, .exact_len = strlen(name)};

	if (!scan.exact_len)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		scan.table = &es->tables[order[i]];
		if (!scan.table->file)
			continue;
		scan_table(&scan, match_exact);
		if (scan.found && scan.best.function && !scan.best.local)
			break;
	}
	if (scan.found)
		*sym = scan.best;
	return scan.found;
}

static bool match_glob(void *arg, const struct entry *e)
{
	struct scan *scan = arg;
	const char *name = scan->strings + e->name, *version;
	struct elf_symbol sym;

	if (!*name || !is_function(scan->es, scan->table->file, e))
		return true;
	version = strchr(name + 1, '@');
	if (version) {
		buf_reset(&scan->name);
		buf_add(&scan->name, name, version - name);
		name = scan->name.data;
	}
	if (scan->glob && !str_glob(scan->glob, name))
		return true;
	sym = symbol_of(scan, e, name);
	return scan->each(scan->arg, &sym);
}

int elf_syms_each(struct elf_syms *es, const char *glob,
		  bool (*each)(void *arg, const struct elf_symbol *sym), void *arg)
{
	struct scan scan = {.es = es, .glob = glob, .each = each, .arg = arg};

	choose(es);
	scan.table = es->chosen;
	return scan.table ? scan_table(&scan, match_glob) : 0;
}

size_t elf_syms_count(struct elf_syms *es)
{
	load_funcs(es);
	return es->funcs.n;
}

bool elf_syms_to_offset(const struct elf_syms *es, uint64_t vaddr, uint64_t *offset)
{
	vec_each(s, &es->file->segments) {
		if (vaddr < s->vaddr || vaddr - s->vaddr >= s->file_size)
			continue;
		*offset = vaddr - s->vaddr + s->offset;
		return true;
	}
	return false;
}

bool elf_syms_to_vaddr(const struct elf_syms *es, uint64_t offset, uint64_t *vaddr)
{
	const struct elf_segment *found = NULL;

	/* Two segments may share a page, or even bytes: code is what is asked about. */
	vec_each(s, &es->file->segments)
		if (offset >= s->offset && offset - s->offset < s->file_size &&
		    (!found || (s->executable && !found->executable)))
			found = s;
	vec_each(s, &es->file->segments) {
		uint64_t first = s->offset & ~(uint64_t)(PAGE - 1);

		if (!found && s->executable && offset >= first &&
		    offset < ROUND_UP(s->offset + s->file_size, PAGE))
			found = s;
	}
	if (!found)
		return false;
	*vaddr = offset - found->offset + found->vaddr;
	return true;
}

unsigned elf_syms_build_id(const struct elf_syms *es, const unsigned char **id)
{
	*id = es->file->build_id;
	return es->file->build_id_len;
}

const struct elf_file *elf_syms_file(const struct elf_syms *es)
{
	return es->file;
}

bool elf_syms_are_loaded(const struct elf_syms *es)
{
	return es->loaded;
}

bool elf_syms_are_whole(struct elf_syms *es)
{
	choose(es);
	return es->chosen && es->chosen != &es->tables[2];
}

const char *elf_syms_debug_file(const struct elf_syms *es)
{
	return es->debug ? es->debug->name : NULL;
}

size_t elf_syms_memory(const struct elf_syms *es)
{
	size_t bytes = sizeof(*es) + es->funcs.cap * sizeof(*es->funcs.v) + es->names_bytes;
	const struct elf_file *files[] = {es->file, es->debug};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i])
			bytes += sizeof(*files[i]) +
				 files[i]->sections.cap * sizeof(struct elf_section) +
				 files[i]->segments.cap * sizeof(struct elf_segment) +
				 (files[i]->image ? files[i]->size : 0);
	return bytes;
}
