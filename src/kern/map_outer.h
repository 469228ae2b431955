/*
 * map_outer.h - a map put into a map of maps without the wait.
 *
 * The kernel makes the place visible to programs at once; then it holds the caller until no program
 * can still use what was there before: a grace period, 10 ms on an idle machine and 80 on a busy one.
 * Where nothing was there before, nobody has to wait but a thread.
 */
#ifndef SONDE_KERN_MAP_OUTER_H
#define SONDE_KERN_MAP_OUTER_H

#include "base/base.h"

struct outer_wait; /* the thread that waits, and what it does */

/*
 * Puts `inner` at an empty place of the array of maps `outer`: when it returns, programs see it. 0 or
 * -errno. *wait is NULL when nothing waits any more. The descriptors may be closed from then on.
 */
int outer_put(struct outer_wait **wait, int outer, uint32_t place, int inner);
void outer_wait_end(struct outer_wait *wait); /* waits, and gives it back; NULL is fine */

#endif
