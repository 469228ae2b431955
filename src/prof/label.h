/* label.h - what a frame is called in folded stacks and pictures. */
#ifndef SONDE_PROF_LABEL_H
#define SONDE_PROF_LABEL_H

#include "prof/profile.h"

/*
 * The frame's name without arguments and quotes, ';' as ':'; without a name the module in
 * brackets, without that "[unknown]". Appended; never empty, no control bytes.
 */
void prof_label(const struct profile *p, uint32_t frame, struct buf *out);
/* The name as it is, ';' and control bytes replaced. */
void prof_label_whole(const struct profile *p, uint32_t frame, struct buf *out);
/* A thread's command with '_' for blanks, as the root of folded stacks. */
void prof_label_comm(const struct profile *p, uint32_t thread, struct buf *out);

#endif
