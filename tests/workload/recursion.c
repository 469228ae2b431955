/*
 * recursion.c - a function that calls itself: usage: recursion DEPTH
 *
 * descend() is entered DEPTH times before the first of the calls returns.
 */
#include "workload.h"

__attribute__((noinline, noclone, visibility("default"))) long descend(long depth)
{
	long below = depth > 1 ? descend(depth - 1) : 0;

	__asm__ volatile("nop" : "+r"(below)); /* the call is not the last thing done */
	return below + 1;
}

int main(int argc, char **argv)
{
	long depth = argc > 1 ? atol(argv[1]) : 10;

	return descend(depth) == depth ? 0 : 1;
}
