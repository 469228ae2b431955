/*
 * insn.h - where one instruction of x86-64 ends and the next begins.
 *
 * A breakpoint in the middle of an instruction changes what the process does: uprobes at
 * FUNCTION+OFFSET are put on boundaries only. Facts: Intel SDM volume 2, appendix A.
 */
#ifndef SONDE_KERN_PROBE_INSN_H
#define SONDE_KERN_PROBE_INSN_H

#include "base/base.h"

enum { INSN_MAX = 15 };

/* The length in bytes of the instruction at `code`; 0: it is none that is known, or longer than `n`. */
unsigned insn_length_x86_64(const unsigned char *code, size_t n);

#endif
