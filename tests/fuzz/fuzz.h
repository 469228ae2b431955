/*
 * fuzz.h - one target of the fuzzers: FUZZ(function) makes it libFuzzer's entry, or, in the tests
 * (FUZZ_REGRESS), a program that gives it every file of tests/fuzz/corpus/TARGET, whole, cut
 * short and with bytes changed, and finds that nothing happened.
 *
 * What is fuzzed has to survive any bytes, and to keep its own promises: BUG() is a finding.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* The input in an allocation of its own, so that the sanitizers see its end; a NUL follows if asked for. */
static inline char *fuzz_copy(const uint8_t *data, size_t size, bool text)
{
	char *copy = xmalloc(size + text + !size);

	memcpy(copy, data, size);
	if (text)
		copy[size] = '\0';
	return copy;
}


#ifdef FUZZ_REGRESS
int fuzz_corpus(const char *target, void (*one)(const uint8_t *data, size_t size));
#define FUZZ(target, function) \
	int main(void) { return fuzz_corpus(#target, function); }
#else
#define FUZZ(target, function) \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { function(data, size); return 0; }
#endif

#endif
