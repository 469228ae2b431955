/*
 * ctype_layout.c - where the members of a struct are: sizes, offsets, bit-fields, alignment.
 *
 * Takes C_STRUCT and C_ENUM; fills the type made for it. The rules are those of the System V
 * ABI of x86-64 and of AArch64 as gcc implements them:
 *
 *     struct { char a; int b : 20; int c : 20; } x;
 *
 *     bit  0      8                    28  32                   52         64
 *          |  a   |         b           |##|         c           |##########|
 *                                        ^ c would cross an int: it starts in the next one
 *
 * A bit-field never crosses more units of its type than the type has, unless packed; one of
 * width 0 ends the unit; unnamed ones do not raise the alignment on x86-64 and do on AArch64.
 */
#include "lang/ctype_int.h"

#if defined(__aarch64__)
enum { ANONYMOUS_ALIGNS = true };
#else
enum { ANONYMOUS_ALIGNS = false };
#endif

struct layout {
	struct ctypes *c;
	const struct node *node;
	bool is_union;
	uint64_t bits;  /* where the next member may start; a union's size */
	uint32_t align; /* bytes */
	bool failed;
};

uint32_t ctypes_attribute_align(struct ctypes *c, const struct node *n)
{
	enum { LARGEST = 1 << 16 };
	int64_t align = 0;

	if (!n->b)
		return 0;
	if (!ctypes_evaluate(c, n->b, &align) || align < 1 || align > LARGEST || (align & (align - 1))) {
		ctypes_complain(c, OUT_OF_RANGE, n->b->span, "an alignment is a power of two up to %d", LARGEST);
		return 0;
	}
	return align;
}

/* BTF gives offsets and no alignments: a member that is not at a multiple was packed. */
uint32_t ctypes_natural_align(struct ctypes *c, const struct type *t, unsigned depth)
{
	uint32_t align = 1;

	switch ((enum type_kind)t->kind) {
	case TYPE_ARRAY:
		return depth < CTYPE_MAX_DEPTH ? ctypes_natural_align(c, t->elem, depth + 1) : 1;
	case TYPE_STRUCT:
		if (!t->complete)
			c->world->complete(c->world, (struct type *)t);
		for (uint32_t i = 0; depth < CTYPE_MAX_DEPTH && i < t->nfields; i++) {
			const struct field *f = &t->fields[i];
			uint32_t a = ctypes_natural_align(c, f->type, depth + 1);

			if (f->bit_size || f->offset % a == 0)
				align = MAX_OF(align, a);
		}
		return t->size % align ? 1 : align;
	case TYPE_STRING:
		return 1;
	default:
		return t->size && t->size <= 8 ? t->size : 1;
	}
}

/* ---- enums ---- */

static bool layout_enum(struct ctypes *c, struct ctype *t)
{
	int64_t next = 0, low = 0, high = 0;
	struct enumerator *values = arena_array(c->arena, struct enumerator, t->node->list.n + 1);
	uint32_t n = 0;

	vec_each(it, &t->node->list) {
		struct cconstant *constant = hmap_gets(&c->constants, (*it)->name);

		if ((*it)->a && !ctypes_evaluate(c, (*it)->a, &next)) {
			ctypes_complain(c, NOT_CONSTANT, (*it)->span,
					"the value of '%s' is not a constant", (*it)->name);
			return false;
		}
		low = MIN_OF(low, next);
		high = MAX_OF(high, next);
		values[n++] = (struct enumerator){.name = (*it)->name, .value = next};
		if (constant && constant->owner == t) {
			constant->value = next;
			constant->known = true;
		}
		next = (int64_t)((uint64_t)next + 1);
	}
	t->type->is_signed = low < 0;
	t->type->size = high > (low < 0 ? INT32_MAX : (int64_t)UINT32_MAX) || low < INT32_MIN ? 8 : 4;
	if (t->node->flags & NODE_PACKED) {
		unsigned bits = 8;

		while (bits < 64 && (high >> (bits - (low < 0)) || low < -((int64_t)1 << (bits - 1))))
			bits *= 2;
		t->type->size = bits / 8;
	}
	t->type->enumerators = values;
	t->type->nenumerators = n;
	t->align = t->type->size;
	return true;
}

/* ---- structs ---- */

static bool is_integer(const struct type *t)
{
	return t->kind == TYPE_INT || t->kind == TYPE_ENUM || t->kind == TYPE_BOOL;
}

static void fail(struct layout *l)
{
	l->failed = true;
}

/* The bits of a field of `width` bits start here. */
static uint64_t place_bits(struct layout *l, const struct node *member, const struct cref *r, bool packed)
{
	uint64_t unit = r->type->size * 8, align = r->align * 8, at = l->is_union ? 0 : l->bits;
	uint32_t wanted = ctypes_attribute_align(l->c, member);

	if (!member->num) {
		l->bits = l->is_union ? l->bits : ROUND_UP(l->bits, MAX_OF(align, (uint64_t)wanted * 8));
		if (ANONYMOUS_ALIGNS)
			l->align = MAX_OF(l->align, r->align);
		return l->bits;
	}
	if (wanted)
		at = ROUND_UP(at, (uint64_t)wanted * 8);
	if (!packed && (at % align + member->num + align - 1) / align > unit / align)
		at = ROUND_UP(at, align);
	if (member->name || ANONYMOUS_ALIGNS)
		l->align = MAX_OF(l->align, packed ? 1 : r->align);
	if (wanted)
		l->align = MAX_OF(l->align, wanted);
	return at;
}

/*
 * A bit-field is read as at most 8 bytes from its first one; only a packed one can lie across
 * nine, and is then shown as bytes.
 */
static struct field bit_field(struct layout *l, const struct node *member, const struct type *type,
			      uint64_t at)
{
	struct field f = {.name = member->name, .type = type, .offset = at / 8, .bit_offset = at % 8,
			  .bit_size = member->num};

	if (f.bit_offset + f.bit_size > 64) {
		f.type = type_array(l->c->types, type_int(l->c->types, 1, false), 9);
		f.bit_offset = f.bit_size = 0;
	} else if (f.bit_offset == 0 && f.bit_size == type->size * 8) {
		f.bit_size = 0;
	}
	return f;
}

static bool layout_bits(struct layout *l, const struct node *member, const struct cref *r, bool packed,
			struct field *out)
{
	uint64_t at;

	if (!is_integer(r->type) || member->num > (r->type->kind == TYPE_BOOL ? 1 : r->type->size * 8u)) {
		ctypes_complain(l->c, OUT_OF_RANGE, member->span, "a bit-field of %llu bits does not fit into %s",
				(unsigned long long)member->num, type_name(l->c->types, r->type));
		fail(l);
		return false;
	}
	at = place_bits(l, member, r, packed);
	if (!member->num)
		return false;
	*out = bit_field(l, member, r->type, at);
	l->bits = l->is_union ? MAX_OF(l->bits, member->num) : at + member->num;
	return member->name != NULL; /* unnamed ones are padding */
}

static bool layout_plain(struct layout *l, const struct node *member, const struct cref *r, bool packed,
			 struct field *out)
{
	uint32_t align = MAX_OF(packed ? 1 : r->align, ctypes_attribute_align(l->c, member));
	uint64_t at = l->is_union ? 0 : ROUND_UP(l->bits, (uint64_t)align * 8), size = (uint64_t)r->type->size * 8;

	*out = (struct field){.name = member->name, .type = r->type, .offset = at / 8};
	l->align = MAX_OF(l->align, align);
	l->bits = l->is_union ? MAX_OF(l->bits, size) : at + size;
	if (l->bits / 8 > CTYPE_MAX_SIZE) {
		ctypes_complain(l->c, VALUE_TOO_LARGE, member->span, "this struct is larger than %d bytes",
				CTYPE_MAX_SIZE);
		fail(l);
	}
	return true;
}

static const char *same_name(const struct field *fields, uint32_t n)
{
	for (uint32_t i = 0; fields[n].name && i < n; i++)
		if (fields[i].name && str_eq(fields[i].name, fields[n].name))
			return fields[i].name;
	return NULL;
}

static bool layout_member(struct layout *l, const struct node *member, struct field *out)
{
	struct cref r = ctypes_resolve(l->c, member->a, &member->list, true);
	bool packed = (l->node->flags | member->flags) & NODE_PACKED;

	if (!r.type || r.type->kind == TYPE_VOID) {
		if (!r.broken)
			ctypes_complain(l->c, UNKNOWN_TYPE, member->span, "a member cannot be of type void");
		fail(l);
		return false;
	}
	if (member->flags & NODE_BITFIELD)
		return layout_bits(l, member, &r, packed, out);
	return layout_plain(l, member, &r, packed, out);
}

static bool layout_struct(struct ctypes *c, struct ctype *t)
{
	enum { COMPARED = 512 }; /* names are compared one with another up to here */
	struct layout l = {.c = c, .node = t->node, .is_union = t->node->op == OP_UNION, .align = 1};
	struct field *fields = arena_array(c->arena, struct field, t->node->list.n + 1);
	uint32_t n = 0, align;

	vec_each(it, &t->node->list) {
		const struct node *member = *it;

		if (layout_member(&l, member, &fields[n]) && !l.failed) {
			if (n < COMPARED && same_name(fields, n))
				ctypes_complain(c, REDEFINED, member->span, "there are two members '%s'", member->name);
			n++;
		}
		if (l.failed)
			return false;
	}
	align = ctypes_attribute_align(c, t->node);
	t->align = MAX_OF(l.align, align);
	t->type->size = ROUND_UP((l.bits + 7) / 8, (uint64_t)t->align);
	t->type->fields = fields;
	t->type->nfields = n;
	t->type->complete = true;
	return true;
}

bool ctypes_layout(struct ctypes *c, struct ctype *t)
{
	bool good;

	if (t->state == CTYPE_DONE || t->state == CTYPE_BROKEN)
		return t->state == CTYPE_DONE;
	if (t->node->flags & NODE_FORWARD) {
		ctypes_complain(c, UNKNOWN_TYPE, t->node->span, "'%s %s' is only declared, not defined",
				op_spelling(t->node->op), t->node->name);
		t->state = CTYPE_BROKEN;
		return false;
	}
	if (t->state == CTYPE_BUSY) {
		ctypes_complain(c, RECURSIVE, t->node->span, "this %s contains itself",
				t->node->kind == NODE_C_ENUM ? "enum" : op_spelling(t->node->op));
		if (c->diags)
			diag_hint(c->diags, "a pointer to it can be a member");
		return false;
	}
	if (!ctypes_enter(c, t->node->span))
		return false;
	t->state = CTYPE_BUSY;
	good = t->node->kind == NODE_C_ENUM ? layout_enum(c, t) : layout_struct(c, t);
	t->state = good ? CTYPE_DONE : CTYPE_BROKEN;
	c->depth--;
	return good;
}
