/* The corpus of `make fuzz TARGET=elf`. */
#define FUZZ_REGRESS
#include "fuzz/fuzz_elf.c"
#include "fuzz/corpus.c"
