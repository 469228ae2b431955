/* Tracepoint formats: every form of declaration, damage, and all of this machine's events. */
#include <sys/stat.h>
#include <unistd.h>

#include "kern_test.h"
#include "kern/tracefs.h"

static const char sample[] =
	"name: sample\nID: 4242\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\n"
	"\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
	"\tfield:char old_comm[TASK_COMM_LEN];\toffset:24;\tsize:16;\tsigned:0;\n"
	"\tfield:const char * name;\toffset:40;\tsize:8;\tsigned:0;\n"
	"\tfield:void *ptr;\toffset:48;\tsize:8;\tsigned:0;\n"
	"\tfield:unsigned long long big;\toffset:56;\tsize:8;\tsigned:0;\n"
	"\tfield:__data_loc char[] path;\toffset:64;\tsize:4;\tsigned:0;\n"
	"\tfield:__rel_loc u64[] addrs;\toffset:68;\tsize:4;\tsigned:0;\n"
	"\tfield:__u8 saddr_v6[16];\toffset:72;\tsize:16;\tsigned:0;\n"
	"\tfield:struct timespec64 when;\toffset:88;\tsize:16;\tsigned:0;\n"
	"\tfield:xfs_ino_t inos[3];\toffset:104;\tsize:24;\tsigned:0;\n"
	"\tfield:enum hctx_type type;\toffset:128;\tsize:4;\tsigned:0;\tmore:9;\n"
	"\tfield:unsigned long args[6];\toffset:136;\tsize:48;\tsigned:0;\n"
	"\tfield:nonsense\n"
	"\tfield:int huge;\toffset:70000;\tsize:4;\tsigned:1;\n"
	"\n"
	"print fmt: \"%s field:int not_me;\toffset:0;\tsize:4;\tsigned:1;\", REC->comm\n";

static const struct tracefs_field *field(const struct tracefs_format *f, const char *name)
{
	static const struct tracefs_field none;

	vec_each(i, &f->fields)
		if (str_eq(i->name, name))
			return i;
	fprintf(stderr, "no field %s\n", name);
	CHECK(false);
	return &none;
}

static void check_field(const struct tracefs_format *f, const char *name, const char *type,
			enum tracefs_kind kind, uint32_t elem_size, uint32_t count, bool is_char)
{
	const struct tracefs_field *i = field(f, name);

	CHECK_STR(i->type, type);
	CHECK_EQ(i->kind, kind);
	CHECK_EQ(i->elem_size, elem_size);
	CHECK_EQ(i->count, count);
	CHECK_EQ(i->is_char, is_char);
}

static void test_forms(void)
{
	struct tracefs_format f;

	CHECK_EQ(tracefs_format_parse(sample, sizeof(sample) - 1, &f), 0);
	CHECK_EQ(f.id, 4242);
	CHECK_EQ(f.fields.n, 14);
	CHECK_EQ(f.common, 2);
	CHECK_EQ(f.skipped, 2);
	check_field(&f, "common_pid", "int", TRACEFS_INT, 0, 0, false);
	CHECK(field(&f, "common_pid")->is_signed);
	check_field(&f, "comm", "char", TRACEFS_ARRAY, 1, 16, true);
	check_field(&f, "old_comm", "char", TRACEFS_ARRAY, 1, 16, true);
	check_field(&f, "name", "const char *", TRACEFS_POINTER, 0, 0, false);
	check_field(&f, "ptr", "void *", TRACEFS_POINTER, 0, 0, false);
	check_field(&f, "big", "unsigned long long", TRACEFS_INT, 0, 0, false);
	CHECK_EQ(field(&f, "big")->offset, 56);
	check_field(&f, "path", "char", TRACEFS_DATA_LOC, 1, 0, true);
	check_field(&f, "addrs", "u64", TRACEFS_REL_LOC, 8, 0, false);
	check_field(&f, "saddr_v6", "__u8", TRACEFS_ARRAY, 1, 16, false);
	check_field(&f, "when", "struct timespec64", TRACEFS_BLOB, 0, 0, false);
	check_field(&f, "inos", "xfs_ino_t", TRACEFS_ARRAY, 8, 3, false);
	check_field(&f, "type", "enum hctx_type", TRACEFS_INT, 0, 0, false);
	check_field(&f, "args", "unsigned long", TRACEFS_ARRAY, 8, 6, false);
	tracefs_format_free(&f);
}

static void parse_copy(const char *text, size_t size)
{
	char *copy = malloc(size + 1);
	struct tracefs_format f;

	memcpy(copy, text, size);
	copy[size] = '\xff'; /* never read: not part of the text */
	tracefs_format_parse(copy, size, &f);
	vec_each(i, &f.fields) {
		CHECK(i->name && *i->name && i->type && strlen(i->type) < size);
		CHECK(i->offset + i->size <= 65536);
	}
	tracefs_format_free(&f);
	free(copy);
}

static void test_damage(void)
{
	static const char values[] = {'\0', ';', '[', ']', ' ', '\n', '*', ':', '9', '-', '\xff'};
	char copy[sizeof(sample)];
	struct tracefs_format f;

	for (size_t i = 0; i < sizeof(sample) - 1; i++) {
		parse_copy(sample, i);
		for (size_t v = 0; v < sizeof(values); v++) {
			memcpy(copy, sample, sizeof(sample));
			copy[i] = values[v];
			parse_copy(copy, sizeof(sample) - 1);
		}
	}
	CHECK_EQ(tracefs_format_parse("", 0, &f), -EBADMSG);
	tracefs_format_free(&f);
	CHECK_EQ(tracefs_format_parse("ID: x\n", 6, &f), -EBADMSG);
	tracefs_format_free(&f);
}

static void put(const char *dir, const char *file, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "we");
	CHECK(f != NULL);
	if (!f)
		return;
	fputs(text, f);
	fclose(f);
}

static void test_override(void)
{
	static const char *const folders[] = {"", "/events", "/events/cat", "/events/cat/sample"};
	char dir[] = "/tmp/sonde-tracefs-XXXXXX", path[512];
	struct tracefs_events events;
	struct tracefs_format f;
	struct buf why = {0};
	struct tracefs t;
	uint32_t id = 0;

	CHECK(mkdtemp(dir) != NULL);
	setenv("SONDE_TRACEFS", dir, 1);
	CHECK_EQ(tracefs_find(&t, &why), -ENOENT);
	CHECK(strstr(buf_str(&why), "is not a tracefs"));
	for (size_t i = 1; i < ARRAY_SIZE(folders); i++) {
		snprintf(path, sizeof(path), "%s%s", dir, folders[i]);
		CHECK_EQ(mkdir(path, 0700), 0);
	}
	put(dir, "events/cat/sample/format", sample);
	put(dir, "events/cat/sample/id", "4242\n");
	put(dir, "events/cat/enable", "0\n");
	CHECK_EQ(tracefs_find(&t, NULL), 0);
	CHECK_EQ(tracefs_event_id(&t, "cat", "sample", &id), 0);
	CHECK_EQ(id, 4242);
	CHECK_EQ(tracefs_event_id(&t, "cat", "../cat/sample", &id), -ENOENT);
	CHECK_EQ(tracefs_event_id(&t, "..", "events", &id), -ENOENT);
	CHECK_EQ(tracefs_event_id(&t, "", "sample", &id), -ENOENT);
	CHECK_EQ(tracefs_format(&t, "cat", "sample", &f), 0);
	CHECK_EQ(f.fields.n, 14);
	tracefs_format_free(&f);
	CHECK_EQ(tracefs_format(&t, "cat", "none", &f), -ENOENT);
	tracefs_format_free(&f);
	/* without available_events: from the folders */
	CHECK_EQ(tracefs_events(&t, "c*", "*", &events), 0);
	CHECK_EQ(events.list.n, 1);
	CHECK(events.list.n == 1 && str_eq(events.list.v[0].name, "sample"));
	tracefs_events_free(&events);
	put(dir, "available_events", "cat:sample\nb:z\nb:a\nbroken\n");
	CHECK_EQ(tracefs_events(&t, "*", "*", &events), 0);
	CHECK_EQ(events.list.n, 3);
	CHECK(events.list.n == 3 && str_eq(events.list.v[0].name, "a"));
	tracefs_events_free(&events);
	CHECK_EQ(tracefs_events(&t, "cat", "none", &events), 0);
	CHECK_EQ(events.list.n, 0);
	tracefs_events_free(&events);
	snprintf(path, sizeof(path), "rm -r %s", dir);
	CHECK_EQ(system(path), 0);
	unsetenv("SONDE_TRACEFS");
	buf_free(&why);
}

/* Every event here: the format must be understood without a rest, fields inside the record. */
static void test_machine(void)
{
	struct tracefs_events events;
	struct tracefs_format f;
	struct buf why = {0};
	struct tracefs t;
	unsigned fields = 0;
	uint64_t start;
	uint32_t id = 0;

	if (tracefs_find(&t, &why)) {
		printf("this machine's events not tried: %s\n", buf_str(&why));
		buf_free(&why);
		return;
	}
	start = now_ns();
	CHECK_EQ(tracefs_events(&t, "*", "*", &events), 0);
	printf("%zu events listed in %.2f ms\n", events.list.n, (now_ns() - start) / 1e6);
	CHECK(now_ns() - start < 30000000);
	start = now_ns();
	vec_each(e, &events.list) {
		CHECK_EQ(tracefs_format(&t, e->category, e->name, &f), 0);
		CHECK_EQ(f.skipped, 0);
		CHECK_EQ(f.common, 4);
		fields += f.fields.n;
		vec_each(i, &f.fields) {
			if (i->kind == TRACEFS_ARRAY)
				CHECK_EQ(i->elem_size * i->count, i->size);
			if (i->kind == TRACEFS_INT && i->size > 8)
				CHECK(false);
		}
		tracefs_format_free(&f);
	}
	printf("%u fields of all of them in %.2f ms\n", fields, (now_ns() - start) / 1e6);
	tracefs_events_free(&events);
	CHECK_EQ(tracefs_format(&t, "sched", "sched_switch", &f), 0);
	check_field(&f, "prev_comm", "char", TRACEFS_ARRAY, 1, 16, true);
	CHECK_EQ(tracefs_event_id(&t, "sched", "sched_switch", &id), 0);
	CHECK_EQ(id, f.id);
	tracefs_format_free(&f);
	CHECK_EQ(tracefs_events(&t, "sched", "sched_sw*", &events), 0);
	CHECK(events.list.n >= 1);
	tracefs_events_free(&events);
	buf_free(&why);
}

int main(void)
{
	test_forms();
	test_damage();
	test_override();
	test_machine();
	return test_end();
}
