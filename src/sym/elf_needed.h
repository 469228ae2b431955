/*
 * elf_needed.h - the files that a program is loaded together with: its dynamic linker (.interp) by
 * path, and the libraries it names (DT_NEEDED of .dynamic), as "libc.so.6".
 */
#ifndef SONDE_SYM_ELF_NEEDED_H
#define SONDE_SYM_ELF_NEEDED_H

#include "sym/elf_file.h"

/* Each name, valid during the call. A file that names none, or is damaged, has none from there on. */
void elf_needed(const struct elf_file *f, void (*each)(void *ctx, const char *name), void *ctx);

#endif
