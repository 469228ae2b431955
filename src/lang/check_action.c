/*
 * check_action.c - calls that send a record to the reader: their arguments, and the layout of
 * the record (script.h has the picture).
 */
#include "lang/check_int.h"

enum { INLINE_STRING = 64, /* longer strings go into the tail, at their true length */
       MAX_RECORD = 1 << 21 };

/* The action of a call, made in the last pass, when types are final. */
static struct action *action_new(struct checker *c, struct node *n, enum action_kind kind)
{
	struct action *a = arena_new_of(c->arena, struct action);

	*a = (struct action){.kind = kind, .number = c->script->actions.n, .node = n, .span = n->span,
			     .fixed_size = sizeof(struct record)};
	avec_push(c->arena, &c->script->actions, a);
	return a;
}

static bool wants_tail(const struct type *t)
{
	return (t->kind == TYPE_STRING || t->kind == TYPE_BUFFER) && t->size > INLINE_STRING;
}

static void add_argument(struct checker *c, struct action *a, const struct type *t)
{
	struct action_arg arg = {.type = check_widen(c, t), .offset = a->fixed_size};

	check_complete_deep(c, t, 0);
	if (type_is_int(t))
		arg.type = t; /* how it is printed; stored in 8 bytes all the same */
	if (wants_tail(t)) {
		arg.tail = true;
		arg.limit = t->kind == TYPE_BUFFER ? t->size - 4 : t->size;
	}
	a->fixed_size += arg.tail ? 8 : ROUND_UP(type_stored_size(t), 8u);
	avec_push(c->arena, &a->args, arg);
}

static void finish(struct checker *c, struct action *a)
{
	uint64_t size = a->fixed_size;

	vec_each(arg, &a->args)
		size += arg->tail ? ROUND_UP(arg->limit, 8u) : 0;
	if (size > MAX_RECORD)
		complain(c, VALUE_TOO_LARGE, a->span, "this sends up to %llu bytes at once; 2097152 is the most",
			 (unsigned long long)size);
	a->max_size = size;
}

static bool sendable(const struct type *t)
{
	return t->kind != TYPE_VOID && !type_is_aggregation(t) && !(t->kind == TYPE_STRUCT && t->is_args);
}

static const struct type *call_format(struct checker *c, struct node *n, enum action_kind kind)
{
	struct action *a = NULL;

	if (c->speak) {
		a = action_new(c, n, kind);
		a->format_text = n->list.v[0]->text.data;
		if (n->flags & NODE_ROW)
			a->columns = c->script->columns;
	}
	for (size_t i = 1; i < n->list.n; i++) {
		struct node *arg = n->list.v[i];
		const struct type *t = check_value(c, arg);

		if (t->kind == TYPE_NONE && arg->kind == NODE_CALL && !check_said(c, arg->span))
			complain(c, TYPE_MISMATCH, arg->span, "%s() gives no value", arg->name);
		else if (!sendable(t))
			complain(c, ARGUMENT_TYPE, arg->span, "%s cannot be printed", type_name(c->types, t));
		else if (a)
			add_argument(c, a, t);
	}
	if (a) {
		check_format(c, n, a);
		finish(c, a);
	}
	return simple(c, TYPE_NONE);
}

static bool printed_before(const struct checker *c, const struct map *map)
{
	for (size_t i = 0; i < c->printed.n; i++)
		if (c->printed.v[i] == map)
			return true;
	return false;
}

static void note_percentiles(struct checker *c, struct map *map, const struct node *arg)
{
	if (!map->percentiles) {
		map->percentiles = true;
		c->changed = true;
	}
	if (map->value && map->value->kind != TYPE_HIST)
		complain(c, ARGUMENT_TYPE, arg->span, "percentiles are of a map of hist(), @%s holds %s", map->name,
			 type_name(c->types, map->value));
}

/* "p50,p99.9,max,min": what the reader understands. */
static bool percentiles_valid(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ",");

		if (*text == 'p') {
			size_t digits = strspn(text + 1, "0123456789.");

			if (digits == 0 || digits + 1 != len)
				return false;
		} else if (len != 3 || (strncmp(text, "min", 3) && strncmp(text, "max", 3))) {
			return false;
		}
		text += len;
		text += *text == ',';
	}
	return true;
}

/* print(@m[, top[, div]]) and print(@m, "p50,p99"). */
static void print_map(struct checker *c, struct node *n)
{
	struct map *map = check_map(c, n->list.v[0], MAP_PRINTED);
	struct action *a = c->speak ? action_new(c, n, ACTION_PRINT_MAP) : NULL;
	int64_t numbers[2] = {0, 0};

	for (size_t i = 1; i < n->list.n; i++) {
		struct node *arg = n->list.v[i];

		if (arg->kind == NODE_STRING && i == n->list.n - 1) {
			if (!percentiles_valid(arg->text.data))
				complain(c, ARGUMENT_TYPE, arg->span, "percentiles are written \"p50,p99.9,min,max\"");
			note_percentiles(c, map, arg);
			if (a)
				a->percentiles = arg->text.data;
		} else if (!check_constant(arg, &numbers[i - 1]) || numbers[i - 1] < 0) {
			complain(c, NOT_CONSTANT, arg->span, "print's %s must be a constant number",
				 i == 1 ? "top" : "divisor");
		}
	}
	if (a) {
		a->map = map;
		a->top = numbers[0];
		a->divisor = numbers[1];
		finish(c, a);
	}
	avec_push(c->arena, &c->printed, map);
}

/* print(@m[k]): the key, and the value too unless the reader must put it together. */
static void print_entry(struct checker *c, struct node *n)
{
	struct map *map = check_map(c, n->list.v[0], MAP_PRINTED);
	struct action *a;

	if (map->value && !type_is_aggregation(map->value))
		check_map(c, n->list.v[0], MAP_READ);
	if (!c->speak || !map->key)
		return;
	a = action_new(c, n, ACTION_PRINT_ENTRY);
	a->map = map;
	add_argument(c, a, map->key);
	a->args.v[0].tail = false; /* a key is stored whole */
	a->fixed_size = sizeof(struct record) + ROUND_UP(type_stored_size(map->key), 8u);
	if (map->value && !type_is_aggregation(map->value))
		add_argument(c, a, map->value);
	finish(c, a);
}

static const struct type *call_print(struct checker *c, struct node *n)
{
	struct node *arg = n->list.v[0];
	struct action *a;
	const struct type *t;

	if (arg->kind == NODE_MAP && !arg->a) {
		print_map(c, n);
		return simple(c, TYPE_NONE);
	}
	if (arg->kind == NODE_MAP) {
		print_entry(c, n);
		return simple(c, TYPE_NONE);
	}
	t = check_value(c, arg);
	if (n->list.n > 1)
		complain(c, ARGUMENT_COUNT, n->span, "only a whole map is printed with a top and a divisor");
	if (!sendable(t) || t->kind == TYPE_NONE) {
		if (t->kind == TYPE_NONE && arg->kind == NODE_CALL && !check_said(c, arg->span))
			complain(c, TYPE_MISMATCH, arg->span, "%s() gives no value", arg->name);
		else if (t->kind != TYPE_NONE)
			complain(c, ARGUMENT_TYPE, arg->span, "%s cannot be printed", type_name(c->types, t));
		return simple(c, TYPE_NONE);
	}
	if (c->speak) {
		a = action_new(c, n, ACTION_PRINT_VALUE);
		add_argument(c, a, t);
		finish(c, a);
	}
	return simple(c, TYPE_NONE);
}

static void call_map_wide(struct checker *c, struct node *n, enum action_kind kind)
{
	struct map *map = check_map(c, n->list.v[0], MAP_CLEARED);
	struct action *a;

	if (n->list.v[0]->a)
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span,
			 "%s() takes a whole map; delete(@%s, key) removes one key",
			 n->name, map->name);
	if (!c->speak)
		return;
	a = action_new(c, n, kind);
	a->map = map;
	a->after_print = printed_before(c, map);
	finish(c, a);
}

/* join(argv): up to 16 strings, as one tail. */
static void call_join(struct checker *c, struct node *n)
{
	struct action *a;
	const struct type *t = n->list.v[0]->type;

	if (t->kind == TYPE_POINTER && t->elem->kind != TYPE_POINTER && t->elem->kind != TYPE_VOID)
		complain(c, ARGUMENT_TYPE, n->list.v[0]->span, "join() wants an array of strings (char **), this is %s",
			 type_name(c->types, t));
	if (!c->speak)
		return;
	a = action_new(c, n, ACTION_JOIN);
	a->format_text = n->list.n > 1 ? n->list.v[1]->text.data : " ";
	for (unsigned i = 0; i < JOIN_MAX; i++)
		add_argument(c, a, type_string(c->types, MAX_OF(string_room(&c->script->config),
								 (uint32_t)INLINE_STRING + 1)));
	finish(c, a);
}

const struct type *check_action_call(struct checker *c, struct node *n, const struct builtin *b)
{
	struct action *a;

	switch (b->id) {
	case BUILTIN_PRINTF: return call_format(c, n, ACTION_PRINTF);
	case BUILTIN_ERRORF: return call_format(c, n, ACTION_ERRORF);
	case BUILTIN_WARNF: return call_format(c, n, ACTION_WARNF);
	case BUILTIN_CAT: return call_format(c, n, ACTION_CAT);
	case BUILTIN_SYSTEM: return call_format(c, n, ACTION_SYSTEM);
	case BUILTIN_PRINT: return call_print(c, n);
	case BUILTIN_CLEAR: call_map_wide(c, n, ACTION_CLEAR); break;
	case BUILTIN_ZERO: call_map_wide(c, n, ACTION_ZERO); break;
	case BUILTIN_JOIN: call_join(c, n); break;
	case BUILTIN_TIME:
		if (c->speak) {
			a = action_new(c, n, ACTION_TIME);
			a->format_text = n->list.n ? n->list.v[0]->text.data : "%H:%M:%S\n";
			finish(c, a);
		}
		break;
	case BUILTIN_EXIT:
		if (c->speak) {
			a = action_new(c, n, ACTION_EXIT);
			add_argument(c, a, type_int(c->types, 8, true));
			finish(c, a);
		}
		break;
	case BUILTIN_UNWATCH:
		if (c->speak) {
			a = action_new(c, n, ACTION_UNWATCH);
			add_argument(c, a, type_int(c->types, 8, false));
			finish(c, a);
		}
		break;
	default:
		BUG("action %s", b->name);
	}
	return simple(c, TYPE_NONE);
}
