/*
 * queue-up.c - a thread that has to wait for a mutex of the kernel, is woken in vain, and waits on.
 *
 * Two threads read lines of one terminal, where a mutex lets in one reader after the other. A line comes
 * each 100 ms. The first thread reads several and is quick to ask for the next one; the other, called
 * "contended", comes in between. Prints how long the other had to wait for its line, in ms: for the mutex,
 * and 100 ms for the line.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { LINES = 8, TAKEN_BY_FIRST = 5 };
static int inside;
static volatile int first_tid;

static void *first(void *arg)
{
	char line[16];

	first_tid = gettid();
	for (int i = 0; i < TAKEN_BY_FIRST; i++)
		if (read(inside, line, sizeof(line)) <= 0)
			break;
	return arg;
}

/* The first thread sleeps: it is in. */
static int is_in(void)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", first_tid);
	file = first_tid ? fopen(path, "r") : NULL;
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(file);
	return state == 'S';
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void *other(void *arg)
{
	long began = now_ms();
	char line[16];

	prctl(PR_SET_NAME, "contended");
	if (read(inside, line, sizeof(line)) > 0)
		printf("waited %ld\n", now_ms() - began);
	return arg;
}

int main(void)
{
	int outside = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios mode;
	pthread_t a, b;

	if (outside < 0 || grantpt(outside) || unlockpt(outside))
		return 1;
	inside = open(ptsname(outside), O_RDWR | O_NOCTTY);
	if (inside < 0 || tcgetattr(inside, &mode))
		return 1;
	mode.c_lflag &= ~ECHO;
	tcsetattr(inside, TCSANOW, &mode);
	if (pthread_create(&a, NULL, first, NULL))
		return 1;
	do
		usleep(50000);
	while (!is_in());
	if (pthread_create(&b, NULL, other, NULL))
		return 1;
	for (int i = 0; i < LINES; i++) {
		usleep(100000);
		if (write(outside, "line\n", 5) != 5)
			return 1;
	}
	pthread_join(b, NULL);
	fflush(stdout);
	_exit(0);
}
