/*
 * convert.c - profiles from files to files: read, selected, made a tree, written. See convert.h.
 *
 *   convert IN [OUT]        one file, as another format or as a picture
 *   merge IN... -o OUT      several as one
 *   diff BEFORE AFTER [OUT] two, compared
 */
#include "cmd/convert.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/help.h"
#include "cmd/profile_file.h"
#include "draw/picture.h"
#include "draw/timeline.h"
#include "out/terminal.h"
#include "prof/gzip.h"
#include "prof/select.h"

enum option_id {
	OPT_NONE = 255,
#define OPTION(id, long_name, letter, argument, help) OPT_##id,
#include "cmd/convert.def"
#undef OPTION
};

enum what { CONVERT, MERGE, DIFF };

struct command {
	enum what what;
	const char *from, *to, *output;
	struct prof_select select;
	struct prof_read_options read;
	struct tree_options tree;
	struct picture_options picture;
	enum progress_when progress;
	bool quiet, help;
	bool timeline;
	enum timeline_by lanes;
	int nfiles;
	char **files;
	enum prof_format input, format; /* PROF_FORMATS: not said */
};

static bool fail(const char *what, const char *why)
{
	fprintf(stderr, "sonde: %s%s%s\n", what, why ? ": " : "", why ? why : "");
	return false;
}

static bool take_number(const char *option, const char *text, double *out, bool *percent)
{
	char *end;

	*out = strtod(text, &end);
	if (percent && end != text && *end == '%' && !end[1]) {
		*percent = true;
		end++;
	}
	if (end != text && !*end && *out >= 0 && *out <= 100000)
		return true;
	fprintf(stderr, "sonde: --%s wants a number, not %s\n", option, text);
	return false;
}

static bool take_progress(struct command *c, const char *text)
{
	static const char *const words[] = {"auto", "always", "never"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (str_eq(words[i], text)) {
			c->progress = i;
			return true;
		}
	return fail("--progress wants auto, always or never", NULL);
}

static bool take_weight(struct command *c, const char *text)
{
	if (!str_eq(text, "period") && !str_eq(text, "samples"))
		return fail("--weight wants period or samples", NULL);
	c->read.weight = str_eq(text, "period") ? PROF_WEIGHT_PERIOD : PROF_WEIGHT_SAMPLES;
	return true;
}

static bool take_lanes(struct command *c, const char *text)
{
	if (!str_eq(text, "thread") && !str_eq(text, "cpu"))
		return fail("--time-line wants thread or cpu", NULL);
	c->lanes = str_eq(text, "cpu") ? TIMELINE_CPU : TIMELINE_THREAD;
	return c->timeline = true;
}

static bool take_colors(struct command *c, const char *text)
{
	const char *known;

	c->picture.colors = text;
	if (palette_known(text, &known))
		return true;
	fprintf(stderr, "sonde: no palette %s; there are %s\n", text, known);
	return false;
}

static bool take_text(struct command *c, int id, const char *text)
{
	switch (id) {
	case OPT_FROM: c->from = text; return true;
	case OPT_TO: c->to = text; return true;
	case OPT_OUTPUT: c->output = text; return true;
	case OPT_PROCESS: c->select.process = text; return true;
	case OPT_THREAD: c->select.thread = text; return true;
	case OPT_CPU: c->select.cpus = text; return true;
	case OPT_TIME: c->select.time = text; return true;
	case OPT_MATCH: c->select.match = text; return true;
	case OPT_BELOW: c->select.below = text; return true;
	case OPT_EVENT: c->read.event = text; return true;
	case OPT_TITLE: c->picture.title = text; return true;
	case OPT_SUBTITLE: c->picture.subtitle = text; return true;
	case OPT_COUNTNAME: c->picture.countname = text; return true;
	case OPT_NAMETYPE: c->picture.nametype = text; return true;
	case OPT_NOTES: c->picture.notes = text; return true;
	case OPT_FONTTYPE: c->picture.fonttype = text; return true;
	case OPT_BGCOLORS: c->picture.bgcolors = text; return true;
	case OPT_WEIGHT: return take_weight(c, text);
	case OPT_TIMELINE: return take_lanes(c, text);
	case OPT_COLORS: return take_colors(c, text);
	case OPT_PROGRESS: return take_progress(c, text);
	case OPT_WIDTH: return take_number("width", text, &c->picture.width, NULL);
	case OPT_HEIGHT: return take_number("height", text, &c->picture.height, NULL);
	case OPT_FONTSIZE: return take_number("fontsize", text, &c->picture.fontsize, NULL);
	case OPT_MINWIDTH:
		return take_number("minwidth", text, &c->picture.minwidth, &c->picture.minwidth_percent);
	}
	return false;
}

static bool take_option(struct command *c, int id, const char *text)
{
	switch (id) {
	case OPT_PID: return c->tree.by_pid = true;
	case OPT_TID: return c->tree.by_tid = true;
	case OPT_NO_COMM: return c->tree.no_comm = true;
	case OPT_ALL: return c->tree.annotate = true;
	case OPT_WHOLE: return c->tree.whole_names = true;
	case OPT_NORMALIZE: return c->picture.normalize = true;
	case OPT_REVERSE: return c->tree.reverse = true;
	case OPT_INVERTED: return c->picture.inverted = true;
	case OPT_NEGATE: return c->picture.negate = true;
	case OPT_HASH: return true; /* colours always depend on the name alone */
	case OPT_QUIET: return c->quiet = true;
	case OPT_HELP: return c->help = true;
	}
	return text && take_text(c, id, text);
}

static const struct { const char *name, *usage, *summary; } forms[] = {
	[CONVERT] = {"convert", "sonde convert [OPTIONS] IN [OUT]", "a profile as another format or as a picture"},
	[MERGE] = {"merge", "sonde merge [OPTIONS] IN... -o OUT", "several profiles as one"},
	[DIFF] = {"diff", "sonde diff [OPTIONS] BEFORE AFTER [OUT]", "two profiles, compared"},
};

static bool parse(struct command *c, int argc, char **argv)
{
	static const struct option options[] = {
#define OPTION(id, long_name, letter, argument, help) \
		{long_name, argument ? required_argument : no_argument, NULL, OPT_##id},
#include "cmd/convert.def"
#undef OPTION
		{0},
	};
	static const char letters[] = {
#define OPTION(id, long_name, letter, argument, help) letter,
#include "cmd/convert.def"
#undef OPTION
	};
	struct buf shorts = {0};
	const char *form = forms[c->what].name;
	int id;

	buf_putc(&shorts, ':'); /* it says nothing by itself */

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i])
			buf_printf(&shorts, "%c%s", letters[i], options[i].has_arg ? ":" : "");
	optind = 1;
	while ((id = getopt_long(argc, argv, buf_str(&shorts), options, NULL)) != -1) {
		for (size_t i = 0; id < OPT_NONE && i < ARRAY_SIZE(letters); i++)
			if (letters[i] == id)
				id = OPT_NONE + 1 + i;
		if (id == ':' || id == '?')
			fprintf(stderr, "sonde: %s %s; see `sonde %s --help`\n", argv[optind - 1],
				id == ':' ? "wants a value" : "is no option", form);
		if (id < OPT_NONE || !take_option(c, id, optarg)) {
			buf_free(&shorts);
			return false; /* a line was printed */
		}
	}
	buf_free(&shorts);
	c->files = argv + optind;
	c->nfiles = argc - optind;
	return true;
}

static void describe_options(struct manual *m)
{
	static const struct manual_option rows[] = {
#define OPTION(id, long_name, letter, argument, help) {letter, long_name, argument, NULL, help},
#include "cmd/convert.def"
#undef OPTION
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (*rows[i].help)
			manual_option(m, rows[i]);
		else
			manual_keep(m, rows[i]);
	}
}

static void describe_examples(struct manual *m, const char *name)
{
	static const struct { const char *form, *command, *what; } examples[] = {
		{"convert", "perf script | sonde convert - flames.html",
		 "what perf recorded, as a page to look around in"},
		{"convert", "sonde convert -t term --time 10..20 -p nginx perf.data",
		 "ten seconds of one process, here"},
		{"merge", "sonde merge monday.pb.gz tuesday.pb.gz -o both.svg", "two days in one flame graph"},
		{"diff", "sonde diff -n before.folded after.folded change.svg", "what got slower, and what faster"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(examples); i++)
		if (str_eq(examples[i].form, name))
			manual_example(m, examples[i].command, examples[i].what);
}

void convert_manual(struct manual *m, const char *name)
{
	struct buf formats = {0};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (str_eq(forms[i].name, name)) {
			manual_title(m, name, forms[i].summary);
			manual_usage(m, forms[i].usage);
		}
	}
	buf_puts(&formats, "Profiles from files to files and pictures; - is standard input or output. Reads ");
	prof_format_list(&formats, false);
	buf_puts(&formats, "; writes ");
	prof_format_list(&formats, true);
	buf_puts(&formats, ".");
	manual_text(m, buf_str(&formats));
	manual_section(m, "Options");
	describe_options(m);
	manual_text(m, "SVG takes flamegraph.pl's other options too: --subtitle --height --fonttype --fontsize "
		       "--nametype --bgcolors --hash --negate --notes.");
	manual_section(m, "Examples");
	describe_examples(m, name);
	buf_free(&formats);
}

static bool no_format(const char *option, const char *name, bool writes)
{
	struct buf known = {0};

	prof_format_list(&known, writes);
	fprintf(stderr, "sonde: %s does not know the format '%s'; there are %s\n", option, name, buf_str(&known));
	buf_free(&known);
	return false;
}

/* Which of the files are read and which is written. */
static bool plan(struct command *c)
{
	static const int wanted[] = {[CONVERT] = 1, [MERGE] = 1, [DIFF] = 2};
	int inputs = wanted[c->what];

	if (c->nfiles < inputs)
		return fail(c->what == DIFF ? "diff wants two files" : "no file to read", NULL);
	if (c->what == MERGE)
		inputs = c->nfiles;
	else if (c->nfiles == inputs + 1 && !c->output)
		c->output = c->files[inputs];
	else if (c->nfiles > inputs)
		return fail("too many files", NULL);
	c->nfiles = inputs;
	c->input = c->format = PROF_FORMATS;
	if (c->from && (c->input = prof_format_named(c->from)) == PROF_FORMATS)
		return no_format("--from", c->from, false);
	if (c->to && (c->format = prof_format_named(c->to)) == PROF_FORMATS)
		return no_format("--to", c->to, true);
	if (!c->to && c->output && !str_eq(c->output, "-") &&
	    (c->format = prof_format_of_path(c->output)) == PROF_FORMATS)
		return fail(c->output, "no format has this ending; --to names one");
	if (c->format == PROF_FORMATS)
		c->format = isatty(STDOUT_FILENO) ? PROF_TERM : PROF_FOLDED;
	if (!prof_formats[c->format].writes)
		return fail("a format that is only read", prof_formats[c->format].name);
	if (c->what == DIFF && (c->format == PROF_PERF || c->format == PROF_PPROF || c->format == PROF_SPEEDSCOPE))
		return fail("diff cannot be written as", prof_formats[c->format].name);
	if (c->timeline && (c->what == DIFF || c->format != PROF_SVG))
		return fail("--time-line is for one profile as SVG", NULL);
	if (!c->output)
		c->output = "-";
	return true;
}

static void flush(void *ctx, struct buf *out)
{
	result_write(ctx, out->data, out->len);
	buf_reset(out);
}

static void terminal_size(struct picture_options *o)
{
	struct terminal terminal = terminal_of(STDOUT_FILENO);

	o->columns = o->width ? (unsigned)o->width : terminal.columns;
	o->colour = terminal.colour;
}

static void write_tree(struct command *c, struct profile *p, struct buf *out, const struct prof_sink *sink)
{
	struct tree *t;

	c->tree.compare = c->what == DIFF;
	c->tree.places = c->format == PROF_HTML;
	c->tree.by_sample = c->tree.places || c->timeline;
	if (c->format == PROF_HTML) {
		/* the page turns it round itself */
		c->picture.negate = false;
		c->tree.reverse = false;
	}
	t = tree_new(p, &c->tree);
	switch (c->format) {
	case PROF_SVG:
		if (c->timeline)
			draw_timeline_svg(t, &c->picture, c->lanes, out, sink);
		else
			draw_svg(t, &c->picture, out, sink);
		break;
	case PROF_HTML:
		draw_html(t, &c->picture, out);
		break;
	case PROF_TERM:
		terminal_size(&c->picture);
		draw_term(t, &c->picture, out);
		break;
	case PROF_JSON:
		write_tree_json(t, out, sink);
		break;
	default:
		write_folded(t, out, sink);
	}
	tree_free(t);
}

static bool write_result(struct command *c, struct profile *p)
{
	struct profile_result o;
	struct prof_sink sink = {flush, &o};
	struct buf out = {0};

	if (!result_open(&o, c->output))
		return false;
	if (c->format == PROF_PPROF) {
		struct buf plain = {0};

		write_pprof(p, &plain);
		prof_gzip(plain.data, plain.len, &out);
		buf_free(&plain);
	} else if (c->format == PROF_PERF) {
		write_perf(p, &out, &sink);
	} else if (c->format == PROF_SPEEDSCOPE) {
		write_speedscope(p, c->picture.title ? c->picture.title : c->files[0], &out, &sink);
	} else {
		write_tree(c, p, &out, &sink);
	}
	result_write(&o, buf_str(&out), out.len);
	buf_free(&out);
	return result_commit(&o);
}

static bool worth_saying(const struct prof_quality *q)
{
	return q->lost || q->cut || q->bad_lines || q->other_events;
}

static bool run(struct command *c)
{
	struct profile *p = profile_new();
	const char *why = NULL;
	bool ok = true;

	for (int i = 0; ok && i < c->nfiles; i++) {
		struct profile_input in = {c->files[i], c->input, c->read, c->progress};

		in.read.source = c->what == DIFF && i == 1;
		ok = profile_file_read(p, &in);
	}
	if (ok && profile_select(p, &c->select, &why) < 0)
		ok = fail(why, NULL);
	if (ok && !p->samples.n)
		ok = fail(p->quality.samples ? "no sample is left by what was asked for" : "no sample", NULL);
	if (ok && c->timeline && !p->has_time)
		ok = fail("no sample has a time", "no time line");
	if (ok && worth_saying(&p->quality) && !c->quiet && c->format != PROF_TERM) {
		struct buf line = {0};

		write_quality(p, &line);
		fprintf(stderr, "%s\n", buf_str(&line));
		buf_free(&line);
	}
	ok = ok && write_result(c, p);
	profile_free(p);
	return ok;
}

bool convert_requested(int argc, char **argv, int *status)
{
	struct command c = {.picture.minwidth = 0.1};

	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(forms); i++) {
		if (!str_eq(argv[1], forms[i].name))
			continue;
		c.what = i;
		*status = 1;
		argv[1] = argv[0];
		if (!parse(&c, argc - 1, argv + 1))
			return true;
		if (c.help)
			help_print(forms[i].name, stdout);
		if (c.help || (plan(&c) && run(&c)))
			*status = 0;
		return true;
	}
	return false;
}
