/*
 * arena.h - memory of one compilation: allocated piece by piece, freed in one call.
 * Everything the compiler builds (tokens, AST, types, IR, plans) lives in one arena.
 */
#ifndef SONDE_ARENA_H
#define SONDE_ARENA_H

#include "base/base.h"

struct arena;

struct arena *arena_new(void);
/*
 * One more that is freed with `parent`, and never by itself: for a thread that allocates while others do
 * in theirs. Making it changes `parent`, which is for one thread at a time.
 */
struct arena *arena_below(struct arena *parent);
void arena_free(struct arena *arena);
/* Zeroed, aligned for any type. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *s);
char *arena_strndup(struct arena *arena, const char *s, size_t n);
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define arena_new_of(arena, T) ((T *)arena_alloc((arena), sizeof(T)))
#define arena_array(arena, T, count) ((T *)arena_alloc((arena), sizeof(T) * (count)))

/* vec_push for a VEC whose storage is in an arena (never vec_free such a one). */
#define avec_push(arena, vec, x) do { \
	if ((vec)->n == (vec)->cap) \
		(vec)->v = arena_grow((arena), (vec)->v, (vec)->n, &(vec)->cap, sizeof(*(vec)->v)); \
	(vec)->v[(vec)->n++] = (x); \
} while (0)
void *arena_grow(struct arena *arena, void *v, size_t n, size_t *cap, size_t size);

#endif
