/*
 * uprobe_target.c - functions to probe, called exactly as often as asked, from threads on one CPU.
 *
 * usage: uprobe_target [-t THREADS] [-n CALLS] [-s SLOW_CALLS] [-u SLOW_US] [-c CPU] [-w]
 *
 * Each thread calls target_fast(i) CALLS times and target_slow(us) SLOW_CALLS times, spread evenly
 * among the fast ones; target_slow computes for SLOW_US (default 100) before it returns us. Prints
 * `target_fast COUNT` and `target_slow COUNT`. -w waits for its input before it starts (workload.h).
 */
#include <pthread.h>

#include "workload.h"

#define MAX_THREADS 256

struct plan {
	unsigned long threads, calls, slow_calls, slow_us;
	int cpu;
	int wait;
};

__attribute__((noinline, noclone, visibility("default"))) long target_fast(long index)
{
	/* The call must stay a call; a nop at its start is emulated by the kernel, not stepped. */
	__asm__ volatile("nop" : "+r"(index));
	return index + 1;
}

__attribute__((noinline, noclone, visibility("default"))) long target_slow(long microseconds)
{
	uint64_t end = now_ns() + microseconds * 1000ull;

	while (now_ns() < end)
		;
	return microseconds;
}

static void *work(void *argument)
{
	const struct plan *plan = argument;
	unsigned long slow_done = 0;

	pin_to(plan->cpu);
	for (unsigned long i = 0; i < plan->calls; i++) {
		target_fast(i);
		/* After i + 1 of the calls, the same share of the slow ones is done. */
		while (slow_done < plan->slow_calls * (i + 1) / plan->calls) {
			target_slow(plan->slow_us);
			slow_done++;
		}
	}
	for (; slow_done < plan->slow_calls; slow_done++)
		target_slow(plan->slow_us);
	return NULL;
}

int main(int argc, char **argv)
{
	struct plan plan = { .threads = 1, .calls = 1000, .slow_us = 100, .cpu = -1 };
	pthread_t threads[MAX_THREADS];
	int option;

	while ((option = getopt(argc, argv, "t:n:s:u:c:w")) != -1) {
		switch (option) {
		case 't': plan.threads = number(optarg); break;
		case 'n': plan.calls = number(optarg); break;
		case 's': plan.slow_calls = number(optarg); break;
		case 'u': plan.slow_us = number(optarg); break;
		case 'c': plan.cpu = number(optarg); break;
		case 'w': plan.wait = 1; break;
		default: return 2;
		}
	}
	if (!plan.threads || plan.threads > MAX_THREADS)
		fail("1 to %d threads", MAX_THREADS);
	if (plan.wait)
		wait_for_go();
	for (unsigned long i = 0; i < plan.threads; i++)
		if (pthread_create(&threads[i], NULL, work, &plan))
			fail("no thread");
	for (unsigned long i = 0; i < plan.threads; i++)
		pthread_join(threads[i], NULL);
	say("target_fast %lu\ntarget_slow %lu\n", plan.threads * plan.calls,
	    plan.threads * plan.slow_calls);
	return 0;
}
