/*
 * read_pprof.c - pprof's profile.proto, already unpacked. See read.h; the fields' numbers stand
 * in write_pprof.c. Of several values of a sample the last is taken, as pprof itself does.
 */
#include <errno.h>
#include <stdlib.h>

#include "prof/proto.h"
#include "prof/read_int.h"

struct function { uint64_t id, name, file; };
struct location {
	uint64_t id, mapping;
	struct proto message;
	bool named;              /* what follows is known: many samples may share it */
	uint32_t first, n;       /* of the lines' frames */
	uint32_t unknown;        /* so many of them have no name */
};
struct mapping { uint64_t id, file; };

struct pprof {
	struct prof_reader *r;
	VEC(struct proto) strings;
	VEC(struct function) functions;
	VEC(struct location) locations;
	VEC(struct mapping) mappings;
	VEC(uint32_t) line_frames;
	VEC(struct proto) samples;
	VEC(uint64_t) types, units;
};

/* The bytes of a string; empty for a number that is none. */
static struct proto text(const struct pprof *f, uint64_t i)
{
	static const uint8_t nothing[1];

	return i < f->strings.n && f->strings.v[i].p ? f->strings.v[i] : (struct proto){nothing, nothing, false};
}

/* All three begin with an id: a binary search over what was sorted by it. */
static int by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

#define FIND(list, id) \
	((list)->n ? bsearch(&(uint64_t){id}, (list)->v, (list)->n, sizeof(*(list)->v), by_id) : NULL)
#define SORT(list) do { if ((list)->n) qsort((list)->v, (list)->n, sizeof(*(list)->v), by_id); } while (0)

static void take_function(struct pprof *f, struct proto m)
{
	struct function fn = {0};
	struct proto bytes;
	uint64_t v;

	for (uint32_t field; (field = proto_next(&m, &v, &bytes));) {
		if (field == 1)
			fn.id = v;
		else if (field == 2)
			fn.name = v;
		else if (field == 4)
			fn.file = v;
	}
	vec_push(&f->functions, fn);
}

static void take_location(struct pprof *f, struct proto m)
{
	struct location l = {.message = m};
	struct proto bytes;
	uint64_t v;

	for (uint32_t field; (field = proto_next(&m, &v, &bytes));) {
		if (field == 1)
			l.id = v;
		else if (field == 2)
			l.mapping = v;
	}
	vec_push(&f->locations, l);
}

static void take_mapping(struct pprof *f, struct proto m)
{
	struct mapping map = {0};
	struct proto bytes;
	uint64_t v;

	for (uint32_t field; (field = proto_next(&m, &v, &bytes));) {
		if (field == 1)
			map.id = v;
		else if (field == 5)
			map.file = v;
	}
	vec_push(&f->mappings, map);
}

static void take_type(struct pprof *f, struct proto m)
{
	uint64_t v, type = 0, unit = 0;
	struct proto bytes;

	for (uint32_t field; (field = proto_next(&m, &v, &bytes));) {
		if (field == 1)
			type = v;
		else if (field == 2)
			unit = v;
	}
	vec_push(&f->types, type);
	vec_push(&f->units, unit);
}

static struct proto module_of(const struct pprof *f, const struct location *l)
{
	const struct mapping *map = l ? FIND(&f->mappings, l->mapping) : NULL;

	return text(f, map ? map->file : 0);
}

static enum prof_kind kind_of(struct proto module)
{
	return prof_kind_of((const char *)module.p, module.end - module.p);
}

static uint32_t unknown_frame(struct pprof *f, struct proto module)
{
	return prof_frame(f->r->p, "[unknown]", 9, (const char *)module.p, module.end - module.p, kind_of(module));
}

static void name_line(struct pprof *f, struct location *l, struct proto m, struct proto module, bool inlined)
{
	struct profile *p = f->r->p;
	const struct function *fn;
	struct proto bytes, name, file;
	struct prof_frame frame;
	uint64_t v, function = 0, line = 0;
	uint32_t id;

	for (uint32_t field; (field = proto_next(&m, &v, &bytes));) {
		if (field == 1)
			function = v;
		else if (field == 2)
			line = v;
	}
	fn = FIND(&f->functions, function);
	name = text(f, fn ? fn->name : 0);
	file = text(f, fn ? fn->file : 0);
	l->unknown += name.p == name.end;
	if (name.p == name.end)
		name = (struct proto){(const uint8_t *)"[unknown]", (const uint8_t *)"[unknown]" + 9, false};
	id = prof_frame(p, (const char *)name.p, name.end - name.p, (const char *)module.p, module.end - module.p,
			inlined ? PROF_INLINED : kind_of(module));
	if (file.p < file.end) {
		frame = p->frames.v[id];
		frame.file = prof_string(p, (const char *)file.p, file.end - file.p);
		frame.line = line <= INT32_MAX ? line : 0;
		id = prof_frame_at(p, &frame);
	}
	vec_push(&f->line_frames, id);
}

/* Lines come innermost first; all but the last were inlined into it. */
static void name_location(struct pprof *f, struct location *l)
{
	struct proto m = l->message, bytes, module = module_of(f, l);
	size_t lines = 0;
	uint64_t v;

	l->named = true;
	l->first = f->line_frames.n;
	for (uint32_t field; (field = proto_next(&m, &v, &bytes));)
		lines += field == 4;
	m = l->message;
	for (uint32_t field; l->n <= PROF_MAX_DEPTH && (field = proto_next(&m, &v, &bytes));)
		if (field == 4) {
			name_line(f, l, bytes, module, --lines > 0);
			l->n++;
		}
	if (l->n)
		return;
	vec_push(&f->line_frames, unknown_frame(f, module));
	l->n = l->unknown = 1;
}

static void push_location(struct pprof *f, uint64_t id)
{
	struct location *l = FIND(&f->locations, id);
	struct profile *p = f->r->p;

	if (f->r->frames.n > PROF_MAX_DEPTH)
		return;
	if (!l) {
		vec_push(&f->r->frames, unknown_frame(f, module_of(f, NULL)));
		p->quality.unknown++;
		p->quality.frames++;
		return;
	}
	if (!l->named)
		name_location(f, l);
	for (uint32_t i = 0; i < l->n && f->r->frames.n <= PROF_MAX_DEPTH; i++)
		vec_push(&f->r->frames, f->line_frames.v[l->first + i]);
	p->quality.unknown += l->unknown;
	p->quality.frames += l->n;
}

/* comm, pid, tid (also thread_id) and event, as we write them and others do. */
static void take_label(struct pprof *f, struct proto m, struct proto *comm, struct prof_thread *t, uint16_t *event)
{
	uint64_t v, key = 0, str = 0, number = 0;
	struct proto bytes, k;

	for (uint32_t field; (field = proto_next(&m, &v, &bytes));) {
		if (field == 1)
			key = v;
		else if (field == 2)
			str = v;
		else if (field == 3)
			number = v;
	}
	k = text(f, key);
#define IS(s) ((size_t)(k.end - k.p) == sizeof(s) - 1 && !memcmp(k.p, s, sizeof(s) - 1))
	if (IS("comm") || IS("thread"))
		*comm = text(f, str);
	else if (IS("pid") && number <= INT32_MAX)
		t->pid = number;
	else if ((IS("tid") || IS("thread_id")) && number <= INT32_MAX)
		t->tid = number;
	else if (IS("event"))
		*event = prof_event(f->r->p, (const char *)text(f, str).p, text(f, str).end - text(f, str).p);
#undef IS
}

static void take_sample(struct pprof *f, struct proto m)
{
	struct profile *p = f->r->p;
	struct prof_sample sample = {.cpu = -1, .source = f->r->options.source};
	struct prof_thread t = {.pid = -1, .tid = -1};
	struct proto bytes, comm = {0};
	uint64_t v, last = 0;

	f->r->frames.n = 0;
	for (uint32_t field; (field = proto_next(&m, &v, &bytes));) {
		if (field == 3)
			take_label(f, bytes, &comm, &t, &sample.event);
		if (field != 1 && field != 2)
			continue;
		if (!bytes.p) { /* one number, not packed */
			if (field == 1)
				push_location(f, v);
			else
				last = v;
			continue;
		}
		while (bytes.p < bytes.end && proto_varint(&bytes, &v)) {
			if (field == 1)
				push_location(f, v);
			else
				last = v;
		}
	}
	p->quality.samples++;
	p->quality.no_stack += !f->r->frames.n;
	if ((int64_t)last <= 0)
		return;
	if (comm.p || t.pid >= 0 || t.tid >= 0) {
		sample.thread = prof_thread(p, comm.p ? (const char *)comm.p : "", comm.end - comm.p, t.pid, t.tid);
		p->has_threads = true;
	}
	sample.weight = last;
	sample.stack = prof_stack(p, f->r->frames.v, f->r->frames.n);
	prof_add(p, &sample);
}

static void take_field(struct pprof *f, uint32_t field, struct proto bytes)
{
	switch (field) {
	case 1:
		take_type(f, bytes);
		break;
	case 2:
		vec_push(&f->samples, bytes);
		break;
	case 3:
		take_mapping(f, bytes);
		break;
	case 4:
		take_location(f, bytes);
		break;
	case 5:
		take_function(f, bytes);
		break;
	case 6:
		vec_push(&f->strings, bytes);
		break;
	}
}

/* Seconds, bytes, ...: the type's own word for a count, the unit for all else. */
static void take_unit(struct pprof *f)
{
	struct proto type, unit;
	struct profile *p = f->r->p;

	if (!f->types.n || p->unit[0])
		return;
	type = text(f, vec_last(&f->types));
	unit = text(f, vec_last(&f->units));
	if (unit.end - unit.p == 5 && !memcmp(unit.p, "count", 5))
		unit = type;
	if (unit.end - unit.p == 6 && !memcmp(unit.p, "weight", 6))
		return;
	if ((size_t)(unit.end - unit.p) >= sizeof(p->unit))
		return;
	memcpy(p->unit, unit.p, unit.end - unit.p);
	for (char *c = p->unit; *c; c++) /* it is printed as it is */
		if (utf8_control(c, strlen(c)))
			*c = '_';
}

int prof_read_pprof(struct prof_reader *r, const char *data, size_t len)
{
	struct pprof f = {.r = r};
	struct proto m = {(const uint8_t *)data, (const uint8_t *)data + len, false}, bytes;
	size_t nstrings;
	uint64_t v;

	for (uint32_t field; (field = proto_next(&m, &v, &bytes));)
		if (bytes.p)
			take_field(&f, field, bytes);
	SORT(&f.functions);
	SORT(&f.locations);
	SORT(&f.mappings);
	take_unit(&f);
	vec_each(s, &f.samples)
		take_sample(&f, *s);
	nstrings = f.strings.n;
	vec_free(&f.strings);
	vec_free(&f.functions);
	vec_free(&f.locations);
	vec_free(&f.mappings);
	vec_free(&f.line_frames);
	vec_free(&f.types);
	vec_free(&f.units);
	if (!f.samples.n)
		return prof_read_fail(r, -EINVAL, "pprof without a sample");
	vec_free(&f.samples);
	if (m.bad || !nstrings)
		return prof_read_fail(r, -EINVAL, "broken pprof: ends, or makes no sense, at byte %zu",
				      (size_t)(m.p - (const uint8_t *)data));
	return r->p->full ? prof_read_fail(r, -EFBIG, "too many different names, stacks or samples") : 0;
}
