/*
 * type.h - types of the language and of the kernel, interned: two equal types are one pointer.
 *
 * Structs are made by name and completed (their fields read from BTF, a tracepoint's format
 * or the script's own definition) only when a field is asked for.
 */
#ifndef SONDE_TYPE_H
#define SONDE_TYPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/hmap.h"

enum type_kind {
#define TYPE(id, name, doc) TYPE_##id,
#include "lang/type.def"
#undef TYPE
	TYPE_KIND_COUNT
};

struct type;

/* The second word of a cgroup_path: the container is meant, not the path. */
#define CGROUP_CONTAINER UINT64_MAX

enum field_source { /* how a field's value is reached */
	FIELD_PLAIN,    /* at `offset` */
	FIELD_DATA_LOC, /* tracepoint __data_loc: u32 at offset, low half: where, high half: length */
	FIELD_REL_LOC,  /* same, relative to the end of the u32 */
	FIELD_SYSCALL,  /* argument number `offset` of a system call */
	FIELD_RAW_ARG,  /* word number `offset` of a raw tracepoint's arguments */
	FIELD_ARGUMENT, /* word number `offset` of a user function's arguments: registers, then stack */
	FIELD_UNREACHABLE, /* known, but not to be had: `why` */
};

struct field {
	const char *name; /* NULL: anonymous member (its fields are found through it) */
	const struct type *type;
	uint32_t offset;  /* bytes, or as `source` says */
	uint8_t bit_offset, bit_size; /* bit field: bits from `offset`'s byte; bit_size 0: none */
	uint8_t source;   /* enum field_source */
	const char *why;  /* FIELD_UNREACHABLE */
};

struct enumerator {
	const char *name;
	int64_t value;
};

struct type {
	uint8_t kind;     /* enum type_kind */
	bool is_signed;   /* INT, ENUM, SUM, AVG, MIN, MAX, STATS */
	bool is_union;
	bool is_args;     /* STRUCT: the args of a probe, fields reached through the context */
	bool trusted;     /* POINTER: from BTF-typed arguments, may be loaded directly */
	bool percentiles; /* HIST */
	uint8_t space;    /* POINTER, STRUCT, ARRAY: enum type_space, where it lives */
	uint8_t bits;     /* HIST: log2 of sub-buckets */
	uint32_t size;    /* bytes as stored (type.def); STRING: capacity with NUL */
	const struct type *elem; /* POINTER: target; ARRAY: element */
	uint32_t count;   /* ARRAY */
	const char *name; /* STRUCT, ENUM, or the typedef an INT was written as; else NULL */
	int64_t min, max, step; /* LHIST; TSERIES: ns, intervals, enum tseries_how */
	/* STRUCT, TUPLE, RECORD */
	const struct field *fields;
	uint32_t nfields;
	bool complete;    /* STRUCT: fields and size are filled in */
	uint32_t btf_id;  /* STRUCT, ENUM from the kernel's BTF; 0: not */
	const struct enumerator *enumerators; /* ENUM of the script */
	uint32_t nenumerators;
};

enum { TYPE_ID_BITS = 20 }; /* of btf_id; above them the number of a module's or a BPF program's types */

enum type_space { TYPE_SPACE_NONE, TYPE_SPACE_KERNEL, TYPE_SPACE_USER };

struct types {
	struct arena *arena;
	struct hmap interned; /* description -> struct type */
};

void types_init(struct types *types, struct arena *arena);
void types_free(struct types *types);

const struct type *type_simple(struct types *types, enum type_kind kind); /* NONE VOID BOOL KSYM ... */
const struct type *type_int(struct types *types, unsigned size, bool is_signed);
const struct type *type_string(struct types *types, uint32_t size);
const struct type *type_buffer(struct types *types, uint32_t bytes);
const struct type *type_pointer(struct types *types, const struct type *target,
				enum type_space space, bool trusted);
const struct type *type_array(struct types *types, const struct type *elem, uint32_t count);
/* TUPLE (names NULL) or RECORD; lays the elements out as in keys. */
const struct type *type_tuple(struct types *types, const struct type *const *elems,
			      const char *const *names, uint32_t count);
const struct type *type_hist(struct types *types, unsigned bits, bool percentiles);
const struct type *type_lhist(struct types *types, int64_t min, int64_t max, int64_t step);
/* how: enum tseries_how (lang/tseries.h) */
const struct type *type_tseries(struct types *types, int64_t interval, int64_t count, unsigned how, bool is_signed);
const struct type *type_aggregation(struct types *types, enum type_kind kind, bool is_signed);
/* A new, incomplete struct or an enum; not interned (its maker keeps one per name). */
struct type *type_struct_new(struct types *types, const char *name, bool is_union);
struct type *type_enum_new(struct types *types, const char *name, unsigned size, bool is_signed);
/* The same type, in another address space (structs, arrays and pointers read from there). */
const struct type *type_in_space(struct types *types, const struct type *t, enum type_space space);

/* The field of that name, looking into anonymous members; offset accumulated into *out. */
bool type_field(const struct type *t, const char *name, struct field *out);

bool type_is_int(const struct type *t);      /* INT, BOOL, ENUM */
bool type_is_scalar(const struct type *t);   /* those and POINTER, and what is one u64 */
bool type_is_aggregation(const struct type *t);
/* An aggregation that is more than a number: HIST, LHIST, TSERIES, STATS. */
bool type_is_series(const struct type *t);
bool type_is_multiword(const struct type *t); /* stored in memory, not in a register */
/* The field of `t` that goes with field i of `like`: of a record by name, else by place; or NULL. */
const struct field *type_counterpart(const struct type *t, const struct type *like, uint32_t i);
/* Size and alignment of a value in keys, map values and records. */
uint32_t type_stored_size(const struct type *t);
uint32_t type_stored_align(const struct type *t);
void type_print(const struct type *t, struct buf *out); /* as in the language: uint32, string[16] */
const char *type_name(struct types *types, const struct type *t);

#endif
