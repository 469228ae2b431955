/* disk_cache.c - see disk_cache.h. */
#include "sym/disk_cache.h"
#include "base/siphash.h"
#include "sym/elf_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC "sondeKPT"
#define LIMIT (UINT64_C(256) << 20)
#define ENTRY_LIMIT (UINT64_C(64) << 20) /* the table of the largest browser is a quarter of that */
#define USED_AGAIN 3600                  /* seconds: an entry's last use is noted no more often */

enum {
	VERSION = 1,
	DIGITS = 2 * sizeof(struct disk_cache_key),
	TRIM_PART = 8, /* entries are counted after as much as a part of the limit was written */
};

struct header {
	char magic[8];
	uint64_t version, length;
	struct disk_cache_key key;
	struct siphash seal; /* of what is before it, and of the payload's hash */
};

struct disk_cache {
	int dir;
	uint64_t bytes_limit;
	uint64_t unchecked;            /* bytes written since entries were counted */
	struct siphash_key secret;
	unsigned char maker[ELF_BUILD_ID_MAX]; /* this sonde's build-id */
	unsigned maker_len;
	bool read_only;                /* nothing can be written: not tried again */
	struct disk_cache_counts counts;
};

/* ---- files of the directory ---- */

/* Ours alone, as far as writing goes. */
static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static bool write_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* A regular file gives all there is at once; where it does not, that is as good as damaged. */
static bool read_all(int fd, void *to, size_t len)
{
	return read(fd, to, len) == (ssize_t)len;
}

/* A regular file of ours, not followed if it is a link. -1: it is none, or not there. */
static int open_ours(const struct disk_cache *c, const char *name, struct stat *st)
{
	int fd = openat(c->dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode) && is_ours(st))
		return fd;
	close(fd);
	return -1;
}

/* A file with these bytes under a name that nobody else has, of `name`'s room; -errno. */
static int write_new(const struct disk_cache *c, char name[40], const void *head, size_t head_len, const void *rest,
		     size_t rest_len)
{
	uint64_t number;
	int fd, err = 0;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	snprintf(name, 40, "new-%016" PRIx64, number);
	fd = openat(c->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (!write_all(fd, head, head_len) || !write_all(fd, rest, rest_len))
		err = errno ? -errno : -EIO;
	if (close(fd) && !err)
		err = -errno;
	if (err)
		unlinkat(c->dir, name, 0);
	return err;
}

/* ---- opening ---- */

/* A new user has no ~/.cache yet. */
static char *below_home(const char *home)
{
	char *path = xasprintf("%s/.cache/sonde", home), *slash = strrchr(path, '/');

	*slash = '\0';
	mkdir(path, 0700);
	*slash = '/';
	return path;
}

/* NULL: no cache is wanted, or nobody knows where. The caller frees. */
static char *default_directory(void)
{
	const char *given = secure_getenv("SONDE_CACHE"), *cache = secure_getenv("XDG_CACHE_HOME");
	const char *home = secure_getenv("HOME");

	if (given)
		return *given ? xstrdup(given) : NULL;
	if (geteuid() == 0)
		return xstrdup("/var/cache/sonde");
	if (cache && *cache == '/')
		return xasprintf("%s/sonde", cache);
	return home && *home == '/' ? below_home(home) : NULL;
}

/* Which sonde this is: what another one makes of the same bytes may differ. */
static bool find_maker(struct disk_cache *c)
{
	struct elf_file *self = NULL;
	struct buf why = {0};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && !elf_file_open(&self, fd, "sonde", &why)) {
		c->maker_len = self->build_id_len;
		memcpy(c->maker, self->build_id, self->build_id_len);
	}
	elf_file_free(self);
	buf_free(&why);
	return c->maker_len > 0;
}

static bool read_secret(struct disk_cache *c)
{
	struct stat st;
	int fd = open_ours(c, "secret", &st);
	bool good = fd >= 0 && !(st.st_mode & (S_IRWXG | S_IRWXO)) && st.st_size == sizeof(c->secret) &&
		    read_all(fd, &c->secret, sizeof(c->secret));

	if (fd >= 0)
		close(fd);
	return good;
}

/* The first process makes it; of several first ones the one that is faster. */
static bool make_secret(struct disk_cache *c)
{
	struct siphash_key made;
	char name[40];

	if (getrandom(&made, sizeof(made), 0) != sizeof(made) || write_new(c, name, &made, sizeof(made), NULL, 0))
		return false;
	if (linkat(c->dir, name, c->dir, "secret", 0) && errno == EEXIST && !read_secret(c)) {
		/* what is there is no secret: entries made under it are none, either */
		renameat(c->dir, name, c->dir, "secret");
	}
	unlinkat(c->dir, name, 0);
	return read_secret(c);
}

static bool open_directory(struct disk_cache *c, const char *path, struct buf *why)
{
	struct stat st;

	const char *fault = NULL;

	mkdir(path, 0700);
	c->dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (c->dir < 0 || fstat(c->dir, &st))
		fault = errno == ELOOP || errno == ENOTDIR ? "not a directory" : strerror(errno);
	else if (st.st_uid != geteuid())
		fault = "it is another user's";
	else if (!is_ours(&st))
		fault = "others may write to it";
	else if (!read_secret(c) && !make_secret(c))
		fault = "its secret cannot be read or made";
	if (fault)
		buf_printf(why, "%s: %s", path, fault);
	return !fault;
}

struct disk_cache *disk_cache_open(const struct disk_cache_options *options, struct buf *why)
{
	char *path = options && options->dir ? xstrdup(options->dir) : default_directory();
	struct disk_cache *c;

	if (!path)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->dir = -1;
	c->bytes_limit = options && options->bytes_limit ? options->bytes_limit : LIMIT;
	if (!open_directory(c, path, why) || !find_maker(c)) {
		if (c->dir >= 0)
			close(c->dir);
		free(c);
		c = NULL;
	}
	free(path);
	return c;
}

/* ---- the bound ---- */

struct kept {
	char name[40];
	int64_t used;
	uint64_t bytes;
};

static int by_use(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return (x->used > y->used) - (x->used < y->used);
}

/* An entry, or what became of one that a process did not finish. */
static bool is_entry(const char *name)
{
	return strlen(name) < sizeof(((struct kept *)NULL)->name) &&
	       (str_starts(name, "new-") || (strlen(name) == DIGITS && strspn(name, "0123456789abcdef") == DIGITS));
}

static DIR *list_directory(const struct disk_cache *c)
{
	int fd = openat(c->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !dir)
		close(fd);
	return dir;
}

/* Down to three quarters of the limit, once it is passed: what was used longest ago goes first. */
static void trim(struct disk_cache *c)
{
	VEC(struct kept) all = {0};
	DIR *dir = list_directory(c);
	struct dirent *entry;
	uint64_t sum = 0;

	c->unchecked = 0;
	while (dir && (entry = readdir(dir))) {
		struct kept kept = {.name = ""};
		struct stat st;

		if (!is_entry(entry->d_name) || fstatat(c->dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		memcpy(kept.name, entry->d_name, strlen(entry->d_name) + 1);
		kept.used = st.st_mtim.tv_sec;
		kept.bytes = (uint64_t)st.st_blocks * 512;
		sum += kept.bytes;
		vec_push(&all, kept);
	}
	if (dir)
		closedir(dir);
	if (sum > c->bytes_limit) {
		qsort(all.v, all.n, sizeof(*all.v), by_use);
		for (size_t i = 0; i < all.n && sum > c->bytes_limit / 4 * 3; i++)
			sum -= unlinkat(c->dir, all.v[i].name, 0) == 0 || errno == ENOENT ? all.v[i].bytes : 0;
	}
	vec_free(&all);
}

void disk_cache_close(struct disk_cache *c)
{
	if (!c)
		return;
	if (c->unchecked)
		trim(c);
	close(c->dir);
	explicit_bzero(&c->secret, sizeof(c->secret));
	free(c);
}

/* ---- entries ---- */

void disk_cache_add_maker(const struct disk_cache *c, struct buf *about)
{
	if (c)
		buf_add(about, c->maker, c->maker_len);
}

struct disk_cache_key disk_cache_key(const struct disk_cache *c, const char *kind, const struct buf *about,
				     const void *content, size_t len)
{
	struct disk_cache_key key = {{0}};
	struct siphash part;
	struct buf all = {0};

	if (!c)
		return key;
	/* each part as its hash: where one ends and the next begins is part of it */
	part = siphash(&c->secret, kind, strlen(kind));
	buf_add(&all, &part, sizeof(part));
	part = siphash(&c->secret, about->data, about->len);
	buf_add(&all, &part, sizeof(part));
	part = siphash(&c->secret, content, len);
	buf_add(&all, &part, sizeof(part));
	part = siphash(&c->secret, all.data, all.len);
	memcpy(&key, &part, sizeof(key));
	buf_free(&all);
	return key;
}

static void name_of(const struct disk_cache_key *key, char name[DIGITS + 1])
{
	for (size_t i = 0; i < sizeof(key->bytes); i++)
		snprintf(name + 2 * i, 3, "%02x", key->bytes[i]);
}

static struct siphash seal_of(const struct disk_cache *c, const struct header *head, const void *payload)
{
	struct siphash of_payload = siphash(&c->secret, payload, head->length);
	unsigned char bytes[offsetof(struct header, seal) + sizeof(of_payload)];

	memcpy(bytes, head, offsetof(struct header, seal));
	memcpy(bytes + offsetof(struct header, seal), &of_payload, sizeof(of_payload));
	return siphash(&c->secret, bytes, sizeof(bytes));
}

static bool read_entry(const struct disk_cache *c, int fd, const struct stat *st, const struct disk_cache_key *key,
		       struct buf *out)
{
	struct header head;
	struct siphash seal;

	if (!read_all(fd, &head, sizeof(head)) || memcmp(head.magic, MAGIC, sizeof(head.magic)) ||
	    head.version != VERSION || memcmp(&head.key, key, sizeof(*key)) || head.length > ENTRY_LIMIT ||
	    (uint64_t)st->st_size != sizeof(head) + head.length)
		return false;
	buf_reserve(out, head.length);
	if (!read_all(fd, out->data, head.length))
		return false;
	out->len = head.length;
	seal = seal_of(c, &head, out->data);
	return !memcmp(&seal, &head.seal, sizeof(seal));
}

bool disk_cache_has(const struct disk_cache *c, const struct disk_cache_key *key)
{
	char name[DIGITS + 1];
	struct stat st;

	name_of(key, name);
	return c && fstatat(c->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool disk_cache_get(struct disk_cache *c, const struct disk_cache_key *key, struct buf *out)
{
	char name[DIGITS + 1];
	struct stat st;
	bool good;
	int fd;

	if (!c)
		return false;
	name_of(key, name);
	fd = open_ours(c, name, &st);
	good = fd >= 0 && read_entry(c, fd, &st, key, out);
	if (!good) {
		buf_reset(out);
		c->counts.missed++;
		c->counts.damaged += fd >= 0;
	}
	c->counts.found += good;
	if (good && (uint64_t)st.st_mtim.tv_sec + USED_AGAIN < (uint64_t)time(NULL))
		futimens(fd, NULL);
	if (fd >= 0)
		close(fd);
	return good;
}

void disk_cache_put(struct disk_cache *c, const struct disk_cache_key *key, const struct buf *payload)
{
	struct header head = {.magic = MAGIC, .version = VERSION, .length = payload->len, .key = *key};
	char name[DIGITS + 1], new[40];

	if (!c || c->read_only || payload->len > ENTRY_LIMIT || payload->len > c->bytes_limit / 4)
		return;
	head.seal = seal_of(c, &head, payload->data);
	name_of(key, name);
	if (write_new(c, new, &head, sizeof(head), payload->data, payload->len)) {
		c->read_only = true;
		return;
	}
	if (renameat(c->dir, new, c->dir, name)) {
		unlinkat(c->dir, new, 0);
		c->read_only = true;
		return;
	}
	c->counts.written++;
	c->unchecked += payload->len;
	if (c->unchecked > c->bytes_limit / TRIM_PART)
		trim(c);
}

void disk_cache_counts(const struct disk_cache *c, struct disk_cache_counts *out)
{
	*out = c ? c->counts : (struct disk_cache_counts){0};
}
