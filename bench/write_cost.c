/*
 * write_cost.c - the traced program: what one system call costs, as the caller sees it.
 *
 * usage: write_cost [CPU]     (pinned to that CPU; commands on stdin, one answer line each on stdout)
 *
 *   cost CALL BATCHES SIZE   BATCHES times SIZE calls (CALL: write, getppid); answers
 *                            `MEDIAN MIN DISTURBED` in ns per call. A batch during which the thread
 *                            was preempted says nothing about the call: it is counted as disturbed
 *                            and repeated, at most BATCHES more times.
 *   burst SIZE               exactly SIZE one-byte writes back to back; answers `WALL_NS`
 *   pulse                    a write of two bytes and a read every 100 us until the next command;
 *                            answers nothing. The size tells its writes from a burst's.
 *
 * Every other write is one byte to /dev/null, every read finds the end of it.
 * `READY PID` is printed first. Ends with its input.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MAX_BATCHES 1000
#define PULSE_NS 100000

static int null_fd;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static long preemptions(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nivcsw;
}

static void do_writes(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		if (write(null_fd, "x", 1) != 1)
			abort();
}

static void do_getppids(uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		syscall(SYS_getppid);
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static void cost(void (*calls)(uint64_t), unsigned batches, uint64_t size)
{
	double undisturbed[MAX_BATCHES];
	double disturbed_best = 1e18;
	unsigned count = 0, disturbed = 0;

	calls(size / 4); /* caches and frequency settle */
	for (unsigned i = 0; i < 2 * batches && count < batches; i++) {
		long before = preemptions();
		uint64_t began = now_ns();
		double each;

		calls(size);
		each = (double)(now_ns() - began) / size;
		if (preemptions() == before) {
			undisturbed[count++] = each;
		} else {
			disturbed++;
			disturbed_best = each < disturbed_best ? each : disturbed_best;
		}
	}
	if (!count) /* a busy machine: the least disturbed batch is the best answer there is */
		undisturbed[count++] = disturbed_best;
	qsort(undisturbed, count, sizeof(*undisturbed), compare);
	printf("%.2f %.2f %u\n", undisturbed[count / 2], undisturbed[0], disturbed);
}

static void burst(uint64_t size)
{
	uint64_t began = now_ns();

	do_writes(size);
	printf("%llu\n", (unsigned long long)(now_ns() - began));
}

static void pulse(void)
{
	struct timespec pause = { .tv_nsec = PULSE_NS };
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	while (poll(&input, 1, 0) == 0) {
		if (write(null_fd, "xy", 2) != 2 || read(null_fd, &byte, 1))
			abort();
		nanosleep(&pause, NULL);
	}
}

static int command(const char *line)
{
	char call[16];
	unsigned batches;
	unsigned long long size;

	if (sscanf(line, "cost %15s %u %llu", call, &batches, &size) == 3 && batches &&
	    batches <= MAX_BATCHES && size) {
		cost(strcmp(call, "getppid") ? do_writes : do_getppids, batches, size);
		return 0;
	}
	if (sscanf(line, "burst %llu", &size) == 1) {
		burst(size);
		return 0;
	}
	if (!strcmp(line, "pulse\n")) {
		pulse();
		return 0;
	}
	fprintf(stderr, "write_cost: what is: %s", line);
	return 2;
}

int main(int argc, char **argv)
{
	char line[128];
	int status = 0;

	if (argc > 1) {
		cpu_set_t cpus;

		CPU_ZERO(&cpus);
		CPU_SET(atoi(argv[1]), &cpus);
		if (sched_setaffinity(0, sizeof(cpus), &cpus)) {
			fprintf(stderr, "write_cost: CPU %s: %s\n", argv[1], strerror(errno));
			return 1;
		}
	}
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0)
		return 1;
	/* Commands are single lines; poll(2) must see what stdio would have buffered. */
	setvbuf(stdin, NULL, _IONBF, 0);
	printf("READY %d\n", getpid());
	fflush(stdout);
	while (!status && fgets(line, sizeof(line), stdin)) {
		status = command(line);
		fflush(stdout);
	}
	return status;
}
