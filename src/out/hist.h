/*
 * hist.h - histograms for reading: rows of a range and a count, bars, percentiles.
 */
#ifndef SONDE_OUT_HIST_H
#define SONDE_OUT_HIST_H

#include "lang/script.h"

struct hist_row {
	int64_t low, high;   /* low <= value < high */
	bool no_low, no_high;
	bool one_unit;       /* a bound is in the unit of the bucket that begins there: [2048, 2560), not [2K, 2560) */
	int64_t after;       /* one_unit: where the next bucket ends */
	uint64_t count;
};
typedef VEC(struct hist_row) hist_rows;

/*
 * The rows of a HIST or LHIST value from the first to the last that is not empty; a HIST is
 * folded to 2^shown_bits buckets for each power of two (shown_bits at most type->bits).
 */
void hist_rows_make(const struct type *type, unsigned shown_bits, const void *value, hist_rows *out);
/* What `shown_bits` is for a map: finer buckets may be kept than were asked for. */
unsigned hist_shown_bits(const struct map *map);
/* A line a row, counts divided by `divisor` (0: not). */
void hist_rows_print(const hist_rows *rows, int64_t divisor, struct buf *out);
/* The same in `columns`, with bars of blocks and each row's share. */
void hist_rows_print_blocks(const hist_rows *rows, int64_t divisor, unsigned columns, bool colour, struct buf *out);
/* A bar of `cells` for the share count / most, to an eighth of one; padded with blanks. most > 0. */
void hist_bar_print(uint64_t count, uint64_t most, unsigned cells, struct buf *out);

struct hist_quantile {
	char name[16];   /* "p99.9", "min" */
	bool known;      /* false: it lies among the negative values, which share one bucket */
	int64_t value;
};
/*
 * The next one of a list "p50,p99,max" moved over in *list; false at its end. Interpolated
 * within the bucket and kept between minimum and maximum: off by at most one bucket's width,
 * 1/2^bits of the value. min and max are exact. `value` must not be empty.
 */
bool hist_quantile_next(const char **list, const struct type *type, const void *value,
			struct hist_quantile *out);
/* `p50 12, p99 88, max 120 (percentiles within 6.25%)` and a newline. */
void hist_quantiles_print(const char *list, const struct type *type, const void *value, struct buf *out);

#endif
