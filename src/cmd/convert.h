/* convert.h - `sonde convert`, `sonde merge`, `sonde diff`: profiles from files to files. */
#ifndef SONDE_CMD_CONVERT_H
#define SONDE_CMD_CONVERT_H

#include <stdbool.h>

/* Does it when argv[1] is one of them, with its exit status in *status. False: it is not. */
bool convert_requested(int argc, char **argv, int *status);

#endif
