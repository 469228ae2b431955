/*
 * task_values.h - values kept beside threads (REP_TASK), from user space: the kernel finds a
 * thread's value by a pidfd of it. Threads that ended have taken theirs along.
 */
#ifndef SONDE_RUN_TASK_VALUES_H
#define SONDE_RUN_TASK_VALUES_H

#include "run/kernel_values.h"

/*
 * Key: the thread's id in sonde's own pid namespace, in 8 bytes; 0 is shared by the idle
 * threads. -ENOSYS: pidfds of threads other than the first of a process need Linux 6.9.
 */
int task_values_read(const struct kernel_values *kv, struct table *out);
/* Every value becomes zero, or absent. */
int task_values_reset(const struct kernel_values *kv, bool absent);

#endif
