/* The corpus of `make fuzz TARGET=script`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_script.c"
#include "fuzz/corpus.c"
