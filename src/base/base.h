/*
 * base.h - the few things every folder needs: growing arrays, BUG(), arithmetic helpers.
 *
 * Knows nothing of tracing. Out of memory is not an error anyone can handle in a
 * tracer, so allocation wrappers end the program with a message instead of returning NULL.
 */
#ifndef SONDE_BASE_H
#define SONDE_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))
#define ROUND_DOWN(n, to) (((n) / (to)) * (to))
#define ROUND_UP(n, to) ((((n) + (to) - 1) / (to)) * (to))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* A mistake of ours, never of the user's or the system's: says where, and aborts. */
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
#define BUG_ON(cond) do { if (cond) BUG("%s", #cond); } while (0)
_Noreturn void bug_at(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* malloc family that never returns NULL. xfree(NULL) is fine. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *ptr, size_t size);
void *xreallocarray(void *ptr, size_t count, size_t size);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * VEC(T): a growing array. Zero-initialised is empty. `vec_push` returns nothing;
 * elements may move when it grows, so keep indexes, not pointers.
 */
#define VEC(T) struct { T *v; size_t n, cap; }
#define vec_push(vec, x) do { \
	if ((vec)->n == (vec)->cap) \
		(vec)->v = vec_grow((vec)->v, &(vec)->cap, sizeof(*(vec)->v)); \
	(vec)->v[(vec)->n++] = (x); \
} while (0)
#define vec_last(vec) ((vec)->v[(vec)->n - 1])
#define vec_free(vec) do { free((vec)->v); (vec)->v = NULL; (vec)->n = (vec)->cap = 0; } while (0)
#define vec_each(it, vec) \
	for (__typeof__((vec)->v + 0) it = (vec)->v; it && it < (vec)->v + (vec)->n; it++)
void *vec_grow(void *v, size_t *cap, size_t size);

/* Strings. */
static inline bool str_eq(const char *a, const char *b) { return strcmp(a, b) == 0; }
bool str_starts(const char *s, const char *prefix);
/* A non-negative number in any C base, the whole string; false if it is none or overflows. */
bool str_to_u64(const char *s, uint64_t *out);
/* '*' in pattern matches any run of characters; nothing else is special. */
bool str_glob(const char *pattern, const char *s);
/* Length of the valid UTF-8 character at s (1-4), or 0. */
unsigned utf8_length(const uint8_t *s, size_t len);
/*
 * Bytes of the control character at s, which may steer a terminal: C0, DEL, and C1 as UTF-8 has it
 * (c2 80 .. c2 9f); 0: it is none. `len` is not 0.
 */
static inline unsigned utf8_control(const char *s, size_t len)
{
	const uint8_t *p = (const uint8_t *)s;

	if (*p < ' ' || *p == 0x7f)
		return 1;
	return *p == 0xc2 && len > 1 && p[1] >= 0x80 && p[1] < 0xa0 ? 2 : 0;
}
/* Edit distance (Damerau-Levenshtein, bounded at `limit`), for "did you mean". */
unsigned str_distance(const char *a, const char *b, unsigned limit);

/* Monotonic clock, nanoseconds. */
uint64_t now_ns(void);

#endif
