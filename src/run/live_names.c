/* live_names.c - see live_names.h. */
#include "run/live_names.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/thread.h"
#include "ir/unwind.h"
#include "kern/btf.h"
#include "kern/map.h"
#include "kern/mmap_events.h"
#include "run/identity.h"
#include "run/python_stack.h"
#include "run/pythons.h"
#include "run/unwinder.h"
#include "sym/demangle.h"
#include "sym/procs.h"

struct live_names {
	struct names names;
	const struct plan *plan;
	const struct kernel_maps *maps;
	struct machine *machine;
	struct ksyms *own_ksyms, *ksyms;
	struct identity identity;
	/* under the lock: fed by the thread that reads events */
	pthread_mutex_t lock;
	struct procs *procs;
	struct mmap_events *events;
	struct unwinder *unwinder;
	uint32_t starter;      /* whose new programs are looked at as they start; 0: everybody's */
	VEC(uint32_t) changed; /* processes that the unwinder must look at again */
	struct hmap demangled; /* symbol -> its name in the source, malloc'd; NULL: that is it */
	struct arena *strings; /* names of the stack asked for last */
	struct stack_entry *entry;
	struct btf *btf;
	bool btf_asked;
	/* the thread that begins to follow; what it is given, and what came of it */
	pthread_t beginner;
	bool following, beginning, awaited; /* awaited: somebody waits for it */
	pthread_mutex_t gate;  /* of what is next: how far both sides are */
	pthread_cond_t opened;
	enum { MAPS_AWAITED, MAPS_MADE, MAPS_REFUSED } mapped;
	enum { BEGINNING, LOOKING, LOOKED } begun; /* LOOKING: others than what was asked for are looked at */
	uint64_t until;        /* LOOKING: who waits does not wait longer; monotonic, ns */
	struct live_names_first first;
	char *program;
	int follow_err;
	struct buf why;
};

/* NULL: they cannot be had. */
static const struct btf *kernel_types(struct live_names *live)
{
	const char *why;

	if (!live->btf_asked && live->machine)
		live->btf = machine_probes(live->machine)->btf(machine_probes(live->machine), &why);
	live->btf_asked = true;
	return live->btf;
}

static struct ksyms *kernel_symbols(struct live_names *live)
{
	if (!live->ksyms)
		live->ksyms = live->machine ? machine_ksyms(live->machine) : (live->own_ksyms = ksyms_of_kernel());
	return live->ksyms;
}

static void name_kernel(struct live_names *live, struct frame *frame, uint64_t address)
{
	if (!ksyms_find(kernel_symbols(live), address, &frame->name, &frame->offset, &frame->module))
		frame->name = NULL;
}

static void kernel_symbol(void *ctx, struct frame *frame)
{
	name_kernel(ctx, frame, frame->address);
}

static void forget_demangled(struct live_names *live)
{
	vec_each(entry, &live->demangled.entries)
		free(entry->value);
	hmap_free(&live->demangled);
	live->demangled = (struct hmap){0};
}

/* As it is written in the source, if it was mangled and that is wanted. */
static const char *readable(struct live_names *live, const char *symbol)
{
	enum { KEPT = 32768 };
	size_t before = live->demangled.entries.n;
	void **place;

	if (symbol[0] != '_' || (symbol[1] != 'Z' && symbol[1] != 'R') || !live->plan->script->config.cpp_demangle)
		return symbol;
	place = hmap_at(&live->demangled, symbol, strlen(symbol));
	if (live->demangled.entries.n > before)
		*place = demangle(symbol);
	if (live->demangled.entries.n > KEPT) {
		symbol = *place ? arena_strdup(live->strings, *place) : symbol;
		forget_demangled(live);
		return symbol;
	}
	return *place ? *place : symbol;
}

/* `called`: it is a return address. The strings are copied: procs keeps them only until the next question. */
static void name_user(struct live_names *live, uint32_t pid, struct frame *frame, bool called)
{
	struct symbol sym;

	if (!live->procs)
		live->procs = procs_new(NULL);
	if (called ? procs_return_symbol(live->procs, pid, frame->address, &sym)
		   : procs_symbol(live->procs, pid, 0, frame->address, &sym)) {
		frame->name = arena_strdup(live->strings, readable(live, sym.name));
		frame->offset = sym.offset;
	}
	if (sym.path)
		frame->module = arena_strdup(live->strings, sym.path);
}

/*
 * "name" is the build id, as 40 hexadecimal digits at least, and the offset that of the place in
 * its file. No name: what is there comes from no file that has one.
 */
static void name_build_id(struct live_names *live, uint32_t pid, struct frame *frame, unsigned back)
{
	enum { DIGITS = 40 };
	struct symbol sym;
	char *hex;

	if (!live->procs)
		live->procs = procs_new(NULL);
	procs_symbol(live->procs, pid, 0, frame->address - back, &sym);
	if (!sym.build_id_len)
		return;
	hex = arena_alloc(live->strings, MAX_OF(2 * sym.build_id_len, (unsigned)DIGITS) + 1);
	memset(hex, '0', DIGITS);
	hex[DIGITS] = '\0';
	for (unsigned i = 0; i < sym.build_id_len; i++) {
		hex[2 * i] = "0123456789abcdef"[sym.build_id[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[sym.build_id[i] & 15];
	}
	if (2 * sym.build_id_len > DIGITS)
		hex[2 * sym.build_id_len] = '\0';
	frame->name = hex;
	frame->offset = sym.module_offset + back;
}

static void strings_reset(struct live_names *live)
{
	arena_free(live->strings);
	live->strings = arena_new();
}

/* What processes did up to now comes before any question about them. */
static void catch_up(struct live_names *live);

static void user_symbol(void *ctx, uint32_t pid, struct frame *frame)
{
	struct live_names *live = ctx;

	pthread_mutex_lock(&live->lock);
	catch_up(live);
	strings_reset(live);
	name_user(live, pid, frame, false);
	pthread_mutex_unlock(&live->lock);
}

/* Functions through which a program is run: above them is what was traced. */
static bool is_machinery(const char *name)
{
	static const char *const prefixes[] = {
		"bpf_prog_", "bpf_trace_run", "__bpf_trace_", "__bpf_prog_", "bpf_get_stack",
		"__traceiter_", "bpf_trampoline_", "trace_call_bpf", "perf_syscall_enter",
		"perf_syscall_exit", "perf_trace_",
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(name, prefixes[i]))
			return true;
	return false;
}

/*
 * Index of the first frame that belongs to what was traced: the same whether a raw tracepoint
 * (`machinery`: several frames of its own) or a perf one (at most one) carried the program.
 */
static uint32_t first_traced(struct live_names *live, const struct stack_entry *entry, uint32_t n,
			     bool machinery)
{
	enum { DEEPEST = 10 };
	uint32_t first = 0;

	for (uint32_t i = 0; i < n && i < (machinery ? DEEPEST : 1); i++) {
		struct frame frame = {.address = entry->ip[i]};

		name_kernel(live, &frame, frame.address);
		if (frame.name && is_machinery(frame.name))
			first = i + 1;
	}
	return first;
}

/* NULL: it is all there, or nobody knows. */
static const char *end_reason(unsigned end)
{
	static const char *const reasons[UNWIND_END_COUNT] = {
		[UNWIND_NO_SPACE] = "the process was not known yet",
		[UNWIND_NO_AREA] = "nothing that can be run is mapped there",
		[UNWIND_NO_RULE] = "code without unwind rules or frame pointer",
		[UNWIND_UNREADABLE] = "a page of the stack was not in memory",
		[UNWIND_BACKWARDS] = "the stack pointer would not move up",
		[UNWIND_RETURN_PROBE] = "a return probe was being put there or taken away",
		[UNWIND_PYTHON_CUT] = "no room for more of Python's functions",
		[UNWIND_NAMES_CUT] = "no room for more of the names that frames were given",
		[UNWIND_PYTHON_UNREADABLE] = "a page with Python's functions was not in memory",
	};

	return end < UNWIND_END_COUNT ? reasons[end] : NULL;
}

static void name_frame(struct live_names *live, uint32_t pid, struct frame *frame, const struct frames *of,
		       bool called)
{
	if (of->mode == STACK_RAW)
		return;
	if (of->user && of->mode == STACK_BUILD_ID)
		name_build_id(live, pid, frame, called);
	else if (of->user)
		name_user(live, pid, frame, called);
	else
		name_kernel(live, frame, frame->address);
}

/* The names that the script gave to frames of the list, which has the native ones from the first on. */
static void put_names(struct live_names *live, struct frames *out)
{
	const struct stack_entry *entry = live->entry;
	uint32_t most = (entry->words - entry->native) / 2, at = entry->words - 2 * MIN_OF(entry->names, most);
	int fd = kernel_maps_entries_fd(live->maps, KMAP_NAMED_TEXTS);
	struct named_text text;

	for (; fd >= 0 && at + 1 < entry->words; at += 2) {
		uint64_t number = entry->ip[at] & ~STACK_NAME;
		struct frame *frame = number < out->list.n ? &out->list.v[number] : NULL;

		/* a frame without a symbol, or with another function's, is none that was entered there */
		if (!(entry->ip[at] & STACK_NAME) || !frame || !frame->name ||
		    map_lookup(fd, &entry->ip[at + 1], &text) || frame->address - frame->offset != text.start)
			continue;
		frame->name = arena_strndup(live->strings, text.name, strnlen(text.name, sizeof(text.name)));
		frame->interpreted = true;
	}
}

/* Whether an interpreter's frames are to be shown; modes without names show what the processor ran. */
static bool has_interpreted(const struct live_names *live, const struct frames *of)
{
	return live->entry->words > live->entry->native && live->unwinder && of->mode != STACK_RAW &&
	       of->mode != STACK_BUILD_ID;
}

/* `at`: of the frame's words; its address is that of the interpreter's call. */
static struct frame python_frame(struct live_names *live, uint32_t pid, uint32_t at, uint64_t address)
{
	struct python_frame found;

	pythons_frame(unwinder_pythons(live->unwinder), pid, live->entry->ip[at], live->entry->ip[at + 1],
		      live->strings, &found);
	return (struct frame){
		.address = address, .line = found.line, .interpreted = true,
		.name = found.function ? found.function : "[Python: not known]",
		.file = found.file ? found.file : "?",
	};
}

/* Python's frames among those of the list, which has all native ones. */
static void merge_python(struct live_names *live, uint32_t pid, struct frames *out)
{
	struct merged_frame order[STACK_MAX_DEPTH];
	bool is_call[STACK_MAX_DEPTH] = {false};
	struct frames native = *out;
	uint64_t address = 0;
	uint32_t n;

	for (size_t i = 0; i < native.list.n; i++)
		is_call[i] = native.list.v[i].name && str_starts(native.list.v[i].name, "_PyEval_EvalFrameDefault");
	n = python_stack_merge(live->entry, is_call, order);
	out->list = (__typeof__(out->list)){0};
	for (uint32_t i = 0; i < n; i++) {
		if (!order[i].python)
			address = native.list.v[order[i].at].address;
		vec_push(&out->list, order[i].python ? python_frame(live, pid, order[i].at, address)
						     : native.list.v[order[i].at]);
	}
	vec_free(&native.list);
}

static void stack(void *ctx, uint64_t id, uint32_t pid, struct frames *out)
{
	struct live_names *live = ctx;
	int fd = kernel_maps_entries_fd(live->maps, KMAP_STACKS);
	uint32_t n, first = 0;

	if (fd < 0 || map_lookup(fd, &id, live->entry))
		return;
	live->entry->words = (uint16_t)MIN_OF(live->entry->words, (unsigned)STACK_MAX_DEPTH);
	n = live->entry->native = MIN_OF(live->entry->native, live->entry->words);
	pthread_mutex_lock(&live->lock);
	strings_reset(live);
	if (out->user)
		catch_up(live);
	else
		first = first_traced(live, live->entry, n, out->machinery);
	/* Python's frames find their places among all native ones; it is cut afterwards. */
	if (out->limit && n > first + out->limit && !has_interpreted(live, out))
		n = first + out->limit;
	for (uint32_t i = first; i < n; i++) {
		struct frame frame = {.address = live->entry->ip[i]};

		name_frame(live, pid, &frame, out, i > 0);
		vec_push(&out->list, frame);
	}
	if (has_interpreted(live, out)) {
		put_names(live, out);
		merge_python(live, pid, out);
	}
	if (out->limit && out->list.n > out->limit)
		out->list.n = out->limit;
	if (!live->names.plain_stacks && (!out->limit || out->list.n < out->limit))
		out->ended = end_reason(live->entry->end);
	pthread_mutex_unlock(&live->lock);
}

static void user(void *ctx, uint64_t uid, struct buf *out)
{
	identity_user(&((struct live_names *)ctx)->identity, uid, out);
}

static void cgroup(void *ctx, uint64_t id, const char *filter, struct buf *out)
{
	identity_cgroup(&((struct live_names *)ctx)->identity, id, filter, out);
}

static int64_t wall_time(void *ctx, uint64_t ns, uint32_t clock)
{
	return identity_wall_time(&((struct live_names *)ctx)->identity, ns, clock);
}

static const char *enumerator(void *ctx, const void *type_, int64_t value)
{
	struct live_names *live = ctx;
	const struct type *type = type_;
	const struct btf *btf;
	const char *name;
	int64_t found;

	for (uint32_t i = 0; i < type->nenumerators; i++)
		if (type->enumerators[i].value == value)
			return type->enumerators[i].name;
	if (!type->btf_id)
		return NULL;
	btf = kernel_types(live);
	for (uint32_t i = 0; btf && btf_enumerator_at(btf, type->btf_id, i, &name, &found); i++)
		if (found == value)
			return name;
	return NULL;
}

struct live_names *live_names_new(const struct plan *plan, const struct kernel_maps *maps,
				  struct machine *machine)
{
	struct live_names *live = xcalloc(1, sizeof(*live));
	const struct script *script = plan->script;

	live->plan = plan;
	live->maps = maps;
	live->machine = machine;
	live->strings = arena_new();
	/* As large as the table's value, whatever the plan says. */
	live->entry = xcalloc(1, MAX_OF(sizeof(*live->entry), (size_t)plan->kmaps.v[KMAP_STACKS].value_size));
	pthread_mutex_init(&live->lock, NULL);
	pthread_mutex_init(&live->gate, NULL);
	pthread_cond_init(&live->opened, NULL);
	identity_init(&live->identity);
	live->names = (struct names){
		.ctx = live, .stack = stack, .kernel_symbol = kernel_symbol, .user_symbol = user_symbol,
		.user = user, .cgroup = cgroup, .wall_time = wall_time, .enumerator = enumerator,
		.strings = script->strings.v, .nstrings = script->strings.n,
		.trailer = script->config.str_trunc_trailer, .cut_size = string_room(&script->config),
	};
	return live;
}

static void wait_for_beginner(struct live_names *live)
{
	if (live->beginning)
		pthread_join(live->beginner, NULL);
	live->beginning = false;
}

void live_names_free(struct live_names *live)
{
	if (!live)
		return;
	wait_for_beginner(live);
	free(live->program);
	buf_free(&live->why);
	mmap_events_close(live->events);
	unwinder_free(live->unwinder);
	vec_free(&live->changed);
	procs_free(live->procs);
	ksyms_free(live->own_ksyms);
	identity_free(&live->identity);
	forget_demangled(live);
	arena_free(live->strings);
	free(live->entry);
	pthread_mutex_destroy(&live->lock);
	pthread_mutex_destroy(&live->gate);
	pthread_cond_destroy(&live->opened);
	free(live);
}

void live_names_tell_hierarchies(struct live_names *live)
{
	live->identity.hierarchies = true;
}

struct names *live_names_interface(struct live_names *live)
{
	return &live->names;
}

/* ---- processes come and go ---- */

static void look_at(struct live_names *live, uint32_t pid)
{
	if (procs_alive(live->procs, pid))
		unwinder_update(live->unwinder, live->procs, pid);
	else
		unwinder_forget(live->unwinder, pid);
}

/* Whether programs look at tasks that do not run: once, and what is not ready is not walked. */
static bool looks_at_all(const struct plan *plan)
{
	vec_each(p, &plan->programs)
		if ((*p)->sleepable)
			return true;
	return false;
}

static void is_begun(struct live_names *live, int how_far)
{
	pthread_mutex_lock(&live->gate);
	live->begun = how_far;
	pthread_cond_broadcast(&live->opened);
	pthread_mutex_unlock(&live->gate);
}

/*
 * A machine has more processes than are looked at: those that run are ready from the start, as a rule, and the
 * busiest of the others as far as nobody has to wait for that; of the rest tables are made when programs meet
 * them. For those that run there are BUDGET_MS once somebody waits:
 *
 *   the whole machine was asked about   no other file is begun then; and as one file may take long, whoever waits
 *                                       goes on, while its tables are made
 *   a process or a command was          no other process is begun then, and it is waited for: tables that are
 *                                       made later would keep the command's own waiting
 */
static void look_at_others(struct live_names *live)
{
	enum { BUSIEST = 32, BUDGET_MS = 110 };
	bool all = looks_at_all(live->plan), asked = live->first.pid || live->first.program;
	uint32_t *pids = xcalloc(all ? UNWIND_SPACES : BUSIEST, sizeof(*pids));
	size_t running, n = procs_busiest(live->procs, pids, all ? UNWIND_SPACES : BUSIEST, &running);

	live->until = now_ns() + BUDGET_MS * UINT64_C(1000000);
	if (!all && !asked)
		is_begun(live, LOOKING);
	for (size_t i = 0; i < n; i++) {
		struct unwinder_patience patience = {&live->awaited, i < running ? live->until : 0};

		if (all || (asked && i < running && now_ns() < live->until))
			look_at(live, pids[i]);
		else
			unwinder_update_patiently(live->unwinder, live->procs, pids[i], &patience);
	}
	free(pids);
}

/* Whether there are maps for the tables of walks. */
static bool await_maps(struct live_names *live)
{
	bool good;

	pthread_mutex_lock(&live->gate);
	while (live->mapped == MAPS_AWAITED)
		pthread_cond_wait(&live->opened, &live->gate);
	good = live->mapped == MAPS_MADE;
	pthread_mutex_unlock(&live->gate);
	return good;
}

static void *begin(void *arg)
{
	struct live_names *live = arg;
	struct mmap_events_options options = {.prompt = live->plan->kmaps.v[KMAP_UNWIND_SPACES].type != 0};
	const struct live_names_first *first = &live->first;

	pthread_mutex_lock(&live->lock);
	live->follow_err = mmap_events_open(&live->events, &options);
	/* After the events are on: what starts meanwhile is in one or the other. */
	procs_scan(live->procs);
	if (await_maps(live))
		live->unwinder = unwinder_new(live->plan, live->maps, kernel_types(live), &live->why);
	if (live->unwinder && first->program)
		unwinder_prepare(live->unwinder, first->program);
	if (live->unwinder && first->pid)
		look_at(live, first->pid);
	if (live->unwinder && !first->alone && !(first->pid && looks_at_all(live->plan)))
		look_at_others(live);
	if (live->unwinder)
		unwinder_rest(live->unwinder);
	pthread_mutex_unlock(&live->lock);
	is_begun(live, LOOKED);
	return NULL;
}

void live_names_follow(struct live_names *live, const struct live_names_first *first)
{
	live->first = *first;
	if (first->program)
		live->first.program = live->program = xstrdup(first->program);
	if (!live->procs)
		live->procs = procs_new(NULL);
	kernel_types(live); /* asked for here: others look into them at the same time */
	live->starter = first->alone ? first->pid : first->child;
	live->following = true;
	live->beginning = thread_start(&live->beginner, NULL, begin, live) == 0;
}

void live_names_mapped(struct live_names *live, bool good)
{
	bool first;

	if (!live->following)
		return;
	pthread_mutex_lock(&live->gate);
	first = live->mapped == MAPS_AWAITED;
	if (first)
		live->mapped = good ? MAPS_MADE : MAPS_REFUSED;
	pthread_cond_broadcast(&live->opened);
	pthread_mutex_unlock(&live->gate);
	if (first && !live->beginning)
		begin(live);
}

/* Until it has begun, or has for long enough. */
static void await_begun(struct live_names *live)
{
	struct timespec until;
	bool patient = true;

	pthread_mutex_lock(&live->gate);
	while (live->begun == BEGINNING)
		pthread_cond_wait(&live->opened, &live->gate);
	until = (struct timespec){live->until / 1000000000, live->until % 1000000000};
	while (live->begun == LOOKING && patient)
		patient = !pthread_cond_clockwait(&live->opened, &live->gate, CLOCK_MONOTONIC, &until);
	pthread_mutex_unlock(&live->gate);
}

int live_names_followed(struct live_names *live, struct buf *why)
{
	__atomic_store_n(&live->awaited, true, __ATOMIC_RELAXED);
	await_begun(live);
	buf_add(why, live->why.data, live->why.len);
	return live->follow_err;
}

int live_names_fd(const struct live_names *live)
{
	return live->events ? mmap_events_fd(live->events) : -1;
}

/* What programs may meet next: a new program, a child of what they have met, what those map. */
static void note_changed(struct live_names *live, const struct mmap_event *e)
{
	uint32_t pid = e->pid, known = e->kind == MMAP_EVENT_FORK ? e->parent : pid;
	bool is_new = e->kind == MMAP_EVENT_COMM;

	if (!live->unwinder || (live->changed.n && vec_last(&live->changed) == pid))
		return;
	is_new &= !live->starter || live->starter == pid;
	if (is_new || unwinder_knows(live->unwinder, known))
		vec_push(&live->changed, pid);
}

static void on_event(void *arg, const struct mmap_event *e)
{
	struct live_names *live = arg;
	struct procs *procs = live->procs;

	switch (e->kind) {
	case MMAP_EVENT_MMAP:
		procs_on_mmap(procs, e->time, e->pid, e->addr, e->len, e->page_offset, e->dev, e->ino, e->name);
		break;
	case MMAP_EVENT_COMM:
		procs_on_comm(procs, e->time, e->pid, e->exec);
		break;
	case MMAP_EVENT_FORK:
		procs_on_fork(procs, e->time, e->pid, e->parent);
		break;
	case MMAP_EVENT_EXIT:
		procs_on_exit(procs, e->time, e->pid, e->tid);
		break;
	}
	/* threads share what their process has; a name alone changes nothing */
	if (e->kind == MMAP_EVENT_MMAP || (e->kind == MMAP_EVENT_COMM && e->exec) ||
	    (e->kind == MMAP_EVENT_FORK && e->pid != e->parent) || (e->kind == MMAP_EVENT_EXIT && e->pid == e->tid))
		note_changed(live, e);
}

static int by_pid(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void take_events(struct live_names *live, bool all)
{
	mmap_events_read(live->events, all, on_event, live);
	if (live->changed.n)
		qsort(live->changed.v, live->changed.n, sizeof(*live->changed.v), by_pid);
	for (size_t i = 0; i < live->changed.n; i++)
		if (!i || live->changed.v[i] != live->changed.v[i - 1])
			look_at(live, live->changed.v[i]);
	live->changed.n = 0;
}

static void catch_up(struct live_names *live)
{
	if (live->events)
		take_events(live, true);
}

int live_names_wanted_fd(const struct live_names *live)
{
	return live->unwinder ? unwinder_wanted_fd(live->unwinder) : -1;
}

void live_names_answer(struct live_names *live)
{
	pthread_mutex_lock(&live->lock);
	unwinder_answer(live->unwinder, live->procs);
	pthread_mutex_unlock(&live->lock);
}

bool live_names_unwinds(const struct live_names *live)
{
	return live->unwinder;
}

bool live_names_events(struct live_names *live, bool all)
{
	bool more;

	wait_for_beginner(live); /* a script may end before anybody waited for it */
	if (!live->events)
		return false;
	pthread_mutex_lock(&live->lock);
	take_events(live, all);
	more = mmap_events_waiting(live->events);
	pthread_mutex_unlock(&live->lock);
	return more;
}

uint64_t live_names_events_lost(const struct live_names *live)
{
	return live->events ? mmap_events_lost(live->events) : 0;
}

static void report_unwinding(const struct live_names *live, struct buf *out)
{
	struct unwinder_totals t;

	if (!live->unwinder)
		return;
	unwinder_totals(live->unwinder, &t);
	buf_printf(out, "unwind tables: %" PRIu64 " files, %" PRIu64 " rows, %" PRIu64 " KB, made in %.1f ms; %" PRIu64
		   " files without\n", t.files, t.rows, t.bytes >> 10, t.build_ns / 1e6, t.without);
	if (t.cache.found || t.cache.missed)
		buf_printf(out, "unwind tables from the disk: %" PRIu64 ", kept there: %" PRIu64 ", damaged: %" PRIu64
			   "\n", t.cache.found, t.cache.written, t.cache.damaged);
	if (*t.no_cache)
		buf_printf(out, "unwind tables are not kept on the disk: %s\n", t.no_cache);
	if (t.no_room_files || t.no_room_processes || t.no_room_areas || t.no_room_rules)
		buf_printf(out, "unwind tables had no room for %" PRIu64 " files, %" PRIu64 " lists of mappings, %"
			   PRIu64 " mappings, %" PRIu64 " rows\n", t.no_room_files, t.no_room_processes,
			   t.no_room_areas, t.no_room_rules);
	pythons_report(unwinder_pythons(live->unwinder), out);
}

void live_names_report(struct live_names *live, struct buf *out)
{
	pthread_mutex_lock(&live->lock);
	if (live->procs) {
		symbol_losses_print(procs_losses(live->procs), out);
		buf_puts(out, procs_reasons(live->procs));
	}
	report_unwinding(live, out);
	pthread_mutex_unlock(&live->lock);
}
