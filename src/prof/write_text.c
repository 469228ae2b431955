/* write_text.c - folded stacks, the text of `perf script`, and the quality line. See write.h. */
#include <inttypes.h>
#include <stdlib.h>

#include "prof/write.h"

/*
 * The lines' order is that of their bytes, so "a-b;c" comes before "a;c": a node's own line sorts
 * as its name, those below it as its name and ';'. Both kinds are sorted together.
 */
struct part { const char *name; uint32_t node; bool below; };

static int by_text(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	const unsigned char *s = (const void *)x->name, *t = (const void *)y->name;
	int c, d;

	while (*s && *s == *t)
		s++, t++;
	c = *s ? *s : x->below ? ';' : 0;
	d = *t ? *t : y->below ? ';' : 0;
	if (c != d)
		return c - d;
	/* One ended where the other goes on with ';': that other cannot be, names hold none. */
	return x->below - y->below;
}

struct level { size_t path, parts; }; /* how much of each belongs to the levels above */

struct folder {
	const struct tree *t;
	struct buf *out, path;
	const struct prof_sink *sink;
	VEC(struct part) parts; /* a stack of the children that are still to come */
};

static uint64_t self_b(const struct tree *t, uint32_t node)
{
	return t->options.compare ? t->self_b.v[node] : 0;
}

/* Appends the parts of a node's children, sorted so that the first is the last. */
static void push_parts(struct folder *f, uint32_t node)
{
	const struct tree *t = f->t;
	size_t from = f->parts.n;

	for (uint32_t c = t->nodes.v[node].child; c; c = t->nodes.v[c].next) {
		struct part part = {.name = tree_name(t, c), .node = c};

		if (t->nodes.v[c].self || self_b(t, c))
			vec_push(&f->parts, part);
		part.below = true;
		if (t->nodes.v[c].child)
			vec_push(&f->parts, part);
	}
	if (f->parts.n - from > 1)
		qsort(f->parts.v + from, f->parts.n - from, sizeof(*f->parts.v), by_text);
	for (size_t i = from, k = f->parts.n; i + 1 < k; i++) {
		struct part swap = f->parts.v[--k];

		f->parts.v[k] = f->parts.v[i];
		f->parts.v[i] = swap;
	}
}

void folded_guard_end(struct buf *out, size_t from)
{
	size_t at = out->len;

	while (at > from && ((out->data[at - 1] >= '0' && out->data[at - 1] <= '9') || out->data[at - 1] == '.'))
		at--;
	if (at > from && at < out->len && out->data[at - 1] == ' ')
		out->data[at - 1] = '_';
}

void write_folded(const struct tree *t, struct buf *out, const struct prof_sink *sink)
{
	struct folder f = {.t = t, .out = out, .sink = sink};
	VEC(struct level) levels = {0};

	push_parts(&f, 0);
	vec_push(&levels, ((struct level){0, 0}));
	while (levels.n) {
		struct part part;
		size_t from;

		f.path.len = vec_last(&levels).path;
		if (f.parts.n == vec_last(&levels).parts) {
			levels.n--;
			continue;
		}
		part = f.parts.v[--f.parts.n];
		buf_puts(&f.path, part.name);
		if (part.below) {
			buf_putc(&f.path, ';');
			vec_push(&levels, ((struct level){f.path.len, f.parts.n}));
			push_parts(&f, part.node);
			continue;
		}
		from = out->len;
		buf_add(out, f.path.data, f.path.len);
		folded_guard_end(out, from);
		buf_printf(out, " %" PRIu64, t->nodes.v[part.node].self);
		if (t->options.compare)
			buf_printf(out, " %" PRIu64, self_b(t, part.node));
		buf_putc(out, '\n');
		prof_sink_flush(sink, out);
	}
	vec_free(&levels);
	vec_free(&f.parts);
	buf_free(&f.path);
}

static void put_name(struct buf *out, const char *s)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i++) {
		unsigned control = utf8_control(s + i, len - i);

		buf_putc(out, control ? '_' : s[i]);
		i += control > 1;
	}
}

static void put_head(const struct profile *p, const struct prof_sample *s, struct buf *out)
{
	const struct prof_thread *t = &p->threads.v[s->thread];
	const char *event = prof_text(p, p->events.v[s->event]);

	put_name(out, prof_text_len(p, t->comm) ? prof_text(p, t->comm) : "unknown");
	if (t->pid >= 0)
		buf_printf(out, " %d/%d", t->pid, MAX_OF(t->tid, 0));
	else
		buf_printf(out, " %d", MAX_OF(t->tid, 0));
	if (s->cpu >= 0)
		buf_printf(out, " [%03d]", s->cpu);
	buf_printf(out, " %" PRIu64 ".%06" PRIu64 ": ", s->time / 1000000000, s->time / 1000 % 1000000);
	if (s->weight != 1 || !*event)
		buf_printf(out, "%10" PRIu64 " ", s->weight);
	put_name(out, *event ? event : "samples");
	buf_puts(out, ": \n");
}

void write_perf(const struct profile *p, struct buf *out, const struct prof_sink *sink)
{
	vec_each(s, &p->samples) {
		put_head(p, s, out);
		for (uint32_t at = s->stack; at; at = p->nodes.v[at].parent) {
			const struct prof_frame *f = &p->frames.v[p->nodes.v[at].frame];
			const char *module = prof_text(p, f->module), *name = prof_text(p, f->name);

			buf_puts(out, "\t               0 ");
			put_name(out, *name ? name : "[unknown]");
			buf_puts(out, " (");
			put_name(out, *module ? module : f->kind == PROF_KERNEL ? "[kernel.kallsyms]" : "[unknown]");
			buf_puts(out, ")\n");
			if (f->file) {
				buf_puts(out, "  ");
				put_name(out, prof_text(p, f->file));
				buf_printf(out, ":%u\n", f->line);
			}
		}
		buf_putc(out, '\n');
		prof_sink_flush(sink, out);
	}
}

const char *profile_unit(const struct profile *p)
{
	return p->unit[0] ? p->unit : "samples";
}

static void put_share(struct buf *out, const char *what, uint64_t part, uint64_t all)
{
	if (part && all)
		buf_printf(out, ", %" PRIu64 " %s (%.1f %%)", part, what, 100.0 * part / all);
}

void write_quality(const struct profile *p, struct buf *out)
{
	const struct prof_quality *q = &p->quality;
	uint64_t from = UINT64_MAX, to = 0;

	buf_printf(out, "%zu %s", p->samples.n, p->has_time ? "samples" : "stacks");
	if (q->samples > p->samples.n)
		buf_printf(out, " of %" PRIu64, q->samples);
	vec_each(s, &p->samples) {
		from = MIN_OF(from, s->time);
		to = MAX_OF(to, s->time);
	}
	if (p->has_time && p->samples.n)
		buf_printf(out, " in %.2f s", (to - from) / 1e9);
	buf_printf(out, ", %" PRIu64 " lost", q->lost);
	put_share(out, "without a stack", q->no_stack, q->samples);
	buf_printf(out, ", %" PRIu64 " cut", q->cut);
	buf_printf(out, ", %.1f %% of frames without a name", q->frames ? 100.0 * q->unknown / q->frames : 0.0);
	if (q->other_events)
		buf_printf(out, ", %" PRIu64 " of other events left out", q->other_events);
	if (q->bad_lines)
		buf_printf(out, ", %" PRIu64 " lines not understood (first: %" PRIu64 ")", q->bad_lines,
			   q->first_bad_line);
	buf_printf(out, ", cost %s", q->cost ? q->cost : "not known");
}
