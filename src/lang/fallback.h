/*
 * fallback.h - kernel functions' probes where the kernel has no hook for them: the tracepoint of
 * the same event in their place.
 *
 *   kprobe:do_sys_openat2 { print(str(arg1)) }
 *     ->  tracepoint:syscalls:sys_enter_openat { print(str((uint64)args.filename)) }, ...
 *
 * What stands for what is fallback.def; system calls' own functions need no row.
 */
#ifndef SONDE_FALLBACK_H
#define SONDE_FALLBACK_H

#include "lang/script.h"

/*
 * "tracepoint:syscalls:sys_enter_read", several of them joined with commas: what shows the same
 * event on this kernel. NULL: nothing does.
 */
const char *fallback_name(struct world *world, const struct target *target);

/*
 * Rewrites the parsed script: attach points of kernel functions whose hook is missing, or that the
 * compiler has put into all their callers, are given to the tracepoints, in blocks of their own,
 * with a warning that says so (SERVED_BY). Where a block asks for something the tracepoint does
 * not tell, it is left, and the hint says what.
 */
void fallback_rewrite(struct script *script, bool has_kprobe, bool has_fentry);

#endif
