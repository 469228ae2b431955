/* fuzz_script.c - a script through parser, checker, planner and code generation, for a new and an old kernel. */
#include "fuzz/fuzz_script.h"

enum { LIMIT = 4096 };

static void fuzz_script(const uint8_t *data, size_t size)
{
	char *text;

	if (size > LIMIT)
		return;
	text = fuzz_copy(data, size, true);
	fuzz_script_run(text, size, false);
	fuzz_script_run(text, size, true);
	free(text);
}

FUZZ(script, fuzz_script)
