/* out_maps.c - maps as text, JSON and folded stacks: order, top, divisor, histograms, percentiles. */
#include "lang/hist.h"
#include "out/hist.h"
#include "unit/out_test.h"

#define BAR "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"
#define ALMOST "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@ "
#define HALF "@@@@@@@@@@@@@@@@@@@@@@@@@@                          "
#define NONE "                                                    "

static struct test_output text, json, folded;

static const char *show(struct test_output *t, const struct snapshot *s)
{
	t->out->ops->map(t->out, s);
	return test_output_text(t);
}

static void test_scalars(void)
{
	struct map m = {.name = "x", .value = type_int(&test_types, 8, true)};
	int64_t n = -7, avg[2] = {3, -10}, stats[2] = {3, 20};
	struct map_entry e = {.value = (uint8_t *)&n};
	struct snapshot s = {.map = &m, .entries = &e, .n = 1};

	CHECK_STR(show(&text, &s), "@x: -7\n");
	CHECK_STR(show(&json, &s), "{\"type\": \"map\", \"data\": {\"@x\": -7}}\n");
	s.divisor = 2;
	CHECK_STR(show(&text, &s), "@x: -3\n");
	s.n = 0; /* nothing was ever stored */
	CHECK_STR(show(&text, &s), "@x: 0\n");
	CHECK_STR(show(&json, &s), "{\"type\": \"map\", \"data\": {\"@x\": 0}}\n");
	m.name = "";
	m.value = type_aggregation(&test_types, TYPE_AVG, true);
	s = (struct snapshot){.map = &m, .entries = &e, .n = 1};
	e.value = (uint8_t *)avg;
	CHECK_STR(show(&text, &s), "@: -3\n");
	m.value = type_aggregation(&test_types, TYPE_STATS, true);
	e.value = (uint8_t *)stats;
	CHECK_STR(show(&text, &s), "@: { .count = 3, .average = 6, .total = 20 }\n");
	CHECK_STR(show(&json, &s), "{\"type\": \"stats\", \"data\": "
		  "{\"@\": {\"count\": 3, \"average\": 6, \"total\": 20}}}\n");
	m.value = type_aggregation(&test_types, TYPE_SUM, false);
	e.value = (uint8_t *)(uint64_t[]){UINT64_MAX};
	CHECK_STR(show(&text, &s), "@: 18446744073709551615\n");
	m.value = type_aggregation(&test_types, TYPE_MIN, true);
	e.value = (uint8_t *)(int64_t[]){-4 ^ minmax_mask(0, 1), 1};
	CHECK_STR(show(&text, &s), "@: -4\n");
	m.value = type_aggregation(&test_types, TYPE_MAX, false);
	e.value = (uint8_t *)(int64_t[]){9 ^ minmax_mask(1, 0), 1};
	CHECK_STR(show(&text, &s), "@: 9\n");
}

static void test_keys(void)
{
	struct map m = {.name = "m", .key = TUPLE(type_string(&test_types, 8), type_int(&test_types, 4, true)),
			.value = type_aggregation(&test_types, TYPE_COUNT, false)};
	struct { char s[8]; int64_t n; } keys[4] = {{"b", 1}, {"a", 10}, {"a", 9}, {"a", -1}};
	uint64_t counts[4] = {5, 2, 2, 30};
	struct map_entry e[4];
	struct snapshot s = {.map = &m, .entries = e, .n = 4};

	for (int i = 0; i < 4; i++)
		e[i] = (struct map_entry){(uint8_t *)&keys[i], (uint8_t *)&counts[i]};
	CHECK_STR(show(&text, &s), "@m[a, 9]: 2\n@m[a, 10]: 2\n@m[b, 1]: 5\n@m[a, -1]: 30\n");
	CHECK_STR(show(&json, &s), "{\"type\": \"map\", \"data\": {\"@m\": [{\"key\": [\"a\",9], \"value\": 2}, "
		  "{\"key\": [\"a\",10], \"value\": 2}, {\"key\": [\"b\",1], \"value\": 5}, "
		  "{\"key\": [\"a\",-1], \"value\": 30}]}}\n");
	s.top = 2;
	CHECK_STR(show(&text, &s), "@m[b, 1]: 5\n@m[a, -1]: 30\n");
	s.divisor = 10;
	CHECK_STR(show(&text, &s), "@m[b, 1]: 0\n@m[a, -1]: 3\n");
	s.n = 0;
	CHECK_STR(show(&text, &s), "");
	CHECK_STR(show(&json, &s), "{\"type\": \"map\", \"data\": {\"@m\": []}}\n");
	/* values that are no numbers are in the order of their keys */
	m.value = type_string(&test_types, 8);
	for (int i = 0; i < 4; i++)
		e[i].value = (uint8_t *)&"zzz\0\0\0\0\0yyy\0\0\0\0\0xxx\0\0\0\0\0www\0\0\0\0"[8 * i];
	s = (struct snapshot){.map = &m, .entries = e, .n = 4};
	CHECK_STR(show(&text, &s), "@m[a, -1]: www\n@m[a, 9]: xxx\n@m[a, 10]: yyy\n@m[b, 1]: zzz\n");
}

static void test_log2(void)
{
	const struct type *t = type_hist(&test_types, 0, false);
	struct map m = {.name = "h", .value = t};
	uint64_t *v = xcalloc(1, t->size);
	struct map_entry e = {.value = (uint8_t *)v};
	struct snapshot s = {.map = &m, .entries = &e, .n = 1};

	CHECK_STR(show(&text, &s), "@h:\n\n");
	v[hist_bucket(-5, 0)] = 1;
	v[hist_bucket(1, 0)] = 2;
	CHECK_STR(show(&text, &s), "@h:\n(..., 0)               1 |" HALF "|\n[0]                    0 |" NONE "|\n"
		  "[1]                    2 |" BAR "|\n\n");
	CHECK_STR(show(&json, &s), "{\"type\": \"hist\", \"data\": {\"@h\": [{\"max\": -1, \"count\": 1}, "
		  "{\"min\": 0, \"max\": 0, \"count\": 0}, {\"min\": 1, \"max\": 1, \"count\": 2}]}}\n");
	memset(v, 0, t->size);
	v[hist_bucket(1500, 0)] = 1000000;
	v[hist_bucket(600, 0)] = 999999;
	CHECK_STR(show(&text, &s), "@h:\n[512, 1K)         999999 |" ALMOST "|\n"
		  "[1K, 2K)         1000000 |" BAR "|\n\n");
	s.divisor = 1000;
	CHECK_STR(show(&text, &s), "@h:\n[512, 1K)            999 |" ALMOST "|\n"
		  "[1K, 2K)            1000 |" BAR "|\n\n");
	s.divisor = 0;
	memset(v, 0, t->size);
	v[hist_bucket(INT64_MAX, 0)] = 1;
	CHECK_STR(show(&text, &s), "@h:\n[4E, 8E)               1 |" BAR "|\n\n");
	free(v);
}

static void test_fine_and_linear(void)
{
	const struct type *t = type_hist(&test_types, 2, false), *l = type_lhist(&test_types, 0, 25, 10);
	struct map m = {.name = "h", .value = t};
	uint64_t *v = xcalloc(1, t->size), *w = xcalloc(1, l->size);
	struct map_entry e = {.value = (uint8_t *)v};
	struct snapshot s = {.map = &m, .entries = &e, .n = 1};

	v[hist_bucket(1300, 2)] = 1;
	v[hist_bucket(1700, 2)] = 1;
	CHECK_STR(show(&text, &s), "@h:\n[1280, 1536)           1 |" BAR "|\n[1536, 1792)           1 |" BAR "|\n\n");
	/* both bounds in one unit */
	memset(v, 0, t->size);
	v[hist_bucket(2000, 2)] = 1;
	v[hist_bucket(2048, 2)] = 1;
	CHECK_STR(show(&text, &s), "@h:\n[1792, 2048)           1 |" BAR "|\n[2048, 2560)           1 |" BAR "|\n\n");
	memset(v, 0, t->size);
	v[hist_bucket(1300 << 10, 2)] = 1;
	CHECK_STR(show(&text, &s), "@h:\n[1280K, 1536K)         1 |" BAR "|\n\n");
	m.value = l;
	e.value = (uint8_t *)w;
	for (int i = 0; i < 5; i++) /* below, [0,10), [10,20), [20,25), above */
		w[i] = 2;
	CHECK(l->size == 5 * 8);
	CHECK_STR(show(&text, &s), "@h:\n(..., 0)               2 |" BAR "|\n[0, 10)                2 |" BAR "|\n"
		  "[10, 20)               2 |" BAR "|\n[20, 25)               2 |" BAR "|\n"
		  "[25, ...)              2 |" BAR "|\n\n");
	CHECK_STR(show(&json, &s), "{\"type\": \"hist\", \"data\": {\"@h\": [{\"max\": -1, \"count\": 2}, "
		  "{\"min\": 0, \"max\": 9, \"count\": 2}, {\"min\": 10, \"max\": 19, \"count\": 2}, "
		  "{\"min\": 20, \"max\": 24, \"count\": 2}, {\"min\": 25, \"count\": 2}]}}\n");
	free(v);
	free(w);
}

/* Every value's percentile is within one part in 16, and min and max are exact. */
static void test_percentiles(void)
{
	const struct type *t = type_hist(&test_types, 4, true);
	struct map m = {.name = "h", .value = t, .percentiles = true, .shown_bits = 0};
	uint64_t *v = xcalloc(1, t->size), n = hist_buckets(4);
	struct map_entry e = {.value = (uint8_t *)v};
	struct snapshot s = {.map = &m, .entries = &e, .n = 1, .percentiles = "p50,p99.9,min,max"};
	const char *list = "p1,p25,p50,p75,p99,p99.9,p100";
	struct hist_quantile q;

	v[hist_bucket(-3, 4)] = 1;
	v[hist_bucket(12, 4)] = 3;
	v[n] = 1;
	v[n + 1] = -3 ^ minmax_mask(0, 1);
	v[n + 2] = 12 ^ minmax_mask(1, 1);
	CHECK(strstr(show(&text, &s), "\np50 12, p99.9 12, min -3, max 12 (percentiles within 6.25%)\n\n"));
	CHECK(strstr(show(&json, &s), "\"percentiles\": {\"p50\": 12, \"p99.9\": 12, \"min\": -3, \"max\": 12}, "
				      "\"percentile_error\": 0.0625}\n"));
	memset(v, 0, t->size);
	for (int64_t i = 1; i <= 100000; i++)
		v[hist_bucket(i, 4)]++;
	v[n] = 1;
	v[n + 1] = 1 ^ minmax_mask(0, 1);
	v[n + 2] = 100000 ^ minmax_mask(1, 1);
	while (hist_quantile_next(&list, t, v, &q)) {
		double exact = 1000 * strtod(q.name + 1, NULL);

		CHECK(q.known && q.value >= exact * (1 - 1.0 / 16) && q.value <= exact * (1 + 1.0 / 16));
	}
	CHECK(q.value == 100000); /* p100 is the maximum */
	/* among negative values only the smallest is known */
	memset(v, 0, t->size);
	v[0] = 10;
	v[n] = 1;
	v[n + 1] = -9 ^ minmax_mask(0, 1);
	v[n + 2] = -1 ^ minmax_mask(1, 1);
	list = "p50,min";
	CHECK(hist_quantile_next(&list, t, v, &q) && !q.known);
	CHECK(hist_quantile_next(&list, t, v, &q) && q.known && q.value == -9);
	CHECK(!hist_quantile_next(&list, t, v, &q));
	free(v);
}

static void test_folded(void)
{
	const struct type *comm = type_string(&test_types, 8);
	struct map m = {.name = "s", .key = TUPLE(simple(TYPE_KSTACK), comm, simple(TYPE_USTACK)),
			.value = type_aggregation(&test_types, TYPE_COUNT, false)};
	struct { uint64_t id; uint32_t limit, mode; char comm[8]; uint64_t user; uint32_t word, pid; } key =
		{1, 2, 0, "a;b\nc", 1, 1, 7};
	uint64_t count = 12;
	struct map_entry e = {(uint8_t *)&key, (uint8_t *)&count};
	struct snapshot s = {.map = &m, .entries = &e, .n = 1};
	struct map plain = {.name = "n", .value = m.value};

	CHECK_STR(show(&folded, &s), "a:b_c;leaf;middle;leaf 12\n");
	key.id = key.user = 404; /* no frames: a name that ends in a number is no count */
	memcpy(key.comm, "work 12", 8);
	CHECK_STR(show(&folded, &s), "work_12 12\n");
	s.map = &plain;
	CHECK_STR(show(&folded, &s), "");
	fflush(folded.messages);
	CHECK_STR(folded.message_text, "@n: 12\n");
}

static void test_other_objects(void)
{
	struct loss_line lines[] = {{"ring_full", "events lost: the ring buffer was full", 3}};
	struct value v = {.type = type_int(&test_types, 8, true), .data = (uint8_t *)&(int64_t){5}, .size = 8};

	json.out->ops->text(json.out, ACTION_PRINTF, "a\"b\n\xff", 5);
	CHECK_STR(test_output_text(&json), "{\"type\": \"printf\", \"data\": \"a\\\"b\\n\\u00ff\"}\n");
	json.out->ops->value(json.out, &v);
	CHECK_STR(test_output_text(&json), "{\"type\": \"value\", \"data\": 5}\n");
	json.out->ops->losses(json.out, lines, 1);
	CHECK_STR(test_output_text(&json), "{\"type\": \"lost_events\", \"data\": {\"ring_full\": 3}}\n");
	text.out->ops->losses(text.out, lines, 1);
	fflush(text.messages);
	CHECK_STR(text.message_text, "LOST: 3 events lost: the ring buffer was full\n");
	text.out->ops->value(text.out, &v);
	CHECK_STR(test_output_text(&text), "5\n");
	json.out->ops->attached(json.out, 2);
	CHECK_STR(test_output_text(&json),
		  "{\"type\": \"attached_probes\", \"count\": 2, \"data\": {\"probes\": 2}}\n");
}

int main(void)
{
	test_begin();
	test_output_open(&text, "text");
	test_output_open(&json, "json");
	test_output_open(&folded, "folded");
	test_scalars();
	test_keys();
	test_log2();
	test_fine_and_linear();
	test_percentiles();
	test_folded();
	test_other_objects();
	test_output_close(&text);
	test_output_close(&json);
	test_output_close(&folded);
	return test_end();
}
