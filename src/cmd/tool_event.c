/*
 * tool_event.c - events as perf names them to attach points: what stands for `event:$NAME` in a tool.
 *
 *   page-faults          --> software:page-faults:1       each of them, or each PERIOD-th
 *   cpu-clock            --> software:cpu-clock:NS        HZ times a second, or each PERIOD ns
 *   cycles               --> hardware:cycles[:PERIOD]
 *   sched:sched_switch   --> tracepoint:sched:sched_switch
 *   kprobe:vfs_read, uprobe:..., ...                      as it is
 */
#include "cmd/tool.h"

static bool is_provider(const char *name, size_t len)
{
	static const char *const names[] = {
#define PROVIDER(id, name, alias, min, max, form, doc, supported) name, alias,
#include "lang/provider.def"
#undef PROVIDER
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i] && strlen(names[i]) == len && !strncmp(names[i], name, len))
			return true;
	return false;
}

static bool is_software(const char *name)
{
#define SOFTWARE(id, word, alias, count) \
	if (str_eq(name, word) || str_eq(name, (alias) ? (alias) : word)) \
		return true;
#include "kern/probe/software.def"
#undef SOFTWARE
	return false;
}

static bool is_hardware(const char *name)
{
#define HARDWARE(id, word, alias, count) \
	if (str_eq(name, word) || str_eq(name, (alias) ? (alias) : word)) \
		return true;
#include "kern/probe/hardware.def"
#undef HARDWARE
	return false;
}

/* What perf calls otherwise. */
static const char *usual_name(const char *name)
{
	static const struct { const char *perf, *name; } others[] = {
		{"migrations", "cpu-migrations"}, {"stalled-cycles-frontend", "frontend-stalls"},
		{"stalled-cycles-backend", "backend-stalls"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_eq(others[i].perf, name))
			return others[i].name;
	return name;
}

static uint64_t number_of(const struct tool *tool, const char *name)
{
	const struct tool_value *v = tool_constant(tool, name);

	return v && !v->is_text ? v->number : 0;
}

static const char *of_software(const struct tool *tool, const char *name, struct arena *arena)
{
	uint64_t period = number_of(tool, "PERIOD"), hz = number_of(tool, "HZ");

	if (!period && (str_eq(name, "cpu-clock") || str_eq(name, "cpu") || str_eq(name, "task-clock")))
		period = 1000000000 / (hz ? hz : 1);
	return arena_printf(arena, "software:%s:%llu", name, (unsigned long long)(period ? period : 1));
}

/* The attach point as text; NULL: there is no such event. */
static const char *attach_point(const struct tool *tool, const char *event, struct arena *arena)
{
	const char *colon = strchr(event, ':'), *name = usual_name(event);
	uint64_t period = number_of(tool, "PERIOD");

	if (colon)
		return is_provider(event, (size_t)(colon - event)) ? event
								   : arena_printf(arena, "tracepoint:%s", event);
	if (is_software(name))
		return of_software(tool, name, arena);
	if (!is_hardware(name))
		return NULL;
	return period ? arena_printf(arena, "hardware:%s:%llu", name, (unsigned long long)period)
		      : arena_printf(arena, "hardware:%s", name);
}

/* At colons that are not in quotes, which are left out. */
static void split(struct node *n, struct arena *arena)
{
	const char *text = n->text.data;
	bool quoted = false, more = true;
	struct buf part = {0};

	n->list = (node_list){0};
	for (const char *p = text; more; p++) {
		more = *p != '\0';
		if (*p == '"') {
			quoted = !quoted;
		} else if (!more || (*p == ':' && !quoted)) {
			struct node *one = node_new(arena, NODE_STRING, n->span);

			one->text = (struct text){arena_strdup(arena, buf_str(&part)), part.len};
			avec_push(arena, &n->list, one);
			buf_reset(&part);
		} else {
			buf_putc(&part, *p);
		}
	}
	buf_free(&part);
}

bool tool_put_event(const struct tool *tool, struct node *n, struct arena *arena, const char **why)
{
	static const char word[] = "event:$";
	const struct tool_value *event;
	const char *text;

	if (strncmp(n->text.data, word, strlen(word)) != 0)
		return true;
	event = tool_constant(tool, arena_strndup(arena, n->text.data + strlen(word), n->text.len - strlen(word)));
	if (event && event->is_text && !*event->text) /* not asked for: its probe will not be there */
		return true;
	text = event && event->is_text ? attach_point(tool, event->text, arena) : NULL;
	if (!text) {
		*why = arena_printf(arena, "%s knows no event '%s'; it takes page-faults, context-switches, cycles and "
				    "their kind, SYSTEM:TRACEPOINT, and probes (sonde -l)", tool->name,
				    event && event->is_text ? event->text : n->text.data);
		return false;
	}
	n->text = (struct text){text, strlen(text)};
	split(n, arena);
	return true;
}
