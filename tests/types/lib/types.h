#ifndef TYPES_H
#define TYPES_H
#include "nested.h"
#include "nested.h"
#define N(x) (4 * \
	(x))
#define PACKED __attribute__((packed))
#define DECLARE(t, n) t n##_field; char n##_more[N(2)]
#define LIMIT 42
#define ADD(a, b) ((a) + (b))
/* a comment
   over lines */ struct PACKED big { char a; long b; DECLARE(int, q); struct nested l[N(1)]; };
#if defined(__linux__) && N(1) == 4 && !defined(NOPE) // yes
typedef struct big big_t;
#else
#error no
#endif
static inline int foo(int x) { struct big b = {0}; return b.a + x; }
extern int bar(struct big *);
enum { E_A = 'a', E_B = E_A + N(1) };
#endif
