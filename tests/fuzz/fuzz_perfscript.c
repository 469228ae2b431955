/* fuzz_perfscript.c - the text of `perf script`, as anyone may send it. */
#include "fuzz/profile.h"

static void fuzz_perfscript(const uint8_t *data, size_t size)
{
	fuzz_profile(PROF_PERF, data, size);
}

FUZZ(perfscript, fuzz_perfscript)
