/*
 * callers.c - functions whose callers are known, without frame pointers, so that only the return
 * address tells who called.
 *
 * usage: callers [-w]
 *
 *     few  calls plain_leaf 5 times and framed_leaf 7 times     dive(9) calls itself down to dive(0)
 *     many calls plain_leaf 50 times and framed_leaf 70 times
 *
 * framed_leaf begins with the instruction that begins a frame, plain_leaf with another; dive has
 * frames, and begins with another, too. -w waits for its input before it starts (workload.h).
 */
#pragma GCC optimize("omit-frame-pointer", "no-optimize-sibling-calls")
#include "workload.h"

static volatile unsigned long leaves;

__attribute__((noinline, noclone, visibility("default"))) void plain_leaf(void)
{
	__asm__ volatile("nop" : : : "memory"); /* emulated by the kernel: fast */
	leaves++;
}

__attribute__((noinline, noclone, visibility("default"), optimize("no-omit-frame-pointer"))) void framed_leaf(void)
{
	volatile char room[64];

	room[leaves % sizeof(room)] = 1;
	leaves++;
}

static __attribute__((noinline, noclone)) void few(void)
{
	for (volatile int i = 0; i < 5; i++)
		plain_leaf();
	for (volatile int i = 0; i < 7; i++)
		framed_leaf();
}

static __attribute__((noinline, noclone)) void many(void)
{
	for (volatile int i = 0; i < 50; i++)
		plain_leaf();
	for (volatile int i = 0; i < 70; i++)
		framed_leaf();
}

__attribute__((noinline, noclone, visibility("default"), optimize("no-omit-frame-pointer"),
	       patchable_function_entry(1))) unsigned long dive(unsigned long depth)
{
	return depth ? dive(depth - 1) + 1 : leaves;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-w") == 0)
		wait_for_go();
	few();
	many();
	leaves = dive(9);
	return 0;
}
