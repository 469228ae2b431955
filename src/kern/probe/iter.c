/*
 * iter.c - `iter:OBJECT[:PIN]`: a program run once for every kernel object of a kind (5.8).
 *
 * Which kinds there are the kernel's BTF tells: a function bpf_iter_OBJECT and its context
 * struct bpf_iter__OBJECT. The walk is made by reading from the iterator; with PIN it is made
 * by whoever reads the pinned file, as often as somebody does, also after sonde has ended.
 * With -p the iterators over tasks walk that process only (6.1).
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "kern/btf.h"
#include "kern/link.h"
#include "kern/obj.h"
#include "kern/probe/probe.h"
#include "kern/sys.h"

#define FUNC_PREFIX "bpf_iter_"
#define CONTEXT_PREFIX "bpf_iter__"
#define BPF_MOUNT "/sys/fs/bpf"

typedef VEC(const char *) name_list;

static bool has_func(const struct btf *btf, struct buf *func, const char *name)
{
	buf_reset(func);
	buf_printf(func, FUNC_PREFIX "%s", name);
	return btf_find(btf, BTF_KIND_FUNC, buf_str(func)) != 0;
}

/* Whether this kernel has it: one question, where all names take a walk over all types. */
static bool is_iterator(const struct btf *btf, const char *name)
{
	struct buf text = {0};
	bool found;

	buf_printf(&text, CONTEXT_PREFIX "%s", name);
	found = btf_find(btf, BTF_KIND_STRUCT, buf_str(&text)) && has_func(btf, &text, name);
	buf_free(&text);
	return found;
}

/* Iterators of this kernel, in BTF's order. */
static void names_collect(struct probe_env *env, struct btf *btf, name_list *names)
{
	struct btf_cursor at = {0};
	struct btf_info info;
	struct buf func = {0};

	while (btf_each(btf, BTF_KIND_STRUCT, &at, &info)) {
		if (!str_starts(info.name, CONTEXT_PREFIX))
			continue;
		const char *name = info.name + strlen(CONTEXT_PREFIX);
		if (has_func(btf, &func, name))
			avec_push(env->arena, names, name);
	}
	buf_free(&func);
}

static const char *name_get(const void *ctx, size_t i)
{
	return ((const name_list *)ctx)->v[i];
}

/* "tasks" is below the file system of BPF objects; a path is a path. */
static const char *pin_path(struct probe_query *q)
{
	const char *pin = q->nparts > 1 ? q->parts[1] : NULL;

	if (!pin || pin[0] == '/')
		return pin;
	return arena_printf(q->env->arena, BPF_MOUNT "/%s", pin);
}

static bool match(struct probe_query *q)
{
	const char *why = NULL, *near;
	struct btf *btf = q->env->btf(q->env, &why);
	name_list names = {0};

	if (!btf)
		return probe_no_match(q, "iterators need the kernel's type information: %s", why);
	if (q->nparts > 1 && !q->parts[1][0])
		return probe_no_match(q, "the name to pin it under is missing");
	if (is_iterator(btf, q->parts[0])) {
		struct target *t = probe_target_add(q, PROVIDER_ITER, probe_query_name(q, PROVIDER_ITER));
		t->event = arena_strdup(q->env->arena, q->parts[0]);
		t->path = pin_path(q);
		return true;
	}
	names_collect(q->env, btf, &names);
	if (!names.n)
		return probe_no_match(q, "this kernel has no iterators (they came with Linux 5.8)");
	near = diag_nearest(q->parts[0], names.n, name_get, &names);
	q->hint = near ? arena_printf(q->env->arena, "did you mean \"%s\"?", near)
		       : "sonde -l 'iter:*' lists them";
	return probe_no_match(q, "this kernel has no iterator \"%s\"", q->parts[0]);
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	struct btf *btf = env->btf(env, NULL);
	name_list names = {0};

	if (btf)
		names_collect(env, btf, &names);
	vec_each(name, &names)
		if (!nparts || str_glob(parts[0], *name))
			if (!each(arg, arena_printf(env->arena, "iter:%s", *name)))
				return;
}

/* ---- attaching ---- */

/* What to walk; false: nothing needs to be said. */
static bool link_info(const struct attach_job *job, const char *name, union bpf_iter_link_info *info)
{
	memset(info, 0, sizeof(*info));
	if (str_starts(name, "task") && job->pid > 0) {
		info->task.pid = job->pid;
		return true;
	}
	if (str_eq(name, "cgroup")) {
		info->cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE;
		return true;
	}
	return false;
}

static int pin(struct attach_job *job, int fd, const char *path)
{
	enum { BPF_FS = 0xcafe4a11 }; /* BPF_FS_MAGIC of linux/magic.h */
	char *folder = xstrdup(path), *slash = strrchr(folder, '/');
	struct statfs fs;
	int err;

	if (slash && slash > folder)
		*slash = '\0';
	if (statfs(folder, &fs) != 0) {
		buf_printf(job->why, "%s: %s", folder, strerror(errno));
		err = -ENOENT;
	} else if ((unsigned)fs.f_type != BPF_FS) {
		buf_printf(job->why, "%s is not on the file system of BPF objects", folder);
		job->hint = "mount -t bpf bpf " BPF_MOUNT;
		err = -EINVAL;
	} else {
		err = obj_pin(fd, path);
		if (err == -EEXIST)
			buf_printf(job->why, "%s exists already: remove it first", path);
		else if (err)
			buf_printf(job->why, "%s: %s", path, strerror(-err));
	}
	free(folder);
	return err;
}

static int attach(struct attach_job *job)
{
	const struct attachment *a = job->at;
	const struct target *t = a->target;
	union bpf_iter_link_info info;
	bool said = link_info(job, t->event, &info);
	struct link link = {.event_fd = -1, .program = job->number, .wait = LINK_FAST};
	int err;

	link.fd = link_iter(job->prog_fd, said ? &info : NULL, sizeof(info));
	/* Before Linux 6.0 nothing can be said of processes: then the program looks itself. */
	if (link.fd == -E2BIG && str_starts(t->event, "task"))
		link.fd = link_iter(job->prog_fd, NULL, 0);
	if (link.fd < 0) {
		if (link.fd == -EBADF || link.fd == -EINVAL)
			buf_printf(job->why, "it walks one map, which cannot be named here, or has other "
					     "conditions of its own");
		return probe_attach_failed(job, a, link.fd, "this iterator");
	}
	vec_push(job->links, link);
	if (!t->path)
		return 0;
	err = pin(job, link.fd, t->path);
	return err ? probe_attach_failed(job, a, err, "pinning") : 0;
}

int probe_iter_run(int link_fd)
{
	int fd = iter_create(link_fd);
	char text[4096];
	ssize_t n;

	if (fd < 0)
		return fd;
	/* Records come through the ring buffer; what is read here is empty. */
	do
		n = read(fd, text, sizeof(text));
	while (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)));
	n = n < 0 ? -errno : 0;
	sys_close(&fd);
	return n;
}

const struct probe_type probe_iter = {PROVIDER_ITER, match, list, attach};
