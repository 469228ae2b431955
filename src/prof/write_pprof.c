/*
 * write_pprof.c - pprof's profile.proto (the fields' numbers are the format's). See write.h.
 *
 *   Profile: 1 sample_type, 2 sample, 3 mapping, 4 location, 5 function, 6 string_table,
 *            10 duration_nanos, 11 period_type, 12 period, 13 comment
 *
 * Samples of equal stack, thread and event are one; labels say which command, process, thread
 * and event. A location is a frame: addresses are not kept.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/hmap.h"
#include "prof/label.h"
#include "prof/write.h"

#include "prof/proto.h"

struct pprof {
	const struct profile *p;
	struct buf *out, message, inner;
	struct hmap strings;
	uint32_t nstrings;
	struct buf table;      /* string_table, to be appended */
	struct hmap mappings;  /* by the profile's string id */
	struct buf mapping;
};

static uint64_t string(struct pprof *w, const char *s)
{
	void **at = hmap_at(&w->strings, s, strlen(s));

	if (!*at) {
		*at = (void *)(uintptr_t)++w->nstrings;
		proto_put_bytes(&w->table, 6, s, strlen(s));
	}
	return (uintptr_t)*at - 1;
}

static void value_type(struct pprof *w, uint32_t field, const char *type, const char *unit)
{
	buf_reset(&w->message);
	proto_put_int(&w->message, 1, string(w, type));
	proto_put_int(&w->message, 2, string(w, unit));
	proto_put_bytes(w->out, field, w->message.data, w->message.len);
}

static uint64_t mapping_of(struct pprof *w, uint32_t module)
{
	const char *name = prof_text(w->p, module);
	void **at;

	if (!*name)
		return 0;
	at = hmap_at(&w->mappings, &module, sizeof(module));
	if (!*at) {
		*at = (void *)(uintptr_t)w->mappings.entries.n;
		buf_reset(&w->message);
		proto_put_int(&w->message, 1, w->mappings.entries.n);
		proto_put_int(&w->message, 5, string(w, name));
		proto_put_int(&w->message, 7, 1); /* has_functions */
		proto_put_bytes(&w->mapping, 3, w->message.data, w->message.len);
	}
	return (uintptr_t)*at;
}

static void put_frame(struct pprof *w, uint32_t frame)
{
	const struct prof_frame *f = &w->p->frames.v[frame];
	uint64_t mapping = mapping_of(w, f->module);
	struct buf name = {0};

	prof_label_whole(w->p, frame, &name);
	buf_reset(&w->message);
	proto_put_int(&w->message, 1, frame);
	proto_put_int(&w->message, 2, string(w, buf_str(&name)));
	proto_put_int(&w->message, 3, string(w, prof_text(w->p, f->name)));
	proto_put_int(&w->message, 4, string(w, prof_text(w->p, f->file)));
	proto_put_bytes(w->out, 5, w->message.data, w->message.len);
	buf_reset(&w->inner);
	proto_put_int(&w->inner, 1, frame);
	proto_put_int(&w->inner, 2, f->line);
	buf_reset(&w->message);
	proto_put_int(&w->message, 1, frame);
	proto_put_int(&w->message, 2, mapping);
	proto_put_bytes(&w->message, 4, w->inner.data, w->inner.len);
	proto_put_bytes(w->out, 4, w->message.data, w->message.len);
	buf_free(&name);
}

static void label(struct pprof *w, const char *key, const char *text, int64_t number)
{
	if (!text && number < 0)
		return;
	buf_reset(&w->inner);
	proto_put_int(&w->inner, 1, string(w, key));
	if (text)
		proto_put_int(&w->inner, 2, string(w, text));
	else
		proto_put_int(&w->inner, 3, number);
	proto_put_bytes(&w->message, 3, w->inner.data, w->inner.len);
}

static void put_sample(struct pprof *w, const struct prof_sample *s, uint64_t count, uint64_t weight)
{
	const struct prof_thread *t = &w->p->threads.v[s->thread];
	const char *comm = prof_text(w->p, t->comm), *event = prof_text(w->p, w->p->events.v[s->event]);

	buf_reset(&w->message);
	buf_reset(&w->inner);
	for (uint32_t at = s->stack; at; at = w->p->nodes.v[at].parent)
		proto_put_varint(&w->inner, w->p->nodes.v[at].frame);
	proto_put_bytes(&w->message, 1, buf_str(&w->inner), w->inner.len);
	buf_reset(&w->inner);
	proto_put_varint(&w->inner, count);
	proto_put_varint(&w->inner, MIN_OF(weight, (uint64_t)INT64_MAX));
	proto_put_bytes(&w->message, 2, w->inner.data, w->inner.len);
	label(w, "comm", *comm ? comm : NULL, -1);
	label(w, "pid", NULL, t->pid);
	label(w, "tid", NULL, t->tid);
	label(w, "event", *event ? event : NULL, -1);
	proto_put_bytes(w->out, 2, w->message.data, w->message.len);
}

static int same_place(const struct prof_sample *a, const struct prof_sample *b)
{
	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->stack != b->stack)
		return a->stack < b->stack ? -1 : 1;
	return (a->event > b->event) - (a->event < b->event);
}

static int by_place(const void *a, const void *b, void *ctx)
{
	const struct prof_sample *samples = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = same_place(&samples[x], &samples[y]);

	return order ? order : (x > y) - (x < y);
}

static void put_samples(struct pprof *w)
{
	const struct profile *p = w->p;
	uint32_t *order = xreallocarray(NULL, p->samples.n + 1, sizeof(*order));

	for (size_t i = 0; i < p->samples.n; i++)
		order[i] = i;
	qsort_r(order, p->samples.n, sizeof(*order), by_place, p->samples.v);
	for (size_t i = 0, k; i < p->samples.n; i = k) {
		const struct prof_sample *s = &p->samples.v[order[i]];
		uint64_t weight = 0;

		for (k = i; k < p->samples.n && !same_place(s, &p->samples.v[order[k]]); k++)
			if (__builtin_add_overflow(weight, p->samples.v[order[k]].weight, &weight))
				weight = UINT64_MAX;
		put_sample(w, s, k - i, weight);
	}
	free(order);
}

void write_pprof(const struct profile *p, struct buf *out)
{
	struct pprof w = {.p = p, .out = out};
	const char *unit = profile_unit(p);
	uint64_t from = UINT64_MAX, to = 0;
	struct buf line = {0};

	string(&w, "");
	value_type(&w, 1, "samples", "count");
	/* The last type is the one that pprof shows unless told otherwise. */
	if (str_eq(unit, "samples"))
		value_type(&w, 1, "weight", "count");
	else
		value_type(&w, 1, unit, str_eq(unit, "period") ? "count" : unit);
	put_samples(&w);
	for (uint32_t i = 1; i < p->frames.n; i++)
		put_frame(&w, i);
	vec_each(s, &p->samples) {
		from = MIN_OF(from, s->time);
		to = MAX_OF(to, s->time);
	}
	if (p->has_time && p->samples.n)
		proto_put_int(out, 10, to - from);
	write_quality(p, &line);
	proto_put_int(out, 13, string(&w, buf_str(&line)));
	buf_add(out, w.mapping.data, w.mapping.len);
	buf_add(out, w.table.data, w.table.len);
	buf_free(&line);
	buf_free(&w.message);
	buf_free(&w.inner);
	buf_free(&w.table);
	buf_free(&w.mapping);
	hmap_free(&w.strings);
	hmap_free(&w.mappings);
}
