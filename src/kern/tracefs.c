/* tracefs.c - see tracefs.h: finding, listing, ids. The format files are in tracefs_format.c. */
#include "kern/tracefs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern/sys.h"

#define LIST_LIMIT (16u << 20)
#define FORMAT_LIMIT (1u << 20)

static int try_dir(struct tracefs *t, const char *dir)
{
	char path[300];
	struct stat st;

	if (strlen(dir) >= sizeof(t->dir))
		return -ENAMETOOLONG;
	snprintf(path, sizeof(path), "%s/events", dir);
	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	/* With the effective ids: what opening will use. */
	if (faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) < 0)
		return -errno;
	strcpy(t->dir, dir);
	return 0;
}

int tracefs_find(struct tracefs *t, struct buf *why)
{
	static const char *const dirs[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	const char *override = getenv("SONDE_TRACEFS");
	int err = -ENOENT, worst = -ENOENT;

	t->dir[0] = '\0';
	if (override && *override) {
		err = try_dir(t, override);
		if (err && why)
			buf_printf(why, "SONDE_TRACEFS=%s is not a tracefs: %s/events: %s", override,
				   override, strerror(-err));
		return err;
	}
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		err = try_dir(t, dirs[i]);
		if (!err)
			return 0;
		if (err != -ENOENT)
			worst = err;
	}
	if (!why)
		return worst;
	if (worst == -EACCES || worst == -EPERM)
		buf_puts(why, "tracefs may not be read: root may, and who is let by"
			 " `mount -o remount,gid=GROUP,mode=0750 /sys/kernel/tracing`");
	else if (worst == -ENOENT)
		buf_puts(why, "tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing");
	else
		buf_printf(why, "/sys/kernel/tracing/events: %s", strerror(-worst));
	return worst;
}

/* DIR/events/CATEGORY/NAME/FILE; -ENOENT for names that would lead elsewhere. */
static int event_path(const struct tracefs *t, const char *category, const char *name,
		      const char *file, char *path, size_t size)
{
	int n;

	if (!*category || !*name || strchr(category, '/') || strchr(name, '/') ||
	    category[0] == '.' || name[0] == '.')
		return -ENOENT;
	n = snprintf(path, size, "%s/events/%s/%s/%s", t->dir, category, name, file);
	return n < 0 || (size_t)n >= size ? -ENOENT : 0;
}

static int read_event_file(const struct tracefs *t, const char *category, const char *name,
			   const char *file, struct buf *out)
{
	char path[512];
	int err = event_path(t, category, name, file, path, sizeof(path));

	return err ? err : buf_read_file(out, path, FORMAT_LIMIT);
}

int tracefs_event_id(const struct tracefs *t, const char *category, const char *name,
		     uint32_t *id)
{
	struct buf b = {0};
	int err = read_event_file(t, category, name, "id", &b);
	unsigned long value;
	char *end;

	if (!err) {
		errno = 0;
		value = strtoul(buf_str(&b), &end, 10);
		if (end == b.data || errno || value > UINT32_MAX)
			err = -EBADMSG;
		else
			*id = value;
	}
	buf_free(&b);
	return err;
}

int tracefs_format(const struct tracefs *t, const char *category, const char *name,
		   struct tracefs_format *out)
{
	struct buf b = {0};
	int err = read_event_file(t, category, name, "format", &b);

	*out = (struct tracefs_format){0};
	if (!err)
		err = tracefs_format_parse(buf_str(&b), b.len, out);
	buf_free(&b);
	return err;
}

static int by_name(const void *a, const void *b)
{
	const struct tracefs_event *x = a, *y = b;
	int order = strcmp(x->category, y->category);

	return order ? order : strcmp(x->name, y->name);
}

/* The lines of available_events: "category:name". Cuts `text` in place. */
static void list_from_text(char *text, const char *category, const char *name,
			   struct tracefs_events *out)
{
	char *line, *next = text;

	while ((line = strsep(&next, "\n"))) {
		char *colon = strchr(line, ':');

		if (!colon)
			continue;
		*colon = '\0';
		if (str_glob(category, line) && str_glob(name, colon + 1)) {
			struct tracefs_event e = {.category = line, .name = colon + 1};

			vec_push(&out->list, e);
		}
	}
}

static bool is_entry(const struct dirent *d)
{
	return d->d_name[0] != '.' && (d->d_type == DT_DIR || d->d_type == DT_UNKNOWN);
}

/* Where there is no available_events (older mounts hide it): the folders themselves. */
static int text_from_folders(const struct tracefs *t, struct buf *text)
{
	char path[600];
	struct dirent *c, *e;
	DIR *all, *one;

	snprintf(path, sizeof(path), "%s/events", t->dir);
	all = opendir(path);
	if (!all)
		return -errno;
	while ((c = readdir(all))) {
		if (!is_entry(c))
			continue;
		snprintf(path, sizeof(path), "%s/events/%s", t->dir, c->d_name);
		one = opendir(path);
		while (one && text->len < LIST_LIMIT && (e = readdir(one)))
			/* d_type is unknown on some kernels: files there are enable and filter */
			if (is_entry(e) && !str_eq(e->d_name, "enable") &&
			    !str_eq(e->d_name, "filter"))
				buf_printf(text, "%s:%s\n", c->d_name, e->d_name);
		if (one)
			closedir(one);
	}
	closedir(all);
	return 0;
}

/* One event by its full name: no list has to be read. */
static void list_single(const struct tracefs *t, const char *category, const char *name,
			struct tracefs_events *out)
{
	struct tracefs_event e;
	char path[512];

	if (event_path(t, category, name, "format", path, sizeof(path)) || access(path, F_OK) < 0)
		return;
	out->text = xmalloc(strlen(category) + strlen(name) + 2);
	e.category = strcpy(out->text, category);
	e.name = strcpy(out->text + strlen(category) + 1, name);
	vec_push(&out->list, e);
}

int tracefs_events(const struct tracefs *t, const char *category, const char *name,
		   struct tracefs_events *out)
{
	struct buf text = {0};
	char path[300];
	int err;

	*out = (struct tracefs_events){0};
	if (!strchr(category, '*') && !strchr(name, '*')) {
		list_single(t, category, name, out);
		return 0;
	}
	snprintf(path, sizeof(path), "%s/available_events", t->dir);
	err = buf_read_file(&text, path, LIST_LIMIT);
	if (err)
		err = text_from_folders(t, &text);
	if (err || !text.len) {
		buf_free(&text);
		return err;
	}
	out->text = text.data;
	list_from_text(out->text, category, name, out);
	if (out->list.n)
		qsort(out->list.v, out->list.n, sizeof(*out->list.v), by_name);
	return 0;
}

void tracefs_events_free(struct tracefs_events *events)
{
	vec_free(&events->list);
	free(events->text);
	events->text = NULL;
}
