/* ctype_int.h - what the files of C definitions share: ctype.c (names), ctype_layout.c, ctype_const.c. */
#ifndef SONDE_CTYPE_INT_H
#define SONDE_CTYPE_INT_H

#include "lang/ctype.h"

enum ctype_state { CTYPE_NEW, CTYPE_BUSY, CTYPE_DONE, CTYPE_BROKEN };

struct ctype { /* a struct, union or enum defined here */
	const struct node *node; /* C_STRUCT or C_ENUM; the definition once there is one */
	struct type *type;       /* made with the entry */
	uint32_t align;          /* bytes, when DONE */
	uint8_t state;           /* enum ctype_state */
};

/* A type as a declaration names it. */
struct cref {
	const struct type *type; /* NULL: unknown, and reported */
	uint32_t align;          /* bytes; by a typedef's attribute it may differ from the type's */
	bool is_char;            /* plain char: arrays of it are text */
	bool broken;             /* reported already */
};

#define ctypes_complain(c, id, span, ...) \
	do { if ((c)->diags) diag_add((c)->diags, DIAG_##id, (span), __VA_ARGS__); } while (0)

/* ctype.c */
struct ctype *ctypes_entry(struct ctypes *c, const struct node *definition);
/*
 * The type that a TYPE, C_STRUCT or C_ENUM stands for, followed by array lengths. `value`:
 * something of this type is kept in place, so it must be complete.
 */
struct cref ctypes_resolve(struct ctypes *c, const struct node *n, const node_list *lengths, bool value);
/* One level deeper; false, reported, when that is too deep. */
bool ctypes_enter(struct ctypes *c, struct span span);
/* Alignment by an attribute: a power of two; 0 when there is none or it is malformed. */
uint32_t ctypes_attribute_align(struct ctypes *c, const struct node *n);

/* ctype_layout.c: fills the entry's type and alignment. False: a mistake, reported. */
bool ctypes_layout(struct ctypes *c, struct ctype *t);
/* Alignment of a type that BTF gave. */
uint32_t ctypes_natural_align(struct ctypes *c, const struct type *t, unsigned depth);

#endif
