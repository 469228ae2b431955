/* stream.c - see stream.h. */
#include "cmd/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool stream_finish(FILE *file, const char *name, const char *speaker, int error)
{
	bool failed = ferror(file) || error;

	if (fflush(file)) {
		failed = true;
		error = error ? error : errno;
	}
	clearerr(file); /* it is said once */
	if (!failed || error == EPIPE)
		return true;
	fprintf(stderr, "%s: cannot write %s: %s\n", speaker, name,
		error ? strerror(error) : "a part of it is missing");
	return false;
}

void stream_hold_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return;
}
