/*
 * summary.h - what -c prints: strace's table, and how the time of the costliest calls is spread. Pure.
 */
#ifndef SONDE_OUT_STRACE_SUMMARY_H
#define SONDE_OUT_STRACE_SUMMARY_H

#include "base/buf.h"
#include "run/strace/calls.h"

struct summary_row {
	uint32_t number;
	struct strace_summary s;
};

enum summary_order { ORDER_TIME, ORDER_CALLS, ORDER_ERRORS, ORDER_NAME };

/* Rows are put in order. Time is what passed between entry and end, waiting included. */
void summary_print(struct summary_row *rows, size_t n, enum summary_order order, unsigned histograms,
		   struct buf *out);
/*
 * The time below which the part `q` (0 to 1) of the calls stayed, ns; interpolated within its bucket:
 * off by at most a quarter. `s` has calls.
 */
uint64_t summary_quantile(const struct strace_summary *s, double q);

#endif
