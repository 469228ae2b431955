/*
 * oracle_call.c - a function called once with what the command line says, for a probe to compute with.
 *
 * usage: oracle_call NUMBER NUMBER NUMBER NUMBER TEXT TEXT
 */
#include "workload.h"

__attribute__((noinline, noclone, visibility("default")))
void oracle_call(unsigned long a, unsigned long b, unsigned long c, unsigned long d, const char *s, const char *t)
{
	__asm__ volatile("nop" : : "r"(a), "r"(b), "r"(c), "r"(d), "r"(s), "r"(t) : "memory");
}

int main(int argc, char **argv)
{
	if (argc != 7)
		fail("four numbers and two texts");
	oracle_call(number(argv[1]), number(argv[2]), number(argv[3]), number(argv[4]), argv[5], argv[6]);
	return 0;
}
