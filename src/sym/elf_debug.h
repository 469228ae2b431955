/*
 * elf_debug.h - the separate debug file of an ELF file. Internal to sym/.
 */
#ifndef SONDE_SYM_ELF_DEBUG_H
#define SONDE_SYM_ELF_DEBUG_H

#include "sym/elf_file.h"
#include "sym/elf_syms.h"

/* The debug file that belongs to f (same build-id, or the CRC f names), or NULL. */
struct elf_file *elf_debug_open(const struct elf_file *f, const struct elf_places *places);

#endif
