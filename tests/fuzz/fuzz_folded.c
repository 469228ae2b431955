/* fuzz_folded.c - folded stacks, as anyone may send it. */
#include "fuzz/profile.h"

static void fuzz_folded(const uint8_t *data, size_t size)
{
	fuzz_profile(PROF_FOLDED, data, size);
}

FUZZ(folded, fuzz_folded)
