/* tool_help.c - a tool's help, made of its header. */
#include "cmd/tool.h"

static void describe_flags(const struct tool *tool, struct manual *m)
{
	if (tool->arguments.n || tool->flags.n)
		manual_section(m, "Flags");
	vec_each(a, &tool->arguments)
		manual_row(m, a->name, a->help);
	vec_each(f, &tool->flags) {
		struct buf argument = {0};

		if (f->engine && !f->fixed)
			continue;
		buf_puts(&argument, f->fixed ? f->fixed : f->value_name ? f->value_name : "");
		manual_option(m, (struct manual_option){f->letter, f->name, argument.len ? argument.data : NULL, NULL,
						        f->fixed ? "the same, shorter" : f->help});
		buf_free(&argument);
	}
}

static char letter_of(const struct tool *tool, const char *name)
{
	for (size_t i = 0; i < tool->flags.n; i++)
		if (tool->flags.v[i].engine && !tool->flags.v[i].fixed && str_eq(tool->flags.v[i].name, name))
			return tool->flags.v[i].letter;
	return 0;
}

/* Whether every subject that is filtered at all can tell. */
static bool knows(const struct tool *tool, unsigned filter)
{
	for (size_t i = 0; i < tool->subjects.n; i++) {
		const struct tool_subject *s = &tool->subjects.v[i];

		if (!s->none && !tool_subject_tells(s, filter))
			return false;
	}
	return true;
}

/* One of every tool's, with the letter that this tool gives it. */
static void common(const struct tool *tool, const char *name, const char *argument, const char *choices,
		   const char *help, struct manual *m)
{
	struct manual_option o = {letter_of(tool, name), name, argument, choices, help};

	if (m->form == MANUAL_MARKDOWN)
		manual_keep(m, o);
	else
		manual_option(m, o);
}

static void describe_filters(const struct tool *tool, struct manual *m)
{
	static const struct { const char *name, *argument, *help, *pinned; } filters[] = {
#define FILTER(id, name, is_text, current, member, argument, help, pinned) {name, argument, help, pinned},
#include "cmd/tool_filter.def"
#undef FILTER
	};

	for (unsigned i = 0; i < FILTER_COUNT; i++)
		if (knows(tool, i)) {
			common(tool, filters[i].name, filters[i].argument, NULL, filters[i].help, m);
			if (filters[i].pinned)
				common(tool, filters[i].pinned, "FILE", NULL,
				       "only those that are keys (8 bytes) of the hash map pinned there", m);
		}
	if (knows(tool, FILTER_CGROUP))
		common(tool, "container", "ID", NULL, "only this container", m);
}

static void describe_grouping(const struct tool *tool, struct manual *m)
{
	struct buf keys = {0}, help = {0};

	buf_puts(&help, "group by some of: ");
	vec_each(key, &tool->keys) {
		buf_printf(&keys, "%s%s", keys.len ? " " : "", key->name);
		buf_printf(&help, "%s%s", key == tool->keys.v ? "" : ", ", key->name);
	}
	if (tool->has_by)
		common(tool, "by", "KEY[,KEY...]", buf_str(&keys), buf_str(&help), m);
	if (tool_constant(tool, "TOP"))
		common(tool, "top", "N", NULL, "only the N largest", m);
	buf_free(&keys);
	buf_free(&help);
}

/* What every tool takes of sonde's own options: some with a row, all others by name. */
static void describe_shared(const struct tool *tool, struct manual *m)
{
	struct buf others = {0};
	const char *name;

	common(tool, "duration", "SECONDS", NULL, "end after this time", m);
	common(tool, "json", NULL, NULL, "one JSON object a line (--format json)", m);
	common(tool, "output", "FILE", NULL, "write results to a file", m);
	buf_puts(&others, "Also:");
	for (size_t i = 0; (name = tool_shared_option(i)); i++)
		if (!manual_option_named(m, name) && options_mention(m, name))
			buf_printf(&others, " --%s", name);
	buf_puts(&others, ", as `sonde --help` describes them.");
	if (m->form != MANUAL_MARKDOWN)
		manual_text(m, buf_str(&others));
	buf_free(&others);
}

/* On a page of many tools it is said once what all have; here is only what they differ in. */
static void describe_briefly(size_t first, struct manual *m)
{
	struct buf text = {0};

	buf_puts(&text, "Flags of every tool:");
	for (size_t i = first; i < m->options.n; i++) {
		const struct manual_option *o = &m->options.v[i];

		buf_printf(&text, "%s `", i == first ? "" : ",");
		if (o->letter)
			buf_printf(&text, "-%c ", o->letter);
		buf_printf(&text, "--%s`", o->name);
		if (o->choices)
			buf_printf(&text, " (%s)", o->choices);
	}
	manual_text(m, buf_str(&text));
	buf_free(&text);
}

static void describe_common(const struct tool *tool, struct manual *m)
{
	size_t first = m->options.n;

	if (m->form != MANUAL_MARKDOWN)
		manual_section(m, "Flags of every tool");
	describe_filters(tool, m);
	describe_grouping(tool, m);
	if (m->form == MANUAL_MARKDOWN)
		describe_briefly(first, m);
	describe_shared(tool, m);
}

static void describe_usage(const struct tool *tool, struct manual *m)
{
	struct buf usage = {0};

	buf_printf(&usage, "sonde %s [flags]", tool->name);
	vec_each(a, &tool->arguments)
		buf_printf(&usage, " [%s%s", a->name, a->type == TOOL_TEXTS ? "..." : "");
	buf_pad(&usage, ']', tool->arguments.n);
	manual_usage(m, buf_str(&usage));
	buf_free(&usage);
}

void tool_describe(const struct tool *tool, struct manual *m)
{
	struct buf command = {0};

	manual_title(m, tool->name, tool->summary);
	describe_usage(tool, m);
	vec_each(about, &tool->about)
		manual_text(m, *about);
	describe_flags(tool, m);
	describe_common(tool, m);
	if (tool->aliases.n)
		manual_section(m, "Other names");
	vec_each(alias, &tool->aliases) {
		buf_reset(&command);
		buf_printf(&command, "%s (%s)", alias->summary, alias->flags);
		manual_row(m, alias->name, buf_str(&command));
	}
	manual_section(m, "Examples");
	vec_each(example, &tool->examples) {
		buf_reset(&command);
		buf_printf(&command, "sonde %s", example->command);
		manual_example(m, buf_str(&command), example->what);
	}
	manual_sample(m, tool->name);
	buf_free(&command);
}
