/* The corpus of `make fuzz TARGET=pprof`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_pprof.c"
#include "fuzz/corpus.c"
