/* Features: answers agree with doing the thing; every probe gives back what it took; refusals. */
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kern_test.h"
#include "kern/btf.h"
#include "kern/features.h"
#include "kern/map.h"
#include "kern/sys.h"

static void test_print(struct features *f)
{
	struct buf text = {0}, json = {0};
	unsigned lines = 0;
	uint64_t start = now_ns();

	features_print(f, &text);
	printf("%sall asked in %.1f ms\n", buf_str(&text), (now_ns() - start) / 1e6);
	features_print_json(f, &json);
	for (const char *s = buf_str(&json); (s = strstr(s, "{\"name\":\"")); s++)
		lines++;
	CHECK_EQ(lines, FEATURE_COUNT);
	CHECK(str_starts(buf_str(&json), "{\"kernel\":\""));
	for (int i = 0; i < FEATURE_COUNT; i++) {
		CHECK(strstr(buf_str(&text), feature_name(i)) != NULL);
		CHECK(*feature_cost(i) != '\0');
		CHECK(feature_has(f, i) == !*feature_why(f, i));
	}
	buf_free(&text);
	buf_free(&json);
}

static void test_agrees(struct features *f)
{
	struct map_spec ring = {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096};
	int fd = map_create(&ring);

	CHECK_EQ(feature_has(f, FEATURE_RING_BUFFER), fd >= 0);
	sys_close(&fd);
	CHECK_EQ(feature_has(f, FEATURE_BTF), access("/sys/kernel/btf/vmlinux", R_OK) == 0 ||
		 getenv("SONDE_BTF"));
	CHECK_EQ(features_btf(f) != NULL, feature_has(f, FEATURE_BTF));
	features_drop_btf(f);
	CHECK_EQ(features_btf(f) != NULL, feature_has(f, FEATURE_BTF));
	CHECK(features_helper(f, BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_current_pid_tgid));
	CHECK(!features_helper(f, BPF_PROG_TYPE_KPROBE, BPF_FUNC_redirect));
	CHECK(!features_helper(f, BPF_PROG_TYPE_KPROBE, 100000));
	/* refused later than by name: for its program type, and where nothing may sleep */
	CHECK(!features_helper(f, BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_get_func_ip));
	CHECK(!features_helper(f, BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_copy_from_user));
	CHECK(features_kernel(f) >= 0x0400);
}

static void test_override(struct features *f)
{
	feature_override(f, FEATURE_BPF_LOOP, FEATURE_NO, "said so");
	CHECK(!feature_has(f, FEATURE_BPF_LOOP));
	CHECK_STR(feature_why(f, FEATURE_BPF_LOOP), "said so");
}

/* What each feature answers when the first, second, ... call below it fails. */
static void test_faults(void)
{
	for (unsigned nth = 1; nth <= 4; nth++) {
		for (int call = 0; call < SYS_CALL_COUNT; call++) {
			unsigned before = open_files();

			for (int id = 0; id < FEATURE_COUNT; id++) {
				struct features *f = features_new();

				feature_ask(f, FEATURE_BPF);
				sys_fault_set(call, -1, nth, EPERM);
				feature_ask(f, id);
				sys_fault_clear();
				CHECK(feature_has(f, id) || *feature_why(f, id));
				features_free(f);
			}
			CHECK_EQ(open_files(), before);
		}
	}
}

/* In a child without capabilities: refused, with the remedy named. */
static void test_unprivileged(void)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {0};
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		struct features *f;

		checks_failed = 0;
		if (syscall(SYS_capset, &h, none) < 0)
			_exit(2);
		f = features_new();
		CHECK(!features_capable(UAPI_CAP_BPF));
		if (feature_has(f, FEATURE_BPF)) /* a kernel open to everyone */
			_exit(checks_failed != 0);
		printf("without capabilities: %s\n", feature_why(f, FEATURE_BPF));
		CHECK(strstr(feature_why(f, FEATURE_BPF), "CAP_BPF and CAP_PERFMON"));
		CHECK_EQ(feature_ask(f, FEATURE_RING_BUFFER), FEATURE_UNKNOWN);
		CHECK_EQ(feature_ask(f, FEATURE_TASK_STORAGE), FEATURE_UNKNOWN);
		fflush(stdout);
		features_free(f);
		_exit(checks_failed != 0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 2));
}

int main(void)
{
	struct features *f = features_new();
	unsigned before = open_files();

	fflush(stdout);
	test_unprivileged();
	if (!feature_has(f, FEATURE_BPF))
		test_skip(feature_why(f, FEATURE_BPF), 0);
	test_print(f);
	CHECK_EQ(open_files(), before);
	test_agrees(f);
	test_override(f);
	features_free(f);
	test_faults();
	return test_end();
}
