/*
 * frame_name.h - frames that a script names: what name_frame() keeps when a function is entered,
 * and what the walk of a stack looks up (frame_name.bpf.h).
 *
 *   function entered:  (thread, its frame's CFA) --frames--> where the function is, hash of the name
 *                      hash --texts--> name
 *   stack walked:      each native frame's CFA, and whether its address is in that function
 *
 * A frame is known by its canonical frame address (the stack pointer before the call) and its code,
 * so nothing has to be done when the function is left, however that happens; and a frame at the same
 * address of another function has no name. Names are cut at FRAME_NAME_BYTES.
 * Where the names are in the walked stack: stack_words.h.
 */
#ifndef SONDE_IR_FRAME_NAME_H
#define SONDE_IR_FRAME_NAME_H

#include <linux/types.h>

#define FRAME_NAMED_FRAMES 16384
#define FRAME_NAMED_TEXTS 8192
#define FRAME_NAME_BYTES 120           /* with the NUL */
#define FRAME_NAMES_MOST 32            /* of a stack */

struct frame_name_key {
	__u64 cfa;
	__u32 tid, unused;
};

struct named_frame {
	__u64 start;                   /* of the function, in the process */
	__u32 size, unused;            /* bytes, at least as many as it has */
	__u64 text;                    /* hash */
};

struct named_text {
	__u64 start;                   /* of the function: what has another symbol has no such name */
	char name[FRAME_NAME_BYTES];   /* the rest is 0 */
};

struct frame_naming { /* scratch of a program that calls name_frame() */
	struct frame_name_key key;     /* in: cfa */
	struct named_frame frame;      /* in: start, size */
	struct named_text text;        /* in */
};

struct frame_name_walk { /* scratch of a walk */
	__u32 count, cut;              /* cut 1: there were more */
	__u32 at[FRAME_NAMES_MOST];
	__u64 text[FRAME_NAMES_MOST];
};

#endif
