/* The corpus of `make fuzz TARGET=python`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_python.c"
#include "fuzz/corpus.c"
