/*
 * lex.h - script text to tokens, on demand.
 *
 * Takes a source; gives one token after the other. The lexer reports nothing: what cannot be
 * a token comes as a token of a kind of its own (OPEN_STRING, BAD, ...), so that the parser
 * decides whether it is worth a message. A token is a place in the text; numbers and strings
 * get their values when somebody asks (lex_number, lex_string).
 *
 * Most of a script is read in one mode; an attach point (`uprobe:/bin/sh:readline`) is read
 * whole by lex_attach, because its characters mean something else there:
 *
 *     kprobe:vfs_read  ,  uprobe:/bin/sh:f*   /pid == 1/  {  ...  }
 *     |---attach----|  |  |----attach----|    |code ........... -->
 */
#ifndef SONDE_LEX_H
#define SONDE_LEX_H

#include "lang/ast.h"

enum token_kind {
#define TOKEN(id, name) TOKEN_##id,
#include "lang/token.def"
#undef TOKEN
	TOKEN_KIND_COUNT
};

struct token {
	uint8_t kind;  /* enum token_kind */
	bool new_line; /* a newline stands between it and the token before */
	bool blank;    /* so does white space or a comment */
	uint32_t off;  /* in the source's text */
	uint32_t len;
};

typedef VEC(struct span) span_list; /* off counts from the start of the text here */

struct lexer {
	const struct source *source;
	const span_list *skip;  /* parts that conditional compilation leaves out; may be NULL */
	uint32_t pos, end;      /* next byte to read; one past the last */
	uint8_t last;           /* kind of the token before */
};

const char *token_name(enum token_kind kind);
/* True for names and keywords alike: what may stand after a dot. */
bool token_is_word(enum token_kind kind);

/* Skips a shebang line or a byte order mark. The skip list must outlive the lexer. */
void lex_init(struct lexer *lx, const struct source *source, const span_list *skip);
/* The next token; TOKEN_END again and again at the end. */
struct token lex_next(struct lexer *lx);
/*
 * The attach point that starts at the next byte that is neither white space nor comment; its
 * length is 0 where there is none. Parts are separated by ':', quoted parts may hold anything.
 */
struct token lex_attach(struct lexer *lx);

/* What is wrong with a literal. `message` NULL: nothing. */
struct lex_problem {
	enum diag_id id;
	uint32_t off, len; /* in the text */
	const char *message, *hint;
};

struct lex_int {
	uint64_t value;
	bool duration; /* had a unit of time; value is in nanoseconds */
};

/* The value of an INT token; 0 and a problem where it has none. */
struct lex_int lex_number(const struct source *source, const struct token *t,
			  struct lex_problem *problem);
/* A number as the language writes it (0x1f, 1_000, 1e6, 5ms), in `text`. False: it is none. */
bool lex_text_number(const char *text, uint64_t *value);
/*
 * The bytes of a STRING, CHARACTER or OPEN_STRING token without quotes, escapes resolved.
 * Only the first bad escape is reported; it stands in the result as written.
 */
struct text lex_string(struct arena *arena, const struct source *source, const struct token *t,
		       struct lex_problem *problem);

#endif
