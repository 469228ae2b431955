/*
 * stack_words.h - a stack as the kernel side leaves it and user space names it: the value of
 * KMAP_STACKS (ir/plan.h). Seen by clang for BPF and by the machine's compiler.
 *
 *   ip[0]                  ip[native]                            ip[words - 2 * names]    ip[words]
 *   | address | address ...| object, flags | check, place | ...  | number | hash | ...    |
 *    <---- native ------->  <-- a frame of an interpreter ->      <- a frame's name ->
 *
 * All innermost first; behind the addresses are pairs.
 *
 *   object, flags   bits 0..55: the code object; STACK_CALL_LAST: the outermost frame of its call
 *                   of the interpreter; no object: a call that has no frame to show
 *   check, place    ir/python.h
 *   number, hash    STACK_NAME | which of the native frames has the name; its text, by hash
 *                   (ir/frame_name.h)
 */
#ifndef SONDE_IR_STACK_WORDS_H
#define SONDE_IR_STACK_WORDS_H

#include <linux/types.h>

#define STACK_MAX_DEPTH 127            /* words of a stack */
#define STACK_CALL_LAST (1ull << 56)
#define STACK_OBJECT_MASK (STACK_CALL_LAST - 1)
#define STACK_NAME (1ull << 57)

struct stack_entry { /* key: u64 id, the hash of the words, never 0 */
	__u16 words;                   /* in use of ip */
	__u16 native;                  /* of them addresses */
	__u8 user;                     /* 1: user stack */
	__u8 names;                    /* pairs at the end that name native frames */
	__u16 end;                     /* enum unwind_end of ir/unwind.h: why there are no more frames */
	__u64 ip[STACK_MAX_DEPTH];
};

#endif
