/* identity.c - see identity.h. */
#include "run/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/user.h"
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
		char *name = user_name(uid);

		*at = name ? name : xasprintf("%llu", (unsigned long long)uid);
	}
	buf_puts(out, *at);
}

/* A hierarchy of cgroups: the unified one, or one of a controller (version 1). */
struct hierarchy {
	char *name, *mount;
};
typedef VEC(struct hierarchy) hierarchy_list;

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct hierarchy *)a)->name, ((const struct hierarchy *)b)->name);
}

/* Where the unified one is; NULL: there is none. */
static const char *unified_mount(void)
{
	static const char *const roots[] = {"/sys/fs/cgroup/unified", "/sys/fs/cgroup"};

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		char path[64];

		/* Only the unified hierarchy has this file in its root. */
		snprintf(path, sizeof(path), "%s/cgroup.controllers", roots[i]);
		if (access(path, F_OK) == 0)
			return roots[i];
	}
	return NULL;
}

/* The unified one first, then those below /sys/fs/cgroup by their names. */
static void hierarchies_find(hierarchy_list *list)
{
	const char prefix[] = "/sys/fs/cgroup/", *mount = unified_mount();
	struct buf mounts = {0};
	char *save = NULL;
	size_t unified;

	if (mount)
		vec_push(list, ((struct hierarchy){xstrdup("unified"), xstrdup(mount)}));
	unified = list->n;
	if (buf_read_file(&mounts, "/proc/self/mounts", 1 << 20)) {
		buf_free(&mounts);
		return;
	}
	for (char *line = strtok_r((char *)buf_str(&mounts), "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char at[256], type[32];

		if (sscanf(line, "%*s %255s %31s", at, type) == 2 && str_eq(type, "cgroup") && str_starts(at, prefix) &&
		    !strchr(at + strlen(prefix), '/'))
			vec_push(list, ((struct hierarchy){xstrdup(at + strlen(prefix)), xstrdup(at)}));
	}
	if (list->n > unified)
		qsort(list->v + unified, list->n - unified, sizeof(*list->v), by_name);
	buf_free(&mounts);
}

static void hierarchies_free(hierarchy_list *list)
{
	vec_each(h, list) {
		free(h->name);
		free(h->mount);
	}
	vec_free(list);
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

/* The path of that cgroup below the root of its hierarchy. False: it has none of that id. */
static bool path_below(const char *mount, uint64_t cgroup, struct buf *out)
{
	struct {
		struct file_handle head;
		uint64_t id;
	} handle = {.head = {.handle_bytes = 8, .handle_type = HANDLE_KERNFS}};
	char root_path[256], path[4352];
	int root = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	bool found = false;
	size_t skip;

	if (root >= 0) {
		memcpy(handle.head.f_handle, &cgroup, sizeof(cgroup));
		fd = open_by_handle_at(root, &handle.head, O_PATH | O_CLOEXEC);
	}
	if (fd >= 0) {
		skip = path_of(root, root_path, sizeof(root_path));
		path_of(fd, path, sizeof(path));
		found = !strncmp(path, root_path, skip);
		if (found)
			buf_puts(out, path[skip] ? path + skip : "/");
		close(fd);
	}
	if (root >= 0)
		close(root);
	return found;
}

/* "unified:/a,memory:/b": every hierarchy that has a cgroup of that id. */
static void every_path(uint64_t cgroup, const char *filter, struct buf *out)
{
	hierarchy_list list = {0};
	const char *comma = "";

	hierarchies_find(&list);
	vec_each(h, &list) {
		struct buf path = {0};

		if ((!filter || str_glob(filter, h->name)) && path_below(h->mount, cgroup, &path)) {
			buf_printf(out, "%s%s:%s", comma, h->name, buf_str(&path));
			comma = ",";
		}
		buf_free(&path);
	}
	hierarchies_free(&list);
}

static void unified_path(uint64_t cgroup, struct buf *out)
{
	const char *mount = unified_mount();

	if (!mount || !path_below(mount, cgroup, out))
		buf_printf(out, "(cgroup %llu)", (unsigned long long)cgroup);
}

void identity_cgroup(struct identity *id, uint64_t cgroup, const char *filter, struct buf *out)
{
	struct buf key = {0}, text = {0};
	void **at;

	if (!id->hierarchies && filter && !str_glob(filter, "unified"))
		return;
	buf_printf(&key, "%llu %s", (unsigned long long)cgroup, filter && id->hierarchies ? filter : "");
	at = hmap_at(&id->cgroups, buf_str(&key), key.len);
	if (!*at) {
		if (id->hierarchies)
			every_path(cgroup, filter, &text);
		else
			unified_path(cgroup, &text);
		*at = xstrdup(buf_str(&text));
	}
	buf_puts(out, *at);
	buf_free(&text);
	buf_free(&key);
}
