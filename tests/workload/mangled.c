/*
 * mangled.c - functions under the names that C++ and Rust compilers give theirs; no such compiler
 * is needed.
 *
 * usage: mangled [-n TIMES]
 *
 * main calls each so many times (default 10).
 */
#pragma GCC optimize("no-omit-frame-pointer", "no-optimize-sibling-calls")
#include "workload.h"

#define NAMED(function, symbol) \
	__attribute__((noinline, noclone)) int function(int n) __asm__(symbol); \
	int function(int n) \
	{ \
		__asm__ volatile("nop" : "+r"(n)); \
		return n + 1; \
	}

NAMED(cpp, "_ZN3foo3barEi")
NAMED(cpp_cold, "_ZN3foo3barEi.cold")
NAMED(rust_legacy, "_ZN4core3ptr42drop_in_place$LT$alloc..string..String$GT$17h0123456789abcdefE")
NAMED(rust_v0, "_RINvNtCs1234_7mycrate3foo3barNtNtCs1_5alloc6string6StringE")
NAMED(neither, "_Znot_mangled")

int main(int argc, char **argv)
{
	unsigned long times = 10;
	int option, sum = 0;

	while ((option = getopt(argc, argv, "n:")) != -1)
		if (option == 'n')
			times = number(optarg);
		else
			return 2;
	for (unsigned long i = 0; i < times; i++)
		sum += cpp(1) + cpp_cold(1) + rust_legacy(1) + rust_v0(1) + neither(1);
	return sum == 10 * (int)times ? 0 : 1;
}
