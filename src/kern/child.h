/*
 * child.h - the process that is watched: the command of -c, started but held until the probes
 * are there, or the process of -p.
 *
 *   child_start: fork; the child waits on a pipe, its program is already found
 *   (probes are attached, filtered by its pid)
 *   child_release: the child calls execve; probes see everything from there on
 *
 * No ptrace: probes that look at exec itself (sched_process_exec, uprobes on the new
 * binary's first instruction) see it, and a child of ours is not in anybody's way.
 */
#ifndef SONDE_KERN_CHILD_H
#define SONDE_KERN_CHILD_H

#include <sys/types.h>

#include "base/buf.h"

struct watched {
	pid_t pid;     /* 0: nobody */
	int pidfd;     /* readable when it has ended */
	int go_fd;     /* the held child waits for a byte from here; -1 */
	int error_fd;  /* execve's errno arrives here, or end of file when it went well; -1 */
	bool is_child; /* ours to wait for and to end */
	bool ended;
	int status;    /* as waitpid gives it; children only, when ended */
};

/*
 * Starts the command: words separated by blanks; '...', "..." and \ quote as in a shell, and
 * nothing else is special. 0, or -errno with one plain line in `why` (no such program).
 */
int child_start(struct watched *w, const char *command, struct buf *why);
/* Lets it go. 0, or -errno with why when execve failed; the child has then ended. */
int child_release(struct watched *w, struct buf *why);
/* Watches a running process. 0, or -errno with why. */
int process_watch(struct watched *w, int64_t pid, struct buf *why);
/* Whether it has ended; never blocks. After that `status` is set (children). */
bool watched_ended(struct watched *w);
/* A line about how a child ended that has; nothing for any other. */
void watched_print_end(const struct watched *w, struct buf *out);
/* A child that still runs is sent SIGTERM, and SIGKILL after a second. Others are left alone. */
void watched_free(struct watched *w);

/* The words of a command line; the caller frees with words_free. NULL: a quote is open. */
char **words_split(const char *command);
void words_free(char **words);

#endif
