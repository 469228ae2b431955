/*
 * python.h - CPython's stacks as the kernel side reads them: what user space (run/pythons.h) fills
 * in and python.bpf.h walks.
 *
 *   processes  tgid -> where its interpreter is, and the offsets of its version   HASH
 *   threads    tid  -> its thread state, found last time                           ARRAY, by tid modulo its size
 *   known      code objects that user space was told of                            ARRAY, by hash
 *   met        code objects that it is told of: it reads their names                RINGBUF
 *
 *   _PyRuntime -> interpreters -> threads -> frame -> frame -> ...
 *                                            |code, place in it
 *
 * The second word of a frame (stack_words.h has the first, and where both are):
 *
 *   check, place    bits 0..31: bytes from the code's first instruction to the current one, all
 *                   ones: not known; bits 32..63: python_check() of the object's names
 */
#ifndef SONDE_IR_PYTHON_H
#define SONDE_IR_PYTHON_H

#include <linux/types.h>

#define PYTHON_PROCESSES 4096
#define PYTHON_THREADS 4096            /* a power of two, as the next */
#define PYTHON_KNOWN 4096
#define PYTHON_MET_BYTES (1 << 18)
#define PYTHON_PLACE_UNKNOWN 0xffffffffu
#define PYTHON_FRAME_BYTES 128         /* of a frame are read at most; a power of two */
#define PYTHON_NATIVE_KEPT 63          /* addresses that are kept where Python's frames need their room */
#define PYTHON_SEARCH_STEPS 2048       /* threads and interpreters looked at for a thread's state */
#define PYTHON_SEARCH_AGAIN_NS 20000000ull /* a thread that had none is searched for again */

/* How frames tell where a call of the interpreter (_PyEval_EvalFrameDefault) ends. */
enum python_style {
	PYTHON_EACH,                   /* every frame is a call: up to 3.10 */
	PYTHON_ENTRY_FLAG,             /* a frame has a flag: 3.11 */
	PYTHON_OWNER,                  /* a frame of its own, whose owner says so: from 3.12 on */
};

/* Offsets of members, bytes. */
struct python_layout {
	__u32 style;                   /* enum python_style */
	__u32 first_interpreter;       /* _PyRuntime */
	__u32 next_interpreter, first_thread; /* PyInterpreterState */
	__u32 next_thread, thread_id, native_thread_id; /* PyThreadState; native_thread_id 0: it has none */
	__u32 frame;                   /* PyThreadState: its frame; or where what is next points to it */
	__u32 by_cframe, cframe_frame; /* by_cframe 1: `frame` is that of a _PyCFrame, which has the frame */
	__u32 frame_bytes;             /* of a frame hold the members below; <= PYTHON_FRAME_BYTES */
	__u32 code, previous, place, owner; /* frame; owner: or the flag of PYTHON_ENTRY_FLAG */
	__u32 owner_ends;              /* PYTHON_OWNER: from this owner on */
	__u32 place_is_offset;         /* 1: `place` is an int, else the address of an instruction */
	__u32 place_unit;              /* bytes that the int counts */
	__u32 first_instruction;       /* PyCodeObject: offset of the instructions in it */
	__u32 names, first_line;       /* PyCodeObject: filename, then name; and the first line */
};

struct python_process {
	__u64 runtime;                 /* address of _PyRuntime */
	struct python_layout layout;
};

struct python_thread {
	__u64 state;                   /* 0: it had none when last looked for */
	__u64 tid_and_time;            /* tid << 40 ^ when it was looked for, ns since the start */
};

struct python_met {
	__u64 object;
	__u32 tgid, check;
};

struct python_walk { /* scratch */
	__u64 self;                    /* what tells the thread's state from others */
	__u64 interpreter, state, frame;
	__u32 end;                     /* enum unwind_end, or 0 */
	__u32 unused;
	struct python_met met;
	__u64 words[PYTHON_FRAME_BYTES / 8];
};

/* Code objects at one address, one after the other, are told apart by what they point to. */
static inline __u32 python_check(__u64 filename, __u64 name, __u32 first_line)
{
	__u64 mixed = (filename ^ name >> 4 ^ (__u64)first_line << 40) * 0x9e3779b97f4a7c15ull;

	return mixed >> 32;
}

static inline __u32 python_slot(__u64 object, __u32 tgid)
{
	return ((object >> 4 ^ tgid) * 0x9e3779b97f4a7c15ull >> 40) % PYTHON_KNOWN;
}

#endif
