/*
 * keys.c - an event for each of N distinct keys, back to back or spread over a time.
 *
 * usage: keys [-n KEYS] [-m MILLISECONDS] [-r ROUNDS] [-s] [-c CPU] [-w]
 *
 * Calls key_event(k) for k = 0 .. KEYS-1 (default 100000), ROUNDS times over; with -s it makes a
 * write(2) of k bytes to /dev/null instead, whose third argument is the key. With -m each round takes
 * that long. Prints `keys KEYS events N ns NANOSECONDS`. -w waits for its input first (workload.h).
 */
#include "workload.h"

#define PAUSES_PER_SECOND 1000

struct plan {
	unsigned long keys, milliseconds, rounds;
	int by_syscall, cpu, wait;
};

__attribute__((noinline, noclone, visibility("default"))) void key_event(unsigned long key)
{
	/* The first instruction is one that the kernel emulates: stepping over another is slow in a VM. */
	__asm__ volatile("nop" : : "r"(key) : "memory");
}

/* The null device takes any size without looking at the bytes, so a short buffer will do. */
static void write_key(int null_fd, unsigned long key)
{
	static const char buffer[1];
	const char *volatile start = buffer;

	if (syscall(SYS_write, null_fd, start, key) != (long)key)
		fail("write of %lu bytes: %s", key, strerror(errno));
}

/* Sleeps until `done` of the keys are due, a millisecond's worth at a time. */
static void keep_pace(const struct plan *plan, uint64_t began, unsigned long done)
{
	unsigned long slices = plan->milliseconds * PAUSES_PER_SECOND / 1000;
	unsigned long slice = slices ? plan->keys / slices : 0;
	uint64_t due;
	struct timespec ts;

	if (!plan->milliseconds || (slice && done % slice))
		return;
	due = began + (unsigned __int128)plan->milliseconds * 1000000 * done / plan->keys;
	ts.tv_sec = due / 1000000000;
	ts.tv_nsec = due % 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}

static void run(const struct plan *plan, int null_fd)
{
	uint64_t began = now_ns();

	for (unsigned long key = 0; key < plan->keys; key++) {
		if (plan->by_syscall)
			write_key(null_fd, key);
		else
			key_event(key);
		keep_pace(plan, began, key + 1);
	}
}

int main(int argc, char **argv)
{
	struct plan plan = { .keys = 100000, .rounds = 1, .cpu = -1 };
	uint64_t began;
	int option, null_fd;

	while ((option = getopt(argc, argv, "n:m:r:sc:w")) != -1) {
		switch (option) {
		case 'n': plan.keys = number(optarg); break;
		case 'm': plan.milliseconds = number(optarg); break;
		case 'r': plan.rounds = number(optarg); break;
		case 's': plan.by_syscall = 1; break;
		case 'c': plan.cpu = number(optarg); break;
		case 'w': plan.wait = 1; break;
		default: return 2;
		}
	}
	null_fd = open_null();
	pin_to(plan.cpu);
	if (plan.wait)
		wait_for_go();
	began = now_ns();
	for (unsigned long round = 0; round < plan.rounds; round++)
		run(&plan, null_fd);
	say("keys %lu events %lu ns %llu\n", plan.keys, plan.keys * plan.rounds,
	    (unsigned long long)(now_ns() - began));
	return 0;
}
