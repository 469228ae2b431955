/*
 * family.h - with -c: uprobes, uretprobes and static probes also in the processes that the command
 * forks, whatever they execute; in no others.
 *
 *   uprobe:BIN:f /p/ { ... }
 *     ->  uprobe:BIN:f /has_key(@family, pid(init)) && (p)/ { ... }
 *         and probes of sched_process_fork, _exec and _exit that keep @family
 *
 * The kernel runs the probe of a fork in the parent before the child may run, so nothing of a child
 * is missed. The probes are attached for all processes: others that run the same file reach the
 * first line of the program, and no further.
 */
#ifndef SONDE_FAMILY_H
#define SONDE_FAMILY_H

#include "lang/script.h"

/* The map's name; what it holds is shown nowhere. */
#define FAMILY_MAP "__family"

/* Rewrites the parsed and expanded script; sets script->family where there was something to do. */
void family_rewrite(struct script *script);

#endif
