/*
 * unwind.bpf.c - user stacks walked in the kernel by unwind tables (unwind.h), frame by frame:
 * where code has a rule that is taken, elsewhere (generated code, gaps) the frame pointer.
 *
 *   unwind_user(walk, ip)         called by compiled scripts as they would call bpf_get_stack()
 *   unwind_task(walk, ip, task)   the same of another task, which does not run (unwind_task.bpf.c:
 *                                 this file with UNWIND_OTHER_TASK)
 *
 * Compiled by clang when sonde is built, carried in the program as instructions and linked to
 * the scripts that walk user stacks (bpf/library.h). The current task's memory is read without
 * faulting: a page that is not there ends the walk, and the end has its reason. Another's pages
 * are fetched.
 *
 * A frame met for the first time is two binary searches, so they have no branch that is a guess. The verifier
 * follows a loop round by round, for each way that leads to it: few instructions there are a quick start.
 */
#include <linux/bpf.h>

#include "ir/unwind.h"

typedef __u64 u64;
typedef __u32 u32;

#define NOINLINE __attribute__((noinline))
/*
 * Verified by itself, once for all who call it, with pointers that may be NULL (bpf_library_global).
 * Not static: clang would change what is handed over.
 */
#define GLOBAL __attribute__((noinline))
#define MAP __attribute__((section(".maps"), used))

static void *(*const map_lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static void *(*const task_pt_regs)(void *task) = (void *)BPF_FUNC_task_pt_regs;
static long (*const read_kernel)(void *to, u32 size, const void *from) = (void *)BPF_FUNC_probe_read_kernel;
static long (*const find_vma)(void *task, u64 address, void *each, void *ctx, u64 flags) = (void *)BPF_FUNC_find_vma;
static long (*const loop)(u32 count, void *step, void *ctx, u64 flags) = (void *)BPF_FUNC_loop;
static long (*const ring_output)(void *ring, void *data, u64 size, u64 flags) = (void *)BPF_FUNC_ringbuf_output;

/* Named only; what they are is in plan.h's KMAP_UNWIND_*. */
int unwind_spaces MAP, unwind_areas MAP, unwind_pages MAP, unwind_rows MAP, unwind_rules MAP,
    unwind_recent MAP, unwind_wanted MAP, unwind_files MAP, unwind_layout MAP;

/* struct pt_regs as the architecture's ABI has it (asm/ptrace.h), in words. */
#if defined(__TARGET_ARCH_x86_64)
enum { REG_FP = 4, REG_IP = 16, REG_MODE = 17, REG_SP = 19 };
enum { MODE_BITS = 3, MODE_USER = 3 }; /* of cs: the ring */
/*
 * Words of pt_regs by DWARF register number (System V ABI, AMD64, figure 3.36), a byte each: rax,
 * rdx, rcx, rbx, rsi, rdi, rbp, rsp; r8 to r15. No table: functions here have no data.
 */
#define DWARF_WORDS_LOW 0x13040e0d050b0c0aull
#define DWARF_WORDS_HIGH 0x0001020306070809ull
/* struct rt_sigframe, from the stack pointer at the sigreturn: ucontext's registers. */
enum { SIGNAL_FP = 120, SIGNAL_SP = 160, SIGNAL_IP = 168 };
enum { RETURN_SLOT = 8 }; /* a function begins with its return address on the stack */
#elif defined(__TARGET_ARCH_aarch64)
enum { REG_FP = 29, REG_LR = 30, REG_SP = 31, REG_IP = 32, REG_MODE = 33 };
enum { MODE_BITS = 15, MODE_USER = 0 }; /* of pstate: EL0, AArch64 */
/* siginfo (128), ucontext up to uc_mcontext (176), fault_address (8). */
enum { SIGNAL_REGS = 128 + 176 + 8, SIGNAL_FP = SIGNAL_REGS + 8 * 29, SIGNAL_SP = SIGNAL_REGS + 8 * 31,
       SIGNAL_IP = SIGNAL_REGS + 8 * 32 };
enum { RETURN_SLOT = 0 };
#define POINTER_BITS ((1ull << 48) - 1) /* pointer authentication signs what is above */
#else
#error "which architecture?"
#endif

enum { XOL_BYTES = 4096, TRAMPOLINE_BYTES = 128, /* the rest of the page are copies of probed instructions */
       INSTRUCTION_BYTES = 15, RETURNS_SKIPPED = 8 };

#include "bpf/task_memory.bpf.h"

struct here { /* the callbacks': pointers must be on the stack to stay pointers */
	struct unwind_walk *walk;
	u64 *ip;
	struct python_process *python; /* its interpreter; NULL: it has none */
	const struct unwind_layout *layout; /* where the kernel keeps things; NULL: not known */
#if defined(UNWIND_OTHER_TASK)
	void *task;
#endif
};

/* A thread of the kernel's has no registers of user mode, or those that were never used. */
static __always_inline int is_kernels(const u64 *regs)
{
	return !regs[REG_IP] || (regs[REG_MODE] & MODE_BITS) != MODE_USER;
}

/* Of the task as it was interrupted. 0 when it cannot be had. */
static NOINLINE u64 innermost_register(u32 number TASK_PARAMETER)
{
	u64 value = 0, *regs = task_pt_regs(TASK);
#if defined(__TARGET_ARCH_x86_64)
	u64 words = number & 8 ? DWARF_WORDS_HIGH : DWARF_WORDS_LOW;

	number = words >> 8 * (number & 7) & 0xff;
#endif
	read_kernel(&value, sizeof(value), regs + (number & 31));
	return value;
}

/*
 * half, or 0 where key < first. Without a branch: it would be taken as often as not, and the verifier would
 * follow both ways. Of numbers below 2^63.
 */
static __always_inline u32 half_unless_less(u32 half, u64 key, u64 first)
{
	u64 difference = key - first;

	asm volatile("" : "+r"(difference)); /* clang would make a branch of it */
	return half & (u32)((difference >> 63) - 1);
}

/*
 * A binary search. Its rounds are callbacks, which the verifier walks two or three times and not for each round
 * that there may be.
 */
struct search {
	void *rows;    /* of a file's table; of areas there is one array */
	u64 key;
	u32 at, left;  /* it is at `at`, or one of the `left` from there on; left 0: nothing is there */
};

/* What is wanted is in the other half, where it begins with `first`, unless it is less. */
static __always_inline void halve(struct search *s, u32 half, u64 first)
{
	s->at += half_unless_less(half, s->key, first);
	s->left -= half;
}

static long halve_areas(u32 index, void *ctx)
{
	struct search *s = ctx;
	u32 half = s->left / 2, middle = s->at + half;
	struct unwind_area *a;

	(void)index;
	if (!half)
		return 1;
	a = map_lookup(&unwind_areas, &middle);
	if (!a) {
		s->left = 0;
		return 1;
	}
	halve(s, half, a->start);
	return 0;
}

/* The area of ip, into walk->area. */
GLOBAL int find_area(struct unwind_walk *w)
{
	struct unwind_area *a;
	struct search s;
	u64 ip;

	if (!w)
		return 0;
	ip = w->ip;
	s.key = ip;
	s.at = w->space.first;
	s.left = w->space.count;
	loop(10, halve_areas, &s, 0); /* UNWIND_AREAS_PER_SPACE */
	if (!s.left)
		return 0;
	a = map_lookup(&unwind_areas, &s.at);
	if (!a || ip < a->start || ip >= a->end)
		return 0;
	w->area = *a;
	w->lasting = 1;
	return 1;
}

/* Called by find_vma with the mapping. */
static long on_vma(void *task, void *vma, void *ctx)
{
	struct here *here = ctx;
	struct unwind_walk *w = here->walk;

	(void)task;
	w->in_kernel = !read_kernel(w->vma, UNWIND_VMA_BYTES, vma);
	return 0;
}

static NOINLINE u64 vma_word(struct unwind_walk *w, u32 offset)
{
	return w->vma[offset / 8 & (UNWIND_VMA_BYTES / 8 - 1)];
}

/* The table of the file that is mapped, into walk->area. 0: it is not known. */
static NOINLINE int file_table(struct unwind_walk *w, const struct unwind_layout *l, u64 file)
{
	struct unwind_file_key key = {0};
	struct unwind_file *found;
	u64 at = 0; /* one for all: each frame on the way counts against the script's 512 bytes */

	read_kernel(&at, 8, (void *)(file + l->f_inode));
	read_kernel(&key.inode, 8, (void *)(at + l->i_ino));
	read_kernel(&at, 8, (void *)(at + l->i_sb));
	read_kernel(&key.device, 4, (void *)(at + l->s_dev)); /* little-endian: its low half */
	found = map_lookup(&unwind_files, &key);
	if (!found)
		return 0;
	w->area.page = found->page;
	w->area.pages = found->pages;
	return 1;
}

/* Where the kernel keeps things. NULL: not known. */
static __always_inline const struct unwind_layout *find_layout(void)
{
	u32 zero = 0;
	const struct unwind_layout *layout = map_lookup(&unwind_layout, &zero);

	return layout && layout->valid ? layout : 0;
}

/* The area of ip as the kernel has it. 0: nothing that can be run is mapped there, or it cannot be told now. */
static NOINLINE int ask_kernel(struct unwind_walk *w TASK_PARAMETER)
{
	const struct unwind_layout *l = find_layout();
	struct here here = {.walk = w};
	u64 file;

	if (!l)
		return 0;
	w->in_kernel = 0;
	/* -EBUSY: mappings are being changed; or we are in an interrupt, where one question is answered */
	if (find_vma(TASK, w->ip, on_vma, &here, 0) == -16)
		w->unknown++;
	if (!w->in_kernel || !(vma_word(w, l->vm_flags) & UNWIND_VM_EXEC))
		return 0;
	w->area.start = vma_word(w, l->vm_start);
	w->area.end = vma_word(w, l->vm_end);
	w->area.offset = vma_word(w, l->vm_pgoff) << 12;
	w->area.page = 0;
	w->area.pages = 0;
	w->lasting = 0;
	file = vma_word(w, l->vm_file);
	if (file && !file_table(w, l, file))
		w->unknown++;
	return 1;
}

/* Two rows are an element. NULL: outside of the store. */
static __always_inline const u64 *pair_of(void *rows, u32 at)
{
	u32 pair = at / 2;

	return map_lookup(rows, &pair);
}

static __always_inline u32 row_of(const u64 *pair, u32 at)
{
	return *pair >> (at & 1) * 32;
}

static long halve_rows(u32 index, void *ctx)
{
	struct search *s = ctx;
	u32 half = s->left / 2, middle = s->at + half;
	const u64 *pair;

	(void)index;
	if (!half)
		return 1;
	pair = pair_of(s->rows, middle);
	if (!pair) {
		s->left = 0;
		return 1;
	}
	halve(s, half, row_of(pair, middle) & 0xffff);
	return 0;
}

/* The number of the rule at an offset of the file; 0 is the rule that says there is none. */
GLOBAL u32 find_rule(struct unwind_walk *w, u64 offset)
{
	u32 number = offset >> UNWIND_PAGE_BITS, row;
	struct unwind_page *page;
	struct search s;
	const u64 *pair;

	if (!w || number >= w->area.pages)
		return 0;
	number += w->area.page;
	page = map_lookup(&unwind_pages, &number);
	if (!page)
		return 0;
	s.key = offset & ((1 << UNWIND_PAGE_BITS) - 1);
	s.at = page->first & (UNWIND_ROWS_PER_STORE - 1);
	s.left = page->count;
	number = page->first >> UNWIND_STORE_BITS;
	s.rows = map_lookup(&unwind_rows, &number);
	if (!s.rows)
		return 0;
	loop(UNWIND_PAGE_BITS, halve_rows, &s, 0);
	if (!s.left)
		return 0;
	pair = pair_of(s.rows, s.at);
	if (!pair)
		return 0;
	row = row_of(pair, s.at);
	return (row & 0xffff) <= s.key ? row >> 16 : 0;
}

static __always_inline struct unwind_recent *recent_of(struct unwind_walk *w)
{
	u32 slot = (w->ip ^ w->space.version) * 0x9e3779b97f4a7c15ull >> (64 - UNWIND_RECENT_BITS);

	return map_lookup(&unwind_recent, &slot);
}

static __always_inline int recall_one(struct unwind_walk *w, const struct unwind_recent *r)
{
	u64 words[2], mix;

	words[0] = r->rule[0];
	words[1] = r->rule[1];
	mix = UNWIND_RECENT_MIX(words);
	if ((r->ip ^ mix ^ w->ip) | (r->version ^ mix ^ w->space.version))
		return 0;
	w->rule_words[0] = words[0];
	w->rule_words[1] = words[1];
	return 1;
}

/* The rule at w->ip into w->rule, if it was found not long ago. */
static __always_inline int recall(struct unwind_walk *w)
{
	struct unwind_recent *r;

	if (!w || !w->space.version)
		return 0;
	r = recent_of(w);
	return r && (recall_one(w, r) || recall_one(w, r + 1));
}

GLOBAL int remember(struct unwind_walk *w)
{
	struct unwind_recent *r;
	u64 mix;

	if (!w)
		return 0;
	r = recent_of(w);
	if (!r)
		return 0;
	r[1] = r[0];
	mix = UNWIND_RECENT_MIX(w->rule_words);
	r->ip = w->ip ^ mix;
	r->version = w->space.version ^ mix;
	r->rule[0] = w->rule_words[0];
	r->rule[1] = w->rule_words[1];
	return 0;
}

/* The rule at w->ip into w->rule. 0: nothing is there that can be run. Inline, as put_return is. */
static __always_inline int look_up_rule(struct unwind_walk *w TASK_PARAMETER)
{
	struct unwind_rule *rule;
	u32 number = 0;

	if (w->ip < w->area.start || w->ip >= w->area.end) {
		if (!find_area(w) && !ask_kernel(w TASK_ARGUMENT))
			return 0;
	}
	if (w->area.pages)
		number = find_rule(w, w->ip - w->area.start + w->area.offset);
	rule = map_lookup(&unwind_rules, &number);
	if (!rule)
		return 0;
	w->rule = *rule;
	if (w->lasting)
		remember(w);
	return 1;
}

/* ---- return probes: their functions' return addresses are in a list of the kernel's ---- */

GLOBAL u64 kernel_word(u64 address)
{
	u64 value = 0;

	read_kernel(&value, 8, (void *)address);
	return value;
}

static NOINLINE u64 task_word(u32 offset TASK_PARAMETER)
{
	u64 value = 0;

	read_kernel(&value, 8, TASK + offset);
	return value;
}

/* The return address that was at `slot`; 0: it is not known. */
GLOBAL u64 take_return(struct unwind_walk *w, u64 slot)
{
	const struct unwind_layout *l = find_layout();

	if (!w || !l)
		return 0;
	for (int i = 0; i < RETURNS_SKIPPED; i++) { /* those of functions that were left without returning */
		u64 at = w->returns, stack;

		if (!at)
			return 0;
		stack = kernel_word(at + l->return_stack);
		if (stack > slot)
			return 0;
		w->returns = kernel_word(at + l->return_next);
		if (stack == slot)
			return kernel_word(at + l->return_address);
	}
	return 0;
}

/*
 * A return address, which was at `slot`, as it was before a probe replaced it. 1: it is not known. Inline:
 * calls go eight deep at most, and two loops of a script may be around the walk.
 */
static __always_inline int put_return(struct unwind_walk *w, u64 ip, u64 slot)
{
	if (w->trampoline && ip == w->trampoline) {
		ip = take_return(w, slot);
		if (!ip) {
			w->end = UNWIND_RETURN_PROBE;
			return 1;
		}
	}
	w->ip = ip;
	return 0;
}

#if defined(__TARGET_ARCH_x86_64)
/*
 * What functions return to since Linux 6.11 (before, it is an int3), and where their return address was:
 *
 *   +0 push rax   +1 push rcx   +2 push r11   +4 mov   +11 syscall   +13 pop r11   +15 pop rcx   +16 ret
 *      sp - 8        sp            sp + 8        sp + 16             sp + 16       sp + 8       sp
 *
 * From the system call on it is there again, and the kernel has forgotten it.
 */
enum { PUT_BACK = 13, INT3 = 0xcc };

static NOINLINE u64 slot_of(struct unwind_walk *w)
{
	u64 at = w->ip - w->trampoline;

	return at == 0 ? w->sp - 8 : at == 2 || at == 15 ? w->sp + 8 : at > 2 && at <= 13 ? w->sp + 16 : w->sp;
}
#else
enum { PUT_BACK = TRAMPOLINE_BYTES };

static NOINLINE u64 slot_of(struct unwind_walk *w)
{
	return w->sp;
}
#endif

/* The thread is on its way back from a probed function: it is as good as in its caller. 1: which is not known. */
static NOINLINE int leave_trampoline(struct unwind_walk *w TASK_PARAMETER)
{
	u64 slot = slot_of(w), at = w->ip - w->trampoline, ip = take_return(w, slot);

	if (!ip && at >= PUT_BACK)
		read_user(&ip, 8, slot TASK_ARGUMENT);
	if (!ip)
		return 1;
	w->sp = slot + RETURN_SLOT;
	w->ip = ip;
	w->leaf = 0;
	return 0;
}

/*
 * The thread has met a probe, and the kernel has not put it before the instruction yet. Where there is no
 * rule the byte is what some compilers fill gaps between functions with.
 */
static NOINLINE int leave_breakpoint(struct unwind_walk *w TASK_PARAMETER)
{
#if defined(__TARGET_ARCH_x86_64)
	unsigned char bytes[2] = {0, 0};

	read_user(bytes, sizeof(bytes), w->ip - 1 TASK_ARGUMENT);
	if (bytes[0] != INT3 || bytes[1] == INT3)
		return 0;
	w->ip--;
	if (!find_area(w) || !find_rule(w, w->ip - w->area.start + w->area.offset))
		w->ip++;
#else
	(void)w;
#endif
	return 0;
}

/* The thread steps over a probed instruction, which is executed elsewhere: to where it is without probes. */
static NOINLINE int leave_copy(struct unwind_walk *w, const struct unwind_layout *l, u64 utask)
{
	u64 copy = kernel_word(utask + l->xol_vaddr);

	if (w->ip - copy <= INSTRUCTION_BYTES)
		w->ip = kernel_word(utask + l->vaddr) + w->ip - copy;
	return 0;
}

/* Where probes have taken the thread and its return addresses. 1: it cannot be told where it is. */
static NOINLINE int undo_probes(struct unwind_walk *w, const struct unwind_layout *l TASK_PARAMETER)
{
	u64 utask, area;

	w->trampoline = 0;
	if (!l || !l->utask)
		return 0;
	utask = task_word(l->utask TASK_ARGUMENT);
	if (!utask) /* it met no probe yet */
		return 0;
	area = kernel_word(task_word(l->mm TASK_ARGUMENT) + l->xol_area);
	w->trampoline = kernel_word(area + l->xol_address);
	w->returns = kernel_word(utask + l->return_instances);
	if (!w->trampoline)
		return 0;
	if (w->ip - w->trampoline >= XOL_BYTES)
		return leave_breakpoint(w TASK_ARGUMENT);
	return w->ip - w->trampoline < TRAMPOLINE_BYTES ? leave_trampoline(w TASK_ARGUMENT) : leave_copy(w, l, utask);
}

/* One step by frame pointer: saved pair {caller's frame pointer, return address}. Inline, as put_return is. */
static __always_inline int step_framed(struct unwind_walk *w TASK_PARAMETER)
{
	u64 fp, ip;

	if (!w->fp) {
		w->end = UNWIND_COMPLETE;
		return 1;
	}
	if (w->fp < w->sp || w->fp - w->sp >= UNWIND_FP_REACH || w->fp & 7) {
		w->end = UNWIND_NO_RULE;
		return 1;
	}
	if (task_memory(w, &fp, w->fp TASK_ARGUMENT) || task_memory(w, &ip, w->fp + 8 TASK_ARGUMENT)) {
		w->end = UNWIND_UNREADABLE;
		return 1;
	}
	if (put_return(w, ip, w->fp + 16 - RETURN_SLOT))
		return 1;
	w->sp = w->fp + 16;
	w->fp = fp;
	w->framed++;
	return 0;
}

static NOINLINE int step_signal(struct unwind_walk *w TASK_PARAMETER)
{
	u64 fp, sp, ip;

	if (task_memory(w, &fp, w->sp + SIGNAL_FP TASK_ARGUMENT) ||
	    task_memory(w, &sp, w->sp + SIGNAL_SP TASK_ARGUMENT) ||
	    task_memory(w, &ip, w->sp + SIGNAL_IP TASK_ARGUMENT)) {
		w->end = UNWIND_UNREADABLE;
		return 1;
	}
	w->fp = fp;
	w->sp = sp;
	w->ip = ip;
	w->leaf = 1; /* interrupted at any instruction, and maybe on another stack */
	return 0;
}

/* One step by rule. 1: the walk is over. */
static __always_inline int step_ruled(struct unwind_walk *w TASK_PARAMETER)
{
	struct unwind_rule *r = &w->rule;
	u64 cfa, value, ip, fp = w->fp;

	switch (r->cfa) {
	case UNWIND_CFA_SP:
		cfa = w->sp + r->cfa_offset;
		break;
	case UNWIND_CFA_FP:
		cfa = w->fp + r->cfa_offset;
		break;
	case UNWIND_CFA_SP_DEREF:
	case UNWIND_CFA_FP_DEREF:
		value = (r->cfa == UNWIND_CFA_SP_DEREF ? w->sp : w->fp) + r->cfa_offset;
		if (task_memory(w, &cfa, value TASK_ARGUMENT)) {
			w->end = UNWIND_UNREADABLE;
			return 1;
		}
		cfa += r->extra;
		break;
	case UNWIND_CFA_REGISTER:
		if (!w->leaf || w->frames > 1) {
			w->end = UNWIND_NO_RULE;
			return 1;
		}
		cfa = innermost_register(r->reg TASK_ARGUMENT) + r->cfa_offset;
		break;
	case UNWIND_CFA_PLT:
		cfa = w->sp + 8 + ((w->ip & 15) >= r->reg ? 8 : 0);
		break;
	default:
		w->end = UNWIND_NO_RULE;
		return 1;
	}
	if (cfa <= w->sp && !(w->leaf && cfa == w->sp)) {
		w->end = UNWIND_BACKWARDS;
		return 1;
	}
	if (r->fp != UNWIND_SAME) {
		value = r->fp_offset + (r->fp == UNWIND_AT_CFA ? cfa : r->fp == UNWIND_AT_FP ? w->fp : w->sp);
		if (task_memory(w, &fp, value TASK_ARGUMENT)) {
			w->end = UNWIND_UNREADABLE;
			return 1;
		}
	}
#if defined(__TARGET_ARCH_x86_64)
	if (task_memory(w, &ip, cfa - 8 TASK_ARGUMENT)) {
		w->end = UNWIND_UNREADABLE;
		return 1;
	}
#else
	ip = w->lr;
	if (r->ra != UNWIND_SAME && task_memory(w, &ip, cfa + r->extra TASK_ARGUMENT)) {
		w->end = UNWIND_UNREADABLE;
		return 1;
	}
	ip &= POINTER_BITS;
	w->lr = 0;
#endif
	if (put_return(w, ip, cfa - RETURN_SLOT))
		return 1;
	w->sp = cfa;
	w->fp = fp;
	return 0;
}

/* Two more words behind the addresses. 0: there is no room. */
static NOINLINE int put_pair(struct here *here, u64 first, u64 second)
{
	u32 at = here->walk->frames + 2 * here->walk->pairs;

	if (at >= STACK_MAX_DEPTH - 1)
		return 0;
	here->ip[at] = first;
	at++;
	if (at >= STACK_MAX_DEPTH)
		return 0;
	here->ip[at] = second;
	here->walk->pairs++;
	return 1;
}

#include "bpf/frame_name.bpf.h"
#include "bpf/python.bpf.h"

/* From the code at w->ip to its caller. 1: the walk is over. Verified once, and not for each frame of a walk. */
OWN_GLOBAL int advance(struct unwind_walk *w TASK_PARAMETER)
{
	int over;

	if (!w)
		return 1;
	if (!recall(w) && !look_up_rule(w TASK_ARGUMENT)) {
		w->end = UNWIND_NO_AREA;
		return 1;
	}
	if (w->rule.cfa == UNWIND_CFA_END) {
		w->end = UNWIND_COMPLETE;
		return 1;
	}
	if (w->rule.cfa == UNWIND_CFA_SIGNAL)
		return step_signal(w TASK_ARGUMENT);
	if (w->rule.cfa == UNWIND_CFA_NONE)
		over = step_framed(w TASK_ARGUMENT);
	else
		over = step_ruled(w TASK_ARGUMENT);
	w->leaf = 0;
	return over;
}

static long step(u32 index, void *ctx)
{
	struct here *here = ctx;
	struct unwind_walk *w = here->walk;
	u32 n = w->frames;
	u64 at;

	(void)index;
	if (n >= STACK_MAX_DEPTH || n >= w->limit) {
		w->end = UNWIND_CUT;
		return 1;
	}
	here->ip[n] = w->ip;
	w->frames = n + 1;
	/* A return address belongs to the call before it. */
	if (!w->leaf)
		w->ip--;
	at = w->ip;
	if (advance(w TASK_OF(here)))
		return 1;
	if (w->leaf) /* where a signal came, which may be at no address */
		return 0;
	if (w->named)
		find_name(w, n, at);
	if (!w->ip) {
		w->end = UNWIND_COMPLETE;
		return 1;
	}
	return 0;
}

static long clear_word(u32 index, void *ctx)
{
	struct here *here = ctx;
	u32 at = here->walk->frames + 2 * here->walk->pairs + index;

	if (at >= STACK_MAX_DEPTH)
		return 1;
	here->ip[at] = 0;
	return 0;
}

/* What is behind the last frame may be looked at with it (lower_stack.c): zero, as bpf_get_stack() leaves it. */
static NOINLINE int clear_behind(struct here *here, u32 words)
{
	if (words > STACK_MAX_DEPTH - UNWIND_CLEARED) { /* less is left: word by word */
		loop(UNWIND_CLEARED, clear_word, here, 0);
		return 0;
	}
	for (u32 i = 0; i < UNWIND_CLEARED; i++)
		here->ip[words + i] = 0;
	return 0;
}

/* Says that the process was met: user space looks at its mappings then. Where there is no room, the next time. */
static NOINLINE int want(u32 tgid)
{
	ring_output(&unwind_wanted, &tgid, sizeof(tgid), 0);
	return 0;
}

/* The number of words in ip; 0: none, and walk->end says why (complete: the thread has no user mode). */
static __always_inline int walk_user(struct here *here)
{
	struct unwind_walk *w = here->walk;
	struct unwind_space *space;
	u32 words, tgid = w->tgid; /* Linux 6.1 takes no key from where a global function's pointer leads */
	u64 *regs;
#if defined(UNWIND_OTHER_TASK)
	void *task = here->task;
#endif

	w->frames = 0;
	w->framed = 0;
	w->leaf = 1;
	w->area.start = 0;
	w->area.end = 0;
	w->unknown = 0;
	w->window_end = 0;
	w->pairs = 0;
	w->names.count = 0;
	w->names.cut = 0;
	regs = task_pt_regs(TASK);
	if (is_kernels(regs)) {
		w->end = UNWIND_COMPLETE;
		return 0;
	}
	w->end = UNWIND_NO_SPACE;
	w->space.count = 0;
	w->space.version = 0; /* what was remembered has another */
	space = map_lookup(&unwind_spaces, &tgid);
	if (space) {
		w->space = *space;
		if (!w->space.count) {
			w->end = UNWIND_UNKNOWN;
			return 0;
		}
	} else {
		want(w->tgid);
	}
	w->ip = regs[REG_IP];
	w->sp = regs[REG_SP];
	w->fp = regs[REG_FP];
#if defined(__TARGET_ARCH_aarch64)
	w->lr = regs[REG_LR];
#endif
	here->layout = find_layout();
	if (undo_probes(w, here->layout TASK_ARGUMENT)) {
		w->end = UNWIND_RETURN_PROBE;
		return 0;
	}
	loop(STACK_MAX_DEPTH + 1, step, here, 0);
	/* Steps through unknown files were guesses: frame pointers do as well, and it is said. */
	if (w->unknown) {
		w->end = UNWIND_NO_SPACE;
		w->names.count = 0;
		return 0;
	}
	w->python.end = 0;
	here->python = map_lookup(&python_processes, &tgid);
	if (here->python && here->layout)
		walk_python(here);
	w->names.count = w->names.count ? put_names(here) : 0;
	words = w->frames + 2 * w->pairs;
	clear_behind(here, words);
	return words;
}

/*
 * Walks a user stack: addresses to ip[], innermost first, then Python's frames and frames' names
 * (ir/python.h, ir/frame_name.h); the rest of the result in *walk, whose tgid, tid, limit and named
 * the caller has set. The number of words in ip; 0: none, and walk->end says why.
 */
#if defined(UNWIND_OTHER_TASK)
int unwind_task(struct unwind_walk *w, u64 *ip, void *task)
{
	struct here here = {w, ip, 0, 0, task};

	return walk_user(&here);
}
#else
int unwind_user(struct unwind_walk *w, u64 *ip)
{
	struct here here = {w, ip, 0, 0};

	return w && ip ? walk_user(&here) : 0;
}
#endif
