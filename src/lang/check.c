/*
 * check.c - the checker's driver: from a parsed script to a typed one.
 *
 * Takes script->root, world and config; fills maps, probes, variables, actions and types on
 * every node, or gives diagnostics. The passes over the probes repeat until no type of a map
 * or variable changes, so a map may be read in one probe and first assigned in a later one.
 */
#include "lang/check_int.h"

#include <stdlib.h>

enum { MAX_PASSES = 24 };

bool check_said(const struct checker *c, struct span span)
{
	vec_each(it, &c->script->diags->list)
		if (it->span.off >= span.off && it->span.off + it->span.len <= span.off + span.len)
			return true;
	return false;
}

static void declare_map(struct checker *c, struct node *n)
{
	struct node *spec = n->a;
	struct map *map = arena_new_of(c->arena, struct map);
	int64_t entries = 0;
	bool known = spec && spec->kind == NODE_CALL &&
		     (str_eq(spec->name, "hash") || str_eq(spec->name, "lruhash") ||
		      str_eq(spec->name, "percpuhash") || str_eq(spec->name, "percpulruhash"));

	if (!known || spec->list.n != 1 || !check_constant(spec->list.v[0], &entries) || entries < 1 ||
	    entries > (1 << 24)) {
		diag_add(c->script->diags, DIAG_BAD_OPERAND, n->span,
			 "a map declaration wants hash(N), lruhash(N), percpuhash(N) or percpulruhash(N)");
		return;
	}
	if (hmap_gets(&c->maps, n->name)) {
		diag_add(c->script->diags, DIAG_REDEFINED, n->span, "@%s is declared twice", n->name);
		return;
	}
	*map = (struct map){.name = n->name, .span = n->span, .number = c->script->maps.n, .decl = n,
			    .declared_entries = entries, .lru = strstr(spec->name, "lru") != NULL,
			    .hidden = n->flags & NODE_OURS};
	avec_push(c->arena, &c->script->maps, map);
	hmap_puts(&c->maps, n->name, map);
}

static void collect_probe(struct checker *c, struct node *n)
{
	struct probe *probe = arena_new_of(c->arena, struct probe);

	*probe = (struct probe){.node = n, .predicate = n->a, .body = n->b, .name = n->name,
				.number = c->script->probes.n};
	avec_push(c->arena, &c->script->probes, probe);
	check_probe_targets(c, probe);
}

/* The limit that the script or the environment sets; sonde itself has none but for functions. */
static void check_max_probes(struct checker *c)
{
	uint64_t most = c->script->config.max_probes;
	size_t n = 0;

	vec_each(it, &c->script->probes)
		n += (*it)->targets.n;
	if (most != DEFAULT_MAX_PROBES && n > most) {
		diag_add(c->script->diags, DIAG_TOO_MANY_TARGETS, c->script->root->span,
			 "%zu probes are more than max_probes allows (%llu)", n, (unsigned long long)most);
		diag_hint(c->script->diags, "narrow the patterns, or config = { max_probes = %zu }", n);
	}
}

static void collect(struct checker *c)
{
	vec_each(it, &c->script->root->list) {
		struct node *n = *it;

		switch ((enum node_kind)n->kind) {
		case NODE_CONFIG: check_config(c, n); break;
		case NODE_C_ENUM: case NODE_C_STRUCT: case NODE_C_TYPEDEF:
			ctypes_add(&c->ctypes, n, false);
			break;
		case NODE_MAP_DECL: declare_map(c, n); break;
		case NODE_PROBE: break;
		default: break; /* gone since expansion */
		}
	}
	vec_each(header, &c->script->headers)
		vec_each(it, &(*header)->list)
			ctypes_add(&c->ctypes, *it, true);
	ctypes_check(&c->ctypes, c->script->root);
	vec_each(it, &c->script->root->list)
		if ((*it)->kind == NODE_PROBE)
			collect_probe(c, *it);
	check_select(c);
	check_split(c);
	check_max_probes(c);
}

static void check_probe(struct checker *c, struct probe *probe)
{
	struct scope scope = {0};

	c->probe = probe;
	c->scope = &scope;
	c->printed.n = 0;
	if (probe->predicate) {
		struct node *p = (struct node *)probe->predicate;
		const struct type *t = check_value(c, p);

		if (t->kind != TYPE_NONE && !type_is_scalar(t) && t->kind != TYPE_STRING)
			complain(c, TYPE_MISMATCH, p->span, "a predicate wants a number, this is %s",
				 type_name(c->types, t));
	}
	check_block(c, (struct node *)probe->body);
	c->probe = NULL;
}

static void check_pass(struct checker *c)
{
	c->changed = false;
	c->nvariables = 0;
	vec_each(it, &c->script->probes)
		check_probe(c, *it);
}

static const unsigned map_writes = MAP_ASSIGNED | MAP_COUNTED | MAP_AGGREGATED;

static const char *written_map(const void *ctx, size_t i)
{
	const struct map *map = ((const struct script *)ctx)->maps.v[i];

	return map->uses & map_writes ? map->name : NULL;
}

/* What only the whole script shows: maps that are read but never written. */
static void check_maps(struct checker *c)
{
	vec_each(it, &c->script->maps) {
		struct map *map = *it;

		if (!(map->uses & map_writes) && !map->decl) {
			const char *near = strlen(map->name) < 3 ? NULL
				: diag_nearest(map->name, c->script->maps.n, written_map, c->script);

			diag_add(c->script->diags, DIAG_UNKNOWN_MAP, map->span,
				 "@%s is never assigned, so there is nothing to read", map->name);
			if (near)
				diag_hint(c->script->diags, "did you mean @%s?", near);
		} else if (map->value && type_stored_size(map->value) > 32 * 1024 &&
			   type_is_aggregation(map->value)) {
			diag_add(c->script->diags, DIAG_VALUE_TOO_LARGE, map->span,
				 "@%s needs %u bytes an entry; 32768 is the most an aggregation can have",
				 map->name, type_stored_size(map->value));
		}
	}
}

bool script_check(struct script *script)
{
	struct checker c = {.script = script, .arena = script->arena, .types = script->types,
			    .world = script->world};
	unsigned before = script->diags->errors;

	ctypes_init(&c.ctypes, script->arena, script->types, script->world, script->diags);
	collect(&c);
	if (script->diags->errors == before) {
		for (unsigned pass = 0; pass < MAX_PASSES; pass++) {
			check_pass(&c);
			if (!c.changed)
				break;
		}
		c.speak = true;
		check_pass(&c);
		check_maps(&c);
		check_unused_params(&c);
	}
	hmap_free(&c.maps);
	ctypes_free(&c.ctypes);
	return script->diags->errors == before;
}

static const char *print_type_name(const struct type *type, void *ctx)
{
	return type_name(ctx, type);
}

void script_print_types(const struct script *script, struct buf *out)
{
	ast_print(script->root, out, print_type_name, script->types);
	vec_each(it, &script->maps) {
		const struct map *map = *it;

		buf_printf(out, "map @%s", map->name);
		if (map->key)
			buf_printf(out, "[%s]", type_name(script->types, map->key));
		buf_printf(out, " = %s\n", type_name(script->types, map->value));
	}
}

void script_print_records(const struct script *script, struct buf *out)
{
	static const char *const kinds[] = {"printf", "errorf", "warnf", "cat", "system", "join", "time",
		"print_value", "print_entry", "print_map", "clear", "zero", "unwatch", "exit", "grow"};

	vec_each(it, &script->actions) {
		const struct action *a = *it;

		buf_printf(out, "action %u %s: %u bytes", a->number, kinds[a->kind], a->fixed_size);
		if (a->max_size != a->fixed_size)
			buf_printf(out, " + tail, %u at most", a->max_size);
		if (a->map)
			buf_printf(out, " @%s", a->map->name);
		if (a->after_print)
			buf_puts(out, " after print");
		buf_putc(out, '\n');
		vec_each(arg, &a->args)
			buf_printf(out, "    %4u %s%s\n", arg->offset, type_name(script->types, arg->type),
				   arg->tail ? " in the tail" : "");
	}
}
