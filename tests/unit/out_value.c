/* out_value.c - every kind of value as text and as JSON; escapes. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <time.h>

#include "out/json.h"
#include "unit/out_test.h"

static struct buf text;

static const char *shown(const struct type *type, const void *data, uint32_t size, bool escape, bool json)
{
	struct value v = {.type = type, .data = data, .size = size};
	struct value_style style = {.names = &test_names, .escape = escape};

	buf_reset(&text);
	if (json)
		json_value(&style, &v, &text);
	else
		value_print(&style, &v, &text);
	return buf_str(&text);
}

static const char *as_text(const struct type *type, const void *data)
{
	return shown(type, data, type_stored_size(type), false, false);
}

static const char *as_json(const struct type *type, const void *data)
{
	return shown(type, data, type_stored_size(type), false, true);
}

static void test_numbers(void)
{
	const struct type *s8 = type_int(&test_types, 1, true), *u8 = type_int(&test_types, 1, false);
	const struct type *s64 = type_int(&test_types, 8, true), *u64 = type_int(&test_types, 8, false);
	const struct type *pointer = type_pointer(&test_types, s8, TYPE_SPACE_KERNEL, false);
	const struct type *e = type_enum_new(&test_types, "number", 4, false);
	int64_t minus = -1, one = 1, two = 2, big = 300;

	CHECK_STR(as_text(s8, &minus), "-1");
	CHECK_STR(as_text(u8, &minus), "255");
	CHECK_STR(as_text(u8, &big), "44");
	CHECK_STR(as_text(s64, &minus), "-1");
	CHECK_STR(as_text(u64, &minus), "18446744073709551615");
	CHECK_STR(as_json(u64, &minus), "18446744073709551615");
	CHECK_STR(as_json(s64, &minus), "-1");
	CHECK_STR(as_text(pointer, &big), "0x12c");
	CHECK_STR(as_json(pointer, &big), "300");
	CHECK_STR(as_text(simple(TYPE_BOOL), &one), "true");
	CHECK_STR(as_json(simple(TYPE_BOOL), &(int64_t){0}), "false");
	CHECK_STR(as_text(e, &two), "TWO");
	CHECK_STR(as_text(e, &one), "1");
	CHECK_STR(as_json(e, &two), "2");
}

static void test_strings_and_bytes(void)
{
	const struct type *s8 = type_string(&test_types, 8), *s64 = type_string(&test_types, 64);
	const struct type *bytes = type_buffer(&test_types, 6);
	struct value bare = {.type = bytes, .data = (const uint8_t *)"a\1\"", .size = 3, .bare = true};
	struct value_style style = {.names = &test_names};
	char full[64];

	CHECK_STR(as_text(s8, "abc\0xyz"), "abc");
	CHECK_STR(as_text(s8, "abcdefgh"), "abcdefgh"); /* no NUL inside: taken to its end */
	memset(full, 'x', sizeof(full));
	full[63] = '\0';
	CHECK(strlen(as_text(s64, full)) == 65 && str_eq(buf_str(&text) + 63, "..")); /* full: cut */
	full[62] = '\0';
	CHECK(strlen(as_text(s64, full)) == 62);
	CHECK_STR(as_text(bytes, "\3\0\0\0a\1\"zzz"), "a\\x01\"");
	CHECK_STR(as_json(bytes, "\3\0\0\0a\1\"zzz"), "[97,1,34]");
	CHECK_STR(as_json(bytes, "\xff\xff\xff\xff" "abcdef"), "[97,98,99,100,101,102]"); /* bounded */
	buf_reset(&text);
	value_print(&style, &bare, &text);
	CHECK_STR(buf_str(&text), "a\\x01\"");
}

static void test_escapes(void)
{
	const struct type *s = type_string(&test_types, 32);
	struct { uint64_t address; uint32_t pid, zero; } user = {0x5bad, 7, 0};
	uint64_t symbol = 0x5bad, group[2] = {666, 0};
	static const char hostile[32] = "a\x1b[2J\r\n\t\xc3\xa9\xff\x7f\xc2\x9b" "b";

	CHECK_STR(shown(s, hostile, 32, true, false), "a\\x1b[2J\\x0d\n\t\xc3\xa9\\xff\\x7f\\xc2\\x9b" "b");
	CHECK_STR(shown(s, hostile, 32, false, false), hostile);
	CHECK_STR(shown(s, hostile, 32, true, true),
		  "\"a\\u001b[2J\\u000d\\n\\t\xc3\xa9\\u00ff\\u007f\\u009bb\"");
	CHECK_STR(as_json(s, "q\"\\" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "\"q\\\"\\\\\"");
	/* Symbols and control groups, whose names are somebody else's. */
	CHECK_STR(shown(simple(TYPE_KSYM), &symbol, 8, true, false), "\\x1b[2Jread\\xc2\\x9b");
	CHECK_STR(shown(simple(TYPE_USYM), &user, 16, true, false), "\\x1b[2Jread\\xc2\\x9b");
	CHECK_STR(shown(simple(TYPE_USYM), &user, 16, false, false), "\033[2Jread\xc2\x9b");
	CHECK_STR(shown(simple(TYPE_CGROUP_PATH), group, 16, true, false), "/group666\\x1b]0;\\x07");
	/* UTF-8: too long a form, a surrogate, past the end, cut short */
	CHECK(utf8_length((const uint8_t *)"\xc0\x80", 2) == 0);
	CHECK(utf8_length((const uint8_t *)"\xe0\x80\x80", 3) == 0);
	CHECK(utf8_length((const uint8_t *)"\xed\xa0\x80", 3) == 0);
	CHECK(utf8_length((const uint8_t *)"\xf4\x90\x80\x80", 4) == 0);
	CHECK(utf8_length((const uint8_t *)"\xf0\x9f\x98\x80", 4) == 4);
	CHECK(utf8_length((const uint8_t *)"\xe2\x82", 2) == 0);
	CHECK(utf8_length((const uint8_t *)"\x80", 1) == 0);
	CHECK(utf8_length((const uint8_t *)"", 0) == 0);
}

static void test_composed(void)
{
	const struct type *s64 = type_int(&test_types, 8, true), *s8 = type_string(&test_types, 8);
	const struct type *pair = TUPLE(s64, s8), *nested = TUPLE(s64, pair);
	const char *names[] = {"a", "b"};
	const struct type *record = type_tuple(&test_types, (const struct type *[]){s64, s8}, names, 2);
	const struct type *array = type_array(&test_types, type_int(&test_types, 2, false), 3);
	const struct type *empty = type_tuple(&test_types, NULL, NULL, 0);
	struct { int64_t n; char s[8]; } data = {5, "abc"};
	struct { int64_t n; int64_t m; char s[8]; } deep = {1, 5, "abc"};
	uint16_t numbers[3] = {1, 2, 65535};
	struct value_style style = {.names = &test_names};
	struct value key = {.type = pair, .data = (uint8_t *)&data, .size = sizeof(data)};

	CHECK_STR(as_text(pair, &data), "(5, abc)");
	CHECK_STR(as_json(pair, &data), "[5,\"abc\"]");
	CHECK_STR(as_text(nested, &deep), "(1, (5, abc))");
	CHECK_STR(as_text(record, &data), "{ .a = 5, .b = abc }");
	CHECK_STR(as_json(record, &data), "{\"a\": 5, \"b\": \"abc\"}");
	CHECK_STR(as_text(array, numbers), "[1,2,65535]");
	CHECK_STR(as_json(array, numbers), "[1,2,65535]");
	CHECK_STR(as_text(empty, ""), "()");
	buf_reset(&text);
	value_print_key(&style, &key, &text);
	CHECK_STR(buf_str(&text), "5, abc");
	buf_reset(&text);
	json_key(&style, &(struct value){.type = s64, .data = (uint8_t *)&data, .size = 8}, &text);
	CHECK_STR(buf_str(&text), "[5]");
}

static void test_struct(void)
{
	struct type character = {.kind = TYPE_INT, .size = 1, .is_signed = true, .name = "char"};
	struct type name = {.kind = TYPE_ARRAY, .elem = &character, .count = 4, .size = 4};
	const struct type *s32 = type_int(&test_types, 4, true);
	struct field fields[] = {
		{.name = "x", .type = s32, .offset = 0},
		{.name = "low", .type = type_int(&test_types, 4, false), .offset = 4, .bit_offset = 0, .bit_size = 3},
		{.name = "high", .type = s32, .offset = 4, .bit_offset = 3, .bit_size = 5},
		{.name = "n", .type = &name, .offset = 8},
	};
	struct type *s = type_struct_new(&test_types, "thing", false);
	struct { int32_t x; uint32_t bits; char n[4]; } data = {-7, 0x5 | 0x1e << 3, "abcd"};

	s->fields = fields;
	s->nfields = 4;
	s->size = sizeof(data);
	s->complete = true;
	CHECK_STR(as_text(s, &data), "{ .x = -7, .low = 5, .high = -2, .n = abcd }");
	CHECK_STR(as_json(s, &data), "{\"x\": -7, \"low\": 5, \"high\": -2, \"n\": \"abcd\"}");
}

static void test_special(void)
{
	uint8_t inet[24] = {AF_INET, 0, 0, 0, 127, 0, 0, 1}, inet6[24] = {AF_INET6, 0, 0, 0, [19] = 1};
	uint8_t odd[24] = {99}, mac[8] = {0xde, 0xad, 0, 1, 2, 255};
	struct { uint64_t ns; uint32_t clock, format; } stamp = {1123456789, 1, 0}, bad = {1, 0, 99};
	uint64_t known = 0x5000, unknown = 0x6000, uid = 12, group[2] = {5, 2}, plain_group[2] = {5, 0};
	struct { uint64_t address; uint32_t pid, zero; } usym = {0x5000, 7, 0}, gone = {0x5000, 8, 0};

	CHECK_STR(as_text(simple(TYPE_INET), inet), "127.0.0.1");
	CHECK_STR(as_text(simple(TYPE_INET), inet6), "::1");
	CHECK_STR(as_text(simple(TYPE_INET), odd), "(address family 99)");
	CHECK_STR(as_text(simple(TYPE_MAC), mac), "DE:AD:00:01:02:FF");
	CHECK_STR(as_text(simple(TYPE_TIMESTAMP), &stamp), "1970-01-01 00:00:02.123456");
	CHECK_STR(as_text(simple(TYPE_TIMESTAMP), &bad), "(unknown time format)");
	CHECK_STR(as_text(simple(TYPE_KSYM), &known), "vfs_read");
	CHECK_STR(as_text(simple(TYPE_KSYM), &unknown), "0x6000");
	CHECK_STR(as_text(simple(TYPE_USYM), &usym), "vfs_read");
	CHECK_STR(as_text(simple(TYPE_USYM), &gone), "0x5000");
	CHECK_STR(as_text(simple(TYPE_USERNAME), &uid), "user12");
	CHECK_STR(as_text(simple(TYPE_CGROUP_PATH), group), "/group5filter");
	CHECK_STR(as_text(simple(TYPE_CGROUP_PATH), plain_group), "/group5");
	CHECK_STR(as_json(simple(TYPE_INET), inet), "\"127.0.0.1\"");
}

static void test_stacks(void)
{
	struct { uint64_t id; uint32_t limit, mode; } kernel = {1, 0, STACK_BPFTRACE}, perf = {1, 2, STACK_PERF},
		raw = {1, 2, STACK_RAW | 0x100}, none = {0, 5, 0}, gone = {404, 5, 0};
	struct { uint64_t id; uint32_t word, pid; } user = {1, 2 | STACK_BPFTRACE << 16, 7},
		built = {1, 4 | STACK_BUILD_ID << 16, 7};

	CHECK_STR(as_text(simple(TYPE_KSTACK), &kernel),
		  "\n        leaf+1\n        middle+2\n        root+3\n        0xabc\n");
	CHECK_STR(as_text(simple(TYPE_KSTACK), &perf), "\n\t1001 leaf+1\n\t2001 middle+2\n");
	CHECK_STR(as_text(simple(TYPE_KSTACK), &raw), "\n1001\n2001\n");
	CHECK_STR(as_text(simple(TYPE_KSTACK), &none), "\n");
	CHECK_STR(as_text(simple(TYPE_KSTACK), &gone), "\n");
	CHECK_STR(as_text(simple(TYPE_USTACK), &user), "\n        leaf+1\n        middle+2\n");
	CHECK_STR(as_text(simple(TYPE_USTACK), &built), "\nleaf 0x1\nmiddle 0x2\nroot 0x3\nabc\n");
	CHECK_STR(as_json(simple(TYPE_USTACK), &user), "[\"leaf+1\",\"middle+2\"]");
	CHECK_STR(as_json(simple(TYPE_KSTACK), &none), "[]");
}

static void test_time(void)
{
	buf_reset(&text);
	time_print("%H:%M:%S %f %k %l %% %", 86399123456789ll, &text);
	CHECK_STR(buf_str(&text), "23:59:59 123456 123456789 123 % %");
	buf_reset(&text);
	time_print("%s %-d", -1, &text);
	CHECK_STR(buf_str(&text), "-1 31");
	buf_reset(&text);
	setenv("TZ", "UTC+5", 1);
	tzset();
	time_print("%H ", 86399123456789ll, &text);
	time_print("-u %H", 86399123456789ll, &text);
	CHECK_STR(buf_str(&text), "18 23");
	unsetenv("TZ");
	tzset();
}

#define ID "4f5c0a9d3b2e4f5c0a9d3b2e4f5c0a9d3b2e4f5c0a9d3b2e4f5c0a9d3b2e0123"

static void test_containers(void)
{
	static const struct { const char *path, *name; } cases[] = {
		{"/docker/" ID, "4f5c0a9d3b2e"},
		{"/system.slice/docker-" ID ".scope", "4f5c0a9d3b2e"},
		{"/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope/init", "4f5c0a9d3b2e"},
		{"/machine.slice/machine-web.scope/payload", "web"},
		{"/lxc.payload.web/init.scope", "web"},
		{"/lxc.monitor.web", "web"},
		{"/machine.slice/machine-", ""},
		{"/user.slice/user-0.slice", ""},
		{"/docker/4f5c0a9d3b2e", ""},
		{"/", ""},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		buf_reset(&text);
		value_container(cases[i].path, &text);
		CHECK_STR(buf_str(&text), cases[i].name);
	}
}

int main(void)
{
	test_containers();
	test_begin();
	test_numbers();
	test_strings_and_bytes();
	test_escapes();
	test_composed();
	test_struct();
	test_special();
	test_stacks();
	test_time();
	buf_free(&text);
	return test_end();
}
