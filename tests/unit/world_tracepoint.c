/*
 * Tracepoints, their arguments, and listing: against the copies of tests/world, which are the
 * same on every machine.
 */
#include "kern_test.h"
#include "run/list.h"
#include "run/world.h"

static struct arena *arena;
static struct types types;
static struct machine *m;
static struct world *w;

static const struct target *match_one(const char *category, const char *event)
{
	target_list targets = {0};
	const char *why, *hint, *parts[] = {category, event};

	if (!w->match(w, PROVIDER_TRACEPOINT, parts, 2, &targets, &why, &hint)) {
		fprintf(stderr, "%s:%s: %s\n", category, event, why);
		CHECK(false);
		return NULL;
	}
	CHECK_EQ(targets.n, 1);
	return targets.v[0];
}

static void no_match(const char *category, const char *event, const char *say, const char *remedy)
{
	target_list targets = {0};
	const char *why, *hint, *parts[] = {category, event};

	CHECK(!w->match(w, PROVIDER_TRACEPOINT, parts, 2, &targets, &why, &hint));
	CHECK(why && strstr(why, say));
	CHECK(!remedy || (hint && strstr(hint, remedy)));
	CHECK_EQ(targets.n, 0);
}

static void field(const struct type *args, const char *name, enum field_source source,
		  uint32_t offset, const struct type *type)
{
	struct field f;

	if (!args || !type_field(args, name, &f)) {
		fprintf(stderr, "no field %s\n", name);
		CHECK(false);
		return;
	}
	CHECK_EQ(f.source, source);
	CHECK_EQ(f.offset, offset);
	if (f.type != type)
		fprintf(stderr, "%s is %s, not %s\n", name, type_name(&types, f.type),
			type_name(&types, type));
	CHECK(f.type == type);
}

static const struct type *integer(unsigned size, bool is_signed)
{
	return type_int(&types, size, is_signed);
}

static void test_args(void)
{
	const struct target *t = match_one("syscalls", "sys_enter_write");
	const struct type *args = t ? w->args(w, t) : NULL;
	struct field f;

	CHECK_STR(t->name, "tracepoint:syscalls:sys_enter_write");
#if defined(__x86_64__)
	CHECK_EQ(t->number, 1);
#elif defined(__aarch64__)
	CHECK_EQ(t->number, 64);
#endif
	CHECK(args && args->is_args && args->nfields == 4);
	field(args, "__syscall_nr", FIELD_PLAIN, 8, integer(4, true));
	field(args, "fd", FIELD_SYSCALL, 0, integer(4, false));
	field(args, "count", FIELD_SYSCALL, 2, integer(8, false));
	CHECK(type_field(args, "buf", &f) && f.source == FIELD_SYSCALL && f.offset == 1);
	CHECK(f.type->kind == TYPE_POINTER && f.type->elem == integer(1, true));
	CHECK(w->args(w, t) == args);

	args = w->args(w, match_one("syscalls", "sys_enter_openat"));
	field(args, "dfd", FIELD_SYSCALL, 0, integer(4, true));
	field(args, "mode", FIELD_SYSCALL, 3, integer(2, false));
	args = w->args(w, match_one("syscalls", "sys_exit_read"));
	field(args, "ret", FIELD_PLAIN, 16, integer(8, true));
	args = w->args(w, match_one("sched", "sched_switch"));
	field(args, "prev_comm", FIELD_PLAIN, 8, type_string(&types, 16));
	field(args, "next_pid", FIELD_PLAIN, 56, integer(4, true));
	field(args, "prev_state", FIELD_PLAIN, 32, integer(8, true));
	args = w->args(w, match_one("sched", "sched_process_exec"));
	field(args, "filename", FIELD_DATA_LOC, 8, type_string(&types, 0));
	args = w->args(w, match_one("block", "block_rq_issue"));
	field(args, "rwbs", FIELD_PLAIN, 34, type_string(&types, 10));
	field(args, "sector", FIELD_PLAIN, 16, integer(8, false));
	args = w->args(w, match_one("sock", "inet_sock_set_state"));
	CHECK(args && type_field(args, "saddr", &f) && f.type->kind == TYPE_ARRAY);
	CHECK(f.type->count == 4 && f.type->elem == integer(1, false));
}

static void test_match(void)
{
	target_list targets = {0};
	const char *why, *hint, *parts[] = {"syscalls", "sys_*_read"};

	CHECK(w->match(w, PROVIDER_TRACEPOINT, parts, 2, &targets, &why, &hint));
	CHECK_EQ(targets.n, 2);
	CHECK_STR(targets.v[0]->event, "sys_enter_read");
	no_match("syscalls", "sys_enter_wirte", "sys_enter_wirte", "sys_enter_write");
	no_match("shced", "sched_switch", "shced", "sched");
	no_match("sched", "*nothing*", "nothing", NULL);
	no_match("..", "passwd", "..", NULL);
	no_match("syscalls", "../../../../etc", "..", NULL);
}

static long list(const char *pattern, bool verbose, const char *want)
{
	struct buf out = {0}, why = {0}, hint = {0};
	long n = list_print(m, pattern, verbose, &out, &why, &hint);

	if (want && !strstr(n < 0 ? buf_str(&why) : buf_str(&out), want)) {
		fprintf(stderr, "-l %s: %ld, %s%s\n", pattern, n, buf_str(&out), buf_str(&why));
		CHECK(false);
	}
	buf_free(&out);
	buf_free(&why);
	buf_free(&hint);
	return n;
}

static void test_list(void)
{
	CHECK(list("tracepoint:*", false, "tracepoint:sched:sched_switch\n") > 10);
	CHECK_EQ(list("tracepoint:sched:sched_wakeup*", false, "sched_wakeup_new\n"), 2);
	CHECK(list("t:sched", false, "sched_process_exit") >= 5);
	CHECK_EQ(list("t:*enter_openat", false, "tracepoint:syscalls:sys_enter_openat\n"), 1);
	CHECK_EQ(list("*:sched:*switch", false, "tracepoint:sched:sched_switch\n"), 1);
	CHECK_EQ(list("tracepoint:syscalls:sys_enter_write,software:page-faults", false, "soft"), 2);
	CHECK_EQ(list("tracepoint:syscalls:sys_enter_write", true,
		      "tracepoint:syscalls:sys_enter_write\n    int __syscall_nr\n"
		      "    unsigned int fd\n    const char * buf\n    size_t count\n"), 1);
	CHECK_EQ(list("tracepoint:sched:sched_process_exec", true,
		      "    __data_loc char[] filename\n"), 1);
	CHECK_EQ(list("tracepoint:sched:sched_swtich", false, "no tracepoint"), -1);
	CHECK_EQ(list("kprobe:vfs_*", false, "kprobe:vfs_read\n"), 1);
	CHECK_EQ(list("kfunc:tcp_c*", true,
		      "fentry:vmlinux:tcp_close\n    struct sock * sk\n    long int timeout\n"), 1);
	CHECK_EQ(list("fexit:vmlinux:vfs_read", true, "    loff_t * pos\n    long int retval\n"), 1);
	CHECK_EQ(list("usdt:./prog:*", false, "./prog: No such file"), -1);
	CHECK_EQ(list("uprobe:/no/such/file:*", false, "/no/such/file"), -1);
	CHECK_EQ(list("struct qstr", false, "struct qstr\n"), 1);
	CHECK_EQ(list("struct qstr", true, "struct qstr {\n\tunion {\n\t\tstruct {\n\t\t\tu32 hash;\n"
		      "\t\t\tu32 len;\n\t\t};\n\t\tu64 hash_len;\n\t};\n\tconst unsigned char *name;\n};\n"), 1);
	CHECK_EQ(list("struct no_such_thing", true, "nothing matches"), -1);
	CHECK(list("", false, "begin\nend\n") > 20);
}

static void test_periods(void)
{
	target_list targets = {0};
	const char *why, *hint;
	static const struct {
		const char *parts[2];
		unsigned nparts;
		uint64_t period;
	} good[] = {
		{{"s", "1"}, 2, 1000000000}, {{"ms", "10"}, 2, 10000000}, {{"hz", "99"}, 2, 10101010},
		{{"us", "50"}, 2, 50000}, {{"1s"}, 1, 1000000000}, {{"250ms"}, 1, 250000000},
		{{"100000"}, 1, 100000},
	}, bad[] = {
		{{"s", "0"}, 2, 0}, {{"s", "x"}, 2, 0}, {{"hz", "1000000"}, 2, 0}, {{"us", "1"}, 2, 0},
		{{"parsec", "1"}, 2, 0}, {{"1parsec"}, 1, 0}, {{"s", "18446744073709551615"}, 2, 0},
		{{""}, 1, 0}, {{"99999999999999999999s"}, 1, 0}, {{"s", "-1"}, 2, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		targets.n = 0;
		CHECK(w->match(w, PROVIDER_INTERVAL, good[i].parts, good[i].nparts, &targets, &why,
			       &hint));
		CHECK(targets.n == 1 && targets.v[0]->period == good[i].period);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		targets.n = 0;
		CHECK(!w->match(w, PROVIDER_PROFILE, bad[i].parts, bad[i].nparts, &targets, &why, &hint));
		CHECK(why && *why);
	}
}

int main(void)
{
	struct world_options options = {.btf_path = "tests/world/world.btf"};

	setenv("SONDE_TRACEFS", "tests/world/tracefs", 1);
	arena = options.arena = arena_new();
	types_init(&types, arena);
	options.types = &types;
	m = machine_new(&options);
	w = machine_world(m);
	test_args();
	test_match();
	test_list();
	test_periods();
	machine_free(m);
	types_free(&types);
	arena_free(arena);
	return test_end();
}
