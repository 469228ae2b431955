/* ctype.c - names of C definitions, and what type a declaration names; see ctype.h. */
#include "lang/ctype_int.h"

void ctypes_init(struct ctypes *c, struct arena *arena, struct types *types, struct world *world,
		 struct diags *diags)
{
	*c = (struct ctypes){.arena = arena, .types = types, .world = world, .diags = diags};
}

void ctypes_free(struct ctypes *c)
{
	hmap_free(&c->tags);
	hmap_free(&c->by_node);
	hmap_free(&c->by_type);
	hmap_free(&c->typedefs);
	hmap_free(&c->constants);
}

bool ctypes_enter(struct ctypes *c, struct span span)
{
	if (c->depth < CTYPE_MAX_DEPTH) {
		c->depth++;
		return true;
	}
	ctypes_complain(c, TOO_DEEP, span, "types are nested more than %d levels deep", CTYPE_MAX_DEPTH);
	return false;
}

/* ---- names ---- */

static const char *tag_key(struct ctypes *c, enum op tag, const char *name)
{
	return arena_printf(c->arena, "%s %s", op_spelling(tag), name);
}

static enum op tag_of(const struct node *n)
{
	return n->kind == NODE_C_ENUM ? OP_ENUM : (enum op)n->op;
}

static struct ctype *entry_new(struct ctypes *c, const struct node *n)
{
	struct ctype *t = arena_new_of(c->arena, struct ctype);
	const char *name = n->name ? n->name : "(anonymous)";

	*t = (struct ctype){.node = n};
	t->type = n->kind == NODE_C_ENUM ? type_enum_new(c->types, n->name, 4, false)
					 : type_struct_new(c->types, name, n->op == OP_UNION);
	*hmap_at(&c->by_node, &n, sizeof(n)) = t;
	*hmap_at(&c->by_type, &t->type, sizeof(t->type)) = t;
	return t;
}

struct ctype *ctypes_entry(struct ctypes *c, const struct node *definition)
{
	struct ctype *t = hmap_get(&c->by_node, &definition, sizeof(definition));

	return t ? t : entry_new(c, definition);
}

static struct ctype *find_tag(struct ctypes *c, enum op tag, const char *name)
{
	return hmap_gets(&c->tags, tag_key(c, tag, name));
}

static void add_enumerators(struct ctypes *c, struct ctype *owner, bool quiet)
{
	vec_each(it, &owner->node->list) {
		struct cconstant *constant = hmap_gets(&c->constants, (*it)->name);

		if (constant) {
			if (!quiet)
				ctypes_complain(c, REDEFINED, (*it)->span, "the enumerator '%s' is defined twice",
						(*it)->name);
			continue;
		}
		constant = arena_new_of(c->arena, struct cconstant);
		*constant = (struct cconstant){.setting = *it, .owner = owner};
		hmap_puts(&c->constants, (*it)->name, constant);
	}
}

/* What is defined inside of a type as written, however it is wrapped. */
static void add_inner(struct ctypes *c, struct node *n, bool quiet)
{
	for (; n && n->kind == NODE_TYPE; n = n->a)
		if (n->name && n->name[0])
			return;
	if (n && (n->kind == NODE_C_STRUCT || n->kind == NODE_C_ENUM))
		ctypes_add(c, n, quiet);
}

/* The text of a definition tells whether two are the same; a forward declaration fits any. */
static bool same_definition(const struct node *a, const struct node *b)
{
	struct buf x = {0}, y = {0};
	bool same;

	ast_print(a, &x, NULL, NULL);
	ast_print(b, &y, NULL, NULL);
	same = x.len == y.len && !memcmp(x.data, y.data, x.len);
	buf_free(&x);
	buf_free(&y);
	return same;
}

static void add_tagged(struct ctypes *c, struct node *n, bool quiet)
{
	const char *key = n->name ? tag_key(c, tag_of(n), n->name) : NULL;
	struct ctype *known = key ? hmap_gets(&c->tags, key) : NULL;

	if (known && !(known->node->flags & NODE_FORWARD)) {
		if (!(n->flags & NODE_FORWARD) && !quiet && !same_definition(known->node, n))
			ctypes_complain(c, REDEFINED, n->span, "%s is defined twice", key);
		return;
	}
	if (!known) {
		known = ctypes_entry(c, n);
		if (key)
			hmap_puts(&c->tags, key, known);
	}
	if (n->flags & NODE_FORWARD)
		return;
	known->node = n;
	*hmap_at(&c->by_node, &n, sizeof(n)) = known;
	if (n->kind == NODE_C_ENUM) {
		add_enumerators(c, known, quiet);
		return;
	}
	vec_each(it, &n->list)
		add_inner(c, (*it)->a, quiet);
}

void ctypes_add(struct ctypes *c, struct node *n, bool quiet)
{
	if (n->kind == NODE_C_TYPEDEF) {
		const struct node *known = hmap_gets(&c->typedefs, n->name);

		add_inner(c, n->a, quiet);
		if (!known)
			hmap_puts(&c->typedefs, n->name, n);
		else if (!quiet && !same_definition(known, n))
			ctypes_complain(c, REDEFINED, n->span, "the type '%s' is defined twice", n->name);
		return;
	}
	add_tagged(c, n, quiet);
}

/* ---- types as written ---- */

static const struct { const char *name; uint8_t size; bool is_signed; } c_integers[] = {
	{"char", 1, true}, {"signed char", 1, true}, {"unsigned char", 1, false},
	{"short", 2, true}, {"unsigned short", 2, false}, {"int", 4, true}, {"unsigned int", 4, false},
	{"long", 8, true}, {"unsigned long", 8, false}, {"long long", 8, true},
	{"unsigned long long", 8, false},
	/* the language's own, and those of <stdint.h> and the kernel, so that no header is needed */
	{"int8", 1, true}, {"int16", 2, true}, {"int32", 4, true}, {"int64", 8, true},
	{"uint8", 1, false}, {"uint16", 2, false}, {"uint32", 4, false}, {"uint64", 8, false},
	{"int8_t", 1, true}, {"int16_t", 2, true}, {"int32_t", 4, true}, {"int64_t", 8, true},
	{"uint8_t", 1, false}, {"uint16_t", 2, false}, {"uint32_t", 4, false}, {"uint64_t", 8, false},
	{"s8", 1, true}, {"s16", 2, true}, {"s32", 4, true}, {"s64", 8, true},
	{"u8", 1, false}, {"u16", 2, false}, {"u32", 4, false}, {"u64", 8, false},
	{"__s8", 1, true}, {"__s16", 2, true}, {"__s32", 4, true}, {"__s64", 8, true},
	{"__u8", 1, false}, {"__u16", 2, false}, {"__u32", 4, false}, {"__u64", 8, false},
	{"__be16", 2, false}, {"__be32", 4, false}, {"__be64", 8, false},
	{"__le16", 2, false}, {"__le32", 4, false}, {"__le64", 8, false},
	{"size_t", 8, false}, {"ssize_t", 8, true}, {"off_t", 8, true}, {"pid_t", 4, true},
	{"uid_t", 4, false}, {"gid_t", 4, false}, {"mode_t", 4, false},
	{"ino_t", 8, false}, {"time_t", 8, true}, {"intptr_t", 8, true}, {"uintptr_t", 8, false},
	{"ptrdiff_t", 8, true}, {"wchar_t", 4, true}, {"socklen_t", 4, false},
};

/* What is no integer of ours is kept as bytes: its place and size are right. */
static const struct { const char *name; uint8_t size; } c_others[] = {
	{"float", 4}, {"double", 8}, {"long double", 16}, {"__int128", 16}, {"unsigned __int128", 16},
	{"_Float128", 16}, {"__float128", 16}, {"_Float64", 8}, {"_Float32", 4}, {"_Float32x", 8},
	{"_Float64x", 16}, {"__builtin_va_list", 24},
};

static struct cref resolve_basic(struct ctypes *c, const char *name)
{
	struct cref r = {0};

	for (size_t i = 0; i < ARRAY_SIZE(c_integers); i++) {
		if (!str_eq(c_integers[i].name, name))
			continue;
		r.type = type_int(c->types, c_integers[i].size, c_integers[i].is_signed);
		r.align = c_integers[i].size;
		r.is_char = i == 0;
		return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(c_others); i++) {
		if (!str_eq(c_others[i].name, name))
			continue;
		r.type = type_array(c->types, type_int(c->types, 1, false), c_others[i].size);
		r.align = c_others[i].size == 24 ? 8 : c_others[i].size;
		return r;
	}
	if (str_eq(name, "bool") || str_eq(name, "_Bool"))
		return (struct cref){.type = type_simple(c->types, TYPE_BOOL), .align = 1};
	if (str_eq(name, "void"))
		return (struct cref){.type = type_simple(c->types, TYPE_VOID), .align = 1};
	return r;
}

static struct cref resolve_world(struct ctypes *c, enum op tag, const char *name, bool value)
{
	struct cref r = {.type = c->world ? c->world->type_named(c->world, tag, name) : NULL, .align = 1};

	if (r.type && r.type->kind == TYPE_STRUCT && value && !r.type->complete)
		c->world->complete(c->world, (struct type *)r.type);
	if (r.type && value)
		r.align = ctypes_natural_align(c, r.type, 0);
	return r;
}

static void complain_unknown(struct ctypes *c, const struct node *n)
{
	const char *tag = n->op ? op_spelling(n->op) : "";

	ctypes_complain(c, UNKNOWN_TYPE, n->span, "there is no type '%s%s%s'", tag, n->op ? " " : "", n->name);
	if (c->diags && !n->op && (find_tag(c, OP_STRUCT, n->name) ||
				   (c->world && c->world->type_named(c->world, OP_STRUCT, n->name))))
		diag_hint(c->diags, "did you mean 'struct %s'?", n->name);
}

/* A struct, union or enum of ours. */
static struct cref resolve_entry(struct ctypes *c, struct ctype *t, bool value)
{
	struct cref r = {.type = t->type, .align = t->align};

	if (!value && t->node->kind != NODE_C_ENUM)
		return r;
	if (!ctypes_layout(c, t))
		return (struct cref){.broken = true};
	r.align = t->align;
	return r;
}

static struct cref resolve_typedef(struct ctypes *c, const struct node *n, bool value)
{
	struct cref r;
	uint32_t align;

	if (!ctypes_enter(c, n->span))
		return (struct cref){.broken = true};
	r = ctypes_resolve(c, n->a, &n->list, value || n->list.n);
	c->depth--;
	if (n->num && r.type && r.type->kind == TYPE_INT) {
		r.type = n->num <= 8 ? type_int(c->types, n->num, r.type->is_signed)
				     : type_array(c->types, type_int(c->types, 1, false), n->num);
		r.align = n->num;
	}
	align = ctypes_attribute_align(c, n);
	if (align && r.type)
		r.align = align;
	if ((n->flags & NODE_PACKED) && r.type && !align && n->a->kind == NODE_TYPE)
		r.align = 1;
	return r;
}

static struct cref resolve_name(struct ctypes *c, const struct node *n, bool value)
{
	struct cref r = {0};

	if (n->op) {
		struct ctype *t = find_tag(c, n->op, n->name);

		if (t && !(t->node->flags & NODE_FORWARD))
			return resolve_entry(c, t, value);
		r = resolve_world(c, n->op, n->name, value);
		if (r.type || value || n->op == OP_ENUM)
			return r;
		/* a pointer to something that nobody defines: its name is all that is known */
		if (!t) {
			struct node *forward = node_new(c->arena, NODE_C_STRUCT, n->span);

			forward->name = n->name;
			forward->op = n->op;
			forward->flags |= NODE_FORWARD;
			ctypes_add(c, forward, true);
			t = find_tag(c, n->op, n->name);
		}
		return (struct cref){.type = t->type, .align = 1};
	}
	const struct node *definition = hmap_gets(&c->typedefs, n->name);

	if (definition)
		return resolve_typedef(c, definition, value);
	r = resolve_basic(c, n->name);
	return r.type ? r : resolve_world(c, OP_NONE, n->name, value);
}

/* The lengths apply from the last to the first: int a[2][3] is two arrays of three. */
static struct cref apply_lengths(struct ctypes *c, struct cref r, const node_list *lengths,
				 struct span span)
{
	for (size_t i = lengths ? lengths->n : 0; r.type && i-- > 0;) {
		int64_t count = 0;

		if (lengths->v[i] && !ctypes_evaluate(c, lengths->v[i], &count)) {
			ctypes_complain(c, NOT_CONSTANT, lengths->v[i]->span, "the length of an array is a constant");
			return (struct cref){.broken = true};
		}
		if (count < 0 || count > CTYPE_MAX_SIZE ||
		    (r.type->size && (uint64_t)count * r.type->size > CTYPE_MAX_SIZE)) {
			ctypes_complain(c, OUT_OF_RANGE, span, "an array of %lld elements", (long long)count);
			return (struct cref){.broken = true};
		}
		if (r.is_char && count)
			r.type = type_string(c->types, count);
		else
			r.type = type_array(c->types, r.type, count);
		r.is_char = false;
	}
	return r;
}

static struct cref add_pointers(struct ctypes *c, struct cref r, uint64_t depth)
{
	if (depth && !r.type && !r.broken) /* a pointer to what nobody defines is as good as any */
		r.type = type_simple(c->types, TYPE_VOID);
	for (; depth && r.type; depth--)
		r = (struct cref){.type = type_pointer(c->types, r.type, TYPE_SPACE_NONE, false), .align = 8};
	return r;
}

struct cref ctypes_resolve(struct ctypes *c, const struct node *n, const node_list *lengths, bool value)
{
	struct cref r = {0};
	bool inner = value && !n->num;

	if (n->kind == NODE_C_STRUCT || n->kind == NODE_C_ENUM)
		return apply_lengths(c, resolve_entry(c, ctypes_entry(c, n), value), lengths, n->span);
	if (n->kind != NODE_TYPE || !ctypes_enter(c, n->span))
		return (struct cref){.broken = true};
	if (n->a && n->name && !n->name[0])
		r = ctypes_resolve(c, n->a, NULL, inner || n->list.n);
	else if (n->name && !str_eq(n->name, "typeof"))
		r = resolve_name(c, n, inner || (n->list.n && !n->num));
	c->depth--;
	if (!r.type && n->num && r.broken) /* a pointer to a struct that is being laid out */
		r = (struct cref){0};
	r = add_pointers(c, r, n->num);
	if (!r.type && !r.broken && n->name) {
		complain_unknown(c, n);
		return (struct cref){.broken = true};
	}
	r = apply_lengths(c, r, &n->list, n->span);
	return apply_lengths(c, r, lengths, n->span);
}

/* ---- what the checker asks ---- */

const struct type *ctypes_named(struct ctypes *c, enum op tag, const char *name)
{
	struct ctype *t;

	if (tag == OP_NONE) {
		const struct node *definition = hmap_gets(&c->typedefs, name);

		return definition ? resolve_typedef(c, definition, false).type : NULL;
	}
	t = find_tag(c, tag, name);
	if (!t || (t->node->flags & NODE_FORWARD))
		return NULL;
	if (tag == OP_ENUM)
		ctypes_layout(c, t);
	return t->type;
}

bool ctypes_complete(struct ctypes *c, const struct type *type)
{
	struct ctype *t = hmap_get(&c->by_type, &type, sizeof(type));

	return t && ctypes_layout(c, t);
}

bool ctypes_constant(struct ctypes *c, const char *name, int64_t *value, const struct type **type)
{
	struct cconstant *constant = hmap_gets(&c->constants, name);

	if (!constant)
		return false;
	if (!constant->known) /* all of an enum at once: each value counts on from the one before */
		ctypes_layout(c, constant->owner);
	*value = constant->value;
	*type = constant->owner->type;
	return constant->known;
}

static void check_inner(struct ctypes *c, const struct node *n)
{
	if (n->kind == NODE_C_TYPEDEF)
		ctypes_resolve(c, n->a, &n->list, n->list.n > 0);
	else if (!(n->flags & NODE_FORWARD) && (n->kind == NODE_C_STRUCT || n->kind == NODE_C_ENUM))
		ctypes_layout(c, ctypes_entry(c, n));
}

void ctypes_check(struct ctypes *c, const struct node *script)
{
	vec_each(it, &script->list)
		check_inner(c, *it);
}
