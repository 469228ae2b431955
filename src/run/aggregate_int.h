/* aggregate_int.h - between aggregate.c and aggregate_grow.c. */
#ifndef SONDE_RUN_AGGREGATE_INT_H
#define SONDE_RUN_AGGREGATE_INT_H

#include <pthread.h>

#include "run/aggregate.h"
#include "run/kernel_values.h"

struct map_state {
	struct kernel_values kv;
	pthread_mutex_t lock;
	bool by_memory;      /* clear() is remembered in `minus` */
	bool shown_raw_valid; /* the map has not been exchanged since the last print */
	bool shown_valid;    /* `shown` is what the last print showed, not cleared since */
	bool wants_larger;   /* more keys are in use than the map holds */
	uint64_t refused;    /* keys by all maps, when this one was last exchanged */
	bool at_ceiling, ceiling_told;
	struct table base, minus; /* aggregate.h */
	struct table shown;       /* by the last print */
	struct table shown_raw;   /* what was in the kernel then */
	VEC(struct map_entry) entries;
	int spare_fd;             /* an empty map that can take the current one's place; -1 */
	uint32_t spare_entries;
	uint64_t bytes;           /* of the spare, of growth and of the tables; atomic */
};

struct aggregates {
	const struct plan *plan;
	struct kernel_maps *kernel_maps;
	uint64_t max_bytes;
	int grace_fd;
	bool at_rest; /* no program runs any more; atomic */
	struct map_state *maps; /* by number */
	size_t nmaps;
};

void state_add(const struct map_state *s, struct table *to, const struct table *from,
	       const struct table *minus);

/* Adds what is in front slots to `taken`, and leaves in `front` what that was: it stays there. */
void state_take_front(const struct map_state *s, struct table *taken, struct table *front);

/* The count of entries at which programs will call next. */
void growth_set_limit(struct map_state *s);
/* An empty map at least as large as the current one: the spare, or a new one. */
int growth_take_empty(struct map_state *s, uint32_t *entries);
/* The map that was exchanged and emptied: kept as the spare, or closed. */
void growth_give_empty(struct map_state *s, uint32_t entries, int fd);
/* Notes the memory beyond what the kernel maps were made with, for whoever holds no lock. */
void growth_note_bytes(struct map_state *s);

#endif
