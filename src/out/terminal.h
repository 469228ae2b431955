/* terminal.h - what a picture of characters may be like where it is shown. */
#ifndef SONDE_OUT_TERMINAL_H
#define SONDE_OUT_TERMINAL_H

#include <stdbool.h>

struct terminal {
	unsigned columns; /* the window's; else of $COLUMNS; else 80 */
	bool colour;      /* on a terminal that is not dumb, unless $NO_COLOR has something in it */
	bool moves;       /* on a terminal that is not dumb: its cursor can be moved */
};

struct terminal terminal_of(int fd);

#endif
