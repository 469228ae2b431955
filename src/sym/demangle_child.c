/* demangle_child.c - see demangle_child.h. */
#include "base/base.h"

#include "sym/demangle_child.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kern/sys.h"
#include "sym/demangle_rust.h"

enum { DEATHS_MOST = 16, SYMBOL_US = 200000 };
#define MEMORY_MORE (UINT64_C(64) << 20) /* bytes of address space */

static struct {
	pthread_mutex_t lock;
	pid_t pid;   /* 0: there is none */
	int socket;
	unsigned deaths;
	char name[DEMANGLED_LIMIT];
} child = {.lock = PTHREAD_MUTEX_INITIALIZER, .socket = -1};

/* ---- in the child ---- */

/* The address space it has and a little more: what is allocated beyond that fails. */
static void limit_memory(void)
{
	struct rlimit limit = {0, 0};
	struct buf text = {0};

	if (!buf_read_file(&text, "/proc/self/statm", 256))
		limit.rlim_cur = strtoull(buf_str(&text), NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
	buf_free(&text);
	limit.rlim_cur += MEMORY_MORE;
	limit.rlim_max = limit.rlim_cur;
	setrlimit(RLIMIT_AS, &limit);
}

/* ^C is the parent's to answer; what takes too long ends here. */
static void limit_signals(void)
{
	sigset_t most;

	signal(SIGPROF, SIG_DFL);
	sigfillset(&most);
	sigdelset(&most, SIGPROF);
	pthread_sigmask(SIG_SETMASK, &most, NULL);
}

static void serve(int from, demangler *demangle)
{
	static char symbol[DEMANGLED_LIMIT];
	struct itimerval enough = {.it_value.tv_usec = SYMBOL_US}, never = {0};
	ssize_t n;

	/* nothing of the parent's is kept open: what it traces with ends with it */
	if (dup2(from, 0) < 0 || syscall(SYS_close_range, 1u, ~0u, 0u))
		_exit(1);
	limit_signals();
	limit_memory();
	while ((n = recv(0, symbol, sizeof(symbol) - 1, 0)) > 0) {
		size_t length;
		char *name;
		int status;

		symbol[n] = '\0';
		setitimer(ITIMER_PROF, &enough, NULL);
		name = demangle(symbol, NULL, &length, &status);
		setitimer(ITIMER_PROF, &never, NULL);
		length = name ? strnlen(name, DEMANGLED_LIMIT) : 0;
		if (!length || length == DEMANGLED_LIMIT)
			n = send(0, "", 1, MSG_NOSIGNAL); /* none: no bytes at all would look like the end */
		else
			n = send(0, name, length, MSG_NOSIGNAL);
		if (n < 0)
			break;
		free(name);
	}
	_exit(0);
}

/* ---- in the parent ---- */

static bool begin(demangler *demangle)
{
	int ends[2];

	if (child.pid)
		return true;
	if (child.deaths >= DEATHS_MOST || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return false;
	child.pid = fork();
	if (!child.pid)
		serve(ends[1], demangle);
	sys_close(&ends[1]);
	if (child.pid < 0) {
		child.pid = 0;
		sys_close(&ends[0]);
		return false;
	}
	child.socket = ends[0];
	return true;
}

static void bury(void)
{
	sys_close(&child.socket);
	kill(child.pid, SIGKILL);
	while (waitpid(child.pid, NULL, 0) < 0 && errno == EINTR)
		;
	child.pid = 0;
	child.deaths++;
}

char *demangle_in_child(demangler *demangle, const char *symbol)
{
	char *name = NULL;
	ssize_t n;

	pthread_mutex_lock(&child.lock);
	if (begin(demangle)) {
		do
			n = send(child.socket, symbol, strlen(symbol), MSG_NOSIGNAL);
		while (n < 0 && errno == EINTR);
		if (n > 0)
			do
				n = recv(child.socket, child.name, sizeof(child.name), 0);
			while (n < 0 && errno == EINTR);
		if (n <= 0)
			bury();
		else if (child.name[0])
			name = strndup(child.name, (size_t)n);
	}
	pthread_mutex_unlock(&child.lock);
	return name;
}
