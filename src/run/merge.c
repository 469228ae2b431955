/* merge.c - see merge.h. Counters wrap at 2^64, as they do in the kernel. */
#include "run/merge.h"

#include "lang/hist.h"

#include <stdlib.h>

uint32_t aggregate_buckets(const struct type *type)
{
	return type->kind == TYPE_HIST ? hist_buckets(type->bits)
				       : lhist_buckets(type->min, type->max, type->step);
}

/* Extremes are kept masked (minmax_mask): the larger word is the better one, 0 the worst. */
static void merge_extreme(uint64_t *into, const uint64_t *from)
{
	*into = MAX_OF(*into, *from);
}

void aggregate_merge(const struct type *type, void *into_, const void *from_)
{
	uint64_t *into = into_;
	const uint64_t *from = from_;
	uint32_t n;

	switch ((enum type_kind)type->kind) {
	case TYPE_COUNT:
	case TYPE_SUM:
		into[0] += from[0];
		break;
	case TYPE_AVG:
	case TYPE_STATS:
		into[0] += from[0];
		into[1] += from[1];
		break;
	case TYPE_MIN:
	case TYPE_MAX:
		merge_extreme(into, from);
		into[1] |= from[1];
		break;
	case TYPE_TSERIES:
		tseries_merge(type, into_, from_);
		break;
	case TYPE_HIST:
	case TYPE_LHIST:
		n = aggregate_buckets(type);
		for (uint32_t i = 0; i < n; i++)
			into[i] += from[i];
		if (type->kind == TYPE_HIST && type->percentiles) {
			into[n] |= from[n];
			merge_extreme(into + n + 1, from + n + 1);
			merge_extreme(into + n + 2, from + n + 2);
		}
		break;
	default:
		BUG("merging values of kind %u", type->kind);
	}
}

bool aggregate_subtract(const struct type *type, void *from_, const void *seen_)
{
	uint64_t *from = from_, words = type->size / 8;
	const uint64_t *seen = seen_;

	switch ((enum type_kind)type->kind) {
	case TYPE_MIN:
	case TYPE_MAX:
		return from[1] && (!seen[1] || from[0] != seen[0]);
	case TYPE_TSERIES:
		return tseries_subtract(type, from_, seen_);
	case TYPE_HIST:
	case TYPE_LHIST:
		/* The range behind the buckets stays as it is: it still bounds what is left. */
		words = aggregate_buckets(type);
		break;
	default:
		break;
	}
	for (uint64_t i = 0; i < words; i++)
		from[i] -= seen[i];
	for (uint64_t i = 0; i < words; i++)
		if (from[i])
			return true;
	return false;
}

struct hist_range aggregate_range(const struct type *type, const void *value)
{
	const uint64_t *v = (const uint64_t *)value + aggregate_buckets(type);

	if (type->kind != TYPE_HIST || !type->percentiles || !v[0])
		return (struct hist_range){0};
	return (struct hist_range){true, v[1] ^ minmax_mask(0, 1), v[2] ^ minmax_mask(1, 1)};
}

bool aggregate_present(const struct type *type, const void *value)
{
	const uint64_t *v = value;

	for (uint32_t i = 0; i < type->size / 8; i++)
		if (v[i])
			return true;
	return false;
}

static __int128 widen(const struct type *type, uint64_t v)
{
	return type->is_signed ? (__int128)(int64_t)v : (__int128)v;
}

struct aggregate_numbers aggregate_numbers(const struct type *type, const void *value)
{
	const uint64_t *v = value;
	struct aggregate_numbers n = {0};
	tseries_points points = {0};

	switch ((enum type_kind)type->kind) {
	case TYPE_COUNT:
		n.value = v[0];
		break;
	case TYPE_SUM:
		n.value = widen(type, v[0]);
		break;
	case TYPE_MIN:
	case TYPE_MAX:
		n.value = v[1] ? widen(type, v[0] ^ minmax_mask(type->kind == TYPE_MAX, type->is_signed)) : 0;
		break;
	case TYPE_AVG:
	case TYPE_STATS:
		n.count = v[0];
		n.sum = widen(type, v[1]);
		n.value = n.count ? n.sum / n.count : 0;
		break;
	case TYPE_TSERIES: /* the newest one stands for it */
		tseries_points_make(type, value, &points);
		n.count = points.n;
		n.value = points.n ? points.v[points.n - 1].value : 0;
		vec_free(&points);
		break;
	case TYPE_HIST:
	case TYPE_LHIST:
		for (uint32_t i = 0; i < aggregate_buckets(type); i++)
			n.count += v[i];
		n.value = n.count;
		break;
	default:
		BUG("no numbers in kind %u", type->kind);
	}
	return n;
}
