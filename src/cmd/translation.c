/* translation.c - see translation.h. */
#include "cmd/translation.h"

void translation_init(struct translation *t, const struct options *o, struct arena *arena, const char *name)
{
	*t = (struct translation){.front = {.arena = arena, .name = name}};
	compilation_init(&t->c, o, 0);
	t->front.diags = &t->c.diags;
	t->front.world = t->c.script.world;
}

bool translation_make(struct translation *t)
{
	bool good = front_translate(&t->front);

	if (!good)
		compilation_report(&t->c);
	return good;
}

void translation_free(struct translation *t)
{
	front_free(&t->front);
	compilation_free(&t->c);
}

void translation_place(const struct translation *t, const struct source *script, struct sources *sources,
		       struct diags *diags)
{
	vec_each(d, &diags->list) {
		const struct front_piece *piece;
		const struct source *copy;
		struct place at;

		if (d->span.off < script->base || d->span.off - script->base > script->len)
			continue;
		piece = front_origin(&t->front, d->span.off - script->base);
		if (!piece || !source_place(&t->c.sources, piece->from.off, &at))
			continue;
		copy = source_add(sources, at.source->name, at.source->text, at.source->len);
		if (copy)
			d->span = (struct span){copy->base + piece->from.off - at.source->base, piece->from.len};
	}
}
