/*
 * elf_export.h - what an ELF file exports by a name, without reading its symbol tables: by the
 * hash table that the dynamic linker uses (.gnu.hash), some reads of a few bytes.
 */
#ifndef SONDE_SYM_ELF_EXPORT_H
#define SONDE_SYM_ELF_EXPORT_H

#include "sym/elf_file.h"

/* The virtual address of an exported symbol. False: not exported, or the file has no such table. */
bool elf_export_find(const struct elf_file *f, const char *name, uint64_t *vaddr);
/* Reads what the file has at a virtual address. False: some of it is not in the file. */
bool elf_export_read(const struct elf_file *f, uint64_t vaddr, void *to, size_t len);

#endif
