/* prof_test.h - what the tests of profiles share: text to a profile, a profile to folded stacks. */
#ifndef SONDE_PROF_TEST_H
#define SONDE_PROF_TEST_H

#include <errno.h>
#include <stdlib.h>

#include "prof/read.h"
#include "prof/write.h"
#include "unit.h"

struct reading { struct profile *p; int err; char why[160]; uint64_t line; };

/* Fed in pieces of `piece` bytes. The profile is the caller's, also after an error. */
static inline struct reading read_pieces(enum prof_format format, const void *data, size_t len, size_t piece,
					 const struct prof_read_options *options)
{
	struct reading got = {.p = profile_new()};
	struct prof_reader *r = prof_reader_new(got.p, format, options);

	for (size_t at = 0; at < len && !got.err; at += piece)
		got.err = prof_reader_feed(r, (const char *)data + at, MIN_OF(piece, len - at));
	if (!got.err)
		got.err = prof_reader_end(r);
	snprintf(got.why, sizeof(got.why), "%s", prof_reader_why(r));
	got.line = prof_reader_line(r);
	prof_reader_free(r);
	return got;
}

static inline struct reading read_text(enum prof_format format, const char *text)
{
	return read_pieces(format, text, strlen(text), strlen(text) + 1, NULL);
}

/* The folded stacks of a profile with these options of the tree. The caller frees it. */
static inline char *folded_with(struct profile *p, struct tree_options options)
{
	struct tree *t = tree_new(p, &options);
	struct buf out = {0};

	write_folded(t, &out, NULL);
	tree_free(t);
	buf_putc(&out, '\0');
	return out.data;
}

static inline char *folded(struct profile *p)
{
	return folded_with(p, (struct tree_options){0});
}

/* Reads text, and compares the folded stacks that come of it. */
static inline void expect_folded(enum prof_format format, const char *text, const char *expected)
{
	struct reading got = read_text(format, text);
	char *is = folded(got.p);

	CHECK_STR(is, expected);
	free(is);
	profile_free(got.p);
}

#endif
