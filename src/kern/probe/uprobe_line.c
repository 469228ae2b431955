/*
 * uprobe_line.c - places by line: `uprobe:BINARY:FILE:LINE` and `uprobe:BINARY@FILE:LINE[:COLUMN]`.
 *
 * A line may have become code at several places: in several functions (inlined, templates), or
 * in pieces of one. The lowest place in each function is taken, which is where a debugger stops.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "kern/probe/uprobe_int.h"

struct lines {
	struct uprobe_search *s;
	struct { uint64_t function, address, offset; const char *name; } *best;
	size_t n, cap;
	uint32_t next;   /* the first line behind the one asked for that has code */
	bool column_seen;
};

static bool line_found(void *arg, const struct elf_source_line *line)
{
	struct lines *l = arg;
	struct uprobe_search *s = l->s;

	if (line->line > s->line && (!l->next || line->line < l->next))
		l->next = line->line;
	if (line->line != s->line)
		return true;
	if (s->column && line->column != s->column) {
		l->column_seen = true;
		return true;
	}
	for (size_t i = 0; i < l->n; i++) {
		if (l->best[i].function != line->function)
			continue;
		if (line->address < l->best[i].address) {
			l->best[i].address = line->address;
			l->best[i].offset = line->file_offset;
		}
		return true;
	}
	if (l->n == l->cap)
		l->best = vec_grow(l->best, &l->cap, sizeof(*l->best));
	l->best[l->n].function = line->function;
	l->best[l->n].address = line->address;
	l->best[l->n].offset = line->file_offset;
	l->best[l->n++].name = arena_strdup(s->q->env->arena, line->name);
	return true;
}

bool uprobe_match_line(struct uprobe_search *s)
{
	const struct elf_names *elf = &s->q->env->elf;
	struct arena *arena = s->q->env->arena;
	struct lines l = {.s = s};
	const char *why = "unknown";
	bool read = elf->lines(elf->ctx, arena, s->path, s->file, line_found, &l, &why);
	const char *shown = s->column ?
		arena_printf(arena, "%s:%" PRIu64 ":%" PRIu64, s->file, s->line, s->column) :
		arena_printf(arena, "%s:%" PRIu64, s->file, s->line);

	for (size_t i = 0; i < l.n; i++)
		uprobe_add(s, shown, l.best[i].name, l.best[i].address, 0, l.best[i].offset);
	hmap_free(&s->places);
	free(l.best);
	if (l.n)
		return true;
	if (!read)
		return probe_no_match(s->q, "%s", why);
	if (l.next)
		s->q->hint = arena_printf(arena, "the next line with code is %u", l.next);
	if (l.column_seen)
		return probe_no_match(s->q, "line %" PRIu64 " of %s has no code at column %" PRIu64, s->line,
				      s->file, s->column);
	return probe_no_match(s->q, "%s has no code for line %" PRIu64 " of a file %s", s->path, s->line, s->file);
}
