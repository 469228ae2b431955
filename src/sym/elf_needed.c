/* elf_needed.c - see elf_needed.h; the layout is that of the System V ABI, chapter 5. */
#include "sym/elf_needed.h"

#include <elf.h>
#include <string.h>

enum { LONGEST = 256, MOST_ENTRIES = 4096 };

static bool read_string(const struct elf_file *f, const struct elf_section *s, uint64_t at, char out[LONGEST])
{
	size_t n = at < s->size ? MIN_OF(s->size - at, (uint64_t)LONGEST) : 0;

	return n && elf_file_read(f, s->offset + at, out, n) && memchr(out, '\0', n) && *out;
}

void elf_needed(const struct elf_file *f, void (*each)(void *ctx, const char *name), void *ctx)
{
	const struct elf_section *interpreter = elf_file_section(f, ".interp");
	const struct elf_section *dynamic = elf_file_section(f, ".dynamic"), *names = elf_file_section(f, ".dynstr");
	char name[LONGEST];
	Elf64_Dyn entry;

	if (interpreter && read_string(f, interpreter, 0, name))
		each(ctx, name);
	if (!f->is64 || !dynamic || !names || dynamic->type == SHT_NOBITS)
		return;
	for (uint64_t i = 0; i < MOST_ENTRIES && (i + 1) * sizeof(entry) <= dynamic->size; i++) {
		if (!elf_file_read(f, dynamic->offset + i * sizeof(entry), &entry, sizeof(entry)) ||
		    entry.d_tag == DT_NULL)
			return;
		if (entry.d_tag == DT_NEEDED && read_string(f, names, entry.d_un.d_val, name))
			each(ctx, name);
	}
}
