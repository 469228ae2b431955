/* names_cached.c - see names_cached.h. */
#include "sym/names_cached.h"
#include "sym/elf_file.h"

#include <elf.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TEXT = 1, SYMBOLS, STRINGS, SECTIONS, /* numbers of sections */
	STRINGS_LIMIT = 48 << 20,
	NOTE_NAME = 4, /* "GNU" and NUL */
};

/* ---- as an ELF file ---- */

/*
 *   Elf64_Ehdr | Elf64_Phdr x segments + 1 | Elf64_Shdr x SECTIONS | build-id note | Elf64_Sym x functions | names
 */
struct image {
	const struct elf_file *file;
	VEC(Elf64_Sym) symbols;
	struct buf strings, note;
};

static bool add_function(void *arg, const struct elf_symbol *function)
{
	struct image *image = arg;
	Elf64_Sym symbol = {.st_name = (Elf64_Word)image->strings.len, .st_info = function->info, .st_shndx = TEXT,
			    .st_value = function->vaddr, .st_size = function->size};

	if (image->strings.len > STRINGS_LIMIT)
		return false;
	buf_add(&image->strings, function->name, strlen(function->name) + 1);
	vec_push(&image->symbols, symbol);
	return true;
}

static void make_note(struct image *image)
{
	Elf64_Nhdr note = {NOTE_NAME, image->file->build_id_len, NT_GNU_BUILD_ID};

	buf_add(&image->note, &note, sizeof(note));
	buf_add(&image->note, "GNU", NOTE_NAME);
	buf_add(&image->note, image->file->build_id, image->file->build_id_len);
	buf_pad(&image->note, '\0', -image->note.len % 8);
}

static void put_segments(const struct image *image, uint64_t note, struct buf *out)
{
	Elf64_Phdr last = {.p_type = PT_NOTE, .p_offset = note, .p_filesz = image->note.len, .p_align = 4};

	vec_each(s, &image->file->segments) {
		Elf64_Phdr p = {.p_type = PT_LOAD, .p_flags = PF_R | (s->executable ? PF_X : 0), .p_offset = s->offset,
				.p_vaddr = s->vaddr, .p_filesz = s->file_size, .p_memsz = s->memory_size};

		buf_add(out, &p, sizeof(p));
	}
	buf_add(out, &last, sizeof(last));
}

static void put_image(const struct image *image, struct buf *out)
{
	uint64_t nsegments = image->file->segments.n + 1, symbols = image->symbols.n * sizeof(Elf64_Sym);
	uint64_t sections_at = sizeof(Elf64_Ehdr) + nsegments * sizeof(Elf64_Phdr);
	uint64_t note_at = sections_at + SECTIONS * sizeof(Elf64_Shdr), symbols_at = note_at + image->note.len;
	Elf64_Ehdr head = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB, EV_CURRENT},
		.e_type = ET_DYN, .e_machine = image->file->machine, .e_version = EV_CURRENT, .e_phoff = sizeof(head),
		.e_shoff = sections_at, .e_ehsize = sizeof(head), .e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (Elf64_Half)nsegments, .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = SECTIONS,
	};
	Elf64_Shdr sections[SECTIONS] = {
		[TEXT] = {.sh_type = SHT_NOBITS, .sh_flags = SHF_ALLOC | SHF_EXECINSTR},
		[SYMBOLS] = {.sh_type = SHT_SYMTAB, .sh_offset = symbols_at, .sh_size = symbols, .sh_link = STRINGS,
			     .sh_entsize = sizeof(Elf64_Sym)},
		[STRINGS] = {.sh_type = SHT_STRTAB, .sh_offset = symbols_at + symbols, .sh_size = image->strings.len},
	};

	buf_add(out, &head, sizeof(head));
	put_segments(image, note_at, out);
	buf_add(out, sections, sizeof(sections));
	buf_add(out, image->note.data, image->note.len);
	buf_add(out, image->symbols.v, symbols);
	buf_add(out, image->strings.data, image->strings.len);
}

/* False: there are none, or too many. */
static bool make_image(struct elf_syms *es, struct buf *out)
{
	struct image image = {.file = elf_syms_file(es)};
	bool good;

	buf_putc(&image.strings, '\0'); /* a name at 0 is none */
	good = !elf_syms_each(es, NULL, add_function, &image) && image.symbols.n &&
	       image.strings.len <= STRINGS_LIMIT && image.file->segments.n < PN_XNUM;
	if (good) {
		make_note(&image);
		put_image(&image, out);
	}
	vec_free(&image.symbols);
	buf_free(&image.strings);
	buf_free(&image.note);
	return good;
}

/* ---- kept ---- */

/* `whole`: of a symbol table; else what is exported. */
static struct disk_cache_key key_of(const struct disk_cache *cache, const unsigned char *id, unsigned len, bool whole)
{
	struct buf about = {0};
	struct disk_cache_key key;

	buf_putc(&about, whole);
	key = disk_cache_key(cache, "names", &about, id, len);
	buf_free(&about);
	return key;
}

/* Nobody but root and we can have made it, and it is the file of that name here. */
static bool is_trusted(const struct elf_file *file)
{
	struct stat st, here;

	return file->fd >= 0 && file->name[0] == '/' && fstat(file->fd, &st) == 0 &&
	       (st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & (S_IWGRP | S_IWOTH)) &&
	       stat(file->name, &here) == 0 && here.st_dev == st.st_dev && here.st_ino == st.st_ino &&
	       !elf_file_is_rewritten(file);
}

void names_cached_keep(struct disk_cache *cache, struct elf_syms *es)
{
	const struct elf_file *file = elf_syms_file(es);
	struct disk_cache_key key;
	struct buf image = {0};

	if (!cache || !file->build_id_len || !is_trusted(file))
		return;
	key = key_of(cache, file->build_id, file->build_id_len, elf_syms_are_whole(es));
	if (!disk_cache_has(cache, &key) && make_image(es, &image) && is_trusted(file))
		disk_cache_put(cache, &key, &image);
	buf_free(&image);
}

bool names_cached_get(struct disk_cache *cache, const unsigned char *build_id, unsigned len, struct buf *image)
{
	for (int whole = 1; whole >= 0; whole--) {
		struct disk_cache_key key = key_of(cache, build_id, len, whole);

		if (disk_cache_get(cache, &key, image))
			return true;
	}
	return false;
}
