/*
 * stack_key.h - keys of maps that have stacks in them, as folded stacks and pictures see them.
 *
 * A key with several stacks of a kind tells of several threads, as of a chain of wakers: from the
 * second kernel or user stack on it is another thread's, turned round, and so on.
 *
 *   [comm, ustack, kstack,   kstack, ustack, comm,   kstack, ustack, comm]
 *    the first thread        who woke it up          who woke that one up
 */
#ifndef SONDE_OUT_STACK_KEY_H
#define SONDE_OUT_STACK_KEY_H

#include "out/common.h"

bool key_has_stack(const struct type *key); /* NULL: none */
/* TYPE_KSTACK, TYPE_USTACK, or TYPE_NONE. */
enum type_kind stack_kind(const struct value *part);
/* The parts of a tuple or record, or the key itself; the array is the caller's to free. */
struct value *key_all_parts(const struct value *key, uint32_t *n);
/* Where the thread after that of part `from` begins: the first stack of a kind it has already; else n. */
uint32_t key_next_thread(const struct value *parts, uint32_t n, uint32_t from);
/*
 * How many frames of a kernel stack, its leaf first, are an interrupt's, with its entry; 0: there was
 * none. Whose stack it interrupted, and what was under it, has nothing to do with what it did.
 */
size_t frames_of_interrupt(const struct frames *frames);

#endif
