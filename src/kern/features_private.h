/* features_private.h - between features.c, feature_probe.c and permission.c only. */
#ifndef SONDE_KERN_FEATURES_PRIVATE_H
#define SONDE_KERN_FEATURES_PRIVATE_H

#include "base/hmap.h"
#include "kern/btf.h"
#include "kern/features.h"
#include "kern/tracefs.h"

struct features {
	char release[96];
	uint32_t kernel;
	enum feature_answer answers[FEATURE_COUNT]; /* 0: not asked */
	char *whys[FEATURE_COUNT];
	struct hmap helpers; /* u64 type << 32 | helper -> answer */
	struct btf *btf;
};

/* Answers one question; the reason, when not yes, is appended to `why`. */
typedef enum feature_answer feature_probe(struct features *f, struct buf *why);

#define FEATURE(id, name, since, probe, cost) feature_probe ask_##probe;
#define FEATURE_HELPER(id, name, since, type, helper, cost)
#include "kern/feature.def"
#undef FEATURE
#undef FEATURE_HELPER

/* lockdown=confidentiality: nothing may read kernel memory. False where it cannot be seen. */
bool features_locked_down(void);
enum feature_answer probe_helper(uint32_t prog_type, uint32_t helper);

#endif
