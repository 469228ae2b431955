/*
 * check_split.c - one block, several targets: where the arguments that the block uses are not laid
 * out alike, each layout gets a copy of the block, to be checked and compiled by itself.
 *
 *     tracepoint:syscalls:sys_enter_open,     filename at 16
 *     tracepoint:syscalls:sys_enter_openat    filename at 24      { print(str(args.filename)) }
 *
 * Takes probes with their targets; gives probes whose targets agree in every argument that is used.
 * A target that has no such argument stays with the others: the checker names it.
 */
#include "lang/check_int.h"

typedef VEC(struct probe *) probe_list;

struct used {
	struct arena *arena;
	VEC(const char *) names; /* args.NAME */
	bool all;                /* `args` as a whole */
};

static bool is_args(const struct node *n)
{
	return n && (n->kind == NODE_IDENT || (n->kind == NODE_CALL && !n->list.n)) && n->name &&
	       str_eq(n->name, "args");
}

static void note_used(struct node *n, void *ctx)
{
	struct used *u = ctx;

	if (n->kind == NODE_FIELD && is_args(n->a)) {
		avec_push(u->arena, &u->names, n->name);
		return;
	}
	/* what a fexit probe returns is typed, too, and its last argument */
	if (n->kind == NODE_IDENT && str_eq(n->name, "retval"))
		avec_push(u->arena, &u->names, n->name);
	u->all |= is_args(n);
	node_each_child(n, note_used, u);
}

/* Structs of the kernel are kept one a name, so that two of them are the same when their names are. */
static bool same_type(const struct type *a, const struct type *b)
{
	while (a->kind == b->kind && (a->kind == TYPE_POINTER || a->kind == TYPE_ARRAY) && a->count == b->count) {
		a = a->elem;
		b = b->elem;
	}
	return a == b || (a->kind == b->kind && a->size == b->size && a->is_signed == b->is_signed &&
			  (a->kind != TYPE_STRUCT || str_eq(a->name ? a->name : "", b->name ? b->name : "")));
}

/* Programs of fentry and fexit are made one a target: there only the types must be the same. */
static bool same_field(const struct field *a, const struct field *b, enum provider provider)
{
	bool placed = provider == PROVIDER_FENTRY || provider == PROVIDER_FEXIT;

	return (placed || a->offset == b->offset) && a->source == b->source && same_type(a->type, b->type);
}

static bool same_fields(const struct type *a, const struct type *b, enum provider provider)
{
	if (a->nfields != b->nfields)
		return false;
	for (uint32_t i = 0; i < a->nfields; i++)
		if (!str_eq(a->fields[i].name ? a->fields[i].name : "", b->fields[i].name ? b->fields[i].name : "") ||
		    !same_field(&a->fields[i], &b->fields[i], provider))
			return false;
	return true;
}

struct spelling {
	struct checker *c;
	const struct type *args;
};

/* `args` as a value, as in print(args) and @ = args, is the record of all that can be had. */
static void spell_out(struct node **slot, void *ctx)
{
	struct spelling *s = ctx;
	struct node *n = *slot, *record;

	if (n->kind == NODE_FIELD && is_args(n->a))
		return;
	node_each_slot(n, spell_out, ctx);
	if (!is_args(n) || !s->args->nfields)
		return;
	record = node_new(s->c->arena, NODE_RECORD, n->span);
	for (uint32_t i = 0; i < s->args->nfields; i++) {
		const struct field *f = &s->args->fields[i];
		struct node *value;

		if (!f->name || f->source == FIELD_UNREACHABLE)
			continue;
		value = check_record_field(s->c, record, f->name, NODE_FIELD);
		value->name = f->name;
		value->a = node_clone(s->c->arena, n);
	}
	*slot = record;
}

static bool same_layout(struct checker *c, const struct used *u, const struct target *x, const struct target *y)
{
	const struct type *a = c->world->args(c->world, x), *b = c->world->args(c->world, y);

	if (!a || !b)
		return true;
	vec_each(name, &u->names) {
		struct field of_a, of_b;

		if (type_field(a, *name, &of_a) && type_field(b, *name, &of_b) &&
		    !same_field(&of_a, &of_b, x->provider))
			return false;
	}
	return !u->all || same_fields(a, b, x->provider);
}

/* A probe like that one, with a copy of its block, for other targets. */
static struct probe *split_off(struct checker *c, const struct probe *probe)
{
	struct probe *other = arena_new_of(c->arena, struct probe);
	struct node *node = node_clone(c->arena, probe->node);

	*other = *probe;
	other->node = node;
	other->predicate = node->a;
	other->body = node->b;
	other->targets = (target_list){0};
	other->number = c->script->probes.n;
	avec_push(c->arena, &c->script->probes, other);
	return other;
}

/* The probes, each of targets that agree, into parts. */
static void split_targets(struct checker *c, const struct used *used, struct probe *probe, probe_list *parts)
{
	target_list all = probe->targets;

	probe->targets = (target_list){0};
	avec_push(c->arena, parts, probe);
	vec_each(it, &all) {
		struct probe *home = NULL;

		for (size_t i = 0; i < parts->n && !home; i++)
			if (!parts->v[i]->targets.n || same_layout(c, used, parts->v[i]->targets.v[0], *it))
				home = parts->v[i];
		if (!home) {
			home = split_off(c, probe);
			avec_push(c->arena, parts, home);
		}
		avec_push(c->arena, &home->targets, *it);
	}
}

static void split_probe(struct checker *c, struct probe *probe)
{
	struct used used = {.arena = c->arena};
	probe_list parts = {0};

	note_used((struct node *)probe->node, &used);
	if (!used.names.n && !used.all)
		return;
	split_targets(c, &used, probe, &parts);
	for (size_t i = 0; i < parts.n && used.all; i++) {
		struct spelling s = {.c = c, .args = c->world->args(c->world, parts.v[i]->targets.v[0])};

		if (s.args)
			node_each_slot((struct node *)parts.v[i]->node, spell_out, &s);
		parts.v[i]->predicate = parts.v[i]->node->a;
		parts.v[i]->body = parts.v[i]->node->b;
	}
}

void check_split(struct checker *c)
{
	size_t n = c->script->probes.n;

	for (size_t i = 0; i < n; i++)
		if (c->script->probes.v[i]->targets.n)
			split_probe(c, c->script->probes.v[i]);
}
