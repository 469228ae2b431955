/* format.h - names of formats; which one a file is. The rows are in format.def. */
#ifndef SONDE_PROF_FORMAT_H
#define SONDE_PROF_FORMAT_H

#include "base/buf.h"

enum prof_format {
#define FORMAT(id, name, endings, reads, writes, help) PROF_##id,
#include "prof/format.def"
#undef FORMAT
	PROF_FORMATS
};

struct prof_format_row { const char *name, *endings; bool reads, writes; const char *help; };
extern const struct prof_format_row prof_formats[PROF_FORMATS];

/* By name, or by a path's ending; PROF_FORMATS when it is none. */
enum prof_format prof_format_named(const char *name);
enum prof_format prof_format_of_path(const char *path);
/* What a file begins with: PROF_FORMATS when that does not tell. `len` 4096 or so is enough. */
enum prof_format prof_format_of_text(const char *text, size_t len);
/* "perf, folded, ..." of those that are read, or written. */
void prof_format_list(struct buf *out, bool writes);

#endif
