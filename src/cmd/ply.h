/*
 * ply.h - started under ply's name (a link), or as `sonde ply ...`: ply's language, its command
 * line of today and of 2017, and its way to show results. Counts are exact.
 */
#ifndef SONDE_CMD_PLY_H
#define SONDE_CMD_PLY_H

#include <stdbool.h>

struct manual; /* cmd/manual.h */

/* True when it was asked for; it has then been done, with its exit status in *status. */
bool ply_requested(int argc, char **argv, int *status);
/* What it says of itself. */
void ply_manual(struct manual *m, const char *name);

#endif
