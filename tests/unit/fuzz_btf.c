/* The corpus of `make fuzz TARGET=btf`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_btf.c"
#include "fuzz/corpus.c"
