/*
 * stacks.c - exactly 10000 distinct user stacks, each seen at a leaf function the same number of times.
 *
 * usage: stacks [-r ROUNDS] [-w]
 *
 *     walk_all -> step_A -> step_B -> step_C -> step_D -> visit -> stack_leaf(number)
 *
 * A to D are the decimal digits of the stack's number, 0 to 9999. visit stands between the last step
 * and the leaf: walked by frame pointers alone, the caller of a function probed at its first
 * instruction is missing, and a tracer that takes no heed shows no visit. Frame pointers end at walk_all, so that
 * what libc's start code leaves in the register adds no frames. Prints `stacks 10000 leaf_calls N`.
 * -w waits for its input before it starts (workload.h).
 */
#pragma GCC optimize("no-omit-frame-pointer", "no-optimize-sibling-calls")
#include "workload.h"

#define DIGITS 4
#define STACKS 10000

/* The asm after each call keeps it from becoming a jump, which would take its frame away. */
#define KEEP_FRAME() __asm__ volatile("")

static unsigned long leaf_calls;

__attribute__((noinline, noclone, visibility("default"))) void stack_leaf(unsigned long number)
{
	__asm__ volatile("nop" : : "r"(number) : "memory"); /* emulated by the kernel: fast */
	leaf_calls++;
}

static __attribute__((noinline, noclone)) void visit(unsigned long number)
{
	stack_leaf(number);
	KEEP_FRAME();
}

static void (*const steps[10])(unsigned long number, unsigned left);

static const unsigned long powers[DIGITS] = { 1, 10, 100, 1000 };

#define STEP(digit) \
static __attribute__((noinline, noclone)) void step_##digit(unsigned long number, unsigned left) \
{ \
	if (left) \
		steps[number / powers[left - 1] % 10](number, left - 1); \
	else \
		visit(number); \
	KEEP_FRAME(); \
}

STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9)

static void (*const steps[10])(unsigned long number, unsigned left) = {
	step_0, step_1, step_2, step_3, step_4, step_5, step_6, step_7, step_8, step_9,
};

__attribute__((noinline, noclone, used)) void walk_all(unsigned long rounds)
{
	for (unsigned long round = 0; round < rounds; round++)
		for (unsigned long number = 0; number < STACKS; number++)
			steps[number / powers[DIGITS - 1]](number, DIGITS - 1);
}

/* Calls walk_all with an empty frame pointer. */
void walk_without_parents(unsigned long rounds);
#if defined(__x86_64__)
__asm__(".text\n.type walk_without_parents, @function\nwalk_without_parents:\n"
	"	push %rbp\n	xor %ebp, %ebp\n	call walk_all\n	pop %rbp\n	ret\n"
	".size walk_without_parents, . - walk_without_parents\n");
#elif defined(__aarch64__)
__asm__(".text\n.type walk_without_parents, %function\nwalk_without_parents:\n"
	"	stp x29, x30, [sp, #-16]!\n	mov x29, xzr\n	bl walk_all\n"
	"	ldp x29, x30, [sp], #16\n	ret\n"
	".size walk_without_parents, . - walk_without_parents\n");
#else
#error "no frame-pointer entry for this architecture"
#endif

int main(int argc, char **argv)
{
	unsigned long rounds = 1;
	int option;

	while ((option = getopt(argc, argv, "r:w")) != -1) {
		switch (option) {
		case 'r': rounds = number(optarg); break;
		case 'w': wait_for_go(); break;
		default: return 2;
		}
	}
	walk_without_parents(rounds);
	say("stacks %d leaf_calls %lu\n", STACKS, leaf_calls);
	return 0;
}
