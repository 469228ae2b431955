/*
 * btf.h - the kernel's own description of its types, read in place.
 *
 *   /sys/kernel/btf/vmlinux:  header | types, back to back, ids 1, 2, 3, ... | strings
 *                                      ^ scanned once, as far as a question needs
 *
 * Takes the file by mmap where the kernel allows it (6.16; the pages then are the kernel's
 * own and count for nothing), else reads it into memory. Nothing is built when it is opened.
 * A walk over the types remembers where every 32nd one lies; asking for a name walks until it
 * is found, for a function's goes by halves first; some answers are kept; who asks often enough
 * gets a table of 16-bit name hashes (2 bytes a type).
 * Measured on a 6.18 kernel, 126 610 types, 5.5 MB: open 0.03 ms; first question 0 to 0.8 ms;
 * with the table 0.1 ms. The format: the kernel's Documentation/bpf/btf.rst.
 *
 * The bytes are not trusted (the file can be named by the user): a type reaching beyond the
 * section ends the walk, a name or id beyond its range reads as empty or absent, chains of
 * references are followed a bounded number of times.
 *
 * Not for two threads at once: questions move the walk.
 */
#ifndef SONDE_KERN_BTF_H
#define SONDE_KERN_BTF_H

#include "base/buf.h"
#include "kern/uapi.h"

struct btf;

/*
 * The running kernel's BTF, or the file that the environment names in SONDE_BTF. 0, or -errno
 * with the reason and the remedy, in plain words, appended to `why` (may be NULL): -ENOENT
 * the kernel has none.
 */
int btf_open_kernel(struct btf **out, struct buf *why);
/* A module's types, on top of the kernel's: ids go on where `base` ends. `base` outlives it. */
int btf_open_module(struct btf **out, const struct btf *base, const char *module);
/* Any file (read into memory), or bytes that stay the caller's. `base` may be NULL. */
int btf_open_file(struct btf **out, const char *path, struct buf *why);
int btf_open_memory(struct btf **out, const struct btf *base, const void *data, size_t size);
void btf_close(struct btf *b);

/*
 * Ids are 1 .. btf_count(); 0 is void. Walks all types the first time; from then on several threads may ask about
 * types at the same time.
 */
uint32_t btf_count(const struct btf *b);
/*
 * NULL when every type could be read, else what stopped the walk (an unknown kind from a newer
 * kernel, a damaged file). The types before it are usable.
 */
const char *btf_damage(const struct btf *b);

/* One type. `name` points into the BTF and lives as long. */
struct btf_info {
	uint32_t id;
	uint32_t kind; /* BTF_KIND_* */
	const char *name;
	uint32_t size;  /* int, float, struct, union, enum: bytes; else 0 */
	uint32_t ref;   /* pointer, typedef, modifiers, func (its proto), proto (result): an id */
	uint32_t count; /* members, enumerators, parameters */
	bool flag;      /* struct: bitfield form; enum: signed; fwd: union */
	const void *tail; /* what follows in the format */
};
/* False: no such id. Id 0 is kind BTF_KIND_UNKN, named "void". */
bool btf_get(const struct btf *b, uint32_t id, struct btf_info *out);

/* The first type of that kind and name (of functions that lie in no order, one of them), or 0. */
uint32_t btf_find(const struct btf *b, uint32_t kind, const char *name);
/* The next of the same kind and name after `id`, or 0. */
uint32_t btf_find_next(const struct btf *b, uint32_t kind, const char *name, uint32_t id);
/*
 * Walks all types of `kind` (0: every): start with {0}. False at the end.
 *     for (struct btf_cursor c = {0}; btf_each(b, BTF_KIND_FUNC, &c, &info);)
 */
struct btf_cursor {
	uint32_t id, off;
};
bool btf_each(const struct btf *b, uint32_t kind, struct btf_cursor *c, struct btf_info *out);

/*
 * Follows const, volatile, restrict and type_tag, btf_resolve also typedef, to what the type
 * is. 0: void, or a chain that does not end.
 */
uint32_t btf_resolve(const struct btf *b, uint32_t id);
uint32_t btf_strip(const struct btf *b, uint32_t id);
/* Bytes of a type, arrays multiplied out; false for void, functions and overflow. */
bool btf_size(const struct btf *b, uint32_t id, uint64_t *size);

struct btf_member_info {
	const char *name;   /* "" when anonymous */
	uint32_t type;
	uint64_t bit_offset; /* from the start of the struct asked about */
	uint32_t bit_size;   /* of a bitfield; 0: not one */
};
/* Member `index` of a struct or union. False past the last. */
bool btf_member_at(const struct btf *b, uint32_t id, uint32_t index, struct btf_member_info *out);
/* By name, looking into anonymous structs and unions; `id` may be a typedef. */
bool btf_member_find(const struct btf *b, uint32_t id, const char *name,
		     struct btf_member_info *out);

struct btf_int_info {
	uint32_t bits;
	bool is_signed, is_bool, is_char;
};
bool btf_int(const struct btf *b, uint32_t id, struct btf_int_info *out);
bool btf_array(const struct btf *b, uint32_t id, uint32_t *elem, uint32_t *count);

/* Enumerator `index` of an enum (32 or 64 bits). */
bool btf_enumerator_at(const struct btf *b, uint32_t id, uint32_t index, const char **name,
		       int64_t *value);
/* By name over all enums; *id becomes the enum (may be NULL). */
bool btf_enumerator_find(const struct btf *b, const char *name, int64_t *value, uint32_t *id);
/* Enum types of either width, also through typedefs. */
bool btf_is_enum(const struct btf *b, uint32_t id);

/* Parameter `index` of a FUNC_PROTO or FUNC. "" when it has no name. */
bool btf_param_at(const struct btf *b, uint32_t id, uint32_t index, const char **name,
		  uint32_t *type);

/*
 * A raw tracepoint: the id that attach_btf_id wants (the typedef btf_trace_NAME), its
 * number of arguments (without the kernel's own first), or 0 when there is none.
 */
uint32_t btf_raw_tracepoint(const struct btf *b, const char *name, uint32_t *args);
/*
 * Argument `index` (from 0): its type from the typedef, its name from the function
 * __traceiter_NAME ("" where the kernel does not describe it).
 */
bool btf_raw_tracepoint_arg(const struct btf *b, const char *name, uint32_t index,
			    const char **arg_name, uint32_t *type);

/* The type in C, "struct task_struct *", without a name behind it. */
void btf_print_type(const struct btf *b, uint32_t id, struct buf *out);

/* Bytes of memory of our own that questions have made it build so far. */
size_t btf_index_bytes(const struct btf *b);

#endif
