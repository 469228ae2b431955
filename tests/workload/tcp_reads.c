/*
 * tcp_reads.c - a TCP connection over the loopback with itself: N messages of so many bytes, each
 * read whole by one read.
 *
 * usage: tcp_reads [-n MESSAGES] [-s BYTES]
 *
 * Prints `read MESSAGES`, or why there is no connection, with exit status 77.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "workload.h"

static int give_up(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 77;
}

static int talk(int from, int to, unsigned long messages, size_t size)
{
	char *bytes = calloc(1, size);
	unsigned long done = 0;

	for (unsigned long i = 0; bytes && i < messages; i++)
		if (write(from, bytes, size) == (ssize_t)size && recv(to, bytes, size, MSG_WAITALL) == (ssize_t)size)
			done++;
	free(bytes);
	printf("read %lu\n", done);
	return done == messages ? 0 : 1;
}

int main(int argc, char **argv)
{
	unsigned long messages = 100, size = 100;
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int option, listener = socket(AF_INET, SOCK_STREAM, 0), out = socket(AF_INET, SOCK_STREAM, 0), in, one = 1;

	while ((option = getopt(argc, argv, "n:s:")) != -1)
		*(option == 'n' ? &messages : &size) = strtoul(optarg, NULL, 0);
	if (bind(listener, (struct sockaddr *)&address, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &len))
		return give_up("listen");
	if (connect(out, (struct sockaddr *)&address, len))
		return give_up("connect");
	in = accept(listener, NULL, NULL);
	if (in < 0)
		return give_up("accept");
	setsockopt(out, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return talk(out, in, messages, size);
}
