/*
 * frame_name.bpf.h - names that scripts give to frames (ir/frame_name.h): kept at a function's
 * entry, found when a stack is walked. Part of unwind.bpf.c: what scripts are linked with is one object.
 */

int named_frames MAP, named_texts MAP;

#if !defined(UNWIND_OTHER_TASK)
static long (*const map_update)(void *map, const void *key, const void *value, u64 flags) =
	(void *)BPF_FUNC_map_update_elem;
static long (*const map_delete)(void *map, const void *key) = (void *)BPF_FUNC_map_delete_elem;
static u64 (*const pid_tgid)(void) = (void *)BPF_FUNC_get_current_pid_tgid;

static NOINLINE u64 text_hash(struct frame_naming *n)
{
	u64 hash = 0xcbf29ce484222325ull, *words = (u64 *)&n->text;

	for (unsigned i = 0; i < sizeof(n->text) / 8; i++) {
		hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
	}
	return hash;
}

static NOINLINE int keep_text(struct frame_naming *n)
{
	if (map_lookup(&named_texts, &n->frame.text) ||
	    !map_update(&named_texts, &n->frame.text, &n->text, BPF_NOEXIST))
		return 1;
	return map_lookup(&named_texts, &n->frame.text) != 0; /* another CPU was first */
}

/*
 * The function at whose first instruction the task is has this name until it is left; none, if the
 * name is empty. -1: there was no room for it.
 */
int name_frame(struct frame_naming *n)
{
	int failed = 0;

	n->key.tid = (u32)pid_tgid();
	n->key.unused = 0;
	n->frame.unused = 0;
	n->text.start = n->frame.start;
	n->frame.text = text_hash(n);
	if (n->text.name[0]) {
		if (keep_text(n) && !map_update(&named_frames, &n->key, &n->frame, BPF_ANY))
			return 0;
		failed = -1;
	}
	map_delete(&named_frames, &n->key); /* an earlier call's */
	return failed;
}
#endif

/* The native frame number `at`, whose code is at `ip` and whose CFA is the stack pointer now. */
static NOINLINE int find_name(struct unwind_walk *w, u32 at, u64 ip)
{
	struct frame_name_key key; /* on the stack: see walk_user() */
	struct named_frame *f;
	u32 n = w->names.count;

	key.tid = w->tid;
	key.unused = 0;
	key.cfa = w->sp;
	f = map_lookup(&named_frames, &key);
	if (!f || ip - f->start >= f->size)
		return 0;
	if (!at && ip - f->start <= 1) /* it has just been called: the name there is an earlier call's */
		return 0;
	if (n >= FRAME_NAMES_MOST) {
		w->names.cut = 1;
		return 0;
	}
	w->names.at[n] = at;
	w->names.text[n] = f->text;
	w->names.count = n + 1;
	return 0;
}

static long put_name(u32 index, void *ctx)
{
	struct here *here = ctx;
	struct unwind_walk *w = here->walk;

	if (index >= w->names.count || index >= FRAME_NAMES_MOST || w->names.at[index] >= w->frames)
		return 1; /* the end, or the first of a frame that made room for an interpreter's */
	if (put_pair(here, STACK_NAME | w->names.at[index], w->names.text[index]))
		return 0;
	w->names.cut = 1;
	return 1;
}

/* The names found, behind what is there; how many. */
static NOINLINE int put_names(struct here *here)
{
	struct unwind_walk *w = here->walk;
	u32 before = w->pairs;

	loop(FRAME_NAMES_MOST, put_name, here, 0);
	if (w->names.cut && w->end <= UNWIND_CUT)
		w->end = UNWIND_NAMES_CUT;
	return w->pairs - before;
}
