/*
 * Kernel types from BTF: against tests/world/world.btf where it lies beside (known shapes), and
 * against the running kernel (facts that hold on every kernel). Skipped where there is neither.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "kern_test.h"
#include "run/world.h"

static struct arena *arena;
static struct types types;

static struct machine *machine(const char *btf)
{
	struct world_options options = {.arena = arena, .types = &types, .btf_path = btf};

	return machine_new(&options);
}

static const struct type *field_type(struct world *w, const struct type *t, const char *name,
				     struct field *out)
{
	if (t->kind == TYPE_STRUCT)
		w->complete(w, (struct type *)t);
	for (uint32_t i = 0; i < t->nfields; i++)
		if (!t->fields[i].name)
			w->complete(w, (struct type *)t->fields[i].type);
	return type_field(t, name, out) ? out->type : NULL;
}

static void test_kernel(void)
{
	struct machine *m = machine(NULL);
	struct world *w = machine_world(m);
	struct field f;
	int64_t value;
	const struct type *t, *task = w->type_named(w, OP_STRUCT, "task_struct");

	if (!task) {
		machine_free(m);
		test_skip("this kernel has no BTF", 0);
	}
	CHECK(task->kind == TYPE_STRUCT && task->size > 1000);
	CHECK(w->type_named(w, OP_STRUCT, "task_struct") == task);
	t = field_type(w, task, "pid", &f);
	CHECK(t == type_int(&types, 4, true));
	t = field_type(w, task, "comm", &f);
	CHECK(t == type_string(&types, 16));
	t = field_type(w, task, "real_parent", &f);
	CHECK(t && t->kind == TYPE_POINTER && t->elem == task && t->space == TYPE_SPACE_KERNEL);
	t = field_type(w, task, "start_time", &f);
	CHECK(t && t->kind == TYPE_INT && t->size == 8 && !t->is_signed);
	CHECK(!field_type(w, task, "no_such_field_at_all", &f));
	/* bit field inside a group of them */
	t = field_type(w, task, "in_execve", &f);
	CHECK(t && f.bit_size == 1 && f.bit_offset < 8);

	t = w->type_named(w, OP_NONE, "u32");
	CHECK(t == type_int(&types, 4, false));
	t = w->type_named(w, OP_NONE, "pid_t");
	CHECK(t == type_int(&types, 4, true));
	CHECK(!w->type_named(w, OP_STRUCT, "no_such_struct"));
	CHECK(w->enumerator(w, "BPF_MAP_TYPE_RINGBUF", &value, &t));
	CHECK_EQ(value, BPF_MAP_TYPE_RINGBUF);
	CHECK(t->kind == TYPE_ENUM && t->size == 4);
	CHECK(!w->enumerator(w, "NO_SUCH_ENUMERATOR", &value, &t));

	CHECK(machine_btf_tracepoint(m, NULL, "sched_switch") != 0);
	CHECK_EQ(machine_btf_tracepoint(m, NULL, "no_such_tracepoint"), 0);
	machine_free(m);
}

static void test_rawtracepoint(void)
{
	struct machine *m = machine(NULL);
	struct world *w = machine_world(m);
	target_list targets = {0};
	const char *why, *hint, *parts[] = {"sched_switch"};
	struct field f;
	const struct type *args, *t;

	CHECK(w->match(w, PROVIDER_RAWTRACEPOINT, parts, 1, &targets, &why, &hint));
	CHECK_EQ(targets.n, 1);
	CHECK_STR(targets.v[0]->name, "rawtracepoint:sched_switch");
	args = w->args(w, targets.v[0]);
	CHECK(args && args->is_args && args->complete);
	t = args ? field_type(w, args, "prev", &f) : NULL;
	CHECK(t && t->kind == TYPE_POINTER && t->trusted);
	CHECK(t && t->elem == w->type_named(w, OP_STRUCT, "task_struct"));
	CHECK(t && f.source == FIELD_RAW_ARG && f.offset == 1);

	targets.n = 0;
	parts[0] = "sched_process_*";
	CHECK(w->match(w, PROVIDER_RAWTRACEPOINT, parts, 1, &targets, &why, &hint));
	CHECK(targets.n >= 3);
	targets.n = 0;
	parts[0] = "sched_swich";
	CHECK(!w->match(w, PROVIDER_RAWTRACEPOINT, parts, 1, &targets, &why, &hint));
	CHECK(why && strstr(why, "sched_swich"));
	CHECK(hint && strstr(hint, "sched_switch"));
	machine_free(m);
}

static void test_names(void)
{
	struct machine *m = machine(NULL);
	struct world *w = machine_world(m);
	uint64_t value = 0;
	struct stat st;
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	CHECK(n > 0);
	exe[MAX_OF(n, 0)] = '\0';
	CHECK(w->uaddr(w, exe, "main", &value) && value != 0);
	CHECK(!w->uaddr(w, exe, "no_such_symbol_here", &value));
	CHECK(!w->uaddr(w, "/no/such/file", "main", &value));
	CHECK(!w->kaddr(w, "no_such_kernel_symbol_here", &value));
	if (stat("/sys/fs/cgroup", &st) == 0) {
		CHECK(w->cgroupid(w, "/sys/fs/cgroup", &value));
		CHECK_EQ(value, st.st_ino);
	}
	CHECK(!w->cgroupid(w, "no/such/cgroup", &value));
	CHECK(!w->cgroupid(w, "/etc/passwd", &value));
	CHECK(w->ncpus >= 1 && w->kernel >= 0x0400);
	machine_free(m);
}

static void test_file(const char *path)
{
	struct machine *m = machine(path);
	struct world *w = machine_world(m);
	struct field f;
	const struct type *t, *dentry;

	if (access(path, R_OK) != 0) {
		machine_free(m);
		printf("not here: %s\n", path);
		return;
	}
	t = w->type_named(w, OP_STRUCT, "qstr");
	CHECK(t && t->kind == TYPE_STRUCT);
	/* through an anonymous struct in an anonymous union */
	w->complete(w, (struct type *)t);
	w->complete(w, (struct type *)t->fields[0].type);
	w->complete(w, (struct type *)t->fields[0].type->fields[0].type);
	CHECK(type_field(t, "len", &f) && f.offset == 4 && f.type == type_int(&types, 4, false));
	CHECK(type_field(t, "name", &f) && f.offset == 8 && f.type->kind == TYPE_POINTER);
	dentry = w->type_named(w, OP_STRUCT, "dentry");
	t = field_type(w, dentry, "d_parent", &f);
	CHECK(t && t->elem == dentry);
	t = field_type(w, w->type_named(w, OP_STRUCT, "super_block"), "s_id", &f);
	CHECK(t == type_string(&types, 32));
	CHECK(!w->type_named(w, OP_STRUCT, "no_such_struct"));
	machine_free(m);
}

int main(void)
{
	unsetenv("SONDE_BTF"); /* this one is about the running kernel */
	arena = arena_new();
	types_init(&types, arena);
	test_file("tests/world/world.btf");
	test_names();
	test_kernel();
	test_rawtracepoint();
	types_free(&types);
	arena_free(arena);
	return test_end();
}
