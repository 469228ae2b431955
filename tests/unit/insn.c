/* insn.c - lengths of x86-64 instructions; each line is one as objdump cuts it. */
#include "kern/probe/insn.h"

#include <stdlib.h>

#include "unit/unit.h"

static const char *const whole[] = {
	"90", "55", "c3", "f3 0f 1e fa", "48 89 e5", "48 83 ec 10", "48 81 ec 00 01 00 00",
	"48 83 05 e7 2b 00 00 01", "66 90", "66 0f 1f 44 00 00", "66 2e 0f 1f 84 00 00 00 00 00",
	"e8 00 00 00 00", "66 66 48 e8 00 00 00 00", "eb fe", "75 10", "0f 84 00 01 00 00", "c8 10 00 00",
	"c2 08 00", "48 b8 01 02 03 04 05 06 07 08", "b8 01 00 00 00", "66 b8 01 00",
	"a0 01 02 03 04 05 06 07 08", "f6 c1 01", "f6 d1", "f7 c1 01 00 00 00", "66 f7 c1 01 00", "f7 d9",
	"48 f7 05 00 00 00 00 01 00 00 00", "48 8b 04 25 28 00 00 00", "64 48 8b 04 25 28 00 00 00",
	"8b 44 24 08", "8b 84 24 80 00 00 00", "48 8d 05 10 00 00 00", "0f b6 45 ff", "0f a2", "0f 05",
	"0f 0b", "0f ba e0 05", "0f 38 00 c1", "66 0f 3a 0f c1 08", "0f c2 c1 01", "f2 0f 10 45 f8",
	"c5 f8 77", "c5 f9 6f 07", "c4 e2 7d 18 07", "c4 e3 7d 39 c1 01", "c5 f1 73 d1 05",
	"62 f1 7c 48 10 07", "62 f1 fe 48 7f 47 01", "62 f3 75 48 25 c1 ff", "f0 48 0f b1 0f",
	"c7 45 fc 01 00 00 00", "66 c7 45 fc 01 00", "69 c0 10 27 00 00", "6b c0 0a", "9b", "cd 80",
	"0f 0f c1 b4", "41 ff d3", "41 5f",
};

static size_t bytes_of(const char *text, unsigned char *out)
{
	size_t n = 0;
	char *end;

	for (; *text; text = end)
		out[n++] = (unsigned char)strtoul(text, &end, 16);
	return n;
}

int main(void)
{
	static const char *const none[] = {
		"06", "0f 04", "62", "c5", "c4 e0 7d 18 07",
		"66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", "82 c0 01", "ea 00 00 00 00", "0f ff",
	};
	unsigned char code[32], exact[32];

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		size_t n = bytes_of(whole[i], code);
		unsigned char *copy = memcpy(malloc(n), code, n); /* its end is its memory's */

		memset(exact, 0x90, sizeof(exact));
		memcpy(exact, code, n);
		if (insn_length_x86_64(exact, sizeof(exact)) != n)
			printf("%s: %u\n", whole[i], insn_length_x86_64(exact, sizeof(exact)));
		CHECK(insn_length_x86_64(exact, sizeof(exact)) == n);
		CHECK(insn_length_x86_64(copy, n) == n);
		for (size_t cut = 0; cut < n; cut++)
			CHECK(insn_length_x86_64(copy, cut) == 0);
		free(copy);
	}
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		size_t n = bytes_of(none[i], code);

		CHECK(insn_length_x86_64(code, n) == 0);
	}
	return unit_result();
}
