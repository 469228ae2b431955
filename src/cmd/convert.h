/* convert.h - `sonde convert`, `sonde merge`, `sonde diff`: profiles from files to files. */
#ifndef SONDE_CMD_CONVERT_H
#define SONDE_CMD_CONVERT_H

#include <stdbool.h>

struct manual; /* cmd/manual.h */

/* Does it when argv[1] is one of them, with its exit status in *status. False: it is not. */
bool convert_requested(int argc, char **argv, int *status);
/* What each of them says of itself. */
void convert_manual(struct manual *m, const char *name);

#endif
