/*
 * dwarf_info.c - entries of .debug_info (DWARF 5, chapters 2 and 7.5).
 *
 *   unit header | entry: abbreviation code, values | child | child | 0 | entry ...
 *
 * An abbreviation (.debug_abbrev) says of which tag an entry is, of which attributes it is made, and
 * whether children follow, up to an entry of code 0.
 */
#include "sym/dwarf_int.h"

#include <stdlib.h>

enum {
	UNITS_LIMIT = 1 << 20, ABBREVS_LIMIT = 1 << 20, ATTRIBUTES_LIMIT = 1 << 20, FUNCTIONS_LIMIT = 1 << 22,
	ORIGIN_LIMIT = 8,
	COMPARED = 16, /* so many abbreviations are looked at for the work of an attribute */
};
enum { UNIT_COMPILE = 1, UNIT_TYPE, UNIT_PARTIAL, UNIT_SKELETON, UNIT_SPLIT_COMPILE, UNIT_SPLIT_TYPE };
enum {
	AT_SIBLING = 0x01, AT_NAME = 0x03, AT_BYTE_SIZE = 0x0b, AT_BIT_OFFSET = 0x0c, AT_BIT_SIZE = 0x0d,
	AT_LOW_PC = 0x11, AT_UPPER_BOUND = 0x2f, AT_ABSTRACT_ORIGIN = 0x31, AT_ARTIFICIAL = 0x34,
	AT_CALLING_CONVENTION = 0x36, AT_COUNT = 0x37, AT_DATA_MEMBER_LOCATION = 0x38, AT_DECLARATION = 0x3c,
	AT_ENCODING = 0x3e, AT_SPECIFICATION = 0x47, AT_TYPE = 0x49, AT_DATA_BIT_OFFSET = 0x6b,
	AT_STR_OFFSETS_BASE = 0x72, AT_ADDR_BASE = 0x73,
};
enum { OP_PLUS_UCONST = 0x23 };

/* ---- units ---- */

static bool unit_header(struct cursor *c, uint64_t start, struct unit *u)
{
	uint64_t length;
	unsigned type = UNIT_COMPILE;

	*u = (struct unit){.start = start};
	length = cursor_length(c, &u->offset_size);
	if (c->bad || length > c->end - c->at)
		return false;
	u->end = c->at + length;
	u->version = cursor_uint(c, 2);
	if (u->version == 5) {
		type = cursor_uint(c, 1);
		u->address_size = cursor_uint(c, 1);
		u->abbrevs = cursor_uint(c, u->offset_size);
		if (type == UNIT_SKELETON || type == UNIT_SPLIT_COMPILE)
			cursor_skip(c, 8);
		else if (type == UNIT_TYPE || type == UNIT_SPLIT_TYPE)
			cursor_skip(c, 8 + u->offset_size);
	} else {
		u->abbrevs = cursor_uint(c, u->offset_size);
		u->address_size = cursor_uint(c, 1);
	}
	u->first = c->at;
	/* where a unit does not say: the first entry behind the tables' headers */
	u->str_offsets_base = u->version == 5 ? (u->offset_size == 8 ? 16 : 8) : 0;
	u->addr_base = u->version == 5 ? (u->offset_size == 8 ? 16 : 8) : 0;
	return !c->bad && u->first <= u->end;
}

static bool unit_usable(const struct unit *u)
{
	return u->version >= 2 && u->version <= 5 && (u->address_size == 8 || u->address_size == 4);
}

static void read_units(struct dwarf *d)
{
	const struct dwarf_section *s = dwarf_section(d, SECTION_INFO);

	d->units_read = true;
	for (uint64_t at = 0; at < s->size && d->units.n < UNITS_LIMIT;) {
		struct cursor c = cursor_at(s, at, s->size);
		struct unit u;

		if (!unit_header(&c, at, &u))
			return;
		if (unit_usable(&u))
			vec_push(&d->units, u);
		at = u.end;
	}
}

static struct unit *unit_of(struct dwarf *d, uint64_t offset)
{
	size_t low = 0, high;

	if (!d->units_read)
		read_units(d);
	for (high = d->units.n; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (d->units.v[middle].end <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == d->units.n || offset < d->units.v[low].first)
		return NULL;
	return &d->units.v[low];
}

/* ---- abbreviations ---- */

static bool read_abbrev(struct dwarf *d, struct cursor *c, struct abbrevs *t)
{
	struct abbrev a = {.code = cursor_uleb(c)};

	if (c->bad || !a.code || t->list.n >= ABBREVS_LIMIT)
		return false;
	a.tag = cursor_uleb(c);
	a.children = cursor_uint(c, 1);
	a.first = t->attributes.n;
	for (;;) {
		struct abbrev_attribute attribute = {.name = cursor_uleb(c)};

		attribute.form = cursor_uleb(c);
		if (attribute.form == 0x21) /* DW_FORM_implicit_const: the value is here */
			attribute.constant = cursor_sleb(c);
		if (c->bad || t->attributes.n >= ATTRIBUTES_LIMIT || !dwarf_work(d, 1))
			return false;
		if (!attribute.name && !attribute.form)
			break;
		vec_push(&t->attributes, attribute);
		a.count++;
	}
	vec_push(&t->list, a);
	return true;
}

/* The table of a unit; the last one read is kept, as most references stay within a unit. */
static struct abbrevs *abbrevs_of(struct dwarf *d, const struct unit *u)
{
	const struct dwarf_section *s = dwarf_section(d, SECTION_ABBREV);
	struct abbrevs *t = &d->abbrevs;
	struct cursor c;

	if (t->valid && t->offset == u->abbrevs)
		return t;
	t->list.n = t->attributes.n = 0;
	t->offset = u->abbrevs;
	t->valid = true;
	c = cursor_at(s, u->abbrevs, s->size);
	while (read_abbrev(d, &c, t))
		;
	return t;
}

static const struct abbrev *abbrev_find(struct dwarf *d, const struct abbrevs *t, uint64_t code)
{
	/* compilers number them 1, 2, 3 ... */
	if (code - 1 < t->list.n && t->list.v[code - 1].code == code)
		return &t->list.v[code - 1];
	if (!dwarf_work(d, t->list.n / COMPARED + 1))
		return NULL;
	vec_each(a, &t->list)
		if (a->code == code)
			return a;
	return NULL;
}

/* ---- entries ---- */

/* Offset in bytes of a member: a number, or the expression "plus that number". */
static uint64_t member_offset(const struct value *v)
{
	struct cursor c = {v->block, 0, v->number, false};

	if (v->kind == VALUE_NUMBER)
		return v->number;
	if (v->kind != VALUE_BLOCK || cursor_uint(&c, 1) != OP_PLUS_UCONST)
		return 0;
	return cursor_uleb(&c);
}

struct old_bits { /* of DW_AT_bit_offset, counted from the other end */
	bool has;
	uint64_t offset;
};

static void attribute(struct dwarf_die *die, uint32_t name, const struct value *v, struct old_bits *old)
{
	switch (name) {
	case AT_SIBLING: die->sibling = v->kind == VALUE_REFERENCE ? v->number : 0; break;
	case AT_NAME: die->name = v->string; break;
	case AT_BYTE_SIZE: die->size = v->number; die->has_size = v->kind == VALUE_NUMBER; break;
	case AT_BIT_OFFSET: *old = (struct old_bits){true, v->number}; break;
	case AT_BIT_SIZE: die->bit_size = v->number; break;
	case AT_DATA_BIT_OFFSET: die->bit_offset = v->number; die->has_bit_offset = true; break;
	case AT_LOW_PC: die->low_pc = v->number; die->has_low_pc = v->kind == VALUE_NUMBER; break;
	case AT_UPPER_BOUND:
		die->has_count = v->kind == VALUE_NUMBER && v->number < UINT32_MAX;
		die->count = die->has_count ? v->number + 1 : 0;
		break;
	case AT_COUNT: die->has_count = v->kind == VALUE_NUMBER; die->count = v->number; break;
	case AT_ABSTRACT_ORIGIN: case AT_SPECIFICATION:
		die->origin = v->kind == VALUE_REFERENCE ? v->number : 0;
		break;
	case AT_ARTIFICIAL: die->artificial = v->number; break;
	case AT_DECLARATION: die->declaration = v->number; break;
	case AT_CALLING_CONVENTION: die->calling = v->number; break;
	case AT_DATA_MEMBER_LOCATION: die->member_offset = member_offset(v); break;
	case AT_ENCODING: die->encoding = v->number; break;
	case AT_TYPE: die->type = v->kind == VALUE_REFERENCE ? v->number : 0; break;
	}
}

/* The entry the cursor is at; tag 0: the end of a list of children. False: damaged. */
static bool read_die(struct dwarf *d, struct unit *u, struct cursor *c, struct dwarf_die *die)
{
	struct abbrevs *t = abbrevs_of(d, u);
	const struct abbrev *a;
	struct old_bits old = {0};
	uint64_t code;

	*die = (struct dwarf_die){.offset = c->at};
	code = cursor_uleb(c);
	die->body = c->at;
	if (c->bad || !code)
		return !c->bad;
	a = abbrev_find(d, t, code);
	if (!a)
		return false;
	die->tag = a->tag;
	die->children = a->children;
	for (uint32_t i = 0; i < a->count && !c->bad; i++) {
		const struct abbrev_attribute *at = &t->attributes.v[a->first + i];
		struct value v = dwarf_value(d, u, c, at->form, at->constant);

		if (at->name == AT_STR_OFFSETS_BASE)
			u->str_offsets_base = v.number;
		else if (at->name == AT_ADDR_BASE)
			u->addr_base = v.number;
		else
			attribute(die, at->name, &v, &old);
	}
	if (old.has && die->has_size && old.offset + die->bit_size <= die->size * 8) {
		die->bit_offset = die->member_offset * 8 + die->size * 8 - old.offset - die->bit_size;
		die->has_bit_offset = true;
	}
	die->body = c->at;
	return !c->bad;
}

/* Bases stand in the unit's own entry, which must have been read before any other. */
static void read_bases(struct dwarf *d, struct unit *u)
{
	struct cursor c = cursor_at(dwarf_section(d, SECTION_INFO), u->first, u->end);
	struct dwarf_die die;

	read_die(d, u, &c, &die);
}

bool dwarf_die_at(struct dwarf *d, uint64_t offset, struct dwarf_die *out)
{
	struct unit *u = unit_of(d, offset);
	struct cursor c;

	if (!u)
		return false;
	if (u->version == 5 || dwarf_section(d, SECTION_STR_OFFSETS)->size)
		read_bases(d, u);
	c = cursor_at(dwarf_section(d, SECTION_INFO), offset, u->end);
	return read_die(d, u, &c, out) && out->tag;
}

void dwarf_children(struct dwarf *d, const struct dwarf_die *die,
		    bool (*each)(void *arg, const struct dwarf_die *child), void *arg)
{
	struct unit *u = unit_of(d, die->offset);
	struct dwarf_die child;
	unsigned depth = 0;
	struct cursor c;

	if (!u || !die->children)
		return;
	c = cursor_at(dwarf_section(d, SECTION_INFO), die->body, u->end);
	while (c.at < c.end && read_die(d, u, &c, &child)) {
		if (!child.tag) {
			if (!depth--)
				return;
			continue;
		}
		if (!depth && !each(arg, &child))
			return;
		if (!child.children)
			continue;
		/* over its children: at once where it says where they end */
		if (child.sibling > c.at && child.sibling <= c.end)
			c.at = child.sibling;
		else
			depth++;
	}
}

/* ---- functions ---- */

static int by_address(const void *a, const void *b)
{
	const struct function_at *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void unit_functions(struct dwarf *d, struct unit *u)
{
	struct cursor c = cursor_at(dwarf_section(d, SECTION_INFO), u->first, u->end);
	struct dwarf_die die;

	while (c.at < c.end && d->functions.n < FUNCTIONS_LIMIT && read_die(d, u, &c, &die)) {
		if (die.tag != DWARF_SUBPROGRAM || !die.has_low_pc)
			continue;
		vec_push(&d->functions, ((struct function_at){die.low_pc, die.offset}));
		if (die.sibling > c.at && die.sibling <= c.end)
			c.at = die.sibling;
	}
}

bool dwarf_function(struct dwarf *d, uint64_t address, struct dwarf_die *out)
{
	size_t low = 0, high;

	if (!d->functions_read) {
		d->functions_read = true;
		if (!d->units_read)
			read_units(d);
		vec_each(u, &d->units)
			unit_functions(d, u);
		if (d->functions.n)
			qsort(d->functions.v, d->functions.n, sizeof(*d->functions.v), by_address);
	}
	for (high = d->functions.n; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (d->functions.v[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < d->functions.n && d->functions.v[low].address == address &&
	       dwarf_die_at(d, d->functions.v[low].offset, out);
}

void dwarf_inherit(struct dwarf *d, struct dwarf_die *die)
{
	struct dwarf_die origin;
	uint64_t next = die->origin;

	for (unsigned i = 0; next && i < ORIGIN_LIMIT && dwarf_die_at(d, next, &origin); i++) {
		if (!die->name)
			die->name = origin.name;
		if (!die->type)
			die->type = origin.type;
		die->artificial |= origin.artificial;
		next = origin.origin;
	}
}
