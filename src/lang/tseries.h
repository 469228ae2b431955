/*
 * tseries.h - the value of tseries(): a ring of intervals.
 *
 *     slot[number % count]:   | u64 number | u64 value | u64 extra |
 *
 * number is the interval's, since 1970: wall-clock nanoseconds divided by the interval's length;
 * 0: empty, TSERIES_BUSY: being emptied for a new interval. What value and extra hold, by `how`:
 *
 *     last      the value                      when it was taken, monotonic ns
 *     avg, sum  the sum                        how many
 *     max, min  value ^ minmax_mask (hist.h)   1
 */
#ifndef SONDE_LANG_TSERIES_H
#define SONDE_LANG_TSERIES_H

#include "lang/hist.h"
#include "lang/type.h"

enum tseries_how { TSERIES_LAST, TSERIES_AVG, TSERIES_MAX, TSERIES_MIN, TSERIES_SUM };
enum { TSERIES_BUSY = 1 };

struct tseries_slot {
	uint64_t number, value, extra;
};

/* A TSERIES type keeps them in min, max and step. */
static inline uint64_t tseries_interval(const struct type *t) { return (uint64_t)t->min; }
static inline uint32_t tseries_count(const struct type *t) { return (uint32_t)t->max; }
static inline enum tseries_how tseries_how(const struct type *t) { return (enum tseries_how)t->step; }

static inline bool tseries_is_extreme(enum tseries_how how)
{
	return how == TSERIES_MAX || how == TSERIES_MIN;
}

#endif
