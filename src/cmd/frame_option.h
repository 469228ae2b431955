/*
 * frame_option.h - `--frame 'PROBE = EXPR'` as a piece of script:
 *
 *     uprobe:BIN:FUNCTION = str(arg1)   ->   uprobe:BIN:FUNCTION { name_frame(str(arg1)) }
 */
#ifndef SONDE_FRAME_OPTION_H
#define SONDE_FRAME_OPTION_H

#include "base/arena.h"

/* The script, from the arena; NULL: there is no '=' between two parts. */
const char *frame_option_script(struct arena *arena, const char *option);

#endif
