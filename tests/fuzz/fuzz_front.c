/*
 * fuzz_front.c - specifiers of the generic tools and programs of ply to scripts. The first byte says
 * which tool ('a': trace, ...) and with which flags, the rest is what the user wrote.
 *
 * Its promises: what cannot be translated has a diagnostic within what the user wrote; what can is a
 * script without NUL bytes, whose pieces lie within it and stand for places that were written. Where
 * that script is one, it has the probes that the tool makes of so many specifiers, and no others: what
 * the user wrote never becomes more than an expression.
 */
#include "front/front.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_world.h"
#include "lang/parse.h"

static const struct tool {
	const char *tool, *setting;
	unsigned least, most, once; /* probes of each specifier, and of all together; most 0: of a program */
} tools[] = {
	{"trace", "PROBE", 1, 1, 0}, {"argdist", "HISTS", 1, 2, 2}, {"argdist", "COUNTS", 1, 2, 2},
	{"funccount", "PATTERN", 1, 1, 1}, {"stackcount", "PATTERN", 1, 1, 1}, {"funclatency", "FUNCTION", 2, 2, 1},
	{"funcslower", "FUNCTION", 2, 2, 0}, {"tcpsubnet", "SUBNETS", 0, 4, 0}, {"ply", "PROGRAM", 0, 0, 0},
};

static bool within(const struct sources *sources, struct span span)
{
	struct place at;

	return source_place(sources, span.off, &at) &&
	       span.off - at.source->base + span.len <= at.source->len + 1;
}

static void check_result(struct front *f, bool good)
{
	if (good != !f->diags->errors)
		BUG("%s: %u errors", good ? "translated" : "not translated", f->diags->errors);
	vec_each(d, &f->diags->list)
		if (d->span.off && !within(f->diags->sources, d->span))
			BUG("a diagnostic outside of the text: %s", d->message);
	if (!good)
		return;
	if (!f->text.len || memchr(f->text.data, '\0', f->text.len))
		BUG("no text");
	vec_each(piece, &f->pieces)
		if (piece->off + piece->len > f->text.len || !within(f->diags->sources, piece->from))
			BUG("a piece out of place");
	for (uint32_t i = 0; i < f->text.len; i += 7)
		front_origin(f, i);
}

static unsigned count_specifiers(const char *text)
{
	static const char separator[] = {FRONT_SEPARATOR, 0};
	unsigned n = 0;

	while (*(text += strspn(text, separator))) {
		n++;
		text += strcspn(text, separator);
	}
	return n;
}

static void check_probes(const struct front *f, const struct tool *tool, const char *text)
{
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena};
	struct diags diags = {.arena = arena, .sources = &sources};
	const struct source *source = source_add(&sources, "made", f->text.data, f->text.len);
	const struct node *script = parse_script(arena, &diags, source, NULL);
	unsigned n = tool->least ? count_specifiers(text) : 1;

	if (!diags.errors) {
		if (script->list.n < n * tool->least + tool->once || script->list.n > n * tool->most + tool->once)
			BUG("%zu probes of %u specifiers:\n%s", script->list.n, n, f->text.data);
		vec_each(it, &script->list)
			if ((*it)->kind != NODE_PROBE || (*it)->list.n != 1)
				BUG("what is no probe, or several:\n%s", f->text.data);
	}
	arena_free(arena);
}

static void fuzz_front(const uint8_t *data, size_t size)
{
	unsigned kind = size ? data[0] : 0, tool = (kind - 'a') % 16 % ARRAY_SIZE(tools);
	char *text = fuzz_copy(data + (size > 0), size - (size > 0), true);
	struct arena *arena = arena_new();
	struct sources sources = {.arena = arena};
	struct diags diags = {.arena = arena, .sources = &sources};
	struct types types;
	struct front_setting settings[] = {
		{tools[tool].setting, text, 0}, {"CALLED", "program", 0}, {"KERNEL_STACK", NULL, kind & 1},
		{"REGEX", NULL, kind >> 4 & 1}, {"ARGUMENTS", NULL, kind >> 4}, {"MOST", NULL, kind >> 5},
		{"NAME", kind & 0x80 ? text : "", 0}, {"MESSAGE", kind & 0x40 ? "" : text, 0},
	};
	struct front f = {.arena = arena, .diags = &diags, .name = tools[tool].tool, .settings = settings,
			  .nsettings = ARRAY_SIZE(settings)};

	types_init(&types, arena);
	f.world = fuzz_world_new(arena, &types);
	check_result(&f, front_translate(&f));
	if (f.text.len && tools[tool].most)
		check_probes(&f, &tools[tool], text);
	front_free(&f);
	types_free(&types);
	arena_free(arena);
	free(text);
}

FUZZ(front, fuzz_front)
