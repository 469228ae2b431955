/*
 * plan_features.c - see plan_features.h. Start-up counts, so nothing is tried out here that
 * a version or a file tells; what depends on how the kernel was built is asked (features.h)
 * when a plan first needs it.
 */
#include "kern/plan_features.h"

#include <unistd.h>

#include "kern/features.h"

void features_for_plan(struct plan_features *f, bool pure)
{
	struct features *kernel = pure ? NULL : features_new();
	uint32_t k = pure ? 0x0612 : features_kernel(kernel);
	bool btf = pure || access("/sys/kernel/btf/vmlinux", R_OK) == 0;

	*f = (struct plan_features){.kernel = k, .btf = btf, .btf_tracepoint = btf, .raw_tracepoint = true,
				    .task_storage = k >= 0x050b, .fetch_atomics = k >= 0x050c,
				    .percpu_lookup = k >= 0x0513, .loop = k >= 0x0511,
				    .uprobe_multi = k >= 0x0606, .attach_cookie = k >= 0x050f,
				    .on_demand_maps = k >= 0x0601};
	if (kernel && f->uprobe_multi)
		f->uprobe_multi = feature_has(kernel, FEATURE_UPROBE_MULTI);
	features_free(kernel);
}
