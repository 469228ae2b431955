/* draw_pictures.c - SVG, page and terminal: nothing that a name holds gets out of its place, and sums are right. */
#include "prof_test.h"

#include "draw/heat.h"
#include "draw/timeline.h"

static const char nasty[] = "</title><script>alert(1)</script>&\"'\x01\xff;]]>--!;\xe2\x82\xac\xe2\x82\xac;leaf 3\n"
			    "plain;leaf 5\n";

static struct profile *nasty_profile(void)
{
	return read_text(PROF_FOLDED, nasty).p;
}

static struct tree *tree_of(struct profile *p)
{
	return tree_new(p, &(struct tree_options){.whole_names = true});
}

static unsigned times(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

/* Every '<' is one of ours, and the bytes are XML's. */
static void check_svg(struct buf *out)
{
	static const char *const ours[] = {"?xml ", "svg ", "rect ", "text ", "g>", "g class=", "title>", "desc>",
					   "style>", "/svg>", "/text>", "/g>", "/title>", "/desc>", "/style>",
					   "/rect>"};

	for (const char *s = buf_str(out); (s = strchr(s, '<')); s++) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
			known |= str_starts(s + 1, ours[i]);
		CHECK(known);
	}
	for (size_t i = 0; i < out->len; i++)
		CHECK((unsigned char)out->data[i] >= ' ' || out->data[i] == '\n');
}

static void svg(void)
{
	struct profile *p = nasty_profile();
	struct tree *t = tree_of(p);
	struct picture_options o = {.title = "<b>&", .subtitle = "\"<i>", .fonttype = "\"><x", .bgcolors = "\"><y",
				    .notes = "</desc>", .countname = "<n>", .width = 800, .minwidth = 0.1};
	struct buf out = {0};

	draw_svg(t, &o, &out, NULL);
	check_svg(&out);
	CHECK(times(out.data, "<title>") == t->nodes.n && times(out.data, "</title>") == t->nodes.n);
	CHECK(times(out.data, "</desc>") == 1);
	CHECK(strstr(out.data, "plain (5 &lt;n&gt;, 62.50%)"));
	buf_free(&out);
	tree_free(t);
	profile_free(p);
}

/* Widths of a row add up to what is below it, to the rounding of what is drawn. */
static void svg_widths(void)
{
	struct profile *p = read_text(PROF_FOLDED, "a;b 1\na;c 2\na;d 4\ne 1\n").p;
	struct tree *t = tree_of(p);
	struct picture_options o = {.width = 820};
	struct buf out = {0};
	double sum = 0;

	draw_svg(t, &o, &out, NULL);
	for (const char *s = buf_str(&out); (s = strstr(s, "<g><title>")); s++) {
		const char *name = s + strlen("<g><title>");

		if (name[1] == ' ' && strchr("bcde", *name))
			sum += strtod(strstr(s, " width=\"") + 8, NULL) + 0.2;
	}
	CHECK(sum > 799.5 && sum < 800.5);
	buf_free(&out);
	tree_free(t);
	profile_free(p);
}

/* What the page carries is packed; the page around it holds no byte of the names. */
static void page(void)
{
	struct profile *p = nasty_profile();
	struct tree *t = tree_new(p, &(struct tree_options){.places = true, .by_sample = true});
	struct buf out = {0};

	draw_html(t, &(struct picture_options){.title = "</script><b>"}, &out);
	CHECK(!strstr(out.data, "alert(1)") && !strstr(out.data, "</script><b>"));
	CHECK(times(out.data, "</script>") == 5 && strstr(out.data, "default-src 'none'"));
	CHECK(!strstr(out.data, "http://") && !strstr(out.data, "https://") && !strstr(out.data, " src="));
	buf_free(&out);
	tree_free(t);
	profile_free(p);
}

/* Three samples of one thread, half a second apart but for the last: the first two are one frame of main. */
static void timeline(void)
{
	static const char text[] = "a<b  1/1 [000] 1.0: cpu-clock:\n\t1 <leaf> (x)\n\t1 main (x)\n\n"
				   "a<b  1/1 [000] 1.5: cpu-clock:\n\t1 other (x)\n\t1 main (x)\n\n"
				   "a<b  1/1 [000] 9.0: cpu-clock:\n\t1 main (x)\n\n";
	struct profile *p = read_text(PROF_PERF, text).p;
	struct tree *t = tree_new(p, &(struct tree_options){.by_sample = true});
	struct picture_options o = {.title = "<b>&"};
	struct lanes lanes = lanes_make(p, TIMELINE_CPU);
	struct buf out = {0};

	CHECK(lanes.list.n == 1 && lanes.list.v[0].n == 3 && lanes.list.v[0].id == 0);
	lanes_free(&lanes);
	draw_timeline_svg(t, &o, TIMELINE_THREAD, &out, NULL);
	check_svg(&out);
	CHECK(times(out.data, "<title>main ") == 2 && times(out.data, "<title>&lt;leaf&gt; (0.000 s, 500.0 ms)") == 1);
	CHECK(times(out.data, "a&lt;b-1/1 (3 samples)") == 1);
	buf_free(&out);
	tree_free(t);
	profile_free(p);
}

/* 40 bands and 3000 columns: more than there is room for; no value is lost, whatever is put together. */
static void heat_map(void)
{
	struct heat heat = {.quality = "<q>"};
	struct heat_panel panel = {.title = xstrdup("<t>"), .unit = xstrdup("us")}, fit;
	struct buf out = {0};
	uint64_t sum = 0;

	for (int i = 0; i < 40; i++)
		vec_push(&panel.bands, ((struct heat_band){.low = 1 + i, .high = 2 + i}));
	for (uint32_t i = 0; i < 3000; i++) {
		vec_push(&panel.columns, ((struct heat_column){i * 1000000000ull, (i + 1) * 1000000000ull}));
		vec_push(&panel.cells, ((struct heat_cell){i, i % 40, 1 + i % 7}));
		panel.total += 1 + i % 7;
	}
	fit = heat_panel_fit(&panel, 500, 10);
	vec_each(cell, &fit.cells) {
		CHECK(cell->column < 500 && cell->band < 10);
		sum += cell->count;
	}
	CHECK(sum == panel.total && fit.columns.n == 500 && fit.bands.n == 10);
	CHECK(fit.columns.v[499].to == panel.columns.v[2999].to && fit.bands.v[9].high == 41);
	heat_panel_free(&fit);
	vec_push(&heat.panels, panel);
	draw_heat_svg(&heat, &out);
	check_svg(&out);
	CHECK(strstr(out.data, "&lt;t&gt;: ") && strstr(out.data, "2 us: "));
	buf_reset(&out);
	draw_heat_html(&heat, &out);
	CHECK(!strstr(out.data, "<t>") && !strstr(out.data, "<q>") && times(out.data, "</script>") == 3);
	heat_free(&heat);
	buf_reset(&out);
	draw_heat_svg(&heat, &out);
	check_svg(&out);
	buf_free(&out);
}

static size_t columns_of(const char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

/* No line of frames is wider than the terminal, at any width; no control byte gets there. */
static void terminal(void)
{
	struct profile *p = nasty_profile();
	struct tree *t = tree_of(p);

	for (unsigned columns = 1; columns < 300; columns += 7) {
		struct picture_options o = {.columns = columns};
		struct buf out = {0};
		const char *line, *end;

		draw_term(t, &o, &out);
		line = strchr(buf_str(&out), '\n');
		for (line = line ? line + 1 : ""; (end = strchr(line, '\n')) && end[1]; line = end + 1)
			CHECK(columns_of(line, end - line) <= MAX_OF(columns, 20u));
		for (size_t i = 0; i < out.len; i++)
			CHECK((unsigned char)out.data[i] >= ' ' || out.data[i] == '\n');
		buf_free(&out);
	}
	tree_free(t);
	profile_free(p);
}

/* Without any sample each picture is still whole. */
static void nothing(void)
{
	struct profile *p = profile_new();
	struct tree *t = tree_of(p);
	struct picture_options o = {.columns = 80};
	struct buf out = {0};

	draw_svg(t, &o, &out, NULL);
	CHECK(strstr(out.data, "no samples") && strstr(out.data, "</svg>"));
	buf_reset(&out);
	draw_html(t, &o, &out);
	CHECK(strstr(out.data, "</html>"));
	buf_reset(&out);
	draw_term(t, &o, &out);
	CHECK(strstr(out.data, "0 samples"));
	buf_free(&out);
	tree_free(t);
	profile_free(p);
}

static void palettes(void)
{
	const char *known;

	CHECK(palette_known("hot", &known) && palette_known("orange", &known) && palette_known("safe", &known));
	CHECK(!palette_known("", &known) && !palette_known("ho", &known) && !palette_known("hot, mem", &known));
	CHECK(palette_colour("hot", "main", 0) == palette_colour("hot", "main", 0));
	CHECK(palette_colour(NULL, "main", PROF_USER) != palette_colour(NULL, "main", PROF_KERNEL));
	CHECK(palette_change(0) == 0xf5f5f5 && palette_change(-1) == 0x2b7bba);
	CHECK(palette_change(2) == palette_change(1));
	CHECK(palette_heat(0, false) != palette_heat(0.1, false) && palette_heat(1, true) == 0xfcffa4);
}

int main(void)
{
	svg();
	svg_widths();
	page();
	timeline();
	heat_map();
	terminal();
	nothing();
	palettes();
	return unit_result();
}
