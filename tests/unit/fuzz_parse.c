/* The corpus of `make fuzz TARGET=parse`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_parse.c"
#include "fuzz/corpus.c"
