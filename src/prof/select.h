/* select.h - which samples count: by process, thread, cpu, time, names in the stack. */
#ifndef SONDE_PROF_SELECT_H
#define SONDE_PROF_SELECT_H

#include "prof/profile.h"

struct prof_select {
	const char *process, *thread; /* a command, or an id; NULL: any */
	const char *cpus;             /* "0,2-4" */
	const char *time;             /* "A..B", seconds after profile_start; either may be left out */
	const char *match, *below;    /* extended regular expressions over frames' labels */
};

/*
 * Drops the samples that are not asked for; with `below` the stacks begin at the outermost frame
 * that matches. The number that is left, or -EINVAL with one line in *why (static text, or
 * valid until the next call).
 */
int64_t profile_select(struct profile *p, const struct prof_select *select, const char **why);

#endif
