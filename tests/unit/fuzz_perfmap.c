/* The corpus of `make fuzz TARGET=perfmap`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_perfmap.c"
#include "fuzz/corpus.c"
