/* complete.h - `sonde complete WORD... LAST`: what may stand in place of LAST, for shells. */
#ifndef SONDE_CMD_COMPLETE_H
#define SONDE_CMD_COMPLETE_H

#include <stdbool.h>

/*
 * The words are those behind "sonde", the last one is what there is of the word that is being
 * typed, perhaps "". Prints a line "WORD<tab>what it is" for each that begins like it; a line
 * ":files", ":folders" or ":commands" asks the shell to complete by these itself.
 * Does it when argv[1] is "complete", with its exit status in *status. False: it is not.
 */
bool complete_requested(int argc, char **argv, int *status);

#endif
