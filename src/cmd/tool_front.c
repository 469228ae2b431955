/*
 * tool_front.c - a tool whose script is made from its arguments: `front: trace` in a header.
 *
 *   header --tool_parse_arguments--> constants --front_translate--> a tool as text
 *          --tool_parse_header--> that tool, with the filters of this one --> run
 */
#include "cmd/compile.h"
#include "cmd/tool.h"
#include "front/front.h"

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

/* Spans of the texts the user wrote, which were read as sources of their own, into this run's. */
struct origin {
	struct front front; /* first: tool->origin points here */
	struct compilation c; /* whose sources the pieces lie in */
};

void tool_place_origin(const struct tool *tool, struct sources *sources, struct diags *diags)
{
	const struct origin *o = (const struct origin *)tool->origin;

	vec_each(d, &diags->list) {
		const struct source *script = tool->source, *copy;
		const struct front_piece *piece;
		struct place at;

		if (!script || d->span.off < script->base || d->span.off - script->base > script->len)
			continue;
		piece = front_origin(&o->front, d->span.off - script->base);
		if (!piece || !source_place(&o->c.sources, piece->from.off, &at))
			continue;
		copy = source_add(sources, at.source->name, at.source->text, at.source->len);
		if (copy)
			d->span = (struct span){copy->base + piece->from.off - at.source->base, piece->from.len};
	}
}

/* The made text as a tool; the filters given are the user's. */
static bool read_made(struct tool *tool, struct origin *o, struct tool *made)
{
	struct sources sources = {.arena = tool->arena};
	struct diags diags = {.arena = tool->arena, .sources = &sources};
	const struct source *source = source_add(&sources, tool->name, buf_str(&o->front.text), o->front.text.len);
	struct buf out = {0};

	if (source && tool_parse_header(made, tool->arena, &diags, source, tool->name)) {
		memcpy(made->filters, tool->filters, sizeof(made->filters));
		made->container = tool->container;
		made->origin = &o->front;
		return true;
	}
	diags_print(&diags, &out, false);
	fputs(buf_str(&out), stderr);
	buf_free(&out);
	return false;
}

static int run_made(struct tool *tool, struct origin *o, const struct options *given)
{
	struct options options = *given;
	struct tool made;

	if (!read_made(tool, o, &made))
		return 1;
	options.fallback = true;
	options.no_self = !tool_constant(tool, "WITH_SELF") || !tool_constant(tool, "WITH_SELF")->number;
	if (o->front.probe_filter)
		options.probe_filter = o->front.probe_filter;
	return run_text(&options, tool->name, buf_str(&o->front.text), o->front.text.len, &made);
}

/* Whether any of what may be given several times, a probe, was given. */
static bool asked(const struct tool *tool)
{
	bool any = false;

	for (size_t i = 0; i < tool->arguments.n; i++)
		any |= *tool_constant(tool, tool->arguments.v[i].name)->text != '\0';
	for (size_t i = 0; i < tool->flags.n; i++)
		for (size_t k = 0; tool->flags.v[i].type == TOOL_TEXTS && k < tool->flags.v[i].effects.n; k++)
			any |= *tool_constant(tool, tool->flags.v[i].effects.v[k].name)->text != '\0';
	return any;
}

int tool_run_front(struct tool *tool, const struct options *given)
{
	struct origin o = {.front = {.arena = tool->arena, .name = tool->front}};
	int status = 1;

	if (!asked(tool)) {
		fprintf(stderr, "sonde: %s wants a probe; `sonde %s --help` has examples\n", tool->name, tool->name);
		return 1;
	}
	compilation_init(&o.c, given, 0);
	o.front.diags = &o.c.diags;
	o.front.world = o.c.script.world;
	give_settings(tool, &o.front);
	if (front_translate(&o.front))
		status = run_made(tool, &o, given);
	else
		compilation_report(&o.c);
	front_free(&o.front);
	compilation_free(&o.c);
	return status;
}
