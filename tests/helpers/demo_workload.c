/*
 * demo_workload.c - what the demo traces: demo_workload SECONDS DIRECTORY
 *
 * Five processes, told apart by their names, which all begin with "demo-":
 *   demo-logger    many small writes to a file, pausing now and then
 *   demo-export    blocks of 64 KB past the page cache, each followed by fsync: block I/O
 *   demo-crunch    three of them on one CPU: each computes, naps, and waits for its turn
 * Prints "ready" when all have started. On SIGTERM it ends its children, waits for them, and
 * ends; should it be killed, they die with it. The files have no names: nothing stays behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double deadline;
static const char *directory;
static volatile pid_t children[5];
static int child_count;
static volatile sig_atomic_t stopped;

static void on_term(int signal)
{
	stopped = signal;
	for (int i = 0; i < child_count; i++) {
		if (children[i])
			kill(children[i], SIGTERM);
	}
}

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static int running(void) { return seconds() < deadline; }

static int scratch_file(const char *name, int flags)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | flags, 0600);
	/* Some file systems (tmpfs) know no O_DIRECT. */
	if (fd < 0 && errno == EINVAL && flags)
		return scratch_file(name, 0);
	if (fd < 0) {
		fprintf(stderr, "demo_workload: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	unlink(path);
	return fd;
}

static void logger(void)
{
	static const char line[] = "2026-01-01T00:00:00Z GET /index.html 200 5120\n";
	int fd = scratch_file("log", 0);
	while (running()) {
		for (int i = 0; i < 50; i++) {
			if (write(fd, line, sizeof(line) - 1) < 0)
				exit(1);
		}
		/* A log that is rotated: it stays small however long we run. */
		if (lseek(fd, 0, SEEK_CUR) > 1 << 20 && lseek(fd, 0, SEEK_SET) < 0)
			exit(1);
		usleep(1000);
	}
}

static void export(void)
{
	enum { BLOCK = 64 << 10, BLOCKS = 64 };
	void *block;
	if (posix_memalign(&block, 4096, BLOCK))
		exit(1);
	memset(block, 'x', BLOCK);
	int fd = scratch_file("export", O_DIRECT);
	for (int i = 0; running(); i++) {
		if (pwrite(fd, block, BLOCK, (off_t)(i % BLOCKS) * BLOCK) < 0 || fsync(fd) < 0)
			exit(1);
		usleep(2000);
	}
}

static void crunch(void)
{
	volatile uint64_t sink = 1;
	while (running()) {
		double until = seconds() + 0.002;
		while (seconds() < until)
			sink = sink * 6364136223846793005u + 1;
		usleep(500);
	}
}

static void spawn(const char *name, void (*body)(void))
{
	pid_t pid = fork();
	if (pid < 0) {
		perror("demo_workload: fork");
		exit(1);
	}
	if (pid) {
		children[child_count++] = pid;
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_NAME, name);
	body();
	exit(0);
}

int main(int argc, char **argv)
{
	if (argc != 3 || atof(argv[1]) <= 0) {
		fprintf(stderr, "usage: demo_workload SECONDS DIRECTORY\n");
		return 2;
	}
	deadline = seconds() + atof(argv[1]);
	directory = argv[2];
	struct sigaction term = {.sa_handler = on_term}; /* no SA_RESTART: wait() returns */
	sigaction(SIGTERM, &term, NULL);
	/* All three crunchers on the CPU where we are; the others where the kernel likes. */
	spawn("demo-logger", logger);
	spawn("demo-export", export);
	cpu_set_t one;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		perror("demo_workload: sched_setaffinity");
	for (int i = 0; i < 3; i++)
		spawn("demo-crunch", crunch);
	puts("ready");
	fflush(stdout);
	int status, worst = 0;
	for (;;) {
		pid_t pid = wait(&status);
		if (pid < 0 && errno != EINTR)
			break;
		if (pid > 0)
			worst |= status;
		/* The pid of a child that was waited for may be another process's by now. */
		for (int i = 0; i < child_count; i++) {
			if (children[i] == pid)
				children[i] = 0;
		}
	}
	return worst != 0 && !stopped;
}
