/*
 * reads.c - threads that each make exactly N pread64(2) calls of 7 bytes from a file that is
 * longer, and half as many of 7 bytes at its end, which give 0.
 *
 * usage: reads [-t THREADS] [-n READS] FILE
 *
 * FILE is made, with 64 bytes in it. Prints `read N`, `empty N` (both over all threads).
 */
#include <pthread.h>

#include "workload.h"

#define MAX_THREADS 64

static unsigned long reads = 10;
static int fd;

static void *work(void *argument)
{
	char into[7];

	for (unsigned long i = 0; i < reads; i++)
		if (pread(fd, into, 7, (off_t)(i % 50)) != 7)
			fail("read: %s", strerror(errno));
	for (unsigned long i = 0; i < reads / 2; i++)
		if (pread(fd, into, 7, 64) != 0)
			fail("read at the end");
	return argument;
}

int main(int argc, char **argv)
{
	pthread_t threads[MAX_THREADS];
	unsigned long count = 1;
	char text[64] = {0};
	int option;

	while ((option = getopt(argc, argv, "t:n:")) != -1) {
		if (option == 't')
			count = number(optarg);
		else if (option == 'n')
			reads = number(optarg);
		else
			return 2;
	}
	if (optind + 1 != argc || !count || count > MAX_THREADS)
		fail("usage: reads [-t THREADS] [-n READS] FILE");
	fd = open(argv[optind], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, sizeof(text)) != (ssize_t)sizeof(text))
		fail("%s: %s", argv[optind], strerror(errno));
	for (unsigned long i = 1; i < count; i++)
		if (pthread_create(&threads[i], NULL, work, NULL))
			fail("no thread");
	work(NULL);
	for (unsigned long i = 1; i < count; i++)
		pthread_join(threads[i], NULL);
	say("read %lu\nempty %lu\n", reads * count, reads / 2 * count);
	return 0;
}
