/* strace.h - `sonde strace`: system calls, one a line, without stopping who makes them. */
#ifndef SONDE_CMD_STRACE_H
#define SONDE_CMD_STRACE_H

#include <stdbool.h>

struct manual; /* cmd/manual.h */

/* Does it when argv[1] is "strace", with its exit status in *status. False: it is not. */
bool strace_requested(int argc, char **argv, int *status);
/* What it says of itself. */
void strace_manual(struct manual *m, const char *name);

#endif
