/* The corpus of `make fuzz TARGET=maps`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_maps.c"
#include "fuzz/corpus.c"
