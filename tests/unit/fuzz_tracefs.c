/* The corpus of `make fuzz TARGET=tracefs`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_tracefs.c"
#include "fuzz/corpus.c"
