/*
 * storm.c - system calls as fast as they go.
 *
 * usage: storm [-m MILLISECONDS] [-n CALLS] [-c CPU] [-w]
 *
 * One process makes getppid, a one-byte write to /dev/null and a read from it, in turn, for that long
 * (default 1000) or exactly CALLS of them. Prints `calls N ns NANOSECONDS`. -w waits for its input
 * before it starts (workload.h).
 */
#include "workload.h"

#define CALLS_PER_LOOK 3000 /* between looks at the clock */

static void call(int null_fd, unsigned long index)
{
	char byte = 'x';

	if (index % 3 == 0)
		syscall(SYS_getppid);
	else if (index % 3 == 1)
		write_bytes(null_fd, 1);
	else if (read(null_fd, &byte, 1) != 0)
		fail("read: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	unsigned long milliseconds = 1000, wanted = 0, made = 0;
	uint64_t began;
	int option, null_fd, cpu = -1, wait = 0;

	while ((option = getopt(argc, argv, "m:n:c:w")) != -1) {
		switch (option) {
		case 'm': milliseconds = number(optarg); break;
		case 'n': wanted = number(optarg); break;
		case 'c': cpu = number(optarg); break;
		case 'w': wait = 1; break;
		default: return 2;
		}
	}
	null_fd = open_null();
	pin_to(cpu);
	if (wait)
		wait_for_go();
	began = now_ns();
	while (wanted ? made < wanted : made % CALLS_PER_LOOK ||
	       now_ns() - began < milliseconds * 1000000ull)
		call(null_fd, made++);
	say("calls %lu ns %llu\n", made, (unsigned long long)(now_ns() - began));
	return 0;
}
