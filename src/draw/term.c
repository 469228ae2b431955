/*
 * term.c - the flame graph in a terminal: a line a depth, root at the top. See picture.h.
 *
 *   all 1204 samples
 *   ▏main                                    ▏idle
 *   ▏parse            ▏compute
 *
 * A frame begins with a bar and is as many columns wide as its share; with colours its
 * background shows the kind, as in the other pictures. Frames under one column are left out, and
 * how much of the row that is shows as dots.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "draw/picture.h"

enum { MIN_COLUMNS = 20, MAX_COLUMNS = 1000, MAX_ROWS = 200 };

struct cell { uint32_t node; uint16_t from, to; }; /* columns [from, to) */

struct term {
	const struct tree *t;
	const struct picture_options *o;
	unsigned columns;
	double scale;
	VEC(struct cell) row, below;
};

/* The children of a frame get columns by where they begin and end, rounded: no error adds up. */
static void place_children(struct term *m, const struct cell *cell, double from)
{
	double at = from;

	for (uint32_t c = m->t->nodes.v[cell->node].child; c; c = m->t->nodes.v[c].next) {
		double w = picture_weights(m->t, m->o, c).after * m->scale;
		unsigned x = (unsigned)(at + 0.5), end = (unsigned)(at + w + 0.5);

		at += w;
		end = MIN_OF(end, (unsigned)cell->to);
		if (x < end)
			vec_push(&m->below, ((struct cell){c, x, end}));
	}
}

static void put_name(struct buf *out, const char *s, unsigned columns)
{
	size_t len = strlen(s);
	bool whole = false;
	size_t n = 0;
	unsigned used = 0;

	for (unsigned limit = columns;; limit = columns - 1) {
		for (n = used = 0; n < len && used < limit; used++)
			n += MAX_OF(utf8_length((const uint8_t *)s + n, len - n), 1u);
		whole = n == len;
		if (whole || limit < columns || !columns)
			break;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned control = utf8_control(s + i, n - i);

		buf_putc(out, control ? '?' : s[i]);
		i += control > 1;
	}
	if (!whole && columns) {
		buf_puts(out, "…");
		used++;
	}
	buf_pad(out, ' ', columns - used);
}

static void put_cell(struct term *m, const struct cell *c, struct buf *out)
{
	const char *name = tree_name(m->t, c->node);
	unsigned width = c->to - c->from;

	if (m->o->colour) {
		struct weights w = picture_weights(m->t, m->o, c->node), all = picture_weights(m->t, m->o, 0);
		uint32_t rgb = m->t->options.compare
			       ? palette_change(all.after ? 5 * (w.after - w.before) / all.after : 0)
			       : palette_colour(m->o->colors, name, m->t->keys.v[m->t->nodes.v[c->node].key].kind);

		buf_printf(out, "\033[30;48;2;%u;%u;%um", rgb >> 16, rgb >> 8 & 255, rgb & 255);
	}
	buf_puts(out, "▏");
	put_name(out, name, width - 1);
	if (m->o->colour)
		buf_puts(out, "\033[0m");
}

static void put_row(struct term *m, struct buf *out)
{
	unsigned at = 0;

	vec_each(c, &m->row) {
		buf_pad(out, ' ', c->from - at);
		put_cell(m, c, out);
		at = c->to;
	}
	buf_putc(out, '\n');
}

void draw_term(const struct tree *t, const struct picture_options *o, struct buf *out)
{
	struct term m = {.t = t, .o = o, .columns = MIN_OF(MAX_OF(o->columns, MIN_COLUMNS + 0u), MAX_COLUMNS + 0u)};
	double total = picture_weights(t, o, 0).after;
	struct cell all = {0, 0, m.columns};

	if (o->title)
		buf_printf(out, "%s\n", o->title);
	buf_printf(out, "%.0f %s\n", total, o->countname ? o->countname : profile_unit(t->p));
	m.scale = total > 0 ? m.columns / total : 0;
	place_children(&m, &all, 0);
	for (unsigned depth = 0; m.below.n && depth < MAX_ROWS; depth++) {
		__typeof__(m.row) swap = m.row;

		m.row = m.below;
		m.below = swap;
		m.below.n = 0;
		put_row(&m, out);
		vec_each(c, &m.row)
			place_children(&m, c, c->from);
	}
	write_quality(t->p, out);
	buf_putc(out, '\n');
	vec_free(&m.row);
	vec_free(&m.below);
}
