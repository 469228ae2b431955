/*
 * features.h - what this kernel offers, found out by trying, not by version: a distribution's
 * 4.18 may have what is new in 5.10, and a hardened 6.18 may lack what is old.
 *
 * Each question is asked of the kernel once, when first put (most cost 20 to 100 us; nothing
 * stays loaded or attached), and its answer kept. The table is feature.def.
 */
#ifndef SONDE_KERN_FEATURES_H
#define SONDE_KERN_FEATURES_H

#include "base/buf.h"

enum feature_id {
#define FEATURE(id, name, since, probe, cost) FEATURE_##id,
#define FEATURE_HELPER(id, name, since, type, helper, cost) FEATURE_##id,
#include "kern/feature.def"
#undef FEATURE
#undef FEATURE_HELPER
	FEATURE_COUNT
};

enum feature_answer {
	FEATURE_YES = 1,
	FEATURE_NO,
	FEATURE_UNKNOWN, /* we are not permitted to find out */
};

struct features;
struct btf;

struct features *features_new(void);
void features_free(struct features *f);

/* Asks the kernel unless asked before. */
enum feature_answer feature_ask(struct features *f, enum feature_id id);
static inline bool feature_has(struct features *f, enum feature_id id)
{
	return feature_ask(f, id) == FEATURE_YES;
}
/* Why the answer is not yes, in plain words without a full stop; "" when it is. */
const char *feature_why(struct features *f, enum feature_id id);
const char *feature_name(enum feature_id id);
const char *feature_cost(enum feature_id id);
/* For tests and for --attach=classic: from now on the answer is this. `why` is copied. */
void feature_override(struct features *f, enum feature_id id, enum feature_answer answer,
		      const char *why);

/* Whether programs of `prog_type` (BPF_PROG_TYPE_*) may call helper number `helper`. */
bool features_helper(struct features *f, uint32_t prog_type, uint32_t helper);

/* 0xMMmm, as in 0x0612 for 6.18; 0 when uname makes no sense. */
uint32_t features_kernel(const struct features *f);
/* As uname gives it: "6.18.44-xyz". */
const char *features_release(const struct features *f);
/*
 * The kernel's BTF, opened at the first call; NULL when there is none: the reason is feature_why of
 * FEATURE_BTF. It belongs to `f`.
 */
const struct btf *features_btf(struct features *f);
/* Gives the BTF's memory back once a script is compiled; opened again when asked for. */
void features_drop_btf(struct features *f);

/* Every feature, one a line, with its reason and what it costs where it is lacking. */
void features_print(struct features *f, struct buf *out);
/* The same as one JSON object: {"kernel":..., "features":[{"name":...,"present":...},...]}. */
void features_print_json(struct features *f, struct buf *out);

/*
 * Why bpf(2), perf_event_open(2) or an open of the kernel's files was answered `err`
 * (negative errno), in plain words: capabilities, seccomp, user namespace, lockdown, sysctl.
 */
void features_explain(int err, struct buf *out);
/* Effective capability by number (UAPI_CAP_*). */
bool features_capable(unsigned cap);

#endif
