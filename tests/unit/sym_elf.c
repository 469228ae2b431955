/*
 * sym_elf.c - symbols of ELF files: this program, copies of it that are stripped, cut off
 * and changed at random, its debug file found three ways, libraries by name.
 */
#include "sym/elf_syms.h"
#include "sym/elf_cache.h"
#include "sym_check.h"

#include <elf.h>
#include <errno.h>
#include <sys/stat.h>

__attribute__((noinline, used)) int sym_elf_global_function(int x)
{
	return x * 3 + 1;
}

__attribute__((noinline, used)) static int sym_elf_static_function(int x)
{
	return x * 5 + 2;
}

int sym_elf_variable = 42;
int sym_elf_alias(int x) __attribute__((alias("sym_elf_global_function")));
int __sym_elf_hidden_alias(int x) __attribute__((alias("sym_elf_global_function")));

static void read_self(struct buf *self)
{
	if (buf_read_file(self, "/proc/self/exe", SIZE_MAX / 2)) {
		perror("/proc/self/exe");
		exit(2);
	}
}

static struct elf_syms *open_or_die(const char *path, const char *debug_dir)
{
	struct elf_places places = {.debug_dir = debug_dir};
	struct elf_syms *es = NULL;
	struct buf why = {0};
	int err = elf_syms_open(&es, path, &places, &why);

	if (err) {
		printf("%s: %d %s\n", path, err, buf_str(&why));
		exit(2);
	}
	buf_free(&why);
	return es;
}

struct seen {
	unsigned global, local, alias, main, variable, all;
};

static bool count_names(void *arg, const struct elf_symbol *sym)
{
	struct seen *seen = arg;

	seen->all++;
	seen->global += str_eq(sym->name, "sym_elf_global_function");
	seen->local += str_eq(sym->name, "sym_elf_static_function");
	seen->alias += str_eq(sym->name, "sym_elf_alias");
	seen->main += str_eq(sym->name, "main");
	seen->variable += str_eq(sym->name, "sym_elf_variable");
	return true;
}

static bool stop_at_once(void *arg, const struct elf_symbol *sym)
{
	(void)sym;
	++*(unsigned *)arg;
	return false;
}

static void whole_file(const char *path)
{
	struct elf_syms *es = open_or_die(path, NULL);
	struct elf_symbol sym, found;
	struct seen seen = {0};
	uint64_t offset, vaddr, text = (uintptr_t)sym_elf_global_function;
	unsigned once = 0;

	CHECK(elf_syms_lookup(es, "sym_elf_static_function", &sym));
	CHECK(sym.function && sym.local && sym.size > 0);
	CHECK(elf_syms_lookup(es, "sym_elf_variable", &sym));
	CHECK(!sym.function && sym.size == sizeof(int));
	CHECK(elf_syms_lookup(es, "sym_elf_global_function", &sym));
	CHECK(sym.function && !sym.local && sym.size > 0);
	/* Where the program was loaded, it differs by whole pages. */
	CHECK_NUM((text - sym.vaddr) % 4096, 0);
	CHECK(elf_syms_to_offset(es, sym.vaddr, &offset) && offset == sym.offset);
	CHECK(elf_syms_to_vaddr(es, offset, &vaddr) && vaddr == sym.vaddr);
	CHECK(!elf_syms_lookup(es, "sym_elf_global_functio", &found));
	CHECK(!elf_syms_lookup(es, "", &found));

	/* Of the three names of one function the shortest without underscores. */
	CHECK(elf_syms_find(es, sym.vaddr + 1, &found));
	CHECK_STR(found.name, "sym_elf_alias");
	CHECK_NUM(found.vaddr, sym.vaddr);
	CHECK(elf_syms_find(es, sym.vaddr + sym.size - 1, &found));
	CHECK(!elf_syms_find(es, 0x7fffffff0000, &found));

	CHECK_NUM(elf_syms_each(es, NULL, count_names, &seen), 0);
	CHECK(seen.global == 1 && seen.local == 1 && seen.alias == 1 && seen.main == 1);
	CHECK(seen.variable == 0 && seen.all > 10);
	memset(&seen, 0, sizeof(seen));
	CHECK_NUM(elf_syms_each(es, "sym_elf_*function", count_names, &seen), 0);
	CHECK(seen.global == 1 && seen.local == 1 && seen.alias == 0 && seen.all == 2);
	elf_syms_each(es, "*", stop_at_once, &once);
	CHECK_NUM(once, 1);
	CHECK(elf_syms_memory(es) < elf_syms_count(es) * 32 + 16384);
	elf_syms_free(es);
}

/* Every function of this program must be found at its own address under one of its names. */
static bool find_again(void *arg, const struct elf_symbol *sym)
{
	struct elf_syms *es = arg;
	struct elf_symbol found;

	if (!sym->size)
		return true;
	CHECK(elf_syms_find(es, sym->vaddr + sym->size / 2, &found));
	CHECK(found.vaddr <= sym->vaddr + sym->size / 2);
	return true;
}

static void all_found(const char *path)
{
	struct elf_syms *es = open_or_die(path, NULL);

	CHECK_NUM(elf_syms_each(es, NULL, find_again, es), 0);
	elf_syms_free(es);
}

static bool names_static(const char *path, const char *debug_dir, char **debug_file)
{
	struct elf_syms *es = open_or_die(path, debug_dir);
	struct elf_symbol sym;
	bool found = elf_syms_lookup(es, "sym_elf_static_function", &sym);
	struct elf_symbol at;

	if (found) {
		CHECK(elf_syms_find(es, sym.vaddr, &at));
		CHECK_STR(at.name, "sym_elf_static_function");
		CHECK(sym.offset != UINT64_MAX);
	}
	if (debug_file)
		*debug_file = elf_syms_debug_file(es) ? xstrdup(elf_syms_debug_file(es)) : NULL;
	elf_syms_free(es);
	return found;
}

static void expect_debug(const char *path, const char *debug_dir, const char *debug_file)
{
	char *found = NULL;

	CHECK(names_static(path, debug_dir, &found));
	CHECK_STR(found, debug_file);
	free(found);
}

static char *build_id_path(const char *path, const char *debug_dir)
{
	struct elf_syms *es = open_or_die(path, debug_dir);
	const unsigned char *id;
	unsigned len = elf_syms_build_id(es, &id);
	struct buf out = {0};

	if (len > 1) {
		buf_printf(&out, "%s/.build-id/%02x/", debug_dir, id[0]);
		for (unsigned i = 1; i < len; i++)
			buf_printf(&out, "%02x", id[i]);
		buf_puts(&out, ".debug");
	}
	elf_syms_free(es);
	return out.data;
}

static void with_build_id(const char *dir, const char *stripped, const char *debug)
{
	char *debug_dir = xasprintf("%s/dbg", dir), *place = build_id_path(stripped, debug_dir);

	if (!place) {
		printf("skipped: debug file by build-id: this program was linked without one\n");
	} else {
		CHECK(!names_static(stripped, debug_dir, NULL));
		CHECK_NUM(run("mkdir -p $(dirname '%s') && cp '%s' '%s'", place, debug, place), 0);
		expect_debug(stripped, debug_dir, place);
		/* A debug file of another program under that name is refused. */
		CHECK_NUM(run("cp /bin/sh '%s'", place), 0);
		CHECK(!names_static(stripped, debug_dir, NULL));
	}
	free(place);
	free(debug_dir);
}

/* By name and CRC: both files without a build-id, so that nothing else can decide. */
static void with_debuglink(const char *dir, const char *whole)
{
	char *bin = xasprintf("%s/linked", dir), *debug = xasprintf("%s/linked.debug", dir);
	char *hidden = xasprintf("%s/.debug/linked.debug", dir);
	char *global = xasprintf("%s/dbg%s/linked.debug", dir, dir), *debug_dir = xasprintf("%s/dbg", dir);

	/* objcopy warns about the hole that the note leaves. */
	CHECK_NUM(run("cd '%s' && { objcopy --remove-section=.note.gnu.build-id '%s' plain && "
		      "objcopy --only-keep-debug plain linked.debug && strip -o linked plain && "
		      "objcopy --add-gnu-debuglink=linked.debug linked && mkdir -p .debug dbg'%s'; } 2>/dev/null",
		      dir, whole, dir), 0);
	expect_debug(bin, debug_dir, debug);
	CHECK_NUM(rename(debug, hidden), 0);
	expect_debug(bin, debug_dir, hidden);
	CHECK_NUM(rename(hidden, global), 0);
	expect_debug(bin, debug_dir, global);
	/* One byte more: the CRC is another. */
	CHECK_NUM(run("printf x >> '%s'", global), 0);
	CHECK(!names_static(bin, debug_dir, NULL));
	free(bin);
	free(debug);
	free(hidden);
	free(global);
	free(debug_dir);
}

static void separate_debug(const char *dir, const char *whole)
{
	char *stripped = xasprintf("%s/stripped", dir), *debug = xasprintf("%s/only.debug", dir);

	if (run("command -v objcopy >/dev/null && command -v strip >/dev/null")) {
		printf("skipped: separate debug files: no objcopy\n");
	} else {
		CHECK_NUM(run("strip -o '%s' '%s'", stripped, whole), 0);
		CHECK_NUM(run("objcopy --only-keep-debug '%s' '%s'", whole, debug), 0);
		with_build_id(dir, stripped, debug);
		with_debuglink(dir, whole);
	}
	free(stripped);
	free(debug);
}

/* Everything one can ask about a file; must not crash whatever the file is. */
static bool ask_all(const char *path)
{
	struct elf_places places = {.debug_dir = "/nonexistent"};
	struct elf_syms *es;
	struct elf_symbol sym;
	struct buf why = {0};
	unsigned once = 0;
	uint64_t out;

	if (elf_syms_open(&es, path, &places, &why)) {
		CHECK(why.len > strlen(path) && str_starts(why.data, path));
		buf_free(&why);
		return false;
	}
	CHECK(why.len == 0);
	elf_syms_lookup(es, "sym_elf_variable", &sym);
	elf_syms_find(es, 0x1234, &sym);
	for (uint64_t at = 0x1000; at < 0x20000; at += 0x777)
		if (elf_syms_find(es, at, &sym))
			CHECK(strlen(sym.name) > 0);
	elf_syms_each(es, "*x*", stop_at_once, &once);
	elf_syms_to_offset(es, 0x2000, &out);
	elf_syms_to_vaddr(es, 0x2000, &out);
	elf_syms_free(es);
	buf_free(&why);
	return true;
}

static void cut_off(const char *dir, const struct buf *whole)
{
	char *path = xasprintf("%s/cut", dir);
	struct elf_syms *es;
	struct buf why = {0};
	size_t step = MAX_OF((size_t)64, whole->len / 2000 / 8 * 8);

	/* From long to short, cutting one file: about 2000 lengths, and all short ones. */
	write_file(path, whole->data, whole->len);
	CHECK(ask_all(path));
	for (size_t len = whole->len - 1; len > 0; len = len > 1024 ? len - MIN_OF(step, len) : len - 1) {
		CHECK(truncate(path, len) == 0);
		CHECK(!ask_all(path)); /* the section headers are at the end */
	}
	write_file(path, whole->data, whole->len / 2);
	CHECK_NUM(elf_syms_open(&es, path, NULL, &why), -ENOEXEC);
	CHECK(strstr(buf_str(&why), "cut off") && str_starts(why.data, path));
	buf_reset(&why);
	write_file(path, "#!/bin/sh\n", 10);
	CHECK_NUM(elf_syms_open(&es, path, NULL, &why), -ENOEXEC);
	CHECK(strstr(buf_str(&why), "not an ELF file"));
	buf_free(&why);
	free(path);
}

/* A file that shrinks while it is open: tables become unreadable, nothing else. */
static void shrinks(const char *dir, const struct buf *whole)
{
	char *path = xasprintf("%s/shrinks", dir);
	struct elf_syms *es;
	struct elf_symbol sym;
	struct seen seen = {0};

	write_file(path, whole->data, whole->len);
	es = open_or_die(path, "/nonexistent");
	CHECK_NUM(truncate(path, 4096), 0);
	CHECK(!elf_syms_find(es, 0x1234, &sym));
	CHECK(!elf_syms_lookup(es, "main", &sym));
	elf_syms_each(es, NULL, count_names, &seen);
	CHECK_NUM(seen.all, 0);
	elf_syms_free(es);
	free(path);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* Headers and section headers, where sizes and offsets are, overwritten at random. */
static void changed(const char *dir, const struct buf *whole)
{
	static const uint64_t bad[] = {0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff,
				       0x7fffffffffffffff, 0xffffffffffffffff, 0x100000000};
	char *path = xasprintf("%s/changed", dir);
	Elf64_Ehdr header;
	uint32_t state = 12345;

	memcpy(&header, whole->data, sizeof(header));
	for (int round = 0; round < 1500; round++) {
		struct buf copy = {0};
		size_t places = 1 + next_random(&state) % 3;

		buf_add(&copy, whole->data, whole->len);
		for (size_t i = 0; i < places; i++) {
			size_t width = (size_t)1 << next_random(&state) % 4, at;
			uint64_t value = bad[next_random(&state) % ARRAY_SIZE(bad)];

			if (next_random(&state) % 2)
				at = 4 + next_random(&state) % (sizeof(header) + header.e_phnum *
								sizeof(Elf64_Phdr) - 4);
			else
				at = header.e_shoff + next_random(&state) %
				     (header.e_shnum * sizeof(Elf64_Shdr));
			if (at + width <= copy.len)
				memcpy(copy.data + at, &value, width);
		}
		write_file(path, copy.data, copy.len);
		ask_all(path);
		buf_free(&copy);
	}
	free(path);
}

static void not_files(const char *dir)
{
	char *fifo = xasprintf("%s/fifo", dir);
	struct elf_syms *es;
	struct buf why = {0};

	CHECK_NUM(mkfifo(fifo, 0644), 0);
	CHECK_NUM(elf_syms_open(&es, fifo, NULL, &why), -EINVAL);
	CHECK(strstr(buf_str(&why), "not a regular file"));
	CHECK_NUM(elf_syms_open(&es, dir, NULL, &why), -EISDIR);
	CHECK_NUM(elf_syms_open(&es, "/nonexistent/x", NULL, &why), -ENOENT);
	CHECK_NUM(elf_syms_open(&es, "/dev/zero", NULL, &why), -EINVAL);
	buf_free(&why);
	free(fifo);
}

static void check_library(const char *name, const char *symbol)
{
	struct buf why = {0};
	char *path = elf_find_file(name, NULL, &why);
	struct elf_syms *es;
	struct elf_symbol sym;

	CHECK(path != NULL);
	if (path) {
		es = open_or_die(path, NULL);
		CHECK(elf_syms_lookup(es, symbol, &sym) && sym.function);
		CHECK(sym.offset != UINT64_MAX);
		elf_syms_free(es);
	}
	free(path);
	buf_free(&why);
}

static void by_name(const char *dir)
{
	struct buf why = {0};
	char *path = elf_find_file("sh", NULL, &why);

	CHECK(path && path[0] == '/' && access(path, X_OK) == 0);
	free(path);
	check_library("libc", "malloc");
	check_library("libc.so.6", "write");
	check_library("c", "getenv");
	path = elf_find_file("/proc/self/exe", NULL, &why);
	CHECK_STR(path, "/proc/self/exe");
	free(path);
	CHECK(!elf_find_file("no-such-thing-at-all", NULL, &why));
	CHECK(strstr(buf_str(&why), "no-such-thing-at-all"));
	CHECK(!elf_find_file("", NULL, &why));
	/* Below another root there is nothing of ours. */
	CHECK(!elf_find_file("libc", dir, &why));
	buf_free(&why);
}

/* A cache file cut and garbled below a root of our own: nothing found, nothing crashes. */
static void hostile_cache(const char *dir)
{
	struct buf cache = {0}, why = {0};
	char *path = xasprintf("%s/etc/ld.so.cache", dir);
	uint32_t state = 99;

	if (buf_read_file(&cache, "/etc/ld.so.cache", 1 << 24)) {
		printf("skipped: no /etc/ld.so.cache\n");
		goto out;
	}
	CHECK_NUM(run("mkdir -p '%s/etc'", dir), 0);
	for (int round = 0; round < 200; round++) {
		size_t len = next_random(&state) % (round % 2 ? 200 : cache.len);
		struct buf copy = {0};

		buf_add(&copy, cache.data, len);
		for (int i = 0; i < 20 && len; i++)
			copy.data[next_random(&state) % MIN_OF(len, (size_t)400)] = next_random(&state);
		write_file(path, copy.data, copy.len);
		free(elf_find_file("libc", dir, &why));
		buf_free(&copy);
	}
out:
	buf_free(&cache);
	buf_free(&why);
	free(path);
}

static void cached(const char *dir, const struct buf *whole)
{
	struct elf_cache *cache = elf_cache_new(1 << 20, 2);
	struct elf_handle handles[3] = {0}, again = {0};
	struct buf why = {0};
	char *path[3];

	for (int i = 0; i < 3; i++) {
		path[i] = xasprintf("%s/copy%d", dir, i);
		write_file(path[i], whole->data, whole->len);
		CHECK_NUM(chmod(path[i], i == 2 ? 0777 : 0755), 0);
		CHECK_NUM(elf_cache_open(cache, open(path[i], O_RDONLY | O_CLOEXEC), path[i], NULL,
					 &handles[i], &why), 0);
		CHECK(elf_cache_get(cache, handles[i]) != NULL);
	}
	/* Copies that only root can write share an entry by build-id; one that all can does not. */
	if (geteuid() == 0)
		CHECK(elf_cache_get(cache, handles[0]) != elf_cache_get(cache, handles[2]));
	CHECK(elf_cache_count(cache) <= 2);
	CHECK_NUM(elf_cache_open(cache, open(path[2], O_RDONLY | O_CLOEXEC), path[2], NULL, &again,
				 &why), 0);
	CHECK(again.serial == handles[2].serial && again.slot == handles[2].slot);
	CHECK_NUM(elf_cache_open(cache, open("/etc/passwd", O_RDONLY | O_CLOEXEC), "/etc/passwd",
				 NULL, &again, &why), -ENOEXEC);
	CHECK(!elf_cache_get(cache, (struct elf_handle){0}));
	for (int i = 0; i < 3; i++)
		free(path[i]);
	buf_free(&why);
	elf_cache_free(cache);
}

/* Links that begin with '/' below another root: the file found is that root's, under a name that opens it here. */
static void links_below_root(const char *dir)
{
	char *root = xasprintf("%s/root", dir), *found;
	struct buf why = {0};
	struct stat file, seen;

	CHECK_NUM(run("mkdir '%s' && cd '%s' && mkdir -p usr/bin alternatives opt && cp /proc/%d/exe opt/real && "
		      "ln -s /alternatives/prog usr/bin/prog && ln -s /opt/real alternatives/prog", root, root,
		      getpid()), 0);
	found = elf_find_file("/usr/bin/prog", root, &why);
	CHECK(found && stat(found, &seen) == 0);
	free(found);
	found = xasprintf("%s/opt/real", root);
	CHECK(stat(found, &file) == 0 && file.st_ino == seen.st_ino && file.st_dev == seen.st_dev);
	free(found);
	found = elf_find_file("/opt/real", root, &why);
	CHECK(found && str_starts(found, root) && str_eq(found + strlen(root), "/opt/real"));
	free(found);
	CHECK(!elf_find_file("/opt/none", root, &why));
	buf_free(&why);
	free(root);
}

int main(void)
{
	char *dir = make_scratch(), *whole = xasprintf("%s/whole", dir);
	struct buf self = {0}, small = {0}; /* damaged thousands of times: a small file will do */

	if (sym_elf_alias(1) + sym_elf_static_function(1) + __sym_elf_hidden_alias(1) != 15)
		return 2;
	read_self(&self);
	CHECK_NUM(buf_read_file(&small, "tests/world/target", SIZE_MAX / 2), 0);
	write_file(whole, self.data, self.len);
	whole_file(whole);
	all_found(whole);
	separate_debug(dir, whole);
	cut_off(dir, &small);
	shrinks(dir, &self);
	changed(dir, &small);
	not_files(dir);
	by_name(dir);
	links_below_root(dir);
	hostile_cache(dir);
	cached(dir, &self);
	buf_free(&self);
	buf_free(&small);
	free(whole);
	remove_scratch(dir);
	return unit_result();
}
