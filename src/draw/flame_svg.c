/*
 * flame_svg.c - the flame graph as one SVG picture, with the options of flamegraph.pl. See picture.h.
 *
 *   title                      ^ inverted: root at the top, rows grow downwards
 *   +--+ +-----+  leaf
 *   +----------+  ...
 *   +----------------+ root
 *   quality line, legend
 *
 * No script, nothing is fetched: it is shown by whatever shows pictures, and prints. A frame's
 * <title> (what a browser shows under the pointer) has the whole name and its share.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "draw/picture.h"
#include "draw/svg.h"

enum { PAD = 10 };

struct svg {
	const struct tree *t;
	const struct picture_options *o;
	struct buf *out;
	const struct prof_sink *sink;
	double width, row, font, least, scale; /* scale: pixels a weight */
	double top, height, largest_change, total;
	uint32_t depth; /* of what is shown */
};

struct weights picture_weights(const struct tree *t, const struct picture_options *o, uint32_t node)
{
	struct weights w = {.after = t->nodes.v[node].total};

	if (!t->options.compare)
		return w;
	w.before = w.after;
	w.after = t->total_b.v[node];
	if (o->normalize && t->nodes.v[0].total)
		w.before *= (double)t->total_b.v[0] / t->nodes.v[0].total;
	if (o->negate)
		return (struct weights){w.after, w.before};
	return w;
}

/* Every node that is wide enough, parents first, with its left edge in pixels. */
static void each_shown(struct svg *s, void (*shown)(struct svg *s, uint32_t node, uint32_t depth, double x, double w))
{
	const struct tree *t = s->t;
	double *edge = xcalloc(t->depth + 2, sizeof(*edge)); /* by depth: where the next one begins */
	uint32_t node = 0, depth = 0;

	edge[0] = PAD;
	for (;;) {
		double w = picture_weights(t, s->o, node).after * s->scale;
		bool wide = w >= s->least && w > 0;

		if (wide)
			shown(s, node, depth, edge[depth], w);
		if (wide && t->nodes.v[node].child) {
			edge[depth + 1] = edge[depth];
			edge[depth++] += w;
			node = t->nodes.v[node].child;
			continue;
		}
		edge[depth] += w;
		for (; node && !t->nodes.v[node].next; depth--)
			node = t->nodes.v[node].parent;
		if (!node)
			break;
		node = t->nodes.v[node].next;
	}
	free(edge);
}

static void measure(struct svg *s, uint32_t node, uint32_t depth, double x, double w)
{
	struct weights weights = picture_weights(s->t, s->o, node);

	(void)x;
	(void)w;
	s->depth = MAX_OF(s->depth, depth);
	s->largest_change = MAX_OF(s->largest_change, __builtin_fabs(weights.after - weights.before));
}

static void put_details(struct svg *s, const char *name, struct weights w)
{
	const char *unit = s->o->countname ? s->o->countname : profile_unit(s->t->p);
	double total = picture_weights(s->t, s->o, 0).after;

	buf_puts(s->out, "<title>");
	svg_put_text(s->out, name, strlen(name));
	buf_printf(s->out, " (%.0f ", w.after);
	svg_put_text(s->out, unit, strlen(unit));
	buf_printf(s->out, ", %.2f%%", total ? 100 * w.after / total : 0.0);
	if (s->t->options.compare)
		buf_printf(s->out, "; %+.2f%%", total ? 100 * (w.after - w.before) / total : 0.0);
	buf_puts(s->out, ")</title>");
}

static void put_frame(struct svg *s, uint32_t node, uint32_t depth, double x, double w)
{
	const char *name = node ? tree_name(s->t, node) : "all";
	struct weights weights = picture_weights(s->t, s->o, node);
	double y = s->o->inverted ? s->top + depth * s->row : s->top + (s->depth - depth) * s->row;
	uint32_t kind = s->t->keys.v[s->t->nodes.v[node].key].kind, colour;

	if (s->t->options.compare)
		colour = palette_change(s->largest_change ? (weights.after - weights.before) / s->largest_change : 0);
	else
		colour = palette_colour(s->o->colors, name, kind);
	buf_puts(s->out, "<g>");
	put_details(s, name, weights);
	svg_put_pixels(s->out, "<rect x=\"", x);
	svg_put_pixels(s->out, " y=\"", y);
	svg_put_pixels(s->out, " width=\"", MAX_OF(w - 0.2, 0.1));
	svg_put_pixels(s->out, " height=\"", s->row - 1);
	buf_printf(s->out, " fill=\"#%06x\"/>", colour);
	svg_put_label(s->out, s->font, name, x, y + s->row * 0.5 + s->font * 0.35, w);
	buf_puts(s->out, "</g>\n");
	prof_sink_flush(s->sink, s->out);
}

/* Colours come from a command line into an attribute: only letters, digits and #. */
static const char *background(const struct picture_options *o)
{
	static const struct { const char *name, *colour; } known[] = {
		{"yellow", "#f8f8d8"}, {"blue", "#e8eef8"}, {"green", "#e8f4e8"}, {"grey", "#f4f4f4"},
		{"gray", "#f4f4f4"},
	};

	if (!o->bgcolors)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (str_eq(o->bgcolors, known[i].name))
			return known[i].colour;
	return o->bgcolors[strspn(o->bgcolors, "#0123456789abcdefABCDEF")] ? "#ffffff" : o->bgcolors;
}

static void put_head(struct svg *s)
{
	const struct picture_options *o = s->o;
	const char *title = o->title ? o->title : s->t->options.compare ? "Differential Flame Graph" :
			    o->inverted ? "Icicle Graph" : "Flame Graph";

	svg_put_head(s->out, s->width, s->height, o->fonttype ? o->fonttype : SVG_FONT, s->font, background(o));
	if (o->notes) {
		buf_puts(s->out, "<desc>");
		svg_put_text(s->out, o->notes, strlen(o->notes));
		buf_puts(s->out, "</desc>\n");
	}
	svg_put_line(s->out, s->width / 2, PAD + s->font + 5, s->font + 5, "middle", title);
	if (o->subtitle)
		svg_put_line(s->out, s->width / 2, PAD + 2 * s->font + 12, s->font, "middle", o->subtitle);
}

static void put_foot(struct svg *s)
{
	struct buf line = {0};
	double y = s->height - PAD;

	write_quality(s->t->p, &line);
	svg_put_line(s->out, PAD, y, s->font - 1, "start", buf_str(&line));
	if (s->t->options.compare)
		svg_put_line(s->out, s->width - PAD, y, s->font - 1, "end", "blue: less, orange: more");
	else if (!s->o->colors || str_eq(s->o->colors, "safe"))
		svg_put_line(s->out, s->width - PAD, y, s->font - 1, "end",
			 "blue: user, orange: kernel, green: JIT, yellow: interpreted, mauve: no name");
	buf_free(&line);
}

void draw_svg(const struct tree *t, const struct picture_options *o, struct buf *out, const struct prof_sink *sink)
{
	struct svg s = {.t = t, .o = o, .out = out, .sink = sink, .width = o->width > 4 * PAD ? o->width : 1200,
		.row = o->height >= 4 ? o->height : 16, .font = o->fontsize >= 4 ? o->fontsize : 12};
	double total = picture_weights(t, o, 0).after, inner = s.width - 2 * PAD;

	s.scale = total > 0 ? inner / total : 0;
	s.least = o->minwidth_percent ? o->minwidth / 100 * inner : o->minwidth;
	each_shown(&s, measure);
	s.top = PAD + 2 * s.font + (o->subtitle ? s.font + 12 : 10);
	s.height = s.top + (s.depth + 1) * s.row + 2 * PAD + s.font;
	put_head(&s);
	if (total > 0) {
		buf_puts(out, "<g class=\"frames\">\n");
		each_shown(&s, put_frame);
		buf_puts(out, "</g>\n");
	} else {
		svg_put_line(out, s.width / 2, s.top + s.font, s.font, "middle", "no samples");
	}
	put_foot(&s);
	buf_puts(out, "</svg>\n");
}
