/* Capabilities: what is missing is named with the remedy; what is dropped stays dropped. */
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kern/map.h"
#include "kern/privilege.h"
#include "kern_test.h"

enum { SPLIT = 0x0508 };

static uint64_t capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	syscall(SYS_capget, &header, data);
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static void only(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{keep, keep, 0}, {keep >> 32, keep >> 32, 0},
	};

	CHECK_EQ(syscall(SYS_capset, &header, data), 0);
}

/* Runs in a process of its own, since what is dropped does not come back. */
static void in_child(void (*test)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		checks_failed = 0;
		test();
		fflush(stderr);
		_exit(checks_failed != 0);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
}

static void expect(uint32_t kernel, bool want, const char *why_has, const char *hint_has)
{
	struct buf why = {0}, hint = {0};

	CHECK_EQ(privilege_check(kernel, &why, &hint), want);
	CHECK(strstr(buf_str(&why), why_has));
	CHECK(strstr(buf_str(&hint), hint_has));
	buf_free(&why);
	buf_free(&hint);
}

static void none(void)
{
	only(0);
	expect(SPLIT, false, "CAP_BPF and CAP_PERFMON", "container");
	expect(0x0504, false, "CAP_SYS_ADMIN", "root");
}

static void not_root(void)
{
	only(1ull << CAP_SETUID);
	CHECK_EQ(setuid(65534), 0);
	expect(SPLIT, false, "CAP_BPF and CAP_PERFMON", "setcap");
	struct buf out = {0};
	privilege_print(&out);
	CHECK(strstr(buf_str(&out), "CAP_SYSLOG"));
	buf_free(&out);
}

static void one_of_two(void)
{
	only(1ull << UAPI_CAP_BPF);
	expect(SPLIT, false, "needs CAP_PERFMON", "");
	only(0);
}

static void both(void)
{
	only(1ull << UAPI_CAP_BPF | 1ull << UAPI_CAP_PERFMON);
	expect(SPLIT, true, "", "");
	expect(0x0504, false, "CAP_SYS_ADMIN", "root");
}

static void dropped(void)
{
	struct map_spec spec = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 1, .name = "test"};
	uint32_t key = 0;
	uint64_t value = 5;
	int fd = map_create(&spec);

	CHECK_EQ(privilege_drop(SPLIT), 0);
	CHECK(!(capabilities() & 1ull << UAPI_CAP_SYS_ADMIN));
	CHECK(!(capabilities() & 1ull << CAP_SYS_MODULE));
	CHECK(capabilities() & 1ull << UAPI_CAP_BPF);
	if (fd >= 0) { /* what was made before is still ours to read, and to grow */
		CHECK_EQ(map_update(fd, &key, &value, BPF_ANY), 0);
		value = 0;
		CHECK_EQ(map_lookup(fd, &key, &value), 0);
		CHECK_EQ(value, 5);
		fd = map_create(&spec);
		CHECK(fd >= 0);
	}
	expect(SPLIT, true, "", "");
}

int main(void)
{
	if (!(capabilities() & 1ull << UAPI_CAP_SYS_ADMIN))
		test_skip("needs root", 0);
	in_child(none);
	in_child(not_root);
	in_child(one_of_two);
	in_child(both);
	in_child(dropped);
	return test_end();
}
