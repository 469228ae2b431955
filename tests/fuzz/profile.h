/*
 * profile.h - bytes through one reader of profiles and all that is made of them.
 *
 * Beside not crashing: in how many pieces the input comes makes no difference; folded stacks that were
 * written are read back to the same total; pprof that was written is understood.
 */
#ifndef FUZZ_PROFILE_H
#define FUZZ_PROFILE_H

#include "fuzz/fuzz.h"
#include "draw/picture.h"
#include "prof/read.h"
#include "prof/select.h"

static struct profile *read_as(enum prof_format format, const char *data, size_t len, size_t piece, int *err)
{
	struct profile *p = profile_new();
	struct prof_reader *r = prof_reader_new(p, format, NULL);

	*err = 0;
	for (size_t at = 0; at < len && !*err; at += piece)
		*err = prof_reader_feed(r, data + at, MIN_OF(piece, len - at));
	if (!*err)
		*err = prof_reader_end(r);
	prof_reader_free(r);
	return p;
}

static struct buf folded(struct profile *p)
{
	struct tree *t = tree_new(p, &(struct tree_options){0});
	struct buf out = {0};

	write_folded(t, &out, NULL);
	tree_free(t);
	return out;
}

static void draw(struct profile *p, bool reverse)
{
	struct tree *t = tree_new(p, &(struct tree_options){.reverse = reverse, .places = true, .by_tid = true});
	struct picture_options o = {.columns = 70, .colour = true, .minwidth = 0.1};
	struct buf out = {0};

	draw_svg(t, &o, &out, NULL);
	draw_term(t, &o, &out);
	write_tree_json(t, &out, NULL);
	buf_free(&out);
	tree_free(t);
}

static void write_and_read(struct profile *p, const struct buf *text)
{
	uint64_t total = profile_total(p);
	struct buf out = {0};
	struct profile *again;
	int err;

	again = read_as(PROF_FOLDED, text->data, text->len, text->len, &err);
	if (total < UINT64_MAX / 4 && profile_total(again) != total)
		BUG("folded: %llu became %llu", (unsigned long long)total, (unsigned long long)profile_total(again));
	profile_free(again);
	write_pprof(p, &out);
	again = read_as(PROF_PPROF, out.data, out.len, out.len, &err);
	if (err)
		BUG("our own pprof is not understood");
	profile_free(again);
	buf_reset(&out);
	write_speedscope(p, "x", &out, NULL);
	write_perf(p, &out, NULL);
	buf_free(&out);
}

static void fuzz_profile(enum prof_format format, const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size, false);
	struct profile *whole, *pieces;
	struct buf a, b;
	const char *why;
	int err, err_pieces;

	whole = read_as(format, text, size, size + 1, &err);
	pieces = read_as(format, text, size, 1 + size % 61, &err_pieces);
	a = folded(whole);
	b = folded(pieces);
	if (err != err_pieces || a.len != b.len || (a.len && memcmp(a.data, b.data, a.len) != 0))
		BUG("pieces make a difference");
	if (whole->samples.n && !err)
		write_and_read(whole, &a);
	draw(whole, false);
	draw(whole, true);
	profile_select(pieces, &(struct prof_select){.match = "a", .below = "b"}, &why);
	buf_free(&b);
	b = folded(pieces);
	buf_free(&a);
	buf_free(&b);
	profile_free(whole);
	profile_free(pieces);
	free(text);
}

#endif
