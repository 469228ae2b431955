/* The corpus of `make fuzz TARGET=folded`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_folded.c"
#include "fuzz/corpus.c"
