/* elf_usdt.c - see elf_usdt.h. */
#include "sym/elf_usdt.h"
#include "sym/elf_file.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>

enum { NOTES_LIMIT = 16 << 20, NOTE_STAPSDT = 3, FIXED = 3 * sizeof(uint64_t) };

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#endif

struct notes {
	const struct elf_file *file;
	const unsigned char *data;
	size_t size;
	uint64_t base; /* where .stapsdt.base is; 0: there is none */
};

static bool to_offset(const struct elf_file *f, uint64_t address, uint64_t *offset)
{
	vec_each(s, &f->segments)
		if (address >= s->vaddr && address - s->vaddr < s->file_size) {
			*offset = s->offset + (address - s->vaddr);
			return *offset < f->size;
		}
	return false;
}

/* Virtual address of .stapsdt.base: its section's place in the file, mapped. */
static uint64_t base_address(const struct elf_file *f)
{
	const struct elf_section *s = elf_file_section(f, ".stapsdt.base");

	if (!s)
		return 0;
	vec_each(segment, &f->segments)
		if (s->offset >= segment->offset && s->offset - segment->offset < segment->file_size)
			return segment->vaddr + (s->offset - segment->offset);
	return 0;
}

/* The string at *at of [*at, end); *at goes behind its NUL. NULL: it does not end. */
static const char *take_string(const unsigned char *data, size_t *at, size_t end)
{
	const unsigned char *nul = *at < end ? memchr(data + *at, 0, end - *at) : NULL;
	const char *text = (const char *)data + *at;

	if (!nul)
		return NULL;
	*at = nul - data + 1;
	return text;
}

/* The descriptor [at, end) of one note. */
static bool read_note(const struct notes *n, size_t at, size_t end, struct elf_usdt_note *out)
{
	uint64_t words[3];

	if (end - at < FIXED)
		return false;
	memcpy(words, n->data + at, FIXED);
	at += FIXED;
	out->provider = take_string(n->data, &at, end);
	out->name = out->provider ? take_string(n->data, &at, end) : NULL;
	out->args = out->name ? take_string(n->data, &at, end) : NULL;
	if (!out->args || !out->name[0])
		return false;
	out->address = words[0];
	out->semaphore = 0;
	if (n->base && words[1]) {
		out->address += n->base - words[1];
		words[2] += words[2] ? n->base - words[1] : 0;
	}
	return to_offset(n->file, out->address, &out->offset) &&
	       (!words[2] || to_offset(n->file, words[2], &out->semaphore));
}

static void each_note(const struct notes *n, bool (*each)(void *arg, const struct elf_usdt_note *note),
		      void *arg, unsigned *bad)
{
	size_t at = 0;

	while (n->size - at >= sizeof(Elf64_Nhdr)) {
		struct elf_usdt_note note;
		Elf64_Nhdr h;
		size_t name, desc;

		memcpy(&h, n->data + at, sizeof(h));
		name = at + sizeof(h);
		if (h.n_namesz > n->size - name)
			break;
		desc = name + ROUND_UP((size_t)h.n_namesz, 4);
		if (desc > n->size || h.n_descsz > n->size - desc)
			break;
		at = desc + ROUND_UP((size_t)h.n_descsz, 4);
		if (h.n_type == NOTE_STAPSDT && h.n_namesz == 8 && !memcmp(n->data + name, "stapsdt", 8)) {
			if (!read_note(n, desc, desc + h.n_descsz, &note))
				++*bad;
			else if (!each(arg, &note))
				return;
		}
		if (at > n->size)
			return; /* the last one's padding is not there */
	}
	*bad += at < n->size;
}

int elf_usdt_each(const struct elf_syms *es, bool (*each)(void *arg, const struct elf_usdt_note *note),
		  void *arg, unsigned *bad, struct buf *why)
{
	struct notes n = {.file = elf_syms_file(es)};
	const struct elf_section *s = elf_file_section(n.file, ".note.stapsdt");
	unsigned ignored;
	unsigned char *data;

	bad = bad ? bad : &ignored;
	*bad = 0;
	if (!s || s->type != SHT_NOTE || !s->size) {
		buf_printf(why, "%s has no static probes", n.file->name);
		return -ENOENT;
	}
	if (!n.file->is64 || n.file->machine != MACHINE) {
		buf_printf(why, "%s is not a program of this machine's kind", n.file->name);
		return -ENOEXEC;
	}
	if (s->size > NOTES_LIMIT || s->flags & SHF_COMPRESSED) {
		buf_printf(why, "%s: %ju bytes of notes are more than are read", n.file->name,
			   (uintmax_t)s->size);
		return -ENOEXEC;
	}
	data = xmalloc(s->size);
	n.data = data;
	n.size = elf_file_read_some(n.file, s->offset, data, s->size);
	n.base = base_address(n.file);
	each_note(&n, each, arg, bad);
	free(data);
	return 0;
}
