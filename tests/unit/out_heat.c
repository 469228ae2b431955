/* out_heat.c - histograms printed again and again: each value is in one column, whoever clears and when. */
#include "lang/hist.h"
#include "lang/tseries.h"
#include "out/heat.h"
#include "unit/out_test.h"

static const struct value_style style = {.names = &test_names};
static struct map scalar, keyed;

/* A print of `map` with one entry: n values of each of two buckets. */
static void print_map(struct heat_log *log, const struct map *map, int64_t key, uint64_t small, uint64_t large,
		      uint64_t now)
{
	uint64_t counts[256] = {0};
	struct map_entry entry = {.key = (uint8_t *)&key, .value = (uint8_t *)counts};
	struct snapshot snapshot = {.map = map, .entries = &entry, .n = 1};

	BUG_ON(type_stored_size(map->value) > sizeof(counts));
	counts[hist_bucket(20, 0)] = small;
	counts[hist_bucket(5000, 0)] = large;
	heat_log_add(log, &style, &snapshot, now);
}

static uint64_t cell(const struct heat_panel *p, uint32_t column, int64_t low)
{
	uint64_t n = 0;

	vec_each(c, &p->cells)
		if (c->column == column && p->bands.v[c->band].low == low)
			n += c->count;
	return n;
}

static void test_kept(void)
{
	struct heat_log log = {.began = 100};
	struct heat heat;
	const struct heat_panel *p;

	print_map(&log, &scalar, 0, 5, 0, 200);
	print_map(&log, &scalar, 0, 8, 1, 300); /* not cleared: 3 and 1 are new */
	heat_log_clear(&log, &scalar);
	print_map(&log, &scalar, 0, 9, 1, 400); /* as many as before, but all new */
	print_map(&log, &scalar, 0, 2, 0, 500); /* fewer, though nobody said so: all new */
	heat = heat_log_make(&log);
	CHECK(heat.panels.n == 1);
	p = heat.panels.v;
	CHECK_STR(p->title, "@ns");
	CHECK(p->columns.n == 4 && p->columns.v[0].from == 100 && p->columns.v[0].to == 200);
	CHECK(p->columns.v[3].from == 400);
	CHECK(cell(p, 0, 16) == 5 && cell(p, 1, 16) == 3 && cell(p, 1, 4096) == 1);
	CHECK(cell(p, 2, 16) == 9 && cell(p, 2, 4096) == 1 && cell(p, 3, 16) == 2);
	CHECK(p->total == 5 + 4 + 10 + 2 && p->bands.n == 9 && p->bands.v[0].low == 16 && p->bands.v[8].high == 8192);
	heat_free(&heat);
	heat_log_free(&log);
}

static void test_keys(void)
{
	struct heat_log log = {.began = 100};
	struct heat heat;

	for (int64_t key = 0; key < HEAT_PANELS + 3; key++)
		print_map(&log, &keyed, key, 1 + key, 0, 200);
	heat = heat_log_make(&log);
	CHECK(heat.panels.n == HEAT_PANELS && heat.left_out == 3);
	CHECK_STR(heat.panels.v[0].title, "@by_key[18]");
	CHECK(heat.panels.v[0].total == 19 && heat.panels.v[HEAT_PANELS - 1].total == 4);
	heat_free(&heat);
	heat_log_free(&log);
}

/* Another key's print, or one of the whole map without this key, tells when this one's values came. */
static void test_times(void)
{
	struct heat_log log = {.began = 100};
	uint64_t counts[256] = {[6] = 2}; /* hist_bucket(20, 0) */
	int64_t key = 1;
	struct map_entry entry = {.key = (uint8_t *)&key, .value = (uint8_t *)counts};
	struct heat heat;

	print_map(&log, &keyed, 1, 1, 0, 200);
	print_map(&log, &keyed, 2, 1, 0, 300);
	print_map(&log, &keyed, 1, 3, 0, 400);
	heat_log_clear(&log, &keyed);
	heat_log_add_entry(&log, &style, &keyed, &entry, 600);
	heat = heat_log_make(&log);
	CHECK_STR(heat.panels.v[0].title, "@by_key[1]");
	CHECK(heat.panels.v[0].columns.n == 3 && heat.panels.v[0].total == 5);
	CHECK(heat.panels.v[0].columns.v[1].from == 300 && heat.panels.v[0].columns.v[1].to == 400);
	CHECK(heat.panels.v[0].columns.v[2].from == 400 && cell(heat.panels.v, 2, 16) == 2);
	heat_free(&heat);
	heat_log_free(&log);
}

static void print_points(struct heat_log *log, const struct map *map, int64_t key, const struct tseries_slot *slots)
{
	struct map_entry entry = {.key = (uint8_t *)&key, .value = (const uint8_t *)slots};
	struct snapshot snapshot = {.map = map, .entries = &entry, .n = 1};

	heat_log_add(log, &style, &snapshot, 100);
}

/* Two keys over three intervals of 10 ns; what is printed again is there once, as it is then. */
static void test_tseries(void)
{
	struct map map = {.name = "us", .key = keyed.key,
			  .value = type_tseries(&test_types, 10, 3, TSERIES_LAST, false)};
	struct tseries_slot one[3] = {{9, 16, 1}, {7, 16, 1}, {8, 100, 1}}, two[3] = {{9, 20, 1}, {0}, {8, 16, 1}};
	struct heat_log log = {.began = 0};
	struct heat heat;
	const struct heat_panel *p;

	print_points(&log, &map, 1, one);
	print_points(&log, &map, 2, two);
	one[0].value = 17; /* the interval that was not over */
	print_points(&log, &map, 1, one);
	heat = heat_log_make(&log);
	CHECK(heat.panels.n == 1 && heat.left_out == 0);
	p = heat.panels.v;
	CHECK_STR(p->title, "@us");
	CHECK(p->total == 5 && p->columns.n == 3 && p->columns.v[0].from == 70 && p->columns.v[2].to == 100);
	CHECK(cell(p, 0, 16) == 1 && cell(p, 1, 16) == 1 && cell(p, 1, 96) == 1);
	CHECK(cell(p, 2, 16) == 1 && cell(p, 2, 20) == 1);
	heat_free(&heat);
	heat_log_free(&log);
}

int main(void)
{
	test_begin();
	scalar = (struct map){.name = "ns", .value = type_hist(&test_types, 0, false)};
	keyed = (struct map){.name = "by_key", .key = type_int(&test_types, 8, true), .value = scalar.value};
	test_kept();
	test_keys();
	test_times();
	test_tseries();
	return test_end();
}
