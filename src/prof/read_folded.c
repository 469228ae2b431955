/*
 * read_folded.c - folded stacks, a line each. See read.h.
 *
 *   root;...;leaf COUNT          COUNT may have a fraction, which is rounded
 *   root;...;leaf BEFORE AFTER   of two profiles: read as AFTER; prof_diff reads both files
 *
 * A name cannot hold ';' or a newline, nor end in a blank and a number: whoever writes puts ':'
 * and '_' in their place, and what they stood for does not come back. Endings _[k] _[i] _[j] tell
 * kernel, inlined, JIT and are taken off the name.
 */
#include "prof/read_int.h"

#include <stdlib.h>

static bool count(const char *s, const char *end, uint64_t *out)
{
	const char *d = s;
	uint64_t n = 0;

	for (; d < end && *d >= '0' && *d <= '9'; d++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *d - '0', &n))
			return false;
	if (d == s)
		return false;
	*out = n;
	if (d == end)
		return true;
	if (*d++ != '.')
		return false;
	if (d < end && *d >= '5' && *d <= '9')
		*out = n + 1;
	for (; d < end; d++)
		if (*d < '0' || *d > '9')
			return false;
	return true;
}

static uint32_t frame(struct profile *p, const char *s, size_t len)
{
	static const struct { char letter; enum prof_kind kind; } kinds[] = {
		{'k', PROF_KERNEL}, {'i', PROF_INLINED}, {'j', PROF_JIT},
	};

	if (len > 4 && s[len - 4] == '_' && s[len - 3] == '[' && s[len - 1] == ']')
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			if (kinds[i].letter == s[len - 2])
				return prof_frame(p, s, len - 4, "", 0, kinds[i].kind);
	return prof_frame(p, s, len, "", 0, PROF_USER);
}

void prof_read_folded_line(struct prof_reader *r, const char *line, size_t len)
{
	const char *end = line + len, *from, *stop;
	struct profile *p = r->p;
	struct prof_sample sample = {.cpu = -1, .source = r->options.source};
	uint64_t weight, second;

	while (end > line && end[-1] == ' ')
		end--;
	if (end == line)
		return;
	stop = memrchr(line, ' ', end - line);
	if (!stop || !count(stop + 1, end, &weight)) {
		if (*line != '#') /* a comment */
			prof_read_bad_line(r);
		return;
	}
	from = memrchr(line, ' ', stop - line);
	if (from && from > line && count(from + 1, stop, &second))
		stop = from;
	r->frames.n = 0;
	while (stop > line) {
		const char *semicolon = memrchr(line, ';', stop - line), *s = semicolon ? semicolon + 1 : line;

		vec_push(&r->frames, frame(p, s, stop - s));
		if (stop - s >= 9 && !memcmp(s, "[unknown]", 9))
			p->quality.unknown++;
		stop = semicolon ? semicolon : line;
	}
	p->quality.samples++;
	p->quality.frames += r->frames.n;
	sample.weight = weight;
	sample.stack = prof_stack(p, r->frames.v, r->frames.n);
	prof_add(p, &sample);
}
