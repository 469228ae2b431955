/*
 * hist.h - buckets of hist(), shared by the code generator and the reader.
 *
 * With `bits` = k every power of two is split into 2^k buckets of equal width:
 *
 *   bucket 0         values below 0
 *   bucket 1 + v     v < 2^k, each value its own bucket
 *   then, for e = k, k+1, ... 62: 2^k buckets over [2^e, 2^(e+1))
 *
 * so the width of a bucket is at most 1/2^k of its lower bound: that is the error bound of
 * a percentile read from it. k = 0 is the plain power-of-two histogram.
 */
#ifndef SONDE_HIST_H
#define SONDE_HIST_H

#include <stdint.h>

enum { HIST_MAX_BITS = 5, HIST_PERCENTILE_BITS = 4 };

static inline uint32_t hist_buckets(unsigned bits)
{
	return 1 + ((64 - bits) << bits);
}

static inline uint32_t hist_bucket(int64_t value, unsigned bits)
{
	unsigned e;

	if (value < 0)
		return 0;
	if ((uint64_t)value < (1ull << bits))
		return 1 + (uint32_t)value;
	e = 63 - __builtin_clzll((uint64_t)value);
	return 1 + ((e - bits) << bits) + (uint32_t)((uint64_t)value >> (e - bits));
}

/* The lowest value of the bucket; the bucket ends before hist_low(bucket + 1). */
static inline int64_t hist_low(uint32_t bucket, unsigned bits)
{
	uint32_t i;
	unsigned e;

	if (bucket == 0)
		return INT64_MIN;
	i = bucket - 1;
	if (i < (2u << bits))
		return i;
	e = (i >> bits) - 1 + bits; /* i = ((e - bits) << bits) + top, 2^bits <= top < 2^(bits+1) */
	if (e >= 63)
		return INT64_MAX;
	return (int64_t)((uint64_t)((i & ((1u << bits) - 1)) | (1u << bits)) << (e - bits));
}

static inline uint32_t lhist_buckets(int64_t min, int64_t max, int64_t step)
{
	return 3 + (uint32_t)((max - min - 1) / step); /* the steps rounded up, as max is above min */
}

/*
 * min and max are kept exclusive-or this mask, so that the better value is always the larger
 * one unsigned and a slot of zero bytes is the worst. value = kept ^ mask.
 */
static inline int64_t minmax_mask(int max, int is_signed)
{
	if (max)
		return is_signed ? INT64_MIN : 0;
	return is_signed ? INT64_MAX : -1;
}

#endif
