/* arena.c - see arena.h. A list of chunks; big objects get a chunk of their own. */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 32 * 1024, ALIGN = 16 };

struct chunk {
	struct chunk *next;
	_Alignas(ALIGN) char data[];
};

struct arena {
	struct chunk *chunks;
	char *at, *end;
};

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct chunk *c = arena->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(arena);
}

static void *chunk_add(struct arena *arena, size_t size)
{
	struct chunk *c = xmalloc(sizeof(*c) + size);

	c->next = arena->chunks;
	arena->chunks = c;
	return c->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	char *p;

	BUG_ON(size > SIZE_MAX / 2);
	size = ROUND_UP(size ? size : 1, (size_t)ALIGN);
	if (size > CHUNK / 4)
		return memset(chunk_add(arena, size), 0, size);
	if (size > (size_t)(arena->end - arena->at)) {
		arena->at = chunk_add(arena, CHUNK);
		arena->end = arena->at + CHUNK;
	}
	p = arena->at;
	arena->at += size;
	return memset(p, 0, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
	void *p = arena_alloc(arena, size);

	if (size)
		memcpy(p, data, size);
	return p;
}

char *arena_strndup(struct arena *arena, const char *s, size_t n)
{
	char *p = arena_alloc(arena, n + 1);

	memcpy(p, s, n);
	return p;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	return arena_strndup(arena, s, strlen(s));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap, again;
	char *s;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	BUG_ON(n < 0);
	s = arena_alloc(arena, n + 1);
	vsnprintf(s, n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return s;
}

void *arena_grow(struct arena *arena, void *v, size_t n, size_t *cap, size_t size)
{
	void *grown;

	*cap = *cap ? *cap * 2 : 4;
	grown = arena_alloc(arena, *cap * size);
	if (n)
		memcpy(grown, v, n * size);
	return grown;
}
