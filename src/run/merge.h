/*
 * merge.h - aggregates (lang/type.def, values of maps only) put together and read, in memory.
 * Pure: what was read from CPUs and generations of a map becomes one value here.
 */
#ifndef SONDE_RUN_MERGE_H
#define SONDE_RUN_MERGE_H

#include "lang/type.h"

/* `from` added to `into`; both type->size bytes, 8-aligned. */
void aggregate_merge(const struct type *type, void *into, const void *from);
/* False when nothing was ever added: all CPUs' slots are empty. */
bool aggregate_present(const struct type *type, const void *value);
/* The numbers in it. 128 bits hold every signed and unsigned 64-bit value. */
struct aggregate_numbers {
	__int128 count, sum; /* AVG, STATS; HIST and LHIST: count of all values */
	__int128 value;      /* what stands for it: count, sum, average, minimum, maximum */
};
struct aggregate_numbers aggregate_numbers(const struct type *type, const void *value);

/* Buckets of a HIST or LHIST, without what follows them. */
uint32_t aggregate_buckets(const struct type *type);

/*
 * Takes out of `from` what an earlier look at the same aggregate saw: sums are subtracted; an
 * extreme that has not changed since is dropped. False: nothing is left.
 */
bool aggregate_subtract(const struct type *type, void *from, const void *seen);

/* merge_tseries.c: the same for time series. */
struct tseries_slot;
void tseries_merge(const struct type *type, struct tseries_slot *into, const struct tseries_slot *from);
bool tseries_subtract(const struct type *type, struct tseries_slot *from, const struct tseries_slot *seen);

struct tseries_point {
	uint64_t start; /* ns since 1970 */
	bool known;     /* false: nothing came in this interval */
	int64_t value;
};
typedef VEC(struct tseries_point) tseries_points;
/* The intervals that are kept, oldest first, from the first to the last that has a value. */
void tseries_points_make(const struct type *type, const void *value, tseries_points *out);

/* Smallest and largest of a HIST with percentiles. */
struct hist_range {
	bool present;
	int64_t min, max;
};
struct hist_range aggregate_range(const struct type *type, const void *value);

#endif
