/*
 * python_stack.h - where Python's frames belong among the native ones of a stack.
 *
 * A call of the interpreter is one native frame (of _PyEval_EvalFrameDefault) and stands for all
 * frames of Python up to one that says it was the first of its call (ir/python.h):
 *
 *   native   clock_gettime  time_time  EVAL  vectorcall  EVAL  main  _start
 *   Python                             now, loop |       <module> |
 *   merged   clock_gettime  time_time  now  loop  vectorcall  <module>  main  _start
 */
#ifndef SONDE_RUN_PYTHON_STACK_H
#define SONDE_RUN_PYTHON_STACK_H

#include "ir/plan.h"

struct merged_frame {
	bool python;
	uint32_t at; /* native: index in entry->ip; python: that of the frame's first word */
};

/*
 * The order of all frames, innermost first, into out (STACK_MAX_DEPTH fit); how many. `is_call`:
 * for each of the entry's native frames, whether it is a call of the interpreter.
 *
 * Where the two disagree: from a whole stack the outermost belong together (a sample may be in
 * a part of the interpreter whose name is not known, before the frame is there, or after it is gone);
 * from one that was cut, the innermost.
 */
uint32_t python_stack_merge(const struct stack_entry *entry, const bool *is_call, struct merged_frame *out);

#endif
