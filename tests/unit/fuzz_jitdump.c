/* The corpus of `make fuzz TARGET=jitdump`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_jitdump.c"
#include "fuzz/corpus.c"
