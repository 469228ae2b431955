/* sym_check.h - what the tests of sym/ share beside unit.h: numbers, files, a scratch directory. */
#ifndef SONDE_SYM_CHECK_H
#define SONDE_SYM_CHECK_H

#include "base/buf.h"
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHECK_NUM(actual, expected) do { \
	long long unit_a = (actual), unit_e = (expected); \
	unit_checks++; \
	if (unit_a != unit_e) { \
		unit_failures++; \
		printf("%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, unit_a, unit_e); \
	} \
} while (0)

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
