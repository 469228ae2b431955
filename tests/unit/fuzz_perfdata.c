/* The corpus of `make fuzz TARGET=perfdata`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_perfdata.c"
#include "fuzz/corpus.c"
