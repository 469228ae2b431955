/*
 * permission.c - see features.h: why the kernel refused, from what we can see of ourselves:
 * capabilities, user namespace, seccomp, lockdown, sysctls.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern/features_private.h"
#include "kern/uapi.h"

bool features_capable(unsigned cap)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (cap >= 64 || syscall(SYS_capget, &h, data) < 0)
		return false;
	return data[cap / 32].effective >> cap % 32 & 1;
}

/* The number after "Key:" in /proc/self/status; -1 when there is none. */
static long status_number(const char *key)
{
	struct buf b = {0};
	long value = -1;
	const char *at;

	if (!buf_read_file(&b, "/proc/self/status", 65536) && (at = strstr(buf_str(&b), key)))
		value = strtol(at + strlen(key), NULL, 10);
	buf_free(&b);
	return value;
}

static long number_file(const char *path, long otherwise)
{
	struct buf b = {0};
	long value = buf_read_file(&b, path, 64) ? otherwise : strtol(buf_str(&b), NULL, 10);

	buf_free(&b);
	return value;
}

/* The initial user namespace maps every id onto itself. */
static bool in_user_namespace(void)
{
	uint64_t inside, outside, count;
	struct buf b = {0};
	bool yes = false;

	if (!buf_read_file(&b, "/proc/self/uid_map", 65536))
		yes = sscanf(buf_str(&b), "%" SCNu64 " %" SCNu64 " %" SCNu64, &inside, &outside,
			     &count) != 3 || inside || outside || count < UINT32_MAX;
	buf_free(&b);
	return yes;
}

bool features_locked_down(void)
{
	struct buf b = {0};
	bool yes = !buf_read_file(&b, "/sys/kernel/security/lockdown", 4096) &&
		   strstr(buf_str(&b), "[confidentiality]");

	buf_free(&b);
	return yes;
}

static const char in_namespace[] =
	"capabilities inside a user namespace (a rootless container) do not count";

static void list_missing(struct buf *out, bool bpf, bool perfmon)
{
	buf_printf(out, "not permitted: needs %s%s%s (root has them)", bpf ? "CAP_BPF" : "",
		   bpf && perfmon ? " and " : "", perfmon ? "CAP_PERFMON" : "");
	if (in_user_namespace())
		buf_printf(out, "; %s", in_namespace);
}

void features_explain(int err, struct buf *out)
{
	bool all = features_capable(UAPI_CAP_SYS_ADMIN);
	bool bpf = all || features_capable(UAPI_CAP_BPF);
	bool perfmon = all || features_capable(UAPI_CAP_PERFMON);

	if (err == -ENOSYS) {
		buf_puts(out, "this kernel does not have the system call, or a seccomp filter hides it");
	} else if (err != -EPERM && err != -EACCES) {
		buf_printf(out, "%s", strerror(-err));
	} else if (!bpf || !perfmon) {
		list_missing(out, !bpf, !perfmon);
		if (!bpf && number_file("/proc/sys/kernel/unprivileged_bpf_disabled", 0) > 0)
			buf_puts(out, "; kernel.unprivileged_bpf_disabled is set");
	} else if (in_user_namespace()) {
		buf_printf(out, "not permitted: %s", in_namespace);
	} else if (status_number("Seccomp:") > 0) {
		buf_puts(out, "not permitted: a seccomp filter (a container's, a service's) forbids it");
	} else if (features_locked_down()) {
		buf_puts(out, "not permitted: the kernel is locked down (lockdown=confidentiality)");
	} else {
		buf_puts(out, "not permitted, although the capabilities are there:"
			 " a security module or the kernel's build forbids it");
	}
}
