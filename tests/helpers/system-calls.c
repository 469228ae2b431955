/*
 * system-calls.c - a round of system calls with arguments of every kind, the same in every run (but for
 * addresses and numbers of processes); in a directory of its own, the argument.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void *volatile nowhere = (void *)1;

static int reading_and_writing(void)
{
	char text[200];
	int fd;

	fd = open("file", O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_CLOEXEC, 0640);
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = i;
	write(fd, text, sizeof(text));
	write(fd, "short \"quoted\" \\ line\n\t\v\f\r", 26);
	write(fd, "", 0);
	write(fd, "12345678901234567890123456789012", 32);
	write(fd, "123456789012345678901234567890123", 33);
	write(fd, "\0001\0012\377\1779", 8);
	write(99, "x", 1);
	write(fd, nowhere, 10);
	pwrite(fd, "there", 5, 1000);
	pread(fd, text, 10, 5);
	lseek(fd, 0, SEEK_SET);
	read(fd, text, 100);
	read(fd, text, 0);
	readv(fd, (struct iovec[]){{text, 10}, {text + 10, 0}, {text + 20, 50}}, 3);
	writev(fd, (struct iovec[]){{"first", 5}, {"second, which is much longer than that\n", 39}}, 2);
	preadv(fd, (struct iovec[]){{text, 7}}, 1, 3);
	writev(fd, NULL, 0);
	return fd;
}

static void looking(int fd)
{
	struct stat st;
	struct statx sx;
	struct statfs fs;
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH};

	fstat(fd, &st);
	stat("file", &st);
	lstat("nowhere", &st);
	stat("/dev/null", &st);
	stat("/tmp", &st);
	statx(AT_FDCWD, "file", AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, STATX_ALL, &sx);
	statx(AT_FDCWD, "nowhere", 0, STATX_SIZE | STATX_MODE, &sx);
	statfs("/proc", &fs);
	fstatfs(-1, &fs);
	syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof(how));
}

static void names(int fd)
{
	struct stat st;
	char link_text[64];

	open("nowhere", O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_DIRECTORY | O_NOCTTY | O_SYNC | O_DIRECT |
	     O_NOATIME | O_LARGEFILE | O_PATH);
	open(".", O_TMPFILE | O_RDWR | O_DSYNC, 0600);
	openat(fd, "below", O_RDONLY | O_NDELAY);
	creat("made", 0600);
	access("file", R_OK | W_OK);
	faccessat(AT_FDCWD, "file", X_OK, AT_EACCESS);
	chmod("file", 0600 | S_ISUID);
	stat("file", &st);
	fchmodat(AT_FDCWD, "file", 0644, 0);
	chown("file", -1, 0);
	fchownat(AT_FDCWD, "file", 0, -1, AT_SYMLINK_NOFOLLOW);
	mkdir("directory", 0755);
	mknod("node", S_IFIFO | 0600, 0);
	mknod("/nowhere/null", S_IFCHR | 0666, makedev(1, 3));
	symlink("file", "symbolic");
	link("file", "hard");
	linkat(AT_FDCWD, "symbolic", AT_FDCWD, "hard2", AT_SYMLINK_FOLLOW);
	readlink("symbolic", link_text, sizeof(link_text));
	readlinkat(AT_FDCWD, "nowhere", link_text, sizeof(link_text));
	rename("hard", "hard3");
	syscall(SYS_renameat2, AT_FDCWD, "hard2", AT_FDCWD, "hard3", RENAME_NOREPLACE | RENAME_EXCHANGE);
}

static void contents(int fd)
{
	char text[200];
	int other;

	truncate("file", 100);
	ftruncate(fd, 5000000000);
	fallocate(fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0, 4096);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	utimensat(AT_FDCWD, "file", (struct timespec[]){{0, UTIME_NOW}, {5, 6}}, 0);
	utimensat(AT_FDCWD, "file", (struct timespec[]){{0, UTIME_OMIT}, {0, UTIME_OMIT}}, AT_SYMLINK_NOFOLLOW);
	setxattr("file", "user.name", "value", 5, XATTR_CREATE);
	getxattr("file", "user.name", text, sizeof(text));
	getxattr("file", "user.none", NULL, 0);
	listxattr("file", text, sizeof(text));
	removexattr("file", "user.none");
	flock(fd, LOCK_EX | LOCK_NB);
	fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_SETFD, 0);
	fcntl(fd, F_GETFD);
	fcntl(fd, F_DUPFD_CLOEXEC, 50);
	fcntl(fd, F_SETLK, &(struct flock){.l_type = F_WRLCK, .l_start = 5, .l_len = 10});
	fcntl(fd, F_GETLK, &(struct flock){.l_type = F_RDLCK, .l_whence = SEEK_END});
	fcntl(fd, F_SETOWN, 0);
	fcntl(fd, 4711, 1);
	other = dup(fd);
	dup2(other, 60);
	dup3(other, 61, O_CLOEXEC);
	copy_file_range(fd, &(loff_t){0}, other, NULL, 10, 0);
	sendfile(other, fd, &(off_t){3}, 20);
	fsync(fd);
	close(other);
	getcwd(text, 1);
	unlink("hard3");
	unlinkat(AT_FDCWD, "directory", AT_REMOVEDIR);
	rmdir("nowhere");
	umask(027);
	umask(022);
	close_range(50, 70, 0);
	close(-1);
	memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	inotify_add_watch(99, "file", IN_MODIFY | IN_CLOSE_WRITE | IN_ONLYDIR);
}

static void memory(void)
{
	char *p = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	mprotect(p, 4096, PROT_NONE);
	madvise(p + 8192, 4096, MADV_DONTNEED);
	madvise(p, 4096, 12345);
	mremap(p, 65536, 131072, MREMAP_MAYMOVE);
	mremap((void *)4096, 4096, 4096, 0);
	msync(p, 4096, MS_SYNC | MS_INVALIDATE);
	mlock((void *)1, 0);
	munmap(p, 4096);
	mmap((void *)1, 0, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE | MAP_STACK, 5, 0x3000);
	brk(NULL);
	getrandom(p, 0, GRND_NONBLOCK | GRND_RANDOM);
}

static void handler(int signal)
{
	(void)signal;
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)info;
	(void)context;
}

static void signals(void)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_NODEFER}, old;
	sigset_t set, before;
	static char memory[65536];
	stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGUSR2);
	sigaddset(&action.sa_mask, SIGRTMIN + 3);
	sigaction(SIGUSR1, &action, &old);
	sigaction(SIGUSR1, NULL, &old);
	sigaction(SIGKILL, &action, NULL);
	action.sa_sigaction = on_signal;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NOCLDSTOP;
	sigaction(SIGRTMIN + 1, &action, NULL);
	sigfillset(&set);
	sigdelset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, &before);
	sigprocmask(SIG_SETMASK, &before, &set);
	sigprocmask(SIG_BLOCK, NULL, &set);
	sigpending(&set);
	sigaltstack(&stack, NULL);
	sigaltstack(NULL, &stack);
	kill(getpid(), SIGUSR1);
	kill(getpid(), 0);
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
	sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 42});
	signal(SIGUSR1, SIG_IGN);
	kill(-12345, SIGUSR1);
	signalfd(-1, &set, SFD_CLOEXEC);
	sigtimedwait(&set, NULL, &(struct timespec){0, 1000});
}

static void waiting(void)
{
	int fds[2], ep, event, timer;
	char byte;
	fd_set in, out;
	struct epoll_event e = {.events = EPOLLIN | EPOLLET | EPOLLRDHUP, .data.u64 = 0x1234567890}, es[4];

	pipe2(fds, O_CLOEXEC | O_NONBLOCK);
	poll((struct pollfd[]){{fds[0], POLLIN | POLLPRI, 0}, {fds[1], POLLOUT, 0}, {-1, POLLIN, 0}}, 3, 10);
	poll((struct pollfd[]){{fds[0], POLLIN, 0}}, 1, 0);
	poll(NULL, 0, 1);
	poll((struct pollfd[]){{99, POLLIN | POLLRDNORM, 0}}, 1, -1);
	ppoll((struct pollfd[]){{fds[1], POLLOUT | POLLHUP, 0}}, 1, &(struct timespec){1, 0}, NULL);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fds[0], &in);
	FD_SET(fds[1], &out);
	syscall(SYS_select, fds[1] + 1, &in, &out, NULL, &(struct timeval){0, 0});
	FD_SET(fds[0], &in);
	syscall(SYS_select, fds[0] + 1, &in, NULL, NULL, &(struct timeval){0, 1});
	ep = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e);
	epoll_ctl(ep, EPOLL_CTL_DEL, 99, NULL);
	write(fds[1], "x", 1);
	epoll_wait(ep, es, 4, 100);
	epoll_pwait(ep, es, 4, 0, NULL);
	read(fds[0], &byte, 1);
	read(fds[0], &byte, 1);
	event = eventfd(5, EFD_NONBLOCK | EFD_SEMAPHORE);
	read(event, &byte, 1);
	timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	timerfd_settime(timer, TFD_TIMER_ABSTIME, &(struct itimerspec){{1, 2}, {3, 4}}, NULL);
	setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
	alarm(0);
	nanosleep(&(struct timespec){0, 1000}, NULL);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){1, 0}, NULL);
	syscall(SYS_clock_getres, CLOCK_REALTIME, &(struct timespec){0});
	syscall(SYS_futex, &ep, FUTEX_WAIT_PRIVATE, 99999, &(struct timespec){0, 5});
	syscall(SYS_futex, &ep, FUTEX_WAKE, 1);
	syscall(SYS_futex, &ep, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 99999, NULL, NULL,
		FUTEX_BITSET_MATCH_ANY);
	syscall(SYS_futex, &ep, FUTEX_CMP_REQUEUE, 1, 2, &timer, 3);
}

static void send_descriptor(int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {"with", 4};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	*(int *)CMSG_DATA(c) = 1;
	sendmsg(fd, &m, MSG_DONTWAIT);
}

static void local_sockets(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/nowhere/socket"};
	char text[100], control[100];
	struct iovec iov = {text, sizeof(text)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int pair[2], fd;

	socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
	send_descriptor(pair[0]);
	recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC);
	recvmsg(pair[1], &m, MSG_DONTWAIT);
	getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &(int){0}, &(socklen_t){4});
	getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &cred, &len);
	sendto(pair[0], "to the other", 12, MSG_NOSIGNAL | MSG_MORE, NULL, 0);
	recvfrom(pair[1], text, 5, MSG_PEEK, NULL, NULL);
	ioctl(pair[1], FIONREAD, &(int){0});
	shutdown(pair[0], SHUT_WR);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	connect(fd, (void *)&un, sizeof(un));
	memcpy(un.sun_path, "\0abstract", 9);
	connect(fd, (void *)&un, offsetof(struct sockaddr_un, sun_path) + 9);
	socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, 0);
	socket(99, SOCK_STREAM, 99);
}

static void sockets(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(1), .sin6_addr = in6addr_loopback};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP), listener, client;
	char text[10];

	bind(fd, (void *)&in, sizeof(in));
	getsockname(fd, (void *)&in, &len);
	sendto(fd, "self", 4, 0, (void *)&in, sizeof(in));
	len = sizeof(in) + 50;
	recvfrom(fd, text, sizeof(text), 0, (void *)&in, &len);
	getpeername(fd, (void *)&in, &len);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 5}, sizeof(struct linger));
	setsockopt(fd, SOL_IP, 1 /* IP_TOS */, &(int){16}, sizeof(int));
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &(int){0}, &(socklen_t){4});
	listener = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
	setsockopt(listener, IPPROTO_TCP, 1 /* TCP_NODELAY */, &(int){1}, sizeof(int));
	in.sin_port = 0;
	bind(listener, (void *)&in, sizeof(in));
	listen(listener, 5);
	len = sizeof(in);
	getsockname(listener, (void *)&in, &len);
	client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	connect(client, (void *)&in, sizeof(in));
	accept4(listener, (void *)&in, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	accept(listener, NULL, NULL);
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	connect(fd, (void *)&in6, sizeof(in6));
	local_sockets();
}

static void processes(void)
{
	struct rusage usage;
	struct utsname name;
	struct rlimit limit;
	cpu_set_t cpus;
	int status;
	gid_t groups[4];
	siginfo_t info;
	pid_t child = syscall(SYS_fork);

	if (!child)
		_exit(3);
	waitpid(child, &status, WUNTRACED);
	waitpid(-1, &status, 0);
	waitid(P_ALL, 0, &info, WEXITED | WNOHANG);
	getrusage(RUSAGE_SELF, &usage);
	uname(&name);
	getrlimit(RLIMIT_NOFILE, &limit);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, RLIM_INFINITY});
	getpid();
	getppid();
	getuid();
	getegid();
	getpgid(0);
	getresuid(&(uid_t){0}, &(uid_t){0}, &(uid_t){0});
	getgroups(4, groups);
	setreuid(-1, 0);
	prctl(PR_SET_NAME, "a new name");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	sched_yield();
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	syscall(SYS_sched_setaffinity, 0, 8, &cpus);
	syscall(SYS_sched_getaffinity, 0, 8, &cpus);
	sched_getscheduler(0);
	getpriority(PRIO_PROCESS, 0);
	unshare(CLONE_FILES | CLONE_FS);
	execl("/nowhere/program", "program", "argument \"one\"", "an argument that is longer than thirty-two bytes",
	      NULL);
	ioctl(0, TCGETS, &(struct termios){0});
	ioctl(99, 0xc0102233, 5);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 2 || chdir(argv[1]))
		return 1;
	fd = reading_and_writing();
	looking(fd);
	names(fd);
	contents(fd);
	memory();
	signals();
	waiting();
	sockets();
	processes();
	return 7;
}
