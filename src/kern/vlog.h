/*
 * vlog.h - what the verifier's log says: which instruction, and why, in words for people.
 *
 *     7: (79) r0 = *(u64 *)(r0 +16)                                      the instruction
 *     invalid access to map value, value_size=16 off=16 size=8           the message
 *     R0 min value is outside of the allowed memory range                more of it
 *     processed 7 insns (limit 1000000) ...                              the end
 *
 * Takes the log's text (of kernels 5.10 to 6.18 and, as far as the form stays, later ones;
 * cut at the front or the end), gives the place and the meaning. Pure. The caller maps the
 * instruction index to a place in the script.
 */
#ifndef SONDE_KERN_VLOG_H
#define SONDE_KERN_VLOG_H

#include "base/buf.h"

enum vlog_kind {
	VLOG_UNKNOWN, /* a message we have no row for */
	VLOG_TOO_LARGE,
	VLOG_STACK_LIMIT,
	VLOG_UNKNOWN_HELPER,
	VLOG_HELPER_FORBIDDEN,
	VLOG_MAP_FORBIDDEN,
	VLOG_LOOP,
	VLOG_KERNEL_TYPE,
	VLOG_CONTEXT,
	VLOG_MAY_BE_NULL,
	VLOG_BAD_POINTER,
	VLOG_UNBOUNDED,
	VLOG_OUT_OF_BOUNDS,
	VLOG_STACK_ACCESS,
	VLOG_UNINITIALISED,
	VLOG_ARGUMENT_TYPE,
	VLOG_POINTER_MATH,
	VLOG_REFERENCE,
	VLOG_FUNC_INFO,
	VLOG_MALFORMED,
};

enum vlog_whose { VLOG_LIMIT, VLOG_OURS };

struct vlog {
	enum vlog_kind kind;
	enum vlog_whose whose; /* VLOG_OURS: to be reported as a mistake of sonde */
	int insn;              /* index of the instruction, from 0; -1: the log names none */
	const char *plain;     /* one clause in plain words, static, no full stop */
	char helper[48];       /* helper function or its number, where one is refused; "" */
	char message[400];     /* the verifier's own decisive lines, joined by "; " */
	uint32_t processed;    /* instructions it looked at; 0: not said */
};

/* False when the log holds no message at all; then out->plain says so. */
bool vlog_parse(const char *log, struct vlog *out);

#endif
