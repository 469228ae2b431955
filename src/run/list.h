/*
 * list.h - what there is to attach to (-l), and with -v the arguments; kernel structs, too.
 */
#ifndef SONDE_RUN_LIST_H
#define SONDE_RUN_LIST_H

#include "run/world.h"

/*
 * Appends one line a name that matches `pattern`; NULL or "": everything that can be listed
 * without naming a file. The pattern is an attach point with '*' anywhere ("tracepoint:sched:*",
 * "t:*exec*", "*write*", "uprobe:libc:str*"), or "struct NAME", "union NAME", "enum NAME";
 * several are separated by commas. `verbose` adds the fields, one a line behind four blanks.
 * The number of names, or -1 with the reason in `why` and a remedy or "" in `hint`.
 */
long list_print(struct machine *m, const char *pattern, bool verbose, struct buf *out,
		struct buf *why, struct buf *hint);

#endif
