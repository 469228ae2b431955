/* lang_format.c - printf formats taken apart. */
#include <stdio.h>

#include "lang/format.h"

static unsigned checks_failed, checks_done;

static void check(bool ok, const char *format, const char *what, const char *got)
{
	checks_done++;
	if (!ok) {
		checks_failed++;
		fprintf(stderr, "\"%s\": %s, got %s\n", format, what, got);
	}
}

struct row {
	const char *format, *want; /* the dump, or the error's message */
	unsigned off, len;         /* of the error */
};

static const struct row good[] = {
	{"", "", 0, 0},
	{"hello\n", "\"hello\\n\"", 0, 0},
	{"%d", "{d}", 0, 0},
	{"%-6d of %s\n", "{d '-' w6}\" of \"{s}\"\\n\"", 0, 0},
	{"100%%", "\"100%\"", 0, 0},
	{"%%%d%%%%", "\"%\"{d}\"%%\"", 0, 0},
	{"%+ #05.3lld", "{lld '+' '#' '0' w5 p3}", 0, 0},
	{"% d", "{d ' '}", 0, 0},
	{"%-08x", "{x '-' w8}", 0, 0},
	{"%hhd%hd%ld%lld%jd%zd%td%Ld", "{hhd}{hd}{ld}{lld}{jd}{zd}{td}{Ld}", 0, 0},
	{"%d%i%o%u%x%X%c%s%p", "{d}{i}{o}{u}{x}{X}{c}{s}{p}", 0, 0},
	{"%r %rx %rh %gr", "{r}\" \"{rx}\" \"{rh}\" \"{gr}", 0, 0},
	{"%rhello", "{rh}\"ello\"", 0, 0},
	{"%.s%.0s%10.s", "{s p0}{s p0}{s w10 p0}", 0, 0},
	{"%4096d%.4096s", "{d w4096}{s p4096}", 0, 0},
	{"50% of", "\"50\"{o ' '}\"f\"", 0, 0},
	{"%00004d", "{d '0' w4}", 0, 0},
	{"\x01\"\\", "\"\\x01\\x22\\x5c\"", 0, 0},
};

static const struct row bad[] = {
	{"%", "the format ends within a conversion; a percent sign is written %%", 0, 1},
	{"50% kB", "there is no such conversion; known are d i u o x X c s p r rx rh rs gr and %%", 2,
	 3},
	{"ab%5", "the format ends within a conversion; a percent sign is written %%", 2, 2},
	{"%*d", "a width or precision is a number, not '*'", 0, 2},
	{"%.*s", "a width or precision is a number, not '*'", 0, 3},
	{"%n", "there is no conversion %n", 0, 2},
	{"%q", "there is no such conversion; known are d i u o x X c s p r rx rh rs gr and %%", 0, 2},
	{"%4097d", "a width is at most 4096", 0, 5},
	{"x%99999999999999999999d", "a width is at most 4096", 1, 5},
	{"%.5000s", "a precision is at most 4096", 0, 6},
	{"%g", "there are no floating-point numbers, so no conversion for them", 0, 2},
	{"%l", "the format ends within a conversion; a percent sign is written %%", 0, 2},
};

static bool parse(struct arena *arena, const char *text, struct format *format,
		  struct format_error *error)
{
	return format_parse(arena, (struct text){text, strlen(text)}, format, error);
}

static void test_good(struct arena *arena)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct format_error error;
		struct format format;
		struct buf dump = {0};
		unsigned conversions = 0;
		uint32_t at = 0;

		if (!parse(arena, good[i].format, &format, &error)) {
			check(false, good[i].format, "refused", error.message);
			continue;
		}
		format_print(&format, &dump);
		check(str_eq(buf_str(&dump), good[i].want), good[i].format, good[i].want,
		      buf_str(&dump));
		vec_each(s, &format.segments) {
			check(s->off == at, good[i].format, "segments lie side by side", "a gap");
			at += s->span_len;
			conversions += !s->literal;
		}
		check(at == strlen(good[i].format), good[i].format, "all is read", "a rest");
		check(conversions == format.conversions, good[i].format, "conversions counted",
		      "another number");
		buf_free(&dump);
	}
}

static void test_bad(struct arena *arena)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct format_error error;
		struct format format;

		if (parse(arena, bad[i].format, &format, &error)) {
			check(false, bad[i].format, bad[i].want, "no error");
			continue;
		}
		check(str_eq(error.message, bad[i].want), bad[i].format, bad[i].want,
		      error.message);
		check(error.off == bad[i].off && error.len == bad[i].len, bad[i].format,
		      "the error's place", arena_printf(arena, "%u+%u", error.off, error.len));
	}
}

/* A format is bytes: a NUL is a character like any other. */
static void test_nul(struct arena *arena)
{
	struct format_error error;
	struct format format;

	check(format_parse(arena, (struct text){"a\0%d", 4}, &format, &error), "a\\0%d", "accepted",
	      "refused");
	check(format.segments.n == 2 && format.segments.v[0].text.len == 2, "a\\0%d",
	      "two segments", "others");
	check(!format_parse(arena, (struct text){"%\0d", 3}, &format, &error), "%\\0d", "refused",
	      "accepted");
}

static void test_tables(void)
{
	check(format_takes(FORMAT_S) == FORMAT_TEXT, "%s", "text", "something else");
	check(format_takes(FORMAT_RX) == FORMAT_BUFFER, "%rx", "buffer", "something else");
	check(format_takes(FORMAT_WS) == FORMAT_INTEGER, "%ws", "integer", "something else");
	check(format_takes(FORMAT_GR) == FORMAT_INTEGER, "%gr", "integer", "something else");
	check(format_length_bits(FORMAT_LENGTH_HH) == 8, "hh", "8 bits", "others");
	check(format_length_bits(FORMAT_LENGTH_NONE) == 64, "no length", "64 bits", "others");
	check(str_eq(format_length_name(FORMAT_LENGTH_LONG), "L"), "L", "L", "another");
	check(str_eq(format_conversion_name(FORMAT_X_UPPER), "X"), "X", "X", "another");
}

int main(void)
{
	struct arena *arena = arena_new();

	test_good(arena);
	test_bad(arena);
	test_nul(arena);
	test_tables();
	arena_free(arena);
	printf("%u checks, %u failed\n", checks_done, checks_failed);
	return checks_failed != 0;
}
