/* source.c - see source.h. */
#include "base/source.h"

struct source *source_add(struct sources *all, const char *name, const char *text, size_t len)
{
	struct source *s;

	if (!all->next_base)
		all->next_base = 1;
	if (len > (1u << 30) || all->next_base + len > (1u << 30))
		return NULL;
	s = arena_new_of(all->arena, struct source);
	s->name = arena_strdup(all->arena, name);
	s->text = arena_strndup(all->arena, text, len);
	s->len = len;
	s->base = all->next_base;
	all->next_base += len + 1;
	avec_push(all->arena, &s->lines, 0);
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			avec_push(all->arena, &s->lines, (uint32_t)(i + 1));
	avec_push(all->arena, &all->list, s);
	return s;
}

bool source_place(const struct sources *all, uint32_t off, struct place *out)
{
	vec_each(it, &all->list) {
		const struct source *s = *it;
		size_t lo = 0, hi = s->lines.n;
		uint32_t at = off - s->base;

		if (off < s->base || at > s->len)
			continue;
		while (hi - lo > 1) {
			size_t mid = (lo + hi) / 2;

			if (s->lines.v[mid] <= at)
				lo = mid;
			else
				hi = mid;
		}
		*out = (struct place){s, lo + 1, at - s->lines.v[lo] + 1};
		return true;
	}
	return false;
}

const char *source_line(const struct source *s, unsigned line, size_t *len)
{
	uint32_t start = s->lines.v[line - 1];
	const char *nl = memchr(s->text + start, '\n', s->len - start);

	*len = nl ? (size_t)(nl - (s->text + start)) : s->len - start;
	return s->text + start;
}
