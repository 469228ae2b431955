/*
 * elf_syms.h - the symbols of one executable or shared library; programs and libraries by name.
 *
 * Addresses come in two kinds: *virtual address* as the file was linked, and *file offset*
 * (what uprobes attach to and what mappings speak of); PT_LOAD segments translate.
 * Nothing of the symbol table is read before the first question that needs it.
 */
#ifndef SONDE_SYM_ELF_SYMS_H
#define SONDE_SYM_ELF_SYMS_H

#include "base/buf.h"

struct elf_syms;
struct elf_file;

struct elf_symbol {
	const char *name;     /* as in the file, up to '@': not demangled, no version */
	uint64_t vaddr, size; /* size 0: the file does not tell */
	uint64_t offset;      /* in the file; UINT64_MAX when no segment holds it */
	bool function;
	bool local;           /* static: other symbols may have the name, too */
	unsigned char info;   /* type and binding as in the file (ELF64_ST_INFO); 0 from elf_syms_find() */
};

/* Where else to look. Zero-initialised: our own root, /usr/lib/debug. */
struct elf_places {
	const char *root;      /* root directory the name is below, as /proc/PID/root; NULL: ours */
	const char *debug_dir; /* NULL: /usr/lib/debug */
};

/*
 * Opens an ELF executable or library. Any input is safe: an error is -errno (-ENOEXEC: not
 * ELF or damaged) and `why` then has one line "NAME: reason". `places` may be NULL.
 */
int elf_syms_open(struct elf_syms **out, const char *path, const struct elf_places *places,
		  struct buf *why);
/* The same for an open file; fd is taken over in any case. `path` as in the places' root. */
int elf_syms_open_fd(struct elf_syms **out, int fd, const char *path,
		     const struct elf_places *places, struct buf *why);
/* The same for an image in memory (the vdso), which is copied. */
int elf_syms_open_image(struct elf_syms **out, const void *image, size_t size, const char *name,
			struct buf *why);
/* The same for a file whose headers were read; taken over. Cannot fail. */
struct elf_syms *elf_syms_of_file(struct elf_file *file, const struct elf_places *places);
void elf_syms_free(struct elf_syms *es); /* NULL is fine */

/*
 * The function that covers an address; of several names of one function the most public:
 * fewest leading underscores, then global before weak before local, then the shortest.
 * `name` in sym lives as long as `es`. False: none covers it; elf_syms_count() tells
 * whether there are any at all.
 */
bool elf_syms_find(struct elf_syms *es, uint64_t vaddr, struct elf_symbol *sym);
/* The symbol of that name: function before object, global before local. False: none. */
bool elf_syms_lookup(struct elf_syms *es, const char *name, struct elf_symbol *sym);
/*
 * Every function (with a name of its own, so several may share an address) whose name
 * matches the glob, in the order of the file, until `each` returns false. NULL: all. The
 * name is valid during the call only. 0, or -errno when the table cannot be read.
 */
int elf_syms_each(struct elf_syms *es, const char *glob,
		  bool (*each)(void *arg, const struct elf_symbol *sym), void *arg);
size_t elf_syms_count(struct elf_syms *es); /* functions, loading them */

bool elf_syms_to_offset(const struct elf_syms *es, uint64_t vaddr, uint64_t *offset);
/* Whole pages are mapped: what lies beside a segment, on its first or last page, counts. */
bool elf_syms_to_vaddr(const struct elf_syms *es, uint64_t offset, uint64_t *vaddr);
/* The GNU build-id; its length, 0 when there is none. */
unsigned elf_syms_build_id(const struct elf_syms *es, const unsigned char **id);
/* Whether functions were asked for; whether they are those of a symbol table, not only what is exported. */
bool elf_syms_are_loaded(const struct elf_syms *es);
bool elf_syms_are_whole(struct elf_syms *es);
/* The separate debug file that gave the symbols, or NULL. */
const char *elf_syms_debug_file(const struct elf_syms *es);
size_t elf_syms_memory(const struct elf_syms *es); /* bytes held now */

/* The file itself, for the other readers of sym/. */
const struct elf_file *elf_syms_file(const struct elf_syms *es);

/* Whether a library's file name is what a name in an attach point means: "libc.so.6" for "libc", "c". */
bool elf_library_matches(const char *file, const char *name);

/*
 * The file that a name in an attach point means: a path; a program in PATH; a library as
 * "libc", "libc.so.6" or "c" would link, from ld.so.cache and the standard directories.
 * Only files of this machine's kind count for libraries. The path (caller frees), valid in
 * our own root even when `root` (as /proc/PID/root, or NULL) says where to search; NULL
 * and `why` when there is none.
 */
char *elf_find_file(const char *name, const char *root, struct buf *why);

#endif
