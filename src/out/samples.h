/*
 * samples.h - what a session prints that has stacks, as samples of a profile (prof/profile.h).
 *
 *   @[comm, pid, kstack, ustack] = count()          each entry of a map with a stack in its key
 *   row(TIME, COMM, PID, TID, CPU, ustack)          a row with a stack among its values
 *   print((time=nsecs, comm=comm, ustack=ustack))   a record or tuple
 *
 * Keys and columns of tools, and a record's members, have names: COMM, PID, TID, CPU and TIME (ns) become
 * the sample's thread, CPU and time. Everything else beside the stacks are frames at the root, in order;
 * several threads in a key are as stack_key.h says.
 */
#ifndef SONDE_OUT_SAMPLES_H
#define SONDE_OUT_SAMPLES_H

#include "out/common.h"
#include "prof/profile.h"

struct samples {
	const struct output *out;  /* whose names and style */
	struct profile *profile;   /* where they go */
};

/* The map's key has a stack (key_has_stack). */
void samples_add_map(struct samples *o, const struct snapshot *snapshot);
/* Values that belong together, as one sample. False: there is no stack among them. */
bool samples_add_values(struct samples *o, const struct value *values, const char *const *names, size_t n);
/* The same of a record or tuple, whose members have names. */
bool samples_add_record(struct samples *o, const struct value *value);

#endif
