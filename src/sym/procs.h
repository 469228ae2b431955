/*
 * procs.h - addresses of processes to names, also of processes that have ended.
 *
 * What was mapped where is learned from two sources: /proc/PID/maps, read when a process is
 * asked about (or by procs_scan), and the kernel's mapping events (kern/mmap_events.h), fed
 * in by the caller in the order of their times. With events every process that the scan or an
 * exec made known stays nameable after its end, within a bound; without them only what is
 * alive when asked about.
 *
 * An *image* is one address space of a process: from fork or exec to exec or exit.
 *
 * All times are CLOCK_MONOTONIC ns, as bpf_ktime_get_ns() gives. Process ids are those of
 * sonde's own pid namespace. Not thread-safe.
 */
#ifndef SONDE_SYM_PROCS_H
#define SONDE_SYM_PROCS_H

#include "sym/sym.h"

struct procs;
struct elf_file;

/* Zero in a field: the default. */
struct procs_options {
	const char *debug_dir; /* /usr/lib/debug */
	size_t elf_bytes;      /* symbol tables kept: 64 MB */
	size_t elf_files;      /* and open files: 256 */
	size_t image_bytes;    /* mappings and perf maps kept: 64 MB; oldest dropped, ended first */
};

enum symbol_kind {
	SYMBOL_UNKNOWN,   /* no name; module may be known. `loss` has the reason */
	SYMBOL_FUNCTION,  /* of an ELF file, or of the vdso */
	SYMBOL_GENERATED, /* from a perf-PID.map */
};

/* Strings are valid until the next call with the same procs, and not escaped. */
struct symbol {
	enum symbol_kind kind;
	enum symbol_loss loss;
	const char *name;       /* NULL when SYMBOL_UNKNOWN; not demangled */
	uint64_t offset;        /* from the start of the function; 0 when unknown */
	const char *module;     /* "libc.so.6", "[vdso]", "[anon]", "perf-12.map"; NULL: no mapping */
	const char *path;       /* of the module as the process sees it; as `module` if none */
	uint64_t module_offset; /* in the module's file (FUNCTION, UNKNOWN), else in the mapping */
	const unsigned char *build_id; /* of the module's file; build_id_len 0: it has none, or is no ELF file */
	unsigned build_id_len;
};

struct procs *procs_new(const struct procs_options *options); /* NULL: defaults */
void procs_free(struct procs *procs);

/*
 * Reads the mappings of every process there is, so that those that end before they are
 * asked about can be named. Some 0.1 ms a process. How many were read.
 */
size_t procs_scan(struct procs *procs);

/* The mapping events, oldest first. Only executable mappings are of use. `dev` by makedev(3), 0: not known. */
void procs_on_mmap(struct procs *procs, uint64_t time, uint32_t pid, uint64_t addr, uint64_t len,
		   uint64_t page_offset, uint64_t dev, uint64_t ino, const char *filename);
/* `exec`: the process has a new image; otherwise only the name changed and nothing is done. */
void procs_on_comm(struct procs *procs, uint64_t time, uint32_t pid, bool exec);
/* A new thread (pid == parent) is ignored. */
void procs_on_fork(struct procs *procs, uint64_t time, uint32_t pid, uint32_t parent);
/* A thread has ended: the process, when it was the first thread. */
void procs_on_exit(struct procs *procs, uint64_t time, uint32_t pid, uint32_t tid);

/*
 * Names a user-space address. `time` chooses among the images that used the pid: the one
 * that ran then; 0: the latest, and older ones when it has nothing at the address. The address
 * is taken as it is. False: no name; sym->loss and the loss counters have the reason.
 */
bool procs_symbol(struct procs *procs, uint32_t pid, uint64_t time, uint64_t addr,
		  struct symbol *sym);
/*
 * The same, now, for a return address of a stack (all frames but the first): what is called is before it,
 * so that a call at the end of a function is that function's; offsets are those of the address itself.
 */
bool procs_return_symbol(struct procs *procs, uint32_t pid, uint64_t addr, struct symbol *sym);

/* An executable mapping of a living process, for whoever walks its stacks. */
struct procs_mapping {
	uint64_t start, end, offset; /* [start, end), offset in the file */
	bool has_file;               /* a file or the vdso; else generated code or the kernel's own */
	uint32_t *note;              /* the caller's, kept with the file; 0 at first */
	const void *at;              /* for procs_mapping_file */
};
/*
 * Every executable mapping of the process's newest image, by address. False: none is known (it is
 * gone, or a thread of the kernel's).
 */
bool procs_mappings(struct procs *procs, uint32_t pid,
		    void (*each)(void *ctx, const struct procs_mapping *mapping), void *ctx);
/* The file of a mapping, during `each` only. NULL: it cannot be opened, or is no ELF file. */
const struct elf_file *procs_mapping_file(struct procs *procs, uint32_t pid, const struct procs_mapping *mapping);
/*
 * The processes known that run just now, *running of them (this one is not counted), those with the fewest
 * mappings first; then those that have used most CPU time: up to `max`; how many.
 */
size_t procs_busiest(struct procs *procs, uint32_t *pids, size_t max, size_t *running);
/* Whether the process, as far as events tell, has not ended. */
bool procs_alive(struct procs *procs, uint32_t pid);

const struct symbol_losses *procs_losses(const struct procs *procs);
/* The last reasons in words ("/tmp/perf-12.map: a symbolic link"), one a line, bounded. */
const char *procs_reasons(struct procs *procs);
size_t procs_memory(const struct procs *procs); /* bytes held now, all tables */

#endif
