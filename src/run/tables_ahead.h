/*
 * tables_ahead.h - a second thread that makes unwind tables of a process's files, where none were made before.
 *
 *   files, in the order of their addresses     | 1 | 2 | 3 | 4 | 5 | 6 | 7 |
 *   whose tables the caller makes, and uses       ------->
 *   whose tables the second thread makes                        <----------
 *
 * What it makes is found in the cache on disk (sym/unwind_cached.h), as if an earlier run had made it.
 */
#ifndef SONDE_RUN_TABLES_AHEAD_H
#define SONDE_RUN_TABLES_AHEAD_H

#include <stdint.h>

#include "sym/procs.h"

struct tables_ahead;

/* For the process's files whose mappings have no note. The caller frees; `procs` is not used afterwards. */
struct tables_ahead *tables_ahead_new(struct procs *procs, uint32_t pid);
/* The caller is about to look for the table of the file at this address: waits, if it is being made. */
void tables_ahead_reach(struct tables_ahead *ahead, uint64_t start);
/* A table was not in the cache: others will not be either. The first time, if it is worth it, a thread is started. */
void tables_ahead_start(struct tables_ahead *ahead);
/* Waits for the table that is being made. */
void tables_ahead_free(struct tables_ahead *ahead);

#endif
