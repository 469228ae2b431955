/* run_record.c - records into values; a record that does not fit its action is refused. */
#include "run/record.h"
#include "unit/out_test.h"

static struct script script;
static struct record_view view;
static struct action action;

/* printf("%d %s %r", int, string in the tail, buffer in the tail) */
static void script_make(void)
{
	action = (struct action){.kind = ACTION_PRINTF, .fixed_size = 8 + 8 + 8 + 8};
	vec_push(&action.args, ((struct action_arg){.type = type_int(&test_types, 4, true), .offset = 8}));
	vec_push(&action.args, ((struct action_arg){.type = type_string(&test_types, 100), .offset = 16, .tail = true,
						    .limit = 100}));
	vec_push(&action.args, ((struct action_arg){.type = type_buffer(&test_types, 80), .offset = 24, .tail = true,
						    .limit = 80}));
	vec_push(&script.actions, &action);
}

struct sent {
	uint32_t action, tail;
	int64_t number;
	uint32_t string_at, string_len, bytes_at, bytes_len;
	char text[64];
};

static struct sent good(void)
{
	return (struct sent){.action = 0, .tail = 8, .number = -5, .string_at = 32, .string_len = 5, .bytes_at = 37,
			     .bytes_len = 3, .text = "word\0\1\2\3"};
}

static bool decode(const struct sent *s, uint32_t len)
{
	return record_decode(&script, (const uint8_t *)s, len, &view);
}

static void test_good(void)
{
	struct sent s = good();
	uint32_t len;
	bool cut;
	enum action_kind kind;

	CHECK(decode(&s, 40) && view.args.n == 3 && view.action == &action);
	CHECK(value_number(&view.args.v[0]) == -5);
	CHECK_STR(value_bytes(&view.args.v[1], &len, &cut), "word");
	CHECK(len == 4 && !cut);
	CHECK(!memcmp(value_bytes(&view.args.v[2], &len, &cut), "\1\2\3", 3) && len == 3);
	CHECK(decode(&s, 48)); /* longer than it says */
	s.string_len = 0;
	s.string_at = 0;
	CHECK(decode(&s, 40) && *value_bytes(&view.args.v[1], &len, &cut) == view.args.v[1].data[0] && len == 0);
	CHECK(record_kind(&script, (uint8_t *)&s, 40, &kind) && kind == ACTION_PRINTF);
}

static void test_hostile(void)
{
	struct sent s = good();
	enum action_kind kind;

	for (uint32_t len = 0; len < 40; len++)
		CHECK(!decode(&s, len));
	CHECK(!record_kind(&script, (uint8_t *)&s, 7, &kind));
	s.action = 1;
	CHECK(!decode(&s, 40) && !record_kind(&script, (uint8_t *)&s, 40, &kind));
	s = good();
	s.tail = 9;
	CHECK(!decode(&s, 40));
	s.tail = UINT32_MAX;
	CHECK(!decode(&s, 40));
	s = good();
	s.string_len = 9; /* past the tail */
	CHECK(!decode(&s, 40));
	s.string_len = UINT32_MAX;
	CHECK(!decode(&s, 40));
	s = good();
	s.string_at = 31; /* in the fixed part */
	CHECK(!decode(&s, 40));
	s.string_at = UINT32_MAX;
	CHECK(!decode(&s, 40));
	s.string_at = 41;
	CHECK(!decode(&s, 40));
	s = good();
	s.tail = 64;
	s.bytes_len = 59;
	s.bytes_at = 37;
	CHECK(decode(&s, 96));
	s.bytes_len = 60;
	CHECK(!decode(&s, 96));
	action.args.v[2].limit = 10;
	s.bytes_len = 11;
	CHECK(!decode(&s, 96)); /* more than it may take */
}

int main(void)
{
	test_begin();
	script_make();
	test_good();
	test_hostile();
	record_view_free(&view);
	vec_free(&script.actions);
	vec_free(&action.args);
	return test_end();
}
