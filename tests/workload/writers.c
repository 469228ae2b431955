/*
 * writers.c - threads and processes that each make exactly N one-byte write(2) calls to /dev/null.
 *
 * usage: writers [-p PROCESSES] [-t THREADS] [-n WRITES] [-c CPU,CPU,...] [-s LENGTH] [-w]
 *
 * THREADS in each of PROCESSES (default 1 and 1); worker i runs on the i-th CPU of the list, round and
 * round. With -s what is written from is a string of that many x, of which one byte is written.
 * Prints `worker PID TID CPU WRITES` for each as it ends, `total WRITES` last. -w waits for its
 * input before it starts (workload.h).
 */
#include <pthread.h>
#include <sys/wait.h>

#include "workload.h"

#define MAX_CPUS 256
#define MAX_THREADS 1024

struct plan {
	unsigned long processes, threads, writes;
	int cpus[MAX_CPUS];
	int cpu_count;
	const char *text; /* written from */
	int wait;
};

struct worker {
	const struct plan *plan;
	int cpu;
	pthread_t thread;
};

static void *work(void *argument)
{
	struct worker *worker = argument;
	int null_fd = open_null();

	pin_to(worker->cpu);
	for (unsigned long i = 0; i < worker->plan->writes; i++)
		if (write(null_fd, worker->plan->text, 1) != 1)
			fail("write: %s", strerror(errno));
	say("worker %d %ld %d %lu\n", getpid(), syscall(SYS_gettid), worker->cpu,
	    worker->plan->writes);
	close(null_fd);
	return NULL;
}

static void run_process(const struct plan *plan, unsigned long index)
{
	static struct worker workers[MAX_THREADS];

	for (unsigned long i = 0; i < plan->threads; i++) {
		unsigned long place = index * plan->threads + i;

		workers[i].plan = plan;
		workers[i].cpu = plan->cpu_count ? plan->cpus[place % plan->cpu_count] : -1;
		if (i && pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			fail("no thread");
	}
	work(&workers[0]);
	for (unsigned long i = 1; i < plan->threads; i++)
		pthread_join(workers[i].thread, NULL);
}

static void parse_cpus(struct plan *plan, char *list)
{
	for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
		if (plan->cpu_count == MAX_CPUS)
			fail("too many CPUs");
		plan->cpus[plan->cpu_count++] = number(word);
	}
}

static const char *text_of(unsigned long length)
{
	char *text = malloc(length + 1);

	if (!text)
		fail("no memory");
	memset(text, 'x', length);
	text[length] = 0;
	return text;
}

static void parse(struct plan *plan, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "p:t:n:c:s:w")) != -1) {
		switch (option) {
		case 'p': plan->processes = number(optarg); break;
		case 't': plan->threads = number(optarg); break;
		case 'n': plan->writes = number(optarg); break;
		case 'c': parse_cpus(plan, optarg); break;
		case 's': plan->text = text_of(number(optarg)); break;
		case 'w': plan->wait = 1; break;
		default: exit(2);
		}
	}
	if (!plan->processes || !plan->threads || plan->threads > MAX_THREADS)
		fail("1 to %d threads, at least one process", MAX_THREADS);
}

int main(int argc, char **argv)
{
	struct plan plan = { .processes = 1, .threads = 1, .writes = 1000, .text = "x" };
	int status = 0, child_status;

	parse(&plan, argc, argv);
	if (plan.wait)
		wait_for_go();
	for (unsigned long i = 1; i < plan.processes; i++) {
		pid_t child = fork();

		if (child < 0)
			fail("fork: %s", strerror(errno));
		if (child == 0) {
			run_process(&plan, i);
			_exit(0);
		}
	}
	run_process(&plan, 0);
	while (wait(&child_status) > 0)
		status |= child_status;
	if (status)
		fail("a process failed");
	say("total %lu\n", plan.processes * plan.threads * plan.writes);
	return 0;
}
