/*
 * stack_key.h - keys of maps that have stacks in them, as folded stacks and pictures see them.
 *
 * A key with two stacks of a kind tells of two threads that met, as a waker and who it woke up:
 * from the second kernel or user stack on it is the other thread's, turned round.
 */
#ifndef SONDE_OUT_STACK_KEY_H
#define SONDE_OUT_STACK_KEY_H

#include "out/common.h"

uint32_t key_parts(const struct value *key);
struct value key_part(const struct value *key, uint32_t i);
bool key_has_stack(const struct type *key); /* NULL: none */
/* TYPE_KSTACK, TYPE_USTACK, or TYPE_NONE. */
enum type_kind stack_kind(const struct value *part);
/* Where the second thread begins: the first stack of a kind that was there already; else key_parts(). */
uint32_t key_second_thread(const struct value *key);

#endif
