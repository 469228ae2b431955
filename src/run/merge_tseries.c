/* merge_tseries.c - time series of several CPUs or maps as one. See merge.h, lang/tseries.h. */
#include "lang/tseries.h"
#include "run/merge.h"

#include <stdlib.h>

static bool is_filled(const struct tseries_slot *s)
{
	return s->number > TSERIES_BUSY;
}

static void merge_slot(enum tseries_how how, struct tseries_slot *into, const struct tseries_slot *from)
{
	if (!is_filled(from) || (is_filled(into) && into->number > from->number))
		return;
	if (into->number != from->number) {
		*into = *from;
		return;
	}
	switch (how) {
	case TSERIES_LAST:
		if (from->extra > into->extra)
			*into = *from;
		break;
	case TSERIES_AVG: case TSERIES_SUM:
		into->value += from->value;
		into->extra += from->extra;
		break;
	case TSERIES_MAX: case TSERIES_MIN:
		into->value = MAX_OF(into->value, from->value);
		into->extra |= from->extra;
		break;
	}
}

void tseries_merge(const struct type *type, struct tseries_slot *into, const struct tseries_slot *from)
{
	for (uint32_t i = 0; i < tseries_count(type); i++)
		merge_slot(tseries_how(type), &into[i], &from[i]);
}

bool tseries_subtract(const struct type *type, struct tseries_slot *from, const struct tseries_slot *seen)
{
	enum tseries_how how = tseries_how(type);
	bool any = false;

	for (uint32_t i = 0; i < tseries_count(type); i++) {
		bool adds = how == TSERIES_AVG || how == TSERIES_SUM;

		if (from[i].number == seen[i].number && adds) {
			from[i].value -= seen[i].value;
			from[i].extra -= seen[i].extra;
		}
		if (from[i].number == seen[i].number &&
		    (adds ? !from[i].extra : from[i].value == seen[i].value && from[i].extra == seen[i].extra))
			from[i] = (struct tseries_slot){0};
		any |= is_filled(&from[i]);
	}
	return any;
}

/* The newest interval's slot, or NULL. */
static const struct tseries_slot *newest(const struct type *type, const struct tseries_slot *slots)
{
	const struct tseries_slot *found = NULL;

	for (uint32_t i = 0; i < tseries_count(type); i++)
		if (is_filled(&slots[i]) && (!found || slots[i].number > found->number))
			found = &slots[i];
	return found;
}

static int64_t slot_value(const struct type *type, const struct tseries_slot *s)
{
	enum tseries_how how = tseries_how(type);

	if (tseries_is_extreme(how))
		return (int64_t)(s->value ^ (uint64_t)minmax_mask(how == TSERIES_MAX, type->is_signed));
	if (how != TSERIES_AVG || !s->extra)
		return (int64_t)s->value;
	return type->is_signed ? (int64_t)s->value / (int64_t)s->extra : (int64_t)(s->value / s->extra);
}

void tseries_points_make(const struct type *type, const void *value, tseries_points *out)
{
	const struct tseries_slot *slots = value, *last = newest(type, slots);
	uint32_t count = tseries_count(type);

	out->n = 0;
	if (!last)
		return;
	for (uint64_t number = last->number >= count ? last->number - count + 1 : 0; number <= last->number; number++) {
		const struct tseries_slot *s = &slots[number % count];
		struct tseries_point p = {.start = number * tseries_interval(type)};

		p.known = is_filled(s) && s->number == number;
		if (p.known)
			p.value = slot_value(type, s);
		if (p.known || out->n)
			vec_push(out, p);
	}
}
