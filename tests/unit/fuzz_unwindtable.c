/* The corpus of `make fuzz TARGET=unwindtable`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_unwindtable.c"
#include "fuzz/corpus.c"
