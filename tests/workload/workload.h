/*
 * workload.h - what the traced test programs share. Each does an exact, stated amount of work.
 *
 * What they report goes out by writev(2), never write(2): a program that says it wrote 1000 times has
 * made 1000 write(2) calls, and a tracer that counts its writes must find 1000.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static inline __attribute__((format(printf, 1, 2))) void say(const char *format, ...)
{
	char text[512];
	struct iovec part = { .iov_base = text };
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	part.iov_len = length < (int)sizeof(text) ? length : (int)sizeof(text) - 1;
	if (writev(STDOUT_FILENO, &part, 1) < 0)
		_exit(1);
}

static inline __attribute__((noreturn, format(printf, 1, 2))) void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* A number of an option; anything else ends the program. */
static inline unsigned long number(const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end)
		fail("not a number: %s", text);
	return value;
}

/* The calling thread onto one CPU; a negative one means anywhere. */
static inline void pin_to(int cpu)
{
	cpu_set_t cpus;

	if (cpu < 0)
		return;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		fail("CPU %d: %s", cpu, strerror(errno));
}

/* -w: says READY and its pid, then waits for a byte (or the end) of its input. */
static inline void wait_for_go(void)
{
	char byte;

	say("READY %d\n", getpid());
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
}

static inline int open_null(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail("/dev/null: %s", strerror(errno));
	return fd;
}

static inline void write_bytes(int fd, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		if (write(fd, "x", 1) != 1)
			fail("write: %s", strerror(errno));
}

static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

#endif
