/* out_format.c - printf: conversions, flags, widths, lengths; differences to C are stated. */
#include "out/conversion.h"
#include "unit/out_test.h"

static struct buf text;

static const char *print(const char *format, const struct value *args, size_t n)
{
	struct value_style style = {.names = &test_names};
	struct format parsed = {0};
	struct format_error error;

	buf_reset(&text);
	if (!format_parse(test_arena, (struct text){format, strlen(format)}, &parsed, &error))
		return error.message;
	format_values(&style, &parsed, args, n, &text);
	return buf_str(&text);
}

static const char *number(const char *format, unsigned size, bool is_signed, int64_t n)
{
	struct value v = {.type = type_int(&test_types, size, is_signed), .data = (uint8_t *)&n, .size = 8};

	return print(format, &v, 1);
}

static const char *string(const char *format, const char *s)
{
	struct value v = {.type = type_string(&test_types, 32), .data = (const uint8_t *)s, .size = strlen(s) + 1};

	return print(format, &v, 1);
}

/* The same as C's printf for these. */
static void test_as_c(void)
{
	static const char *const formats[] = {
		"[%d]", "[%5d]", "[%-5d]", "[%05d]", "[%+d]", "[% d]", "[%.3d]", "[%8.5d]", "[%-8.5d]", "[%08.5d]",
		"[%i]", "[%.0d]", "[%+5d]", "[%-05d]",
	};
	static const char *const unsigned_formats[] = {
		"[%u]", "[%x]", "[%X]", "[%#x]", "[%#X]", "[%o]", "[%#o]", "[%8x]", "[%-8x]", "[%08x]", "[%#08x]",
		"[%#.3o]", "[%.0x]", "[%#.0o]",
	};
	static const int values[] = {0, 1, -1, 42, -42, 2147483647, -2147483647 - 1};
	char expected[64];

	for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
		for (size_t f = 0; f < ARRAY_SIZE(formats); f++) {
			snprintf(expected, sizeof(expected), formats[f], values[v]);
			CHECK_STR(number(formats[f], 4, true, values[v]), expected);
		}
		for (size_t f = 0; f < ARRAY_SIZE(unsigned_formats); f++) {
			snprintf(expected, sizeof(expected), unsigned_formats[f], values[v]);
			CHECK_STR(number(unsigned_formats[f], 4, true, values[v]), expected);
		}
	}
}

static void test_lengths(void)
{
	/* without a modifier nothing is lost */
	CHECK_STR(number("%d", 8, true, 5000000000), "5000000000");
	CHECK_STR(number("%u", 8, true, -1), "18446744073709551615");
	CHECK_STR(number("%d", 8, false, -1), "-1");
	CHECK_STR(number("%d", 4, false, 4000000000), "4000000000");
	CHECK_STR(number("%x", 1, true, -1), "ffffffff");
	CHECK_STR(number("%x", 8, true, -1), "ffffffffffffffff");
	/* with one the value is cut or extended to it */
	CHECK_STR(number("%hhd", 8, true, 300), "44");
	CHECK_STR(number("%hd", 8, true, 70000), "4464");
	CHECK_STR(number("%hhx", 4, true, -1), "ff");
	CHECK_STR(number("%lx", 1, true, -1), "ffffffffffffffff");
	CHECK_STR(number("%lld", 8, true, INT64_MIN), "-9223372036854775808");
	CHECK_STR(number("%zu %%", 8, false, 7), "7 %");
}

static void test_others(void)
{
	struct value two[2];
	int64_t one = 1, n = 0x1234;
	const struct type *bytes = type_buffer(&test_types, 5);
	struct value b = {.type = bytes, .data = (const uint8_t *)"\3\0\0\0a\1b", .size = 9};

	CHECK_STR(number("%c|", 1, true, 'A'), "A|");
	CHECK_STR(number("%3c|%-3c|", 1, true, 'A'), "  A||"); /* the second has no argument */
	CHECK_STR(number("%p", 8, false, 0), "0");
	CHECK_STR(number("%12p|", 8, false, 0xffff), "      0xffff|");
	CHECK_STR(number("%s", 8, true, -3), "-3");
	CHECK_STR(string("%s", "abc"), "abc");
	CHECK_STR(string("[%6s] ", "abc"), "[   abc] ");
	CHECK_STR(string("[%-6s]", "abc"), "[abc   ]");
	CHECK_STR(string("[%.2s]", "abc"), "[ab]");
	CHECK_STR(string("[%.2s]", "a\xc3\xa9"), "[a]"); /* never half a character */
	CHECK_STR(string("%d", "abc"), "abc"); /* no number: shown as it is */
	CHECK_STR(print("%r", &b, 1), "a\\x01b");
	CHECK_STR(print("%rx", &b, 1), "\\x61\\x01\\x62");
	CHECK_STR(print("%rh", &b, 1), "61 01 62");
	CHECK_STR(print("[%8rh]", &(struct value){.type = bytes, .data = (const uint8_t *)"\1\0\0\0a", .size = 9}, 1),
		  "[      61]");
	two[0] = (struct value){.type = simple(TYPE_BOOL), .data = (uint8_t *)&one, .size = 8};
	two[1] = (struct value){.type = type_int(&test_types, 8, true), .data = (uint8_t *)&n, .size = 8};
	CHECK_STR(print("%s %x%%\n", two, 2), "true 1234%\n");
	CHECK_STR(print("%d", two, 1), "1");
}

static void test_gfp(void)
{
	static const struct { uint32_t flags; const char *text; } cases[] = {
		{0xcc0, "GFP_KERNEL"}, {0xdc0, "GFP_KERNEL|__GFP_ZERO"}, {0x1, "GFP_DMA"}, {0x820, "GFP_ATOMIC"},
		{0x80000000, "0x80000000"}, {0, "0"}, {0x100cca, "GFP_HIGHUSER_MOVABLE"},
		{0x400cc0 | 0x80000000, "GFP_KERNEL_ACCOUNT|0x80000000"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_STR(number("%gr", 4, false, cases[i].flags), cases[i].text);
}

static void test_wait_status(void)
{
	static const struct { int status; const char *text; } cases[] = {
		{0, "0"}, {1 << 8, "code 1"}, {255 << 8, "code 255"}, {9, "signal 9 (KILL)"},
		{0x80 | 11, "signal 11 (SEGV), core dumped"}, {34, "signal 34"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_STR(number("%ws", 4, false, cases[i].status), cases[i].text);
}

int main(void)
{
	test_begin();
	test_as_c();
	test_lengths();
	test_others();
	test_gfp();
	test_wait_status();
	buf_free(&text);
	return test_end();
}
