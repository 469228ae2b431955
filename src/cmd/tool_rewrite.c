/*
 * tool_rewrite.c - a tool's tree as its flags want it. See
 * tool.h. What the header says in text is parsed here in place, so that diagnostics point into
 * the header.
 */
#include "cmd/tool.h"
#include "base/user.h"
#include "cmd/tool_cgroup.h"

#include "kern/features.h"
#include "lang/parse.h"
#include "lang/specialise.h"

#include <ctype.h>
#include <stdlib.h>

struct rewrite {
	struct tool *tool;
	struct script *script;
	struct arena *arena;
	const char **why;
	const struct node *probe; /* whose block is walked; NULL: a macro's */
	cgroup_ids cgroups;
};

/* ---- hooks ---- */

/* Some hooks have names where there are none of them. */
static bool machine_has(enum feature_id id)
{
	struct features *f;
	bool has;

	if (id != FEATURE_HARDWARE && getenv("SONDE_BTF")) /* a described machine has all of them */
		return true;
	f = features_new();
	has = feature_has(f, id);

	features_free(f);
	return has;
}

/* `all` of "(name, name)" behind an attach point: what its arguments must have. */
static bool has_fields(const struct type *args, const char *names)
{
	for (const char *p = names; *p && *p != ')';) {
		size_t len = strcspn(p, ",) ");
		bool found = false;

		for (unsigned i = 0; args && i < args->nfields; i++)
			found |= strlen(args->fields[i].name) == len && !strncmp(args->fields[i].name, p, len);
		if (len && !found)
			return false;
		p += len + strspn(p + len, ", ");
	}
	return true;
}

static bool hook_is_here(struct world *w, const char *attach_point, struct arena *arena)
{
	char *copy = arena_strdup(arena, attach_point), *rest = copy, *fields, *word;
	const char *parts[4];
	unsigned n = 0;
	target_list targets = {0};
	const char *why = NULL, *hint = NULL;
	static const struct { const char *word; enum provider provider; enum feature_id feature; } providers[] = {
		{"rawtracepoint", PROVIDER_RAWTRACEPOINT, FEATURE_COUNT},
		{"tracepoint", PROVIDER_TRACEPOINT, FEATURE_COUNT}, {"software", PROVIDER_SOFTWARE, FEATURE_COUNT},
		{"hardware", PROVIDER_HARDWARE, FEATURE_HARDWARE}, {"profile", PROVIDER_PROFILE, FEATURE_COUNT},
		{"kprobe", PROVIDER_KPROBE, FEATURE_KPROBE}, {"kretprobe", PROVIDER_KRETPROBE, FEATURE_KPROBE},
		{"fentry", PROVIDER_FENTRY, FEATURE_FENTRY}, {"fexit", PROVIDER_FEXIT, FEATURE_FENTRY},
		{"iter", PROVIDER_ITER, FEATURE_COUNT}, {"usdt", PROVIDER_USDT, FEATURE_COUNT},
		{"uprobe", PROVIDER_UPROBE, FEATURE_COUNT},
	};
	bool raw;
	size_t i = 0;

	fields = strchr(copy, '(');
	if (fields)
		*fields++ = '\0';
	word = strsep(&rest, ":");
	while (i < ARRAY_SIZE(providers) && !str_eq(providers[i].word, word))
		i++;
	if (i == ARRAY_SIZE(providers))
		return false;
	while (rest && n < ARRAY_SIZE(parts))
		parts[n++] = strsep(&rest, ":");
	if (!w->match(w, providers[i].provider, parts, n, &targets, &why, &hint) || !targets.n)
		return false;
	if (providers[i].feature != FEATURE_COUNT && !machine_has(providers[i].feature))
		return false;
	/* A raw tracepoint without BTF matches, but its arguments have no types; of others that takes long. */
	raw = providers[i].provider == PROVIDER_RAWTRACEPOINT;
	return (!raw || w->args(w, targets.v[0])) && (!fields || has_fields(w->args(w, targets.v[0]), fields));
}

/* What would have done: the hooks that are missing, or the first kernel that has what it takes. */
static const char *what_is_missing(const struct tool *tool, const char *const *missing, struct arena *arena)
{
	struct buf text = {0};
	uint32_t since = UINT32_MAX;
	const char *words;

	for (size_t i = 0; i < tool->hooks.n; i++) {
		bool said = false;

		if (!missing[i])
			since = MIN_OF(since, tool->hooks.v[i].since);
		for (size_t k = 0; k < i; k++)
			said |= missing[i] && missing[k] && str_eq(missing[i], missing[k]);
		if (missing[i] && !said)
			buf_printf(&text, "%s%s", text.len ? " or " : "", missing[i]);
	}
	if (since != UINT32_MAX)
		buf_printf(&text, "%sLinux %u.%u", text.len ? " or " : "", since >> 8, since & 0xff);
	words = arena_strdup(arena, buf_str(&text));
	buf_free(&text);
	return words;
}

/* The first group of hooks that this kernel has; its number becomes the constant HOOK. */
static bool choose_hooks(struct rewrite *r)
{
	struct world *w = r->script->world;
	const char **missing = arena_array(r->arena, const char *, r->tool->hooks.n + 1);

	if (!r->tool->hooks.n)
		return true;
	for (size_t i = 0; i < r->tool->hooks.n; i++) {
		const struct tool_hooks *group = &r->tool->hooks.v[i];
		bool all = w->kernel >= group->since;

		for (size_t k = 0; all && k < group->attach_points.n; k++) {
			all = hook_is_here(w, group->attach_points.v[k], r->arena);
			if (!all)
				missing[i] = group->attach_points.v[k];
		}
		if (all) {
			tool_set(r->tool, "HOOK", (struct tool_value){.number = i + 1});
			return true;
		}
	}
	*r->why = arena_printf(r->arena, "%s needs %s, which this kernel does not offer", r->tool->name,
			       what_is_missing(r->tool, missing, r->arena));
	return false;
}

/* ---- the tree before constants are known ---- */

/* The header's line for this probe (NULL: a macro): by its name, by its attach point, else the one for all. */
static const struct tool_subject *subject_of(const struct tool *tool, const struct node *probe)
{
	const struct tool_subject *all = NULL;

	for (size_t i = 0; i < tool->subjects.n; i++) {
		const struct tool_subject *s = &tool->subjects.v[i];

		if (!s->probe)
			all = s;
		else if (probe && probe->name && str_eq(probe->name, s->probe))
			return s;
	}
	for (size_t i = 0; probe && i < tool->subjects.n; i++) {
		const struct tool_subject *s = &tool->subjects.v[i];

		if (s->probe && str_glob(s->probe, probe->list.v[0]->text.data))
			return s;
	}
	return all;
}

/* BY_PID: whether results are grouped by pid; GROUPED: whether by anything. */
static void set_by_constants(struct rewrite *r)
{
	tool_set(r->tool, "GROUPED", (struct tool_value){.number = *r->tool->by != '\0'});
	vec_each(key, &r->tool->keys) {
		char *name = arena_printf(r->arena, "BY_%s", key->name);
		bool given = false;

		for (const char *p = r->tool->by; *p; p += *p == ',') {
			size_t len = strcspn(p, ",");

			given |= tool_key(r->tool, p, len) == key;
			p += len;
		}
		for (char *c = name; *c; c++)
			*c = toupper((unsigned char)*c);
		tool_set(r->tool, name, (struct tool_value){.number = given});
	}
}

static bool is_by(const struct node *n)
{
	return n && n->kind == NODE_IDENT && str_eq(n->name, "BY");
}

static struct node *known(struct rewrite *r, const struct tool_subject *s, unsigned filter, struct span span);

/* Of the header; else what every tool has: a variable, or what is known of the subject. */
static struct node *key_expression(struct rewrite *r, const struct tool_key *key)
{
	const struct tool_common_key *common = tool_common_key(key->name);
	struct span span = r->tool->header;
	struct node *n, *call;

	if (key->expression.off)
		return parse_fragment(r->arena, r->tool->source, key->expression);
	if (common->variable) {
		n = node_new(r->arena, NODE_IDENT, span);
		n->name = common->variable;
	} else {
		n = known(r, subject_of(r->tool, r->probe), common->filter, span);
	}
	if (!common->function)
		return n;
	call = node_new(r->arena, NODE_CALL, span);
	call->name = common->function;
	avec_push(r->arena, &call->list, n);
	return call;
}

static void add_keys(struct rewrite *r, node_list *out)
{
	for (const char *p = r->tool->by; *p; p += *p == ',') {
		size_t len = strcspn(p, ",");
		const struct tool_key *key = tool_key(r->tool, p, len);
		struct node *n = key ? key_expression(r, key) : NULL;

		if (n)
			avec_push(r->arena, out, n);
		p += len;
	}
}

/* @m[BY], @m[BY, x]: the keys asked for take BY's place. */
static void expand_by(struct rewrite *r, struct node *map)
{
	node_list keys = {0};
	bool several = map->a->kind == NODE_TUPLE, any = is_by(map->a);

	if (several)
		vec_each(it, &map->a->list) {
			any |= is_by(*it);
			if (is_by(*it))
				add_keys(r, &keys);
			else
				avec_push(r->arena, &keys, *it);
		}
	if (!any)
		return;
	if (!several) {
		add_keys(r, &keys);
		avec_push(r->arena, &r->tool->grouped, map->name);
	}
	if (keys.n > 1) {
		struct node *tuple = node_new(r->arena, NODE_TUPLE, map->a->span);

		tuple->list = keys;
		map->a = tuple;
	} else {
		map->a = keys.n ? keys.v[0] : NULL;
	}
}

/* A message in a row: its last arguments are a format and the values for it. */
static bool has_message(const struct tool *tool, const node_list *given)
{
	return tool->columns.n && vec_last(&tool->columns).column.message && given->n >= tool->columns.n &&
	       given->v[tool->columns.n - 1]->kind == NODE_STRING;
}

static void add_message(struct rewrite *r, const node_list *given, struct node *call, struct buf *text)
{
	const struct text *format = &given->v[r->tool->columns.n - 1]->text;

	buf_puts(text, text->len ? " " : "");
	buf_add(text, format->data, format->len);
	for (size_t i = r->tool->columns.n; i < given->n; i++)
		avec_push(r->arena, &call->list, given->v[i]);
}

/* row(a, b, c): a printf of the columns that are wanted. */
static void expand_row(struct rewrite *r, struct node *call)
{
	const struct tool *tool = r->tool;
	struct node *format = node_new(r->arena, NODE_STRING, call->span);
	struct buf text = {0};
	node_list given = call->list;
	bool message = has_message(tool, &given);

	if (given.n != tool->columns.n && !message) {
		diag_add(r->script->diags, DIAG_BAD_TOOL_HEADER, call->span,
			 "row() has %zu values, the header %zu columns", given.n, tool->columns.n);
		return;
	}
	call->list = (node_list){0};
	avec_push(r->arena, &call->list, format);
	for (size_t i = 0; i < tool->columns.n - message; i++)
		if (tool_column_wanted(tool, &tool->columns.v[i])) {
			tool_column_format(tool, &tool->columns.v[i].column, &text);
			avec_push(r->arena, &call->list, given.v[i]);
		}
	if (message)
		add_message(r, &given, call, &text);
	if (!text.len) { /* none is wanted: nothing is printed */
		call->kind = NODE_INT;
		call->list = (node_list){0};
		return;
	}
	buf_putc(&text, '\n');
	format->text = (struct text){arena_strdup(r->arena, buf_str(&text)), text.len};
	buf_free(&text);
	call->name = "printf";
	call->flags |= NODE_ROW;
}

static struct node *binary(struct rewrite *r, enum op op, struct node *a, struct node *b);
static struct node *number(struct rewrite *r, uint64_t value, struct span span);

/* listed(x, NAME): x is one of the numbers of NAME, or nothing is asked for. */
static struct node *expand_listed(struct rewrite *r, struct node *call)
{
	const struct tool_value *v = call->list.n == 2 && call->list.v[1]->kind == NODE_IDENT
				     ? tool_constant(r->tool, call->list.v[1]->name) : NULL;
	struct node *any = NULL;

	if (!v || !v->is_text) {
		diag_add(r->script->diags, DIAG_BAD_TOOL_HEADER, call->span,
			 "listed(value, NAME) takes a value and a constant of type numbers");
		return call;
	}
	for (const char *p = v->text; *p; p += strspn(p, ",")) {
		/* the tree is not shared: parse the value again for each */
		struct node *value = parse_fragment(r->arena, r->tool->source, call->list.v[0]->span);
		struct node *again = parse_fragment(r->arena, r->tool->source, call->list.v[0]->span), *same;
		uint64_t from, to;

		if (!value || !again || !tool_take_range(&p, &from, &to)) {
			diag_add(r->script->diags, DIAG_BAD_TOOL_HEADER, call->span, "listed() takes a plain value");
			return call;
		}
		same = from == to ? binary(r, OP_EQ, value, number(r, from, call->span))
				  : binary(r, OP_LOGICAL_AND, binary(r, OP_GE, value, number(r, from, call->span)),
					   binary(r, OP_LE, again, number(r, to, call->span)));
		any = any ? binary(r, OP_LOGICAL_OR, any, same) : same;
	}
	return any ? any : number(r, 1, call->span);
}

/* $NAME in an attach point: the constant. */
static void expand_attach(struct rewrite *r, struct node *part)
{
	struct buf out = {0};

	if (!memchr(part->text.data, '$', part->text.len))
		return;
	for (const char *p = part->text.data; *p;) {
		size_t len = *p == '$' ? strspn(p + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") : 0;
		const struct tool_value *v = len ? tool_constant(r->tool, arena_strndup(r->arena, p + 1, len)) : NULL;

		if (!v)
			buf_putc(&out, *p++);
		else if (v->is_text)
			buf_puts(&out, v->text);
		else
			buf_printf(&out, "%llu", (unsigned long long)v->number);
		p += v ? len + 1 : 0;
	}
	part->text = (struct text){arena_strdup(r->arena, buf_str(&out)), out.len};
	buf_free(&out);
}

static void expand(struct node **slot, void *ctx)
{
	struct rewrite *r = ctx;
	struct node *n = *slot;

	if (n->kind == NODE_MAP && n->a)
		expand_by(r, n);
	if (n->kind == NODE_CALL && str_eq(n->name, "row"))
		expand_row(r, n);
	if (n->kind == NODE_CALL && str_eq(n->name, "listed"))
		*slot = n = expand_listed(r, n);
	if (n->kind == NODE_PROBE || n->kind == NODE_MACRO)
		r->probe = n->kind == NODE_PROBE ? n : NULL;
	if (n->kind == NODE_ATTACH_POINT) {
		if (!tool_put_event(r->tool, n, r->arena, r->why))
			return;
		expand_attach(r, n);
		vec_each(it, &n->list)
			expand_attach(r, *it);
		return;
	}
	node_each_slot(n, expand, r);
}

/* ---- constants ---- */

static const struct node *constant(void *ctx, const char *name)
{
	struct rewrite *r = ctx;
	const struct tool_value *v = tool_constant(r->tool, name);
	struct node *n;

	if (!v)
		return NULL;
	n = node_new(r->arena, v->is_text ? NODE_STRING : NODE_INT, (struct span){0});
	n->num = v->number;
	if (v->is_text)
		n->text = (struct text){v->text, strlen(v->text)};
	return n;
}

/* ---- subjects ---- */

static bool has_subject(const struct node *probe)
{
	static const char *const none[] = {"begin", "end", "BEGIN", "END", "interval", "i", "self"};
	const struct node *provider = probe->list.n && probe->list.v[0]->list.n ? probe->list.v[0]->list.v[0] : NULL;

	for (size_t i = 0; provider && i < ARRAY_SIZE(none); i++)
		if (str_eq(provider->text.data, none[i]))
			return false;
	return provider != NULL;
}

static const struct { const char *name, *current, *member, *pinned; bool is_text; } filters[] = {
#define FILTER(id, name, is_text, current, member, argument, help, pinned) {name, current, member, pinned, is_text},
#include "cmd/tool_filter.def"
#undef FILTER
};

static struct node *binary(struct rewrite *r, enum op op, struct node *a, struct node *b)
{
	struct node *n = node_new(r->arena, NODE_BINARY, a->span);

	n->op = op;
	n->a = a;
	n->b = b;
	return n;
}

static struct node *number(struct rewrite *r, uint64_t value, struct span span)
{
	struct node *n = node_new(r->arena, NODE_INT, span);

	n->num = value;
	return n;
}

/* "pid", "curtask.nsproxy": a variable, or what is reached from it; or from `base`. */
static struct node *reached(struct rewrite *r, struct node *base, const char *path, struct span span)
{
	char *rest = arena_strdup(r->arena, path), *word;

	while ((word = strsep(&rest, "."))) {
		struct node *n = node_new(r->arena, base ? NODE_FIELD : NODE_IDENT, span);

		n->a = base;
		n->name = word;
		base = n;
	}
	return base;
}

/* What is known of the subject, as an expression; NULL: nothing. */
static struct node *known(struct rewrite *r, const struct tool_subject *s, unsigned filter, struct span span)
{
	struct span task = s->known[FILTER_COUNT];

	if (s->current)
		return reached(r, NULL, filters[filter].current, span);
	if (s->known[filter].off)
		return parse_fragment(r->arena, r->tool->source, s->known[filter]);
	return task.off ? reached(r, parse_fragment(r->arena, r->tool->source, task), filters[filter].member, span)
			: NULL;
}

static bool refuse(struct rewrite *r, const struct tool_subject *s, const char *option, const struct node *probe)
{
	struct buf names = {0};

	for (unsigned i = 0; i < FILTER_COUNT; i++)
		if (s->known[i].off)
			buf_printf(&names, "%s%s", names.len ? ", " : "", filters[i].name);
	*r->why = arena_printf(r->arena,
			       "%s has no --%s here: whose event %s is happens elsewhere, and only %s of it is known",
			       r->tool->name, option, probe->list.v[0]->text.data,
			       names.len ? buf_str(&names) : "nothing");
	buf_free(&names);
	return false;
}

/* condition && more */
static void conjoin(struct rewrite *r, struct node **condition, struct node *more)
{
	*condition = *condition ? binary(r, OP_LOGICAL_AND, *condition, more) : more;
}

static bool parse_user(struct rewrite *r, const char *text, uint64_t *uid)
{
	if ((str_to_u64(text, uid) && *uid <= UINT32_MAX) || user_number(text, uid))
		return true;
	*r->why = arena_printf(r->arena, "there is no user '%s'", text);
	return false;
}

/* The subject's cgroup is one of those: the one named and what is beneath it now. */
static bool cgroup_condition(struct rewrite *r, const struct tool_subject *s, const struct node *probe,
			     const cgroup_ids *ids, struct node **condition)
{
	struct node *any = NULL;

	for (size_t i = 0; i < ids->n; i++) {
		struct node *value = known(r, s, FILTER_CGROUP, probe->list.v[0]->span), *same;

		if (!value)
			return refuse(r, s, r->tool->container ? "container" : "cgroup", probe);
		same = binary(r, OP_EQ, value, number(r, ids->v[i], value->span));
		any = any ? binary(r, OP_LOGICAL_OR, any, same) : same;
	}
	conjoin(r, condition, any);
	return true;
}

static bool filter_condition(struct rewrite *r, const struct tool_subject *s, unsigned filter,
			     const struct node *probe, struct node **condition)
{
	const char *wanted = r->tool->filters[filter];
	struct node *value = known(r, s, filter, probe->list.v[0]->span), *literal;
	uint64_t n = 0;

	if (!value)
		return refuse(r, s, filters[filter].name, probe);
	if (filter == FILTER_PID && str_eq(wanted, "cpid")) {
		conjoin(r, condition, binary(r, OP_EQ, value, reached(r, NULL, wanted, value->span)));
		return true;
	}
	if (filter == FILTER_UID ? !parse_user(r, wanted, &n) : !filters[filter].is_text && !str_to_u64(wanted, &n))
		return false;
	if (filters[filter].is_text) {
		literal = node_new(r->arena, NODE_STRING, value->span);
		literal->text = (struct text){wanted, strlen(wanted)};
	} else {
		literal = number(r, n, value->span);
	}
	conjoin(r, condition, binary(r, OP_EQ, value, literal));
	return true;
}

/* What is known of the subject is a key of a map that others fill. */
static bool pinned_condition(struct rewrite *r, const struct tool_subject *s, unsigned filter,
			     const struct node *probe, struct node **condition)
{
	struct node *value = known(r, s, filter, probe->list.v[0]->span), *call, *path;

	if (!value)
		return refuse(r, s, filters[filter].pinned, probe);
	call = node_new(r->arena, NODE_CALL, value->span);
	call->name = "has_pinned";
	path = node_new(r->arena, NODE_STRING, value->span);
	path->text = (struct text){r->tool->pinned[filter], strlen(r->tool->pinned[filter])};
	avec_push(r->arena, &call->list, path);
	avec_push(r->arena, &call->list, value);
	conjoin(r, condition, call);
	return true;
}

/* All filters on that subject; *condition stays NULL when there is none. */
static bool subject_condition(struct rewrite *r, const struct tool_subject *s, const struct node *probe,
			      struct node **condition)
{
	if (s->none)
		return true;
	for (unsigned i = 0; i < FILTER_COUNT; i++)
		if (i != FILTER_CGROUP && r->tool->filters[i] && !filter_condition(r, s, i, probe, condition))
			return false;
	for (unsigned i = 0; i < FILTER_COUNT; i++)
		if (r->tool->pinned[i] && !pinned_condition(r, s, i, probe, condition))
			return false;
	return !r->cgroups.n || cgroup_condition(r, s, probe, &r->cgroups, condition);
}

static bool no_subject(struct rewrite *r, const struct node *probe)
{
	diag_add(r->script->diags, DIAG_BAD_TOOL_HEADER, probe->list.v[0]->span,
		 "the header does not say who the subject of this probe is");
	diag_hint(r->script->diags, "add 'subject: current', or 'subject %s: pid=..., comm=...'",
		  probe->list.v[0]->text.data);
	return true;
}

struct wanted { /* a walk that puts filters where the script says wanted() */
	struct rewrite *r;
	const struct node *probe;
	bool found, failed;
};

/* wanted(NAME): the subject of that name; wanted(): the probe's. */
static void put_wanted(struct node **slot, void *ctx)
{
	struct wanted *w = ctx;
	struct node *n = *slot, *condition = NULL;
	const struct tool_subject *s = NULL;

	if (n->kind != NODE_CALL || !str_eq(n->name, "wanted")) {
		node_each_slot(n, put_wanted, w);
		return;
	}
	w->found = true;
	if (n->list.n && n->list.v[0]->kind == NODE_IDENT) {
		vec_each(it, &w->r->tool->subjects)
			if (it->probe && str_eq(it->probe, n->list.v[0]->name))
				s = it;
	} else {
		s = subject_of(w->r->tool, w->probe);
	}
	if (!s)
		no_subject(w->r, w->probe);
	else if (!subject_condition(w->r, s, w->probe, &condition))
		w->failed = true;
	*slot = condition ? condition : number(w->r, 1, n->span);
}

static bool filter_probe(struct rewrite *r, struct node *probe)
{
	const struct tool_subject *s = subject_of(r->tool, probe);
	struct node *condition = NULL;
	struct wanted w = {.r = r, .probe = probe};

	node_each_slot(probe, put_wanted, &w);
	if (w.found)
		return !w.failed;
	if (!s)
		return no_subject(r, probe);
	if (!subject_condition(r, s, probe, &condition))
		return false;
	if (condition) {
		if (probe->a)
			conjoin(r, &condition, probe->a);
		probe->a = condition;
	}
	return true;
}

static bool find_cgroups(struct rewrite *r)
{
	cgroup_ids *out = &r->cgroups;
	const char *path = r->tool->filters[FILTER_CGROUP], *container = r->tool->container;

	if (path && !cgroups_by_path(r->arena, path, out)) {
		*r->why = arena_printf(r->arena, "there is no cgroup (v2) '%s'", path);
		return false;
	}
	if (container && !cgroups_of_container(r->arena, container, out)) {
		*r->why = arena_printf(r->arena, "there is no cgroup (v2) of a container '%s'", container);
		return false;
	}
	return true;
}

static bool check_fragment(struct rewrite *r, struct span span)
{
	if (!span.off || parse_fragment(r->arena, r->tool->source, span))
		return true;
	diag_add(r->script->diags, DIAG_BAD_TOOL_HEADER, span, "this is no expression");
	return false;
}

/* Expressions of the header, whether they are used now or not. */
static bool check_fragments(struct rewrite *r)
{
	bool good = true;

	vec_each(s, &r->tool->subjects)
		for (unsigned i = 0; i <= FILTER_COUNT; i++)
			good &= check_fragment(r, s->known[i]);
	vec_each(key, &r->tool->keys)
		good &= check_fragment(r, key->expression);
	return good;
}

/* `counted`: the header's GROUPED says that what is grouped is no rows. */
static void set_columns(struct rewrite *r, bool counted)
{
	const struct tool *tool = r->tool;
	/* an empty one at the end */
	struct column *columns = arena_array(r->arena, struct column, tool->columns.n + 1);
	uint32_t n = 0;

	for (size_t i = 0; i < tool->columns.n && !counted; i++)
		if (tool_column_wanted(tool, &tool->columns.v[i]))
			columns[n++] = tool->columns.v[i].column;
	r->script->columns = columns;
	r->script->ncolumns = n;
}

/* SORT is "", "all" or the sort name of a column. */
static bool check_sort(struct rewrite *r)
{
	const struct tool_value *wanted = tool_constant(r->tool, "SORT");
	struct buf names = {0};
	bool good = !wanted || !wanted->is_text || !*wanted->text;

	vec_each(result, &r->tool->results)
		vec_each(c, &result->columns)
			if (c->column.sort) {
				buf_printf(&names, ", %s", c->column.sort);
				good |= wanted && wanted->is_text && str_eq(c->column.sort, wanted->text);
			}
	if (!good && !str_eq(wanted->text, "all")) {
		*r->why = arena_printf(r->arena, "%s sorts by all%s, not by '%s'", r->tool->name, buf_str(&names),
				       wanted->text);
		buf_free(&names);
		return false;
	}
	buf_free(&names);
	return true;
}

bool tool_rewrite(struct tool *tool, struct script *script, const char **why)
{
	struct rewrite r = {.tool = tool, .script = script, .arena = script->arena, .why = why};
	struct specialise s = {.arena = script->arena, .constant = constant, .ctx = &r};
	unsigned before = script->diags->errors;
	bool counted = tool_constant(tool, "GROUPED") && *tool->by;

	*why = NULL;
	script->config.print_maps_on_exit = false; /* a tool prints its results itself */
	if (!check_sort(&r) || !check_fragments(&r) || !choose_hooks(&r) || !find_cgroups(&r))
		return false;
	set_by_constants(&r);
	set_columns(&r, counted);
	expand(&script->root, &r);
	if (*why)
		return false;
	specialise(&s, script->root);
	vec_each(it, &script->root->list)
		if ((*it)->kind == NODE_PROBE && has_subject(*it) && !filter_probe(&r, *it))
			return false;
	specialise(&s, script->root); /* what the header's expressions hold */
	return script->diags->errors == before;
}

const char *tool_banner(const struct tool *tool, const struct script *script)
{
	struct rewrite r = {.tool = (struct tool *)tool, .arena = script->arena};
	struct buf out = {0};
	const char *text;

	if (tool->banner) {
		struct node part = {.text = {tool->banner, strlen(tool->banner)}};

		expand_attach(&r, &part);
		buf_printf(&out, "%s\n%s", part.text.data, script->ncolumns ? "" : "\n");
	}
	for (uint32_t i = 0; i < script->ncolumns; i++)
		tool_column_title(tool, &script->columns[i], i, i + 1 == script->ncolumns, &out);
	if (script->ncolumns)
		buf_putc(&out, '\n');
	text = out.len ? arena_strdup(script->arena, buf_str(&out)) : NULL;
	buf_free(&out);
	return text;
}
