/*
 * html.c - the tree and the times of its samples as one page to look around in. See picture.h.
 *
 *   <meta policy: only this script and this style, by their hashes; nothing is fetched>
 *   <style> viewer.css   viewer.html   <script id=data> base64(deflate(payload))   <script> viewer.js
 *
 * The payload, integers as LEB128: length of the JSON, the JSON (title, names, totals, ...), then
 *   keys:    name, module, file (places in names), line, kind
 *   nodes:   in depth-first order: levels to go back up (not for the root), key, self [, self of
 *            the second]
 *   samples: in the order of time: microseconds since the one before (the first: since its second
 *            began, so that columns of the heat map are seconds of the clock), node [, weight]
 */
#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>

#include "draw/picture.h"
#include "draw/sha256.h"
#include "draw/viewer.h"
#include "prof/proto.h"

struct page {
	const struct tree *t;
	const struct picture_options *o;
	struct buf payload, keys, body, json;
	uint32_t *name_of;   /* by string of the profile: place in names + 1 */
	uint32_t *order_of;  /* by node: place in depth-first order */
	uint32_t nnames;
};

static uint32_t name(struct page *g, uint32_t string)
{
	if (!g->name_of[string]) {
		buf_puts(&g->json, g->nnames ? "," : "");
		write_json_string(prof_text(g->t->p, string), &g->json);
		g->name_of[string] = ++g->nnames;
	}
	return g->name_of[string] - 1;
}

static void put_keys(struct page *g)
{
	vec_each(k, &g->t->keys) {
		proto_put_varint(&g->keys, name(g, k->name));
		proto_put_varint(&g->keys, name(g, k->module));
		proto_put_varint(&g->keys, name(g, k->file));
		proto_put_varint(&g->keys, k->line);
		proto_put_varint(&g->keys, k->kind);
	}
}

static void put_nodes(struct page *g)
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

static void put_samples(struct page *g)
{
	const struct profile *p = g->t->p;
	uint32_t *order = profile_by_time(p);
	uint64_t same = one_weight(p), last = 0, start = profile_start(p);

	for (size_t i = 0; i < p->samples.n; i++) {
		const struct prof_sample *s = &p->samples.v[order[i]];
		uint64_t us = (s->time - start) / 1000;

		proto_put_varint(&g->body, us - last);
		last = us;
		proto_put_varint(&g->body, g->order_of[g->t->of_sample.v[order[i]]]);
		if (!same)
			proto_put_varint(&g->body, s->weight);
	}
	free(order);
}

static void put_text(struct page *g, const char *key, const char *text)
{
	buf_printf(&g->json, ",\"%s\":", key);
	write_json_string(text, &g->json);
}

static void put_json(struct page *g)
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
	buf_printf(&g->json, ",\"nkeys\":%zu,\"nnodes\":%zu,\"nsamples\":%zu,\"sameWeight\":%" PRIu64
		   ",\"compare\":%s,\"normalize\":%s,\"inverted\":%s,\"totals\":[%" PRIu64 ",%" PRIu64 "]}",
		   t->keys.n, t->nodes.n, times ? t->p->samples.n : (size_t)0, times ? one_weight(t->p) : 0,
		   t->options.compare ? "true" : "false", g->o->normalize ? "true" : "false",
		   g->o->inverted ? "true" : "false", t->nodes.v[0].total, t->options.compare ? t->total_b.v[0] : 0);
}

static void put_base64(struct buf *out, const uint8_t *p, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	buf_reserve(out, len / 3 * 4 + 8);
	for (size_t i = 0; i < len; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < len ? p[i + 1] << 8 : 0) | (i + 2 < len ? p[i + 2] : 0);
		char four[4] = {digits[v >> 18], digits[v >> 12 & 63], digits[v >> 6 & 63], digits[v & 63]};

		if (i + 1 >= len)
			four[2] = '=';
		if (i + 2 >= len)
			four[3] = '=';
		buf_add(out, four, 4);
	}
}

static void put_hash(struct buf *out, const struct viewer_part *part)
{
	uint8_t digest[32];

	sha256(part->text, part->len, digest);
	buf_puts(out, "'sha256-");
	put_base64(out, digest, sizeof(digest));
	buf_putc(out, '\'');
}

static void put_packed(struct buf *out, const struct buf *payload)
{
	z_stream z = {0};
	struct buf packed = {0};
	uLong bound;

	/* Fast levels are half as large again and a third of the time: a page is written once. */
	BUG_ON(deflateInit2(&z, 6, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK);
	BUG_ON(payload->len > UINT32_MAX);
	bound = deflateBound(&z, payload->len);
	buf_reserve(&packed, bound);
	z.next_in = (unsigned char *)payload->data;
	z.avail_in = payload->len;
	z.next_out = (unsigned char *)packed.data;
	z.avail_out = bound;
	BUG_ON(deflate(&z, Z_FINISH) != Z_STREAM_END);
	put_base64(out, (uint8_t *)packed.data, z.total_out);
	deflateEnd(&z);
	buf_free(&packed);
}

void draw_html(const struct tree *t, const struct picture_options *o, struct buf *out)
{
	struct page g = {.t = t, .o = o};

	g.name_of = xcalloc(t->p->strings.n, sizeof(*g.name_of));
	g.order_of = xcalloc(t->nodes.n, sizeof(*g.order_of));
	put_json(&g);
	proto_put_varint(&g.payload, g.json.len);
	buf_add(&g.payload, g.json.data, g.json.len);
	buf_add(&g.payload, g.keys.data, g.keys.len);
	buf_add(&g.payload, g.body.data, g.body.len);
	buf_puts(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
		 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; "
		 "form-action 'none'; script-src ");
	put_hash(out, &viewer_js);
	buf_puts(out, "; style-src ");
	put_hash(out, &viewer_css);
	buf_puts(out, "\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
		 "<meta name=\"generator\" content=\"sonde\">\n<title>Flame graph</title>\n<style>");
	buf_add(out, viewer_css.text, viewer_css.len);
	buf_puts(out, "</style></head><body>\n");
	buf_add(out, viewer_html.text, viewer_html.len);
	buf_puts(out, "<script id=\"data\" type=\"application/octet-stream\">\n");
	put_packed(out, &g.payload);
	buf_puts(out, "\n</script>\n<script>");
	buf_add(out, viewer_js.text, viewer_js.len);
	buf_puts(out, "</script></body></html>\n");
	buf_free(&g.payload);
	buf_free(&g.keys);
	buf_free(&g.body);
	buf_free(&g.json);
	free(g.name_of);
	free(g.order_of);
}
