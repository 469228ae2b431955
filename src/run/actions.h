/*
 * actions.h - doing what a record says: print, cat, run a command, print, clear or zero a map.
 * Everything here happens on the thread that prints, in the order of the records.
 */
#ifndef SONDE_RUN_ACTIONS_H
#define SONDE_RUN_ACTIONS_H

#include "run/aggregate.h"
#include "run/record.h"
#include "run/same_stacks.h"

struct actor {
	const struct script *script;
	struct aggregates *aggregates;
	struct output *out;
	struct record_view view;
	struct buf text;
	struct same_stacks same_stacks; /* of the map printed last */
	uint64_t bad_records;  /* atomic */
	uint32_t errors;       /* errorf() so far */
	bool told_threads;     /* said once that values of threads cannot be read */
};

void actor_free(struct actor *a);
void actor_do(struct actor *a, const uint8_t *data, uint32_t len);
/* Prints a map as at the end: nothing when it holds nothing. True: something was printed. */
bool actor_print_map_at_end(struct actor *a, const struct map *map, bool first);

#endif
