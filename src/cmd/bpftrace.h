/*
 * bpftrace.h - started under bpftrace's name (a link), or as `sonde bpftrace ...`: that
 * program's command line, messages, output and exit statuses, as of 0.27.
 */
#ifndef SONDE_CMD_BPFTRACE_H
#define SONDE_CMD_BPFTRACE_H

#include <stdbool.h>

struct manual; /* cmd/manual.h */

/* True when it was asked for; it has then been done, with its exit status in *status. */
bool bpftrace_requested(int argc, char **argv, int *status);
/* What it says of itself. */
void bpftrace_manual(struct manual *m, const char *name);

#endif
