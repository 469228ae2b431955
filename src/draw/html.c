/*
 * html.c - the tree and the times of its samples as one page to look around in. See picture.h;
 * what every page is made of: page.h.
 *
 * The payload, integers as LEB128: length of the JSON, the JSON (title, names, totals, ...), then
 *   keys:    name, module, file (places in names), line, kind
 *   nodes:   in depth-first order: levels to go back up (not for the root), key, self [, self of
 *            the second]
 *   samples: in the order of time, all of one kind before the next: ticks since the one before (the
 *            first: since its second began, so that columns of the heat map are seconds of the
 *            clock); node; weight, unless all have the same; for each way to make lanes
 *            (timeline.h) that there is: place in the labels + 1
 */
#include <inttypes.h>
#include <stdlib.h>

#include "draw/page.h"
#include "draw/timeline.h"
#include "prof/proto.h"

struct drawing {
	const struct tree *t;
	const struct picture_options *o;
	struct buf payload, keys, body, json, lanes;
	uint64_t period;     /* ns that a sample stands for at most */
	uint32_t *name_of;   /* by string of the profile: place in names + 1 */
	uint32_t *order_of;  /* by node: place in depth-first order */
	uint32_t nnames;
};

static uint32_t name(struct drawing *g, uint32_t string)
{
	if (!g->name_of[string]) {
		buf_puts(&g->json, g->nnames ? "," : "");
		write_json_string(prof_text(g->t->p, string), &g->json);
		g->name_of[string] = ++g->nnames;
	}
	return g->name_of[string] - 1;
}

static void put_keys(struct drawing *g)
{
	vec_each(k, &g->t->keys) {
		proto_put_varint(&g->keys, name(g, k->name));
		proto_put_varint(&g->keys, name(g, k->module));
		proto_put_varint(&g->keys, name(g, k->file));
		proto_put_varint(&g->keys, k->line);
		proto_put_varint(&g->keys, k->kind);
	}
}

static void put_nodes(struct drawing *g)
{
	const struct tree *t = g->t;
	uint32_t node = 0, up = 0, n = 0;

	for (;;) {
		g->order_of[node] = n;
		if (n++)
			proto_put_varint(&g->body, up);
		proto_put_varint(&g->body, t->nodes.v[node].key);
		proto_put_varint(&g->body, t->nodes.v[node].self);
		if (t->options.compare)
			proto_put_varint(&g->body, t->self_b.v[node]);
		if (t->nodes.v[node].child) {
			node = t->nodes.v[node].child;
			up = 0;
			continue;
		}
		for (up = 1; node && !t->nodes.v[node].next; up++)
			node = t->nodes.v[node].parent;
		if (!node)
			break;
		node = t->nodes.v[node].next;
	}
}

/* 0 when they differ. */
static uint64_t one_weight(const struct profile *p)
{
	uint64_t weight = p->samples.n ? p->samples.v[0].weight : 0;

	vec_each(s, &p->samples)
		if (s->weight != weight)
			return 0;
	return weight;
}

/* An hour's times to the microsecond; longer ones as well as anyone can see. */
static uint64_t tick_ns(const struct profile *p)
{
	uint64_t last = 0, start = profile_start(p);

	vec_each(s, &p->samples)
		last = MAX_OF(last, s->time - start);
	return last < 3600000000000 ? 1000 : 1000000;
}

/* For each sample the place of its lane in the list of labels, + 1. */
static void put_lanes(struct drawing *g, const uint32_t *order, enum timeline_by by, const char *name)
{
	const struct profile *p = g->t->p;
	struct lanes lanes = lanes_make(p, by);
	uint32_t *place = lanes.list.n ? xcalloc(p->samples.n, sizeof(*place)) : NULL;
	struct buf label = {0};

	for (size_t i = 0; i < lanes.list.n; i++) {
		const struct lane *lane = &lanes.list.v[i];

		buf_reset(&label);
		lane_print(p, by, lane->id, &label);
		if (!i)
			buf_printf(&g->lanes, "%s\"%s\":[", g->lanes.len ? "," : "", name);
		buf_puts(&g->lanes, i ? "," : "");
		write_json_string(buf_str(&label), &g->lanes);
		for (size_t k = 0; k < lane->n; k++)
			place[lanes.samples[lane->first + k]] = i + 1;
	}
	for (size_t i = 0; i < p->samples.n && place; i++)
		proto_put_varint(&g->body, place[order[i]]);
	if (place)
		buf_putc(&g->lanes, ']');
	g->period = MAX_OF(g->period, lanes.list.n ? lanes.period : 0);
	buf_free(&label);
	free(place);
	lanes_free(&lanes);
}

static void put_samples(struct drawing *g)
{
	const struct profile *p = g->t->p;
	uint32_t *order = profile_by_time(p);
	uint64_t same = one_weight(p), last = 0, start = profile_start(p), tick = tick_ns(p);

	for (size_t i = 0; i < p->samples.n; i++) {
		uint64_t at = (p->samples.v[order[i]].time - start) / tick;

		proto_put_varint(&g->body, at - last);
		last = at;
	}
	for (size_t i = 0; i < p->samples.n; i++)
		proto_put_varint(&g->body, g->order_of[g->t->of_sample.v[order[i]]]);
	for (size_t i = 0; i < p->samples.n && !same; i++)
		proto_put_varint(&g->body, p->samples.v[order[i]].weight);
	put_lanes(g, order, TIMELINE_THREAD, "thread");
	put_lanes(g, order, TIMELINE_CPU, "cpu");
	buf_printf(&g->json, ",\"tick\":%g,\"period\":%g", tick / 1e9, g->period / 1e9);
	free(order);
}

static void put_text(struct drawing *g, const char *key, const char *text)
{
	buf_printf(&g->json, ",\"%s\":", key);
	write_json_string(text, &g->json);
}

static void put_json(struct drawing *g)
{
	const struct tree *t = g->t;
	bool times = t->p->has_time && t->of_sample.n && !t->options.compare;
	struct buf quality = {0};

	buf_puts(&g->json, "{\"names\":[");
	put_keys(g);
	buf_putc(&g->json, ']');
	write_quality(t->p, &quality);
	put_text(g, "title", g->o->title ? g->o->title :
		 t->options.compare ? "Differential flame graph" : "Flame graph");
	put_text(g, "subtitle", g->o->subtitle ? g->o->subtitle : "");
	put_text(g, "unit", g->o->countname ? g->o->countname : profile_unit(t->p));
	put_text(g, "quality", buf_str(&quality));
	buf_free(&quality);
	put_nodes(g);
	if (times)
		put_samples(g);
	buf_printf(&g->json, ",\"lanes\":{%s}", buf_str(&g->lanes));
	buf_printf(&g->json, ",\"nkeys\":%zu,\"nnodes\":%zu,\"nsamples\":%zu,\"sameWeight\":%" PRIu64
		   ",\"compare\":%s,\"normalize\":%s,\"inverted\":%s,\"totals\":[%" PRIu64 ",%" PRIu64 "]}",
		   t->keys.n, t->nodes.n, times ? t->p->samples.n : (size_t)0, times ? one_weight(t->p) : 0,
		   t->options.compare ? "true" : "false", g->o->normalize ? "true" : "false",
		   g->o->inverted ? "true" : "false", t->nodes.v[0].total, t->options.compare ? t->total_b.v[0] : 0);
}

void draw_html(const struct tree *t, const struct picture_options *o, struct buf *out)
{
	static const struct viewer_part *const scripts[] = {&page_js, &timeline_js, &timemap_js, &viewer_js, NULL};
	const struct page page = {"Flame graph", &viewer_html, scripts};
	struct drawing g = {.t = t, .o = o};

	g.name_of = xcalloc(t->p->strings.n, sizeof(*g.name_of));
	g.order_of = xcalloc(t->nodes.n, sizeof(*g.order_of));
	put_json(&g);
	proto_put_varint(&g.payload, g.json.len);
	buf_add(&g.payload, g.json.data, g.json.len);
	buf_add(&g.payload, g.keys.data, g.keys.len);
	buf_add(&g.payload, g.body.data, g.body.len);
	page_write(&page, &g.payload, out);
	buf_free(&g.payload);
	buf_free(&g.keys);
	buf_free(&g.body);
	buf_free(&g.json);
	buf_free(&g.lanes);
	free(g.name_of);
	free(g.order_of);
}
