/*
 * recorded.h - addresses of a recording to names: what was mapped then, in the files of now.
 *
 *   mappings as they were recorded, fed in the order of time --> pid's mappings at this moment
 *   address --> file, if it still is the one that was recorded (build-id, else inode) --> name
 *
 * Nothing is asked of the processes that have the ids today. A file that is another one now, or a
 * kernel that is not the one that runs, gives no names: never a wrong one. Files are also looked for
 * in ~/.debug, where perf keeps those it recorded; of those that are gone the names may be on disk still
 * (names_cached.h).
 */
#ifndef SONDE_SYM_RECORDED_H
#define SONDE_SYM_RECORDED_H

#include "sym/procs.h"

struct recorded;

struct recorded_mapping {
	uint32_t pid;
	uint64_t start, len, offset, ino; /* ino 0: not known */
	const char *file;                 /* as /proc/PID/maps has it */
	const uint8_t *build_id;
	unsigned build_id_len;            /* 0: what recorded_build_id said of the file, if anything */
};

struct recorded *recorded_new(void);
void recorded_free(struct recorded *r); /* NULL is fine */

/* The build-id of every mapping of that file; of the kernel's image: recorded_kernel. Before all mappings. */
void recorded_build_id(struct recorded *r, const char *file, const uint8_t *id, unsigned len);
/* The kernel that was recorded: its build-id (len 0: not known) and where its symbol was. */
void recorded_kernel_build_id(struct recorded *r, const uint8_t *id, unsigned len);
void recorded_kernel(struct recorded *r, const char *symbol, uint64_t address);

void recorded_mmap(struct recorded *r, const struct recorded_mapping *m);
void recorded_fork(struct recorded *r, uint32_t pid, uint32_t parent);
void recorded_exec(struct recorded *r, uint32_t pid);
void recorded_exit(struct recorded *r, uint32_t pid);

/* As procs_symbol: strings are valid until the next call, names are not demangled. */
bool recorded_symbol(struct recorded *r, uint32_t pid, uint64_t addr, struct symbol *sym);
bool recorded_kernel_symbol(struct recorded *r, uint64_t addr, struct symbol *sym);

#endif
