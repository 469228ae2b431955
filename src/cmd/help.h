/* help.h - `sonde help`: what every command and tool says of itself, in each form of manual.h. */
#ifndef SONDE_CMD_HELP_H
#define SONDE_CMD_HELP_H

#include "cmd/manual.h"

#include <stdio.h>

/*
 * `sonde help [--man|--markdown] [--samples DIR] [NAME]` is done, with its exit status in *status.
 * False: it is not that.
 */
bool help_requested(int argc, char **argv, int *status);
/* Of one command or tool, as text; NULL: of sonde itself. The exit status, 0. */
int help_print(const char *name, FILE *file);
/* The whole manual of one; NULL or "sonde": of sonde itself. False: there is none of that name. */
bool help_write(struct manual *m, const char *name);
/* One name that has a manual after another; `get` is called with each and what it does. */
void help_each(void (*get)(void *ctx, const char *name, const char *what), void *ctx);

#endif
