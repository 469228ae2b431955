/*
 * record.c - see record.h. The layout is in lang/script.h:
 *
 *   | action | tail size | fixed part of the args | tail: string bytes  |
 */
#include "run/record.h"

#include <stdlib.h>

static const struct action *find_action(const struct script *script, const uint8_t *data, uint32_t len,
					struct record *head)
{
	if (len < sizeof(*head))
		return NULL;
	memcpy(head, data, sizeof(*head));
	return head->action < script->actions.n ? script->actions.v[head->action] : NULL;
}

bool record_kind(const struct script *script, const uint8_t *data, uint32_t len, enum action_kind *kind)
{
	struct record head;
	const struct action *action = find_action(script, data, len, &head);

	if (!action)
		return false;
	*kind = action->kind;
	return true;
}

/* u32 offset from the record's start, u32 length; offset 0 with length 0 is an empty string. */
static bool tail_value(const struct action_arg *arg, const uint8_t *data, uint32_t len,
		       uint32_t fixed_size, struct value *out)
{
	uint32_t where[2];

	memcpy(where, data + arg->offset, sizeof(where));
	if (where[1] > arg->limit)
		return false;
	if (where[1] && (where[0] < fixed_size || where[0] > len || where[1] > len - where[0]))
		return false;
	out->bare = true;
	out->data = where[1] ? data + where[0] : data;
	out->size = where[1];
	return true;
}

static bool decode_arg(const struct action *action, const struct action_arg *arg, const uint8_t *data,
		       uint32_t len, struct value *out)
{
	*out = (struct value){.type = arg->type};
	if (arg->tail)
		return tail_value(arg, data, len, action->fixed_size, out);
	out->size = type_stored_size(arg->type);
	if (arg->offset > action->fixed_size || out->size > action->fixed_size - arg->offset)
		return false;
	out->data = data + arg->offset;
	return true;
}

bool record_decode(const struct script *script, const uint8_t *data, uint32_t len,
		   struct record_view *out)
{
	struct record head;
	const struct action *action = find_action(script, data, len, &head);

	out->args.n = 0;
	out->action = action;
	/* The ring buffer's length may be rounded up; what the record says of itself decides. */
	if (!action || len < action->fixed_size || head.tail > len - action->fixed_size)
		return false;
	vec_each(arg, &action->args) {
		struct value value;

		if (!decode_arg(action, arg, data, action->fixed_size + head.tail, &value))
			return false;
		vec_push(&out->args, value);
	}
	return true;
}

void record_view_free(struct record_view *view)
{
	vec_free(&view->args);
}
