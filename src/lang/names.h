/* names.h - the texts of error and signal numbers, as the C library gives them. */
#ifndef SONDE_LANG_NAMES_H
#define SONDE_LANG_NAMES_H

#include <stdint.h>

/* Of either sign; a number that is no error: "Unknown error". Valid for good. */
const char *literal_error(int64_t number);
/* "Killed"; a number that is no signal: "Unknown signal". Valid for good. */
const char *literal_signal(int64_t number);
/* "SIGUSR1", "USR1" or "sigusr1" as a number; 0: none. */
int literal_signal_number(const char *name);

#endif
