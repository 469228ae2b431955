/*
 * plan_features.c - see plan_features.h. Start-up counts: what this kernel's version promises
 * is not tried out. What it does not promise is asked of the kernel (features.h), as vendors
 * bring new features to old versions; so is what depends on how the kernel was built.
 */
#include "kern/plan_features.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/library.h"
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

/* The mode in parentheses: "none voluntary (full)"; or as the kernel was told when it was started. */
static bool mode_is_full(void)
{
	struct buf text = {0};
	bool full = true; /* not known: the careful answer */

	if (!buf_read_file(&text, "/sys/kernel/debug/sched/preempt", 256)) {
		full = strstr(buf_str(&text), "(full)") || strstr(buf_str(&text), "(lazy)");
	} else {
		buf_reset(&text);
		if (!buf_read_file(&text, "/proc/cmdline", 65536))
			full = !strstr(buf_str(&text), "preempt=none") && !strstr(buf_str(&text), "preempt=voluntary");
	}
	buf_free(&text);
	return full;
}

/* Whether the kernel preempts its own code. uname -v names the model it was built with. */
static bool is_preemptible(void)
{
	struct utsname name;

	if (uname(&name) || !strstr(name.version, "PREEMPT"))
		return false;
	if (strstr(name.version, "PREEMPT_DYNAMIC"))
		return mode_is_full();
	/* 6.13 and later say PREEMPT(none), PREEMPT(voluntary) */
	return !strstr(name.version, "PREEMPT(none)") && !strstr(name.version, "PREEMPT(voluntary)");
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
		.shared_stacks = a.version >= 0x060d && kernel && is_preemptible(),
		/* tests that print stages say so themselves: not every build has the walker */
		.unwind_tables = bpf_library_function(HELPER_UNWIND_USER) && btf &&
			(kernel ? promised_or_asked(&a, 0x0511, FEATURE_BPF_LOOP) : getenv("SONDE_UNWIND") != NULL),
		.on_demand_maps = promised_or_asked(&a, 0x0601, FEATURE_SAFE_ALLOCATION),
		.tai_clock = promised_or_asked(&a, 0x0601, FEATURE_KTIME_TAI),
	};
	features_free(kernel);
}

static const char *why_not(struct features *kernel, enum feature_id id, struct arena *arena)
{
	if (!kernel || feature_has(kernel, id))
		return NULL;
	const char *why = feature_why(kernel, id);
	return why && *why ? arena_strdup(arena, why) : "this kernel does not offer them";
}

void features_for_functions(struct plan_features *f, struct arena *arena, bool pure)
{
	struct features *kernel = pure ? NULL : features_new();

	f->no_kprobe = why_not(kernel, FEATURE_KPROBE, arena);
	f->no_fentry = why_not(kernel, FEATURE_FENTRY, arena);
	f->kprobe = !f->no_kprobe;
	f->fentry = !f->no_fentry;
	f->kprobe_multi = f->kprobe && (!kernel || feature_has(kernel, FEATURE_KPROBE_MULTI));
	f->kprobe_session = f->kprobe_multi && f->kernel >= 0x060a &&
			    (!kernel || feature_has(kernel, FEATURE_KPROBE_SESSION));
	f->func_arg = f->kernel >= 0x0511;
	f->preemptible = kernel && is_preemptible();
	features_free(kernel);
}

bool features_without(struct plan_features *f, const char *names, const char **unknown)
{
	static const char *const asked = "not used, as --no-feature asks";
	static const struct { const char *name; size_t offset; } known[] = {
#define AT(name) {#name, offsetof(struct plan_features, name)}
		AT(kprobe), AT(kprobe_multi), AT(kprobe_session), AT(fentry), AT(uprobe_multi), AT(raw_tracepoint),
		AT(btf_tracepoint),
		AT(loop), AT(fetch_atomics), AT(on_demand_maps), AT(task_storage), AT(attach_cookie),
		AT(tai_clock),
#undef AT
	};

	for (const char *p = names; p && *p; p += *p == ',') {
		size_t len = strcspn(p, ","), i = 0;

		while (i < ARRAY_SIZE(known) && (strlen(known[i].name) != len || strncmp(known[i].name, p, len)))
			i++;
		*unknown = p;
		if (i == ARRAY_SIZE(known))
			return false;
		*(bool *)((char *)f + known[i].offset) = false;
		p += len;
	}
	if (!f->kprobe && !f->no_kprobe)
		f->no_kprobe = asked;
	if (!f->fentry && !f->no_fentry)
		f->no_fentry = asked;
	f->kprobe_multi &= f->kprobe;
	f->kprobe_session &= f->kprobe_multi;
	return true;
}
