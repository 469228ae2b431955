/*
 * int80.c - the system calls that a tracer of the raw entry and exit gets wrong first.
 *
 * usage: int80 [-n TIMES] [-w]
 *
 * TIMES each (default 10): a 64-bit write(2); a 32-bit write and a 32-bit getpid by `int $0x80`
 * (numbers 4 and 20, which are stat and writev among the 64-bit ones); a clone(2) whose child, which
 * returns from it too, makes one write and exits; a signal to itself, whose handler ends in
 * rt_sigreturn; and a child that becomes this program again by execve(2).
 *
 * Prints what it did, a line each: `write64 N`, `write32 N`, `getpid32 N`, `clone N`,
 * `rt_sigreturn N`, `execve N`. write64 counts the children's writes, clone the calls that made the
 * children for execve; a clone that is entered once returns twice. A kernel without 32-bit
 * calls has N = 0 there. -w waits for its input before it starts (workload.h).
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "workload.h"

#define WRITE32 4
#define GETPID32 20
#define GETPPID32 64

static volatile sig_atomic_t handled;

static void on_signal(int signal_number)
{
	(void)signal_number;
	handled++;
}

#if defined(__x86_64__)
static long call32(long nr, long first, long second, long third)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(first), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static void segfault(int signal_number)
{
	(void)signal_number;
	_exit(1);
}

/*
 * Without the emulation the kernel answers with a fault: a child finds out, by calls that are not
 * among those reported.
 */
static int has_call32(void)
{
	int status;
	pid_t child = syscall(SYS_fork);

	if (child == 0) {
		signal(SIGSEGV, segfault);
		_exit(call32(GETPPID32, 0, 0, 0) == getppid() ? 0 : 1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}
#else
static long call32(long nr, long first, long second, long third)
{
	(void)nr, (void)first, (void)second, (void)third;
	return -ENOSYS;
}

static int has_call32(void)
{
	return 0;
}
#endif

/* 32-bit calls can only reach memory below 4 GB. */
static char *low_byte(void)
{
#ifdef MAP_32BIT
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (page == MAP_FAILED)
		fail("mmap: %s", strerror(errno));
	*page = 'x';
	return page;
#else
	return NULL;
#endif
}

static unsigned long do_calls32(unsigned long times, int null_fd)
{
	char *byte = low_byte();

	for (unsigned long i = 0; i < times; i++) {
		if (call32(WRITE32, null_fd, (long)byte, 1) != 1)
			fail("the 32-bit write failed");
		if (call32(GETPID32, 0, 0, 0) != getpid())
			fail("the 32-bit getpid failed");
	}
	return times;
}

static void await(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) != child || status)
		fail("a child failed");
}

/* By the call itself: which one fork(3) makes is the C library's choice. */
static pid_t raw_clone(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void do_clones(unsigned long times, int null_fd)
{
	for (unsigned long i = 0; i < times; i++) {
		pid_t child = raw_clone();

		if (child == 0) {
			write_bytes(null_fd, 1);
			_exit(0);
		}
		await(child);
	}
}

static void do_signals(unsigned long times)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &action, NULL);
	for (unsigned long i = 0; i < times; i++)
		kill(getpid(), SIGUSR1);
	if ((unsigned long)handled != times)
		fail("%d of %lu signals handled", (int)handled, times);
}

static void do_execs(unsigned long times)
{
	static char *argv[] = { "int80", "--child", NULL }, *environment[] = { NULL };

	for (unsigned long i = 0; i < times; i++) {
		pid_t child = raw_clone();

		if (child == 0) {
			syscall(SYS_execve, "/proc/self/exe", argv, environment);
			_exit(127);
		}
		await(child);
	}
}

int main(int argc, char **argv)
{
	unsigned long times = 10, times32;
	int option, null_fd, wait = 0, emulated;

	if (argc == 2 && !strcmp(argv[1], "--child"))
		return 0;
	while ((option = getopt(argc, argv, "n:w")) != -1) {
		switch (option) {
		case 'n': times = number(optarg); break;
		case 'w': wait = 1; break;
		default: return 2;
		}
	}
	null_fd = open_null();
	emulated = has_call32();
	if (wait)
		wait_for_go();
	write_bytes(null_fd, times);
	times32 = emulated ? do_calls32(times, null_fd) : 0;
	do_clones(times, null_fd);
	do_signals(times);
	do_execs(times);
	say("write64 %lu\nwrite32 %lu\ngetpid32 %lu\nclone %lu\nrt_sigreturn %lu\nexecve %lu\n",
	    2 * times, times32, times32, 2 * times, times, times);
	return 0;
}
