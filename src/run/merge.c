/* merge.c - see merge.h. Counters wrap at 2^64, as they do in the kernel. */
#include "run/merge.h"

#include "lang/hist.h"

uint32_t aggregate_buckets(const struct type *type)
{
	return type->kind == TYPE_HIST ? hist_buckets(type->bits)
				       : lhist_buckets(type->min, type->max, type->step);
}

static bool less(const struct type *type, uint64_t a, uint64_t b)
{
	return type->is_signed ? (int64_t)a < (int64_t)b : a < b;
}

/* {value, present} */
static void merge_extreme(const struct type *type, uint64_t *into, const uint64_t *from)
{
	bool smaller = less(type, from[0], into[0]), larger = less(type, into[0], from[0]);

	if (!from[1])
		return;
	if (!into[1] || (type->kind == TYPE_MIN ? smaller : larger))
		into[0] = from[0];
	into[1] = 1;
}

static void merge_range(uint64_t *into, const uint64_t *from)
{
	struct hist_range a, b;

	memcpy(&a, into, sizeof(a));
	memcpy(&b, from, sizeof(b));
	if (!b.present)
		return;
	if (!a.present)
		a = b;
	a.min = MIN_OF(a.min, b.min);
	a.max = MAX_OF(a.max, b.max);
	memcpy(into, &a, sizeof(a));
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
		merge_extreme(type, into, from);
		break;
	case TYPE_HIST:
	case TYPE_LHIST:
		n = aggregate_buckets(type);
		for (uint32_t i = 0; i < n; i++)
			into[i] += from[i];
		if (type->kind == TYPE_HIST && type->percentiles)
			merge_range(into + n, from + n);
		break;
	default:
		BUG("merging values of kind %u", type->kind);
	}
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

	switch ((enum type_kind)type->kind) {
	case TYPE_COUNT:
		n.value = v[0];
		break;
	case TYPE_SUM:
		n.value = widen(type, v[0]);
		break;
	case TYPE_MIN:
	case TYPE_MAX:
		n.value = v[1] ? widen(type, v[0]) : 0;
		break;
	case TYPE_AVG:
	case TYPE_STATS:
		n.count = v[0];
		n.sum = widen(type, v[1]);
		n.value = n.count ? n.sum / n.count : 0;
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
