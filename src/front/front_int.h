/*
 * front_int.h - what the translators share.
 *
 *   "p:c:write(int fd) (fd == 1) ..."  --spec_parse-->  struct spec (whose call, its parameters)
 *        --site_make-->  struct site (attach points, where arguments are found)
 *   an expression of the specifier --expr_put--> the same in the language
 */
#ifndef SONDE_FRONT_INT_H
#define SONDE_FRONT_INT_H

#include "front/front.h"
#include "lang/lex.h"

typedef VEC(struct token) token_list;

enum spec_kind { SPEC_ENTRY, SPEC_RETURN, SPEC_TRACEPOINT, SPEC_USDT };

struct spec_param {
	const char *name, *type; /* "fd", "int"; name NULL: none was given */
};

struct spec { /* a probe as bcc writes it */
	const struct source *source; /* the whole specifier */
	enum spec_kind kind;
	const char *binary;    /* functions and USDT: "c", "/bin/bash"; "": the kernel */
	const char *category;  /* TRACEPOINT; USDT: the provider, or NULL */
	const char *function;  /* or event, or static probe */
	const char *offset;    /* "+0x12", or ""; a number */
	struct span span;      /* of the probe */
	bool has_signature;
	VEC(struct spec_param) params;
	uint32_t rest;         /* where in the source what follows begins */
};

/* Where a specifier is attached. */
struct site {
	const struct spec *spec;
	bool syscall;          /* a function that is a system call: its tracepoints stand for it */
	bool at_return;
	bool wildcard;
	const char *attach;    /* "uprobe:c:open" */
	const char *other;     /* of functions: the attach point of the entry for a return's and the reverse */
	const char *shown;     /* as tables call it */
	const struct type *args; /* TRACEPOINT, syscall: the fields; NULL: not known */
};

struct expr { /* how an expression is to be translated, and what was found in it */
	const struct site *site;
	unsigned number;       /* of the specifier: names of its maps */
	bool raw;              /* out: a register as it is, wider than what it holds */
	bool uses_latency;     /* out */
	unsigned depth;        /* of STRCMP() in each other */
	span_list *entries;    /* $entry(...): what is to be kept; NULL: not here */
	uint64_t string_size;      /* of str(); 0: as long as the language makes it */
};

/* front.c */
const char *front_text(const struct front *f, const char *name); /* "" when not given */
uint64_t front_number(const struct front *f, const char *name);
/* The texts of a setting, one after the other, each as a source of its own. */
typedef VEC(const struct source *) source_list;
void front_sources(struct front *f, const char *setting, const char *called, source_list *out);
struct span front_span(const struct source *s, uint32_t from, uint32_t to);
/* Text that stands for `from`, into the body. */
void front_put(struct front *f, const char *text, struct span from);
/* A line of the header. */
void front_head(struct front *f, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "text" as a literal of the language. */
void front_literal(struct buf *out, const char *text);
/* The text of a header's value: nothing that ends it early. */
const char *front_quoted(struct front *f, const char *text);
void front_wrong(struct front *f, struct span at, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* What is said once everything is attached. */
void front_banner(struct front *f, const char *text);
/* The headers of -I, included. False with a diagnostic. */
bool front_includes(struct front *f);
/* Whether such a token may stand in an expression: none that would end it, or what it stands in. */
bool front_of_expression(enum token_kind kind);
/* The bracket of any kind that has no partner, or NULL. */
const struct token *front_lone_bracket(struct front *f, const token_list *tokens);

/* spec.c */
/* The probe at the beginning of the source. False with a diagnostic. */
bool spec_parse(struct front *f, const struct source *source, struct spec *out);
uint32_t spec_skip_blanks(const struct source *s, uint32_t at);
/* From behind an opening bracket to its closing one; the source's end when there is none. */
uint32_t spec_close(const struct source *s, uint32_t at);
/* Up to one of `stops` outside of brackets and quotes, or `end`. */
uint32_t spec_until(const struct source *s, uint32_t at, uint32_t end, const char *stops);
const char *spec_slice(struct front *f, const struct source *s, uint32_t from, uint32_t to);

/* A function's name "vfs_read+0x12" into the name and "+0x12". False with a diagnostic at spec->span. */
bool spec_take_offset(struct front *f, struct spec *spec);
/* Whether it names a type and does nothing else: words and stars. */
bool spec_is_type(const char *text);

/* site.c */
void site_make(struct front *f, const struct spec *spec, struct site *out);
/* Argument `number`, from 0, of a call: "arg1", "args.fd"; NULL: a system call that has none, or several calls. */
const char *site_argument(struct front *f, const struct site *p, unsigned number);
/* Whether a tracepoint has this field, or its fields are not known; if not, *hint tells of others. */
bool site_has_field(struct front *f, const struct site *p, const char *name, const char **hint);
/* The same function at its other end. */
struct site site_other(struct front *f, const struct site *p);

/* regex.c */
/* Where in a pattern of -r, "c:^mem.*", the regular expression begins: behind what names the library. */
uint32_t front_regex_start(const char *text);
/* From there to the source's end, as --probe-filter wants it. False with a diagnostic. */
bool front_regex(struct front *f, const struct source *s, uint32_t from);

/* expr.c */
/* Bytes [from, to) of the specifier, translated, into the body. False with a diagnostic. */
bool expr_put(struct front *f, struct expr *e, uint32_t from, uint32_t to);
/* The same as a string: str(...) around it unless it is one. */
bool expr_put_string(struct front *f, struct expr *e, uint32_t from, uint32_t to);

/* trace.c, argdist.c, functions.c, tcpsubnet.c: f->head and f->body filled. */
bool front_trace(struct front *f);
bool front_argdist(struct front *f);
bool front_funccount(struct front *f);
bool front_stackcount(struct front *f);
bool front_funclatency(struct front *f);
bool front_funcslower(struct front *f);
bool front_funcinterval(struct front *f);

bool front_tcpsubnet(struct front *f);

/* ply.c: f->body filled. */
bool front_ply(struct front *f);

#endif
