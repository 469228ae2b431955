/* fuzz_pprof.c - pprof's protocol buffer, unpacked, as anyone may send it. */
#include "fuzz/profile.h"

static void fuzz_pprof(const uint8_t *data, size_t size)
{
	fuzz_profile(PROF_PPROF, data, size);
}

FUZZ(pprof, fuzz_pprof)
