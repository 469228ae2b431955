/*
 * plan_features.c - see plan_features.h. Start-up counts: what this kernel's version promises
 * is not tried out. What it does not promise is asked of the kernel (features.h), as vendors
 * bring new features to old versions; so is what depends on how the kernel was built.
 */
#include "kern/plan_features.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kern/features.h"

/* The newest kernel the stages are printed for: printing does not depend on the machine. */
#define PURE_KERNEL 0x0612

struct asked {
	struct features *kernel; /* NULL: only its version counts */
	uint32_t version;        /* 0xMMmm */
};

static bool promised_or_asked(const struct asked *a, uint32_t since, enum feature_id id)
{
	return a->version >= since || (a->kernel && feature_has(a->kernel, id));
}

/* SONDE_KERNEL=5.10 prints the stages as for that kernel. */
static uint32_t pure_kernel(void)
{
	const char *text = getenv("SONDE_KERNEL");
	unsigned major, minor;

	if (!text || sscanf(text, "%u.%u", &major, &minor) != 2 || major > 255 || minor > 255)
		return PURE_KERNEL;
	return major << 8 | minor;
}

/* Whether there is BTF, without opening it: most scripts need none. */
static bool has_btf(const struct features *kernel)
{
	const char *file = getenv("SONDE_BTF");

	return !kernel || access(file && *file ? file : "/sys/kernel/btf/vmlinux", R_OK) == 0;
}

void features_for_plan(struct plan_features *f, bool pure)
{
	struct features *kernel = pure ? NULL : features_new();
	struct asked a = {kernel, kernel ? features_kernel(kernel) : pure_kernel()};
	bool btf = has_btf(kernel);

	*f = (struct plan_features){
		.kernel = a.version,
		.btf = btf,
		.btf_tracepoint = btf && promised_or_asked(&a, 0x0505, FEATURE_TP_BTF),
		.raw_tracepoint = promised_or_asked(&a, 0x0411, FEATURE_RAW_TRACEPOINT),
		/* the current task is handed to it as a BTF pointer */
		.task_storage = btf && promised_or_asked(&a, 0x050d, FEATURE_TASK_STORAGE),
		.fetch_atomics = promised_or_asked(&a, 0x050c, FEATURE_ATOMIC_FETCH),
		.percpu_lookup = promised_or_asked(&a, 0x0513, FEATURE_PERCPU_LOOKUP),
		.loop = promised_or_asked(&a, 0x0511, FEATURE_BPF_LOOP),
		/* depends on how the kernel was built, and costs nothing where the answer is no */
		.uprobe_multi = a.version >= 0x0606 && (!kernel || feature_has(kernel, FEATURE_UPROBE_MULTI)),
		.attach_cookie = promised_or_asked(&a, 0x050f, FEATURE_COOKIE),
		.on_demand_maps = promised_or_asked(&a, 0x0601, FEATURE_SAFE_ALLOCATION),
	};
	features_free(kernel);
}
