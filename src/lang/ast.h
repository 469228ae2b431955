/*
 * ast.h - the syntax tree. One node shape for all kinds (ast.def says which members each
 * uses), so that walking, printing and rewriting are written once.
 *
 * Everything lives in the compilation's arena. The parser fills kind, span, a-c, list,
 * name, text, num, op, flags; the checker fills type and the `ref` union.
 */
#ifndef SONDE_AST_H
#define SONDE_AST_H

#include "base/diag.h"

enum node_kind {
#define NODE(id, name, doc) NODE_##id,
#include "lang/ast.def"
#undef NODE
	NODE_KIND_COUNT
};

enum op {
#define OP(id, spelling, precedence) OP_##id,
#include "lang/op.def"
#undef OP
	OP_COUNT
};

enum node_flags {
	NODE_UNSIGNED = 1 << 0,   /* INT: value above INT64_MAX */
	NODE_ARROW = 1 << 1,      /* FIELD: written -> */
	NODE_BARE = 1 << 2,       /* MACRO: defined without parentheses */
	NODE_SYSTEM = 1 << 3,     /* C_INCLUDE: <...> */
	NODE_PAREN = 1 << 4,      /* expression was written in parentheses */
	NODE_DURATION = 1 << 5,   /* INT: written with a time unit; value is in ns */
	NODE_PACKED = 1 << 6,     /* C_STRUCT, C_FIELD: attribute packed */
	NODE_FORWARD = 1 << 7,    /* C_STRUCT, C_ENUM: declared, not defined */
	NODE_BITFIELD = 1 << 8,   /* C_FIELD: has a bit width, which may be 0 */
	NODE_CALLED = 1 << 9,     /* C_DEFINE: has parameters, perhaps none: #define F() 1 */
	NODE_ROW = 1 << 10,       /* CALL: a printf that gives the script's columns */
	NODE_EXPANDED = 1 << 11,  /* its names have been replaced: see expand.h */
	NODE_HEADER = 1 << 12,    /* C_DEFINE: of a header */
	NODE_KNOWN = 1 << 13,     /* CALL: num is its value, known when the script is compiled */
	NODE_OURS = 1 << 14,      /* PROBE, MAP_DECL: not the script's own: see family.h */
	NODE_DISCARDED = 1 << 15, /* UNARY ++/--: its value is not used */
};

/*
 * No node is deeper in the tree than this (the script is 0): the parser sees to it, so that
 * everybody else may recurse.
 */
enum { AST_MAX_DEPTH = 2000 };

struct text { /* bytes that may include NUL; data[len] is NUL */
	const char *data;
	uint32_t len;
};

struct type;
struct node;
typedef VEC(struct node *) node_list;

struct node {
	uint8_t kind;  /* enum node_kind */
	uint8_t op;    /* enum op */
	uint16_t flags;
	struct span span;
	struct node *a, *b, *c;
	node_list list;
	const char *name;
	struct text text;
	uint64_t num;
	/* by the checker */
	const struct type *type;
	union {
		const void *any;
		const struct builtin *builtin; /* IDENT, CALL */
		struct map *map;               /* MAP, MAP_DECL */
		struct variable *variable;     /* VAR, LET, FOR */
		const struct field *field;     /* FIELD, ELEMENT */
	} ref;
};

const char *node_kind_name(enum node_kind kind);
const char *op_spelling(enum op op);
int op_precedence(enum op op);

struct node *node_new(struct arena *arena, enum node_kind kind, struct span span);
/* A deep copy, all of it at this span (what a constant's name stands for). */
struct node *node_copy(struct arena *arena, const struct node *n, struct span span);
/* A deep copy as it is. */
struct node *node_clone(struct arena *arena, const struct node *n);
/* The first node found more than `limit` levels below the root, or NULL; does not recurse. */
struct node *node_find_too_deep(struct node *root, unsigned limit);
/* Calls fn on every direct child that is not NULL, in source order. */
void node_each_child(struct node *n, void (*fn)(struct node *child, void *ctx), void *ctx);
/* The same with the places of the children, so that they can be replaced. */
void node_each_slot(struct node *n, void (*fn)(struct node **slot, void *ctx), void *ctx);
/* Whether the tree has a node that `is` one of those looked for; an absent tree has none. */
bool node_any(const struct node *n, bool (*is)(const struct node *n, const void *ctx), const void *ctx);
/*
 * The tree as text, one node a line, children indented by two blanks; with_types adds
 * ` :: type` where the checker has set one (type_name is given by the caller, so that
 * this file knows no types).
 */
void ast_print(const struct node *n, struct buf *out,
	       const char *(*type_name)(const struct type *type, void *ctx), void *ctx);

#endif
