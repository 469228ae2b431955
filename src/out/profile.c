/*
 * profile.c - stacks as a profile (prof/profile.h), written when the run is over: flame graphs, pprof,
 * speedscope, `perf script` text. See output.h.
 *
 *   maps, rows and records with stacks --samples.h--> struct profile --at the end--> file
 *   @ = hist(...), printed every interval    a heat map (heat.h), where there are no stacks
 *
 * Losses and cost become the picture's quality line.
 */
#include <stdlib.h>
#include <time.h>

#include "draw/picture.h"
#include "out/heat.h"
#include "out/samples.h"
#include "out/stack_key.h"
#include "out/terminal.h"
#include "prof/format.h"
#include "prof/gzip.h"

struct profile_output {
	struct output out;
	enum prof_format format;
	struct output_ops rest; /* what is no stack */
	struct profile *profile;
	struct heat_log heat; /* histograms, where the form is a picture */
	uint64_t clock;       /* ns from the monotonic clock to the one on the wall */
	struct buf cost;
	const char *title;
};

static struct profile_output *self(struct output *out)
{
	return (struct profile_output *)out;
}

/* The clock on the wall, but never set back or forth. */
static uint64_t wall_clock_ns(const struct profile_output *o)
{
	return o->clock + now_ns();
}

/* A histogram becomes a part of the heat map, where the form has one. */
static bool goes_to_heat(const struct profile_output *o, const struct map *map)
{
	enum type_kind kind = map->value->kind;

	return (kind == TYPE_HIST || kind == TYPE_LHIST || kind == TYPE_TSERIES) &&
	       (o->format == PROF_SVG || o->format == PROF_HTML);
}

static void entry(struct output *out, const struct map *map, const struct value *key, const struct value *value)
{
	struct profile_output *o = self(out);
	struct map_entry one = {.key = key->data, .value = value ? value->data : NULL};
	struct value_style style = output_style(out);

	if (!value || key_has_stack(map->key) || !goes_to_heat(o, map))
		output_entry_as_map(out, map, key, value);
	else
		heat_log_add_entry(&o->heat, &style, map, &one, wall_clock_ns(o));
}

static void cleared(struct output *out, const struct map *map)
{
	heat_log_clear(&self(out)->heat, map);
}

static void map(struct output *out, const struct snapshot *snapshot)
{
	struct profile_output *o = self(out);
	struct value_style style = output_style(out);

	if (key_has_stack(snapshot->map->key))
		samples_add_map(&(struct samples){out, o->profile}, snapshot);
	else if (goes_to_heat(o, snapshot->map))
		heat_log_add(&o->heat, &style, snapshot, wall_clock_ns(o));
	else
		o->rest.map(out, snapshot);
}

static void row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
		const char *text, size_t len)
{
	const char **names = xcalloc(nargs, sizeof(*names));

	for (size_t i = 0; i < nargs; i++)
		names[i] = row_column(action, i)->title;
	if (!samples_add_values(&(struct samples){out, self(out)->profile}, args, names, nargs))
		self(out)->rest.row(out, action, args, nargs, text, len);
	free(names);
}

static void value(struct output *out, const struct value *value)
{
	if (!samples_add_record(&(struct samples){out, self(out)->profile}, value))
		self(out)->rest.value(out, value);
}

static void text(struct output *out, enum action_kind kind, const char *text, size_t len)
{
	self(out)->rest.text(out, kind, text, len);
}

/* The banner without the titles of rows. */
static void attached(struct output *out, size_t probes)
{
	struct profile_output *o = self(out);

	if (!o->heat.series.n)
		o->heat.began = wall_clock_ns(o);
	if (!out->banner)
		text_attached(out, probes);
	else if (!out->quiet)
		fprintf(out->messages, "%.*s\n", (int)strcspn(out->banner, "\n"), out->banner);
}

static void losses(struct output *out, const struct loss_line *lines, size_t n)
{
	struct prof_quality *q = &self(out)->profile->quality;

	/* what was cut short is in the picture; the rest is not */
	for (size_t i = 0; i < n; i++)
		if (!str_starts(lines[i].name, "unwind_") && !str_starts(lines[i].name, "string_"))
			q->lost += lines[i].count;
	text_losses(out, lines, n);
}

static void cost(struct output *out, const struct cost *cost)
{
	struct profile_output *o = self(out);
	uint64_t ns = 0;

	for (size_t i = 0; i < cost->nprobes; i++)
		ns += cost->probes[i].ns;
	if (cost->seconds > 0)
		buf_printf(&o->cost, "%.2f%% of a CPU in probes, %.2f%% in sonde, over %.1f s",
			   ns / cost->seconds / 1e7, cost->self_cpu_seconds / cost->seconds * 100, cost->seconds);
	text_cost(out, cost);
}

/* ---- the end ---- */

static void write_tree(struct profile_output *o, struct buf *result)
{
	bool page = o->format == PROF_HTML;
	struct tree_options options = {.no_comm = !o->profile->has_threads, .places = page, .by_sample = page};
	struct picture_options picture = {.title = o->title, .columns = 80, .minwidth = 0.1};
	struct tree *t = tree_new(o->profile, &options);

	if (o->format == PROF_SVG) {
		draw_svg(t, &picture, result, NULL);
	} else if (o->format == PROF_TERM) {
		struct terminal terminal = terminal_of(fileno(o->out.file));

		picture.columns = terminal.columns;
		picture.colour = terminal.colour;
		draw_term(t, &picture, result);
	} else if (page) {
		draw_html(t, &picture, result);
	} else {
		write_folded(t, result, NULL);
	}
	tree_free(t);
}

static void write_heat(struct profile_output *o, struct buf *result)
{
	struct heat heat = heat_log_make(&o->heat);
	uint64_t values = 0, columns = 0;
	struct buf quality = {0};

	vec_each(p, &heat.panels) {
		values += p->total;
		columns = MAX_OF(columns, (uint64_t)p->columns.n);
	}
	buf_printf(&quality, "%llu values in %llu columns, %llu lost, cost %s", (unsigned long long)values,
		   (unsigned long long)columns, (unsigned long long)o->profile->quality.lost,
		   o->cost.len ? buf_str(&o->cost) : "not known");
	if (heat.left_out)
		buf_printf(&quality, ", %u keys with fewer values left out", heat.left_out);
	heat.title = o->title;
	heat.quality = buf_str(&quality);
	if (o->format == PROF_SVG)
		draw_heat_svg(&heat, result);
	else
		draw_heat_html(&heat, result);
	buf_free(&quality);
	heat_free(&heat);
}

static int profile_output_free(struct output *out)
{
	struct profile_output *o = self(out);
	struct buf result = {0}, packed = {0};

	o->profile->quality.cost = o->cost.len ? buf_str(&o->cost) : NULL;
	if (o->heat.series.n && o->profile->samples.n)
		fputs("sonde: stacks are drawn; the histograms beside them are not\n", out->messages);
	if (o->heat.series.n && !o->profile->samples.n) {
		write_heat(o, &result);
	} else if (!o->profile->samples.n && o->format == PROF_TERM) {
		; /* all there was has been printed */
	} else if (!o->profile->samples.n) {
		fputs("sonde: no stack and no histogram was seen: nothing to draw\n", out->messages);
	} else if (o->format == PROF_PPROF) {
		write_pprof(o->profile, &packed);
		prof_gzip(packed.data, packed.len, &result);
	} else if (o->format == PROF_SPEEDSCOPE) {
		write_speedscope(o->profile, o->title ? o->title : "sonde", &result, NULL);
	} else if (o->format == PROF_PERF) {
		write_perf(o->profile, &result, NULL);
	} else {
		write_tree(o, &result);
	}
	output_write(out, buf_str(&result), result.len);
	buf_free(&result);
	buf_free(&packed);
	buf_free(&o->cost);
	heat_log_free(&o->heat);
	profile_free(o->profile);
	return output_free(out);
}

static const struct output_ops ops = {
	.text = text,
	.message = text_message,
	.row = row,
	.value = value,
	.map = map,
	.cleared = cleared,
	.entry = entry,
	.attached = attached,
	.end = output_no_end,
	.losses = losses,
	.cost = cost,
	.format = output_format,
	.string = output_string,
	.time = output_time,
	.free = profile_output_free,
};

struct output *output_profile_new(enum prof_format format, const char *title, FILE *file, FILE *messages)
{
	static const struct output_ops others = {
		.text = messages_text, .row = messages_row, .value = messages_value, .map = messages_map,
	};
	struct profile_output *o = xcalloc(1, sizeof(*o));
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	o->clock = (uint64_t)wall.tv_sec * 1000000000 + wall.tv_nsec - now_ns();
	o->heat.began = wall_clock_ns(o);
	o->rest = format == PROF_TERM ? *text_ops() : others;
	if (format == PROF_TERM)
		o->rest.map = term_map;
	output_init(&o->out, &ops, file, messages);
	o->out.text_aside = format != PROF_TERM;
	o->format = format;
	o->title = title;
	o->profile = profile_new();
	return &o->out;
}
