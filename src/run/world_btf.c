/*
 * world_btf.c - kernel types: from BTF, the kernel's description of its own types, to ours.
 *
 * A struct is made by name and size only, and completed when a field is asked for, so a
 * script that uses three fields of task_struct converts three structs of many thousand.
 */
#include "run/world_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "kern/bpf_programs.h"

enum { DEPTH_MAX = 32 };

/* ---- whose types ---- */

/* The types being converted: those of m->at, else the kernel's. */
static struct btf *current(struct machine *m)
{
	return m->at ? m->at->btf : m->btf;
}

/* What a type of them is known by. */
static uint32_t type_key(const struct machine *m, uint32_t id)
{
	return m->at && id > m->at->base ? m->at->number << TYPE_ID_BITS | id : id;
}

/* The other way: m->at and the id in it. */
static uint32_t type_select(struct machine *m, uint32_t key)
{
	uint32_t number = key >> TYPE_ID_BITS;

	m->at = number && number <= m->more_types.n ? m->more_types.v[number - 1] : NULL;
	return key & ((1u << TYPE_ID_BITS) - 1);
}

static struct types_of *types_named(struct machine *m, const char *name)
{
	struct types_of *t;

	for (size_t i = 0; i < m->more_types.n; i++)
		if (str_eq(m->more_types.v[i]->name, name))
			return m->more_types.v[i];
	t = xcalloc(1, sizeof(*t));
	t->name = xstrdup(name);
	vec_push(&m->more_types, t);
	t->number = m->more_types.n;
	return t;
}

static bool fits(const struct types_of *t)
{
	return t->btf && t->number < 1u << (32 - TYPE_ID_BITS) && btf_count(t->btf) < 1u << TYPE_ID_BITS;
}

struct types_of *machine_module_types(struct machine *m, const char *module)
{
	struct btf *base = machine_btf(m, NULL);
	struct types_of *t;
	size_t known = m->more_types.n;

	/* With types from a file the machine's modules have nothing to do. */
	if (!base || m->btf_path)
		return NULL;
	t = types_named(m, module);
	if (m->more_types.n > known) {
		t->base = btf_count(base);
		if (btf_open_module(&t->btf, base, module))
			t->btf = NULL;
	}
	return fits(t) ? t : NULL;
}

struct types_of *machine_program_types(struct machine *m, uint32_t id)
{
	char name[32];
	struct types_of *t;
	size_t known = m->more_types.n;

	snprintf(name, sizeof(name), "bpf:%u", id);
	t = types_named(m, name);
	if (m->more_types.n > known && bpf_program_btf(id, &t->btf, &t->bytes))
		t->btf = NULL;
	return fits(t) ? t : NULL;
}

void world_btf_free(struct machine *m)
{
	vec_each(it, &m->more_types) {
		btf_close((*it)->btf);
		free((*it)->bytes);
		free((*it)->name);
		free(*it);
	}
	vec_free(&m->more_types);
}

/* ---- conversion ---- */

static const struct type *convert(struct machine *m, uint32_t id, bool trusted, unsigned depth);

static const struct type *void_type(struct machine *m)
{
	return type_simple(m->world.types, TYPE_VOID);
}

/*
 * A struct that something outside of BTF names (a system call's argument): the kernel's
 * definition is looked up when a field of it is asked for.
 */
struct type *world_struct_named(struct machine *m, bool is_union, const char *name)
{
	void **at = hmap_at(&m->structs_by_name, name, strlen(name));

	if (!*at)
		*at = type_struct_new(m->world.types, name, is_union);
	return *at;
}

/* One struct type an id, so that the same struct is the same pointer everywhere. */
static struct type *struct_type(struct machine *m, const struct btf_info *info)
{
	bool is_union = info->kind == BTF_KIND_UNION;
	uint32_t key = type_key(m, info->id);
	void **at = hmap_at(&m->types_by_id, &key, sizeof(key));
	struct type *t = *at;

	if (t)
		return t;
	if (info->name[0])
		t = world_struct_named(m, is_union, info->name);
	/* Several structs of the kernel may share a name: the first keeps it. */
	if (!t || t->btf_id || t->is_union != is_union)
		t = type_struct_new(m->world.types, info->name[0] ? info->name : "(anonymous)",
				    is_union);
	t->btf_id = key;
	t->size = info->size;
	t->space = TYPE_SPACE_KERNEL;
	*at = t;
	return t;
}

static struct type *enum_type(struct machine *m, const struct btf_info *info)
{
	uint32_t key = type_key(m, info->id);
	void **at = hmap_at(&m->types_by_id, &key, sizeof(key));

	if (*at)
		return *at;
	struct type *t = type_enum_new(m->world.types, info->name[0] ? info->name : "(anonymous)",
				       info->size, info->flag);
	t->btf_id = key;
	*at = t;
	return t;
}

static const struct type *int_type(struct machine *m, const struct btf_info *info)
{
	struct btf_int_info i = {0};

	btf_int(current(m), info->id, &i);
	if (i.is_bool)
		return type_simple(m->world.types, TYPE_BOOL);
	if (info->size != 1 && info->size != 2 && info->size != 4 && info->size != 8)
		return type_array(m->world.types, type_int(m->world.types, 1, false), info->size);
	return type_int(m->world.types, info->size, i.is_signed);
}

/* Whether a pointer's target is marked as user memory (`__user`). */
static bool is_user(struct machine *m, uint32_t id)
{
	struct btf_info info;

	for (unsigned i = 0; i < DEPTH_MAX && btf_get(current(m), id, &info); i++) {
		switch (info.kind) {
		case BTF_KIND_TYPE_TAG:
			if (str_eq(info.name, "user"))
				return true;
			break;
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
			break;
		default:
			return false;
		}
		id = info.ref;
	}
	return false;
}

static bool is_char(struct machine *m, uint32_t id)
{
	struct btf_info info;

	return btf_get(current(m), btf_strip(current(m), id), &info) && info.kind == BTF_KIND_INT &&
	       info.size == 1 && str_eq(info.name, "char");
}

/* Pointers to structs are what the kernel lets programs follow; others are numbers to it. */
static bool is_struct(struct machine *m, uint32_t id)
{
	struct btf_info info;

	return btf_get(current(m), btf_resolve(current(m), id), &info) &&
	       (info.kind == BTF_KIND_STRUCT || info.kind == BTF_KIND_UNION);
}

static const struct type *pointer_type(struct machine *m, uint32_t target, bool trusted,
				       unsigned depth)
{
	bool user = is_user(m, target);

	return type_pointer(m->world.types, convert(m, target, false, depth + 1),
			    user ? TYPE_SPACE_USER : TYPE_SPACE_KERNEL, trusted && !user && is_struct(m, target));
}

static const struct type *array_type(struct machine *m, uint32_t id, unsigned depth)
{
	uint32_t elem = 0, count = 0;

	btf_array(current(m), id, &elem, &count);
	/* char[16] is text: it prints and compares as such */
	if (count && is_char(m, elem))
		return type_string(m->world.types, count);
	return type_array(m->world.types, convert(m, elem, false, depth + 1), count);
}

/* A struct only declared where it was seen: the definition, if there is one. */
static const struct type *forward_type(struct machine *m, const struct btf_info *fwd)
{
	uint32_t kind = fwd->flag ? BTF_KIND_UNION : BTF_KIND_STRUCT;
	struct btf_info definition;

	if (btf_get(current(m), btf_find(current(m), kind, fwd->name), &definition) && definition.id)
		return struct_type(m, &definition);
	return world_struct_named(m, fwd->flag, fwd->name);
}

static const struct type *convert(struct machine *m, uint32_t id, bool trusted, unsigned depth)
{
	struct btf_info info;

	if (depth >= DEPTH_MAX || !btf_get(current(m), btf_resolve(current(m), id), &info) || !info.id)
		return void_type(m);
	switch (info.kind) {
	case BTF_KIND_INT:
		return int_type(m, &info);
	case BTF_KIND_PTR:
		return pointer_type(m, info.ref, trusted, depth);
	case BTF_KIND_ARRAY:
		return array_type(m, info.id, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return struct_type(m, &info);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enum_type(m, &info);
	case BTF_KIND_FWD:
		return forward_type(m, &info);
	case BTF_KIND_FLOAT:
		return type_array(m->world.types, type_int(m->world.types, 1, false), info.size);
	default: /* functions, variables: nothing to look into */
		return void_type(m);
	}
}

const struct type *world_btf_type_of(struct machine *m, struct types_of *of, uint32_t id, bool trusted)
{
	m->at = of;
	return convert(m, id, trusted, 0);
}

static const struct type *kernel_type(struct machine *m, uint32_t id)
{
	return world_btf_type_of(m, NULL, id, false);
}

/* ---- fields ---- */

/*
 * A bit field is loaded whole, 1 to 8 bytes from `offset` on: when it does not fit into the 8
 * bytes from its first one, it is addressed from the unit of its own type.
 */
static void field_place(const struct btf_member_info *member, struct field *f)
{
	f->offset = member->bit_offset / 8;
	f->bit_offset = member->bit_offset % 8;
	f->bit_size = member->bit_size;
	if (member->bit_size && f->bit_offset + member->bit_size > 64) {
		f->offset = member->bit_offset / 64 * 8;
		f->bit_offset = member->bit_offset % 64;
	}
}

static uint32_t struct_id(struct machine *m, const struct type *t, struct btf_info *info)
{
	uint32_t id = type_select(m, t->btf_id);

	if (!id && t->name)
		id = btf_find(current(m), t->is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT, t->name);
	if (!id || !btf_get(current(m), id, info) ||
	    (info->kind != BTF_KIND_STRUCT && info->kind != BTF_KIND_UNION))
		return 0;
	return id;
}

bool world_complete(struct world *w, struct type *t)
{
	struct machine *m = machine_of(w);
	struct btf_info info;
	struct btf_member_info member;

	if (t->complete || hmap_get(&m->dwarf_structs, &t, sizeof(t)))
		return t->complete || world_dwarf_complete(m, t);
	uint32_t id = machine_btf(m, NULL) ? struct_id(m, t, &info) : 0;
	if (!id)
		return false;
	struct field *fields = arena_array(w->arena, struct field, MAX_OF(info.count, 1));
	uint32_t n = 0;
	for (; n < info.count && btf_member_at(current(m), id, n, &member); n++) {
		fields[n].name = member.name[0] ? arena_strdup(w->arena, member.name) : NULL;
		fields[n].type = convert(m, member.type, false, 0);
		fields[n].source = FIELD_PLAIN;
		field_place(&member, &fields[n]);
	}
	if (!t->btf_id) {
		t->btf_id = id;
		*hmap_at(&m->types_by_id, &id, sizeof(id)) = t;
	}
	t->space = TYPE_SPACE_KERNEL;
	t->size = info.size;
	t->fields = fields;
	t->nfields = n;
	t->complete = true;
	return true;
}

/* ---- by name ---- */

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
		id = btf_find(m->btf, BTF_KIND_STRUCT, name);
		break;
	case OP_UNION:
		id = btf_find(m->btf, BTF_KIND_UNION, name);
		break;
	case OP_ENUM:
		id = btf_find(m->btf, BTF_KIND_ENUM, name);
		if (!id)
			id = btf_find(m->btf, BTF_KIND_ENUM64, name);
		break;
	default:
		id = btf_find(m->btf, BTF_KIND_TYPEDEF, name);
		if (!id)
			id = btf_find(m->btf, BTF_KIND_INT, name);
	}
	return id ? kernel_type(m, id) : NULL;
}

bool world_enumerator(struct world *w, const char *name, int64_t *value, const struct type **type)
{
	struct machine *m = machine_of(w);
	uint32_t id = 0;

	if (!machine_btf(m, NULL) || !btf_enumerator_find(m->btf, name, value, &id))
		return false;
	*type = kernel_type(m, id);
	return true;
}
