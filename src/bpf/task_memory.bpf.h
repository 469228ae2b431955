/*
 * task_memory.bpf.h - the memory of the task whose stack is walked. Part of unwind.bpf.c.
 *
 *   task_memory(w, &word, at)   0, and the word there; 1: it cannot be read
 *   user_word(w, at)            the word there, or 0; verified by itself
 *
 * Calls into the kernel are most of what a walk costs, as their returns are guarded against speculation. So
 * words of the current task are read by the window, UNWIND_WINDOW bytes from the word on that was not there:
 * one call reads several frames. Another task's pages are fetched, which is not for programs that must be fast.
 */

/*
 * Whose stack it is: what functions that may read it take and hand on. Of another task that is a pointer,
 * which no function that is verified by itself can take.
 */
#if defined(UNWIND_OTHER_TASK)
#define OWN_GLOBAL static NOINLINE
#define user_word user_word_of_task
#define advance advance_task
#define TASK task
#define TASK_PARAMETER , void *task
#define TASK_ARGUMENT , task
#define TASK_OF(here) , (here)->task

static long (*const copy_from_user_task)(void *to, u32 size, u64 from, void *task, u64 flags) =
	(void *)BPF_FUNC_copy_from_user_task;

static __always_inline long read_user(void *to, u32 size, u64 from, void *task)
{
	return copy_from_user_task(to, size, from, task, 0);
}

static __always_inline int task_memory(struct unwind_walk *w, u64 *word, u64 at, void *task)
{
	(void)w;
	return read_user(word, 8, at, task) != 0;
}

static NOINLINE u64 user_word(struct unwind_walk *w, u64 at, void *task)
{
	u64 value;

	return task_memory(w, &value, at, task) ? 0 : value;
}
#else
#define OWN_GLOBAL GLOBAL
#define TASK current_task()
#define TASK_PARAMETER
#define TASK_ARGUMENT
#define TASK_OF(here)

static void *(*const current_task)(void) = (void *)BPF_FUNC_get_current_task_btf;
static long (*const read_user)(void *to, u32 size, u64 from) = (void *)BPF_FUNC_probe_read_user;

/*
 * What is in memory from `at` on, into the window: as much as it holds, or what is left of a page where the
 * next one is not there. 1: not even the word at `at`.
 */
static __always_inline int fill_window(struct unwind_walk *w, u64 at)
{
	u32 bytes = UNWIND_WINDOW + 7;

	if (read_user(w->window, bytes, at)) {
		w->window_end = 0;
		bytes = 4096 - (at & 4095);
		if (bytes < 8 || bytes >= UNWIND_WINDOW + 7 || read_user(w->window, bytes, at))
			return 1;
	}
	w->window_at = at;
	w->window_end = bytes - 7;
	return 0;
}

GLOBAL int move_window(struct unwind_walk *w, u64 at)
{
	return !w || fill_window(w, at);
}

static __always_inline int is_in_window(const struct unwind_walk *w, u64 at)
{
	return at - w->window_at < w->window_end;
}

static __always_inline u64 window_word(const struct unwind_walk *w, u64 at)
{
	/* A variable of its own: clang would know that it need not be aligned, and load bytes. */
	const u64 *word = (const u64 *)((const char *)w->window + ((at - w->window_at) & (UNWIND_WINDOW - 1)));

	return *word;
}

static __always_inline int task_memory(struct unwind_walk *w, u64 *word, u64 at)
{
	if (!is_in_window(w, at) && move_window(w, at))
		return 1;
	*word = window_word(w, at);
	return 0;
}

/* Calls nothing: who asks is as deep in calls as programs may be. */
GLOBAL u64 user_word(struct unwind_walk *w, u64 at)
{
	if (!w || (!is_in_window(w, at) && fill_window(w, at)))
		return 0;
	return window_word(w, at);
}
#endif
