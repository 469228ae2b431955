/* base.c - strings, buffers, hash map, arena, places and the printing of diagnostics. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/hmap.h"
#include "unit/unit.h"

static void test_strings(void)
{
	uint64_t n;

	CHECK(str_to_u64("0", &n) && n == 0);
	CHECK(str_to_u64("0x10", &n) && n == 16);
	CHECK(str_to_u64("18446744073709551615", &n) && n == UINT64_MAX);
	CHECK(!str_to_u64("18446744073709551616", &n));
	CHECK(!str_to_u64("-1", &n) && !str_to_u64("", &n) && !str_to_u64("1x", &n));
	CHECK(!str_to_u64(" 1", &n) && !str_to_u64("+1", &n));

	CHECK(str_glob("*", "") && str_glob("", "") && !str_glob("", "a"));
	CHECK(str_glob("sys_*_read", "sys_enter_read") && !str_glob("sys_*_read", "sys_enter_readv"));
	CHECK(str_glob("*a*b*", "xaxaxb") && !str_glob("*a*b", "bbba"));
	CHECK(!str_glob("a?c", "abc") && str_glob("a?c", "a?c"));

	CHECK(str_distance("write", "write", 3) == 0);
	CHECK(str_distance("wriet", "write", 3) == 1); /* two letters swapped */
	CHECK(str_distance("wrte", "write", 3) == 1 && str_distance("writex", "write", 3) == 1);
	CHECK(str_distance("kitten", "sitting", 5) == 3);
	CHECK(str_distance("kitten", "sitting", 1) == 2); /* more than the limit: limit + 1 */
	CHECK(str_distance("", "abc", 3) == 3);
}

static void test_buf(void)
{
	struct buf b = {0};
	char path[] = "/tmp/sonde-unit-XXXXXX";
	int fd = mkstemp(path);

	CHECK_STR(buf_str(&b), "");
	buf_printf(&b, "%d-%s", 7, "x");
	buf_pad(&b, '.', 3);
	buf_putc(&b, '!');
	CHECK_STR(buf_str(&b), "7-x...!");
	for (int i = 0; i < 10000; i++)
		buf_add(&b, "0123456789", 10);
	CHECK(b.len == 100007 && b.data[b.len] == '\0' && b.data[100006] == '9');
	CHECK(fd >= 0 && write(fd, b.data, b.len) == (ssize_t)b.len);
	buf_reset(&b);
	CHECK(b.len == 0);
	CHECK(buf_read_file(&b, path, 100007) == 0 && b.len == 100007);
	buf_reset(&b);
	CHECK(buf_read_file(&b, path, 100006) == -EFBIG);
	CHECK(buf_read_file(&b, "/nonexistent/file", 10) == -ENOENT);
	close(fd);
	unlink(path);
	buf_free(&b);
}

static void test_hmap(void)
{
	struct hmap m = {0};
	char key[32];
	size_t order = 0;

	CHECK(!hmap_gets(&m, "absent"));
	for (long i = 1; i <= 5000; i++) {
		snprintf(key, sizeof(key), "key%ld", i);
		hmap_puts(&m, key, (void *)i);
	}
	for (long i = 1; i <= 5000; i++) {
		snprintf(key, sizeof(key), "key%ld", i);
		CHECK(hmap_gets(&m, key) == (void *)i);
	}
	CHECK(!hmap_gets(&m, "key0") && !hmap_gets(&m, "key"));
	hmap_puts(&m, "key7", (void *)70);
	CHECK(hmap_gets(&m, "key7") == (void *)70 && m.entries.n == 5000);
	/* Keys are bytes: a zero in one does not end it. */
	*hmap_at(&m, "a\0b", 3) = (void *)1;
	*hmap_at(&m, "a\0c", 3) = (void *)2;
	CHECK(hmap_get(&m, "a\0b", 3) == (void *)1 && hmap_get(&m, "a\0c", 3) == (void *)2);
	CHECK(!hmap_get(&m, "a", 1));
	vec_each(it, &m.entries) {
		snprintf(key, sizeof(key), "key%zu", ++order);
		CHECK(order > 5000 || (it->key_len == strlen(key) && !memcmp(it->key, key, it->key_len)));
	}
	hmap_free(&m);
}

static void test_arena(void)
{
	struct arena *arena = arena_new();
	VEC(int) v = {0};

	for (size_t size = 1; size < 100000; size = size * 3 + 1) {
		unsigned char *p = arena_alloc(arena, size);
		bool zero = true;

		CHECK((uintptr_t)p % _Alignof(max_align_t) == 0);
		for (size_t i = 0; i < size; i++)
			zero &= p[i] == 0;
		CHECK(zero);
		memset(p, 0xff, size);
	}
	for (int i = 0; i < 1000; i++)
		avec_push(arena, &v, i);
	CHECK(v.n == 1000 && v.v[0] == 0 && v.v[999] == 999);
	CHECK_STR(arena_printf(arena, "%s%d", "n", 5), "n5");
	CHECK_STR(arena_strndup(arena, "abcdef", 3), "abc");
	arena_free(arena);
}

static void test_places(void)
{
	struct arena *arena = arena_new();
	struct sources all = {.arena = arena};
	struct source *one = source_add(&all, "one", "ab\n\ncd", 6);
	struct source *two = source_add(&all, "two", "x\ny", 3);
	struct place at;
	size_t len;

	CHECK(one->base == 1 && !source_place(&all, 0, &at));
	CHECK(source_place(&all, 1, &at) && at.source == one && at.line == 1 && at.col == 1);
	CHECK(source_place(&all, 4, &at) && at.line == 2 && at.col == 1);
	CHECK(source_place(&all, 6, &at) && at.line == 3 && at.col == 2);
	CHECK(source_place(&all, two->base + 2, &at) && at.source == two && at.line == 2 && at.col == 1);
	CHECK(!source_place(&all, two->base + 100, &at));
	CHECK(!memcmp(source_line(one, 3, &len), "cd", 2) && len == 2);
	source_line(one, 2, &len);
	CHECK(len == 0);
	arena_free(arena);
}

static void test_diags(void)
{
	struct arena *arena = arena_new();
	struct sources all = {.arena = arena};
	struct diags d = {.arena = arena, .sources = &all};
	struct source *s = source_add(&all, "s.bt", "begin {\n\tprnt(1)\n}\n", 19);
	struct buf out = {0};

	/* Reported late, placed early: printed in order of place. */
	diag_add(&d, DIAG_UNKNOWN_FUNCTION, (struct span){s->base + 9, 4}, "no function %s", "prnt");
	diag_hint(&d, "did you mean print?");
	diag_add(&d, DIAG_UNKNOWN_PROBE, (struct span){s->base, 5}, "no");
	diags_print(&d, &out, false);
	CHECK(d.errors == 2);
	CHECK_STR(buf_str(&out),
		  "s.bt:1:1-5: ERROR: no [unknown-probe]\n"
		  "begin {\n"
		  "~~~~~\n"
		  "s.bt:2:2-5: ERROR: no function prnt [unknown-function]\n"
		  " prnt(1)\n"
		  " ~~~~\n"
		  "HINT: did you mean print?\n");
	buf_free(&out);
	arena_free(arena);
}

int main(void)
{
	test_strings();
	test_buf();
	test_hmap();
	test_arena();
	test_places();
	test_diags();
	return unit_result();
}
