/*
 * watched.c - a variable to watch, at an address that is known before the program runs.
 *
 * usage: watched [-n WRITES] [-f] [-w]
 *
 * Maps a page at WATCHED_ADDRESS and writes the 8 bytes there WRITES times (default 100), reading
 * them as often; with -f a forked child does the same, with -t a thread. Prints `writes N`.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "workload.h"

#define WATCHED_ADDRESS 0x20000000ul

static unsigned long count = 100;

static __attribute__((noinline, noclone)) void *touch(void *argument)
{
	volatile unsigned long *watched = (void *)WATCHED_ADDRESS;
	unsigned long sum = 0;

	for (unsigned long i = 0; i < count; i++) {
		watched[0] = i;
		watched[1] = i; /* beside it: not watched */
		sum += watched[0];
	}
	return argument ? argument : (void *)(sum & 0);
}

int main(int argc, char **argv)
{
	int option, do_fork = 0, do_thread = 0, do_wait = 0, status, times = 1;

	while ((option = getopt(argc, argv, "n:ftw")) != -1) {
		switch (option) {
		case 'n': count = number(optarg); break;
		case 'f': do_fork = 1; break;
		case 't': do_thread = 1; break;
		case 'w': do_wait = 1; break;
		default: return 2;
		}
	}
	if (mmap((void *)WATCHED_ADDRESS, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
		fail("no page at 0x%lx", WATCHED_ADDRESS);
	if (do_wait)
		wait_for_go();
	touch(NULL);
	if (do_thread) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, touch, NULL))
			fail("no thread");
		pthread_join(thread, NULL);
		times++;
	}
	if (do_fork) {
		pid_t pid = fork();

		if (pid < 0)
			fail("no process");
		if (!pid) {
			touch(NULL);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		times++;
	}
	say("writes %lu\n", times * count);
	return 0;
}
