/* aside.c - see aside.h. */
#include "kern/aside.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"

enum { STACK = 128 * 1024 };

struct errand {
	int (*work)(void *);
	void *arg;
	int result;
};

static int run(void *arg)
{
	struct errand *errand = arg;

	setpgid(0, 0); /* whoever kills the group does not mean this */
	errand->result = errand->work(errand->arg);
	return 0;
}

int aside(int (*work)(void *), void *arg)
{
	struct errand errand = {.work = work, .arg = arg};
	char *stack = xmalloc(STACK);
	sigset_t all, before;
	pid_t pid, ended;

	/* The other one keeps them blocked; this one dies of a second ^C while it waits. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = clone(run, stack + STACK, CLONE_VM | CLONE_FILES | CLONE_FS, &errand);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (pid < 0) {
		errand.result = work(arg);
	} else {
		do
			ended = waitpid(pid, NULL, __WALL);
		while (ended < 0 && errno == EINTR);
	}
	free(stack);
	return errand.result;
}
