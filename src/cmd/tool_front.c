/*
 * tool_front.c - a tool whose script is made from its arguments: `front: trace` in a header.
 *
 *   header --tool_parse_arguments--> constants --front_translate--> a tool as text
 *          --tool_parse_header--> that tool, with the filters of this one --> run
 */
#include "cmd/list.h"
#include "cmd/translation.h"

#include <stdio.h>

/* The constants as the translator asks for them. */
static void give_settings(const struct tool *tool, struct front *f)
{
	struct front_setting *settings = arena_array(tool->arena, struct front_setting, tool->constants.n + 1);

	for (size_t i = 0; i < tool->constants.n; i++) {
		const struct tool_constant *c = &tool->constants.v[i];

		settings[i] = (struct front_setting){c->name, c->value.is_text ? c->value.text : NULL, c->value.number};
	}
	f->settings = settings;
	f->nsettings = tool->constants.n;
}

/* The made text as a tool; the filters given are the user's. */
static bool read_made(const struct tool *tool, struct front *f, struct tool *made)
{
	struct sources sources = {.arena = tool->arena};
	struct diags diags = {.arena = tool->arena, .sources = &sources};
	const struct source *source = source_add(&sources, tool->name, buf_str(&f->text), f->text.len);
	struct buf out = {0};

	if (source && tool_parse_header(made, tool->arena, &diags, source, tool->name)) {
		memcpy(made->filters, tool->filters, sizeof(made->filters));
		memcpy(made->pinned, tool->pinned, sizeof(made->pinned));
		made->container = tool->container;
		return true;
	}
	diags_print(&diags, &out, false);
	fputs(buf_str(&out), stderr);
	buf_free(&out);
	return false;
}

static int run_made(const struct tool *tool, struct translation *t, const struct options *given)
{
	const struct tool_value *with_self = tool_constant(tool, "WITH_SELF");
	const struct tool_value *folded = tool_constant(tool, "FOLDED");
	const struct tool_value *counted = tool_constant(tool, "AGGREGATE");
	struct options options = *given;
	struct tool made;

	if (!read_made(tool, &t->front, &made))
		return 1;
	options.fallback = true;
	options.no_self = !with_self || !with_self->number;
	if (folded && folded->number)
		options.format = FORMAT_OUT_FOLDED;
	options.count_rows = counted && counted->number;
	options.translation = t;
	if (t->front.probe_filter)
		options.probe_filter = t->front.probe_filter;
	return run_text(&options, tool->name, buf_str(&t->front.text), t->front.text.len, &made);
}

/*
 * Whether a specifier was given: those are what may be given several times. A tool that takes none
 * needs none.
 */
static bool asked(const struct tool *tool)
{
	bool any = false, takes = false;

	for (size_t i = 0; i < tool->arguments.n; i++)
		if (tool->arguments.v[i].type == TOOL_TEXTS) {
			takes = true;
			any |= *tool_constant(tool, tool->arguments.v[i].name)->text != '\0';
		}
	for (size_t i = 0; i < tool->flags.n; i++)
		for (size_t k = 0; tool->flags.v[i].type == TOOL_TEXTS && k < tool->flags.v[i].effects.n; k++) {
			takes = true;
			any |= *tool_constant(tool, tool->flags.v[i].effects.v[k].name)->text != '\0';
		}
	return any || !takes;
}

int tool_run_front(const struct tool *tool, const struct options *given)
{
	struct translation t;
	int status = 1;

	if (str_eq(tool->front, "tplist"))
		return tplist_run(tool, given);
	if (!asked(tool)) {
		fprintf(stderr, "sonde: %s wants a probe; `sonde %s --help` has examples\n", tool->name, tool->name);
		return 1;
	}
	translation_init(&t, given, tool->arena, tool->front);
	give_settings(tool, &t.front);
	if (translation_make(&t))
		status = run_made(tool, &t, given);
	translation_free(&t);
	return status;
}
