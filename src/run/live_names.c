/* live_names.c - see live_names.h. */
#include "run/live_names.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "kern/btf.h"
#include "kern/map.h"
#include "kern/mmap_events.h"
#include "run/identity.h"
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
	struct arena *strings; /* names of the stack asked for last */
	struct stack_entry *entry;
	struct btf *btf;
	bool btf_asked;
};

static struct ksyms *kernel_symbols(struct live_names *live)
{
	if (!live->ksyms)
		live->ksyms = live->machine ? machine_ksyms(live->machine) : (live->own_ksyms = ksyms_new(NULL));
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

/*
 * `back` is 1 for return addresses: the call, not what follows it, is in the function.
 * The strings are copied: procs keeps them only until the next question.
 */
static void name_user(struct live_names *live, uint32_t pid, struct frame *frame, unsigned back)
{
	struct symbol sym;

	if (!live->procs)
		live->procs = procs_new(NULL);
	if (procs_symbol(live->procs, pid, 0, frame->address - back, &sym)) {
		char *plain = live->plan->script->config.cpp_demangle ? demangle(sym.name) : NULL;

		frame->name = arena_strdup(live->strings, plain ? plain : sym.name);
		free(plain);
		frame->offset = sym.offset + back;
	}
	if (sym.path)
		frame->module = arena_strdup(live->strings, sym.path);
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
	name_user(live, pid, frame, 0);
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

static void stack(void *ctx, uint64_t id, uint32_t pid, struct frames *out)
{
	struct live_names *live = ctx;
	int fd = kernel_maps_entries_fd(live->maps, KMAP_STACKS);
	uint32_t n, first = 0;

	if (fd < 0 || map_lookup(fd, &id, live->entry))
		return;
	n = MIN_OF(live->entry->frames, (uint32_t)STACK_MAX_DEPTH);
	pthread_mutex_lock(&live->lock);
	strings_reset(live);
	if (out->user)
		catch_up(live);
	else
		first = first_traced(live, live->entry, n, out->machinery);
	if (out->limit && n > first + out->limit)
		n = first + out->limit;
	for (uint32_t i = first; i < n; i++) {
		struct frame frame = {.address = live->entry->ip[i]};

		if (out->mode == STACK_RAW)
			;
		else if (out->user)
			name_user(live, pid, &frame, i > 0);
		else
			name_kernel(live, &frame, frame.address);
		vec_push(&out->list, frame);
	}
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
	const char *name, *why;
	int64_t found;

	for (uint32_t i = 0; i < type->nenumerators; i++)
		if (type->enumerators[i].value == value)
			return type->enumerators[i].name;
	if (!type->btf_id || !live->machine)
		return NULL;
	if (!live->btf_asked)
		live->btf = machine_probes(live->machine)->btf(machine_probes(live->machine), &why);
	live->btf_asked = true;
	for (uint32_t i = 0; live->btf && btf_enumerator_at(live->btf, type->btf_id, i, &name, &found); i++)
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
	identity_init(&live->identity);
	live->names = (struct names){
		.ctx = live, .stack = stack, .kernel_symbol = kernel_symbol, .user_symbol = user_symbol,
		.user = user, .cgroup = cgroup, .wall_time = wall_time, .enumerator = enumerator,
		.strings = script->strings.v, .nstrings = script->strings.n,
		.trailer = script->config.str_trunc_trailer, .cut_size = string_room(&script->config),
	};
	return live;
}

void live_names_free(struct live_names *live)
{
	if (!live)
		return;
	mmap_events_close(live->events);
	procs_free(live->procs);
	ksyms_free(live->own_ksyms);
	identity_free(&live->identity);
	arena_free(live->strings);
	free(live->entry);
	pthread_mutex_destroy(&live->lock);
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

int live_names_follow(struct live_names *live)
{
	int err = mmap_events_open(&live->events, NULL);

	pthread_mutex_lock(&live->lock);
	if (!live->procs)
		live->procs = procs_new(NULL);
	/* After the events are on: what starts meanwhile is in one or the other. */
	procs_scan(live->procs);
	pthread_mutex_unlock(&live->lock);
	return err;
}

int live_names_fd(const struct live_names *live)
{
	return live->events ? mmap_events_fd(live->events) : -1;
}

static void on_event(void *arg, const struct mmap_event *e)
{
	struct procs *procs = ((struct live_names *)arg)->procs;

	switch (e->kind) {
	case MMAP_EVENT_MMAP:
		procs_on_mmap(procs, e->time, e->pid, e->addr, e->len, e->page_offset, e->ino, e->name);
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
}

static void catch_up(struct live_names *live)
{
	if (live->events)
		mmap_events_read(live->events, true, on_event, live);
}

void live_names_events(struct live_names *live, bool all)
{
	if (!live->events)
		return;
	pthread_mutex_lock(&live->lock);
	mmap_events_read(live->events, all, on_event, live);
	pthread_mutex_unlock(&live->lock);
}

uint64_t live_names_events_lost(const struct live_names *live)
{
	return live->events ? mmap_events_lost(live->events) : 0;
}

void live_names_report(struct live_names *live, struct buf *out)
{
	pthread_mutex_lock(&live->lock);
	if (live->procs) {
		symbol_losses_print(procs_losses(live->procs), out);
		buf_puts(out, procs_reasons(live->procs));
	}
	pthread_mutex_unlock(&live->lock);
}
