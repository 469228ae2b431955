/*
 * launch.c - starts a program and says what the start cost.
 *
 * usage: launch [-r ROOT] [-c CPU] [-n RUNS] -- PROGRAM ARG...
 *        launch -x [-r ROOT] [-c CPU] -- PROGRAM ARG...     become the program instead
 *
 * Prints `WALL_NS PEAK_RSS_KB STATUS` for each run; STATUS is 128 + the signal's number when one
 * ended it. The program's output goes to /dev/null, its errors to ours. The launcher is this small
 * because the kernel counts the parent's memory at the time of the fork into the child's peak.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct options {
	const char *root;
	int cpu;
	int runs;
	int become;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static int pin(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* Returns only when the program could not be started. */
static void become(const struct options *options, char **argv)
{
	if (options->root && (chroot(options->root) || chdir("/")))
		fprintf(stderr, "launch: %s: %s\n", options->root, strerror(errno));
	else if (execvp(argv[0], argv))
		fprintf(stderr, "launch: %s: %s\n", argv[0], strerror(errno));
}

static int run_once(const struct options *options, char **argv)
{
	struct rusage usage;
	uint64_t began = now_ns();
	int status;
	pid_t child = fork();

	if (child == 0) {
		int null_fd = open("/dev/null", O_RDWR);

		dup2(null_fd, STDIN_FILENO);
		dup2(null_fd, STDOUT_FILENO);
		become(options, argv);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		return -1;
	printf("%llu %ld %d\n", (unsigned long long)(now_ns() - began), usage.ru_maxrss,
	       WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = { .cpu = -1, .runs = 1 };
	int option;

	while ((option = getopt(argc, argv, "+r:c:n:x")) != -1) {
		switch (option) {
		case 'r': options.root = optarg; break;
		case 'c': options.cpu = atoi(optarg); break;
		case 'n': options.runs = atoi(optarg); break;
		case 'x': options.become = 1; break;
		default: return 2;
		}
	}
	if (optind == argc)
		return 2;
	if (options.cpu >= 0 && pin(options.cpu)) {
		fprintf(stderr, "launch: CPU %d: %s\n", options.cpu, strerror(errno));
		return 1;
	}
	if (options.become) {
		become(&options, argv + optind);
		return 127;
	}
	for (int i = 0; i < options.runs; i++)
		if (run_once(&options, argv + optind))
			return 1;
	return 0;
}
