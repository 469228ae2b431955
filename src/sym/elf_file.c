/*
 * elf_file.c - see elf_file.h. Format: System V ABI, chapter 4 and 5 (<elf.h>).
 *
 *   Ehdr --e_phoff--> Phdr[]  (PT_LOAD: what is mapped where; PT_NOTE: build-id)
 *        --e_shoff--> Shdr[]  (symbol and string tables, .gnu_debuglink)
 */
#include "sym/elf_file.h"
#include "sym/file.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SECTIONS_LIMIT = 1 << 17, /* executables have dozens; relocatable files are not read */
	NOTES_LIMIT = 64 * 1024,
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_DATA ELFDATA2LSB
#else
#define NATIVE_DATA ELFDATA2MSB
#endif

size_t elf_file_read_some(const struct elf_file *f, uint64_t offset, void *to, size_t len)
{
	size_t got = 0;
	ssize_t n;

	if (offset >= f->size)
		return 0;
	len = MIN_OF(len, f->size - offset);
	if (f->image) {
		memcpy(to, f->image + offset, len);
		return len;
	}
	while (got < len) {
		n = pread(f->fd, (char *)to + got, len - got, offset + got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += n;
	}
	return got;
}

bool elf_file_read(const struct elf_file *f, uint64_t offset, void *to, size_t len)
{
	return elf_file_read_some(f, offset, to, len) == len;
}

bool elf_file_is_rewritten(const struct elf_file *f)
{
	struct stat st;

	return !f->image && (fstat(f->fd, &st) || file_written(&st) != f->written);
}

void elf_file_free(struct elf_file *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f->image);
	free(f->name);
	vec_free(&f->segments);
	vec_free(&f->sections);
	free(f);
}

static int PRINTF_LIKE(3, 4) damaged(const struct elf_file *f, struct buf *why, const char *fmt, ...)
{
	va_list ap;

	buf_printf(why, "%s: ", f->name);
	va_start(ap, fmt);
	buf_vprintf(why, fmt, ap);
	va_end(ap);
	return -ENOEXEC;
}

static bool within(const struct elf_file *f, uint64_t offset, uint64_t size)
{
	return offset <= f->size && size <= f->size - offset;
}

/* The ELF header, widened to 64 bit. */
static int read_header(struct elf_file *f, Elf64_Ehdr *h, struct buf *why)
{
	unsigned char ident[EI_NIDENT];
	Elf32_Ehdr h32;

	if (!elf_file_read(f, 0, ident, sizeof(ident)) || memcmp(ident, ELFMAG, SELFMAG))
		return damaged(f, why, "not an ELF file");
	if (ident[EI_DATA] != NATIVE_DATA)
		return damaged(f, why, "an ELF file of the other byte order");
	if (ident[EI_CLASS] != ELFCLASS64 && ident[EI_CLASS] != ELFCLASS32)
		return damaged(f, why, "an ELF file neither of 32 nor of 64 bit");
	f->is64 = ident[EI_CLASS] == ELFCLASS64;
	if (f->is64) {
		if (!elf_file_read(f, 0, h, sizeof(*h)))
			return damaged(f, why, "ELF file cut off within its header");
	} else {
		if (!elf_file_read(f, 0, &h32, sizeof(h32)))
			return damaged(f, why, "ELF file cut off within its header");
		*h = (Elf64_Ehdr){
			.e_type = h32.e_type, .e_machine = h32.e_machine,
			.e_phoff = h32.e_phoff, .e_shoff = h32.e_shoff,
			.e_phentsize = h32.e_phentsize, .e_phnum = h32.e_phnum,
			.e_shentsize = h32.e_shentsize, .e_shnum = h32.e_shnum,
			.e_shstrndx = h32.e_shstrndx, .e_entry = h32.e_entry,
		};
	}
	f->machine = h->e_machine;
	f->entry = h->e_entry;
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return damaged(f, why, "neither an executable nor a shared library");
	return 0;
}

static struct elf_section section_of(const struct elf_file *f, const unsigned char *raw)
{
	Elf64_Shdr s;
	Elf32_Shdr n;

	if (f->is64) {
		memcpy(&s, raw, sizeof(s));
		return (struct elf_section){s.sh_name, s.sh_type, s.sh_link, s.sh_flags,
					    s.sh_offset, s.sh_size, s.sh_entsize};
	}
	memcpy(&n, raw, sizeof(n));
	return (struct elf_section){n.sh_name, n.sh_type, n.sh_link, n.sh_flags,
				    n.sh_offset, n.sh_size, n.sh_entsize};
}

static int check_section(const struct elf_file *f, const struct elf_section *s, size_t index,
			 struct buf *why)
{
	if (s->type == SHT_NULL || s->type == SHT_NOBITS || within(f, s->offset, s->size))
		return 0;
	return damaged(f, why, "ELF file cut off or damaged: section %zu reaches to byte %ju of %ju",
		       index, (uintmax_t)s->offset + s->size, (uintmax_t)f->size);
}

static int read_sections(struct elf_file *f, const Elf64_Ehdr *h, struct buf *why)
{
	size_t entry = f->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	unsigned char first[sizeof(Elf64_Shdr)], *raw;
	uint64_t count = h->e_shnum;
	int err = 0;

	if (!h->e_shoff)
		return 0;
	if (h->e_shentsize != entry)
		return damaged(f, why, "ELF file damaged: section headers of %u bytes", h->e_shentsize);
	if (!elf_file_read(f, h->e_shoff, first, entry))
		return damaged(f, why, "ELF file cut off: its section headers start at byte %ju of %ju",
			       (uintmax_t)h->e_shoff, (uintmax_t)f->size);
	if (!count) /* more than fit in 16 bit: the first header tells */
		count = section_of(f, first).size;
	if (count > SECTIONS_LIMIT)
		return damaged(f, why, "ELF file damaged: %ju sections", (uintmax_t)count);
	if (!within(f, h->e_shoff, count * entry))
		return damaged(f, why, "ELF file cut off: its section headers end at byte %ju of %ju",
			       (uintmax_t)(h->e_shoff + count * entry), (uintmax_t)f->size);
	raw = xmalloc(count * entry);
	if (!elf_file_read(f, h->e_shoff, raw, count * entry))
		err = damaged(f, why, "ELF file not readable");
	for (size_t i = 0; i < count && !err; i++) {
		vec_push(&f->sections, section_of(f, raw + i * entry));
		err = check_section(f, &vec_last(&f->sections), i, why);
	}
	free(raw);
	return err;
}

/* The GNU build-id among the notes of [offset, offset + size); both align 4 and 8 are met. */
static void read_notes(struct elf_file *f, uint64_t offset, uint64_t size, uint64_t align)
{
	unsigned char *notes;
	size_t at = 0;

	align = align == 8 ? 8 : 4;
	if (f->build_id_len || size > NOTES_LIMIT)
		return;
	notes = xmalloc(size);
	size = elf_file_read_some(f, offset, notes, size);
	while (size - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		size_t name, desc, end;

		memcpy(&note, notes + at, sizeof(note));
		if (note.n_namesz > size || note.n_descsz > size)
			break;
		name = at + sizeof(note);
		desc = name + ROUND_UP(note.n_namesz, align);
		end = desc + note.n_descsz;
		if (end > size)
			break;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(notes + name, "GNU", 4) && note.n_descsz >= 8 &&
		    note.n_descsz <= ELF_BUILD_ID_MAX) {
			memcpy(f->build_id, notes + desc, note.n_descsz);
			f->build_id_len = note.n_descsz;
			break;
		}
		at = desc + ROUND_UP(note.n_descsz, align);
		if (at > size)
			break;
	}
	free(notes);
}

static Elf64_Phdr segment_of(const struct elf_file *f, const unsigned char *raw)
{
	Elf64_Phdr p;
	Elf32_Phdr n;

	if (f->is64) {
		memcpy(&p, raw, sizeof(p));
		return p;
	}
	memcpy(&n, raw, sizeof(n));
	return (Elf64_Phdr){.p_type = n.p_type, .p_flags = n.p_flags, .p_offset = n.p_offset,
			    .p_vaddr = n.p_vaddr, .p_filesz = n.p_filesz, .p_memsz = n.p_memsz,
			    .p_align = n.p_align};
}

static void add_segment(struct elf_file *f, const Elf64_Phdr *p)
{
	struct elf_segment s = {p->p_offset, p->p_vaddr, p->p_filesz, p->p_memsz,
				p->p_flags & PF_X};

	/* What wraps around the address space or the file is mapped nowhere. */
	if (s.offset + s.file_size < s.offset || s.vaddr + s.memory_size < s.vaddr ||
	    s.vaddr + s.file_size < s.vaddr)
		return;
	vec_push(&f->segments, s);
}

static int read_segments(struct elf_file *f, const Elf64_Ehdr *h, struct buf *why)
{
	size_t entry = f->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr), count = h->e_phnum;
	unsigned char *raw;

	if (!count)
		return damaged(f, why, "an ELF file without program headers");
	if (h->e_phentsize != entry)
		return damaged(f, why, "ELF file damaged: program headers of %u bytes", h->e_phentsize);
	raw = xmalloc(count * entry);
	if (!elf_file_read(f, h->e_phoff, raw, count * entry)) {
		free(raw);
		return damaged(f, why, "ELF file cut off within its program headers");
	}
	for (size_t i = 0; i < count; i++) {
		Elf64_Phdr p = segment_of(f, raw + i * entry);

		if (p.p_type == PT_LOAD)
			add_segment(f, &p);
		else if (p.p_type == PT_NOTE && within(f, p.p_offset, p.p_filesz))
			read_notes(f, p.p_offset, p.p_filesz, p.p_align);
	}
	free(raw);
	return 0;
}

/* .gnu_debuglink: file name, NUL, padding to 4, CRC-32 of the file it names. */
static void read_debuglink(struct elf_file *f, const struct elf_section *s)
{
	char text[sizeof(f->debuglink) + 8];
	size_t len, crc;

	if (s->size > sizeof(text) || !elf_file_read(f, s->offset, text, s->size))
		return;
	len = strnlen(text, s->size);
	crc = ROUND_UP(len + 1, 4);
	if (!len || len >= sizeof(f->debuglink) || crc + 4 > s->size || memchr(text, '/', len))
		return;
	memcpy(f->debuglink, text, len + 1);
	memcpy(&f->debuglink_crc, text + crc, 4);
}

/* Sections known by name only: .gnu_debuglink. Notes too, as debug files have them here. */
static void read_named_sections(struct elf_file *f, const Elf64_Ehdr *h)
{
	const struct elf_section *names;
	char name[16];
	uint32_t index = h->e_shstrndx;

	if (index == SHN_XINDEX && f->sections.n)
		index = f->sections.v[0].link;
	vec_each(s, &f->sections)
		if (s->type == SHT_NOTE)
			read_notes(f, s->offset, s->size, 4);
	if (index >= f->sections.n || f->sections.v[index].type != SHT_STRTAB)
		return;
	f->names = index;
	names = &f->sections.v[index];
	vec_each(s, &f->sections) {
		if (s->type != SHT_PROGBITS || s->flags & SHF_ALLOC || s->name >= names->size)
			continue;
		if (elf_file_read_some(f, names->offset + s->name, name, sizeof(name)) >= 15 &&
		    !memcmp(name, ".gnu_debuglink", 15))
			read_debuglink(f, s);
	}
}

const struct elf_section *elf_file_section(const struct elf_file *f, const char *name)
{
	const struct elf_section *names = f->names ? &f->sections.v[f->names] : NULL;
	char found[32];
	size_t len = strlen(name) + 1;

	BUG_ON(len > sizeof(found));
	if (!names)
		return NULL;
	vec_each(s, &f->sections)
		if (s->type != SHT_NULL && s->name < names->size && len <= names->size - s->name &&
		    elf_file_read(f, names->offset + s->name, found, len) && !memcmp(found, name, len))
			return s;
	return NULL;
}

static int open_checked(struct elf_file **out, struct elf_file *f, struct buf *why)
{
	Elf64_Ehdr h;
	int err = read_header(f, &h, why);

	if (!err)
		err = read_segments(f, &h, why);
	if (!err)
		err = read_sections(f, &h, why);
	if (err) {
		elf_file_free(f);
		return err;
	}
	read_named_sections(f, &h);
	*out = f;
	return 0;
}

int elf_file_open(struct elf_file **out, int fd, const char *name, struct buf *why)
{
	struct elf_file *f = xcalloc(1, sizeof(*f));
	struct stat st;
	int err;

	f->fd = fd;
	f->name = xstrdup(name);
	if (fstat(fd, &st)) {
		err = -errno;
		buf_printf(why, "%s: %s", name, strerror(-err));
		elf_file_free(f);
		return err;
	}
	f->size = st.st_size;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->written = file_written(&st);
	return open_checked(out, f, why);
}

int elf_file_open_image(struct elf_file **out, const void *image, size_t size, const char *name,
			struct buf *why)
{
	struct elf_file *f = xcalloc(1, sizeof(*f));

	f->fd = -1;
	f->name = xstrdup(name);
	f->image = xmalloc(size);
	memcpy(f->image, image, size);
	f->size = size;
	return open_checked(out, f, why);
}
