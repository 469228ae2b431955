/*
 * elf_file.h - the headers of one ELF file, checked. Internal to sym/.
 *
 * Files are read with pread, piece by piece: a mapped file that its owner cuts short would
 * kill us with SIGBUS, and a symbol table needs not be in memory as a whole. After opening,
 * every section's extent lies within the file as it was then; what was cut off later
 * shows as a failed read.
 */
#ifndef SONDE_SYM_ELF_FILE_H
#define SONDE_SYM_ELF_FILE_H

#include "base/buf.h"

struct elf_section {
	uint32_t name, type, link;
	uint64_t flags, offset, size, entry_size;
};

/* A PT_LOAD segment. */
struct elf_segment {
	uint64_t offset, vaddr, file_size, memory_size;
	bool executable;
};

enum { ELF_BUILD_ID_MAX = 64 };

struct elf_file {
	char *name;          /* for messages */
	int fd;              /* owned; -1: an image in memory */
	unsigned char *image; /* owned */
	uint64_t size;
	uint64_t dev, ino;   /* 0 for an image */
	int64_t written;     /* file_written() when it was opened; 0 for an image */
	bool is64;
	uint16_t machine;
	VEC(struct elf_segment) segments;
	VEC(struct elf_section) sections;
	uint32_t names;      /* number of the section with the sections' names; 0: none */
	uint64_t entry;      /* e_entry */
	unsigned char build_id[ELF_BUILD_ID_MAX];
	unsigned build_id_len; /* 0: none */
	char debuglink[256];   /* "" when there is none */
	uint32_t debuglink_crc;
};

/*
 * Takes over fd, also when it fails. 0, or -ENOEXEC (no ELF executable or library of this
 * machine's byte order, or damaged) or another -errno; then `why` has the reason, the
 * name in it. A debug file is one whose segments need not be in the file.
 */
int elf_file_open(struct elf_file **out, int fd, const char *name, struct buf *why);
/* The same for an image in memory, which is copied. */
int elf_file_open_image(struct elf_file **out, const void *image, size_t size, const char *name,
			struct buf *why);
void elf_file_free(struct elf_file *f);
/* Whether it was written to since it was opened: what is there now is not what its headers speak of. */
bool elf_file_is_rewritten(const struct elf_file *f);
/* All of [offset, offset + len), or false. */
bool elf_file_read(const struct elf_file *f, uint64_t offset, void *to, size_t len);
/* The section of that name, or NULL; its extent lies in the file (SHT_NOBITS: it has none). */
const struct elf_section *elf_file_section(const struct elf_file *f, const char *name);
/* Up to len bytes; how many there were. */
size_t elf_file_read_some(const struct elf_file *f, uint64_t offset, void *to, size_t len);

#endif
