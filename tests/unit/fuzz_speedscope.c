/* The corpus of `make fuzz TARGET=speedscope`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_speedscope.c"
#include "fuzz/corpus.c"
