/*
 * unwind.h - unwind tables as the kernel side reads them: what user space (sym/unwind_table.h,
 * run/unwinder.h) fills and unwind.bpf.c walks.
 *
 *   spaces   tgid            -> which areas           HASH
 *   areas    [first, +count) -> what is mapped where  ARRAY, sorted by address
 *   pages    4 KiB of text   -> which rows            ARRAY, one run for each file
 *   rows     code offset     -> which rule            ARRAY_OF_MAPS, two rows an element
 *   rules    how to step     ARRAY, shared by all files
 *   files    device, inode   -> which pages           HASH
 *   layout   where the kernel keeps what finds the file behind an address
 *   recent   address of a process -> rule             ARRAY by hash; see struct unwind_recent
 *   wanted   processes met that have no space yet  RINGBUF of ids
 *
 *   ip --space, area--> file offset --page--> rows --search--> rule --step--> caller's ip
 *
 * A process without a space (it has just begun, or was never met) is asked about in the kernel: the
 * mapping of an address, its file, the file's table if there is one.
 *
 * A row is 4 bytes: the offset in its 4 KiB of file, and the rule from there on. Every page
 * with rows begins with one at offset 0, but a table's first. Plain fixed-width types only: clang for BPF and the
 * machine's compiler see the same layout.
 */
#ifndef SONDE_IR_UNWIND_H
#define SONDE_IR_UNWIND_H

#include "ir/frame_name.h"
#include "ir/python.h"
#include "ir/stack_words.h"

#define UNWIND_PAGE_BITS 12
#define UNWIND_STORE_BITS 18           /* rows of a store: 1 MB */
#define UNWIND_STORES 64
#define UNWIND_ROWS_PER_STORE (1u << UNWIND_STORE_BITS)
#define UNWIND_SPACES 16384
#define UNWIND_FILES 16384
#define UNWIND_AREAS 65536
#define UNWIND_PAGES 262144            /* 1 GB of files, four times what there are rows for */
#define UNWIND_RULES 16384
#define UNWIND_AREAS_PER_SPACE 1024
#define UNWIND_RECENT_BITS 10
#define UNWIND_RECENT_WAYS 2           /* of a place, newest first: a cache line */
#define UNWIND_WANTED_BYTES 65536 /* a page, wherever this runs */
#define UNWIND_CLEARED 8               /* words behind the last frame that are zero afterwards */
#define UNWIND_WINDOW 512              /* bytes of memory that are read at once; a power of two */
#define UNWIND_FP_REACH 65536          /* a frame pointer step goes up by less than this */

struct unwind_space {
	__u32 first, count;            /* in areas; count 0: nothing of it can be walked by tables */
	__u64 version;                 /* of no other space, now or before; never 0 */
};

struct unwind_area { /* executable mapping of a file, or of memory without one */
	__u64 start, end;
	__u64 offset;                  /* in the file, of start */
	__u32 page, pages;             /* run in pages; pages 0: no table, frame pointers are tried */
};

struct unwind_file_key {
	__u64 device, inode;           /* device: major << 20 | minor, as the kernel has it */
};

struct unwind_file {
	__u32 page, pages;             /* run in pages; pages 0: it has no table */
};

/* Offsets of members in the kernel's structs, bytes; valid 0: not known, and not asked. */
struct unwind_layout {
	__u32 valid;
	__u32 vm_start, vm_end, vm_flags, vm_pgoff, vm_file; /* struct vm_area_struct; below UNWIND_VMA_BYTES */
	__u32 f_inode;                             /* struct file */
	__u32 i_ino, i_sb;                         /* struct inode */
	__u32 s_dev;                               /* struct super_block */
	__u32 fsbase;                              /* struct task_struct, where a thread's base is (x86-64) */
	/* What probes have moved out of their place; utask 0: not known. */
	__u32 utask, mm;                           /* struct task_struct */
	__u32 return_instances, vaddr, xol_vaddr;  /* struct uprobe_task */
	__u32 return_stack, return_address, return_next; /* struct return_instance */
	__u32 xol_area;                            /* struct mm_struct, in its uprobes_state */
	__u32 xol_address;                         /* struct xol_area: of the page that they return to */
};
#define UNWIND_VMA_BYTES 256
#define UNWIND_VM_EXEC 4 /* VM_EXEC of include/linux/mm.h */

struct unwind_page {
	__u32 first;                   /* store << UNWIND_STORE_BITS | row */
	__u32 count;                   /* 0: no code with rules */
};

/* How the caller's stack pointer (the CFA) is found; DWARF 5, 6.4.1. */
enum unwind_cfa {
	UNWIND_CFA_NONE,               /* no rule: between functions, or one that is not understood */
	UNWIND_CFA_SP,                 /* sp + offset */
	UNWIND_CFA_FP,                 /* frame pointer + offset */
	UNWIND_CFA_SP_DEREF,           /* *(sp + offset) + extra */
	UNWIND_CFA_FP_DEREF,           /* *(frame pointer + offset) + extra */
	UNWIND_CFA_REGISTER,           /* register `reg` + offset: only in the innermost frame */
	UNWIND_CFA_PLT,                /* sp + 8, or + 16 from byte `reg` of the 16-byte entry on */
	UNWIND_CFA_SIGNAL,             /* the registers that the kernel saved for sigreturn(2) */
	UNWIND_CFA_END,                /* the outermost frame: its return address is undefined */
};

enum unwind_saved { /* where the caller's register is */
	UNWIND_SAME,
	UNWIND_AT_CFA,                 /* *(CFA + offset) */
	UNWIND_AT_FP,                  /* *(frame pointer + offset) */
	UNWIND_AT_SP,                  /* *(sp + offset) */
};

struct unwind_rule {
	__u8 cfa;                      /* enum unwind_cfa */
	__u8 fp;                       /* enum unwind_saved */
	__u8 ra;                       /* the same; UNWIND_SAME: in the link register */
	__u8 reg;
	__s32 cfa_offset, fp_offset;
	__s32 extra;                   /* *_DEREF: added; else the return address's offset from the CFA */
};

/*
 * A rule that was found, for the next time: one cache line instead of two searches. Written by anybody at
 * any time, in words: `ip` and `version` are what the words say only when all four are of one writer.
 */
struct unwind_recent {
	__u64 ip;                      /* ^ mix of rule */
	__u64 version;                 /* of the space, ^ mix of rule */
	__u64 rule[2];                 /* struct unwind_rule */
};
#define UNWIND_RECENT_MIX(rule) ((rule)[0] * 0x9e3779b97f4a7c15ull + (rule)[1] * 0xc2b2ae3d27d4eb4full)

/* Why a walk ended. */
enum unwind_end {
	UNWIND_COMPLETE,               /* _start, a thread's start, a return address of 0; no frame: the kernel's */
	UNWIND_CUT,                    /* as many frames as were asked for */
	UNWIND_NO_SPACE,               /* the process is not known (yet) */
	UNWIND_NO_AREA,                /* an address where nothing is mapped that can be run */
	UNWIND_NO_RULE,                /* code without unwind rules, or with one not understood, and no frame pointer */
	UNWIND_UNREADABLE,             /* a page of the stack that is not in memory */
	UNWIND_BACKWARDS,              /* the stack pointer would not move up */
	UNWIND_RETURN_PROBE,           /* a return address that a probe replaced, and the kernel does not know yet */
	UNWIND_PYTHON_CUT,             /* no room for all frames of Python */
	UNWIND_PYTHON_UNREADABLE,      /* a page with a frame of Python is not in memory */
	UNWIND_NAMES_CUT,              /* no room for all frames' names */
	UNWIND_UNKNOWN,                /* walked by the kernel, which does not say */
	UNWIND_END_COUNT
};

/* Lives in the caller's scratch memory. */
struct unwind_walk {
	__u32 tgid, tid;               /* in: the process and the thread */
	__u32 limit;                   /* in: frames at most (<= STACK_MAX_DEPTH) */
	__u32 named;                   /* in: 1: frames may have names (frame_name.h) */
	__u32 frames, end;             /* out: addresses; enum unwind_end */
	__u32 framed;                  /* out: steps by frame pointer */
	__u32 unknown;                 /* frames of files whose tables were not made yet */
	__u32 in_kernel;               /* 1: mappings are asked of the kernel */
	__u32 leaf;                    /* 1: registers are those of an instruction, not of a call */
	__u64 ip, sp, fp, lr;
	__u64 trampoline;              /* what a probed return address is; 0: there is none */
	__u64 returns;                 /* the kernel's list of those: the innermost that is left */
	struct unwind_space space;
	struct unwind_area area;       /* found last */
	union {
		struct unwind_rule rule; /* of the frame at hand */
		__u64 rule_words[2];
	};
	__u32 lasting;                 /* 1: the area is the space's */
	__u32 pairs;                   /* out: of words behind the addresses */
	struct python_walk python;
	struct frame_name_walk names;  /* names.count, out: pairs that are names */
	__u64 vma[UNWIND_VMA_BYTES / 8]; /* the kernel's */
	__u64 window_at;               /* the address of window's first byte */
	__u32 window_end;              /* words begin below this offset; 0: nothing was read */
	__u32 unused;
	__u64 window[UNWIND_WINDOW / 8 + 1]; /* of the task's memory */
};

#endif
