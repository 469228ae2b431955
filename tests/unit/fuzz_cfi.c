/* The corpus of `make fuzz TARGET=cfi`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_cfi.c"
#include "fuzz/corpus.c"
