/*
 * accounting.h - what was lost, by cause, and what tracing cost.
 *
 * The kernel measures run time only while somebody asks it to (BPF_ENABLE_STATS), and that
 * adds some 30 ns to every run of every program on the machine. So it is asked for short
 * windows only, and what they saw is scaled to the whole time; unless the exact number of
 * runs is needed: when samples are counted, or --max-cpu or -v is given.
 */
#ifndef SONDE_RUN_ACCOUNTING_H
#define SONDE_RUN_ACCOUNTING_H

#include "kern/attach.h"
#include "run/output.h"

struct program_account {
	uint64_t runs, ns;          /* measured */
	uint64_t first_runs, first_ns; /* when the window was opened: others may measure too */
	uint64_t misses;            /* skipped by the kernel: a probe inside a probe */
	uint64_t samples_skipped;
};

struct cpu_mark { /* for --max-cpu */
	uint64_t at, used; /* ns */
};

struct accounting {
	const struct plan *plan;
	const struct loaded_programs *programs;
	const struct attached *attached;
	bool always;
	int stats_fd;               /* open: the kernel measures now; -1 */
	uint64_t begun, ended;      /* when everything was attached; detached; 0: not yet */
	uint64_t window_begun, measured; /* ns */
	uint64_t next_window, gap, window;
	struct program_account *accounts; /* by program */
	struct cpu_mark marks[5];
	unsigned nmarks;
};

/* Before attaching. `always`: the whole time is measured. */
void accounting_open(struct accounting *acc, const struct plan *plan,
		     const struct loaded_programs *programs, const struct attached *attached, bool always);
void accounting_close(struct accounting *acc); /* a zeroed one is fine */
/* Everything is attached. */
void accounting_begin(struct accounting *acc);
/*
 * Opens and closes windows; ms until it wants to be called again, -1: never.
 */
int accounting_tick(struct accounting *acc, uint64_t now);
/*
 * Just before detaching: stops sampling events, so that periods and runs can be compared, and
 * takes the last readings.
 */
void accounting_end(struct accounting *acc);

/*
 * Share of a CPU, in percent, that probes and sonde took over the last second; -1 before a
 * second has passed. To be called several times a second.
 */
double accounting_cpu_share(struct accounting *acc, uint64_t now);

/* After accounting_end. */
uint64_t accounting_misses(const struct accounting *acc);
uint64_t accounting_samples_skipped(const struct accounting *acc);
/* Probes with the largest share first. Freed with free(cost->probes). */
void accounting_cost(const struct accounting *acc, uint64_t maps_bytes, struct cost *cost);

/* Counts by enum ir_loss into lines, those that occurred; returns how many. */
size_t loss_lines(const uint64_t counts[LOSS_COUNT], struct loss_line out[LOSS_COUNT]);

#endif
