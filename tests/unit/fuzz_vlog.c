/* The corpus of `make fuzz TARGET=vlog`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_vlog.c"
#include "fuzz/corpus.c"
