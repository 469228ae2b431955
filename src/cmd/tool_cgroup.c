/* tool_cgroup.c - see tool_cgroup.h. */
#include "cmd/tool_cgroup.h"

#include <dirent.h>
#include <mntent.h>
#include <stdio.h>
#include <sys/stat.h>

enum { MOST_IDS = 64, DEEPEST = 24, SHORTEST_ID = 6 };

/* Where cgroup2 is mounted; NULL: nowhere. */
static const char *mount_point(struct arena *arena)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const struct mntent *m;
	const char *found = NULL;

	while (mounts && !found && (m = getmntent(mounts)))
		if (str_eq(m->mnt_type, "cgroup2"))
			found = arena_strdup(arena, m->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return found;
}

static bool is_directory(const char *path, uint64_t *id)
{
	struct stat st;

	if (lstat(path, &st) || !S_ISDIR(st.st_mode))
		return false;
	*id = st.st_ino; /* the id of a cgroup v2 is its directory's inode */
	return true;
}

/* Calls fn for each directory in `path`; fn returns false to end it. */
static void each_child(struct arena *arena, const char *path, bool (*fn)(void *ctx, const char *path, const char *name),
		       void *ctx)
{
	DIR *dir = opendir(path);
	const struct dirent *e;

	while (dir && (e = readdir(dir)))
		if (e->d_type == DT_DIR && e->d_name[0] != '.' &&
		    !fn(ctx, arena_printf(arena, "%s/%s", path, e->d_name), e->d_name))
			break;
	if (dir)
		closedir(dir);
}

struct search {
	struct arena *arena;
	cgroup_ids *out;
	const char *id;
	unsigned depth;
};

static bool add_all(void *ctx, const char *path, const char *name)
{
	struct search *s = ctx;
	uint64_t id;

	(void)name;
	if (s->out->n >= MOST_IDS || s->depth >= DEEPEST || !is_directory(path, &id))
		return s->out->n < MOST_IDS;
	avec_push(s->arena, s->out, id);
	s->depth++;
	each_child(s->arena, path, add_all, s);
	s->depth--;
	return true;
}

bool cgroups_by_path(struct arena *arena, const char *path, cgroup_ids *out)
{
	const char *mount = mount_point(arena);
	struct search s = {.arena = arena, .out = out};
	size_t before = out->n;

	if (!mount)
		return false;
	if (str_starts(path, mount))
		path += strlen(mount);
	add_all(&s, arena_printf(arena, "%s%s%s", mount, *path == '/' ? "" : "/", path), path);
	return out->n > before;
}

static bool find(void *ctx, const char *path, const char *name)
{
	struct search *s = ctx;

	if (strstr(name, s->id))
		return add_all(s, path, name) && !s->out->n;
	if (s->depth < DEEPEST) {
		s->depth++;
		each_child(s->arena, path, find, s);
		s->depth--;
	}
	return !s->out->n;
}

bool cgroups_of_container(struct arena *arena, const char *id, cgroup_ids *out)
{
	const char *mount = mount_point(arena);
	cgroup_ids found = {0};
	struct search s = {.arena = arena, .out = &found, .id = id};

	if (!mount || strlen(id) < SHORTEST_ID)
		return false;
	each_child(arena, mount, find, &s);
	vec_each(it, &found)
		avec_push(arena, out, *it);
	return found.n > 0;
}
