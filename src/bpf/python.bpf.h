/*
 * python.bpf.h - CPython's frames of the current thread, put behind its native ones (ir/python.h).
 * Part of unwind.bpf.c: what scripts are linked with is one object.
 *
 * A thread's state is found by walking the interpreter's lists: it needs no cooperation, and
 * no lock of the interpreter's. The lists change meanwhile: what is read is checked where it is
 * used, each walk has an end, and an object that is no code has no name in the end.
 */
#include "ir/python.h"

static u64 (*const now_ns)(void) = (void *)BPF_FUNC_ktime_get_ns;

int python_processes MAP, python_threads MAP, python_known MAP, python_met MAP;

static __always_inline u64 word_at(struct here *here, u64 address)
{
	return user_word(here->walk, address TASK_OF(here));
}

/* What the thread's state has as thread_id (x86-64: pthread_self() is the thread's base), or natively. */
static NOINLINE u64 thread_self(struct here *here)
{
#if defined(__TARGET_ARCH_x86_64)
	const struct unwind_layout *l = here->layout;
	u64 base = 0;
#if defined(UNWIND_OTHER_TASK)
	void *task = here->task;
#endif

	if (l)
		read_kernel(&base, 8, TASK + l->fsbase);
	return base;
#else
	return here->walk->tid;
#endif
}

static u32 self_offset(const struct python_layout *l)
{
#if defined(__TARGET_ARCH_x86_64)
	return l->thread_id;
#else
	return l->native_thread_id;
#endif
}

static long step_thread(u32 index, void *ctx)
{
	struct here *here = ctx;
	struct python_walk *p = &here->walk->python;
	const struct python_layout *l = &here->python->layout;

	(void)index;
	if (!p->state) {
		if (!p->interpreter)
			return 1;
		p->state = word_at(here, p->interpreter + l->first_thread);
		p->interpreter = word_at(here, p->interpreter + l->next_interpreter);
		return 0;
	}
	if (word_at(here, p->state + self_offset(l)) == p->self)
		return 1;
	p->state = word_at(here, p->state + l->next_thread);
	return 0;
}

/* The thread's state into walk->python.state; 0: it has none. */
static NOINLINE int find_thread(struct here *here)
{
	struct python_walk *p = &here->walk->python;
	const struct python_layout *l = &here->python->layout;
	u64 tid = here->walk->tid, now = now_ns();
	u32 slot = tid & (PYTHON_THREADS - 1);
	struct python_thread *known = map_lookup(&python_threads, &slot);

	if (!known)
		return 0;
	p->state = known->state;
	if (p->state)
		word_at(here, p->state + l->frame); /* wanted later; what is asked for now is read with it */
	if (p->state && word_at(here, p->state + self_offset(l)) == p->self)
		return 1;
	if (!p->state && now - (known->tid_and_time ^ tid << 40) < PYTHON_SEARCH_AGAIN_NS)
		return 0;
	p->state = 0;
	p->interpreter = word_at(here, here->python->runtime + l->first_interpreter);
	loop(PYTHON_SEARCH_STEPS, step_thread, here, 0);
	if (p->state && word_at(here, p->state + self_offset(l)) != p->self)
		p->state = 0; /* the search ended before it was found */
	known->state = p->state;
	known->tid_and_time = now ^ tid << 40;
	return p->state != 0;
}

static NOINLINE u64 frame_word(struct python_walk *p, u32 offset)
{
	return p->words[offset / 8 & (PYTHON_FRAME_BYTES / 8 - 1)];
}

static NOINLINE u32 frame_byte(struct python_walk *p, u32 offset)
{
	return frame_word(p, offset & ~7) >> (offset & 7) * 8 & 0xff;
}

/* User space is told of code objects that it may not know. */
static NOINLINE int tell(struct python_walk *p, u64 object, u32 tgid, u32 check)
{
	u32 slot = python_slot(object, tgid);
	struct python_met *known = map_lookup(&python_known, &slot);

	if (!known || (known->object == object && known->tgid == tgid && known->check == check))
		return 0;
	p->met.object = object;
	p->met.tgid = tgid;
	p->met.check = check;
	if (!ring_output(&python_met, &p->met, sizeof(p->met), 0)) /* full: the next time */
		*known = p->met;
	return 0;
}

/* check << 32 | place of the frame that was read. */
static NOINLINE u64 second_word(struct here *here, u64 object)
{
	struct python_walk *p = &here->walk->python;
	const struct python_layout *l = &here->python->layout;
	u64 place = frame_word(p, l->place & ~7), line = word_at(here, object + l->first_line), file, name;
	u32 check;

	file = word_at(here, object + l->names); /* behind the line: read with it */
	name = word_at(here, object + l->names + 8);
	check = python_check(file, name, (u32)line);

	tell(p, object, here->walk->tgid, check);
	if (l->place_is_offset)
		place = (u64)(u32)(place >> (l->place & 4) * 8) * l->place_unit;
	else
		place -= object + l->first_instruction;
	if (place > PYTHON_PLACE_UNKNOWN)
		place = PYTHON_PLACE_UNKNOWN;
	return (u64)check << 32 | place;
}

/* The frame put last was the outermost of its call. */
static NOINLINE int end_call(struct here *here)
{
	u32 at = here->walk->frames + 2 * here->walk->pairs - 2;

	if (!here->walk->pairs || at >= STACK_MAX_DEPTH || here->ip[at] & STACK_CALL_LAST)
		return put_pair(here, STACK_CALL_LAST, 0); /* a call without frames */
	here->ip[at] |= STACK_CALL_LAST;
	return 1;
}

static long step_python(u32 index, void *ctx)
{
	struct here *here = ctx;
	struct python_walk *p = &here->walk->python;
	const struct python_layout *l = &here->python->layout;
	u32 bytes = l->frame_bytes, last;
	u64 object;

	(void)index;
	if (!p->frame)
		return 1;
	if (here->walk->pairs >= here->walk->limit) /* as many as were asked for */
		return 1;
	if (bytes > PYTHON_FRAME_BYTES || read_user(p->words, bytes, p->frame TASK_OF(here))) {
		p->end = UNWIND_PYTHON_UNREADABLE;
		return 1;
	}
	p->frame = frame_word(p, l->previous);
	if (l->style == PYTHON_OWNER && frame_byte(p, l->owner) >= l->owner_ends) {
		if (p->frame || here->walk->pairs) /* the first of a thread is no call */
			end_call(here);
		return 0;
	}
	last = l->style == PYTHON_EACH || (l->style == PYTHON_ENTRY_FLAG && frame_byte(p, l->owner));
	object = frame_word(p, l->code) & STACK_OBJECT_MASK & ~7ull;
	if (!put_pair(here, object | (last ? STACK_CALL_LAST : 0), second_word(here, object))) {
		p->end = UNWIND_PYTHON_CUT;
		return 1;
	}
	return 0;
}

/* Frames of Python behind the addresses; how many. */
static NOINLINE int walk_python(struct here *here)
{
	struct unwind_walk *w = here->walk;
	struct python_walk *p = &w->python;
	const struct python_layout *l = &here->python->layout;
	u64 frame;

	p->self = thread_self(here);
	if (!p->self || !find_thread(here))
		return 0;
	frame = word_at(here, p->state + l->frame);
	if (l->by_cframe)
		frame = word_at(here, frame + l->cframe_frame);
	if (!frame)
		return 0;
	if (w->frames > PYTHON_NATIVE_KEPT) {
		w->frames = PYTHON_NATIVE_KEPT;
		w->end = UNWIND_CUT;
	}
	p->frame = frame;
	loop(STACK_MAX_DEPTH, step_python, here, 0);
	if (p->end && w->end <= UNWIND_CUT)
		w->end = p->end;
	return w->pairs;
}
