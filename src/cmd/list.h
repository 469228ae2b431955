/* list.h - what there is to attach to. */
#ifndef SONDE_CMD_LIST_H
#define SONDE_CMD_LIST_H

#include "cmd/tool.h"

/* -l: the names that the parameters match, one a line; with -v what they have. The exit status. */
int list_run(const struct options *o);
/* The tool tplist: tracepoints, or static probes of -l LIBRARY or -p PID. The exit status. */
int tplist_run(const struct tool *tool, const struct options *o);

#endif
