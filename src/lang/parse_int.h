/*
 * parse_int.h - what the parser's files share; nobody else includes it.
 *
 *     parse.c        tokens, errors, recovery, entry points
 *     parse_cond.c   #if ... #endif: which parts of the text are left out
 *     parse_top.c    config, import, let, macro, fn; the loop over the top level
 *     parse_probe.c  attach points and predicates
 *     parse_header.c headers of C
 *     parse_c.c      #define, #include, struct, union, enum, typedef
 *     parse_stmt.c   blocks and statements
 *     parse_expr.c   expressions
 *     parse_type.c   types, and telling them from expressions
 *
 * Errors: a function that meets one calls parse_error or parse_unexpected, which report (at
 * most one message) and set `panic`; from then on everybody returns as fast as possible, what
 * they return is never NULL where a node is promised but is thrown away by the loop over
 * statements (or top-level items), which skips to the next one and clears `panic`.
 */
#ifndef SONDE_PARSE_INT_H
#define SONDE_PARSE_INT_H

#include "base/hmap.h"
#include "lang/lex.h"
#include "lang/parse.h"

enum {
	PARSE_MAX_BYTES = 1 << 20,
	PARSE_MAX_PARAM = 9999, /* $9999 */
	PARSE_MAX_DERIVATIONS = 32, /* stars, and array lengths, of one type */
	PARSE_MAX_NESTING = 200, /* parentheses, blocks, unary operators inside each other */
};

struct parser {
	struct arena *arena;
	struct diags *diags;
	const struct source *source;
	struct files *files;      /* headers are read with; may be NULL */
	struct lexer lexer;
	VEC(struct token) tokens; /* all that were read; from `at` on, only looked at */
	size_t at;
	span_list skip;           /* what conditional compilation leaves out */
	struct hmap types;        /* names that `typedef` gave */
	struct node *script;
	unsigned nesting;
	unsigned anonymous;       /* structs that were given a name by us */
	bool predicate;           /* '/' before '{' ends the expression */
	bool condition;           /* the next token starts one: `(x) y` is no cast there */
	bool panic;               /* an error was met; see above */
	bool header;              /* a header of C: characters are numbers */
	bool spoilt;              /* a member could not be read: its struct is not to be used */
	bool quiet;               /* report nothing: trying whether a #define is an expression */
	bool too_deep;            /* has been reported */
	bool unbalanced;          /* text was swallowed: an open '{' is worth no message */
	bool abandoned;           /* a probe starts inside a block: unwind to the top level */
};

/* Tokens. Returned by value: the array moves. */
struct token parse_peek(struct parser *p, size_t ahead);
struct token parse_next(struct parser *p);
static inline enum token_kind parse_kind(struct parser *p)
{
	return parse_peek(p, 0).kind;
}
bool parse_accept(struct parser *p, enum token_kind kind);
/* Consumes a token of this kind, or reports "expected WANTED, found ..." and returns false. */
bool parse_expect(struct parser *p, enum token_kind kind, const char *wanted);
/* Forgets what was looked at, so that the text from there on can be read in another way. */
void parse_rewind(struct parser *p);

struct span parse_span(const struct parser *p, const struct token *t);
/* From `from` to the end of the token read last. */
struct span parse_span_from(const struct parser *p, struct span from);
const char *parse_text(struct parser *p, const struct token *t);
bool parse_is(const struct parser *p, const struct token *t, const char *word);
/* The place of a token as messages show it: quoted, cut when long. */
const char *parse_describe(struct parser *p, const struct token *t);
struct node *parse_node(struct parser *p, enum node_kind kind, struct span span);

/* Errors. The hint may be NULL. parse_error returns whether it was reported. */
bool parse_error(struct parser *p, struct span span, const char *hint, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
void parse_unexpected(struct parser *p, const char *wanted, const char *hint);
/* Reports a bad literal; no panic, the literal has a value that will do. */
void parse_problem(struct parser *p, const struct lex_problem *problem);
/* Before going one level down; false, with TOO_DEEP reported, when that is too deep. */
bool parse_enter(struct parser *p, struct span span);
static inline void parse_leave(struct parser *p)
{
	p->nesting--;
}
/* Behind the next ';' of this level, or before the '}' that closes it. Clears panic. */
void parse_skip_statement(struct parser *p);

/* The whole source; all its tokens are in p->tokens until parse_free. False: it is no text. */
bool parse_all(struct parser *p, struct arena *arena, struct diags *diags, const struct source *source);
void parse_free(struct parser *p);

/* parse_cond.c */
void parse_conditions(struct parser *p);
/* parse_top.c */
void parse_top_level(struct parser *p);
/* parse_probe.c */
struct node *parse_probe(struct parser *p);
/* parse_c.c: append to p->script, which may be several nodes */
void parse_directive(struct parser *p);
void parse_c_definition(struct parser *p);
bool parse_c_body_ahead(struct parser *p); /* a struct, union or enum with a body comes next */
struct node *parse_c_body(struct parser *p); /* that */
/* parse_c_macro.c: a definition that macros are a part of. False, and nothing was read: it is a plain one. */
bool parse_c_with_macros(struct parser *p);
/* parse_header.c */
void parse_c_header(struct parser *p);
/* parse_stmt.c; with `value` a last expression without ';' becomes the block's result */
struct node *parse_block(struct parser *p, bool value, const char *hint);
struct node *parse_if(struct parser *p, bool value);
/* parse_expr.c */
struct node *parse_expression(struct parser *p);
struct node *parse_binary_expression(struct parser *p); /* anything but a ternary */
struct node *parse_string(struct parser *p); /* the next token is a STRING */
enum op parse_binary_op(enum token_kind kind); /* OP_NONE: it is none */
/* parse_type.c */
struct node *parse_type(struct parser *p);
/* Only the name: `unsigned long`, `struct x`, `typeof(x)`. */
struct node *parse_base_type(struct parser *p);
/* `*` and qualifiers after a type: adds to its pointer depth (or wraps an array type). */
struct node *parse_pointers(struct parser *p, struct node *type);
/* `[n]` after a type or a name: appends to the list. */
void parse_array_lengths(struct parser *p, node_list *lengths);
/* True when a type stands `ahead` tokens ahead: sets the number of tokens to its end. */
bool parse_type_ahead(struct parser *p, size_t ahead, size_t *end, bool *certain);
bool parse_is_type_name(struct parser *p, const struct token *t);

#endif
