/*
 * header.h - what #include brings: macros, and the text of what else a header defines.
 *
 *     #include "mine.h"       read and expanded by us (cpp.c), beside the script or in -I folders
 *     #include <linux/x.h>    by the machine's C preprocessor, all of them in one go
 *
 * Takes the script's #define lines (in `cpp`) and #include lines, in their order; macros go to
 * `cpp`, definitions to the callback. Local headers are read as they come, the machine's by
 * headers_finish.
 */
#ifndef SONDE_LANG_HEADER_H
#define SONDE_LANG_HEADER_H

#include "lang/cpp.h"
#include "lang/files.h"

enum { HEADERS_MAX_FILES = 256 };

struct header_wanted { /* a header of the machine */
	const char *name;
	struct span span;
};

struct headers {
	struct arena *arena;
	struct diags *diags;
	struct files *files;    /* NULL: nothing can be read */
	bool quiet;             /* nothing is said of what cannot be read */
	/* What a header holds besides macros, expanded; NULL: it is not wanted. The source lives on. */
	void (*define)(struct headers *h, const struct source *expanded, bool system);
	void *ctx;
	struct cpp cpp;
	struct hmap seen;       /* identity of files that were read -> anything */
	VEC(struct header_wanted) system; /* not read yet */
	unsigned depth;
};

void headers_init(struct headers *h, struct arena *arena, struct diags *diags, struct files *files);
void headers_free(struct headers *h);
/* Counts files, imported scripts too; false, reported, when there are too many. Seen before: *again. */
bool headers_file(struct headers *h, struct span span, const char *id, bool *again);
/* The path of a file named at the span: beside the source that names it. */
const char *headers_path(const struct headers *h, struct span span, const char *path);
/* An #include of a name at the span; a local one is looked for beside the source of the span. */
void headers_include(struct headers *h, const char *name, bool system, struct span span);
/* The same for a local one whose path is known. */
void headers_include_file(struct headers *h, const char *path, struct span span);
/* Reads the machine's headers that were included since the last time. */
void headers_finish(struct headers *h);

#endif
