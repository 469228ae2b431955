/* The corpus of `make fuzz TARGET=cdefs`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_cdefs.c"
#include "fuzz/corpus.c"
