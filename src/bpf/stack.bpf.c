/*
 * stack.bpf.c - what is done with a stack that was walked: its id, and whether another is the same.
 *
 *   hash_stack(entry)          its id: a hash of the words in use, the head included; never 0
 *   same_stack(entry, other)   1: word by word the same
 *
 * Called by compiled scripts (ir/lower_stack.c, which has the same as loops of its own for builds without
 * clang), once a stack each, and verified once for all stacks of a program. A struct stack_entry is taken in
 * blocks of eight words, with one branch each: what is behind the words in use, to the end of the block, is zero.
 */
#include <linux/bpf.h>

#include "ir/stack_words.h"

typedef __u64 u64;
typedef __u32 u32;

#define GLOBAL __attribute__((noinline)) /* verified by itself: see unwind.bpf.c */

static long (*const loop)(u32 count, void *step, void *ctx, u64 flags) = (void *)BPF_FUNC_loop;

enum { BLOCK = 8, WORDS = sizeof(struct stack_entry) / 8 };

struct blocks {
	u64 *words, *others;
	u64 result; /* the hash so far; or 1: they are the same so far */
	u32 used;   /* words, without the head */
};

/* The first word of a block. NULL: it is behind the words in use. */
static __attribute__((always_inline)) inline u64 *block_of(const struct blocks *b, u64 *words, u32 index)
{
	return index < WORDS / BLOCK && index * BLOCK <= b->used ? words + index * BLOCK : 0;
}

/* The fractions of square roots of primes: odd numbers without a pattern. The products do not wait for one another. */
static long hash_block(u32 index, void *ctx)
{
	struct blocks *b = ctx;
	u64 *w = block_of(b, b->words, index), h;

	if (!w)
		return 1;
	h = b->result + w[0] * 0x6a09e667f3bcc909 + w[1] * 0xbb67ae8584caa73b + w[2] * 0x3c6ef372fe94f82b +
	    w[3] * 0xa54ff53a5f1d36f1 + w[4] * 0x510e527fade682d1 + w[5] * 0x9b05688c2b3e6c1f +
	    w[6] * 0x1f83d9abfb41bd6b + w[7] * 0x5be0cd19137e2179;
	h = (h ^ h >> 32) * 0xff51afd7ed558ccd;
	b->result = h ^ h >> 29;
	return 0;
}

GLOBAL u64 hash_stack(struct stack_entry *entry)
{
	struct blocks b; /* an initialiser would be data, which functions here do not have */

	if (!entry)
		return 1;
	b.words = (u64 *)entry;
	b.used = entry->words;
	b.result = 0x9e3779b97f4a7c15;
	loop(WORDS / BLOCK, hash_block, &b, 0);
	return b.result | 1;
}

static long compare_block(u32 index, void *ctx)
{
	struct blocks *b = ctx;
	u64 *w = block_of(b, b->words, index), *o = block_of(b, b->others, index);

	if (!w || !o)
		return 1;
	if ((w[0] ^ o[0]) | (w[1] ^ o[1]) | (w[2] ^ o[2]) | (w[3] ^ o[3]) | (w[4] ^ o[4]) | (w[5] ^ o[5]) |
	    (w[6] ^ o[6]) | (w[7] ^ o[7])) {
		b->result = 0;
		return 1;
	}
	return 0;
}

GLOBAL int same_stack(struct stack_entry *entry, struct stack_entry *other)
{
	struct blocks b;

	if (!entry || !other)
		return 0;
	b.words = (u64 *)entry;
	b.others = (u64 *)other;
	b.used = entry->words;
	b.result = 1;
	loop(WORDS / BLOCK, compare_block, &b, 0);
	return b.result;
}
