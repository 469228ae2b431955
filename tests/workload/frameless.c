/*
 * frameless.c - known chains of calls in code without frame pointers, for walks by unwind tables.
 *
 *   frameless spin SECONDS      chain_1 -> ... -> chain_20 -> frameless_leaf, over and over
 *   frameless threads SECONDS   the same in two threads
 *   frameless signal SECONDS    frameless_leaf runs in the handler of a timer's signal, on a stack of
 *                               its own, while chain_20's loop runs
 *   frameless calls N           frameless_point() called N times from the chain, for uprobes
 *   frameless asleep SECONDS    chain_1 -> ... -> chain_20 -> frameless_leaf, where one thread sleeps, and
 *                               another runs as in spin
 *   frameless library SECONDS   frameless_leaf as qsort(3)'s comparison
 *   frameless edge SECONDS      as spin, on a stack whose end is the end of what can be read there
 *
 * Built with -fomit-frame-pointer. The frames have different sizes, one of them a variable one.
 */
#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

static volatile long sink;
static volatile int calls_only, wait_for_signal;
static struct timespec end;
static __thread int asleep;

static int is_over(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec);
}

NOINLINE long frameless_leaf(long n)
{
	if (asleep)
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL);
	for (long i = 0; i < n; i++)
		sink += i * i;
	return sink;
}

NOINLINE long frameless_point(long n)
{
	__asm__ volatile("" : : : "memory");
	return n + 1;
}

NOINLINE long chain_20(long n)
{
	volatile char space[100];

	space[n & 63] = (char)n;
	if (calls_only)
		return frameless_point(n) + space[1];
	while (wait_for_signal && !is_over())
		sink++;
	return (wait_for_signal ? 0 : frameless_leaf(n)) + space[n & 63];
}

NOINLINE long chain_19(long n) /* alloca: this one has a frame pointer, whatever the flags */
{
	volatile char *space = alloca(16 + (n & 63));

	space[0] = (char)n;
	return chain_20(n) + space[0];
}

#define CHAIN(from, to, size) \
	NOINLINE long from(long n) \
	{ \
		volatile char space[size]; \
		space[n % size] = (char)n; \
		return to(n) + space[n % size]; \
	}

CHAIN(chain_18, chain_19, 8) CHAIN(chain_17, chain_18, 24) CHAIN(chain_16, chain_17, 40)
CHAIN(chain_15, chain_16, 4096) CHAIN(chain_14, chain_15, 9) CHAIN(chain_13, chain_14, 200)
CHAIN(chain_12, chain_13, 7) CHAIN(chain_11, chain_12, 130) CHAIN(chain_10, chain_11, 66)
CHAIN(chain_9, chain_10, 17) CHAIN(chain_8, chain_9, 33) CHAIN(chain_7, chain_8, 70000)
CHAIN(chain_6, chain_7, 5) CHAIN(chain_5, chain_6, 48) CHAIN(chain_4, chain_5, 64)
CHAIN(chain_3, chain_4, 80) CHAIN(chain_2, chain_3, 96) CHAIN(chain_1, chain_2, 112)

static void *spin(void *unused)
{
	(void)unused;
	while (!is_over())
		sink += chain_1(2000);
	return NULL;
}

static NOINLINE void run_asleep(void)
{
	pthread_t other;

	pthread_create(&other, NULL, spin, NULL);
	asleep = 1;
	sink += chain_1(1);
	pthread_join(other, NULL);
}

static void on_timer(int signal)
{
	(void)signal;
	sink += frameless_leaf(200000);
}

static void run_signal(void)
{
	stack_t stack = {.ss_sp = malloc(65536), .ss_size = 65536};
	struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_ONSTACK};
	struct itimerval often = {{0, 1000}, {0, 1000}};

	sigaltstack(&stack, NULL);
	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_PROF, &often, NULL);
	wait_for_signal = 1;
	chain_1(1);
}

static int compare(const void *a, const void *b)
{
	sink += frameless_leaf(200);
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

static void run_library(void)
{
	static int numbers[4096];

	while (!is_over()) {
		for (unsigned i = 0; i < 4096; i++)
			numbers[i] = (int)(i * 2654435761u);
		qsort(numbers, 4096, sizeof(numbers[0]), compare);
	}
}

static void on_edge(void)
{
	spin(NULL);
}

static void run_edge(void)
{
	enum { STACK = 256 << 10, PAGE = 4096 };
	char *memory = mmap(NULL, STACK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ucontext_t here, there;

	if (memory == MAP_FAILED || mprotect(memory + STACK, PAGE, PROT_NONE) || getcontext(&there)) {
		perror("frameless edge");
		exit(1);
	}
	there.uc_stack.ss_sp = memory;
	there.uc_stack.ss_size = STACK;
	there.uc_link = &here;
	makecontext(&there, on_edge, 0);
	swapcontext(&here, &there);
}

int main(int argc, char **argv)
{
	pthread_t other;
	double seconds = argc > 2 ? atof(argv[2]) : 0;

	if (argc < 3) {
		fprintf(stderr, "usage: frameless spin|threads|signal|asleep|library|edge SECONDS\n"
				"       frameless calls N\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)seconds;
	end.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (end.tv_nsec >= 1000000000) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000;
	}
	if (!strcmp(argv[1], "calls")) {
		calls_only = 1;
		usleep(100000); /* until whoever traces knows what is mapped: what comes before is another test's */
		for (long i = 0; i < atol(argv[2]); i++)
			sink += chain_1(i);
	} else if (!strcmp(argv[1], "signal")) {
		run_signal();
	} else if (!strcmp(argv[1], "asleep")) {
		run_asleep();
	} else if (!strcmp(argv[1], "library")) {
		run_library();
	} else if (!strcmp(argv[1], "edge")) {
		run_edge();
	} else if (!strcmp(argv[1], "threads")) {
		pthread_create(&other, NULL, spin, NULL);
		spin(NULL);
		pthread_join(other, NULL);
	} else {
		spin(NULL);
	}
	return 0;
}
