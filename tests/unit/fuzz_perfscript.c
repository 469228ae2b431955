/* The corpus of `make fuzz TARGET=perfscript`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_perfscript.c"
#include "fuzz/corpus.c"
