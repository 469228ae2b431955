/*
 * trial.h - a script's test: and bench: probes, run one after the other.
 *
 * A test fails when its program returns something else than 0, by errorf() (so by assert()), and
 * by exit(). What it prints comes between the lines that name it.
 */
#ifndef SONDE_RUN_TRIAL_H
#define SONDE_RUN_TRIAL_H

#include "kern/attach.h"
#include "run/printer.h"
#include "run/reader.h"

struct trial {
	const struct plan *plan;
	const struct attached *attached;
	struct reader *reader;   /* not running: it is drained after each run */
	struct printer *printer; /* not running */
	struct output *out;
};

/* True when all passed. What cannot be run is said on the messages, and fails. */
bool trial_tests(struct trial *t);
/* True when all could be measured. */
bool trial_benchmarks(struct trial *t);

#endif
