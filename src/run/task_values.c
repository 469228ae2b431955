/* task_values.c - see task_values.h. */
#include "run/task_values.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern/map.h"
#include "kern/sys.h"

/* linux/pidfd.h of 6.9: the descriptor is of the thread, not of its process. */
#define PIDFD_THREAD_FLAG O_EXCL
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

struct walk {
	const struct kernel_values *kv;
	struct table *out; /* reading; NULL: resetting */
	bool absent;
	bool no_threads;   /* the kernel does not know PIDFD_THREAD */
	int err;
};

static int thread_fd(struct walk *w, pid_t tid, bool first)
{
	int fd = w->no_threads ? -1 : (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD_FLAG);

	if (fd < 0 && errno == EINVAL)
		w->no_threads = true;
	if (fd < 0 && w->no_threads && first)
		fd = (int)syscall(SYS_pidfd_open, tid, 0);
	return fd;
}

static void visit_value(struct walk *w, uint64_t tid, struct task_value *value)
{
	if (w->out)
		memcpy(table_at(w->out, &tid), &value->value, sizeof(value->value));
	value->value = 0;
	value->present = !w->absent;
}

static void visit_thread(struct walk *w, pid_t tid, bool first)
{
	int map = w->kv->maps->list.v[w->kv->map_plan->kmap].fd, fd = thread_fd(w, tid, first), err;
	struct task_value value = {0};

	if (fd < 0)
		return; /* it has ended meanwhile */
	err = map_lookup(map, &fd, &value);
	if (!err && value.present) {
		visit_value(w, tid, &value);
		if (!w->out)
			err = map_update(map, &fd, &value, BPF_EXIST);
	}
	if (err && err != -ENOENT && err != -ESRCH)
		w->err = err;
	close(fd);
}

static void visit_process(struct walk *w, const char *pid)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/task", pid);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			visit_thread(w, atoi(entry->d_name), str_eq(entry->d_name, pid));
	closedir(dir);
}

/* The idle threads are all thread 0 and share a struct task_value in the control map. */
static void visit_idle(struct walk *w)
{
	struct task_value *shared = (struct task_value *)
		((uint8_t *)w->kv->maps->control + w->kv->map_plan->offset);
	struct task_value value;

	value.present = __atomic_load_n(&shared->present, __ATOMIC_SEQ_CST);
	value.value = __atomic_load_n(&shared->value, __ATOMIC_SEQ_CST);
	if (!value.present)
		return;
	visit_value(w, 0, &value);
	if (!w->out) {
		__atomic_store_n(&shared->present, value.present, __ATOMIC_SEQ_CST);
		__atomic_store_n(&shared->value, 0, __ATOMIC_SEQ_CST);
	}
}

static int walk_threads(struct walk *w)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	if (!dir)
		return -errno;
	visit_idle(w);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			visit_process(w, entry->d_name);
	closedir(dir);
	return w->err ? w->err : w->no_threads ? -ENOSYS : 0;
}

int task_values_read(const struct kernel_values *kv, struct table *out)
{
	return walk_threads(&(struct walk){.kv = kv, .out = out});
}

int task_values_reset(const struct kernel_values *kv, bool absent)
{
	return walk_threads(&(struct walk){.kv = kv, .absent = absent});
}
