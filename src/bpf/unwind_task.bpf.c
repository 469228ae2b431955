/* unwind_task.bpf.c - user stacks of another task: see unwind.bpf.c. For programs that may sleep. */
#define UNWIND_OTHER_TASK
#include "bpf/unwind.bpf.c"
