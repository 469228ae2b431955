/* fuzz_cdefs.c - C definitions, with a script behind them that asks for their sizes, places and values. */
#include "fuzz/fuzz_script.h"

enum { LIMIT = 4096 };

static void fuzz_cdefs(const uint8_t *data, size_t size)
{
	static const char uses[] =
		"\nuprobe:/bin/true:main { print(sizeof(struct a)); print(offsetof(struct a, b)); print(M);\n"
		"print(((struct a *)arg0)->b); print(*(struct a *)arg1); @[((struct a *)arg0)->c.d] = (enum e)arg2;\n"
		"$t = (t *)arg3; print($t); print(E); print(((union u *)arg4)->x); }\n";
	struct buf text = {0};

	if (size <= LIMIT) {
		buf_add(&text, data, size);
		buf_puts(&text, uses);
		fuzz_script_run(buf_str(&text), text.len, false);
	}
	buf_free(&text);
}

FUZZ(cdefs, fuzz_cdefs)
