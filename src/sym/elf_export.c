/*
 * elf_export.c - see elf_export.h. The table (binutils' ld, --hash-style=gnu):
 *
 *   nbuckets, first, nfilter, shift     u32 each; `first`: of the symbols that are hashed
 *   filter[nfilter]                     u64: two bits set for each name (Bloom)
 *   buckets[nbuckets]                   u32: first symbol of each chain, 0: none
 *   chain[...]                          u32 for each symbol from `first` on: its hash, bit 0: the last of its chain
 */
#include "sym/elf_export.h"

#include <elf.h>
#include <string.h>

enum { LONGEST_CHAIN = 4096, LONGEST_NAME = 128 };

struct table {
	const struct elf_file *file;
	const struct elf_section *hash, *symbols, *strings;
	uint32_t nbuckets, first, nfilter, shift;
};

static uint32_t hash_of(const char *name)
{
	uint32_t h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h;
}

/* Bytes of a section, all or nothing. */
static bool read_in(const struct elf_file *f, const struct elf_section *s, uint64_t at, void *to, size_t len)
{
	return at <= s->size && len <= s->size - at && elf_file_read(f, s->offset + at, to, len);
}

static bool open_table(struct table *t, const struct elf_file *f)
{
	uint32_t head[4];

	*t = (struct table){
		.file = f, .hash = elf_file_section(f, ".gnu.hash"), .symbols = elf_file_section(f, ".dynsym"),
		.strings = elf_file_section(f, ".dynstr"),
	};
	if (!f->is64 || !t->hash || !t->symbols || !t->strings || !read_in(f, t->hash, 0, head, sizeof(head)))
		return false;
	t->nbuckets = head[0];
	t->first = head[1];
	t->nfilter = head[2];
	t->shift = head[3];
	return t->nbuckets && t->nfilter && t->shift < 32;
}

/* False also when it is certain that the name is not there: for most files the only read. */
static bool passes_filter(const struct table *t, uint32_t h)
{
	uint64_t word;

	return read_in(t->file, t->hash, 16 + 8 * (uint64_t)(h / 64 % t->nfilter), &word, sizeof(word)) &&
	       word >> h % 64 & word >> (h >> t->shift) % 64 & 1;
}

static bool is_symbol(const struct table *t, uint32_t number, const char *name, Elf64_Sym *sym)
{
	char found[LONGEST_NAME];
	size_t len = strlen(name) + 1;

	return len <= sizeof(found) &&
	       read_in(t->file, t->symbols, (uint64_t)number * sizeof(*sym), sym, sizeof(*sym)) &&
	       sym->st_shndx != SHN_UNDEF && read_in(t->file, t->strings, sym->st_name, found, len) &&
	       !memcmp(found, name, len);
}

bool elf_export_find(const struct elf_file *f, const char *name, uint64_t *vaddr)
{
	struct table t;
	uint32_t h = hash_of(name), number, link;
	uint64_t buckets, chain;
	Elf64_Sym sym;

	if (!open_table(&t, f) || !passes_filter(&t, h))
		return false;
	buckets = 16 + 8 * (uint64_t)t.nfilter;
	chain = buckets + 4 * (uint64_t)t.nbuckets;
	if (!read_in(f, t.hash, buckets + 4 * (uint64_t)(h % t.nbuckets), &number, sizeof(number)) || number < t.first)
		return false;
	for (unsigned i = 0; i < LONGEST_CHAIN; i++, number++) {
		if (!read_in(f, t.hash, chain + 4 * (uint64_t)(number - t.first), &link, sizeof(link)))
			return false;
		if ((link | 1) == (h | 1) && is_symbol(&t, number, name, &sym)) {
			*vaddr = sym.st_value;
			return true;
		}
		if (link & 1)
			return false;
	}
	return false;
}

bool elf_export_read(const struct elf_file *f, uint64_t vaddr, void *to, size_t len)
{
	vec_each(s, &f->segments)
		if (vaddr >= s->vaddr && vaddr - s->vaddr <= s->file_size && len <= s->file_size - (vaddr - s->vaddr))
			return elf_file_read(f, s->offset + (vaddr - s->vaddr), to, len);
	return false;
}
