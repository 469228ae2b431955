/* stream.h - that what was printed has arrived; and that there is something to print to. */
#ifndef SONDE_CMD_STREAM_H
#define SONDE_CMD_STREAM_H

#include <stdbool.h>
#include <stdio.h>

/*
 * What waits in `file`'s buffer is written. False: not all that was printed has arrived, and one line by
 * `speaker` ("sonde") named the file and said why; a reader that has seen enough (EPIPE) is no failure.
 * `error`: errno of a write before that failed; 0: none, or not known.
 */
bool stream_finish(FILE *file, const char *name, const char *speaker, int error);

/*
 * Where standard input, output or error is closed, something stands in its place on which the same calls
 * fail: no file that is opened later gets its number, and what is meant for it.
 */
void stream_hold_standard(void);

#endif
