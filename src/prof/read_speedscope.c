/*
 * read_speedscope.c - speedscope's JSON: profiles of type "sampled" and "evented". See read.h.
 *
 *   {"shared": {"frames": [{"name", "file", "line"}, ...]},
 *    "profiles": [{"type": "sampled", "unit", "samples": [[outer, ..., leaf], ...], "weights": [...]},
 *                 {"type": "evented", "events": [{"type": "O" or "C", "frame", "at"}, ...]}]}
 *
 * Members come in any order, so the text is walked twice: frames first. Several profiles are
 * threads, named as they are, if there is more than one.
 */
#include <errno.h>
#include <stdlib.h>

#include "prof/json.h"
#include "prof/read_int.h"

struct speedscope {
	struct prof_reader *r;
	VEC(uint32_t) frames;     /* by the file's number */
	struct buf key, text;
	uint32_t nprofiles;
	/* of the profile at hand */
	VEC(uint32_t) stacks;     /* by sample */
	VEC(double) weights;
	VEC(uint32_t) open;       /* evented: nodes of the frames that are entered, outermost first */
	double last;
	struct buf name, unit;
};

static uint32_t frame_number(struct speedscope *s, double n)
{
	if (n >= 0 && n < s->frames.n)
		return s->frames.v[(size_t)n];
	s->r->p->quality.unknown++;
	return prof_frame(s->r->p, "[unknown]", 9, "", 0, PROF_USER);
}

static void take_frame(struct speedscope *s, struct json *j)
{
	struct profile *p = s->r->p;
	struct buf file = {0};
	struct prof_frame f;
	double line = 0;
	uint32_t id;

	buf_reset(&s->text);
	if (!json_walk_enter(j, '{'))
		return;
	for (bool first = true; json_walk_next(j, &first, '}', &s->key);) {
		if (str_eq(buf_str(&s->key), "name"))
			json_walk_string(j, &s->text);
		else if (str_eq(buf_str(&s->key), "file"))
			json_walk_string(j, &file);
		else if (str_eq(buf_str(&s->key), "line"))
			json_walk_number(j, &line);
		else
			json_walk_skip(j);
	}
	/* A file without a line is what we write for a module. */
	id = prof_frame(p, buf_str(&s->text), s->text.len, line >= 1 ? "" : buf_str(&file), line >= 1 ? 0 : file.len,
			line >= 1 ? PROF_USER : prof_kind_of(buf_str(&file), file.len));
	if (line >= 1 && line < INT32_MAX) {
		f = p->frames.v[id];
		f.file = prof_string(p, buf_str(&file), file.len);
		f.line = line;
		id = prof_frame_at(p, &f);
	}
	vec_push(&s->frames, id);
	buf_free(&file);
}

static void take_shared(struct speedscope *s, struct json *j)
{
	if (!json_walk_enter(j, '{'))
		return;
	for (bool first = true; json_walk_next(j, &first, '}', &s->key);) {
		if (!str_eq(buf_str(&s->key), "frames") || !json_walk_enter(j, '[')) {
			if (!str_eq(buf_str(&s->key), "frames"))
				json_walk_skip(j);
			continue;
		}
		for (bool one = true; json_walk_next(j, &one, ']', NULL);)
			take_frame(s, j);
	}
}

/* One more than a stack may have, which prof_stack counts as cut. */
static void forget_outermost(struct speedscope *s)
{
	size_t keep = PROF_MAX_DEPTH + 1;

	memmove(s->r->frames.v, s->r->frames.v + s->r->frames.n - keep, keep * sizeof(*s->r->frames.v));
	s->r->frames.n = keep;
}

static void take_stack(struct speedscope *s, struct json *j)
{
	struct profile *p = s->r->p;
	size_t from;

	s->r->frames.n = 0;
	if (!json_walk_enter(j, '['))
		return;
	for (bool first = true; json_walk_next(j, &first, ']', NULL);) {
		double n;

		if (json_walk_number(j, &n))
			vec_push(&s->r->frames, frame_number(s, n));
		if (s->r->frames.n > 2 * PROF_MAX_DEPTH)
			forget_outermost(s);
	}
	from = s->r->frames.n;
	p->quality.frames += from;
	for (size_t i = 0; i + 1 < from; i++) { /* outermost first, there */
		uint32_t swap = s->r->frames.v[--from];

		s->r->frames.v[from] = s->r->frames.v[i];
		s->r->frames.v[i] = swap;
	}
	vec_push(&s->stacks, prof_stack(p, s->r->frames.v, s->r->frames.n));
}

/* What is beyond the bound is open, too, but has no node of its own. */
static void enter_frame(struct speedscope *s, double frame)
{
	uint32_t node = s->open.n ? vec_last(&s->open) : 0;

	if (s->open.n < PROF_MAX_DEPTH)
		node = prof_child(s->r->p, node, frame_number(s, frame));
	vec_push(&s->open, node);
}

/* The time since the last event belongs to what was open. */
static void take_event(struct speedscope *s, struct json *j)
{
	double frame = -1, at = 0;
	char type = 0;

	if (!json_walk_enter(j, '{'))
		return;
	for (bool first = true; json_walk_next(j, &first, '}', &s->key);) {
		buf_reset(&s->text);
		if (str_eq(buf_str(&s->key), "type") && json_walk_string(j, &s->text))
			type = *buf_str(&s->text);
		else if (str_eq(buf_str(&s->key), "frame"))
			json_walk_number(j, &frame);
		else if (str_eq(buf_str(&s->key), "at"))
			json_walk_number(j, &at);
		else if (!str_eq(buf_str(&s->key), "type"))
			json_walk_skip(j);
	}
	if (s->open.n && at > s->last) {
		vec_push(&s->stacks, vec_last(&s->open));
		vec_push(&s->weights, at - s->last);
		s->r->p->quality.cut += s->open.n > PROF_MAX_DEPTH;
	}
	s->last = at;
	if (type == 'O')
		enter_frame(s, frame);
	else if (type == 'C' && s->open.n)
		s->open.n--;
}

static void add_samples(struct speedscope *s)
{
	struct profile *p = s->r->p;
	const char *unit = buf_str(&s->unit);
	double scale = str_eq(unit, "seconds") ? 1e9 : str_eq(unit, "milliseconds") ? 1e6 :
		       str_eq(unit, "microseconds") ? 1e3 : 1;
	struct prof_sample sample = {.cpu = -1, .source = s->r->options.source};

	if (s->nprofiles > 1 && s->name.len) {
		sample.thread = prof_thread(p, s->name.data, s->name.len, -1, -1);
		p->has_threads = true;
	}
	if (!p->unit[0] && strstr(unit, "seconds"))
		strcpy(p->unit, "ns");
	else if (!p->unit[0] && str_eq(unit, "bytes"))
		strcpy(p->unit, "bytes");
	for (size_t i = 0; i < s->stacks.n; i++) {
		double w = i < s->weights.n ? s->weights.v[i] * scale : 1;

		p->quality.samples++;
		p->quality.no_stack += !s->stacks.v[i];
		if (!(w > 0 && w < 9e18))
			continue;
		sample.weight = MAX_OF((uint64_t)(w + 0.5), (uint64_t)1);
		sample.stack = s->stacks.v[i];
		prof_add(p, &sample);
	}
}

static void take_profile(struct speedscope *s, struct json *j)
{
	s->stacks.n = s->weights.n = s->open.n = 0;
	s->last = 0;
	buf_reset(&s->name);
	buf_reset(&s->unit);
	if (!json_walk_enter(j, '{'))
		return;
	for (bool first = true; json_walk_next(j, &first, '}', &s->key);) {
		const char *key = buf_str(&s->key);
		bool samples = str_eq(key, "samples"), weights = str_eq(key, "weights"), events = str_eq(key, "events");
		double w;

		if (str_eq(key, "name")) {
			json_walk_string(j, &s->name);
		} else if (str_eq(key, "unit")) {
			json_walk_string(j, &s->unit);
		} else if (!samples && !weights && !events) {
			json_walk_skip(j);
		} else if (json_walk_enter(j, '[')) {
			for (bool one = true; json_walk_next(j, &one, ']', NULL);) {
				if (samples)
					take_stack(s, j);
				else if (events)
					take_event(s, j);
				else if (json_walk_number(j, &w))
					vec_push(&s->weights, w);
			}
		}
	}
	add_samples(s);
}

/* Members of the outermost object: frames in the first walk, profiles in the second. */
static void walk(struct speedscope *s, struct json *j, int pass)
{
	if (!json_walk_enter(j, '{'))
		return;
	for (bool first = true; json_walk_next(j, &first, '}', &s->key);) {
		bool shared = str_eq(buf_str(&s->key), "shared"), profiles = str_eq(buf_str(&s->key), "profiles");

		if (shared && pass == 0) {
			take_shared(s, j);
		} else if (profiles && json_walk_enter(j, '[')) {
			for (bool one = true; json_walk_next(j, &one, ']', NULL);) {
				if (pass == 0) {
					s->nprofiles++;
					json_walk_skip(j);
				} else {
					take_profile(s, j);
				}
			}
		} else if (!profiles) {
			json_walk_skip(j);
		}
	}
}

static uint64_t line_at(const struct json *j)
{
	uint64_t line = 1;

	for (const char *p = j->begin; p < j->p && p < j->end; p++)
		line += *p == '\n';
	return line;
}

int prof_read_speedscope(struct prof_reader *r, const char *data, size_t len)
{
	struct speedscope s = {.r = r};
	struct json j;

	for (int pass = 0; pass < 2; pass++) {
		j = (struct json){data, data + len, data, false};
		walk(&s, &j, pass);
		if (j.bad)
			break;
	}
	vec_free(&s.frames);
	vec_free(&s.stacks);
	vec_free(&s.weights);
	vec_free(&s.open);
	buf_free(&s.key);
	buf_free(&s.text);
	buf_free(&s.name);
	buf_free(&s.unit);
	if (j.bad) {
		r->line = line_at(&j);
		return prof_read_fail(r, -EINVAL, "no JSON from here on");
	}
	if (!s.nprofiles)
		return prof_read_fail(r, -EINVAL, "JSON, but without the profiles of speedscope's format");
	return r->p->full ? prof_read_fail(r, -EFBIG, "too many different names, stacks or samples") : 0;
}
