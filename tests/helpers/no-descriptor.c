/*
 * no-descriptor.c - calls with numbers that are no descriptors, from 64 on: most are behind the end of the
 * process's table, where the kernel has other processes' tables; then a read of one that is open.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char byte = 0;
	struct stat st;
	int fd;

	(void)argc;
	for (int i = 3; i < 2000; i++)
		close(i);
	for (int i = 64; i < 2000; i++)
		if (read(i, &byte, 1) >= 0 || fsync(i) == 0 || fstat(i, &st) == 0)
			return 1;
	if (read(-1, &byte, 1) >= 0 || read(INT_MAX, &byte, 1) >= 0)
		return 1;
	fd = open(argv[0], O_RDONLY);
	return read(fd, &byte, 1) == 1 ? 0 : 1;
}
