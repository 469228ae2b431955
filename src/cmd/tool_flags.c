/* tool_flags.c - a tool's command line to constants, filters and options. See tool.h. */
#include "cmd/tool.h"

#include "base/diag.h"
#include "front/front.h"
#include "kern/arch/syscalls.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const struct tool_value *tool_constant(const struct tool *tool, const char *name)
{
	for (size_t i = 0; i < tool->constants.n; i++)
		if (str_eq(tool->constants.v[i].name, name))
			return &tool->constants.v[i].value;
	return NULL;
}

void tool_set(struct tool *tool, const char *name, struct tool_value value)
{
	vec_each(it, &tool->constants)
		if (str_eq(it->name, name)) {
			it->value = value;
			return;
		}
	avec_push(tool->arena, &tool->constants, ((struct tool_constant){name, value}));
}

/* ---- values ---- */

/* The number of an error, a system call or a signal by its name; negative: there is none. */
static int number_named(enum tool_type type, const char *text)
{
	enum { ERRNOS = 134, SIGNALS = 65 };
	const char *name;

	if (type == TOOL_SYSCALL)
		return syscall_number(text);
	if (type == TOOL_SIGNAL && !strncmp(text, "SIG", 3))
		text += 3;
	for (int i = 1; i < (type == TOOL_ERRNO ? ERRNOS : SIGNALS); i++) {
		name = type == TOOL_ERRNO ? strerrorname_np(i) : sigabbrev_np(i);
		if (name && str_eq(name, text))
			return i;
	}
	return -1;
}

bool tool_take_range(const char **text, uint64_t *from, uint64_t *to)
{
	uint64_t *const ends[] = {from, to};
	const char *p = *text;
	char one[24];

	for (int i = 0; i < 2; i++) {
		size_t len = strcspn(p, ",-");

		if (len >= sizeof(one))
			return false;
		memcpy(one, p, len);
		one[len] = '\0';
		if (!str_to_u64(one, ends[i]) || *ends[i] > INT64_MAX)
			return false;
		p += len;
		if (i == 0 && *p != '-') {
			*to = *from;
			break;
		}
		p += i == 0;
	}
	*text = p;
	return *from <= *to && (!*p || *p == ',');
}

/* "80,443", "0,4-7" */
static bool are_numbers(const char *text)
{
	uint64_t from, to;

	while (tool_take_range(&text, &from, &to)) {
		if (!*text)
			return true;
		text++;
	}
	return false;
}

/* The network namespace of a process: its number, as lsns shows it. */
static bool netns_of(const char *pid, uint64_t *number)
{
	char path[64];
	struct stat st;
	uint64_t n;

	if (!str_to_u64(pid, &n))
		return false;
	snprintf(path, sizeof(path), "/proc/%llu/ns/net", (unsigned long long)n);
	if (stat(path, &st))
		return false;
	*number = st.st_ino;
	return true;
}

/* The text of *out lives as long as `text`, or in the tool's arena. */
static bool parse_value(const struct tool *tool, enum tool_type type, const char *text, struct tool_value *out)
{
	int named;

	*out = (struct tool_value){.is_text = type >= TOOL_TEXT, .number = 1, .text = text};
	if (type == TOOL_NUMBERS)
		return are_numbers(text);
	if (type == TOOL_FOLDERS)
		return (out->text = tool_folder_numbers(tool->arena, text)) != NULL;
	if (type == TOOL_SWITCH || type == TOOL_TEXT || type == TOOL_TEXTS)
		return true;
	if (type == TOOL_NETNS)
		return netns_of(text, &out->number);
	if (type >= TOOL_ERRNO && (named = number_named(type, text)) >= 0) {
		out->number = named;
		return true;
	}
	return str_to_u64(text, &out->number) && out->number <= INT64_MAX && (type != TOOL_SECONDS || out->number);
}

static const char *type_words(enum tool_type type)
{
	static const char *const words[] = {
		[TOOL_NUMBER] = "a number", [TOOL_SECONDS] = "a number of seconds", [TOOL_TEXT] = "a text",
		[TOOL_NUMBERS] = "numbers and ranges (4-7), separated by commas",
		[TOOL_FOLDERS] = "folders that there are, separated by commas",
		[TOOL_NETNS] = "a running process that may be looked at",
		[TOOL_ERRNO] = "an error's name or number", [TOOL_SYSCALL] = "a system call's name or number",
		[TOOL_SIGNAL] = "a signal's name or number",
	};

	return type < ARRAY_SIZE(words) && words[type] ? words[type] : "a value";
}

/* What was given for a flag or an argument, into its constant. */
static void set_given(struct tool *tool, enum tool_type type, const char *name, struct tool_value value)
{
	const struct tool_value *before = tool_constant(tool, name);

	if (type == TOOL_TEXTS && before && *before->text)
		value.text = arena_printf(tool->arena, "%s%c%s", before->text, FRONT_SEPARATOR, value.text);
	tool_set(tool, name, value);
}

/* "pid,comm": every name must be one of the header's keys. */
static bool set_by(struct tool *tool, const char *list, const char **why)
{
	struct buf names = {0};
	const char *p = list;

	if (!tool->has_by) {
		*why = arena_printf(tool->arena,
				    "%s prints events as they come, there is nothing to group: no --by", tool->name);
		return false;
	}
	do {
		size_t len = strcspn(p, ",");

		if (!tool_key(tool, p, len)) {
			vec_each(key, &tool->keys)
				buf_printf(&names, "%s%s", names.len ? ", " : "", key->name);
			*why = arena_printf(tool->arena, "--by does not know '%.*s'; %s has %s", (int)len, p,
					    tool->name, buf_str(&names));
			buf_free(&names);
			return false;
		}
		p += len;
	} while (*p++);
	tool->by = list;
	return true;
}

static bool apply(struct tool *tool, const struct tool_flag *flag, const char *text, const char **why)
{
	struct tool_value value;

	if (!parse_value(tool, flag->type, text, &value)) {
		*why = arena_printf(tool->arena, "--%s wants %s, not '%s'", flag->name, type_words(flag->type), text);
		return false;
	}
	for (size_t i = 0; i < flag->effects.n; i++) {
		const struct tool_effect *e = &flag->effects.v[i];

		if (e->by && !set_by(tool, e->by, why))
			return false;
		if (e->name && e->given)
			set_given(tool, flag->type, e->name, value);
		else if (e->name)
			tool_set(tool, e->name, e->value);
	}
	return true;
}

/* ---- options of every tool ---- */

/* Those of sonde itself that a tool takes; the filters are rows of tool_filter.def. */
static const char *const shared_options[] = {
	"duration", "frame", "json", "format", "output", "buffering", "quiet", "verbose", "dump", "dry-run",
	"delimited", "attach", "fallback", "no-self", "max-cpu", "max-map-mem", "cmd", "help",
};

const char *tool_shared_option(size_t i)
{
	return i < ARRAY_SIZE(shared_options) ? shared_options[i] : NULL;
}

static const struct { const char *name, *pinned; bool is_text; } filters[] = {
#define FILTER(id, name, is_text, current, member, argument, help, pinned) {name, pinned, is_text},
#include "cmd/tool_filter.def"
#undef FILTER
};

static bool set_filter(struct tool *tool, struct options *o, unsigned filter, const char *value, const char **why)
{
	uint64_t number;

	if (filter != FILTER_UID && filter != FILTER_CGROUP && !filters[filter].is_text &&
	    (!str_to_u64(value, &number) || number > (filter == FILTER_MNTNS ? UINT32_MAX : INT32_MAX) || !number)) {
		*why = arena_printf(tool->arena, "--%s wants a number, not '%s'", filters[filter].name, value);
		return false;
	}
	if (filter == FILTER_PID) /* the run ends when it does */
		o->pid = strtoll(value, NULL, 0);
	tool->filters[filter] = value;
	return true;
}

static bool set_top(struct tool *tool, const char *value, const char **why)
{
	struct tool_value number;

	if (!tool_constant(tool, "TOP")) {
		*why = arena_printf(tool->arena, "%s prints no table that could be cut: no --top", tool->name);
		return false;
	}
	if (!parse_value(tool, TOOL_NUMBER, value, &number) || !number.number) {
		*why = arena_printf(tool->arena, "--top wants a number, not '%s'", value);
		return false;
	}
	tool_set(tool, "TOP", number);
	return true;
}

enum found { FOUND, NOT_FOUND, WRONG };

/* The options that are the engine's own for tools: filters, --container, --top, --by. */
static enum found engine_option(struct tool *tool, struct options *o, const char *name, const char *value,
				bool *takes, const char **why)
{
	bool top = str_eq(name, "top"), by = str_eq(name, "by"), container = str_eq(name, "container");
	unsigned filter = 0, pinned = 0;

	while (filter < FILTER_COUNT && !str_eq(filters[filter].name, name))
		filter++;
	while (pinned < FILTER_COUNT && !(filters[pinned].pinned && str_eq(filters[pinned].pinned, name)))
		pinned++;
	*takes = true;
	if (!top && !by && !container && filter == FILTER_COUNT && pinned == FILTER_COUNT)
		return NOT_FOUND;
	if (!value || !*value) {
		*why = arena_printf(tool->arena, "--%s wants a value", name);
		return WRONG;
	}
	if (container)
		tool->container = value;
	else if (pinned < FILTER_COUNT)
		tool->pinned[pinned] = value;
	else if (top)
		return set_top(tool, value, why) ? FOUND : WRONG;
	else if (by)
		return set_by(tool, value, why) ? FOUND : WRONG;
	else
		return set_filter(tool, o, filter, value, why) ? FOUND : WRONG;
	return FOUND;
}

static enum found shared_option(struct tool *tool, struct options *o, const char *name, const char *value,
				bool *takes, const char **why)
{
	enum found found = engine_option(tool, o, name, value, takes, why);

	if (found != NOT_FOUND)
		return found;
	for (size_t i = 0; i < ARRAY_SIZE(shared_options); i++)
		if (str_eq(shared_options[i], name))
			return options_set_long(o, name, value, tool->arena, takes, why) ? FOUND : WRONG;
	return NOT_FOUND;
}

/* ---- the command line ---- */

struct arguments {
	struct tool *tool;
	struct options *o;
	int argc, at;
	char **argv;
	const char **why;
	const struct tool_flag *several; /* given last of those that take several texts: -H A B is -H A -H B */
};

static const struct tool_flag *flag_named(const struct tool *tool, const char *name, char letter)
{
	for (size_t i = 0; i < tool->flags.n; i++) {
		const struct tool_flag *f = &tool->flags.v[i];

		if (name ? str_eq(f->name, name) && !f->engine : f->letter == letter)
			return f;
	}
	return NULL;
}

static const char *candidate(const void *ctx, size_t i)
{
	const struct tool *tool = ctx;

	if (i < tool->flags.n)
		return tool->flags.v[i].name;
	i -= tool->flags.n;
	if (i < FILTER_COUNT)
		return filters[i].name;
	i -= FILTER_COUNT;
	return tool_shared_option(i);
}

static bool unknown(const struct arguments *a, const char *name)
{
	const char *near = diag_nearest(name, a->tool->flags.n + FILTER_COUNT + ARRAY_SIZE(shared_options), candidate,
					a->tool);

	*a->why = arena_printf(a->tool->arena, "%s has no flag --%s%s%s%s", a->tool->name, name,
			       near ? "; did you mean --" : "", near ? near : "", near ? "?" : "");
	return false;
}

/* The next argument as a value; NULL, with *why, when there is none. */
static const char *next_value(struct arguments *a, const char *flag, const char *value_name)
{
	if (a->at + 1 < a->argc)
		return a->argv[++a->at];
	*a->why = arena_printf(a->tool->arena, "%s wants a value%s%s", flag, value_name ? ": " : "",
			       value_name ? value_name : "");
	return NULL;
}

static bool take_command(struct arguments *a, const char *behind);

static bool long_flag(struct arguments *a, const char *arg)
{
	const char *equals = strchr(arg, '=');
	const char *name = arena_strndup(a->tool->arena, arg, equals ? (size_t)(equals - arg) : strlen(arg));
	const char *value = equals ? equals + 1 : NULL;
	const struct tool_flag *flag = flag_named(a->tool, name, 0);
	enum found found;
	bool takes;

	if (flag && flag->type == TOOL_COMMAND && !value) {
		a->tool->filters[FILTER_PID] = "cpid";
		return take_command(a, arg);
	}
	if (flag) {
		if (flag->type <= TOOL_COMMAND && value) {
			*a->why = arena_printf(a->tool->arena, "--%s takes no value", name);
			return false;
		}
		if (flag->type != TOOL_SWITCH && !value &&
		    !(value = next_value(a, a->argv[a->at], flag->value_name)))
			return false;
		if (flag->type == TOOL_TEXTS)
			a->several = flag;
		return apply(a->tool, flag, value, a->why);
	}
	found = shared_option(a->tool, a->o, name, equals ? value : a->at + 1 < a->argc ? a->argv[a->at + 1] : NULL,
			      &takes, a->why);
	if (found == NOT_FOUND)
		return unknown(a, name);
	if (found == FOUND && !takes && equals) {
		*a->why = arena_printf(a->tool->arena, "--%s takes no value", name);
		return false;
	}
	if (found == FOUND && takes && !equals)
		a->at++;
	return found == FOUND;
}

/* A letter for an option of every tool: with what is behind it, or the next argument, if it *takes a value. */
static bool engine_letter(struct arguments *a, const struct tool_flag *flag, const char *rest, bool *takes)
{
	const char *next = a->at + 1 < a->argc ? a->argv[a->at + 1] : NULL;

	if (shared_option(a->tool, a->o, flag->name, *rest ? rest : next, takes, a->why) != FOUND)
		return false;
	a->at += *takes && !*rest;
	return true;
}

/* -mT, -d DISK, -dDISK */
static bool short_flags(struct arguments *a, const char *letters)
{
	for (const char *p = letters; *p; p++) {
		const struct tool_flag *flag = flag_named(a->tool, NULL, *p);
		const char *name = arena_printf(a->tool->arena, "-%c", *p), *value;
		bool takes = true;

		if (!flag && *p == 'h') {
			a->tool->help = true;
			continue;
		}
		if (!flag) {
			*a->why = arena_printf(a->tool->arena, "%s has no flag %s", a->tool->name, name);
			return false;
		}
		if (flag->fixed) {
			if (shared_option(a->tool, a->o, flag->name, flag->fixed, &takes, a->why) != FOUND)
				return false;
			continue;
		}
		if (flag->type == TOOL_SWITCH && !flag->engine) {
			if (!apply(a->tool, flag, NULL, a->why))
				return false;
			continue;
		}
		if (flag->engine) {
			if (!engine_letter(a, flag, p + 1, &takes))
				return false;
			if (!takes)
				continue;
			return true;
		}
		value = p[1] ? p + 1 : next_value(a, name, flag->value_name);
		if (flag->type == TOOL_TEXTS)
			a->several = flag;
		return value && apply(a->tool, flag, value, a->why);
	}
	return true;
}

static bool positional(struct arguments *a, size_t i, const char *text)
{
	struct tool *tool = a->tool;
	struct tool_value value;

	if (tool->arguments.n && vec_last(&tool->arguments).type == TOOL_TEXTS)
		i = MIN_OF(i, tool->arguments.n - 1);
	if (!tool->arguments.n && a->several)
		return apply(tool, a->several, text, a->why);
	if (i >= tool->arguments.n) {
		*a->why = arena_printf(tool->arena, "%s does not know what to do with '%s'", tool->name, text);
		return false;
	}
	if (!parse_value(tool, tool->arguments.v[i].type, text, &value)) {
		*a->why = arena_printf(tool->arena, "%s is %s, not '%s'", tool->arguments.v[i].name,
				       type_words(tool->arguments.v[i].type), text);
		return false;
	}
	set_given(tool, tool->arguments.v[i].type, tool->arguments.v[i].name, value);
	return true;
}

/* `-- CMD ARG...`, `--exec CMD ARG...`: as --cmd with its words quoted; the constant CMD says that there is one. */
static bool take_command(struct arguments *a, const char *behind)
{
	struct buf command = {0};

	for (a->at++; a->at < a->argc; a->at++) {
		buf_puts(&command, command.len ? " " : "");
		if (!*a->argv[a->at])
			buf_puts(&command, "''");
		for (const char *p = a->argv[a->at]; *p; p++) {
			if (strchr(" \t\n'\"\\", *p))
				buf_putc(&command, '\\');
			buf_putc(&command, *p);
		}
	}
	if (!command.len) {
		*a->why = arena_printf(a->tool->arena, "no command behind --%s", behind);
		return false;
	}
	a->o->command = arena_strdup(a->tool->arena, buf_str(&command));
	tool_set(a->tool, "CMD", (struct tool_value){.number = 1});
	buf_free(&command);
	return true;
}

bool tool_parse_arguments(struct tool *tool, struct options *o, int argc, char **argv, const char **why)
{
	struct arguments a = {.tool = tool, .o = o, .argc = argc, .argv = argv, .why = why};
	size_t given = 0;

	for (; a.at < argc; a.at++) {
		const char *arg = argv[a.at];

		if (str_eq(arg, "--")) {
			if (!take_command(&a, ""))
				return false;
		} else if (arg[0] == '-' && arg[1] == '-' && arg[2]) {
			if (!long_flag(&a, arg + 2))
				return false;
		} else if (arg[0] == '-' && arg[1]) {
			if (!short_flags(&a, arg + 1))
				return false;
		} else if (!positional(&a, given++, arg)) {
			return false;
		}
	}
	tool->help |= o->help;
	return true;
}
