/* The corpus of `make fuzz TARGET=front`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_front.c"
#include "fuzz/corpus.c"
