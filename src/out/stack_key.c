/* stack_key.c - see stack_key.h. */
#include "out/stack_key.h"

static bool has_parts(const struct type *type)
{
	return type->kind == TYPE_TUPLE || type->kind == TYPE_RECORD;
}

uint32_t key_parts(const struct value *key)
{
	return has_parts(key->type) ? key->type->nfields : 1;
}

struct value key_part(const struct value *key, uint32_t i)
{
	return has_parts(key->type) ? value_element(key, i) : *key;
}

bool key_has_stack(const struct type *key)
{
	if (!key)
		return false;
	if (!has_parts(key))
		return type_is_stack(key);
	for (uint32_t i = 0; i < key->nfields; i++)
		if (type_is_stack(key->fields[i].type))
			return true;
	return false;
}

enum type_kind stack_kind(const struct value *part)
{
	return type_is_stack(part->type) ? (enum type_kind)part->type->kind : TYPE_NONE;
}

uint32_t key_second_thread(const struct value *key)
{
	enum type_kind seen[2] = {TYPE_NONE, TYPE_NONE};
	uint32_t n = 0;

	for (uint32_t i = 0; i < key_parts(key); i++) {
		struct value part = key_part(key, i);
		enum type_kind kind = stack_kind(&part);

		if (kind == TYPE_NONE)
			continue;
		if (n == ARRAY_SIZE(seen) || (n && kind == seen[0]) || (n > 1 && kind == seen[1]))
			return i;
		seen[n++] = kind;
	}
	return key_parts(key);
}
