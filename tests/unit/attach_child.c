/* The process of -c and of -p: found, held, released, watched, ended; and what can go wrong. */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern/child.h"
#include "kern_test.h"

static void words(const char *text, const char *joined)
{
	char **list = words_split(text);
	struct buf out = {0};

	for (char **w = list; w && *w; w++)
		buf_printf(&out, "[%s]", *w);
	CHECK_STR(list ? buf_str(&out) : "open", joined);
	buf_free(&out);
	words_free(list);
}

static bool ended_within(struct watched *w, int ms)
{
	struct pollfd p = {.fd = w->pidfd, .events = POLLIN};

	poll(&p, 1, ms);
	return watched_ended(w);
}

static void test_command(void)
{
	struct watched w;
	struct buf why = {0};
	char path[] = "/tmp/sonde-child-XXXXXX";
	int fd = mkstemp(path);
	char *command = xasprintf("/bin/sh -c 'echo \"$0\" >%s; exit 7' \"a b\"", path);
	struct buf text = {0};

	CHECK_EQ(child_start(&w, command, &why), 0);
	CHECK(w.pid > 0 && w.is_child);
	CHECK(!ended_within(&w, 50)); /* held */
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	CHECK_EQ(child_release(&w, &why), 0);
	CHECK(ended_within(&w, 2000));
	watched_print_end(&w, &why);
	CHECK_STR(buf_str(&why), "the command exited with status 7\n");
	CHECK_EQ(buf_read_file(&text, path, 100), 0);
	CHECK_STR(buf_str(&text), "a b\n");
	watched_free(&w);
	CHECK_EQ(w.pidfd, -1);
	unlink(path);
	close(fd);
	free(command);
	buf_free(&text);
	buf_free(&why);
}

static void test_ended_early(bool released)
{
	struct watched w;
	struct buf why = {0};

	CHECK_EQ(child_start(&w, "sleep 1000", &why), 0);
	pid_t pid = w.pid;
	if (released)
		CHECK_EQ(child_release(&w, &why), 0);
	watched_free(&w);
	CHECK(kill(pid, 0) == -1 && errno == ESRCH);
	buf_free(&why);
}

static void test_signal(void)
{
	struct watched w;
	struct buf why = {0};

	CHECK_EQ(child_start(&w, "sleep 1000", &why), 0);
	CHECK_EQ(child_release(&w, &why), 0);
	kill(w.pid, SIGTERM);
	CHECK(ended_within(&w, 2000));
	watched_print_end(&w, &why);
	CHECK_STR(buf_str(&why), "the command was killed by signal 15 (Terminated)\n");
	watched_free(&w);
	buf_free(&why);
}

static void wrong(const char *command, int want, const char *say)
{
	struct watched w;
	struct buf why = {0};

	CHECK_EQ(child_start(&w, command, &why), want);
	CHECK(strstr(buf_str(&why), say));
	CHECK(!w.pid);
	buf_free(&why);
}

static void test_exec_fails(void)
{
	struct watched w;
	struct buf why = {0};
	char path[] = "/tmp/sonde-child-XXXXXX";
	int fd = mkstemp(path);

	/* executable by its mode, but no program */
	CHECK_EQ(fchmod(fd, 0755), 0);
	CHECK_EQ(write(fd, "\177ELF", 4), 4);
	close(fd);
	CHECK_EQ(child_start(&w, path, &why), 0);
	CHECK_EQ(child_release(&w, &why), -ENOEXEC);
	CHECK(strstr(buf_str(&why), "could not be executed"));
	watched_free(&w);
	unlink(path);
	buf_free(&why);
}

static void test_process(void)
{
	struct watched w;
	struct buf why = {0};
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	CHECK_EQ(process_watch(&w, pid, &why), 0);
	CHECK(!watched_ended(&w));
	watched_free(&w);
	CHECK_EQ(kill(pid, 0), 0); /* not ours to end */
	CHECK_EQ(process_watch(&w, pid, &why), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK(watched_ended(&w));
	watched_print_end(&w, &why); /* not a child: how it ended is not known */
	CHECK_STR(buf_str(&why), "");
	watched_free(&w);
	CHECK_EQ(process_watch(&w, pid, &why), -ESRCH);
	CHECK(strstr(buf_str(&why), "there is no process"));
	buf_reset(&why);
	CHECK_EQ(process_watch(&w, -5, &why), -ESRCH);
	buf_free(&why);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	words("ls -l", "[ls][-l]");
	words("  a\t'b c' \"d 'e'\" f\\ g h\"i\"j ''", "[a][b c][d 'e'][f g][hij][]");
	words("", "");
	words("a 'b", "open");
	test_command();
	test_ended_early(false);
	test_ended_early(true);
	test_signal();
	wrong("no-such-program-anywhere", -ENOENT, "there is no program");
	wrong("/etc/passwd", -EACCES, "may not be executed");
	wrong("/", -ENOENT, "there is no program");
	wrong("  ", -EINVAL, "empty");
	wrong("a 'b", -EINVAL, "quote");
	test_exec_fails();
	test_process();
	return test_end();
}
