/*
 * fuzz_front.c - specifiers of the generic tools and programs of ply to scripts. The first byte says
 * which tool ('a': trace, ...) and with which flags, the rest is what the user wrote.
 *
 * Its promises: what cannot be translated has a diagnostic within what the user wrote; what can is a
 * script without NUL bytes, whose pieces lie within it and stand for places that were written.
 */
#include "front/front.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_world.h"

static const struct { const char *tool, *setting; } tools[] = {
	{"trace", "PROBE"}, {"argdist", "HISTS"}, {"argdist", "COUNTS"}, {"funccount", "PATTERN"},
	{"stackcount", "PATTERN"}, {"funclatency", "FUNCTION"}, {"funcslower", "FUNCTION"}, {"tcpsubnet", "SUBNETS"},
	{"ply", "PROGRAM"},
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
	front_free(&f);
	types_free(&types);
	arena_free(arena);
	free(text);
}

FUZZ(front, fuzz_front)
