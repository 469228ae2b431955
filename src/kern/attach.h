/*
 * attach.h - a loaded plan, attached: all of it or nothing, in the plan's order, and
 * detached so that it never takes longer than the kernel makes it.
 *
 *   programs --attach_plan--> attached->links --detach--> nothing left
 *
 * Programs run by sonde itself (begin, end, self) are run with attached_run.
 */
#ifndef SONDE_KERN_ATTACH_H
#define SONDE_KERN_ATTACH_H

#include "kern/load.h"
#include "kern/probe/probe.h"

/* What leaves through perf waits for grace periods, one after the other (measured: 40-110). */
enum { PERF_DETACH_MS = 73, GRACE_PERIOD_MS = 60 };

struct attached {
	link_list links;
	const struct plan *plan;
	const struct loaded_programs *programs;
	struct control *control; /* of the maps; may be NULL */
	uint64_t attach_ns;
};

struct attach_options {
	int64_t pid;         /* -p; 0: everything */
	int64_t child;       /* of -c: uprobes are in it alone, unless `family`; 0: none */
	bool family;         /* programs themselves know which processes are the child's: lang/family.h */
	struct diags *diags; /* HOOK_MISSING with the position of the attach point */
	struct buf *timing;  /* -v: one line a program, with the time it took; or NULL */
};

/*
 * Attaches every program in order; uprobe programs last to first among themselves, because
 * of several on one function the kernel runs the newest first. With missing_probes = warn or
 * ignore in the script's config a hook that is not there does not fail the rest. False with
 * diagnostics, and nothing attached.
 */
bool attach_plan(struct attached *a, const struct plan *plan,
		 const struct loaded_programs *programs, const struct kernel_maps *maps,
		 const struct attach_options *options);

/*
 * Lets programs return at once (control.stopping), then gives back every link, the fast ones
 * first. Twice, or on a zeroed struct, is harmless.
 */
void detach(struct attached *a);
/* How long detach will about take, in ms, and because of how many perf tracepoints and uprobes. */
unsigned detach_estimate_ms(const struct attached *a, unsigned *through_perf);

/* Runs a CARRIER_RUN program once, here and now. 0 or -errno; *retval (may be NULL): what it returned. */
int attached_run(const struct attached *a, uint32_t program, uint32_t *retval);

/* Closes what watches this address, now. */
void attached_unwatch(struct attached *a, uint64_t address);

/*
 * Walks every iterator that is not pinned, once, and closes its link; pinned ones stay for who
 * reads the file. 0, or the first -errno with one line in `why`.
 */
int attached_iterate(struct attached *a, struct buf *why);

/*
 * Sampling programs: periods that have elapsed since they were attached, summed over CPUs or
 * threads; what the program did not run for was skipped by the kernel. 0 for other programs.
 */
uint64_t attached_periods(const struct attached *a, uint32_t program);

#endif
