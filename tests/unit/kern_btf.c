/* BTF: what our own builder wrote reads back; damage of every kind is survived; the kernel's. */
#include <sys/resource.h>
#include <unistd.h>

#include "kern_test.h"
#include "base/hmap.h"
#include "kern/btf.h"
#include "kern/btf_build.h"

/* struct outer { int a; struct { char b[16]; union { u64 c; struct outer *d; }; }; } */
static void build(struct buf *blob)
{
	struct btf_builder b = {0};
	uint32_t i32 = btf_add_int(&b, "int", 4, true);
	uint32_t ch = btf_add_int(&b, "char", 1, true);
	uint32_t u64 = btf_add_int(&b, "u64", 8, false);
	uint32_t chars = btf_add_array(&b, ch, i32, 16);
	uint32_t ptr = btf_add_pointer(&b, 7);
	struct btf_field in_union[] = {{"c", u64, 0}, {"d", ptr, 0}};
	uint32_t uni = btf_add_struct(&b, "", 8, in_union, 2);
	struct btf_field in_outer[] = {{"a", i32, 0}, {"b", chars, 8}, {"", uni, 24}};
	uint32_t outer = btf_add_struct(&b, "outer", 32, in_outer, 3);
	struct btf_field params[] = {{"x", i32, 0}, {"p", ptr, 0}};
	uint32_t proto = btf_add_proto(&b, i32, params, 2);

	btf_add_func(&b, "work", proto, false);
	CHECK_EQ(outer, 7);
	btf_builder_finish(&b, blob);
	btf_builder_free(&b);
}

static void test_built(void)
{
	struct buf blob = {0}, text = {0};
	struct btf_member_info m;
	struct btf_int_info i;
	struct btf_info t;
	struct btf *b;
	const char *name;
	uint32_t id, type, elem, count;
	uint64_t size;

	build(&blob);
	CHECK_EQ(btf_open_memory(&b, NULL, blob.data, blob.len), 0);
	CHECK_EQ(btf_count(b), 9);
	CHECK(!btf_damage(b));
	id = btf_find(b, BTF_KIND_STRUCT, "outer");
	CHECK_EQ(id, 7);
	CHECK_EQ(btf_find(b, BTF_KIND_UNION, "outer"), 0);
	CHECK_EQ(btf_find_next(b, BTF_KIND_STRUCT, "outer", 7), 0);
	CHECK(btf_size(b, id, &size) && size == 32);
	CHECK(btf_member_find(b, id, "d", &m));
	CHECK_EQ(m.bit_offset, 24 * 8);
	CHECK_EQ(m.bit_size, 0);
	btf_print_type(b, m.type, &text);
	CHECK_STR(buf_str(&text), "struct outer *");
	CHECK(btf_member_find(b, id, "b", &m));
	CHECK(btf_array(b, m.type, &elem, &count) && count == 16);
	CHECK(btf_size(b, m.type, &size) && size == 16);
	CHECK(btf_int(b, elem, &i) && i.is_char && i.is_signed && i.bits == 8);
	CHECK(!btf_member_find(b, id, "nothing", &m));
	CHECK(!btf_member_find(b, id, "", &m));
	CHECK(!btf_member_at(b, id, 3, &m));
	id = btf_find(b, BTF_KIND_FUNC, "work");
	CHECK(btf_param_at(b, id, 1, &name, &type));
	CHECK_STR(name, "p");
	CHECK_EQ(type, 5);
	CHECK(!btf_param_at(b, id, 2, &name, &type));
	CHECK(btf_get(b, 0, &t));
	CHECK_STR(t.name, "void");
	CHECK(!btf_size(b, 0, &size));
	CHECK(!btf_get(b, 10, &t));
	CHECK(!btf_get(b, UINT32_MAX, &t));
	btf_close(b);
	buf_free(&blob);
	buf_free(&text);
}

/* Every question of the interface over every type: must end and stay inside. */
static unsigned ask_everything(struct btf *b)
{
	struct btf_cursor c = {0};
	struct btf_member_info m;
	struct btf_info t;
	struct buf text = {0};
	const char *name;
	uint32_t type, count;
	int64_t value;
	uint64_t size;
	unsigned sum = 0;

	while (btf_each(b, 0, &c, &t)) {
		sum += strlen(t.name) + btf_size(b, t.id, &size) + btf_is_enum(b, t.id);
		for (uint32_t i = 0; btf_member_at(b, t.id, i, &m); i++)
			sum += strlen(m.name);
		for (uint32_t i = 0; btf_param_at(b, t.id, i, &name, &type); i++)
			sum += strlen(name);
		for (uint32_t i = 0; btf_enumerator_at(b, t.id, i, &name, &value); i++)
			sum += strlen(name);
		sum += btf_member_find(b, t.id, "d", &m);
		sum += btf_array(b, t.id, &type, &count);
		btf_print_type(b, t.id, &text);
		sum += text.len;
		buf_reset(&text);
	}
	for (int i = 0; i < 10; i++)
		sum += btf_find(b, BTF_KIND_STRUCT, "outer") + btf_find(b, BTF_KIND_FUNC, "none");
	sum += btf_enumerator_find(b, "NONE", &value, NULL);
	sum += btf_raw_tracepoint(b, "sched_switch", NULL);
	buf_free(&text);
	return sum;
}

/* The built blob with every byte set to a few values in turn, and cut at every length. */
static void test_damaged(void)
{
	static const uint8_t values[] = {0x00, 0x01, 0x04, 0x7f, 0x80, 0xff};
	unsigned refused = 0, read = 0, sum = 0;
	struct buf blob = {0};
	struct btf *b;
	char *copy;

	build(&blob);
	for (size_t at = 0; at < blob.len; at++) {
		for (size_t v = 0; v < sizeof(values); v++) {
			/* its own allocation, so that the address sanitizer sees the end */
			copy = malloc(blob.len);
			memcpy(copy, blob.data, blob.len);
			copy[at] = values[v];
			if (btf_open_memory(&b, NULL, copy, blob.len)) {
				refused++;
			} else {
				read++;
				sum += ask_everything(b);
				btf_close(b);
			}
			free(copy);
		}
		copy = malloc(at ? at : 1);
		memcpy(copy, blob.data, at);
		CHECK_EQ(btf_open_memory(&b, NULL, copy, at), -EBADMSG);
		free(copy);
	}
	CHECK(refused > 20 && read > 500 && sum > 0);
	buf_free(&blob);
}

/* A struct whose anonymous members are itself, many times; a typedef of itself. */
static void test_loops(void)
{
	struct btf_builder b = {0};
	struct btf_field self[200];
	struct buf blob = {0};
	struct btf *btf;
	struct btf_member_info m;
	uint64_t size, start;

	for (int i = 0; i < 200; i++)
		self[i] = (struct btf_field){"", 1, 0};
	btf_add_struct(&b, "outer", 8, self, 200);
	btf_add_array(&b, 2, 2, UINT32_MAX);
	btf_add_pointer(&b, 3);
	btf_builder_finish(&b, &blob);
	CHECK_EQ(btf_open_memory(&btf, NULL, blob.data, blob.len), 0);
	start = now_ns();
	CHECK(!btf_member_find(btf, 1, "x", &m));
	CHECK(now_ns() - start < 1000000000);
	CHECK(!btf_size(btf, 2, &size));
	CHECK(ask_everything(btf) > 0);
	btf_close(btf);
	btf_builder_free(&b);
	buf_free(&blob);
}

/* Types of a module go on where the kernel's end. */
static void test_split(void)
{
	struct btf_builder b = {0};
	struct buf base_blob = {0}, blob = {0};
	struct btf *base, *mod;
	struct btf_info t;
	struct btf_cursor c = {0};
	uint32_t seen = 0;
	struct btf_type *pointer;

	build(&base_blob);
	CHECK_EQ(btf_open_memory(&base, NULL, base_blob.data, base_blob.len), 0);
	btf_add_pointer(&b, 7);
	btf_add_struct(&b, "mine", 4, &(struct btf_field){"a", 1, 0}, 1);
	btf_builder_finish(&b, &blob);
	/* string offsets of split BTF count from the end of the base's */
	pointer = (struct btf_type *)(blob.data + sizeof(struct btf_header));
	pointer[1].name_off += ((struct btf_header *)base_blob.data)->str_len;
	CHECK_EQ(btf_open_memory(&mod, base, blob.data, blob.len), 0);
	CHECK_EQ(btf_count(mod), 11);
	CHECK_EQ(btf_find(mod, BTF_KIND_STRUCT, "mine"), 11);
	CHECK_EQ(btf_find(mod, BTF_KIND_STRUCT, "outer"), 7);
	CHECK_EQ(btf_find_next(mod, BTF_KIND_STRUCT, "outer", 7), 0);
	CHECK(btf_get(mod, 10, &t) && t.kind == BTF_KIND_PTR && t.ref == 7);
	while (btf_each(mod, 0, &c, &t))
		CHECK_EQ(t.id, ++seen);
	CHECK_EQ(seen, 11);
	btf_close(mod);
	btf_close(base);
	btf_builder_free(&b);
	buf_free(&base_blob);
	buf_free(&blob);
}

static void test_open_errors(void)
{
	struct buf why = {0};
	struct btf *b;

	setenv("SONDE_BTF", "/no/such/file", 1);
	CHECK_EQ(btf_open_kernel(&b, &why), -ENOENT);
	CHECK_STR(buf_str(&why), "/no/such/file: No such file or directory");
	buf_reset(&why);
	setenv("SONDE_BTF", "/proc/self/exe", 1);
	CHECK_EQ(btf_open_kernel(&b, &why), -EBADMSG);
	CHECK(strstr(buf_str(&why), "is not a BTF file"));
	setenv("SONDE_BTF", "/dev/null", 1);
	CHECK_EQ(btf_open_kernel(&b, NULL), -EINVAL);
	unsetenv("SONDE_BTF");
	buf_free(&why);
}

static double ms_since(uint64_t start)
{
	return (now_ns() - start) / 1e6;
}

static long resident_kb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

/* Found by halves or not: always the first of its name. */
static void test_every_function(const struct btf *b)
{
	struct btf_cursor at = {0};
	struct btf_info info;
	struct hmap first = {0};
	size_t wrong = 0;

	while (btf_each(b, BTF_KIND_FUNC, &at, &info))
		if (!hmap_gets(&first, info.name))
			hmap_puts(&first, info.name, (void *)(uintptr_t)info.id);
	for (at = (struct btf_cursor){0}; btf_each(b, BTF_KIND_FUNC, &at, &info);)
		wrong += btf_find(b, BTF_KIND_FUNC, info.name) != (uintptr_t)hmap_gets(&first, info.name);
	CHECK_EQ(wrong, 0);
	hmap_free(&first);
}

static void test_kernel_types(struct btf *b)
{
	uint32_t id = btf_find(b, BTF_KIND_STRUCT, "task_struct"), args, type;
	struct btf_member_info m;
	struct buf text = {0};
	const char *name;
	int64_t value;
	uint64_t size;

	CHECK(btf_member_find(b, id, "comm", &m));
	CHECK(btf_size(b, m.type, &size) && size == 16);
	CHECK(btf_member_find(b, id, "in_execve", &m)); /* a bitfield */
	CHECK_EQ(m.bit_size, 1);
	CHECK(btf_member_find(b, id, "tgid", &m));
	btf_print_type(b, m.type, &text);
	CHECK_STR(buf_str(&text), "pid_t");
	CHECK(btf_size(b, m.type, &size) && size == 4);
	CHECK(btf_raw_tracepoint(b, "sched_switch", &args) != 0);
	CHECK(args >= 3);
	CHECK(btf_raw_tracepoint_arg(b, "sched_switch", 1, &name, &type));
	CHECK(!*name || strcmp(name, "prev") == 0);
	buf_reset(&text);
	btf_print_type(b, type, &text);
	CHECK_STR(buf_str(&text), "struct task_struct *");
	CHECK_EQ(btf_raw_tracepoint(b, "no_such_event", &args), 0);
	CHECK(!btf_raw_tracepoint_arg(b, "sched_switch", args + 10, &name, &type));
	CHECK(btf_enumerator_find(b, "BPF_MAP_TYPE_RINGBUF", &value, NULL));
	CHECK_EQ(value, BPF_MAP_TYPE_RINGBUF);
	id = btf_find(b, BTF_KIND_TYPEDEF, "u32");
	CHECK(id && btf_size(b, id, &size) && size == 4);
	CHECK(btf_find(b, BTF_KIND_FUNC, "vfs_read") != 0);
	buf_free(&text);
}

static void test_kernel(void)
{
	long before = resident_kb();
	uint64_t start = now_ns();
	struct buf why = {0};
	struct btf *b;
	int err = btf_open_kernel(&b, &why);
	double open_ms = ms_since(start), first, absent, indexed;
	uint32_t id;

	if (err) {
		printf("no kernel BTF: %s\n", buf_str(&why));
		buf_free(&why);
		return;
	}
	start = now_ns();
	id = btf_find(b, BTF_KIND_STRUCT, "task_struct");
	first = ms_since(start);
	CHECK(id != 0);
	start = now_ns();
	CHECK_EQ(btf_find(b, BTF_KIND_STRUCT, "no_such_struct_here"), 0);
	absent = ms_since(start);
	printf("%u types: open %.3f ms, task_struct %.3f ms, an absent name %.3f ms, "
	       "+%ld KB resident, index %zu KB\n", btf_count(b), open_ms, first, absent,
	       resident_kb() - before, btf_index_bytes(b) / 1024);
	start = now_ns();
	for (int i = 0; i < 20; i++)
		CHECK(btf_find(b, BTF_KIND_STRUCT, "no_such_struct_here") == 0);
	indexed = ms_since(start);
	start = now_ns();
	for (int i = 0; i < 20; i++)
		CHECK(btf_find(b, BTF_KIND_STRUCT, "no_such_struct_here") == 0);
	printf("20 lookups with the table being built %.3f ms, 20 more %.3f ms, index %zu KB\n",
	       indexed, ms_since(start), btf_index_bytes(b) / 1024);
	test_every_function(b);
	test_kernel_types(b);
	start = now_ns();
	CHECK(ask_everything(b) > 0);
	printf("every question of every type %.1f ms\n", ms_since(start));
	CHECK(!btf_damage(b));
	btf_close(b);
	buf_free(&why);
}

int main(void)
{
	test_built();
	test_damaged();
	test_loops();
	test_split();
	test_open_errors();
	test_kernel();
	return test_end();
}
