/*
 * fuzz_elf.c - an ELF file of somebody else: its symbols, static probes, lines and types. The input
 * is an image in memory; a second look goes through a file, with the reader for debugging information.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "sym/dwarf.h"
#include "sym/elf_usdt.h"

/* The input as a file in memory, at its start; the caller closes it. */
static int fuzz_file(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET))
		BUG("no file in memory");
	return fd;
}

static bool take_symbol(void *arg, const struct elf_symbol *sym)
{
	*(uint64_t *)arg += strlen(sym->name) + sym->vaddr;
	return true;
}

static bool take_note(void *arg, const struct elf_usdt_note *note)
{
	*(uint64_t *)arg += strlen(note->provider) + strlen(note->name) + strlen(note->args);
	return true;
}

static bool take_line(void *arg, const struct dwarf_line *line)
{
	*(uint64_t *)arg += strlen(line->file) + line->line;
	return true;
}

struct walk {
	struct dwarf *dwarf;
	unsigned depth, left;
};

static bool take_die(void *arg, const struct dwarf_die *die)
{
	struct walk *walk = arg;
	struct dwarf_die copy = *die, type;

	if (!walk->left)
		return false;
	walk->left--;
	dwarf_inherit(walk->dwarf, &copy);
	if (copy.name && strlen(copy.name) > 1 << 20)
		return false;
	if (copy.type)
		dwarf_die_at(walk->dwarf, copy.type, &type);
	if (walk->depth < 20 && die->children) {
		walk->depth++;
		dwarf_children(walk->dwarf, die, take_die, walk);
		walk->depth--;
	}
	return true;
}

static void ask_symbols(struct elf_syms *es)
{
	struct elf_symbol sym;
	uint64_t sum = 0, offset;
	struct buf why = {0};
	unsigned bad;

	elf_syms_each(es, NULL, take_symbol, &sum);
	elf_syms_each(es, "m*n", take_symbol, &sum);
	elf_syms_lookup(es, "main", &sym);
	for (uint64_t at = 0; at < 1 << 16; at += 0x1357)
		if (elf_syms_find(es, at, &sym) && elf_syms_to_offset(es, sym.vaddr, &offset))
			elf_syms_to_vaddr(es, offset, &sum);
	elf_usdt_each(es, take_note, &sum, &bad, &why);
	buf_free(&why);
}

static void ask_dwarf(struct elf_syms *es)
{
	static const struct elf_places nowhere = {.debug_dir = "/nonexistent"};
	struct buf why = {0};
	struct dwarf *d;
	uint64_t sum = 0;
	struct dwarf_die die;
	struct walk walk = {.left = 5000};

	if (!dwarf_open(&d, es, &nowhere, &why)) {
		walk.dwarf = d;
		dwarf_lines(d, "a.c", take_line, &sum, &why);
		dwarf_lines(d, "", take_line, &sum, &why);
		for (uint64_t at = 0; at < 64; at++)
			if (dwarf_die_at(d, at, &die))
				take_die(&walk, &die);
		for (uint64_t at = 0; at < 0x3000; at += 0x40)
			if (dwarf_function(d, at, &die))
				take_die(&walk, &die);
		dwarf_free(d);
	}
	buf_free(&why);
}

static void fuzz_elf(const uint8_t *data, size_t size)
{
	static const struct elf_places nowhere = {.debug_dir = "/nonexistent"};
	struct buf why = {0};
	struct elf_syms *es;

	if (!elf_syms_open_image(&es, data, size, "fuzz", &why)) {
		ask_symbols(es);
		ask_dwarf(es);
		elf_syms_free(es);
	}
	buf_reset(&why);
	if (!elf_syms_open_fd(&es, fuzz_file(data, size), "/nonexistent/fuzz", &nowhere, &why)) {
		ask_symbols(es);
		ask_dwarf(es);
		elf_syms_free(es);
	}
	buf_free(&why);
}

FUZZ(elf, fuzz_elf)
