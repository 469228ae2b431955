/* child.c - see child.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kern/child.h"
#include "kern/sys.h"

/* ---- the command line ---- */

/* One word from *at on, unquoted, appended to `word`; false when a quote stays open. */
static bool word_read(const char **at, struct buf *word)
{
	const char *c = *at;
	char quote = 0;

	for (; *c && (quote || !strchr(" \t\n", *c)); c++) {
		if (quote && *c == quote)
			quote = 0;
		else if (!quote && (*c == '\'' || *c == '"'))
			quote = *c;
		else if (*c == '\\' && c[1] && quote != '\'')
			buf_putc(word, *++c);
		else
			buf_putc(word, *c);
	}
	*at = c;
	return !quote;
}

char **words_split(const char *command)
{
	VEC(char *) words = {0};
	bool ok = true;

	for (const char *at = command; ok;) {
		struct buf word = {0};
		at += strspn(at, " \t\n");
		if (!*at)
			break;
		ok = word_read(&at, &word);
		vec_push(&words, xstrdup(buf_str(&word)));
		buf_free(&word);
	}
	vec_push(&words, NULL);
	if (ok)
		return words.v;
	words_free(words.v);
	return NULL;
}

void words_free(char **words)
{
	for (char **w = words; w && *w; w++)
		free(*w);
	free(words);
}

/* A file that may be executed: malloc'd path, or NULL with *err. */
static char *executable(const char *dir, size_t dir_len, const char *name, int *err)
{
	char *path = dir ? xasprintf("%.*s/%s", (int)dir_len, dir, name) : xstrdup(name);
	struct stat st;

	int missing = stat(path, &st) == 0 ? 0 : errno;
	if (!missing && S_ISREG(st.st_mode) && access(path, X_OK) == 0)
		return path;
	if (missing == EACCES || (!missing && !S_ISDIR(st.st_mode)))
		*err = -EACCES;
	free(path);
	return NULL;
}

/* As execvp would find it, but before anything is attached. */
static char *program_find(const char *name, int *err)
{
	const char *dirs = getenv("PATH");

	*err = -ENOENT;
	if (strchr(name, '/'))
		return executable(NULL, 0, name, err);
	if (!dirs)
		dirs = "/usr/local/bin:/usr/bin:/bin";
	while (*dirs) {
		size_t len = strcspn(dirs, ":");
		char *path = executable(len ? dirs : ".", len ? len : 1, name, err);
		if (path)
			return path;
		dirs += len + (dirs[len] == ':');
	}
	return NULL;
}

/* ---- the child's own code ---- */

_Noreturn static void child_main(const char *path, char **argv, int go_fd, int error_fd)
{
	sigset_t none;
	char go;

	/* A tracer that dies without a word must not leave its child waiting for ever: read
	 * ends then. Signals are as a program expects to find them. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	ssize_t n;
	do
		n = read(go_fd, &go, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		_exit(127);
	execv(path, argv);
	int err = errno;
	if (write(error_fd, &err, sizeof(err)) != sizeof(err))
		_exit(126);
	_exit(127);
}

static int pidfd_open_(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : fd;
}

static int spawn(struct watched *w, const char *path, char **argv)
{
	int go[2], error[2];

	if (pipe2(go, O_CLOEXEC) != 0)
		return -errno;
	if (pipe2(error, O_CLOEXEC) != 0) {
		int err = -errno;
		close(go[0]);
		close(go[1]);
		return err;
	}
	w->pid = fork();
	int err = w->pid < 0 ? -errno : 0;
	if (w->pid == 0) {
		close(go[1]);
		close(error[0]);
		child_main(path, argv, go[0], error[1]);
	}
	close(go[0]);
	close(error[1]);
	w->go_fd = go[1];
	w->error_fd = error[0];
	if (err) {
		w->pid = 0;
		return err;
	}
	w->is_child = true;
	w->pidfd = pidfd_open_(w->pid);
	return w->pidfd < 0 ? w->pidfd : 0;
}

int child_start(struct watched *w, const char *command, struct buf *why)
{
	char **words = words_split(command);
	int err = 0;

	/* Whoever started us may have had it ignored: then children leave without a status. */
	signal(SIGCHLD, SIG_DFL);
	*w = (struct watched){.pidfd = -1, .go_fd = -1, .error_fd = -1};
	if (!words || !words[0]) {
		buf_puts(why, words ? "the command of -c is empty" :
				      "a quote in the command of -c is not closed");
		words_free(words);
		return -EINVAL;
	}
	char *path = program_find(words[0], &err);
	if (!path) {
		buf_printf(why, err == -EACCES ? "\"%s\" may not be executed" :
						 "there is no program \"%s\"", words[0]);
	} else {
		err = spawn(w, path, words);
		if (err)
			buf_printf(why, "\"%s\" could not be started: %s", words[0], strerror(-err));
	}
	free(path);
	words_free(words);
	if (err)
		watched_free(w);
	return err;
}

int child_release(struct watched *w, struct buf *why)
{
	int error = 0;
	ssize_t n;

	if (w->go_fd < 0)
		return 0;
	if (write(w->go_fd, "", 1) != 1)
		error = errno; /* EPIPE: it was killed while it waited; the caller blocks SIGPIPE */
	sys_close(&w->go_fd);
	do
		n = read(w->error_fd, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	sys_close(&w->error_fd);
	if (!error)
		return 0;
	buf_printf(why, "the command could not be executed: %s", strerror(error));
	return -error;
}

int process_watch(struct watched *w, int64_t pid, struct buf *why)
{
	*w = (struct watched){.pidfd = -1, .go_fd = -1, .error_fd = -1};
	int fd = pid > 0 && pid <= INT32_MAX ? pidfd_open_(pid) : -ESRCH;
	if (fd >= 0) {
		w->pid = pid;
		w->pidfd = fd;
		return 0;
	}
	/* EINVAL: a thread, not the process it belongs to. */
	if (fd == -ESRCH)
		buf_printf(why, "there is no process %" PRId64, pid);
	else if (fd == -EINVAL || fd == -ENOENT)
		buf_printf(why, "%" PRId64 " is a thread, not a process", pid);
	else
		buf_printf(why, "process %" PRId64 " cannot be watched: %s", pid, strerror(-fd));
	return fd;
}

bool watched_ended(struct watched *w)
{
	if (!w->pid || w->ended)
		return w->ended;
	if (w->is_child) {
		pid_t gone = waitpid(w->pid, &w->status, WNOHANG);

		w->ended = gone == w->pid || (gone < 0 && errno == ECHILD);
	} else {
		struct pollfd p = {.fd = w->pidfd, .events = POLLIN};
		w->ended = poll(&p, 1, 0) > 0;
	}
	return w->ended;
}

void watched_print_end(const struct watched *w, struct buf *out)
{
	if (!w->is_child || !w->ended)
		return;
	if (WIFSIGNALED(w->status))
		buf_printf(out, "the command was killed by signal %d (%s)\n", WTERMSIG(w->status),
			   strsignal(WTERMSIG(w->status)));
	else
		buf_printf(out, "the command exited with status %d\n", WEXITSTATUS(w->status));
}

static void child_end(struct watched *w)
{
	struct pollfd p = {.fd = w->pidfd, .events = POLLIN};
	bool held = w->go_fd >= 0;

	sys_close(&w->go_fd); /* a held child ends by itself when this closes */
	if (watched_ended(w))
		return;
	if (!held)
		kill(w->pid, SIGTERM);
	if (w->pidfd < 0 || poll(&p, 1, 1000) <= 0)
		kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &w->status, 0) < 0 && errno == EINTR)
		;
	w->ended = true;
}

void watched_free(struct watched *w)
{
	if (w->is_child && !w->ended)
		child_end(w);
	sys_close(&w->go_fd);
	sys_close(&w->error_fd);
	sys_close(&w->pidfd);
	w->pid = 0;
	w->is_child = false;
}
