/*
 * switches.c - two processes that wake each other up through pipes, for what a profiler of waits costs.
 *
 * usage: switches CPU      (commands on stdin, one answer line each on stdout)
 *
 *   go MS      for MS ms; answers `SWITCHES NS`: how many times the CPU went from one to the other, and
 *              how much CPU time both took for that (so who else runs there meanwhile does not count)
 *
 * Both are on that CPU, so each byte is a switch and nothing waits for another processor. `READY PID PID`
 * is printed first. Ends with its input.
 */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static int to_child[2], to_parent[2];

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		fail("clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("sched_setaffinity");
}

static void answer(void)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(to_child[0], &byte, 1) == 1)
		if (write(to_parent[1], &byte, 1) != 1)
			break;
	_exit(0);
}

static void go(unsigned long ms, clockid_t child)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + ms * 1000000, switches = 0;
	uint64_t begin = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + clock_ns(child);
	char byte = 1;

	while (clock_ns(CLOCK_MONOTONIC) < end)
		for (unsigned i = 0; i < 100; i++, switches += 2)
			if (write(to_child[1], &byte, 1) != 1 || read(to_parent[0], &byte, 1) != 1)
				fail("pipe");
	printf("%llu %llu\n", (unsigned long long)switches,
	       (unsigned long long)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) + clock_ns(child) - begin));
}

int main(int argc, char **argv)
{
	unsigned long ms;
	clockid_t clock;
	pid_t child;

	if (argc != 2) {
		fprintf(stderr, "usage: switches CPU\n");
		return 2;
	}
	pin(atoi(argv[1]));
	if (pipe(to_child) || pipe(to_parent))
		fail("pipe");
	child = fork();
	if (child < 0)
		fail("fork");
	if (!child)
		answer();
	if (clock_getcpuclockid(child, &clock))
		fail("clock_getcpuclockid");
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("READY %d %d\n", (int)getpid(), (int)child);
	while (scanf(" go %lu", &ms) == 1)
		go(ms, clock);
	return 0;
}
