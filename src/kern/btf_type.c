/*
 * btf_type.c - see btf.h: what types mean. Members, sizes, enumerators, parameters.
 */
#include "kern/btf.h"

#include <stdio.h>

#include "kern/btf_string.h"

#define CHAIN_LIMIT 32      /* typedefs and modifiers one behind the other */
#define NEST_LIMIT 16       /* anonymous structs in anonymous structs */
#define SEARCH_LIMIT 100000 /* members looked at for one name */

static bool is_modifier(uint32_t kind)
{
	return kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT ||
	       kind == BTF_KIND_TYPE_TAG;
}

static uint32_t follow(const struct btf *b, uint32_t id, bool typedefs)
{
	struct btf_info t;

	for (int i = 0; i < CHAIN_LIMIT; i++) {
		if (!btf_get(b, id, &t))
			return 0;
		if (!is_modifier(t.kind) && !(typedefs && t.kind == BTF_KIND_TYPEDEF))
			return id;
		id = t.ref;
	}
	return 0;
}

uint32_t btf_resolve(const struct btf *b, uint32_t id)
{
	return follow(b, id, true);
}

uint32_t btf_strip(const struct btf *b, uint32_t id)
{
	return follow(b, id, false);
}

static bool get_resolved(const struct btf *b, uint32_t id, struct btf_info *out)
{
	return btf_get(b, btf_resolve(b, id), out);
}

static const struct btf_array *array_of(const struct btf_info *t)
{
	return t->kind == BTF_KIND_ARRAY ? t->tail : NULL;
}

bool btf_array(const struct btf *b, uint32_t id, uint32_t *elem, uint32_t *count)
{
	const struct btf_array *a;
	struct btf_info t;

	if (!get_resolved(b, id, &t) || !(a = array_of(&t)))
		return false;
	*elem = a->type;
	*count = a->nelems;
	return true;
}

bool btf_size(const struct btf *b, uint32_t id, uint64_t *size)
{
	const struct btf_array *a;
	uint64_t factor = 1;
	struct btf_info t;

	for (int i = 0; i < CHAIN_LIMIT; i++) {
		if (!get_resolved(b, id, &t))
			return false;
		switch (t.kind) {
		case BTF_KIND_ARRAY:
			a = array_of(&t);
			if (__builtin_mul_overflow(factor, (uint64_t)a->nelems, &factor))
				return false;
			id = a->type;
			continue;
		case BTF_KIND_PTR:
			t.size = 8;
			/* fall through */
		case BTF_KIND_INT:
		case BTF_KIND_FLOAT:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			return !__builtin_mul_overflow(factor, (uint64_t)t.size, size);
		}
		return false;
	}
	return false;
}

static bool is_struct(uint32_t kind)
{
	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

static bool member_of(const struct btf *b, const struct btf_info *t, uint32_t index,
		      struct btf_member_info *out)
{
	const struct btf_member *m = t->tail;

	if (!is_struct(t->kind) || index >= t->count)
		return false;
	m += index;
	*out = (struct btf_member_info){
		.name = btf_string(b, m->name_off),
		.type = m->type,
		.bit_offset = t->flag ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset,
		.bit_size = t->flag ? BTF_MEMBER_BITFIELD_SIZE(m->offset) : 0,
	};
	/* The old form keeps a bitfield's width in its int type. */
	if (!t->flag) {
		struct btf_info i;
		uint32_t word;

		if (btf_get(b, btf_resolve(b, m->type), &i) && i.kind == BTF_KIND_INT) {
			memcpy(&word, i.tail, sizeof(word));
			if (BTF_INT_BITS(word) != i.size * 8u) {
				out->bit_size = BTF_INT_BITS(word);
				out->bit_offset += BTF_INT_OFFSET(word);
			}
		}
	}
	return true;
}

bool btf_member_at(const struct btf *b, uint32_t id, uint32_t index, struct btf_member_info *out)
{
	struct btf_info t;

	return get_resolved(b, id, &t) && member_of(b, &t, index, out);
}

static bool find_member(const struct btf *b, uint32_t id, const char *name, unsigned depth,
			unsigned *budget, struct btf_member_info *out)
{
	struct btf_member_info inner;
	struct btf_info t;

	if (depth > NEST_LIMIT || !get_resolved(b, id, &t) || !is_struct(t.kind))
		return false;
	for (uint32_t i = 0; i < t.count; i++) {
		if (!*budget)
			return false;
		--*budget;
		member_of(b, &t, i, out);
		if (*out->name) {
			if (strcmp(out->name, name) == 0)
				return true;
		} else if (find_member(b, out->type, name, depth + 1, budget, &inner)) {
			inner.bit_offset += out->bit_offset;
			*out = inner;
			return true;
		}
	}
	return false;
}

bool btf_member_find(const struct btf *b, uint32_t id, const char *name,
		     struct btf_member_info *out)
{
	unsigned budget = SEARCH_LIMIT;

	return *name && find_member(b, id, name, 0, &budget, out);
}

bool btf_int(const struct btf *b, uint32_t id, struct btf_int_info *out)
{
	struct btf_info t;
	uint32_t word;

	if (!get_resolved(b, id, &t) || t.kind != BTF_KIND_INT)
		return false;
	memcpy(&word, t.tail, sizeof(word));
	*out = (struct btf_int_info){
		.bits = BTF_INT_BITS(word),
		.is_signed = BTF_INT_ENCODING(word) & BTF_INT_SIGNED,
		/* pahole marks bool with the bool bit, but char types carry only their name */
		.is_bool = BTF_INT_ENCODING(word) & BTF_INT_BOOL,
		.is_char = BTF_INT_ENCODING(word) & BTF_INT_CHAR || strcmp(t.name, "char") == 0 ||
			   strcmp(t.name, "unsigned char") == 0 || strcmp(t.name, "signed char") == 0,
	};
	return true;
}

bool btf_is_enum(const struct btf *b, uint32_t id)
{
	struct btf_info t;

	return get_resolved(b, id, &t) && (t.kind == BTF_KIND_ENUM || t.kind == BTF_KIND_ENUM64);
}

static bool enumerator_of(const struct btf *b, const struct btf_info *t, uint32_t index,
			  const char **name, int64_t *value)
{
	if (index >= t->count)
		return false;
	if (t->kind == BTF_KIND_ENUM) {
		const struct btf_enum *e = (const struct btf_enum *)t->tail + index;

		*name = btf_string(b, e->name_off);
		/* Kernels before 6.0 do not mark signed enums; a negative value then reads as one. */
		*value = e->val;
		return true;
	}
	if (t->kind == BTF_KIND_ENUM64) {
		const struct btf_enum64 *e = (const struct btf_enum64 *)t->tail + index;

		*name = btf_string(b, e->name_off);
		*value = (int64_t)((uint64_t)e->val_hi32 << 32 | e->val_lo32);
		return true;
	}
	return false;
}

bool btf_enumerator_at(const struct btf *b, uint32_t id, uint32_t index, const char **name,
		       int64_t *value)
{
	struct btf_info t;

	return get_resolved(b, id, &t) && enumerator_of(b, &t, index, name, value);
}

bool btf_enumerator_find(const struct btf *b, const char *name, int64_t *value, uint32_t *id)
{
	struct btf_cursor c = {0};
	struct btf_info t;
	const char *have;

	if (!*name)
		return false;
	while (btf_each(b, 0, &c, &t)) {
		if (t.kind != BTF_KIND_ENUM && t.kind != BTF_KIND_ENUM64)
			continue;
		for (uint32_t i = 0; i < t.count; i++) {
			if (!enumerator_of(b, &t, i, &have, value) || strcmp(have, name) != 0)
				continue;
			if (id)
				*id = t.id;
			return true;
		}
	}
	return false;
}

bool btf_param_at(const struct btf *b, uint32_t id, uint32_t index, const char **name,
		  uint32_t *type)
{
	const struct btf_param *p;
	struct btf_info t;

	if (!btf_get(b, id, &t))
		return false;
	if (t.kind == BTF_KIND_FUNC && !btf_get(b, t.ref, &t))
		return false;
	if (t.kind != BTF_KIND_FUNC_PROTO || index >= t.count)
		return false;
	p = (const struct btf_param *)t.tail + index;
	*name = btf_string(b, p->name_off);
	*type = p->type;
	return true;
}

/* typedef void (*btf_trace_NAME)(void *, arguments): the typedef in *id, the proto in *proto. */
static bool raw_tracepoint_proto(const struct btf *b, const char *name, uint32_t *id,
				 struct btf_info *proto)
{
	char full[160];
	int n = snprintf(full, sizeof(full), "btf_trace_%s", name);

	if (n < 0 || (size_t)n >= sizeof(full))
		return false;
	*id = btf_find(b, BTF_KIND_TYPEDEF, full);
	return *id && get_resolved(b, *id, proto) && proto->kind == BTF_KIND_PTR &&
	       btf_get(b, proto->ref, proto) && proto->kind == BTF_KIND_FUNC_PROTO &&
	       proto->count >= 1;
}

uint32_t btf_raw_tracepoint(const struct btf *b, const char *name, uint32_t *args)
{
	struct btf_info proto;
	uint32_t id;

	if (!raw_tracepoint_proto(b, name, &id, &proto))
		return 0;
	if (args)
		*args = proto.count - 1;
	return id;
}

bool btf_raw_tracepoint_arg(const struct btf *b, const char *name, uint32_t index,
			    const char **arg_name, uint32_t *type)
{
	uint32_t id, func, unused;
	struct btf_info proto;
	char full[160];

	if (index >= UINT16_MAX || !raw_tracepoint_proto(b, name, &id, &proto) ||
	    !btf_param_at(b, proto.id, index + 1, arg_name, type))
		return false;
	snprintf(full, sizeof(full), "__traceiter_%s", name);
	func = btf_find(b, BTF_KIND_FUNC, full);
	if (!func || !btf_param_at(b, func, index + 1, arg_name, &unused))
		*arg_name = "";
	return true;
}

static const char *tag_of(const struct btf_info *t)
{
	switch (t->kind) {
	case BTF_KIND_STRUCT:
		return "struct ";
	case BTF_KIND_UNION:
		return "union ";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return "enum ";
	case BTF_KIND_FWD:
		return t->flag ? "union " : "struct ";
	}
	return "";
}

static void print_type(const struct btf *b, uint32_t id, unsigned depth, struct buf *out)
{
	static const char *const modifiers[] = {
		[BTF_KIND_CONST] = "const ",
		[BTF_KIND_VOLATILE] = "volatile ",
	};
	const struct btf_array *a;
	const char *space = "";
	struct btf_info t;

	if (depth > CHAIN_LIMIT || !btf_get(b, id, &t)) {
		buf_puts(out, "?");
		return;
	}
	switch (t.kind) {
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
		buf_puts(out, modifiers[t.kind]);
		/* fall through */
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		print_type(b, t.ref, depth + 1, out);
		return;
	case BTF_KIND_PTR:
		print_type(b, t.ref, depth + 1, out);
		if (out->len && out->data[out->len - 1] != '*')
			space = " ";
		buf_printf(out, "%s*", space);
		return;
	case BTF_KIND_ARRAY:
		a = array_of(&t);
		print_type(b, a->type, depth + 1, out);
		buf_printf(out, "[%u]", a->nelems);
		return;
	case BTF_KIND_FUNC_PROTO:
		print_type(b, t.ref, depth + 1, out);
		buf_puts(out, " ()");
		return;
	}
	buf_printf(out, "%s%s", tag_of(&t), *t.name ? t.name : "(anonymous)");
}

void btf_print_type(const struct btf *b, uint32_t id, struct buf *out)
{
	print_type(b, id, 0, out);
}
