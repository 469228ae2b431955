/*
 * same_stacks.h - rows whose keys hold the same kernel stack become one before they are printed.
 *
 * Programs tell stacks apart by all frames, the tracing machinery's own included, and those
 * change while a trace runs: when somebody else attaches to the same tracepoint, or when a few
 * more frames than were asked for were walked. What is left when they are taken off may be the
 * same stack under several ids.
 */
#ifndef SONDE_RUN_SAME_STACKS_H
#define SONDE_RUN_SAME_STACKS_H

#include "run/output.h"
#include "run/table.h"

struct same_stacks { /* all zero: empty */
	struct hmap ids; /* frames -> id that stands for them */
	struct table rows;
	VEC(struct map_entry) entries;
};

/* The snapshot's entries may be replaced by others, valid until the next call or same_stacks_free. */
void same_stacks_join(struct same_stacks *same, struct names *names, struct snapshot *snapshot);
void same_stacks_free(struct same_stacks *same);

#endif
