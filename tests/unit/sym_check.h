/* sym_check.h - what the tests of sym/ share: checks that print and count, a scratch directory. */
#ifndef SONDE_SYM_CHECK_H
#define SONDE_SYM_CHECK_H

#include "base/buf.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int check_failures, check_count;

#define CHECK(cond) do { \
	check_count++; \
	if (!(cond)) { \
		check_failures++; \
		printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #cond); \
	} \
} while (0)
#define CHECK_STR(a, b) do { \
	const char *check_a = (a), *check_b = (b); \
	check_count++; \
	if (!check_a || !str_eq(check_a, check_b)) { \
		check_failures++; \
		printf("%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #a, \
		       check_a ? check_a : "(null)", check_b); \
	} \
} while (0)
#define CHECK_NUM(a, b) do { \
	long long check_a = (a), check_b = (b); \
	check_count++; \
	if (check_a != check_b) { \
		check_failures++; \
		printf("%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #a, check_a, check_b); \
	} \
} while (0)

static inline int check_result(void)
{
	printf("%d checks, %d failed\n", check_count, check_failures);
	return check_failures != 0;
}

static inline void write_file(const char *path, const void *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len) {
		perror(path);
		exit(2);
	}
	close(fd);
}

/* A directory of this run's own; removed by the caller with remove_scratch(). */
static inline char *make_scratch(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/sonde-test-XXXXXX", tmp ? tmp : "/tmp");

	if (!mkdtemp(dir)) {
		perror(dir);
		exit(2);
	}
	return dir;
}

static inline int run(const char *fmt, ...) PRINTF_LIKE(1, 2);
static inline int run(const char *fmt, ...)
{
	struct buf command = {0};
	va_list ap;
	int status;

	va_start(ap, fmt);
	buf_vprintf(&command, fmt, ap);
	va_end(ap);
	status = system(command.data);
	buf_free(&command);
	return status;
}

static inline void remove_scratch(char *dir)
{
	if (run("rm -rf '%s'", dir))
		printf("cannot remove %s\n", dir);
	free(dir);
}

#endif
