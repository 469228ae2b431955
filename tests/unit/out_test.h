/*
 * out_test.h - for tests of printing: types, names out of tables, an output into a buffer.
 */
#ifndef SONDE_OUT_TEST_H
#define SONDE_OUT_TEST_H

#include <stdlib.h>

#include "out/output.h"
#include "out/value.h"
#include "unit/unit.h"

static struct arena *test_arena;
static struct types test_types;

static void test_stack(void *ctx, uint64_t id, uint32_t pid, struct frames *out)
{
	static const char *const names[] = {"leaf", "middle", "root"};

	(void)ctx;
	(void)pid;
	if (id == 404)
		return;
	for (uint32_t i = 0; i < 3; i++)
		vec_push(&out->list, ((struct frame){.address = 0x1000 * (i + 1) + id, .name = names[i],
						     .offset = i + 1}));
	vec_push(&out->list, ((struct frame){.address = 0xabc}));
}

static void test_symbol(void *ctx, struct frame *frame)
{
	(void)ctx;
	if (frame->address == 0x5000)
		frame->name = "vfs_read";
	if (frame->address == 0x5bad)
		frame->name = "\033[2Jread\xc2\x9b";
}

static void test_user_symbol(void *ctx, uint32_t pid, struct frame *frame)
{
	if (pid == 7)
		test_symbol(ctx, frame);
}

static void test_user(void *ctx, uint64_t uid, struct buf *out)
{
	(void)ctx;
	buf_printf(out, "user%llu", (unsigned long long)uid);
}

static void test_cgroup(void *ctx, uint64_t id, const char *filter, struct buf *out)
{
	(void)ctx;
	buf_printf(out, "/group%llu%s%s", (unsigned long long)id, filter ? filter : "", id == 666 ? "\033]0;\a" : "");
}

static int64_t test_wall_time(void *ctx, uint64_t ns, uint32_t clock)
{
	(void)ctx;
	return (int64_t)ns + clock * 1000000000ll;
}

static const char *test_enumerator(void *ctx, const void *type, int64_t value)
{
	(void)ctx;
	(void)type;
	return value == 2 ? "TWO" : NULL;
}

static const char *const test_strings[] = {"%Y-%m-%d %H:%M:%S.%f", "filter"};

static struct names test_names = {
	.stack = test_stack, .kernel_symbol = test_symbol, .user_symbol = test_user_symbol,
	.user = test_user, .cgroup = test_cgroup, .wall_time = test_wall_time,
	.enumerator = test_enumerator, .strings = test_strings, .nstrings = 2,
	.trailer = "..", .cut_size = 64,
};

static inline void test_begin(void)
{
	setenv("TZ", "UTC", 1);
	test_arena = arena_new();
	types_init(&test_types, test_arena);
}

static inline int test_end(void)
{
	types_free(&test_types);
	arena_free(test_arena);
	return unit_result();
}

static inline const struct type *simple(enum type_kind kind)
{
	return type_simple(&test_types, kind);
}

/* A tuple of these types. */
#define TUPLE(...) type_tuple(&test_types, (const struct type *[]){__VA_ARGS__}, NULL, \
			      sizeof((const struct type *[]){__VA_ARGS__}) / sizeof(struct type *))

/* What `call` wrote into the output of that form. */
struct test_output {
	struct output *out;
	char *file_text, *message_text;
	size_t file_size, message_size;
	FILE *file, *messages;
};

static inline void test_output_open(struct test_output *t, const char *form)
{
	*t = (struct test_output){0};
	t->file = open_memstream(&t->file_text, &t->file_size);
	t->messages = open_memstream(&t->message_text, &t->message_size);
	t->out = output_new(form, t->file, t->messages);
	t->out->names = &test_names;
}

static inline void test_output_close(struct test_output *t)
{
	output_free(t->out);
	fclose(t->file);
	fclose(t->messages);
	free(t->file_text);
	free(t->message_text);
}

/* What was written since the last time. */
static inline const char *test_output_text(struct test_output *t)
{
	static struct buf text;

	fflush(t->file);
	buf_reset(&text);
	buf_add(&text, t->file_text, t->file_size);
	rewind(t->file);
	return buf_str(&text);
}

#endif
