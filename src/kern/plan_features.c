/* plan_features.c - see plan_features.h. Versions: the commit that brought each feature. */
#include "kern/plan_features.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

static uint32_t kernel_version(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 0x050a;
	return major << 8 | (minor & 0xff);
}

void features_for_plan(struct features *f, bool pure)
{
	uint32_t k = pure ? 0x0612 : kernel_version();
	bool btf = pure || access("/sys/kernel/btf/vmlinux", R_OK) == 0;

	*f = (struct features){.kernel = k, .btf = btf, .btf_tracepoint = btf, .raw_tracepoint = true,
			       .task_storage = k >= 0x050b, .fetch_atomics = k >= 0x050c,
			       .percpu_lookup = k >= 0x0513, .loop = k >= 0x0511,
			       .uprobe_multi = k >= 0x0606, .attach_cookie = k >= 0x050f,
			       .on_demand_maps = k >= 0x0601};
}
