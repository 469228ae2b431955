/* fds.c - see fds.h. */
#include "run/strace/fds.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/hmap.h"
#include "kern/sys.h"

enum {
	FDS_MAX = 1 << 16, /* higher ones are asked for each time */
	HELD_MAX = 64 << 20,
	PROCESS_COST = 128 /* about what an entry of `tables` takes */
};

struct table {
	VEC(char *) paths; /* by descriptor; NULL: not known */
};

struct strace_fds {
	struct hmap tables; /* pid -> struct table; NULL: one that has ended */
	size_t held;        /* bytes of paths and their places */
	uint32_t pid;       /* of the record at hand */
};

struct strace_fds *fds_new(void)
{
	return xcalloc(1, sizeof(struct strace_fds));
}

static void table_free(struct strace_fds *fds, struct table *t)
{
	if (!t)
		return;
	vec_each(path, &t->paths) {
		fds->held -= sizeof(*path) + (*path ? strlen(*path) : 0);
		free(*path);
	}
	vec_free(&t->paths);
	free(t);
}

void fds_forget(struct strace_fds *fds, uint32_t pid)
{
	void **at = hmap_get(&fds->tables, &pid, sizeof(pid)) ? hmap_at(&fds->tables, &pid, sizeof(pid)) : NULL;

	if (!at)
		return;
	table_free(fds, *at);
	*at = NULL;
}

void fds_forget_all(struct strace_fds *fds)
{
	vec_each(e, &fds->tables.entries)
		table_free(fds, e->value);
	hmap_free(&fds->tables);
}

void fds_free(struct strace_fds *fds)
{
	if (!fds)
		return;
	fds_forget_all(fds);
	free(fds);
}

/* The place of a descriptor's path, made when need be; NULL: beyond what is kept. */
static char **place(struct strace_fds *fds, uint32_t pid, int fd)
{
	void **at;
	struct table *t;

	if (fd < 0 || fd >= FDS_MAX)
		return NULL;
	at = hmap_at(&fds->tables, &pid, sizeof(pid));
	if (!*at)
		*at = xcalloc(1, sizeof(struct table));
	t = *at;
	while (t->paths.n <= (size_t)fd) {
		vec_push(&t->paths, NULL);
		fds->held += sizeof(char *);
	}
	return &t->paths.v[fd];
}

static void set(struct strace_fds *fds, uint32_t pid, int fd, const char *path)
{
	char **at = place(fds, pid, fd);

	if (!at)
		return;
	fds->held -= *at ? strlen(*at) : 0;
	free(*at);
	*at = path ? xstrdup(path) : NULL;
	fds->held += path ? strlen(path) : 0;
}

/* The target of a link of /proc; false: it cannot be read. */
static bool read_proc(uint32_t tid, const char *name, int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t n;

	if (fd >= 0)
		snprintf(link, sizeof(link), "/proc/%" PRIu32 "/%s/%d", tid, name, fd);
	else
		snprintf(link, sizeof(link), "/proc/%" PRIu32 "/%s", tid, name);
	n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return true;
}

bool fds_path(void *arg, uint32_t tid, int fd, struct buf *out)
{
	struct strace_fds *fds = arg;
	char **at = place(fds, fds->pid, fd), path[PATH_MAX];

	if (at && *at) {
		buf_puts(out, *at);
		return true;
	}
	if (!read_proc(tid, "fd", fd, path))
		return false;
	set(fds, fds->pid, fd, path);
	buf_puts(out, path);
	return true;
}

/* The string that argument n points to; false: the record has none. */
static bool record_string(const struct strace_record *r, uint32_t len, unsigned n, char path[PATH_MAX])
{
	const uint8_t *at = (const uint8_t *)(r + 1), *end = (const uint8_t *)r + len;
	struct strace_item item;

	while ((size_t)(end - at) >= sizeof(item)) {
		size_t left = end - at - sizeof(item);

		memcpy(&item, at, sizeof(item));
		if (item.len > left)
			return false;
		if (item.arg == n && !(item.flags & STRACE_ITEM_FAILED)) {
			size_t size = strnlen((const char *)at + sizeof(item), item.len);

			if (size >= PATH_MAX)
				return false;
			memcpy(path, at + sizeof(item), size);
			path[size] = '\0';
			return size > 0;
		}
		at += MIN_OF(sizeof(item) + left, sizeof(item) + ROUND_UP((size_t)item.len, 8));
	}
	return false;
}

/*
 * The path with its links followed, as the thread sees files, or as we do when it has ended; false: it is
 * not known. Only what the kernel has at hand is used: the path is another's choice, and to look into it
 * may take for ever where a file system is somebody's program or far away.
 */
static bool resolve(uint32_t tid, const char *path, char real[PATH_MAX])
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED | RESOLVE_IN_ROOT};
	char *root_name = xasprintf("/proc/%" PRIu32 "/root", tid);
	int root = open(root_name, O_PATH | O_DIRECTORY | O_CLOEXEC), fd;
	bool good;

	free(root_name);
	if (root < 0)
		root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	good = fd >= 0 && read_proc(getpid(), "fd", fd, real);
	sys_close(&fd);
	sys_close(&root);
	return good;
}

/* A file was opened by name: argument n, below the directory `dirfd`. */
static void opened(struct strace_fds *fds, const struct strace_record *r, uint32_t len, unsigned n, int dirfd)
{
	char path[PATH_MAX], base[PATH_MAX], real[PATH_MAX], *whole;
	struct buf dir = {0};

	if (!record_string(r, len, n, path)) {
		set(fds, r->pid, r->result, NULL);
		return;
	}
	if (*path != '/') {
		if (dirfd >= 0)
			fds_path(fds, r->tid, dirfd, &dir);
		else if (read_proc(r->tid, "cwd", -1, base))
			buf_puts(&dir, base);
	}
	whole = *path == '/' || !dir.len ? xstrdup(path) : xasprintf("%s/%s", buf_str(&dir), path);
	/* What the kernel would say of the descriptor; where that is not known what the call said. */
	set(fds, r->pid, r->result, *whole == '/' && resolve(r->tid, whole, real) ? real : whole);
	free(whole);
	buf_free(&dir);
}

void fds_before(struct strace_fds *fds, const struct strace_record *r, uint32_t len)
{
	const struct strace_call *call = strace_call(r->number);

	if (fds->held + fds->tables.entries.n * PROCESS_COST > HELD_MAX)
		fds_forget_all(fds);
	fds->pid = r->pid;
	if (!call || r->result < 0 || r->flags & (STRACE_NO_RETURN | STRACE_COMPAT | STRACE_WAITING))
		return;
	if (str_eq(call->name, "open") || str_eq(call->name, "creat")) {
		opened(fds, r, len, 0, -1);
	} else if (str_eq(call->name, "openat") || str_eq(call->name, "openat2")) {
		opened(fds, r, len, 1, (int)r->args[0]);
	} else if (call->result == RESULT_FD_RESULT) {
		char **from = str_starts(call->name, "dup") ? place(fds, r->pid, (int)r->args[0]) : NULL;
		char *path = from && *from ? xstrdup(*from) : NULL;

		set(fds, r->pid, r->result, path);
		free(path);
	} else if (call->result == RESULT_FCNTL_RESULT && (r->args[1] == F_DUPFD || r->args[1] == F_DUPFD_CLOEXEC)) {
		set(fds, r->pid, r->result, NULL);
	}
}

void fds_after(struct strace_fds *fds, const struct strace_record *r)
{
	const struct strace_call *call = strace_call(r->number);

	if (!call || r->result < 0 || r->flags & STRACE_COMPAT)
		return;
	if (str_eq(call->name, "close"))
		set(fds, r->pid, (int)r->args[0], NULL);
	else if (str_eq(call->name, "close_range") || str_starts(call->name, "execve"))
		fds_forget(fds, r->pid);
}
