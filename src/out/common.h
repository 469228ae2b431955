/* common.h - what the forms of output share. */
#ifndef SONDE_OUT_COMMON_H
#define SONDE_OUT_COMMON_H

#include "out/output.h"
#include "out/value.h"

struct output *output_make(const struct output_ops *ops, FILE *file, FILE *messages);
void output_init(struct output *out, const struct output_ops *ops, FILE *file, FILE *messages);
/* Whether this cause of loss is told: bpftrace tells of reads that failed with -k only. */
bool output_tells(const struct output *out, const struct loss_line *line);
/*
 * To out->file. What fits into its buffer is never split over two writes: a traced command that
 * prints to the same place comes between our lines, not into them.
 */
void output_write(struct output *out, const char *text, size_t len);
/* Writes and empties out->line. */
void output_flush_line(struct output *out);
void output_format(struct output *out, const struct action *action, const struct value *args,
		   size_t nargs, struct buf *text);
void output_string(struct output *out, const struct value *value, struct buf *text);
void output_time(struct output *out, const char *format, struct buf *text);
/* Of what goes to out->file, and to out->messages. */
struct value_style output_style(const struct output *out);
struct value_style messages_style(const struct output *out);
/* The value of `map` as text: a number, stats, or a plain value. Histograms are not for this. */
void map_value_print(const struct value_style *style, const struct map *map, const uint8_t *value,
		     int64_t divisor, struct buf *text);
/* An __int128 in decimal. */
void number_print(__int128 n, struct buf *text);
/* n / divisor, when there is one. */
__int128 divided(__int128 n, int64_t divisor);

/* Text's own ways, for forms that differ in some of them. */
const struct output_ops *text_ops(void);
/* As text, shared by text and folded: one map, an entry, losses, cost. */
void text_map(const struct value_style *style, const struct snapshot *snapshot, struct buf *text);
void text_losses(struct output *out, const struct loss_line *lines, size_t n);
void text_cost(struct output *out, const struct cost *cost);
void text_message(struct output *out, enum action_kind kind, const struct place *place,
		  const char *text, size_t len);
void text_row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
	      const char *text, size_t len);
void text_attached(struct output *out, size_t probes);

/* The column that argument i of a row is of: the last one's message takes all that is left. */
const struct column *row_column(const struct action *action, size_t i);

/* As text, but histograms as blocks, as wide as the window. */
void term_map(struct output *out, const struct snapshot *snapshot);

/* As text, but to out->messages: what is no stack, where only stacks are written to out->file. */
void messages_text(struct output *out, enum action_kind kind, const char *text, size_t len);
void messages_row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
		  const char *text, size_t len);
void messages_value(struct output *out, const struct value *value);
void messages_map(struct output *out, const struct snapshot *snapshot);
void messages_attached(struct output *out, size_t probes);
/* One entry as a map that has but this one. */
void output_entry_as_map(struct output *out, const struct map *map, const struct value *key,
			 const struct value *value);
void output_no_end(struct output *out); /* nothing to say before the maps of the end */

#endif
