/*
 * packets.c - datagrams sent and received in a network of its own, which nobody else is in.
 *
 * usage: packets [-n PACKETS]
 *
 * The I-th datagram (default: 10 of them) is "packet I of the workload", then I dots. Prints
 * `sent N bytes M`, the bytes with their IP and UDP headers.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "workload.h"

static int loopback_up(int fd)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

	return ioctl(fd, SIOCSIFFLAGS, &request);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	unsigned long packets = 10, bytes = 0;
	socklen_t size = sizeof(to);
	char text[8192], back[8192];
	int option, fd;

	while ((option = getopt(argc, argv, "n:")) != -1)
		if (option == 'n')
			packets = number(optarg);
		else
			return 2;
	if (unshare(CLONE_NEWNET) != 0)
		return 77;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || loopback_up(fd) || bind(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    getsockname(fd, (struct sockaddr *)&to, &size))
		return 1;
	for (unsigned long i = 0; i < packets; i++) {
		int len = snprintf(text, sizeof(text), "packet %lu of the workload", i);

		memset(text + len, '.', i < 4096 ? i : 4096);
		len += i < 4096 ? i : 4096;
		if (sendto(fd, text, len, 0, (struct sockaddr *)&to, sizeof(to)) != len ||
		    recv(fd, back, sizeof(back), 0) != len || memcmp(text, back, len))
			return 1;
		bytes += 20 + 8 + len;
	}
	printf("sent %lu bytes %lu\n", packets, bytes);
	return 0;
}
