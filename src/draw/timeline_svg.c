/*
 * timeline_svg.c - the time line as one SVG picture. See timeline.h.
 *
 * Samples of one lane are compared with those before them: frames that both have go on, the rest of
 * the frames that were open end there and are drawn. Of samples closer than half a pixel the first counts.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "draw/svg.h"
#include "draw/timeline.h"

enum { PAD = 10, MOST_LANES = 64, HEADING = 20, BETWEEN = 8 };

struct open_frame { uint32_t node; double from; };

struct chart {
	const struct tree *t;
	const struct picture_options *o;
	struct buf *out;
	const struct prof_sink *sink;
	enum timeline_by by;
	double width, row, font, scale; /* scale: pixels a ns */
	uint64_t zero, start, end;      /* zero: where times count from, as in selections */
	double top;                     /* of the lane at hand */
	VEC(struct open_frame) open;    /* the outermost first */
	double until;                   /* pixels: where those end unless they go on */
	VEC(uint32_t) path;             /* nodes of the sample at hand, the outermost first */
};

static double x_of(const struct chart *c, uint64_t time)
{
	return PAD + (time - c->start) * c->scale;
}

static void put_frame(struct chart *c, const struct open_frame *f, size_t depth, double to)
{
	const struct tree_key *key = &c->t->keys.v[c->t->nodes.v[f->node].key];
	const char *name = prof_text(c->t->p, key->name);
	double y = c->top + depth * c->row, width = MAX_OF(to - f->from, 0.3);

	buf_puts(c->out, "<g><title>");
	svg_put_text(c->out, name, strlen(name));
	buf_printf(c->out, " (%.3f s, %.1f ms)</title>", ((f->from - PAD) / c->scale + (c->start - c->zero)) / 1e9,
		   width / c->scale / 1e6);
	svg_put_pixels(c->out, "<rect x=\"", f->from);
	svg_put_pixels(c->out, " y=\"", y);
	svg_put_pixels(c->out, " width=\"", MAX_OF(width - 0.2, 0.2));
	svg_put_pixels(c->out, " height=\"", c->row - 1);
	buf_printf(c->out, " fill=\"#%06x\"/>", palette_colour(c->o->colors, name, key->kind));
	svg_put_label(c->out, c->font, name, f->from, y + c->row * 0.5 + c->font * 0.35, width);
	buf_puts(c->out, "</g>\n");
	prof_sink_flush(c->sink, c->out);
}

static void close_from(struct chart *c, size_t depth, double to)
{
	for (size_t i = c->open.n; i-- > depth;)
		put_frame(c, &c->open.v[i], i, to);
	c->open.n = MIN_OF(c->open.n, depth);
}

/* The lane's heading has the thread already. */
static void find_path(struct chart *c, uint32_t node)
{
	c->path.n = 0;
	for (; node; node = c->t->nodes.v[node].parent) {
		bool root = !c->t->nodes.v[node].parent;

		if (!root || c->t->keys.v[c->t->nodes.v[node].key].kind != PROF_ROOT)
			vec_push(&c->path, node);
	}
	for (size_t i = 0; i < c->path.n / 2; i++) {
		uint32_t swap = c->path.v[i];

		c->path.v[i] = c->path.v[c->path.n - 1 - i];
		c->path.v[c->path.n - 1 - i] = swap;
	}
}

static void take_sample(struct chart *c, uint32_t node, double from, double to)
{
	size_t same = 0;

	find_path(c, node);
	if (from <= c->until + 0.01)
		while (same < c->open.n && same < c->path.n && c->open.v[same].node == c->path.v[same])
			same++;
	close_from(c, same, MIN_OF(from, c->until));
	for (size_t i = same; i < c->path.n; i++)
		vec_push(&c->open, ((struct open_frame){c->path.v[i], from}));
	c->until = to;
}

/* How deep it gets. */
static uint32_t lane_depth(struct chart *c, const struct lanes *l, const struct lane *lane)
{
	uint32_t depth = 1;

	for (size_t i = 0; i < lane->n; i++) {
		find_path(c, c->t->of_sample.v[l->samples[lane->first + i]]);
		depth = MAX_OF(depth, (uint32_t)c->path.n);
	}
	return depth;
}

static void put_lane(struct chart *c, const struct lanes *l, const struct lane *lane)
{
	const struct profile *p = c->t->p;
	double last = -1;
	struct buf name = {0};

	lane_print(p, c->by, lane->id, &name);
	buf_printf(&name, " (%zu samples)", lane->n);
	svg_put_line(c->out, PAD, c->top - 6, c->font, "start", buf_str(&name));
	buf_free(&name);
	buf_puts(c->out, "<g class=\"frames\">\n");
	c->until = -1;
	for (size_t i = 0; i < lane->n; i++) {
		uint32_t sample = l->samples[lane->first + i];
		uint64_t time = p->samples.v[sample].time, to = time + l->period;

		if (i + 1 < lane->n)
			to = MIN_OF(to, p->samples.v[l->samples[lane->first + i + 1]].time);
		if (i && x_of(c, time) < last + 0.5 && x_of(c, to) - x_of(c, time) < 0.5) {
			c->until = MAX_OF(c->until, x_of(c, to));
			continue;
		}
		last = x_of(c, time);
		take_sample(c, c->t->of_sample.v[sample], last, x_of(c, MIN_OF(to, c->end)));
	}
	close_from(c, 0, c->until);
	buf_puts(c->out, "</g>\n");
}

static void put_axis(struct chart *c, double y)
{
	static const char *const anchors[] = {"start", "middle", "middle", "middle", "middle", "end"};
	unsigned last = ARRAY_SIZE(anchors) - 1;
	struct buf text = {0};

	for (unsigned i = 0; i <= last; i++) {
		uint64_t at = c->start + (c->end - c->start) / last * i;

		buf_reset(&text);
		buf_printf(&text, "%.3f s", (at - c->zero) / 1e9);
		svg_put_line(c->out, x_of(c, at), y, c->font - 1, anchors[i], buf_str(&text));
	}
	buf_free(&text);
}

static void put_foot(struct chart *c, const struct lanes *l, double height)
{
	struct buf line = {0};

	write_quality(c->t->p, &line);
	if (l->list.n > MOST_LANES)
		buf_printf(&line, ", %zu lanes left out", l->list.n - MOST_LANES);
	if (!l->list.n)
		buf_printf(&line, ", none with a %s", c->by == TIMELINE_CPU ? "CPU" : "thread");
	svg_put_line(c->out, PAD, height - PAD, c->font - 1, "start", buf_str(&line));
	buf_free(&line);
}

static void set_times(struct chart *c, uint64_t period)
{
	const struct profile *p = c->t->p;

	c->zero = profile_start(p);
	c->start = UINT64_MAX;
	vec_each(s, &p->samples) {
		c->start = MIN_OF(c->start, s->time);
		c->end = MAX_OF(c->end, s->time);
	}
	c->end += period;
	c->scale = (c->width - 2 * PAD) / (c->end - c->start);
}

void draw_timeline_svg(const struct tree *t, const struct picture_options *o, enum timeline_by by, struct buf *out,
		       const struct prof_sink *sink)
{
	struct chart c = {.t = t, .o = o, .out = out, .sink = sink, .by = by,
		.width = o->width > 4 * PAD ? o->width : 1200, .row = o->height >= 4 ? o->height : 16,
		.font = o->fontsize >= 4 ? o->fontsize : 12};
	struct lanes l = lanes_make(t->p, by);
	size_t n = MIN_OF(l.list.n, (size_t)MOST_LANES);
	double head = PAD + 2 * c.font + 10, height = head + 3 * PAD + 2 * c.font, axis;
	uint32_t depths[MOST_LANES];

	for (size_t i = 0; i < n; i++) {
		depths[i] = lane_depth(&c, &l, &l.list.v[i]);
		height += depths[i] * c.row + HEADING + BETWEEN;
	}
	axis = height - 2 * PAD - c.font;
	set_times(&c, l.period);
	svg_put_head(out, c.width, height, o->fonttype ? o->fonttype : SVG_FONT, c.font, NULL);
	svg_put_line(out, c.width / 2, PAD + c.font + 5, c.font + 5, "middle", o->title ? o->title : "Time line");
	c.top = head;
	for (size_t i = 0; i < n; i++) {
		c.top += HEADING;
		put_lane(&c, &l, &l.list.v[i]);
		c.top += depths[i] * c.row + BETWEEN;
	}
	put_axis(&c, axis);
	put_foot(&c, &l, height);
	buf_puts(out, "</svg>\n");
	vec_free(&c.open);
	vec_free(&c.path);
	lanes_free(&l);
}
