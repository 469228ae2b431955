/*
 * heat_svg.c - distributions over time as one SVG picture. See heat.h.
 *
 *   title
 *   @latency[vda] (30000 values)
 *   4 ms |
 *   2 ms |   cells; each one's <title> has its time, its band and its count
 *        +------------------------
 *         10:03:12        10:03:22
 *   [1 .. 3184] colours           quality line
 *
 * Colours are classes, so that one picture has those for a light and for a dark ground.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "draw/heat.h"
#include "draw/picture.h"
#include "draw/svg.h"

enum { WIDTH = 1200, LEFT = 96, RIGHT = 20, INNER = WIDTH - LEFT - RIGHT, HEAD = 44, PANEL_HEAD = 26, PANEL_FOOT = 30,
	FOOT = 40, MOST_COLUMNS = INNER / 2, MOST_BANDS = 100, FONT_SIZE = 12 };

struct plot {
	const struct heat_panel *p;
	struct buf *out;
	double top, row;  /* pixels */
	uint64_t from, to; /* ns */
	uint64_t most;    /* in a cell */
};

static double row_height(const struct heat_panel *p)
{
	return MIN_OF(MAX_OF(260.0 / MAX_OF(p->bands.n, (size_t)1), 4.0), 18.0);
}

static double panel_height(const struct heat_panel *p)
{
	return PANEL_HEAD + p->bands.n * row_height(p) + PANEL_FOOT;
}

static double x_of(const struct plot *t, uint64_t time)
{
	return LEFT + (t->to > t->from ? (double)INNER * (time - t->from) / (t->to - t->from) : 0);
}

static double y_of(const struct plot *t, uint32_t band)
{
	return t->top + (t->p->bands.n - 1 - band) * t->row;
}

/* log2, straight between powers of two. */
static double bits_of(uint64_t n)
{
	unsigned whole = 63 - __builtin_clzll(n);

	return whole + (double)n / (1ull << whole) - 1;
}

static unsigned level_of(uint64_t count, uint64_t most)
{
	return most > 1 ? (unsigned)((HEAT_LEVELS - 1) * bits_of(count) / bits_of(most) + 0.5) : HEAT_LEVELS - 1;
}

static void print_clock(uint64_t ns, struct buf *out)
{
	time_t seconds = ns / 1000000000;
	struct tm tm;
	char text[16] = "";

	if (localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%H:%M:%S", &tm);
	buf_puts(out, text);
}

static void put_cell(struct plot *t, const struct heat_cell *cell)
{
	const struct heat_column *column = &t->p->columns.v[cell->column];
	double from = x_of(t, column->from), to = x_of(t, column->to);
	struct buf band = {0};

	buf_printf(t->out, "<rect class=\"h%u\"", level_of(cell->count, t->most));
	svg_put_pixels(t->out, " x=\"", from);
	svg_put_pixels(t->out, " y=\"", y_of(t, cell->band));
	svg_put_pixels(t->out, " width=\"", MAX_OF(to - from - (to - from > 4 ? 0.5 : 0), 1.0));
	svg_put_pixels(t->out, " height=\"", t->row - 0.5);
	buf_puts(t->out, "><title>");
	print_clock(column->from, t->out);
	buf_puts(t->out, " to ");
	print_clock(column->to, t->out);
	heat_band_print(&t->p->bands.v[cell->band], t->p->unit, &band);
	buf_puts(t->out, ", ");
	svg_put_text(t->out, buf_str(&band), band.len);
	buf_printf(t->out, ": %" PRIu64 "</title></rect>\n", cell->count);
	buf_free(&band);
}

/* Bounds at the left, as many as have room; the lower one of a band stands at its lower edge. */
static void put_bounds(struct plot *t)
{
	unsigned each = (unsigned)(14 / t->row) + 1;
	struct buf text = {0};

	for (uint32_t band = 0; band < t->p->bands.n; band += each) {
		if (t->p->bands.v[band].no_low)
			continue;
		buf_reset(&text);
		heat_bound_print(t->p->bands.v[band].low, t->p->unit, &text);
		svg_put_line(t->out, LEFT - 6, y_of(t, band) + t->row + 1, FONT_SIZE - 1, "end", buf_str(&text));
	}
	buf_free(&text);
}

static void put_times(struct plot *t)
{
	static const char *const anchors[] = {"start", "middle", "middle", "middle", "end"};
	unsigned last = ARRAY_SIZE(anchors) - 1;
	double y = t->top + t->p->bands.n * t->row + FONT_SIZE + 3;
	struct buf text = {0};

	for (unsigned i = 0; i <= last; i++) {
		uint64_t at = t->from + (t->to - t->from) / last * i;

		buf_reset(&text);
		print_clock(at, &text);
		svg_put_line(t->out, x_of(t, at), y, FONT_SIZE - 1, anchors[i], buf_str(&text));
	}
	buf_free(&text);
}

static void put_panel(const struct heat_panel *p, double top, uint64_t most, struct buf *out)
{
	struct plot t = {.p = p, .out = out, .top = top + PANEL_HEAD, .row = row_height(p), .most = most};
	struct buf title = {0};

	if (p->columns.n) {
		t.from = p->columns.v[0].from;
		t.to = vec_last(&p->columns).to;
	}
	buf_printf(&title, "%s: %" PRIu64 " values", p->title, p->total);
	svg_put_line(out, LEFT, top + FONT_SIZE + 5, FONT_SIZE, "start", buf_str(&title));
	buf_free(&title);
	buf_printf(out, "<rect class=\"panel\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"#f3f5f7\"/>\n",
		   LEFT, t.top, INNER, p->bands.n * t.row);
	vec_each(cell, &p->cells)
		put_cell(&t, cell);
	put_bounds(&t);
	put_times(&t);
}

static void put_styles(struct buf *out)
{
	for (int dark = 0; dark < 2; dark++) {
		buf_puts(out, dark ? "@media(prefers-color-scheme:dark){.panel{fill:#20252b}"
				   : "<style>.panel{fill:#f3f5f7}");
		for (unsigned level = 0; level < HEAT_LEVELS; level++)
			buf_printf(out, ".h%u{fill:#%06x}", level, palette_heat(level / (HEAT_LEVELS - 1.0), dark));
	}
	buf_puts(out, "}</style>\n");
}

static void put_foot(const struct heat *h, double y, uint64_t most, struct buf *out)
{
	struct buf text = {0};

	for (unsigned level = 0; level < HEAT_LEVELS; level++)
		buf_printf(out, "<rect class=\"h%u\" x=\"%u\" y=\"%.1f\" width=\"10\" height=\"10\"/>\n", level,
			   LEFT + 16 + level * 10, y - 9);
	svg_put_line(out, LEFT + 10, y, FONT_SIZE - 1, "end", "1");
	buf_printf(&text, "%" PRIu64 " in one cell", most);
	svg_put_line(out, LEFT + 22 + HEAT_LEVELS * 10, y, FONT_SIZE - 1, "start", buf_str(&text));
	svg_put_line(out, WIDTH - RIGHT, y, FONT_SIZE - 1, "end", h->quality ? h->quality : "");
	buf_free(&text);
}

void draw_heat_svg(const struct heat *h, struct buf *out)
{
	struct heat_panel *fit = xcalloc(h->panels.n + 1, sizeof(*fit));
	double height = HEAD + FOOT, y = HEAD;
	uint64_t most = 1;

	for (size_t i = 0; i < h->panels.n; i++) {
		fit[i] = heat_panel_fit(&h->panels.v[i], MOST_COLUMNS, MOST_BANDS);
		height += panel_height(&fit[i]);
		vec_each(cell, &fit[i].cells)
			most = MAX_OF(most, cell->count);
	}
	svg_put_head(out, WIDTH, height, SVG_FONT, FONT_SIZE, NULL);
	put_styles(out);
	svg_put_line(out, WIDTH / 2, 28, FONT_SIZE + 5, "middle", h->title ? h->title : "Heat map");
	for (size_t i = 0; i < h->panels.n; i++) {
		put_panel(&fit[i], y, most, out);
		y += panel_height(&fit[i]);
		heat_panel_free(&fit[i]);
	}
	put_foot(h, height - 14, most, out);
	buf_puts(out, "</svg>\n");
	free(fit);
}
