/* world_int.h - between the files of run/world*.c. */
#ifndef SONDE_RUN_WORLD_INT_H
#define SONDE_RUN_WORLD_INT_H

#include <pthread.h>

#include "base/hmap.h"
#include "kern/btf.h"
#include "kern/tracefs.h"
#include "run/world.h"
#include "sym/dwarf.h"
#include "sym/elf_syms.h"
#include "sym/sym.h"

struct machine {
	struct world world; /* first: a struct world * of ours is a struct machine * */
	struct probe_env probes;
	const char *btf_path;
	struct btf *btf;
	bool btf_tried;
	const char *btf_why;
	/* The thread that opens it and walks over its types once, until somebody asks. */
	pthread_t btf_walker;
	bool btf_walking;
	int btf_err;
	struct buf btf_text;
	struct tracefs tracefs;
	bool tracefs_tried, tracefs_missing;
	const char *tracefs_why;
	struct ksyms *ksyms;
	struct types_of *at;         /* whose types are being converted; NULL: the kernel's */
	VEC(struct types_of *) more_types; /* of modules and BPF programs, by number - 1 */
	struct hmap types_by_id;     /* BTF id -> struct type */
	struct hmap structs_by_name; /* "sockaddr" -> struct type */
	struct hmap args;            /* provider and target name -> struct type */
	struct hmap raw_events;      /* event -> struct raw_event, once there are many questions */
	unsigned raw_finds;
	struct hmap elf;             /* path -> struct elf_syms */
	struct hmap dwarf;           /* path -> struct dwarf */
	struct hmap dwarf_types;     /* file and offset -> struct type */
	struct hmap dwarf_structs;   /* struct type -> what it was made from */
};

/*
 * Types beside the kernel's own. A module's ids go on where the kernel's end, and those of a
 * BPF program begin anew; so that each names one type, theirs are kept as number << 20 | id.
 */
struct types_of {
	char *name;       /* the module, or "bpf:ID" */
	struct btf *btf;  /* NULL: there is none */
	void *bytes;      /* what it was read into, or NULL */
	uint32_t number;  /* from 1 */
	uint32_t base;    /* ids up to this one are the kernel's */
};

static inline struct machine *machine_of(struct world *w)
{
	return (struct machine *)w;
}

/* Of a loaded module, of a loaded BPF program by id; NULL: not described. They live as long as m. */
struct types_of *machine_module_types(struct machine *m, const char *module);
struct types_of *machine_program_types(struct machine *m, uint32_t id);
/* NULL: this kernel has no BTF (or it cannot be read), and why. */
struct btf *machine_btf(struct machine *m, const char **why);
struct tracefs *machine_tracefs(struct machine *m, const char **why);

/* world_btf.c */
const struct type *world_type_named(struct world *w, enum op tag, const char *name);
bool world_complete(struct world *w, struct type *t);
bool world_enumerator(struct world *w, const char *name, int64_t *value, const struct type **type);
/*
 * A BTF type as ours, of a module or BPF program; `of` NULL: of the kernel. Pointers live in the kernel,
 * `trusted` marks them as from typed arguments.
 */
const struct type *world_btf_type_of(struct machine *m, struct types_of *of, uint32_t id, bool trusted);
void world_btf_free(struct machine *m);

/* A struct by name, complete or not; one type a name. */
struct type *world_struct_named(struct machine *m, bool is_union, const char *name);

/* world_ctype.c: the type of a field of a format file; `syscall`: as wide as its name says */
const struct type *world_field_type(struct machine *m, const struct tracefs_field *f, bool syscall);

/* world_elf.c */
void world_elf_init(struct machine *m);
void world_elf_free(struct machine *m);
/* NULL with *why: the file cannot be read or has no debugging information. */
struct dwarf *world_dwarf(struct machine *m, const char *path, const char **why);
bool world_uaddr(struct world *w, const char *path, const char *name, uint64_t *address);

/* world_dwarf.c: args of a uprobe at a function's entry; NULL: not known */
const struct type *world_dwarf_args(struct machine *m, const struct target *target);
bool world_dwarf_complete(struct machine *m, struct type *t);
/* -lv: its parameters, one a line */
void world_dwarf_print_args(struct machine *m, const char *path, uint64_t address, struct buf *out);

/* world_args.c */
struct type *world_args_new(struct machine *m, const char *name, struct field *fields, uint32_t n);
/* world_function.c: of FENTRY and FEXIT targets */
const struct type *world_function_args(struct machine *m, const struct target *target);
const struct type *world_args(struct world *w, const struct target *target);

#endif
