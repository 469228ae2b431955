/* The corpus of `make fuzz TARGET=usdt`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_usdt.c"
#include "fuzz/corpus.c"
