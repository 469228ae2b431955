/*
 * collide.c - two user stacks whose hashes, as src/ir/lower_stack.c has them, are equal.
 *
 *     collide ROUNDS    so many getppid() calls with each
 *
 * The frames are made by hand: a chain of {next frame pointer, return address}. The words of a
 * block are summed up, each times a factor: what one word has more by the other's factor, the
 * other has less by the first one's.
 */
#include "workload.h"

#define FACTOR_OF_IP_1 0x3c6ef372fe94f82bull /* the block begins with the head; then ip[0] */
#define FACTOR_OF_IP_2 0xa54ff53a5f1d36f1ull

struct frame {
	const struct frame *next;
	uint64_t address;
};

static __attribute__((noinline, noclone)) void call_with(const struct frame *frames)
{
#if defined(__x86_64__)
	long result = SYS_getppid;

	__asm__ volatile("push %%rbp\n\tmov %1, %%rbp\n\tsyscall\n\tpop %%rbp"
			 : "+a"(result)
			 : "r"(frames)
			 : "rcx", "r11", "memory");
#else
	(void)frames;
#endif
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? (int)number(argv[1]) : 1;
	static struct frame one[2] = {{&one[1], 0x401000}, {NULL, 0x402000}};
	static struct frame other[2] = {{&other[1], 0x401000 + FACTOR_OF_IP_2}, {NULL, 0x402000 - FACTOR_OF_IP_1}};

	while (rounds-- > 0) {
		call_with(one);
		call_with(other);
	}
	return 0;
}
