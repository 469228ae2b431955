/*
 * deep.c - a function called at a depth of its own.
 *
 * usage: deep [-n FRAMES]
 *
 * deep_leaf is called once, below so many frames of deep_down (default 10).
 */
#pragma GCC optimize("no-omit-frame-pointer", "no-optimize-sibling-calls")
#include "workload.h"

__attribute__((noinline, noclone, visibility("default"))) unsigned long deep_leaf(unsigned long n)
{
	__asm__ volatile("nop" : "+r"(n));
	return n;
}

static __attribute__((noinline, noclone)) unsigned long deep_down(unsigned long n)
{
	unsigned long result = n ? deep_down(n - 1) : deep_leaf(n);

	__asm__ volatile("" : "+r"(result));
	return result;
}

int main(int argc, char **argv)
{
	unsigned long frames = 10;
	int option;

	while ((option = getopt(argc, argv, "n:")) != -1)
		if (option == 'n')
			frames = number(optarg);
		else
			return 2;
	return deep_down(frames) != 0;
}
