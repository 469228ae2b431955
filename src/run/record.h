/*
 * record.h - a record out of the ring into the values of its action's arguments.
 */
#ifndef SONDE_RUN_RECORD_H
#define SONDE_RUN_RECORD_H

#include "run/output.h"

struct record_view {
	const struct action *action;
	VEC(struct value) args; /* point into the record; reused from record to record */
};

/*
 * Checks everything against the action's layout; false: the record is not one of this script's
 * (LOSS_BAD_RECORD). `data` must be 8-aligned and stay while the view is used.
 */
bool record_decode(const struct script *script, const uint8_t *data, uint32_t len,
		   struct record_view *out);
void record_view_free(struct record_view *view);
/* The action's kind, for who only passes records on; false: too short, or no such action. */
bool record_kind(const struct script *script, const uint8_t *data, uint32_t len,
		 enum action_kind *kind);

#endif
