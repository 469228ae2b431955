/*
 * elf_usdt.h - the static user probes (USDT) of an ELF file, from its .note.stapsdt.
 *
 * The format, version 3, as sys/sdt.h of SystemTap writes it: notes named "stapsdt" of type 3,
 * whose descriptor is
 *
 *   u64 address of the probe | u64 base | u64 address of its semaphore, 0: none |
 *   provider NUL | name NUL | arguments NUL
 *
 * base is where .stapsdt.base was when the file was linked: what prelinking moved since is
 * the difference to where it is now.
 */
#ifndef SONDE_SYM_ELF_USDT_H
#define SONDE_SYM_ELF_USDT_H

#include "sym/elf_syms.h"

struct elf_usdt_note {
	const char *provider, *name, *args; /* valid during the call */
	uint64_t address;     /* virtual, as the file is now */
	uint64_t offset;      /* in the file */
	uint64_t semaphore;   /* file offset of its counter, 0: none */
};

/*
 * Every note in the file's order, until `each` returns false. 0, or -errno with the reason in
 * `why`: -ENOENT the file has no static probes, -ENOEXEC it is not a program of this machine's
 * kind. Notes that are damaged or lie outside of what is mapped are left out; *bad, when not
 * NULL, is how many.
 */
int elf_usdt_each(const struct elf_syms *es, bool (*each)(void *arg, const struct elf_usdt_note *note),
		  void *arg, unsigned *bad, struct buf *why);

#endif
