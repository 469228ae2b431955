/* write_json.c - the tree as JSON, and speedscope's file format. See write.h. */
#include <inttypes.h>
#include <stdlib.h>

#include "prof/label.h"
#include "prof/write.h"

void write_json_string(const char *s, struct buf *out)
{
	const char *end = s + strlen(s);

	buf_putc(out, '"');
	while (s < end) {
		unsigned n = utf8_length((const uint8_t *)s, end - s);

		if (!n) {
			buf_puts(out, "\\ufffd");
			s++;
		} else if (n == 1 && (*s == '"' || *s == '\\')) {
			buf_putc(out, '\\');
			buf_putc(out, *s++);
		} else if (utf8_control(s, n)) {
			buf_printf(out, "\\u%04x", (unsigned char)s[n - 1]);
			s += n;
		} else {
			buf_add(out, s, n);
			s += n;
		}
	}
	buf_putc(out, '"');
}

static void open_node(const struct tree *t, uint32_t node, struct buf *out)
{
	const struct tree_key *key = &t->keys.v[t->nodes.v[node].key];
	const struct tree_node *n = &t->nodes.v[node];

	buf_puts(out, "{\"name\":");
	write_json_string(node ? prof_text(t->p, key->name) : "all", out);
	if (*prof_text(t->p, key->module)) {
		buf_puts(out, ",\"module\":");
		write_json_string(prof_text(t->p, key->module), out);
	}
	buf_printf(out, ",\"value\":%" PRIu64 ",\"self\":%" PRIu64, n->total, n->self);
	if (t->options.compare)
		buf_printf(out, ",\"value_after\":%" PRIu64 ",\"self_after\":%" PRIu64, t->total_b.v[node],
			   t->self_b.v[node]);
	if (!node) {
		buf_puts(out, ",\"unit\":");
		write_json_string(profile_unit(t->p), out);
		buf_printf(out, ",\"quality\":{\"samples\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"cut\":%" PRIu64
			   ",\"without_stack\":%" PRIu64 ",\"frames\":%" PRIu64
			   ",\"unknown_frames\":%" PRIu64
			   ",\"bad_lines\":%" PRIu64 "}", t->p->quality.samples, t->p->quality.lost,
			   t->p->quality.cut, t->p->quality.no_stack, t->p->quality.frames, t->p->quality.unknown,
			   t->p->quality.bad_lines);
	}
	if (n->child)
		buf_puts(out, ",\"children\":[");
}

void write_tree_json(const struct tree *t, struct buf *out, const struct prof_sink *sink)
{
	uint32_t node = 0;

	for (;;) {
		open_node(t, node, out);
		prof_sink_flush(sink, out);
		if (t->nodes.v[node].child) {
			node = t->nodes.v[node].child;
			continue;
		}
		buf_putc(out, '}');
		while (node && !t->nodes.v[node].next) {
			node = t->nodes.v[node].parent;
			buf_puts(out, "]}");
		}
		if (!node)
			break;
		buf_putc(out, ',');
		node = t->nodes.v[node].next;
	}
	buf_putc(out, '\n');
}

static void put_frames(const struct profile *p, struct buf *out)
{
	struct buf text = {0};

	buf_puts(out, "\"shared\":{\"frames\":[");
	for (size_t i = 1; i < p->frames.n; i++) {
		const struct prof_frame *f = &p->frames.v[i];

		buf_reset(&text);
		prof_label_whole(p, i, &text);
		buf_puts(out, i > 1 ? ",\n{\"name\":" : "\n{\"name\":");
		write_json_string(buf_str(&text), out);
		if (f->file || *prof_text(p, f->module)) {
			buf_puts(out, ",\"file\":");
			write_json_string(prof_text(p, f->file ? f->file : f->module), out);
		}
		if (f->file && f->line)
			buf_printf(out, ",\"line\":%u", f->line);
		buf_putc(out, '}');
	}
	/* Commands stand as outermost frames, since one profile here holds all threads. */
	for (size_t i = 1; i < p->threads.n; i++) {
		buf_reset(&text);
		prof_label_comm(p, i, &text);
		buf_puts(out, p->frames.n > 1 || i > 1 ? ",\n{\"name\":" : "\n{\"name\":");
		write_json_string(buf_str(&text), out);
		buf_putc(out, '}');
	}
	buf_puts(out, "]},\n");
	buf_free(&text);
}

static void put_stack(const struct profile *p, const struct prof_sample *s, struct buf *out)
{
	uint32_t path[PROF_MAX_DEPTH];
	size_t n = 0;
	const char *between = "";

	for (uint32_t at = s->stack; at && n < PROF_MAX_DEPTH; at = p->nodes.v[at].parent)
		path[n++] = p->nodes.v[at].frame - 1;
	buf_putc(out, '[');
	if (s->thread) {
		buf_printf(out, "%zu", p->frames.n - 1 + s->thread - 1);
		between = ",";
	}
	while (n-- > 0) {
		buf_printf(out, "%s%u", between, path[n]);
		between = ",";
	}
	buf_putc(out, ']');
}

void write_speedscope(const struct profile *p, const char *name, struct buf *out, const struct prof_sink *sink)
{
	uint32_t *order = profile_by_time(p);
	const char *unit = str_eq(profile_unit(p), "ns") || str_eq(profile_unit(p), "nanoseconds") ? "nanoseconds"
			 : str_eq(profile_unit(p), "bytes") ? "bytes" : "none";

	buf_puts(out, "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
		 "\"exporter\":\"sonde\",\"name\":");
	write_json_string(name, out);
	buf_puts(out, ",\n");
	put_frames(p, out);
	buf_puts(out, "\"profiles\":[{\"type\":\"sampled\",\"name\":");
	write_json_string(name, out);
	buf_printf(out, ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":%" PRIu64 ",\n\"samples\":[", unit,
		   profile_total(p));
	for (size_t i = 0; i < p->samples.n; i++) {
		buf_puts(out, i ? ",\n" : "\n");
		put_stack(p, &p->samples.v[order[i]], out);
		prof_sink_flush(sink, out);
	}
	buf_puts(out, "],\n\"weights\":[");
	for (size_t i = 0; i < p->samples.n; i++) {
		buf_printf(out, "%s%" PRIu64, i ? "," : "", p->samples.v[order[i]].weight);
		prof_sink_flush(sink, out);
	}
	buf_puts(out, "]}]}\n");
	free(order);
}
