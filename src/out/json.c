/*
 * json.c - results as JSON, one object a line. See output.h.
 *
 *   {"type": "map", "data": {"@x": 5}}
 *   {"type": "map", "data": {"@m": [{"key": ["cat", 12], "value": 5}, ...]}}
 *   {"type": "hist", "data": {"@h": [{"min": 2, "max": 3, "count": 1}, ...]},
 *    "percentiles": {"p50": 2, "max": 3}, "percentile_error": 0.0625}
 *
 * Types, and what is in a histogram or stats, are bpftrace's; keys are arrays of typed values.
 */
#include "out/json.h"

#include <stdlib.h>

#include "out/common.h"
#include "out/conversion.h"
#include "out/hist.h"
#include "out/lines.h"
#include "out/tseries.h"
#include "out/order.h"
#include "run/merge.h"

static void begin_object(struct output *out, const char *type)
{
	buf_printf(&out->line, "{\"type\": \"%s\"", type);
}

static void end_object(struct output *out)
{
	buf_puts(&out->line, "}\n");
	output_flush_line(out);
}

static bool is_histogram(const struct type *type)
{
	return type->kind == TYPE_HIST || type->kind == TYPE_LHIST;
}

static void write_histogram(const struct map *map, int64_t divisor, const uint8_t *value,
			    struct buf *out)
{
	hist_rows rows = {0};
	const char *separator = "";

	hist_rows_make(map->value, hist_shown_bits(map), value, &rows);
	buf_putc(out, '[');
	vec_each(row, &rows) {
		buf_printf(out, "%s{", separator);
		if (!row->no_low)
			buf_printf(out, "\"min\": %lld, ", (long long)row->low);
		if (!row->no_high)
			buf_printf(out, "\"max\": %lld, ",
				   (long long)(row->high == INT64_MAX ? row->high : row->high - 1));
		buf_puts(out, "\"count\": ");
		number_print(divided(row->count, divisor), out);
		buf_putc(out, '}');
		separator = ", ";
	}
	buf_putc(out, ']');
	vec_free(&rows);
}

static void write_percentiles(const struct type *type, const char *list, const uint8_t *value,
			      struct buf *out)
{
	struct hist_quantile q;
	const char *separator = "";

	buf_puts(out, ", \"percentiles\": {");
	while (aggregate_present(type, value) && hist_quantile_next(&list, type, value, &q)) {
		buf_printf(out, "%s\"%s\": ", separator, q.name);
		if (q.known)
			buf_printf(out, "%lld", (long long)q.value);
		else
			buf_puts(out, "null");
		separator = ", ";
	}
	buf_putc(out, '}');
}

static void write_map_value(const struct value_style *style, const struct map *map, int64_t divisor,
			    const uint8_t *value, struct buf *out)
{
	const struct type *t = map->value;
	struct aggregate_numbers n;
	struct value v;

	if (is_histogram(t)) {
		write_histogram(map, divisor, value, out);
		return;
	}
	if (t->kind == TYPE_TSERIES) {
		tseries_json(t, value, out);
		return;
	}
	if (t->kind == TYPE_STATS) {
		n = aggregate_numbers(t, value);
		buf_puts(out, "{\"count\": ");
		number_print(n.count, out);
		buf_puts(out, ", \"average\": ");
		number_print(divided(n.value, divisor), out);
		buf_puts(out, ", \"total\": ");
		number_print(n.sum, out);
		buf_putc(out, '}');
		return;
	}
	if (type_is_aggregation(t) || (divisor > 0 && t->kind == TYPE_INT)) {
		map_value_print(style, map, value, divisor, out);
		return;
	}
	v = value_stored(t, value);
	json_value(style, &v, out);
}

/* bpftrace's form: an object, its names the keys' parts joined by commas. */
static void write_joined(const struct value_style *style, const struct snapshot *snapshot,
			 const entry_list *list, struct buf *out)
{
	struct value_style tight = *style;
	const struct map *map = snapshot->map;
	struct buf name = {0};

	tight.tight = true;
	buf_putc(out, '{');
	vec_each(it, list) {
		struct value key = value_stored(map->key, (*it)->key);
		uint32_t parts = map->key->kind == TYPE_TUPLE ? map->key->nfields : 1;

		buf_reset(&name);
		for (uint32_t i = 0; i < parts; i++) {
			struct value part = map->key->kind == TYPE_TUPLE ? value_element(&key, i) : key;

			if (i)
				buf_putc(&name, ',');
			value_print(&tight, &part, &name);
		}
		if (it > list->v)
			buf_puts(out, ", ");
		json_string(buf_str(&name), name.len, out);
		buf_puts(out, ": ");
		write_map_value(style, map, snapshot->divisor, (*it)->value, out);
	}
	buf_putc(out, '}');
	buf_free(&name);
}

static void write_entries(const struct value_style *style, const struct snapshot *snapshot,
			  struct buf *out)
{
	const struct map *map = snapshot->map;
	const char *separator = "";
	entry_list list = {0};

	snapshot_order(snapshot, &list);
	if (snapshot->joined) {
		write_joined(style, snapshot, &list, out);
		vec_free(&list);
		return;
	}
	buf_putc(out, '[');
	vec_each(it, &list) {
		struct value key = value_stored(map->key, (*it)->key);

		buf_printf(out, "%s{\"key\": ", separator);
		json_key(style, &key, out);
		buf_puts(out, ", \"value\": ");
		write_map_value(style, map, snapshot->divisor, (*it)->value, out);
		if (snapshot->percentiles && map->value->kind == TYPE_HIST)
			write_percentiles(map->value, snapshot->percentiles, (*it)->value, out);
		buf_putc(out, '}');
		separator = ", ";
	}
	buf_putc(out, ']');
	vec_free(&list);
}

/* The word bpftrace's readers know a map's object by. */
static const char *map_word(const struct type *type)
{
	if (is_histogram(type))
		return "hist";
	if (type->kind == TYPE_TSERIES)
		return "tseries";
	return type->kind == TYPE_STATS || type->kind == TYPE_AVG ? "stats" : "map";
}

/* What a tool's header says of the map: what its keys are and what its histogram counts. */
static void write_presentation(const struct presentation *p, struct buf *out)
{
	if (p->unit) {
		buf_puts(out, ", \"unit\": ");
		json_string(p->unit, strlen(p->unit), out);
	}
	if (!p->nkeys)
		return;
	buf_puts(out, ", \"keys\": [");
	for (uint32_t i = 0; i < p->nkeys; i++) {
		buf_puts(out, i ? ", " : "");
		json_string(p->keys[i].name, strlen(p->keys[i].name), out);
	}
	buf_putc(out, ']');
}

/*
 * {"type": "table", "data": {"@io": [{"key": [12, "cat"], "value": {"reads": 5, "r_kb": 1.5}}]},
 *  "keys": ["pid", "comm"]}
 */
static void table(struct output *out, const struct snapshot *snapshot)
{
	struct value_style style = output_style(out);
	const struct map *map = snapshot->map;
	const struct presentation *p = map->presentation;
	table_lines lines = {0};

	begin_object(out, "table");
	buf_printf(&out->line, ", \"data\": {\"@%s\": [", map->name);
	table_lines_make(snapshot, &lines);
	vec_each(line, &lines) {
		buf_puts(&out->line, line > lines.v ? ", {\"key\": [" : "{\"key\": [");
		for (uint32_t i = 0; i < table_key_count(map); i++) {
			struct value v = table_key_part(map, line->entry, i);

			buf_puts(&out->line, i ? "," : "");
			json_value(&style, &v, &out->line);
		}
		buf_puts(&out->line, "], \"value\": {");
		for (uint32_t i = 0; i < p->nvalues; i++) {
			const struct column *c = &p->values[i];

			buf_puts(&out->line, i ? ", " : "");
			json_string(c->name, strlen(c->name), &out->line);
			buf_puts(&out->line, ": ");
			fraction_print(table_line_number(map, line, c), c->divisor, c->divisor > 1 ? 3 : 0, &out->line);
		}
		buf_puts(&out->line, "}}");
	}
	buf_puts(&out->line, "]}");
	write_presentation(p, &out->line);
	end_object(out);
	vec_free(&lines);
}

static void map(struct output *out, const struct snapshot *given)
{
	struct value_style style = output_style(out);
	struct snapshot own = *given, *snapshot = &own;
	const struct map *map = snapshot->map;
	bool percentiles = snapshot->percentiles && map->value->kind == TYPE_HIST;

	if (map->presentation && map->presentation->measured) {
		table(out, given);
		return;
	}
	own.joined = out->dropin;
	begin_object(out, map_word(map->value));
	buf_printf(&out->line, ", \"data\": {\"@%s\": ", map->name);
	if (map->key) {
		write_entries(&style, snapshot, &out->line);
	} else {
		uint8_t *zero = xcalloc(1, type_stored_size(map->value) + 1);
		const uint8_t *value = snapshot->n ? snapshot->entries[0].value : zero;

		write_map_value(&style, map, snapshot->divisor, value, &out->line);
		if (percentiles) {
			buf_putc(&out->line, '}');
			write_percentiles(map->value, snapshot->percentiles, value, &out->line);
		}
		free(zero);
	}
	if (map->key || !percentiles)
		buf_putc(&out->line, '}');
	if (percentiles)
		buf_printf(&out->line, ", \"percentile_error\": %g", 1.0 / (1u << map->value->bits));
	if (map->presentation)
		write_presentation(map->presentation, &out->line);
	end_object(out);
}

static void entry(struct output *out, const struct map *map, const struct value *key,
		  const struct value *value)
{
	struct value_style style = output_style(out);
	uint8_t *zero = value ? NULL : xcalloc(1, type_stored_size(map->value));

	(void)key;
	begin_object(out, "value");
	buf_puts(&out->line, ", \"data\": ");
	write_map_value(&style, map, 0, value ? value->data : zero, &out->line);
	end_object(out);
	free(zero);
}

static void text(struct output *out, enum action_kind kind, const char *text, size_t len)
{
	static const char *const words[] = {
		[ACTION_PRINTF] = "printf", [ACTION_TIME] = "time", [ACTION_CAT] = "cat",
		[ACTION_SYSTEM] = "syscall", [ACTION_JOIN] = "join",
	};

	BUG_ON((size_t)kind >= ARRAY_SIZE(words) || !words[kind]);
	begin_object(out, words[kind]);
	buf_puts(&out->line, ", \"data\": ");
	json_string(text, kind == ACTION_JOIN && len ? len - 1 : len, &out->line); /* not the line's end */
	end_object(out);
}

static void message(struct output *out, enum action_kind kind, const struct place *place,
		    const char *text, size_t len)
{
	begin_object(out, kind == ACTION_ERRORF ? "errorf" : "warnf");
	buf_puts(&out->line, ", \"msg\": ");
	json_string(text, len, &out->line);
	if (place) {
		buf_puts(&out->line, ", \"filename\": ");
		json_string(place->source->name, strlen(place->source->name), &out->line);
		buf_printf(&out->line, ", \"line\": %u, \"col\": %u", place->line, place->col);
	}
	end_object(out);
}

/* What the rest of the format, from `segment` on, says: "message": "read 12 bytes" */
static void row_message(struct output *out, const struct action *action, const struct format_segment *segment,
			const struct value *args, size_t nargs)
{
	struct value_style style = output_style(out);
	struct format rest = *action->format;
	struct buf text = {0};
	size_t from;

	rest.segments.v = (struct format_segment *)segment;
	rest.segments.n = action->format->segments.n - (size_t)(segment - action->format->segments.v);
	format_values(&style, &rest, args, nargs, &text);
	from = text.len && text.data[0] == ' ';
	while (text.len > from && text.data[text.len - 1] == '\n')
		text.len--;
	buf_puts(&out->line, ", \"message\": ");
	json_string(buf_str(&text) + from, text.len - from, &out->line);
	buf_free(&text);
}

/* {"type": "row", "data": {"pid": 12, "comm": "cat"}} */
static void row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
		const char *text, size_t len)
{
	struct value_style style = output_style(out);
	size_t i = 0;

	(void)text;
	(void)len;
	begin_object(out, "row");
	buf_puts(&out->line, ", \"data\": {");
	vec_each(segment, &action->format->segments) {
		if (action->columns[i].message) {
			row_message(out, action, segment, &args[i], nargs - i);
			break;
		}
		if (segment->literal || i >= nargs)
			continue;
		if (i)
			buf_puts(&out->line, ", ");
		json_string(action->columns[i].name, strlen(action->columns[i].name), &out->line);
		buf_puts(&out->line, ": ");
		json_conversion(&style, segment, &args[i++], &out->line);
	}
	buf_putc(&out->line, '}');
	end_object(out);
}

static void value(struct output *out, const struct value *value)
{
	struct value_style style = output_style(out);

	begin_object(out, "value");
	buf_puts(&out->line, ", \"data\": ");
	json_value(&style, value, &out->line);
	end_object(out);
}

static void attached(struct output *out, size_t probes)
{
	if (out->quiet)
		return;
	begin_object(out, "attached_probes");
	buf_printf(&out->line, ", \"count\": %zu, \"data\": {\"probes\": %zu}", probes, probes);
	end_object(out);
}

static void end(struct output *out)
{
	(void)out;
}

static void losses(struct output *out, const struct loss_line *lines, size_t n)
{
	size_t told = 0;

	for (size_t i = 0; i < n; i++)
		told += output_tells(out, &lines[i]);
	if (out->dropin && !told)
		return;
	begin_object(out, "lost_events");
	buf_puts(&out->line, ", \"data\": {");
	for (size_t i = 0; i < n; i++)
		buf_printf(&out->line, "%s\"%s\": %llu", i ? ", " : "", lines[i].name,
			   (unsigned long long)lines[i].count);
	buf_putc(&out->line, '}');
	end_object(out);
}

static void cost(struct output *out, const struct cost *cost)
{
	if (out->dropin)
		return;
	begin_object(out, "cost");
	buf_printf(&out->line, ", \"data\": {\"seconds\": %.3f, \"probes\": ", cost->seconds);
	if (!cost->run_time_known) {
		buf_puts(&out->line, "null");
	} else {
		buf_putc(&out->line, '[');
		for (size_t i = 0; i < cost->nprobes; i++) {
			const struct probe_cost *p = &cost->probes[i];

			buf_puts(&out->line, i ? ", {\"name\": " : "{\"name\": ");
			json_string(p->name, strlen(p->name), &out->line);
			if (p->more)
				buf_printf(&out->line, ", \"more_targets\": %zu", p->more);
			buf_printf(&out->line, ", \"runs\": %llu, \"mean_ns\": %llu, \"cpu_share\": %.6f}",
				   (unsigned long long)p->runs, (unsigned long long)(p->runs ? p->ns / p->runs : 0),
				   cost->seconds > 0 ? p->ns / cost->seconds / 1e9 : 0.0);
		}
		buf_putc(&out->line, ']');
	}
	if (cost->run_time_known)
		buf_printf(&out->line, ", \"estimated\": %s", cost->estimated ? "true" : "false");
	buf_printf(&out->line, ", \"self_cpu_seconds\": %.6f, \"self_peak_kb\": %llu, \"maps_kb\": %llu}",
		   cost->self_cpu_seconds, (unsigned long long)cost->self_peak_kb,
		   (unsigned long long)cost->maps_kb);
	end_object(out);
}

static void trial(struct output *out, const char *name, bool passed, uint64_t ns)
{
	buf_puts(&out->line, "{\"type\": \"test_result\", \"data\": {");
	json_string(name, strlen(name), &out->line);
	buf_printf(&out->line, ": {\"duration\": %llu, \"passed\": %s}}", (unsigned long long)ns,
		   passed ? "true" : "false");
	end_object(out);
}

static void benchmark(struct output *out, const char *name, uint64_t mean_ns, uint64_t runs)
{
	buf_puts(&out->line, "{\"type\": \"benchmark_result\", \"data\": {");
	json_string(name, strlen(name), &out->line);
	buf_printf(&out->line, ": {\"average\": %llu, \"iters\": %llu}}", (unsigned long long)mean_ns,
		   (unsigned long long)runs);
	end_object(out);
}

static const struct output_ops ops = {
	.trial = trial,
	.benchmark = benchmark,
	.text = text,
	.message = message,
	.row = row,
	.value = value,
	.map = map,
	.entry = entry,
	.attached = attached,
	.end = end,
	.losses = losses,
	.cost = cost,
	.format = output_format,
	.string = output_string,
	.time = output_time,
	.free = output_free,
};

struct output *output_json_new(FILE *file, FILE *messages)
{
	struct output *out = output_make(&ops, file, messages);

	out->terminal = out->messages_terminal = false; /* JSON has its own escapes */
	return out;
}
