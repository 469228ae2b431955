/* text.c - results as text, in the forms users of bpftrace know. See output.h. */
#include <stdlib.h>

#include "out/common.h"
#include "out/hist.h"
#include "out/order.h"
#include "out/table.h"
#include "out/tseries.h"

static bool is_histogram(const struct type *type)
{
	return type->kind == TYPE_HIST || type->kind == TYPE_LHIST;
}

static void print_histogram(const struct snapshot *snapshot, const uint8_t *value, struct buf *text)
{
	hist_rows rows = {0};

	hist_rows_make(snapshot->map->value, hist_shown_bits(snapshot->map), value, &rows);
	if (snapshot->map->presentation)
		table_histogram(&rows, snapshot->map->presentation->unit, snapshot->divisor, text);
	else
		hist_rows_print(&rows, snapshot->divisor, text);
	if (snapshot->percentiles && rows.n)
		hist_quantiles_print(snapshot->percentiles, snapshot->map->value, value, text);
	buf_putc(text, '\n');
	vec_free(&rows);
}

static void print_entry(const struct value_style *style, const struct snapshot *snapshot,
			const struct map_entry *entry, struct buf *text)
{
	const struct map *map = snapshot->map;

	if (map->presentation) { /* a histogram of a tool */
		table_heading(style, map, entry, text);
		print_histogram(snapshot, entry->value, text);
		return;
	}
	buf_printf(text, "@%s", map->name);
	if (map->key) {
		struct value key = value_stored(map->key, entry->key);

		buf_putc(text, '[');
		value_print_key(style, &key, text);
		buf_putc(text, ']');
	}
	if (is_histogram(map->value)) {
		buf_puts(text, ":\n");
		print_histogram(snapshot, entry->value, text);
		return;
	}
	if (map->value->kind == TYPE_TSERIES) {
		buf_puts(text, ":\n");
		tseries_print(map->value, entry->value, text);
		buf_putc(text, '\n');
		return;
	}
	buf_puts(text, ": ");
	map_value_print(style, map, entry->value, snapshot->divisor, text);
	buf_putc(text, '\n');
}

/* A scalar nothing was ever stored in reads as zero; other values have no zero to show. */
static bool has_zero(const struct type *type)
{
	return type_is_int(type) || type->kind == TYPE_POINTER || type->kind == TYPE_STRING ||
	       (type_is_aggregation(type) && !is_histogram(type) && type->kind != TYPE_TSERIES);
}

void text_map(const struct value_style *style, const struct snapshot *snapshot, struct buf *text)
{
	const struct map *map = snapshot->map;
	entry_list list = {0};

	if (map->presentation && !map->presentation->unit) {
		table_print(style, snapshot, text);
		return;
	}
	if (!snapshot->n && !map->key && has_zero(map->value)) {
		struct map_entry zero = {.value = xcalloc(1, type_stored_size(map->value))};

		print_entry(style, snapshot, &zero, text);
		free((void *)zero.value);
		return;
	}
	snapshot_order(snapshot, &list);
	vec_each(entry, &list)
		print_entry(style, snapshot, *entry, text);
	vec_free(&list);
}

static void map(struct output *out, const struct snapshot *snapshot)
{
	struct value_style style = output_style(out);

	text_map(&style, snapshot, &out->line);
	output_flush_line(out);
}

static void entry(struct output *out, const struct map *map, const struct value *key,
		  const struct value *value)
{
	struct value_style style = output_style(out);
	struct snapshot one = {.map = map};
	uint8_t *zero = value ? NULL : xcalloc(1, type_stored_size(map->value));
	const uint8_t *data = value ? value->data : zero;

	(void)key;
	if (is_histogram(map->value))
		print_histogram(&one, data, &out->line);
	else if (map->value->kind == TYPE_TSERIES)
		tseries_print(map->value, data, &out->line);
	else
		map_value_print(&style, map, data, 0, &out->line);
	buf_putc(&out->line, '\n');
	output_flush_line(out);
	free(zero);
}

static void text(struct output *out, enum action_kind kind, const char *text, size_t len)
{
	(void)kind;
	output_write(out, text, len);
}

static void value(struct output *out, const struct value *value)
{
	struct value_style style = output_style(out);

	value_print(&style, value, &out->line);
	buf_putc(&out->line, '\n');
	output_flush_line(out);
}

void text_message(struct output *out, enum action_kind kind, const struct place *place,
		  const char *text, size_t len)
{
	if (place)
		fprintf(out->messages, "%s:%u:%u: ", place->source->name, place->line, place->col);
	fputs(kind == ACTION_ERRORF ? "ERROR: " : "WARNING: ", out->messages);
	fwrite(text, 1, len, out->messages);
	if (len == 0 || text[len - 1] != '\n')
		fputc('\n', out->messages);
}

void text_row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
	      const char *text, size_t len)
{
	(void)action;
	(void)args;
	(void)nargs;
	output_write(out, text, len);
}

void text_attached(struct output *out, size_t probes)
{
	if (out->banner) {
		fputs(out->banner, out->file);
		output_flush(out);
	} else if (!out->quiet)
		fprintf(out->messages, "Attached %zu probe%s\n", probes, probes == 1 ? "" : "s");
}

static void end(struct output *out)
{
	fputs("\n\n", out->file);
}

void text_losses(struct output *out, const struct loss_line *lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (output_tells(out, &lines[i]))
			fprintf(out->messages, "%s: %llu %s\n", out->dropin ? "WARNING" : "LOST",
			(unsigned long long)lines[i].count, lines[i].text);
}

/* `1200 runs, mean 80 ns, 0.10% of a CPU` */
static void print_probe_cost(FILE *file, const struct cost *cost, uint64_t runs, uint64_t ns)
{
	fprintf(file, "%s%llu runs, mean %llu ns, %.2f%% of a CPU", cost->estimated ? "about " : "",
		(unsigned long long)runs, (unsigned long long)(runs ? ns / runs : 0),
		cost->seconds > 0 ? ns / cost->seconds / 1e7 : 0.0);
}

void text_cost(struct output *out, const struct cost *cost)
{
	enum { MOST = 10 };
	uint64_t runs = 0, ns = 0;

	/* A script that attached nothing has cost nothing worth a line. */
	if (out->quiet || (out->dropin && !out->verbose) || !cost->nprobes || cost->seconds == 0)
		return;
	for (size_t i = 0; i < cost->nprobes; i++) {
		runs += cost->probes[i].runs;
		ns += cost->probes[i].ns;
	}
	fputs("cost: ", out->messages);
	if (cost->run_time_known && runs) {
		fputs("probes ", out->messages);
		print_probe_cost(out->messages, cost, runs, ns);
		fputs("; ", out->messages);
	}
	fprintf(out->messages, "sonde %.3f s of CPU in %.1f s, %.1f MB, maps %.1f MB\n", cost->self_cpu_seconds,
		cost->seconds, cost->self_peak_kb / 1024.0, cost->maps_kb / 1024.0);
	if (!cost->run_time_known || !runs || cost->nprobes < 2)
		return;
	for (size_t i = 0; i < MIN_OF(cost->nprobes, (size_t)MOST); i++) {
		const struct probe_cost *p = &cost->probes[i];

		fprintf(out->messages, "  %s", p->name);
		if (p->more)
			fprintf(out->messages, " and %zu more", p->more);
		fputs(": ", out->messages);
		print_probe_cost(out->messages, cost, p->runs, p->ns);
		fputc('\n', out->messages);
	}
}

static const struct output_ops ops = {
	.text = text,
	.message = text_message,
	.row = text_row,
	.value = value,
	.map = map,
	.entry = entry,
	.attached = text_attached,
	.end = end,
	.losses = text_losses,
	.cost = text_cost,
	.format = output_format,
	.string = output_string,
	.time = output_time,
	.free = output_free,
};

const struct output_ops *text_ops(void)
{
	return &ops;
}

struct output *output_text_new(FILE *file, FILE *messages)
{
	return output_make(&ops, file, messages);
}
