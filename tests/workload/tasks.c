/*
 * tasks.c - what threads do, one thing at a time, as often as stated.
 *
 * usage: tasks WHAT [N] [again]
 *
 *     spin N      N milliseconds on a CPU, no system call in between
 *     burn N      N milliseconds of CPU time, however long that takes
 *     nap N       N naps of 20 ms, in nap_here()
 *     handover N  a child reads N bytes of a pipe, in wait_here(); each is written after 20 ms
 *     lock N      a thread waits N ms at a mutex that the first thread holds
 *     thread N    N threads that begin with thread_begins()
 *     touch N     N pages of new memory, each written once; with "again" twice
 *     shm         shmget() of 65536 bytes, shmat(), shmdt(), shmctl(IPC_RMID); shmget() of the key deadbeef
 *     users       setresuid(1234, 1234, 1234), then setuid(4321), which fails
 *     kill        child 1 is killed, child 2 exits with 3, child 3 with 0; kill() of no process
 *     messages    a socket pair: "first" by write and read, "second" by send and recv, "third" by recvmsg,
 *                 "fourth" by recvmsg into a buffer of 2 bytes, in front of "secret", and another
 *
 * Prints numbers that tell which process, thread or address it was.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "workload.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void milliseconds(unsigned long ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

static void spin(unsigned long ms)
{
	struct timespec from, now;

	clock_gettime(CLOCK_MONOTONIC, &from);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000 < (long)ms);
}

static void burn(unsigned long ms)
{
	while (clock() < (clock_t)(ms * (CLOCKS_PER_SEC / 1000)))
		for (volatile unsigned i = 0; i < 1000000; i++)
			;
}

__attribute__((noinline)) static void nap_here(unsigned long n)
{
	while (n--)
		milliseconds(20);
}

__attribute__((noinline)) static void wait_here(int fd)
{
	char c;

	while (read(fd, &c, 1) == 1)
		;
}

static void handover(unsigned long n)
{
	int ends[2];
	pid_t child;

	if (pipe(ends) || (child = fork()) < 0)
		fail("no pipe or child: %s", strerror(errno));
	if (!child) {
		close(ends[1]);
		wait_here(ends[0]);
		_exit(0);
	}
	say("child %d\n", child);
	for (close(ends[0]); n--;) {
		milliseconds(20);
		if (write(ends[1], "x", 1) != 1)
			fail("nobody reads");
	}
	close(ends[1]);
	waitpid(child, NULL, 0);
}

static void *lock_it(void *argument)
{
	(void)argument;
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

__attribute__((noinline)) static void *thread_begins(void *argument)
{
	return argument;
}

static void threads(unsigned long n, void *(*begin)(void *), unsigned long hold)
{
	pthread_t thread;

	while (n--) {
		pthread_mutex_lock(&mutex);
		if (pthread_create(&thread, NULL, begin, NULL))
			fail("no thread");
		milliseconds(hold);
		pthread_mutex_unlock(&mutex);
		pthread_join(thread, NULL);
	}
}

static void touch(unsigned long n, unsigned times)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, n * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		fail("no memory");
	madvise(memory, n * page, MADV_NOHUGEPAGE);
	while (times--)
		for (size_t i = 0; i < n; i++)
			memory[i * page] = times + 1; /* not read before: under emulation that is a fault of its own */
}

static void shared_memory(void)
{
	int id = shmget(IPC_PRIVATE, 65536, 0600 | IPC_CREAT);
	void *at = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	if (at == (void *)-1)
		fail("no shared memory: %s", strerror(errno));
	say("id %x at %lx\n", id, (unsigned long)at);
	shmdt(at);
	shmctl(id, IPC_RMID, NULL);
	shmget((key_t)0xdeadbeef, 1, 0);
}

static void become(void)
{
	if (syscall(SYS_setresuid, 1234, 1234, 1234) || !syscall(SYS_setuid, 4321))
		fail("users are not what they seem");
}

static void ends(void)
{
	pid_t child[3];

	for (int i = 0; i < 3; i++) {
		child[i] = fork();
		if (!child[i]) {
			if (i == 0)
				pause();
			_exit(i == 1 ? 3 : 0);
		}
	}
	say("children %d %d %d\n", child[0], child[1], child[2]);
	kill(child[0], SIGKILL);
	for (int i = 0; i < 3; i++)
		waitpid(child[i], NULL, 0);
	kill(0x3ffffff0, SIGUSR2);
}

static void messages(void)
{
	char room[100];
	struct iovec part = {room, sizeof(room)};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	char split[] = "..secret";
	struct iovec two[] = {{split, 2}, {room, sizeof(room)}};
	struct msghdr in_two = {.msg_iov = two, .msg_iovlen = 2};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || write(pair[0], "first", 5) != 5 ||
	    read(pair[1], room, sizeof(room)) != 5 || send(pair[0], "second", 6, 0) != 6 ||
	    recv(pair[1], room, sizeof(room), 0) != 6 || write(pair[0], "third\n", 6) != 6 ||
	    recvmsg(pair[1], &header, 0) != 6 || write(pair[0], "fourth", 6) != 6 || recvmsg(pair[1], &in_two, 0) != 6)
		fail("messages are lost");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned long n = argc > 2 ? number(argv[2]) : 1;

	if (!strcmp(what, "spin"))
		spin(n);
	else if (!strcmp(what, "burn"))
		burn(n);
	else if (!strcmp(what, "nap"))
		nap_here(n);
	else if (!strcmp(what, "handover"))
		handover(n);
	else if (!strcmp(what, "lock"))
		threads(1, lock_it, n);
	else if (!strcmp(what, "thread"))
		threads(n, thread_begins, 0);
	else if (!strcmp(what, "touch"))
		touch(n, argc > 3 && !strcmp(argv[3], "again") ? 2 : 1);
	else if (!strcmp(what, "shm"))
		shared_memory();
	else if (!strcmp(what, "users"))
		become();
	else if (!strcmp(what, "kill"))
		ends();
	else if (!strcmp(what, "messages"))
		messages();
	else
		fail("usage: tasks spin|burn|nap|handover|lock|thread|touch|shm|users|kill|messages [N]");
	return 0;
}
