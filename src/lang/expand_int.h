/*
 * expand_int.h - what the files of expansion share; nobody else includes it.
 *
 *     expand.c         the walk over the tree; names of #define
 *     expand_copy.c    copies of bodies, with parameters replaced and locals renamed
 *     expand_macro.c   macro: overloads, arguments, hygiene
 *     expand_fn.c      fn: arguments and results in variables, `return` as assignment
 *     expand_import.c  import
 *     expand_header.c  #include, with header.c
 */
#ifndef SONDE_EXPAND_INT_H
#define SONDE_EXPAND_INT_H

#include "base/hmap.h"
#include "lang/expand.h"
#include "lang/header.h"

struct expander {
	struct arena *arena;
	struct diags *diags;
	struct script *script;
	struct hmap macros;        /* name -> struct overloads */
	struct hmap functions;     /* name -> struct node (FUNCTION) */
	struct hmap defines;       /* name -> struct define */
	struct headers headers;    /* with their macros, and all files that were read */
	unsigned importing;        /* files inside each other */
	const char *chain[EXPAND_MAX_NESTING]; /* what is being expanded, from the outside in */
	unsigned nesting, nodes, serial;
	bool full;                 /* EXPAND_MAX_NODES was reported */
};

struct overload {
	struct node *node; /* MACRO */
	bool library;
};
struct overloads {
	VEC(struct overload) list;
};

struct define {
	struct node *node; /* C_DEFINE */
	bool header;       /* builtins go before it */
	struct define *older; /* of the same name */
};

#define expand_complain(e, id, span, ...) diag_add((e)->diags, DIAG_##id, (span), __VA_ARGS__)

/* expand.c */
/* Expands what is in *slot and below, which is `depth` deep in the tree. */
void expand_slot(struct expander *e, struct node **slot, unsigned depth);
/* The body of what is called `name`, expanded in turn; false, reported, when it calls itself. */
bool expand_body(struct expander *e, const char *name, struct span call, struct node **slot, unsigned depth);
/* A number in place of what could not be expanded. */
struct node *expand_nothing(struct expander *e, struct span span);

/* expand_copy.c */
enum copy_of { COPY_DEFINE, COPY_MACRO, COPY_FUNCTION };

struct copy {
	struct expander *e;
	enum copy_of of;
	const char *name;            /* of the macro or function, for messages */
	bool by_value;               /* MACRO of a script: maps given for expressions are their values */
	const node_list *parameters; /* as ast.def says for its kind */
	const node_list *arguments;  /* one for each; a function has none here */
	struct hmap locals;          /* variables set in the body -> new name */
	struct span span;            /* DEFINE: all nodes get this one */
	unsigned serial;
};
/* Finds the locals of a body; then copies can be made. */
void copy_init(struct copy *c, const struct node *body);
void copy_free(struct copy *c);
struct node *copy_node(struct copy *c, const struct node *n);
const char *copy_local(struct copy *c, const char *name);

/* expand_macro.c */
void expand_add_macro(struct expander *e, struct node *macro, bool library);
/* A CALL or IDENT; false when it is no macro's. */
bool expand_macro(struct expander *e, struct node **slot, unsigned depth);
/* expand_fn.c */
void expand_add_function(struct expander *e, struct node *function);
bool expand_function(struct expander *e, struct node **slot, unsigned depth);
/* expand_import.c: replaces IMPORT nodes by what they bring; headers become C_INCLUDEs. */
void expand_imports(struct expander *e);
/* expand_header.c: C definitions into script->headers, macros into e->headers.cpp. */
void expand_headers(struct expander *e);
struct define *expand_header_macro(struct expander *e, const char *name);

#endif
