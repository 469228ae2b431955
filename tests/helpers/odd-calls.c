/*
 * odd-calls.c - processes that are awkward to trace. odd-calls NAME:
 *
 *   refused   seccomp refuses five getppid and an execve
 *   compat    32-bit calls of a 64-bit process; its last one ends it with status 3 (x86-64; where there
 *             are none: status 4)
 *   reopen    reads of files, one after the other the same descriptor, faster than /proc is read
 *   exec      a thread that is not the first one executes a program
 *   worker    has io_uring start a thread that stays in the kernel (status 4: there is no io_uring)
 *   zombie    prints the number of a child that has ended and is not waited for
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *nothing[] = {"/bin/echo", NULL};

static int refused(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 1;
	for (int i = 0; i < 5; i++)
		syscall(SYS_getppid);
	execve(nothing[0], nothing, NULL);
	return errno != EPERM;
}

#if defined(__x86_64__)
static void end_on_illegal(int signal)
{
	(void)signal;
	_exit(4);
}

static int compat(void)
{
	long result = 19; /* lseek(77, 88, 99) */

	signal(SIGSEGV, end_on_illegal);
	__asm__ volatile("int $0x80" : "+a"(result) : "b"(77), "c"(88), "d"(99) : "memory");
	if (result == -ENOSYS)
		return 4;
	result = 252; /* exit_group(3) */
	__asm__ volatile("int $0x80" : "+a"(result) : "b"(3) : "memory");
	return 1;
}
#else
static int compat(void)
{
	return 4;
}
#endif

static int reopen(void)
{
	static const char *const files[] = {"/etc/passwd", "/etc/group", "/etc/passwd"};
	char byte;

	for (int i = 0; i < 3; i++) {
		int fd = open(files[i], O_RDONLY);

		if (fd < 0 || read(fd, &byte, 1) != 1)
			return 1;
		close(fd);
	}
	return 0;
}

static void *execute(void *arg)
{
	execve(nothing[0], nothing, NULL);
	return arg;
}

static int exec_in_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, execute, NULL))
		return 1;
	pthread_join(thread, NULL);
	return 1;
}

static int worker(void)
{
	struct io_uring_params params = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 100};
	long ring = syscall(SYS_io_uring_setup, 4, &params);

	return ring < 0 ? 4 : 0;
}

static int zombie(void)
{
	siginfo_t info;
	pid_t pid = fork();

	if (pid < 0)
		return 1;
	if (!pid)
		_exit(0);
	waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
	printf("%d\n", pid);
	fflush(stdout);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} cases[] = {
		{"refused", refused}, {"compat", compat}, {"reopen", reopen}, {"exec", exec_in_thread},
		{"worker", worker}, {"zombie", zombie},
	};

	for (unsigned i = 0; argc == 2 && i < sizeof(cases) / sizeof(*cases); i++)
		if (!strcmp(argv[1], cases[i].name))
			return cases[i].run();
	return 2;
}
