/*
 * uprobes on this very program: matched by symbol, glob, offset and address; attached through
 * perf events and through a multi link; cookies; the pid filter; gone after detaching.
 */
#include <dirent.h>
#include <unistd.h>

#include "attach_test.h"
#include "kern/uprobe_ahead.h"
#include "run/world.h"

/* It begins with an instruction of a known length: the second one is probed, too. */
#if defined(__x86_64__)
#define ONE_SECOND "1"
#else
#define ONE_SECOND "4"
#endif
__attribute__((noinline, noclone)) int probed_one(int n)
{
	__asm__ volatile("nop");
	__asm__ volatile("" : "+r"(n));
	return n + 1;
}

__attribute__((noinline, noclone)) int probed_two(int n)
{
	__asm__ volatile("" : "+r"(n));
	return n + 2;
}

static struct types types;
static const char *self;

static struct machine *machine(struct fixture *f, int64_t pid)
{
	struct world_options options = {.arena = f->arena, .types = &types, .pid = pid};

	types_init(&types, f->arena);
	return machine_new(&options);
}

static unsigned match(struct machine *m, enum provider provider, const char *path,
		      const char *function, target_list *out, const char **why, const char **hint)
{
	struct world *w = machine_world(m);
	const char *parts[] = {path, function};

	*why = *hint = "";
	*out = (target_list){0};
	w->match(w, provider, parts, 2, out, why, hint);
	return out->n;
}

static void test_match(void)
{
	struct fixture f;
	target_list targets;
	const char *why, *hint;

	fixture_init(&f);
	struct machine *m = machine(&f, 0);
	CHECK_EQ(match(m, PROVIDER_UPROBE, self, "probed_one", &targets, &why, &hint), 1);
	const struct target *one = targets.v[0];
	CHECK_STR(one->symbol, "probed_one");
	CHECK(one->file_offset != 0);
	CHECK(str_starts(one->name, "uprobe:/") && strstr(one->name, ":probed_one"));
	CHECK_EQ(match(m, PROVIDER_UPROBE, self, "probed_*", &targets, &why, &hint), 2);
	CHECK_EQ(match(m, PROVIDER_UPROBE, self, "probed_one+" ONE_SECOND, &targets, &why, &hint), 1);
	CHECK_EQ(targets.v[0]->file_offset, one->file_offset + (uint64_t)atoi(ONE_SECOND));
	char *address = xasprintf("0x%" PRIx64, one->address);
	CHECK_EQ(match(m, PROVIDER_UPROBE, self, address, &targets, &why, &hint), 1);
	CHECK_EQ(targets.v[0]->file_offset, one->file_offset);
	free(address);
	CHECK_EQ(match(m, PROVIDER_UPROBE, self, "probed_oen", &targets, &why, &hint), 0);
	CHECK(strstr(why, "probed_oen") && strstr(hint, "probed_one"));
	CHECK_EQ(match(m, PROVIDER_UPROBE, self, "probed_one+5000", &targets, &why, &hint), 0);
	CHECK(strstr(why, "shorter"));
	CHECK_EQ(match(m, PROVIDER_URETPROBE, self, "probed_one+1", &targets, &why, &hint), 0);
	CHECK_EQ(match(m, PROVIDER_UPROBE, "/no/such/file", "x", &targets, &why, &hint), 0);
	CHECK(strstr(why, "/no/such/file"));
	CHECK_EQ(match(m, PROVIDER_UPROBE, "libc", "malloc", &targets, &why, &hint), 1);
	CHECK(strstr(targets.v[0]->path, "libc"));
	CHECK_EQ(match(m, PROVIDER_UPROBE, "/etc/passwd", "x", &targets, &why, &hint), 0);
	CHECK(why[0]);
	machine_free(m);
	types_free(&types);
	fixture_free(&f);
}

static void calls(int count)
{
	for (int i = 0; i < count; i++)
		if (probed_one(i) + probed_two(i) != 2 * i + 3)
			CHECK(false);
}

/* Counter 0 counts probed_one, counter 1 probed_two, told apart by the cookie. */
static void test_attach(enum carrier carrier, bool is_return, int64_t pid, int expect)
{
	struct fixture f;
	target_list one, two;
	const char *why, *hint;

	fixture_init(&f);
	struct machine *m = machine(&f, 0);
	enum provider provider = is_return ? PROVIDER_URETPROBE : PROVIDER_UPROBE;
	CHECK_EQ(match(m, provider, self, "probed_one", &one, &why, &hint), 1);
	CHECK_EQ(match(m, provider, self, "probed_two", &two, &why, &hint), 1);
	struct program *p = program_new(&f, carrier, one.v[0], 0, false, true);
	struct attachment second = {.target = two.v[0], .cookie = 1};
	avec_push(f.arena, &p->attachments, second);
	p->is_return = is_return;
	CHECK(fixture_load(&f, NULL));
	if (!fixture_attach(&f, pid)) {
		diags_show(&f);
		CHECK(false);
	}
	CHECK_EQ(f.attached.links.n, carrier == CARRIER_UPROBE ? 2 : 1);
	calls(100);
	for (int i = 0; i < 7; i++)
		probed_two(i);
	CHECK_EQ(counter(&f, 0), expect ? 100 : 0);
	CHECK_EQ(counter(&f, 1), expect ? 107 : 0);
	detach(&f.attached);
	calls(100);
	CHECK_EQ(counter(&f, 0), expect ? 100 : 0);
	machine_free(m);
	types_free(&types);
	fixture_free(&f);
}

/* What cannot be attached is said in one line, and nothing stays attached. */
static void test_refused(enum carrier carrier)
{
	struct fixture f;
	target_list good;
	const char *why, *hint;

	fixture_init(&f);
	struct machine *m = machine(&f, 0);
	CHECK_EQ(match(m, PROVIDER_UPROBE, self, "probed_one", &good, &why, &hint), 1);
	struct program *p = program_new(&f, carrier, good.v[0], 0, false, true);
	struct target *bad = target_new(&f, PROVIDER_UPROBE, "uprobe:/no/such/file:f");
	bad->path = "/no/such/file";
	struct attachment second = {.target = bad, .cookie = 1};
	avec_push(f.arena, &p->attachments, second);
	CHECK(fixture_load(&f, NULL));
	CHECK(!fixture_attach(&f, 0));
	CHECK_EQ(f.diags.errors, 1);
	CHECK(f.diags.list.n == 1 && f.diags.list.v[0].id == DIAG_HOOK_MISSING);
	CHECK(strstr(f.diags.list.v[0].message, "/no/such/file"));
	CHECK_EQ(f.attached.links.n, 0);
	calls(10);
	CHECK_EQ(counter(&f, 0), 0);
	machine_free(m);
	types_free(&types);
	fixture_free(&f);
}

/*
 * All functions of the C library, of which some begin with an instruction that cannot carry a
 * uprobe (x86-64: lock prefixes): those are left out with a warning, the rest is attached.
 */
static void test_wildcard(enum carrier carrier)
{
	struct fixture f;
	target_list targets;
	const char *why, *hint;
	struct node point = {.text = {"uprobe:libc:*", 13}}, *list[] = {&point};
	struct node node = {.list = {list, 1, 1}};
	struct probe probe = {.node = &node};

	fixture_init(&f);
	struct machine *m = machine(&f, 0);
	const char *glob = carrier == CARRIER_UPROBE ? "getppi*" : "*";
	CHECK(match(m, PROVIDER_UPROBE, "libc", glob, &targets, &why, &hint) > 0);
	struct program *p = program_new(&f, carrier, NULL, 0, true, false);
	for (size_t i = 0; i < targets.n; i++) {
		struct attachment a = {.target = targets.v[i], .probe = &probe};
		avec_push(f.arena, &p->attachments, a);
	}
	CHECK(fixture_load(&f, NULL));
	CHECK(fixture_attach(&f, getpid()));
	CHECK_EQ(f.diags.errors, 0);
	for (size_t i = 0; i < f.diags.list.n; i++)
		CHECK_EQ(f.diags.list.v[i].id, DIAG_PARTLY_ATTACHED);
#if defined(__x86_64__) && defined(__GLIBC__)
	CHECK_EQ(f.diags.list.n, carrier == CARRIER_UPROBE_MULTI);
#endif
	uint64_t before = counter(&f, 0);
	CHECK(getppid() > 0);
	CHECK(counter(&f, 0) > before);
	machine_free(m);
	types_free(&types);
	fixture_free(&f);
}

static bool has_multi(void)
{
	struct fixture f;

	fixture_init(&f);
	struct machine *m = machine(&f, 0);
	bool has = machine_world(m)->kernel >= 0x0606;
	machine_free(m);
	types_free(&types);
	fixture_free(&f);
	return has;
}

static unsigned descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned n = 0;

	while (folder && readdir(folder))
		n++;
	closedir(folder);
	return n;
}

/* All that it takes is given back, whenever it is let go. */
static void test_ahead(void)
{
	unsigned before = descriptors();
	struct uprobe_ahead *at_once = uprobe_ahead_begin(), *later = uprobe_ahead_begin();

	CHECK(at_once && later);
	uprobe_ahead_end(at_once);
	usleep(50000); /* beyond the first that waits */
	CHECK(descriptors() > before);
	uprobe_ahead_done(later);
	uprobe_ahead_end(later);
	uprobe_ahead_end(NULL);
	CHECK_EQ(descriptors(), before);
}

int main(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	pid_t parent = getppid();

	CHECK(n > 0);
	self = path;
	test_match();
	test_ahead();
	test_attach(CARRIER_UPROBE, false, 0, 1);
	test_attach(CARRIER_UPROBE, true, 0, 1);
	test_attach(CARRIER_UPROBE, false, getpid(), 1);
	test_attach(CARRIER_UPROBE, false, parent, 0);
	test_refused(CARRIER_UPROBE);
	test_wildcard(CARRIER_UPROBE);
	if (!has_multi()) {
		printf("not tried: uprobe_multi, which needs Linux 6.6\n");
		return test_end();
	}
	test_attach(CARRIER_UPROBE_MULTI, false, 0, 1);
	test_attach(CARRIER_UPROBE_MULTI, true, 0, 1);
	test_attach(CARRIER_UPROBE_MULTI, false, getpid(), 1);
	test_attach(CARRIER_UPROBE_MULTI, false, parent, 0);
	test_refused(CARRIER_UPROBE_MULTI);
	test_wildcard(CARRIER_UPROBE_MULTI);
	return test_end();
}
