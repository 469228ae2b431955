/*
 * maps.h - what is mapped where in one address space: executable mappings only. Internal to sym/.
 *
 *   map_table  mappings sorted by address, none overlapping; shared between a process and
 *              the children it forked until one of them changes it
 *   map_file   a mapped object, one per (path, device, inode), counted by the mappings that hold it
 */
#ifndef SONDE_SYM_MAPS_H
#define SONDE_SYM_MAPS_H

#include "sym/elf_cache.h"
#include "sym/sym.h"

enum map_kind {
	MAP_FILE,   /* something with a path */
	MAP_VDSO,
	MAP_ANON,   /* no file, or one without a place (memfd, shared memory): generated code */
	MAP_OTHER,  /* [vsyscall], [uprobes]: named, without symbols */
};

struct map_file {
	struct map_file *next;   /* in its hash bucket */
	unsigned refs;
	uint32_t hash;
	enum map_kind kind;
	bool deleted;
	uint64_t dev, ino;       /* 0: not known */
	bool mapped_again;       /* since procs.c last looked: what is in it may be something else by now */
	/* owned by procs.c: what became of opening it */
	struct elf_handle elf;
	struct map_version { uint64_t size; int64_t written; } version; /* when it was opened; file_written() */
	uint32_t note;           /* of whoever walks mappings (procs.h); 0 at first */
	enum symbol_loss loss;
	uint32_t loss_pid;       /* the process through which it could not be opened */
	const char *base;        /* last component of path */
	char path[];
};

struct mapping {
	uint64_t start, end, offset; /* [start, end), offset in the file */
	struct map_file *file;
};

struct map_table {
	unsigned refs;
	VEC(struct mapping) maps;
};

enum { MAP_BUCKETS = 1024 };
struct map_files {
	struct map_file *buckets[MAP_BUCKETS];
	size_t bytes; /* files and tables */
};

/* The file of that path and inode with one more reference; `path` as /proc/PID/maps has it, `dev` by makedev(3). */
struct map_file *map_files_get(struct map_files *files, const char *path, uint64_t dev, uint64_t ino);
void map_files_put(struct map_files *files, struct map_file *file);

struct map_table *map_table_new(struct map_files *files);
struct map_table *map_table_share(struct map_table *table);
void map_table_release(struct map_files *files, struct map_table *table); /* NULL is fine */
/*
 * Adds a mapping, taking over m.file's reference. What it overlaps is cut away, or, when
 * not `over`, it is dropped for overlapping. *table is copied first when it is shared.
 * False: the table is full (MAPPINGS_LIMIT) or m is empty; the reference is given back.
 */
bool map_table_add(struct map_files *files, struct map_table **table, struct mapping m, bool over);
const struct mapping *map_table_find(const struct map_table *table, uint64_t addr);
/* The executable mappings of a /proc/PID/maps text (proc(5)), which is cut up, as a new table. */
struct map_table *map_table_parse(struct map_files *files, struct buf *text);

#endif
