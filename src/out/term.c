/*
 * term.c - results for eyes, as wide as the window: histograms as bars of blocks when they are
 * printed, everything else as text. (Stacks become one flame graph at the end: profile.c.)
 *
 *   @us:
 *   [16, 32)       19630 █████████████████▌            65.4 %
 *   [32, 64)         217 ▎                              0.7 %
 */
#include <stdlib.h>

#include "out/common.h"
#include "out/hist.h"
#include "out/order.h"
#include "out/table.h"
#include "out/terminal.h"

static void print_heading(struct output *out, const struct snapshot *snapshot, const struct map_entry *entry)
{
	struct value_style style = output_style(out);
	const struct map *map = snapshot->map;

	if (map->presentation) {
		table_heading(&style, map, entry, &out->line);
		buf_printf(&out->line, "%s\n", map->presentation->unit);
		return;
	}
	buf_printf(&out->line, "@%s", map->name);
	if (map->key) {
		struct value key = value_stored(map->key, entry->key);

		buf_putc(&out->line, '[');
		value_print_key(&style, &key, &out->line);
		buf_putc(&out->line, ']');
	}
	buf_puts(&out->line, ":\n");
}

static void print_histogram(struct output *out, const struct snapshot *snapshot, const struct map_entry *entry)
{
	struct terminal terminal = terminal_of(fileno(out->file));
	hist_rows rows = {0};

	print_heading(out, snapshot, entry);
	hist_rows_make(snapshot->map->value, hist_shown_bits(snapshot->map), entry->value, &rows);
	hist_rows_print_blocks(&rows, snapshot->divisor, terminal.columns, terminal.colour, &out->line);
	if (snapshot->percentiles && rows.n)
		hist_quantiles_print(snapshot->percentiles, snapshot->map->value, entry->value, &out->line);
	buf_putc(&out->line, '\n');
	vec_free(&rows);
}

void term_map(struct output *out, const struct snapshot *snapshot)
{
	struct value_style style = output_style(out);
	enum type_kind kind = snapshot->map->value->kind;
	entry_list list = {0};

	if (kind != TYPE_HIST && kind != TYPE_LHIST) {
		text_map(&style, snapshot, &out->line);
	} else {
		snapshot_order(snapshot, &list);
		vec_each(entry, &list)
			print_histogram(out, snapshot, *entry);
		vec_free(&list);
	}
	output_flush_line(out);
}
