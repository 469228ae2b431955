/*
 * files.h - what reading a script asks about files: imports, headers, the machine's C
 * preprocessor. An interface, so that lang/ stays pure; run/files.c answers from the machine.
 *
 * Texts and names given back are in `arena`; `why` is the reason in plain words.
 */
#ifndef SONDE_FILES_H
#define SONDE_FILES_H

#include "lang/ast.h"

enum { FILES_MAX_BYTES = 16 << 20 }; /* of one file, and of what the preprocessor gives */

enum file_kind { FILE_NONE, FILE_REGULAR, FILE_FOLDER };

typedef VEC(const char *) file_names;

struct files {
	struct arena *arena;
	/*
	 * What is at the path; *id tells whether two paths lead to the same thing. FILE_NONE: it
	 * is not there, or not to be trusted because everybody may write to it (*why).
	 */
	enum file_kind (*look)(struct files *f, const char *path, const char **id, const char **why);
	bool (*read)(struct files *f, const char *path, struct text *out, const char **why);
	/* Names in a folder, sorted, without those that start with a dot. */
	bool (*list)(struct files *f, const char *path, file_names *out, const char **why);
	/* The path of <name> among the machine's headers, or NULL. */
	const char *(*find_header)(struct files *f, const char *name);
	/* The text with its #include and #define lines carried out; definitions of macros stay in. */
	bool (*preprocess)(struct files *f, struct text in, struct text *out, const char **why);
	const char *const *folders; /* -I */
	unsigned nfolders;
	const char *const *headers; /* --include */
	unsigned nheaders;
};

#endif
