/* stack_key.c - see stack_key.h. */
#include "out/stack_key.h"

static bool has_parts(const struct type *type)
{
	return type->kind == TYPE_TUPLE || type->kind == TYPE_RECORD;
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

struct value *key_all_parts(const struct value *key, uint32_t *n)
{
	struct value *parts;

	*n = has_parts(key->type) ? key->type->nfields : 1;
	parts = xcalloc(*n, sizeof(*parts));
	for (uint32_t i = 0; i < *n; i++)
		parts[i] = has_parts(key->type) ? value_element(key, i) : *key;
	return parts;
}

uint32_t key_next_thread(const struct value *parts, uint32_t n, uint32_t from)
{
	enum type_kind seen[2] = {TYPE_NONE, TYPE_NONE};
	uint32_t nseen = 0;

	for (uint32_t i = from; i < n; i++) {
		enum type_kind kind = stack_kind(&parts[i]);

		if (kind == TYPE_NONE)
			continue;
		if (nseen && (kind == seen[0] || kind == seen[nseen - 1] || nseen == ARRAY_SIZE(seen)))
			return i;
		seen[nseen++] = kind;
	}
	return n;
}

size_t frames_of_interrupt(const struct frames *frames)
{
	/* x86 and arm64: where the kernel is entered by a device, a timer, another CPU */
	static const char *const entries[] = {
		"asm_sysvec_", "asm_common_interrupt", "asm_exc_nmi",
		"el1h_64_irq", "el0t_64_irq", "el1_irq", "el0_irq",
	};

	for (size_t i = 0; !frames->user && i < frames->list.n; i++)
		for (size_t k = 0; k < ARRAY_SIZE(entries) && frames->list.v[i].name; k++)
			if (str_starts(frames->list.v[i].name, entries[k]))
				return i + 1;
	return 0;
}
