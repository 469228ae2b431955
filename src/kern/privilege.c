/* privilege.c - see privilege.h. Capability numbers: linux/capability.h. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern/privilege.h"
#include "kern/uapi.h"

enum { KERNEL_SPLIT = 0x0508 }; /* CAP_BPF and CAP_PERFMON exist from here on */

struct caps {
	uint64_t effective, permitted, inheritable;
};

static int caps_get(struct caps *c)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) != 0)
		return -errno;
	c->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	c->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	c->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

static int caps_set(const struct caps *c)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{c->effective, c->permitted, c->inheritable},
		{c->effective >> 32, c->permitted >> 32, c->inheritable >> 32},
	};

	return syscall(SYS_capset, &header, data) == 0 ? 0 : -errno;
}

static bool has(const struct caps *c, unsigned cap)
{
	return c->effective >> cap & 1;
}

bool privilege_check(uint32_t kernel, struct buf *why, struct buf *hint)
{
	struct caps c;
	int err = caps_get(&c);

	if (err) {
		buf_printf(why, "the capabilities of this process cannot be read: %s", strerror(-err));
		return false;
	}
	if (has(&c, UAPI_CAP_SYS_ADMIN))
		return true;
	if (kernel < KERNEL_SPLIT) {
		buf_puts(why, "tracing needs CAP_SYS_ADMIN on this kernel, which this process "
			      "does not have");
		buf_puts(hint, "run it as root (sudo)");
		return false;
	}
	bool bpf = has(&c, UAPI_CAP_BPF), perfmon = has(&c, UAPI_CAP_PERFMON);
	if (bpf && perfmon)
		return true;
	buf_printf(why, "tracing needs %s%s%s, which this process does not have",
		   bpf ? "" : "CAP_BPF", !bpf && !perfmon ? " and " : "",
		   perfmon ? "" : "CAP_PERFMON");
	if (geteuid() == 0)
		buf_puts(hint, "this is root without these capabilities, as in a container: start "
			       "it privileged, or with --cap-add for them");
	else
		buf_puts(hint, "run it as root (sudo), or give the program the capabilities: setcap "
			       "cap_bpf,cap_perfmon,cap_dac_read_search,cap_sys_ptrace,cap_syslog+ep");
	return false;
}

void privilege_print(struct buf *out)
{
	static const struct {
		unsigned cap;
		const char *text;
	} rows[] = {
		{UAPI_CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH: tracepoints are listed in tracefs, "
					   "which only root or this capability reads"},
		{UAPI_CAP_SYSLOG, "CAP_SYSLOG: kernel symbols cannot be named"},
		{UAPI_CAP_SYS_PTRACE, "CAP_SYS_PTRACE: symbols of other users' processes cannot be "
				      "named"},
	};
	struct caps c;

	if (caps_get(&c))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!has(&c, rows[i].cap) &&
		    !(rows[i].cap == UAPI_CAP_DAC_READ_SEARCH && geteuid() == 0))
			buf_printf(out, "missing %s\n", rows[i].text);
}

int privilege_drop(uint32_t kernel)
{
	struct caps c;
	uint64_t keep = 1ull << UAPI_CAP_DAC_READ_SEARCH | 1ull << UAPI_CAP_SYS_PTRACE |
			1ull << UAPI_CAP_SYSLOG | 1ull << CAP_KILL;
	int err = caps_get(&c);

	if (err)
		return err;
	if (kernel >= KERNEL_SPLIT && has(&c, UAPI_CAP_BPF) && has(&c, UAPI_CAP_PERFMON))
		keep |= 1ull << UAPI_CAP_BPF | 1ull << UAPI_CAP_PERFMON;
	else
		keep |= 1ull << UAPI_CAP_SYS_ADMIN;
	c.effective &= keep;
	c.permitted &= keep;
	c.inheritable &= keep;
	err = caps_set(&c);
	/* What exec could give back (set-user-ID files) stays gone, too. */
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		err = -errno;
	return err;
}
