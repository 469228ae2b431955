/*
 * ctype.h - the C definitions of a script and of the headers it includes, as types of ours.
 *
 * Takes C_STRUCT, C_ENUM, C_TYPEDEF nodes; gives types by name. A definition costs nothing
 * until it is asked for: structs are made by name and laid out (sizes, offsets, bit-fields by
 * the System V ABI of x86-64 and AArch64, as gcc does it) when a field, a size or a value of
 * them is wanted. What a definition names and the script does not define, the kernel's BTF
 * answers (`u32`, `struct task_struct *`).
 *
 * All numbers are the user's: sizes and offsets are computed in 64 bits and refused beyond
 * CTYPE_MAX_SIZE, nesting and chains of typedefs beyond CTYPE_MAX_DEPTH, work on constants
 * beyond a budget. Mistakes are reported once, where they are.
 */
#ifndef SONDE_CTYPE_H
#define SONDE_CTYPE_H

#include "lang/world.h"

enum { CTYPE_MAX_SIZE = 1 << 28, CTYPE_MAX_DEPTH = 64, CTYPE_MAX_STEPS = 1 << 20 };

struct ctypes {
	struct arena *arena;
	struct types *types;
	struct world *world;   /* for what is not defined here */
	struct diags *diags;   /* NULL: mistakes are not reported, names stay unknown */
	struct hmap tags;      /* "struct x", "union x", "enum x" -> struct ctype */
	struct hmap by_node;   /* definition -> struct ctype; anonymous ones are found here */
	struct hmap by_type;   /* struct type -> struct ctype */
	struct hmap typedefs;  /* name -> const struct node (C_TYPEDEF) */
	struct hmap constants; /* enumerator -> struct cconstant */
	unsigned depth, steps;
};

/* An enumerator; `known` once its enum is laid out. */
struct cconstant {
	const struct node *setting; /* the enumerator */
	struct ctype *owner;        /* its enum */
	int64_t value;
	bool known;
};

void ctypes_init(struct ctypes *c, struct arena *arena, struct types *types, struct world *world,
		 struct diags *diags);
void ctypes_free(struct ctypes *c);
/*
 * Adds a definition, with all that is defined inside of it. A second, different definition of
 * the same name is REDEFINED; `quiet` lets the first one stand without a word (headers).
 */
void ctypes_add(struct ctypes *c, struct node *definition, bool quiet);
/* Lays out every definition added so far that is the script's own, to report its mistakes. */
void ctypes_check(struct ctypes *c, const struct node *script);
/* A type by its tag (OP_STRUCT ...) or typedef name (OP_NONE); NULL: not defined here. */
const struct type *ctypes_named(struct ctypes *c, enum op tag, const char *name);
/* Fields and size of a struct made here. False: it is none of ours, or has a mistake. */
bool ctypes_complete(struct ctypes *c, const struct type *t);
/* An enumerator; *type is its enum. False: none of that name. */
bool ctypes_constant(struct ctypes *c, const char *name, int64_t *value, const struct type **type);
/* A constant expression of C: numbers, enumerators, sizeof, casts, all operators. */
bool ctypes_evaluate(struct ctypes *c, const struct node *n, int64_t *value);

#endif
