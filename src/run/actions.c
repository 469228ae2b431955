/* actions.c - see actions.h. */
#include "run/actions.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

void actor_free(struct actor *a)
{
	record_view_free(&a->view);
	buf_free(&a->text);
	same_stacks_free(&a->same_stacks);
}

static void complain(struct actor *a, const char *what, const char *name, int err)
{
	fprintf(a->out->messages, "ERROR: %s %s: %s\n", what, name, strerror(-err));
}

/* Bytes of a descriptor to the output, at most `limit`. 0 or -errno. */
static int copy_out(struct actor *a, enum action_kind kind, int fd, uint64_t limit)
{
	static char room[65536];

	while (limit) {
		ssize_t n = read(fd, room, MIN_OF(limit, (uint64_t)sizeof(room)));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		a->out->ops->text(a->out, kind, room, n);
		limit -= n;
	}
	return 0;
}

/* O_NONBLOCK: a pipe that nobody writes to must not hold up everything. */
static void do_cat(struct actor *a)
{
	const char *path = buf_str(&a->text);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;

	if (fd < 0) {
		complain(a, "cannot open", path, -errno);
		return;
	}
	err = copy_out(a, ACTION_CAT, fd, a->script->config.max_cat_bytes);
	if (err)
		complain(a, "cannot read", path, err);
	close(fd);
}

/*
 * sh -c, with signals as a command expects them: ours are blocked for signalfd. `both`: what it says
 * as an error is output, too.
 */
static int spawn_shell(const char *command, int out_fd, bool both, pid_t *pid)
{
	char *argv[] = {"sh", "-c", (char *)command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int err;

	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, out_fd, STDOUT_FILENO);
	if (both)
		posix_spawn_file_actions_adddup2(&files, out_fd, STDERR_FILENO);
	err = posix_spawn(pid, "/bin/sh", &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -err;
}

static void await_command(struct actor *a, pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return;
	if (WIFEXITED(status) && WEXITSTATUS(status))
		fprintf(a->out->messages, "ERROR: command exited with code %d\n", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		fprintf(a->out->messages, "ERROR: command was ended by signal %d\n", WTERMSIG(status));
}

static void do_system(struct actor *a)
{
	int fds[2], err;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC)) {
		complain(a, "cannot run", buf_str(&a->text), -errno);
		return;
	}
	err = spawn_shell(buf_str(&a->text), fds[1], a->out->dropin, &pid);
	close(fds[1]);
	if (err)
		complain(a, "cannot run", buf_str(&a->text), err);
	else
		copy_out(a, ACTION_SYSTEM, fds[0], UINT64_MAX);
	close(fds[0]);
	if (!err)
		await_command(a, pid);
}

/* Strings up to the first that is not there. */
static void do_join(struct actor *a)
{
	struct output *out = a->out;
	struct buf part = {0};
	const char *separator = "";

	vec_each(arg, &a->view.args) {
		if (!arg->size)
			break;
		buf_reset(&part);
		out->ops->string(out, arg, &part);
		buf_puts(&a->text, separator);
		buf_add(&a->text, buf_str(&part), part.len);
		separator = a->view.action->format_text;
	}
	buf_free(&part);
	buf_putc(&a->text, '\n');
	out->ops->text(out, ACTION_JOIN, buf_str(&a->text), a->text.len);
}

static void map_trouble(struct actor *a, const struct map *map, const char *what, int err)
{
	if (err == -ENOSYS) {
		if (!a->told_threads)
			fprintf(a->out->messages, "WARNING: @%s: values of threads other than the first of a process "
				"cannot be read on this kernel\n", map->name);
		a->told_threads = true;
	} else if (err) {
		fprintf(a->out->messages, "WARNING: @%s could not be %s completely: %s\n", map->name, what,
			strerror(-err));
	}
}

static void do_print_map(struct actor *a)
{
	const struct action *action = a->view.action;
	struct snapshot snapshot = {.top = action->top, .divisor = action->divisor,
				    .percentiles = action->percentiles};

	map_trouble(a, action->map, "read", aggregates_print(a->aggregates, action->map, &snapshot));
	same_stacks_join(&a->same_stacks, a->out->names, &snapshot);
	a->out->ops->map(a->out, &snapshot);
	aggregates_release(a->aggregates, action->map);
}

static void do_print_entry(struct actor *a)
{
	const struct map *map = a->view.action->map;
	struct value *args = a->view.args.v, value;
	uint8_t *stored = NULL;
	bool found = true;

	if (a->view.args.n > 1) {
		value = args[1];
	} else {
		stored = xcalloc(1, type_stored_size(map->value));
		found = aggregates_lookup(a->aggregates, map, args[0].data, stored);
		value = (struct value){.type = map->value, .data = stored, .size = type_stored_size(map->value)};
	}
	a->out->ops->entry(a->out, map, &args[0], found ? &value : NULL);
	free(stored);
}

static void do_message(struct actor *a)
{
	a->errors += a->view.action->kind == ACTION_ERRORF;
	struct place place;
	bool known = source_place(a->script->diags->sources, a->view.action->span.off, &place);

	a->out->ops->message(a->out, a->view.action->kind, known ? &place : NULL, buf_str(&a->text), a->text.len);
}

static void do_action(struct actor *a)
{
	const struct action *action = a->view.action;
	struct output *out = a->out;

	switch (action->kind) {
	case ACTION_PRINTF:
		if (action->columns) {
			out->ops->row(out, action, a->view.args.v, a->view.args.n, buf_str(&a->text), a->text.len);
			break;
		}
		out->ops->text(out, action->kind, buf_str(&a->text), a->text.len);
		break;
	case ACTION_ERRORF:
	case ACTION_WARNF:
		do_message(a);
		break;
	case ACTION_CAT:
		do_cat(a);
		break;
	case ACTION_SYSTEM:
		do_system(a);
		break;
	case ACTION_JOIN:
		do_join(a);
		break;
	case ACTION_TIME:
		out->ops->time(out, action->format_text, &a->text);
		out->ops->text(out, action->kind, buf_str(&a->text), a->text.len);
		break;
	case ACTION_PRINT_VALUE:
		out->ops->value(out, &a->view.args.v[0]);
		break;
	case ACTION_PRINT_ENTRY:
		do_print_entry(a);
		break;
	case ACTION_PRINT_MAP:
		do_print_map(a);
		break;
	case ACTION_CLEAR:
		if (out->ops->cleared)
			out->ops->cleared(out, action->map);
		map_trouble(a, action->map, "cleared",
			    aggregates_clear(a->aggregates, action->map, action->after_print));
		break;
	case ACTION_ZERO:
		if (out->ops->cleared)
			out->ops->cleared(out, action->map);
		map_trouble(a, action->map, "zeroed", aggregates_zero(a->aggregates, action->map, action->after_print));
		break;
	case ACTION_EXIT:
	case ACTION_UNWATCH:
	case ACTION_GROW:
		break; /* the reading thread has acted on them */
	}
}

void actor_do(struct actor *a, const uint8_t *data, uint32_t len)
{
	const struct action *action;

	if (!record_decode(a->script, data, len, &a->view)) {
		__atomic_add_fetch(&a->bad_records, 1, __ATOMIC_RELAXED);
		return;
	}
	action = a->view.action;
	buf_reset(&a->text);
	if (action->format)
		a->out->ops->format(a->out, action, a->view.args.v, a->view.args.n, &a->text);
	do_action(a);
}

bool actor_print_map_at_end(struct actor *a, const struct map *map, bool first)
{
	struct snapshot snapshot = {0};
	bool any;

	map_trouble(a, map, "read", aggregates_print_last(a->aggregates, map, &snapshot));
	same_stacks_join(&a->same_stacks, a->out->names, &snapshot);
	any = snapshot.n;
	if (any && first)
		a->out->ops->end(a->out);
	if (any)
		a->out->ops->map(a->out, &snapshot);
	aggregates_release(a->aggregates, map);
	return any;
}
