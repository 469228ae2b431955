/* identity.c - see identity.h. */
#include "run/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lang/script.h"

/* A cgroup's id is the handle of its directory: FILEID_KERNFS of linux/exportfs.h. */
enum { HANDLE_KERNFS = 0xfe };

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One reading for the whole session: the same event always gets the same time. */
void identity_init(struct identity *id)
{
	static const clockid_t clocks[CLOCKS] = {
		[NSECS_MONOTONIC] = CLOCK_MONOTONIC, [NSECS_BOOT] = CLOCK_BOOTTIME,
		[NSECS_TAI] = CLOCK_TAI, [NSECS_SW_TAI] = CLOCK_TAI,
	};

	*id = (struct identity){0};
	for (unsigned i = 0; i < CLOCKS; i++) {
		int64_t before = clock_ns(clocks[i]), wall = clock_ns(CLOCK_REALTIME), after = clock_ns(clocks[i]);

		id->wall_offset[i] = wall - (before + (after - before) / 2);
	}
}

static void texts_free(struct hmap *m)
{
	vec_each(e, &m->entries)
		free(e->value);
	hmap_free(m);
}

void identity_free(struct identity *id)
{
	texts_free(&id->users);
	texts_free(&id->cgroups);
}

int64_t identity_wall_time(const struct identity *id, uint64_t ns, uint32_t clock)
{
	return (int64_t)(ns + (uint64_t)id->wall_offset[clock < CLOCKS ? clock : NSECS_BOOT]);
}

void identity_user(struct identity *id, uint64_t uid, struct buf *out)
{
	void **at = hmap_at(&id->users, &uid, sizeof(uid));

	if (!*at) {
		char room[4096];
		struct passwd entry, *found = NULL;

		if (uid <= UINT32_MAX && getpwuid_r(uid, &entry, room, sizeof(room), &found) == 0 && found)
			*at = xstrdup(found->pw_name);
		else
			*at = xasprintf("%llu", (unsigned long long)uid);
	}
	buf_puts(out, *at);
}

static int unified_root(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		char path[64];

		/* Only the unified hierarchy has this file in its root. */
		snprintf(path, sizeof(path), "%s/cgroup.controllers", roots[i]);
		if (access(path, F_OK) == 0)
			return open(roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return -1;
}

/* The path of an open directory; "" when there is none. */
static size_t path_of(int fd, char *path, size_t size)
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, size - 1);
	path[MAX_OF(n, (ssize_t)0)] = '\0';
	return MAX_OF(n, (ssize_t)0);
}

static char *cgroup_path(uint64_t cgroup)
{
	struct {
		struct file_handle head;
		uint64_t id;
	} handle = {.head = {.handle_bytes = 8, .handle_type = HANDLE_KERNFS}};
	char root_path[256], path[4352];
	int root = unified_root(), fd = -1;
	size_t skip;
	char *found = NULL;

	if (root >= 0) {
		memcpy(handle.head.f_handle, &cgroup, sizeof(cgroup));
		fd = open_by_handle_at(root, &handle.head, O_PATH | O_CLOEXEC);
	}
	if (fd >= 0) {
		skip = path_of(root, root_path, sizeof(root_path));
		path_of(fd, path, sizeof(path));
		if (!strncmp(path, root_path, skip))
			found = xstrdup(path[skip] ? path + skip : "/");
		close(fd);
	}
	if (root >= 0)
		close(root);
	return found ? found : xasprintf("(cgroup %llu)", (unsigned long long)cgroup);
}

void identity_cgroup(struct identity *id, uint64_t cgroup, const char *filter, struct buf *out)
{
	void **at;

	if (filter && !str_glob(filter, "unified"))
		return;
	at = hmap_at(&id->cgroups, &cgroup, sizeof(cgroup));
	if (!*at)
		*at = cgroup_path(cgroup);
	buf_puts(out, *at);
}
