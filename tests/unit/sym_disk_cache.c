/*
 * sym_disk_cache.c - the cache on disk: what was put there is found again, by the content it was made
 * of; what is damaged, cut short, renamed, a link, another user's or open to others is not; it stays
 * within its bound, and a directory that cannot be written to is no error.
 */
#include "sym/disk_cache.h"
#include "base/siphash.h"
#include "sym/names_cached.h"
#include "sym/recorded.h"
#include "sym/unwind_cached.h"
#include "sym_check.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

static struct disk_cache *open_in(const char *dir, uint64_t limit)
{
	struct buf why = {0};
	struct disk_cache *c = disk_cache_open(&(struct disk_cache_options){.dir = dir, .bytes_limit = limit}, &why);

	if (!c)
		printf("no cache in %s: %s\n", dir, buf_str(&why));
	CHECK(!c == (why.len > 0));
	buf_free(&why);
	return c;
}

/* Why there is none; "" when there is one. */
static const char *refusal(const char *dir)
{
	static char text[256];
	struct buf why = {0};
	struct disk_cache *c = disk_cache_open(&(struct disk_cache_options){.dir = dir}, &why);

	snprintf(text, sizeof(text), "%s", buf_str(&why));
	disk_cache_close(c);
	buf_free(&why);
	return text;
}

static struct disk_cache_key key_of(struct disk_cache *c, const char *content)
{
	struct buf about = {0};
	struct disk_cache_key key;

	buf_puts(&about, "about");
	key = disk_cache_key(c, "test", &about, content, strlen(content));
	buf_free(&about);
	return key;
}

static void put(struct disk_cache *c, const char *content, const char *text)
{
	struct disk_cache_key key = key_of(c, content);
	struct buf payload = {0};

	buf_puts(&payload, text);
	disk_cache_put(c, &key, &payload);
	buf_free(&payload);
}

/* What is found; "" for nothing. */
static const char *get(struct disk_cache *c, const char *content)
{
	static char text[64];
	struct disk_cache_key key = key_of(c, content);
	struct buf found = {0};

	text[0] = '\0';
	if (disk_cache_get(c, &key, &found))
		snprintf(text, sizeof(text), "%.*s", (int)found.len, found.data);
	else
		CHECK_NUM(found.len, 0);
	buf_free(&found);
	return text;
}

static char *path_of(const char *dir, const struct disk_cache_key *key)
{
	struct buf path = {0};

	buf_printf(&path, "%s/", dir);
	for (size_t i = 0; i < sizeof(key->bytes); i++)
		buf_printf(&path, "%02x", key->bytes[i]);
	return path.data;
}

static unsigned count_files(const char *dir, uint64_t *bytes)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned n = 0;

	*bytes = 0;
	while (d && (e = readdir(d))) {
		char *path = xasprintf("%s/%s", dir, e->d_name);
		struct stat st;

		if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && strcmp(e->d_name, "secret") != 0) {
			n++;
			*bytes += (uint64_t)st.st_blocks * 512;
		}
		free(path);
	}
	if (d)
		closedir(d);
	return n;
}

static void check_hash(void)
{
	/* `openssl mac -macopt size:16 -macopt c-rounds:1 -macopt d-rounds:3 ... SIPHASH` of OpenSSL 3.0 */
	static const char *const expected[] = {"e77ebcb22788a5befd62db6add303001", "c17e5505b2bd526c2921cdec1e7e0109"};
	struct siphash_key key;
	unsigned char text[15];
	char hex[33];

	for (unsigned i = 0; i < sizeof(key.bytes); i++)
		key.bytes[i] = (unsigned char)i;
	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)i;
	for (unsigned i = 0; i < 2; i++) {
		struct siphash hash = siphash(&key, text, i * sizeof(text));

		for (unsigned b = 0; b < sizeof(hash.bytes); b++)
			snprintf(hex + 2 * b, 3, "%02x", hash.bytes[b]);
		CHECK_STR(hex, expected[i]);
	}
}

static void check_found_again(const char *scratch)
{
	char *dir = xasprintf("%s/new", scratch);
	struct disk_cache *c = open_in(dir, 0);
	struct disk_cache_counts counts;
	struct disk_cache_key key;
	struct buf about = {0};
	struct stat st;

	CHECK(c && stat(dir, &st) == 0 && (st.st_mode & 0777) == 0700);
	CHECK_STR(get(c, "libc"), "");
	put(c, "libc", "table of libc");
	put(c, "libm", "table of libm");
	put(c, "empty", "");
	CHECK_STR(get(c, "libc"), "table of libc");
	put(c, "libc", "made again");
	CHECK_STR(get(c, "libc"), "made again");
	disk_cache_counts(c, &counts);
	CHECK_NUM(counts.found, 2);
	CHECK_NUM(counts.missed, 1);
	CHECK_NUM(counts.damaged, 0);
	CHECK_NUM(counts.written, 4);
	disk_cache_close(c);
	c = open_in(dir, 0); /* another sonde */
	CHECK_STR(get(c, "libm"), "table of libm");
	CHECK_STR(get(c, "libM"), "");
	/* the same content under another kind, or about something else, is another entry */
	key = disk_cache_key(c, "other", &about, "libm", 4);
	CHECK(!disk_cache_get(c, &key, &about));
	key = disk_cache_key(c, "test", &about, "libm", 4);
	CHECK(!disk_cache_get(c, &key, &about));
	buf_free(&about);
	disk_cache_close(c);
	free(dir);
}

/* Whatever became of the entry's file, nothing else than what was put there is ever found. */
static void check_damaged(const char *scratch)
{
	char *dir = xasprintf("%s/damaged", scratch), *path, *other;
	struct disk_cache *c = open_in(dir, 0);
	struct disk_cache_key key = key_of(c, "content"), second = key_of(c, "second");
	struct disk_cache_counts counts;
	struct buf whole = {0};
	unsigned tried = 0;

	put(c, "content", "payload");
	put(c, "second", "another");
	path = path_of(dir, &key);
	other = path_of(dir, &second);
	CHECK_NUM(buf_read_file(&whole, path, 1 << 20), 0);
	CHECK(whole.len > 50);
	for (size_t i = 0; i < whole.len; i++, tried++) {
		whole.data[i] ^= 1 << (i % 8);
		write_file(path, whole.data, whole.len);
		CHECK_STR(get(c, "content"), "");
		whole.data[i] ^= 1 << (i % 8);
	}
	for (size_t len = 0; len < whole.len; len++, tried++) {
		write_file(path, whole.data, len);
		CHECK_STR(get(c, "content"), "");
	}
	buf_add(&whole, "more", 4);
	write_file(path, whole.data, whole.len);
	CHECK_STR(get(c, "content"), "");
	CHECK(rename(other, path) == 0); /* a good entry under another one's name */
	CHECK_STR(get(c, "content"), "");
	disk_cache_counts(c, &counts);
	CHECK_NUM(counts.damaged, tried + 2);
	put(c, "content", "made anew");
	CHECK_STR(get(c, "content"), "made anew");
	disk_cache_close(c);
	buf_free(&whole);
	free(path);
	free(other);
	free(dir);
}

static void check_ownership(const char *scratch)
{
	char *dir = xasprintf("%s/ours", scratch), *link = xasprintf("%s/link", scratch), *path, *secret;
	struct disk_cache *c = open_in(dir, 0);
	struct disk_cache_key key = key_of(c, "content");

	put(c, "content", "payload");
	path = path_of(dir, &key);
	secret = xasprintf("%s/secret", dir);
	CHECK_STR(get(c, "content"), "payload");
	CHECK(chmod(path, 0622) == 0);
	CHECK_STR(get(c, "content"), "");
	CHECK(chmod(path, 0600) == 0);
	CHECK_STR(get(c, "content"), "payload");
	if (geteuid() == 0) {
		CHECK(chown(path, 12345, (gid_t)-1) == 0);
		CHECK_STR(get(c, "content"), "");
		CHECK(chown(path, 0, (gid_t)-1) == 0);
	}
	/* a link in the place of an entry is not followed, and is replaced */
	CHECK(rename(path, link) == 0 && symlink(link, path) == 0);
	CHECK_STR(get(c, "content"), "");
	put(c, "content", "payload");
	CHECK_STR(get(c, "content"), "payload");
	CHECK(unlink(link) == 0);
	disk_cache_close(c);
	/* a secret that others could read is none: what was made under it is not found any more */
	CHECK(chmod(secret, 0644) == 0);
	c = open_in(dir, 0);
	CHECK_STR(get(c, "content"), "");
	disk_cache_close(c);
	CHECK(symlink(dir, link) == 0);
	CHECK(strstr(refusal(link), "not a directory"));
	CHECK(chmod(dir, 0770) == 0);
	CHECK(strstr(refusal(dir), "others may write to it"));
	CHECK(chmod(dir, 0700) == 0);
	CHECK_STR(refusal(dir), "");
	if (geteuid() == 0) {
		CHECK(chown(dir, 12345, (gid_t)-1) == 0);
		CHECK(strstr(refusal(dir), "another user's"));
		CHECK(chown(dir, 0, (gid_t)-1) == 0);
	}
	CHECK(refusal("/proc/nothing/here")[0]);
	free(path);
	free(secret);
	free(link);
	free(dir);
}

/* What was used longest ago goes; files that are not the cache's stay. */
static void check_bound(const char *scratch)
{
	enum { ENTRIES = 40, LIMIT = 64 * 1024 };
	char *dir = xasprintf("%s/bound", scratch), *strange = xasprintf("%s/README", dir), name[16];
	struct disk_cache *c = open_in(dir, LIMIT);
	struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct buf big = {0};
	uint64_t bytes;
	struct stat st;

	write_file(strange, "", 0);
	buf_pad(&big, 'x', 4000);
	buf_putc(&big, '\0');
	for (unsigned i = 0; i < ENTRIES; i++) {
		struct disk_cache_key key;
		char *path;

		snprintf(name, sizeof(name), "file %u", i);
		put(c, name, big.data);
		key = key_of(c, name);
		path = path_of(dir, &key);
		old[0].tv_sec = old[1].tv_sec = 1000 + i;
		CHECK(!i || utimensat(AT_FDCWD, path, old, 0) == 0);
		CHECK_STR(i ? get(c, "file 0") + 60 : "xxx", "xxx"); /* used all the time: it is the newest */
		free(path);
	}
	disk_cache_close(c);
	CHECK(count_files(dir, &bytes) < ENTRIES);
	CHECK(bytes <= LIMIT && bytes >= LIMIT / 4);
	c = open_in(dir, LIMIT);
	CHECK_STR(get(c, "file 0") + 60, "xxx");
	CHECK_STR(get(c, "file 39") + 60, "xxx");
	CHECK_STR(get(c, "file 1"), "");
	CHECK(stat(strange, &st) == 0);
	buf_reset(&big);
	buf_pad(&big, 'y', LIMIT); /* one that would throw out all others is not kept */
	buf_putc(&big, '\0');
	put(c, "huge", big.data);
	CHECK_STR(get(c, "huge"), "");
	disk_cache_close(c);
	buf_free(&big);
	free(strange);
	free(dir);
}

static void check_unwritable(const char *scratch)
{
	char *dir = xasprintf("%s/gone", scratch), *secret = xasprintf("%s/secret", dir);
	struct disk_cache *c = open_in(dir, 0);
	struct disk_cache_counts counts;

	/* removed while it is open: as good as a full or read-only disk */
	CHECK(unlink(secret) == 0 && rmdir(dir) == 0);
	put(c, "a", "b");
	CHECK_STR(get(c, "a"), "");
	disk_cache_counts(c, &counts);
	CHECK_NUM(counts.written, 0);
	disk_cache_close(c);
	/* and no cache at all is a cache in which nothing is */
	put(NULL, "a", "b");
	CHECK_STR(get(NULL, "a"), "");
	disk_cache_close(NULL);
	free(dir);
	free(secret);
}

static void *work(void *dir)
{
	struct buf why = {0};
	struct disk_cache *c = disk_cache_open(&(struct disk_cache_options){.dir = dir, .bytes_limit = 20000}, &why);
	char name[16], text[32];
	intptr_t wrong = !c;

	for (unsigned i = 0; i < 300; i++) {
		struct disk_cache_key key;
		struct buf about = {0}, payload = {0};

		snprintf(name, sizeof(name), "%u", i * 7 % 20);
		snprintf(text, sizeof(text), "what belongs to %s", name);
		key = disk_cache_key(c, "test", &about, name, strlen(name));
		if (disk_cache_get(c, &key, &payload)) {
			wrong += payload.len != strlen(text) || memcmp(payload.data, text, payload.len);
		} else {
			buf_puts(&payload, text);
			disk_cache_put(c, &key, &payload);
		}
		buf_free(&payload);
		buf_free(&about);
	}
	disk_cache_close(c);
	buf_free(&why);
	return (void *)wrong;
}

static void check_several(const char *scratch)
{
	char *dir = xasprintf("%s/several", scratch);
	pthread_t threads[4];
	void *wrong;

	for (unsigned i = 0; i < 4; i++)
		CHECK(pthread_create(&threads[i], NULL, work, dir) == 0);
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(threads[i], &wrong);
		CHECK_NUM((intptr_t)wrong, 0);
	}
	free(dir);
}

/* Where it is: what the variables of the environment say. */
static void check_place(const char *scratch)
{
	char *cache = xasprintf("%s/sonde", scratch), *home = xasprintf("%s/.cache/sonde", scratch);
	struct buf why = {0};
	struct stat st;

	setenv("SONDE_CACHE", "", 1);
	CHECK(!disk_cache_open(NULL, &why) && !why.len); /* not wanted: nothing to say */
	unsetenv("SONDE_CACHE");
	setenv("XDG_CACHE_HOME", scratch, 1);
	setenv("HOME", scratch, 1);
	if (geteuid() != 0) {
		disk_cache_close(disk_cache_open(NULL, &why));
		CHECK(stat(cache, &st) == 0);
		unsetenv("XDG_CACHE_HOME");
		disk_cache_close(disk_cache_open(NULL, &why));
		CHECK(stat(home, &st) == 0);
	}
	setenv("SONDE_CACHE", cache, 1);
	disk_cache_close(disk_cache_open(NULL, &why));
	CHECK(stat(cache, &st) == 0 && S_ISDIR(st.st_mode));
	CHECK_NUM(why.len, 0);
	free(cache);
	free(home);
}

/* ---- tables of files ---- */

static bool same_table(const struct unwind_table *a, const struct unwind_table *b)
{
	return a->rows.n == b->rows.n && !memcmp(a->rows.v, b->rows.v, a->rows.n * sizeof(*a->rows.v)) &&
	       a->pages.n == b->pages.n && !memcmp(a->pages.v, b->pages.v, a->pages.n * sizeof(*a->pages.v)) &&
	       a->rules.n == b->rules.n && !memcmp(a->rules.v, b->rules.v, a->rules.n * sizeof(*a->rules.v)) &&
	       !memcmp(&a->counts, &b->counts, sizeof(a->counts)) && a->no_room == b->no_room;
}

/* A copy of this program at `path`, with one byte changed at `at`, 0: none. NULL: it cannot be read. */
static struct elf_file *copy_of_self(const char *path, uint64_t at)
{
	struct elf_file *file = NULL;
	struct buf bytes = {0}, why = {0};

	CHECK_NUM(buf_read_file(&bytes, "/proc/self/exe", 256 << 20), 0);
	bytes.data[at] ^= at ? 1 : 0;
	write_file(path, bytes.data, bytes.len);
	CHECK_NUM(elf_file_open(&file, open(path, O_RDONLY | O_CLOEXEC), path, &why), 0);
	buf_free(&bytes);
	buf_free(&why);
	return file;
}

static void check_tables(const char *scratch)
{
	char *dir = xasprintf("%s/tables", scratch), *path = xasprintf("%s/copy", scratch);
	struct elf_file *file = copy_of_self(path, 0), *forged;
	struct unwind_table made, cached;
	struct unwind_cached c;
	struct disk_cache_counts counts;
	struct buf why = {0};

	CHECK_NUM(unwind_table_build(&made, file), 0);
	CHECK(made.rows.n > 1000 && made.rules.n > 10);
	setenv("SONDE_CACHE", dir, 1);
	for (int turn = 0; turn < 2; turn++) {
		unwind_cached_open(&c, &why);
		CHECK_NUM(unwind_cached_table(&c, &cached, file), 0);
		CHECK(same_table(&made, &cached));
		disk_cache_counts(c.cache, &counts);
		CHECK_NUM(counts.found, turn);
		CHECK_NUM(counts.written, !turn);
		unwind_table_free(&cached);
		unwind_cached_close(&c);
	}
	/* the same build-id and size, but other unwind information: not this one's table */
	forged = copy_of_self(path, elf_file_section(file, ".eh_frame")->offset + 200);
	CHECK(forged->build_id_len && !memcmp(forged->build_id, file->build_id, file->build_id_len));
	unwind_cached_open(&c, &why);
	CHECK_NUM(unwind_cached_table(&c, &cached, forged), 0);
	disk_cache_counts(c.cache, &counts);
	CHECK_NUM(counts.found, 0);
	unwind_table_free(&cached);
	/* a file without a build-id is not kept */
	forged->build_id_len = 0;
	CHECK_NUM(unwind_cached_table(&c, &cached, forged), 0);
	disk_cache_counts(c.cache, &counts);
	CHECK_NUM(counts.written, 1);
	unwind_table_free(&cached);
	unwind_cached_close(&c);
	unwind_table_free(&made);
	elf_file_free(file);
	elf_file_free(forged);
	buf_free(&why);
	free(path);
	free(dir);
}

/* ---- names of files that are gone ---- */

static unsigned different;

static bool compare_name(void *image, const struct elf_symbol *function)
{
	struct elf_symbol found;

	different += !elf_syms_find(image, function->vaddr, &found) || found.vaddr != function->vaddr;
	return true;
}

static bool compare_found(void *of, const struct elf_symbol *function)
{
	struct elf_syms **both = of;
	uint64_t inside = function->vaddr + 1;
	struct elf_symbol a, b;

	different += !elf_syms_find(both[0], inside, &a) || !elf_syms_find(both[1], inside, &b) ||
		     strcmp(a.name, b.name) != 0 || a.vaddr != b.vaddr || a.size != b.size || a.offset != b.offset;
	return true;
}

/* Names at `address` of a mapping of `file`, which is not there any more; "" when there is none. */
static const char *recorded_name(const char *file, const unsigned char *id, unsigned len, uint64_t offset)
{
	static char name[128];
	struct recorded *r = recorded_new();
	struct recorded_mapping m = {.pid = 7, .start = 0x10000000, .len = 0x10000000, .file = file, .build_id = id,
				     .build_id_len = len};
	struct symbol sym;

	recorded_mmap(r, &m);
	snprintf(name, sizeof(name), "%s", recorded_symbol(r, 7, m.start + offset, &sym) ? sym.name : "");
	recorded_free(r);
	return name;
}

static void check_names(const char *scratch)
{
	char *dir = xasprintf("%s/names", scratch), *path = xasprintf("%s/program", scratch), *moved;
	struct elf_file *file = copy_of_self(path, 0);
	struct disk_cache *c;
	struct elf_syms *both[2] = {NULL, NULL};
	struct buf why = {0}, image = {0};
	struct elf_symbol known;
	const unsigned char *id;
	unsigned len;

	setenv("SONDE_CACHE", dir, 1);
	c = disk_cache_open(NULL, &why);
	moved = xasprintf("%s.moved", path);
	CHECK_NUM(elf_syms_open(&both[0], path, NULL, &why), 0);
	len = elf_syms_build_id(both[0], &id);
	/* files that somebody else could have made are not kept: open to others, or not what has that name here */
	CHECK(len >= 8 && chmod(path, 0777) == 0);
	names_cached_keep(c, both[0]);
	CHECK(!names_cached_get(c, id, len, &image));
	CHECK(chmod(path, 0755) == 0 && rename(path, moved) == 0);
	names_cached_keep(c, both[0]);
	CHECK(!names_cached_get(c, id, len, &image));
	CHECK_STR(recorded_name(path, id, len, 0x1000), "");
	CHECK(rename(moved, path) == 0);
	names_cached_keep(c, both[0]);
	CHECK(names_cached_get(c, id, len, &image));
	CHECK_NUM(elf_syms_open_image(&both[1], image.data, image.len, "kept", &why), 0);
	CHECK(elf_syms_count(both[0]) > 100);
	CHECK_NUM(elf_syms_count(both[1]), elf_syms_count(both[0]));
	CHECK_NUM(elf_syms_each(both[0], "*cache*", compare_name, both[1]), 0);
	CHECK_NUM(elf_syms_each(both[0], "*cache*", compare_found, both), 0);
	CHECK_NUM(different, 0);
	/* the program is gone, and another one stands in its place: named by build-id, or not at all */
	CHECK(elf_syms_lookup(both[0], "main", &known));
	CHECK(unlink(path) == 0);
	CHECK_STR(recorded_name(path, id, len, known.offset + 4), "main");
	write_file(path, "something else", 14);
	CHECK_STR(recorded_name(path, id, len, known.offset + 4), "main");
	CHECK_STR(recorded_name(path, (const unsigned char *)"another build", 13, known.offset + 4), "");
	disk_cache_close(c);
	for (int i = 0; i < 2; i++)
		elf_syms_free(both[i]);
	elf_file_free(file);
	buf_free(&image);
	buf_free(&why);
	free(moved);
	free(path);
	free(dir);
}

int main(void)
{
	char *scratch = make_scratch();

	check_hash();
	check_found_again(scratch);
	check_damaged(scratch);
	check_ownership(scratch);
	check_bound(scratch);
	check_unwritable(scratch);
	check_several(scratch);
	check_place(scratch);
	check_tables(scratch);
	check_names(scratch);
	remove_scratch(scratch);
	return unit_result();
}
