/* fuzz_speedscope.c - speedscope's JSON, as anyone may send it. */
#include "fuzz/profile.h"

static void fuzz_speedscope(const uint8_t *data, size_t size)
{
	fuzz_profile(PROF_SPEEDSCOPE, data, size);
}

FUZZ(speedscope, fuzz_speedscope)
