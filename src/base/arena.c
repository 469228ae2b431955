/*
 * arena.c - see arena.h. A list of chunks; big objects get a chunk of their own, from malloc().
 *
 * The others come from a pool. What it has beyond the first half megabyte, which is enough for most scripts,
 * are large pages, where the kernel has such: a tool's compilation fills some megabytes, and each 4 KB of them
 * would be a page fault, which was a sixth of its time. What an arena gives back stays in the pool for the
 * next one.
 */
#include "base/arena.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { CHUNK = 32 * 1024, ALIGN = 16, FIRST = 512 * 1024, BLOCK = 2 << 20 /* a large page of x86-64 and arm64 */ };

struct chunk {
	struct chunk *next;
	bool pooled;
	_Alignas(ALIGN) char data[];
};

enum { CHUNK_DATA = CHUNK - sizeof(struct chunk) };

struct arena {
	struct chunk *chunks;
	char *at, *end;
	struct arena *below, *next; /* the last one made below it; the one made before it of the same parent */
};

struct arena *arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

struct arena *arena_below(struct arena *parent)
{
	struct arena *arena = arena_new();

	arena->next = parent->below;
	parent->below = arena;
	return arena;
}

/* ---- the pool ---- */

static struct {
	pthread_mutex_t lock;
	struct chunk *unused;
	char *at; /* where the last block is not given out yet, for `left` bytes */
	size_t left;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static char *map(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* More for `at`; false: the kernel has no memory. Never given back. */
static bool pool_grow(void)
{
	bool first = !pool.at;
	char *p = map(first ? FIRST : 2 * BLOCK), *block;

	if (!p)
		return false;
	if (first) {
		pool.at = p;
		pool.left = FIRST;
		return true;
	}
	/* aligned, so that it can be one page */
	block = (char *)ROUND_UP((uintptr_t)p, (uintptr_t)BLOCK);
	if (block > p)
		munmap(p, block - p);
	if (p + BLOCK > block)
		munmap(block + BLOCK, p + BLOCK - block);
	madvise(block, BLOCK, MADV_HUGEPAGE);
	pool.at = block;
	pool.left = BLOCK;
	return true;
}

static struct chunk *pool_take(void)
{
	struct chunk *c;

	pthread_mutex_lock(&pool.lock);
	c = pool.unused;
	if (c) {
		pool.unused = c->next;
	} else if (pool.left || pool_grow()) {
		c = (struct chunk *)pool.at;
		pool.at += CHUNK;
		pool.left -= CHUNK;
	}
	pthread_mutex_unlock(&pool.lock);
	return c;
}

static void pool_give(struct chunk *c)
{
	pthread_mutex_lock(&pool.lock);
	c->next = pool.unused;
	pool.unused = c;
	pthread_mutex_unlock(&pool.lock);
}

/* AddressSanitizer sees what is used after it was freed only where malloc() gave it. */
#ifdef __SANITIZE_ADDRESS__
enum { POOLED = false };
#else
enum { POOLED = true };
#endif

/* ---- arenas ---- */

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	for (struct arena *below = arena->below, *next; below; below = next) {
		next = below->next;
		arena_free(below);
	}
	for (struct chunk *c = arena->chunks, *next; c; c = next) {
		next = c->next;
		if (c->pooled)
			pool_give(c);
		else
			free(c);
	}
	free(arena);
}

static void *chunk_add(struct arena *arena, size_t size)
{
	struct chunk *c = POOLED && size == CHUNK_DATA ? pool_take() : NULL;
	bool pooled = c != NULL;

	if (!c)
		c = xmalloc(sizeof(*c) + size);
	c->pooled = pooled;
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
		arena->at = chunk_add(arena, CHUNK_DATA);
		arena->end = arena->at + CHUNK_DATA;
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
