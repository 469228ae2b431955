/*
 * world_btf.c - kernel types: from BTF, the kernel's description of its own types, to ours.
 *
 * A struct is made by name and size only, and completed when a field is asked for, so a
 * script that uses three fields of task_struct converts three structs of many thousand.
 */
#include "run/world_int.h"

enum { DEPTH_MAX = 32, FIELDS_MAX = 65535 };

static const struct type *convert(struct machine *m, uint32_t id, bool trusted, unsigned depth);

static const struct type *void_type(struct machine *m)
{
	return type_simple(m->world.types, TYPE_VOID);
}

/* One struct type an id, so that the same struct is the same pointer everywhere. */
static struct type *struct_type(struct machine *m, uint32_t id, const struct btf_type *bt)
{
	void **at = hmap_at(&m->types_by_id, &id, sizeof(id));
	const char *name = btf_string(m->btf, bt->name_off);

	if (*at)
		return *at;
	struct type *t = type_struct_new(m->world.types, name && name[0] ? name : NULL,
					 BTF_INFO_KIND(bt->info) == BTF_KIND_UNION);
	t->btf_id = id;
	t->size = bt->size;
	t->space = TYPE_SPACE_KERNEL;
	*at = t;
	return t;
}

static struct type *enum_type(struct machine *m, uint32_t id, const struct btf_type *bt)
{
	void **at = hmap_at(&m->types_by_id, &id, sizeof(id));
	const char *name = btf_string(m->btf, bt->name_off);

	if (*at)
		return *at;
	struct type *t = type_enum_new(m->world.types, name && name[0] ? name : NULL, bt->size,
				       BTF_INFO_KFLAG(bt->info));
	t->btf_id = id;
	*at = t;
	return t;
}

static const struct type *int_type(struct machine *m, const struct btf_type *bt)
{
	uint32_t info = *(const uint32_t *)(bt + 1);
	unsigned size = bt->size;

	if (BTF_INT_ENCODING(info) & BTF_INT_BOOL)
		return type_simple(m->world.types, TYPE_BOOL);
	if (size != 1 && size != 2 && size != 4 && size != 8) /* __int128 */
		return type_array(m->world.types, type_int(m->world.types, 8, false), size / 8);
	return type_int(m->world.types, size, BTF_INT_ENCODING(info) & BTF_INT_SIGNED);
}

/* Past typedefs and qualifiers; *user is set when a pointer's target is user memory. */
static const struct btf_type *strip(struct machine *m, uint32_t *id, bool *user)
{
	for (unsigned i = 0; *id && i < DEPTH_MAX; i++) {
		const struct btf_type *bt = btf_type(m->btf, *id);
		if (!bt)
			return NULL;
		switch (BTF_INFO_KIND(bt->info)) {
		case BTF_KIND_TYPE_TAG:
			if (user && str_eq(btf_string(m->btf, bt->name_off), "user"))
				*user = true;
			break;
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
			break;
		default:
			return bt;
		}
		*id = bt->type;
	}
	return NULL;
}

static bool is_char(struct machine *m, const struct btf_type *bt)
{
	return bt && BTF_INFO_KIND(bt->info) == BTF_KIND_INT && bt->size == 1 &&
	       str_eq(btf_string(m->btf, bt->name_off), "char");
}

static const struct type *pointer_type(struct machine *m, uint32_t target, bool trusted,
				       unsigned depth)
{
	bool user = false;

	strip(m, &(uint32_t){target}, &user);
	return type_pointer(m->world.types, convert(m, target, false, depth + 1),
			    user ? TYPE_SPACE_USER : TYPE_SPACE_KERNEL, trusted && !user);
}

static const struct type *array_type(struct machine *m, const struct btf_type *bt, unsigned depth)
{
	const struct btf_array *array = (const struct btf_array *)(bt + 1);
	uint32_t elem = array->type;

	/* char[16] is text: it prints and compares as such */
	if (array->nelems && is_char(m, strip(m, &elem, NULL)))
		return type_string(m->world.types, array->nelems);
	return type_array(m->world.types, convert(m, array->type, false, depth + 1), array->nelems);
}

/* A struct only declared where it was seen: the definition, if there is one. */
static const struct type *forward_type(struct machine *m, const struct btf_type *bt)
{
	const char *name = btf_string(m->btf, bt->name_off);
	bool is_union = BTF_INFO_KFLAG(bt->info);
	uint32_t id = btf_find(m->btf, name, is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT);
	const struct btf_type *definition = id ? btf_type(m->btf, id) : NULL;

	if (definition)
		return struct_type(m, id, definition);
	return type_struct_new(m->world.types, name, is_union);
}

static const struct type *convert(struct machine *m, uint32_t id, bool trusted, unsigned depth)
{
	const struct btf_type *bt = depth < DEPTH_MAX ? strip(m, &id, NULL) : NULL;

	if (!bt)
		return void_type(m);
	switch (BTF_INFO_KIND(bt->info)) {
	case BTF_KIND_INT:
		return int_type(m, bt);
	case BTF_KIND_PTR:
		return pointer_type(m, bt->type, trusted, depth);
	case BTF_KIND_ARRAY:
		return array_type(m, bt, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return struct_type(m, id, bt);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enum_type(m, id, bt);
	case BTF_KIND_FWD:
		return forward_type(m, bt);
	case BTF_KIND_FLOAT:
		return type_array(m->world.types, type_int(m->world.types, 1, false), bt->size);
	default: /* functions, variables: nothing to look into */
		return void_type(m);
	}
}

const struct type *world_btf_type(struct machine *m, uint32_t id, bool trusted)
{
	return convert(m, id, trusted, 0);
}

/* ---- fields ---- */

/*
 * A bit field's place is in bits from the struct's start; without kind_flag its width is in
 * the type (and was, in old encoders, in the integer's own offset).
 */
static void field_place(const struct btf_type *st, const struct btf_member *member, struct field *f)
{
	uint32_t bits = member->offset, width = 0;

	if (BTF_INFO_KFLAG(st->info)) {
		bits = BTF_MEMBER_BIT_OFFSET(member->offset);
		width = BTF_MEMBER_BITFIELD_SIZE(member->offset);
	}
	f->offset = bits / 8;
	f->bit_offset = bits % 8;
	f->bit_size = width;
	/* Loads are of 1, 2, 4 or 8 bytes: a wide field that straddles is read from its unit. */
	if (width && f->type->size && f->bit_offset + width > 64) {
		uint32_t unit = f->type->size * 8;
		f->offset = bits / unit * f->type->size;
		f->bit_offset = bits % unit;
	}
}

bool world_complete(struct world *w, struct type *t)
{
	struct machine *m = machine_of(w);
	uint32_t id = t->btf_id;

	if (t->complete)
		return true;
	if (!machine_btf(m, NULL))
		return false;
	if (!id && t->name)
		id = btf_find(m->btf, t->name, t->is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT);
	const struct btf_type *bt = id ? btf_type(m->btf, id) : NULL;
	unsigned kind = bt ? BTF_INFO_KIND(bt->info) : 0;
	if (kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION)
		return false;
	const struct btf_member *members = (const struct btf_member *)(bt + 1);
	uint32_t count = BTF_INFO_VLEN(bt->info);
	struct field *fields = arena_array(w->arena, struct field, MAX_OF(count, 1));
	for (uint32_t i = 0; i < count; i++) {
		const char *name = btf_string(m->btf, members[i].name_off);
		fields[i].name = name && name[0] ? arena_strdup(w->arena, name) : NULL;
		fields[i].type = convert(m, members[i].type, false, 0);
		fields[i].source = FIELD_PLAIN;
		field_place(bt, &members[i], &fields[i]);
	}
	t->btf_id = id;
	t->size = bt->size;
	t->fields = fields;
	t->nfields = count;
	t->complete = true;
	return true;
}

/* ---- by name ---- */

static uint32_t find_typedef(struct machine *m, const char *name)
{
	uint32_t id = btf_find(m->btf, name, BTF_KIND_TYPEDEF);

	return id ? id : btf_find(m->btf, name, BTF_KIND_INT);
}

/*
 * "struct task_struct" with its tag; without one a typedef or a plain type ("u32", "long").
 * The language's own names (uint32, ...) are the checker's.
 */
const struct type *world_type_named(struct world *w, enum op tag, const char *name)
{
	struct machine *m = machine_of(w);
	uint32_t id = 0;

	if (!machine_btf(m, NULL))
		return NULL;
	switch (tag) {
	case OP_STRUCT:
		id = btf_find(m->btf, name, BTF_KIND_STRUCT);
		break;
	case OP_UNION:
		id = btf_find(m->btf, name, BTF_KIND_UNION);
		break;
	case OP_ENUM:
		id = btf_find(m->btf, name, BTF_KIND_ENUM);
		if (!id)
			id = btf_find(m->btf, name, BTF_KIND_ENUM64);
		break;
	default:
		id = find_typedef(m, name);
	}
	return id ? convert(m, id, false, 0) : NULL;
}
