/*
 * tracefs.h - the kernel's tracepoints as tracefs lists and describes them.
 *
 *     DIR/available_events                    category:event, one a line
 *     DIR/events/CATEGORY/EVENT/{id,format}
 *
 * Takes names and globs; gives lists, ids and the fields of an event's record. The format
 * text is parsed tolerantly (unknown keys are skipped, a line that makes no sense is counted
 * and left out) and bounded. Names never leave the events folder.
 */
#ifndef SONDE_KERN_TRACEFS_H
#define SONDE_KERN_TRACEFS_H

#include "base/buf.h"

struct tracefs {
	char dir[256];
};

/*
 * Finds tracefs: SONDE_TRACEFS in the environment, /sys/kernel/tracing, then
 * /sys/kernel/debug/tracing. 0, or -ENOENT, -EACCES, ... with one line in `why` (may be NULL)
 * that says what is wrong and what mends it.
 */
int tracefs_find(struct tracefs *t, struct buf *why);

struct tracefs_event {
	const char *category, *name;
};
struct tracefs_events {
	VEC(struct tracefs_event) list; /* by category, then name */
	char *text;                     /* what the names point into */
};
/*
 * Events whose category and name match the globs ('*' any run of characters). 0, also when
 * none matches; -errno when the list cannot be read. Free with tracefs_events_free.
 */
int tracefs_events(const struct tracefs *t, const char *category, const char *name,
		   struct tracefs_events *out);
void tracefs_events_free(struct tracefs_events *events);

/* What perf_event_open wants. -ENOENT: no such event. */
int tracefs_event_id(const struct tracefs *t, const char *category, const char *name,
		     uint32_t *id);

enum tracefs_kind {
	TRACEFS_INT,      /* 1, 2, 4 or 8 bytes */
	TRACEFS_POINTER,  /* text ends in '*' */
	TRACEFS_ARRAY,    /* count elements of elem_size, in place */
	TRACEFS_DATA_LOC, /* u32: length << 16 | offset from the start of the record */
	TRACEFS_REL_LOC,  /* u32: length << 16 | offset from the end of this field */
	TRACEFS_BLOB,     /* a struct, or anything else, of `size` bytes */
};

struct tracefs_field {
	const char *type; /* "unsigned int", "char" (of char comm[16]), "const char *" */
	const char *name;
	uint32_t offset, size; /* in the record of a perf event; bytes */
	bool is_signed;        /* of an array: of its elements */
	bool is_char;          /* ARRAY, DATA_LOC, REL_LOC: of char, so to be read as a string */
	enum tracefs_kind kind;
	uint32_t elem_size; /* ARRAY, *_LOC: of one element; 0 unknown */
	uint32_t count;     /* ARRAY */
};

struct tracefs_format {
	uint32_t id;
	VEC(struct tracefs_field) fields; /* the common ones first */
	unsigned common;                  /* how many those are */
	unsigned skipped;                 /* field lines that made no sense */
	char *text;
};

/* -ENOENT: no such event. Free with tracefs_format_free, also after an error. */
int tracefs_format(const struct tracefs *t, const char *category, const char *name,
		   struct tracefs_format *out);
/* The same from text. -EBADMSG: not a format file. */
int tracefs_format_parse(const char *text, size_t size, struct tracefs_format *out);
void tracefs_format_free(struct tracefs_format *f);

#endif
