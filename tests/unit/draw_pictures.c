/* draw_pictures.c - SVG, page and terminal: nothing that a name holds gets out of its place, and sums are right. */
#include "prof_test.h"

#include "draw/picture.h"

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

/* Every '<' that is in it is one of ours, and the bytes are XML's. */
static void svg(void)
{
	struct profile *p = nasty_profile();
	struct tree *t = tree_of(p);
	struct picture_options o = {.title = "<b>&", .subtitle = "\"<i>", .fonttype = "\"><x", .bgcolors = "\"><y",
				    .notes = "</desc>", .countname = "<n>", .width = 800, .minwidth = 0.1};
	struct buf out = {0};

	draw_svg(t, &o, &out, NULL);
	for (const char *s = buf_str(&out); (s = strchr(s, '<')); s++)
		CHECK(strspn(s + 1, "?/") ? true : strncmp(s, "<svg ", 5) == 0 || strncmp(s, "<rect ", 6) == 0 ||
		      strncmp(s, "<text ", 6) == 0 || strncmp(s, "<g>", 3) == 0 || strncmp(s, "<title>", 7) == 0 ||
		      strncmp(s, "<desc>", 6) == 0 ||
		      strncmp(s, "<g class=\"frames\">", 18) == 0);
	CHECK(times(out.data, "<title>") == t->nodes.n && times(out.data, "</title>") == t->nodes.n);
	CHECK(times(out.data, "</desc>") == 1);
	for (size_t i = 0; i < out.len; i++)
		CHECK((unsigned char)out.data[i] >= ' ' || out.data[i] == '\n');
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
	CHECK(times(out.data, "</script>") == times(out.data, "<script") && strstr(out.data, "default-src 'none'"));
	CHECK(!strstr(out.data, "http://") && !strstr(out.data, "https://") && !strstr(out.data, " src="));
	buf_free(&out);
	tree_free(t);
	profile_free(p);
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
}

int main(void)
{
	svg();
	svg_widths();
	page();
	terminal();
	nothing();
	palettes();
	return unit_result();
}
