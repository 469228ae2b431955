/* run_merge.c - aggregates merged over CPUs, subtracted, read; the histogram's arithmetic. */
#include "lang/hist.h"
#include "run/merge.h"
#include "unit/out_test.h"

/* Every value lies in its bucket, buckets follow one another, none is wider than promised. */
static void test_buckets(void)
{
	for (unsigned bits = 0; bits <= HIST_MAX_BITS; bits++) {
		bool inside = true, narrow = true, ordered = true;
		uint32_t n = hist_buckets(bits);

		for (uint32_t i = 1; i + 1 < n; i++) {
			int64_t low = hist_low(i, bits), next = hist_low(i + 1, bits);

			ordered &= low < next;
			inside &= hist_bucket(low, bits) == i && hist_bucket(next - 1, bits) == i;
			narrow &= next - low == 1 || (next - low) <= low >> bits;
		}
		CHECK(inside && narrow && ordered);
		CHECK(hist_bucket(-1, bits) == 0 && hist_bucket(INT64_MIN, bits) == 0);
		CHECK(hist_bucket(0, bits) == 1 && hist_bucket(INT64_MAX, bits) == n - 1);
	}
}

static void test_sums(void)
{
	const struct type *count = type_aggregation(&test_types, TYPE_COUNT, false);
	const struct type *avg = type_aggregation(&test_types, TYPE_AVG, true);
	uint64_t a[2] = {3, (uint64_t)-10}, b[2] = {2, 4}, zero[2] = {0};

	aggregate_merge(count, a, b);
	CHECK(a[0] == 5 && aggregate_present(count, a) && !aggregate_present(count, zero));
	a[0] = 3;
	aggregate_merge(avg, a, b);
	CHECK(a[0] == 5 && (int64_t)a[1] == -6);
	CHECK(aggregate_numbers(avg, a).value == -1 && aggregate_numbers(avg, a).count == 5);
	CHECK(aggregate_numbers(avg, zero).value == 0);
	CHECK(aggregate_subtract(avg, a, b) && a[0] == 3 && (int64_t)a[1] == -10);
	CHECK(!aggregate_subtract(avg, a, (uint64_t[]){3, (uint64_t)-10}));
}

static void store_extreme(const struct type *t, uint64_t *slot, int64_t v)
{
	uint64_t kept = v ^ minmax_mask(t->kind == TYPE_MAX, t->is_signed);

	slot[0] = MAX_OF(slot[0], kept);
	slot[1] = 1;
}

static void test_extremes(void)
{
	static const int64_t values[] = {5, -7, 0, INT64_MIN, INT64_MAX, 3};

	for (unsigned k = 0; k < 4; k++) {
		const struct type *t = type_aggregation(&test_types, k & 1 ? TYPE_MAX : TYPE_MIN, k & 2);
		uint64_t cpu[3][2] = {{0}}, all[2] = {0}, seen[2];
		__int128 best = 0;

		CHECK(aggregate_numbers(t, all).value == 0 && !aggregate_present(t, all));
		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			__int128 v = t->is_signed ? (__int128)values[i] : (__int128)(uint64_t)values[i];

			store_extreme(t, cpu[i % 2], values[i]); /* the third CPU has seen nothing */
			if (i == 0 || (k & 1 ? v > best : v < best))
				best = v;
		}
		for (unsigned c = 0; c < 3; c++)
			aggregate_merge(t, all, cpu[c]);
		CHECK(aggregate_numbers(t, all).value == best && aggregate_present(t, all));
		memcpy(seen, all, sizeof(seen));
		CHECK(!aggregate_subtract(t, all, seen)); /* unchanged since: gone */
		CHECK(aggregate_subtract(t, all, (uint64_t[2]){0}));
	}
}

static void test_hist(void)
{
	const struct type *t = type_hist(&test_types, 4, true);
	uint32_t n = aggregate_buckets(t);
	uint64_t *a = xcalloc(1, t->size), *b = xcalloc(1, t->size), *none = xcalloc(1, t->size);

	CHECK(t->size == (n + 3) * 8);
	a[hist_bucket(100, 4)] = 2;
	a[n] = 1;
	a[n + 1] = 100 ^ minmax_mask(0, 1);
	a[n + 2] = 100 ^ minmax_mask(1, 1);
	aggregate_merge(t, b, a);
	CHECK(aggregate_range(t, b).present && aggregate_range(t, b).min == 100 && aggregate_range(t, b).max == 100);
	a[n + 1] = -5 ^ minmax_mask(0, 1);
	aggregate_merge(t, b, a);
	aggregate_merge(t, b, none); /* an empty slot changes nothing */
	CHECK(aggregate_range(t, b).min == -5 && aggregate_range(t, b).max == 100);
	CHECK(aggregate_numbers(t, b).count == 4);
	CHECK(!aggregate_range(t, none).present && !aggregate_present(t, none));
	CHECK(aggregate_subtract(t, b, a) && aggregate_numbers(t, b).count == 2);
	CHECK(!aggregate_subtract(t, b, a));
	free(a);
	free(b);
	free(none);
}

int main(void)
{
	test_begin();
	test_buckets();
	test_sums();
	test_extremes();
	test_hist();
	return test_end();
}
