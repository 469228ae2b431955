/*
 * many_functions.c - exactly 10000 functions, many_0000 to many_9999, for probes with a wildcard.
 *
 * usage: many_functions [-r ROUNDS] [-w]
 *
 * Calls each of them ROUNDS times (default 1; 0: none), in the order of their names. Prints
 * `many_functions 10000 calls N`. -w waits for its input before it starts (workload.h).
 */
#include "workload.h"

#define FUNCTIONS 10000

/* Different constants: the compiler may put equal functions into one. */
#define ONE(n) \
	__attribute__((noinline, noclone)) long many_##n(long x) \
	{ \
		__asm__ volatile("" : "+r"(x)); \
		return x + 1##n; \
	}
#define ADDRESS(n) many_##n,
#define TEN(what, n) \
	what(n##0) what(n##1) what(n##2) what(n##3) what(n##4) \
	what(n##5) what(n##6) what(n##7) what(n##8) what(n##9)
#define HUNDRED(what, n) \
	TEN(what, n##0) TEN(what, n##1) TEN(what, n##2) TEN(what, n##3) TEN(what, n##4) \
	TEN(what, n##5) TEN(what, n##6) TEN(what, n##7) TEN(what, n##8) TEN(what, n##9)
#define THOUSAND(what, n) \
	HUNDRED(what, n##0) HUNDRED(what, n##1) HUNDRED(what, n##2) HUNDRED(what, n##3) \
	HUNDRED(what, n##4) HUNDRED(what, n##5) HUNDRED(what, n##6) HUNDRED(what, n##7) \
	HUNDRED(what, n##8) HUNDRED(what, n##9)
#define ALL(what) \
	THOUSAND(what, 0) THOUSAND(what, 1) THOUSAND(what, 2) THOUSAND(what, 3) THOUSAND(what, 4) \
	THOUSAND(what, 5) THOUSAND(what, 6) THOUSAND(what, 7) THOUSAND(what, 8) THOUSAND(what, 9)

ALL(ONE)

static long (*const functions[FUNCTIONS])(long) = { ALL(ADDRESS) };

int main(int argc, char **argv)
{
	unsigned long rounds = 1, calls = 0;
	int wait = 0, c;
	long sum = 0;

	while ((c = getopt(argc, argv, "r:w")) != -1) {
		if (c == 'r')
			rounds = number(optarg);
		else if (c == 'w')
			wait = 1;
		else
			fail("usage: many_functions [-r ROUNDS] [-w]");
	}
	if (wait)
		wait_for_go();
	for (unsigned long r = 0; r < rounds; r++)
		for (size_t i = 0; i < FUNCTIONS; i++, calls++)
			sum = functions[i](sum) & 0xffff;
	say("many_functions %d calls %lu\n", FUNCTIONS, calls);
	return 0;
}
