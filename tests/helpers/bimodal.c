/*
 * bimodal [N]: N operations (30000), one after the other; two of three take some 20 us, the third
 * some 160 us, and one in the middle of them waits for a second: `operation` returns after that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

__attribute__((noinline)) long operation(long us)
{
	long end = now_us() + us;

	if (us >= 1000000)
		nanosleep(&(struct timespec){us / 1000000, 0}, NULL);
	while (now_us() < end)
		;
	return end;
}

int main(int argc, char **argv)
{
	long n = argc > 1 ? atol(argv[1]) : 30000, slow = 0;

	for (long i = 0; i < n; i++) {
		long began = now_us();

		operation(i == n / 2 ? 1000000 : i % 3 == 2 ? 160 : 20);
		slow += now_us() - began >= 1 << 19;
	}
	printf("%ld\n", slow);
	return 0;
}
