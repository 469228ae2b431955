/* session.c - see session.h. Reads from top to bottom at the end of the file. */
#include "run/session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/thread.h"
#include "kern/btf.h"
#include "kern/privilege.h"
#include "kern/sys.h"
#include "kern/uprobe_ahead.h"
#include "run/accounting.h"
#include "run/grower.h"
#include "run/live_names.h"
#include "run/packets.h"
#include "run/printer.h"
#include "run/reader.h"
#include "run/trial.h"
#include "sym/elf_syms.h"

enum { TICK_MS = 250, SOON_MS = 2, LOOK_MS = 4, DEFAULT_SPOOL = 64 << 20 };

struct session {
	struct plan *plan;
	const struct session_options *options;
	struct output *out;
	struct kernel_maps maps;
	struct loaded_programs programs;
	struct attached attached;
	struct accounting accounting;
	struct live_names *names;
	struct aggregates *aggregates;
	struct spool *spool;
	struct reader reader;
	struct actor actor;
	struct printer printer;
	struct packets *packets;
	struct grower grower;
	struct uprobe_ahead *ahead;
	int signal_fd, epoll_fd;
	sigset_t old_mask;
	uint64_t look_at; /* ns: when processes that programs ask for are looked at again; 0: when one is */
	bool soon; /* mapping events wait for their next turn */
	bool names_came; /* ... and are not watched for until then */
	bool signals_blocked, ending, interrupted; /* interrupted: by ^C or SIGTERM */
	uint64_t maps_bytes;

	/* what session_begin() began, until it is awaited */
	pthread_t beginner;
	bool beginning;
	int maps_err;
	struct buf maps_why;
};

static void say(struct session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void say(struct session *s, const char *fmt, ...)
{
	va_list ap;

	fputs(s->out->dropin ? "WARNING: " : "sonde: ", s->out->messages);
	va_start(ap, fmt);
	vfprintf(s->out->messages, fmt, ap);
	va_end(ap);
	fputc('\n', s->out->messages);
}

/* What keeps it from going on. */
static void fail(struct session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void fail(struct session *s, const char *fmt, ...)
{
	va_list ap;

	fputs(s->out->dropin ? "ERROR: " : "sonde: ", s->out->messages);
	va_start(ap, fmt);
	vfprintf(s->out->messages, fmt, ap);
	va_end(ap);
	fputc('\n', s->out->messages);
}

static void say_more(struct session *s, struct buf *text)
{
	fputs(buf_str(text), s->out->messages);
	buf_reset(text);
}

/* ---- opening ---- */

/* The file that a command executes; NULL: it is not found. The caller frees. */
static char *program_of(const char *command)
{
	char **words = words_split(command), *path = NULL;
	struct buf why = {0};

	if (words && words[0])
		path = strchr(words[0], '/') ? xstrdup(words[0]) : elf_find_file(words[0], NULL, &why);
	buf_free(&why);
	if (words)
		words_free(words);
	return path;
}

/* Begins while programs are loaded: both take long. */
static void follow_processes(struct session *s)
{
	const struct session_options *o = s->options;
	bool is_child = o->watched && o->watched->is_child;
	char *program = o->command ? program_of(o->command) : NULL;
	/* a tool filters by itself: others than the watched process may be in its results, too */
	struct live_names_first first = {.alone = o->pid > 0, .program = program};

	if (is_child)
		first.child = (uint32_t)o->watched->pid;
	else if (o->watched)
		first.pid = (uint32_t)o->watched->pid;
	if (o->pid > 0)
		first.pid = (uint32_t)o->pid;
	if (s->plan->script->uses_user_symbols)
		live_names_follow(s->names, &first);
	free(program);
}

static bool has_uprobes(const struct plan *plan)
{
	vec_each(it, &plan->programs)
		if ((*it)->carrier == CARRIER_UPROBE || (*it)->carrier == CARRIER_UPROBE_MULTI)
			return true;
	return false;
}

static void maps_ready(void *ctx)
{
	live_names_mapped(ctx, true);
}

static void *begin(void *arg)
{
	struct session *s = arg;

	s->names = live_names_new(s->plan, &s->maps, s->options->machine);
	if (!s->options->dry_run && s->plan->script->config.mode == RUN_NORMAL)
		follow_processes(s);
	const struct kernel_maps_ready ready = {.on_ready = maps_ready, .ctx = s->names};
	s->maps_err = kernel_maps_create(&s->maps, s->plan, s->options->max_map_mem, &ready, &s->maps_why);
	live_names_mapped(s->names, !s->maps_err);
	return NULL;
}

/* The thread that makes tables for walks asks about kernel types, too: they are walked over before it begins. */
static void walk_types(struct machine *machine)
{
	const char *why;
	struct btf *types = machine_probes(machine)->btf(machine_probes(machine), &why);

	if (types)
		btf_count(types);
}

struct session *session_begin(struct plan *plan, const struct session_options *options)
{
	struct session *s = xcalloc(1, sizeof(*s));

	s->plan = plan;
	s->options = options;
	s->signal_fd = s->epoll_fd = -1;
	if (options->machine && plan->kmaps.v[KMAP_UNWIND_SPACES].type)
		walk_types(options->machine);
	if (!options->dry_run && plan->script->config.mode == RUN_NORMAL && has_uprobes(plan))
		s->ahead = uprobe_ahead_begin();
	s->beginning = thread_start_apart(&s->beginner, begin, s) == 0;
	if (!s->beginning)
		begin(s);
	return s;
}

static void await_beginner(struct session *s)
{
	if (s->beginning)
		thread_join(s->beginner);
	s->beginning = false;
}

static bool load(struct session *s)
{
	struct buf text = {0};
	struct load_options load = {
		.btf_tracepoint = s->options->machine ? machine_btf_tracepoint : NULL,
		.btf_iterator = s->options->machine ? machine_btf_iterator : NULL,
		.btf_ctx = s->options->machine,
		.diags = s->plan->script->diags,
		.log = s->options->verbose ? &text : NULL,
	};
	bool good;

	await_beginner(s);
	if (s->maps_err) {
		fail(s, "%s", buf_str(&s->maps_why));
		return false;
	}
	good = programs_load(&s->programs, s->plan, &s->maps, &load);
	if (s->options->verbose && good) {
		kernel_maps_print(&s->maps, s->plan, &text);
		programs_print(&s->programs, s->plan, &text);
	}
	say_more(s, &text);
	buf_free(&text);
	return good;
}

static int watch(struct session *s, int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 ? 0 : epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e) ? -errno : 0;
}

/*
 * What processes map comes in bursts, an event for each library: the first one wakes us, the rest is there
 * when it is read.
 */
static void watch_names(struct session *s, int operation)
{
	int fd = live_names_fd(s->names);
	struct epoll_event e = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = fd};

	if (fd >= 0)
		epoll_ctl(s->epoll_fd, operation, fd, &e);
}

/* A process that cannot be known is asked for with every stack: not more often than each LOOK_MS. */
static void watch_wanted(struct session *s, int operation)
{
	int fd = live_names_wanted_fd(s->names);
	struct epoll_event e = {.events = EPOLLIN | EPOLLONESHOT, .data.fd = fd};

	if (fd >= 0)
		epoll_ctl(s->epoll_fd, operation, fd, &e);
	s->look_at = 0;
}

/* Signals become readable; all threads made from here on leave them to us. */
static int take_signals(struct session *s)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGPIPE); /* the write fails instead */
	vec_each(p, &s->plan->programs)
		vec_each(a, &(*p)->attachments)
			if (a->target->provider == PROVIDER_SELF)
				sigaddset(&mask, a->target->number);
	if (sigprocmask(SIG_BLOCK, &mask, &s->old_mask))
		return -errno;
	s->signals_blocked = true;
	sigdelset(&mask, SIGPIPE);
	s->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signal_fd < 0 ? -errno : 0;
}

/* What a clock is ahead of another one. */
static uint64_t clock_ahead(clockid_t clock, clockid_t other)
{
	struct timespec from, to;

	clock_gettime(clock, &to);
	clock_gettime(other, &from);
	return (uint64_t)(to.tv_sec - from.tv_sec) * 1000000000 + (uint64_t)(to.tv_nsec - from.tv_nsec);
}

static void tell_clocks(struct control *control)
{
	__atomic_store_n(&control->wall, clock_ahead(CLOCK_REALTIME, CLOCK_MONOTONIC), __ATOMIC_RELAXED);
	__atomic_store_n(&control->tai, clock_ahead(CLOCK_TAI, CLOCK_BOOTTIME), __ATOMIC_RELAXED);
}

static int open_reading(struct session *s)
{
	const struct session_options *o = s->options;
	int err;

	__atomic_store_n(&s->maps.control->start, now_ns(), __ATOMIC_RELAXED);
	tell_clocks(s->maps.control);
	s->spool = spool_new(o->spool_bytes ? o->spool_bytes : DEFAULT_SPOOL);
	s->out->names = live_names_interface(s->names);
	s->out->names->plain_stacks = s->out->dropin;
	if (s->out->dropin)
		live_names_tell_hierarchies(s->names);
	s->out->quiet = o->quiet;
	s->aggregates = aggregates_new(s->plan, &s->maps, &(struct aggregates_options){.max_bytes = o->max_map_mem});
	s->actor = (struct actor){.script = s->plan->script, .aggregates = s->aggregates, .out = s->out};
	accounting_open(&s->accounting, s->plan, &s->programs, &s->attached, o->verbose || o->max_cpu > 0);
	err = reader_open(&s->reader, s->plan, s->maps.control, kernel_maps_entries_fd(&s->maps, KMAP_RING),
			  s->spool);
	if (!err)
		err = take_signals(s);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (!err && s->epoll_fd < 0)
		err = -errno;
	if (!err)
		err = watch(s, s->signal_fd);
	if (!err)
		err = watch(s, s->reader.notify_fd);
	if (!err && o->watched)
		err = watch(s, o->watched->pidfd);
	if (!err)
		err = watch(s, packets_fd(s->packets));
	s->printer = (struct printer){
		.spool = s->spool, .actor = &s->actor, .buffering = o->buffering,
		.notify_fd = s->reader.notify_fd,
		/* A command of system() may need what we may do. */
		.kernel = s->plan->script->config.unsafe ? 0 : s->plan->features.kernel,
	};
	s->grower = (struct grower){.aggregates = s->aggregates, .plan = s->plan, .kernel = s->printer.kernel};
	if (o->buffering == 'l')
		setvbuf(s->out->file, NULL, _IOLBF, 0);
	else if (o->buffering == 'n')
		setvbuf(s->out->file, NULL, _IONBF, 0);
	if (err)
		fail(s, "reading cannot begin: %s", strerror(-err));
	return err;
}

static bool open_packets(struct session *s)
{
	struct buf why = {0};
	int err = packets_open(&s->packets, s->plan, &s->maps, &why);

	if (err)
		fail(s, "%s", buf_str(&why));
	buf_free(&why);
	return !err;
}

/* ---- programs that sonde runs itself ---- */

static bool wants_exit(struct session *s)
{
	return __atomic_load_n(&s->reader.exit_seen, __ATOMIC_ACQUIRE) ||
	       __atomic_load_n(&s->printer.failed, __ATOMIC_RELAXED);
}

/* All programs of a provider, in order; with `signal` only those of that signal. */
static void run_programs(struct session *s, enum provider provider, int signal)
{
	vec_each(it, &s->plan->programs) {
		const struct program *p = *it;
		uint32_t number = it - s->plan->programs.v;
		int err;

		if (p->carrier != CARRIER_RUN || !p->attachments.n ||
		    p->attachments.v[0].target->provider != provider ||
		    (signal && p->attachments.v[0].target->number != signal))
			continue;
		err = attached_run(&s->attached, number, NULL);
		if (err)
			fail(s, "the program of %s could not be run: %s", p->attachments.v[0].target->name,
			    strerror(-err));
		if (!s->reader.running)
			reader_drain(&s->reader);
		if (provider == PROVIDER_BEGIN && wants_exit(s))
			return;
	}
}

/* ---- attaching ---- */

static size_t count_probes(const struct session *s)
{
	size_t n = 0;

	vec_each(p, &s->plan->programs)
		vec_each(a, &(*p)->attachments)
			n += !a->probe || !(a->probe->node->flags & NODE_OURS);
	return n;
}

static void tell_attached(struct session *s)
{
	s->out->ops->attached(s->out, count_probes(s));
	output_flush(s->out);
	if (s->options->notify) {
		puts(s->options->notify);
		fflush(stdout);
	}
}

/* A library's functions are everybody's: who follows children should know what that costs others. */
static void tell_of_libraries(struct session *s)
{
	vec_each(p, &s->plan->programs)
		vec_each(a, &(*p)->attachments)
			if (a->target->path && a->probe->provider != PROVIDER_ITER && strstr(a->target->path, ".so")) {
				say(s, "%s is in other processes, too: they are slowed by the breakpoints that the "
				    "children of -c need, which --alone leaves out", a->target->path);
				return;
			}
}

static void await_processes(struct session *s)
{
	struct buf why = {0};
	int err = live_names_followed(s->names, &why);

	if (why.len)
		say(s, "%s", buf_str(&why));
	buf_free(&why);
	if (err && s->options->verbose)
		say(s, "processes cannot be followed (%s): those that end before printing are not named",
		    strerror(-err));
	watch_names(s, EPOLL_CTL_ADD);
	watch_wanted(s, EPOLL_CTL_ADD);
}

static bool attach(struct session *s)
{
	const struct session_options *o = s->options;
	struct buf timing = {0};
	struct attach_options attach = {.pid = o->pid,
					.child = o->watched && o->watched->is_child ? o->watched->pid : 0,
					.diags = s->plan->script->diags,
					.family = s->plan->script->family,
					.timing = o->verbose ? &timing : NULL};
	unsigned slow;
	bool good;

	if (s->plan->script->uses_user_symbols)
		await_processes(s);
	if (s->plan->script->family && !o->quiet)
		tell_of_libraries(s);
	good = attach_plan(&s->attached, s->plan, &s->programs, &s->maps, &attach);
	uprobe_ahead_done(s->ahead);
	if (good && o->verbose) {
		unsigned ms = detach_estimate_ms(&s->attached, &slow);

		if (ms > 500)
			buf_printf(&timing, "detaching will take about %.1f s (%u perf tracepoints)\n", ms / 1000.0,
				   slow);
	}
	say_more(s, &timing);
	buf_free(&timing);
	if (!good)
		return false;
	accounting_begin(&s->accounting);
	tell_attached(s);
	return true;
}

/* What is no longer needed is given up; measuring in windows needs it again and again. */
static void drop_privileges(struct session *s)
{
	if (s->accounting.always && !s->plan->script->config.unsafe)
		privilege_drop(s->plan->features.kernel);
}

static bool release_child(struct session *s)
{
	struct buf why = {0};
	int err = 0;

	if (s->options->watched && s->options->watched->is_child)
		err = child_release(s->options->watched, &why);
	if (err)
		fail(s, "%s", buf_str(&why));
	buf_free(&why);
	return !err;
}

/* ---- the loop ---- */

static void on_signals(struct session *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM)
			s->ending = s->interrupted = true;
		else
			run_programs(s, PROVIDER_SELF, info.ssi_signo);
	}
}

static void on_notified(struct session *s)
{
	uint64_t count, address;
	ssize_t n = read(s->reader.notify_fd, &count, sizeof(count));

	(void)n;
	if (reader_wants_growth(&s->reader))
		grower_ask(&s->grower);
	while (reader_unwatch_next(&s->reader, &address))
		attached_unwatch(&s->attached, address);
	if (wants_exit(s))
		s->ending = true;
}

/* Regular work; ms until it is due again, -1: never. */
static int tick(struct session *s, uint64_t end, uint64_t *next)
{
	uint64_t now = now_ns();
	int ms = accounting_tick(&s->accounting, now);
	bool regular = s->options->max_cpu > 0 || live_names_fd(s->names) >= 0;
	double share;

	if (end && now >= end)
		s->ending = true;
	if (s->look_at && now >= s->look_at)
		watch_wanted(s, EPOLL_CTL_MOD);
	if (s->look_at)
		ms = ms < 0 ? LOOK_MS : MIN_OF(ms, LOOK_MS);
	if (s->soon)
		*next = MIN_OF(*next, now + SOON_MS * 1000000ull);
	s->soon = false;
	if (regular && now >= *next) {
		bool more = live_names_events(s->names, false);

		if (s->names_came && !more) {
			s->names_came = false;
			watch_names(s, EPOLL_CTL_MOD);
		}
		share = s->options->max_cpu > 0 ? accounting_cpu_share(&s->accounting, now) : -1;
		if (share > s->options->max_cpu && share >= 0) {
			say(s, "detached: probes and sonde took %.1f%% of a CPU over the last second, --max-cpu is %g",
			    share, s->options->max_cpu);
			s->ending = true;
		}
		*next = now + (more ? SOON_MS : TICK_MS) * 1000000ull;
	}
	if (regular) {
		int due = *next > now ? (*next - now) / 1000000 + 1 : 0;

		ms = ms < 0 ? due : MIN_OF(ms, due);
	}
	if (end && end > now) {
		int due = MIN_OF((end - now) / 1000000 + 1, (uint64_t)3600000);

		ms = ms < 0 ? due : MIN_OF(ms, due);
	}
	return ms;
}

static void dispatch(struct session *s, int fd)
{
	if (fd == s->signal_fd) {
		on_signals(s);
	} else if (fd == s->reader.notify_fd) {
		on_notified(s);
	} else if (s->options->watched && fd == s->options->watched->pidfd) {
		s->ending |= watched_ended(s->options->watched);
	} else if (fd == packets_fd(s->packets)) {
		packets_read(s->packets, s->out->messages);
	} else if (fd == live_names_wanted_fd(s->names)) {
		live_names_answer(s->names);
		s->look_at = now_ns() + LOOK_MS * 1000000ull;
	} else {
		s->names_came = s->soon = true;
	}
}

/* The walks of iterators, one after the other; what they hold is given back. */
static void iterate(struct session *s)
{
	struct buf why = {0};

	if (attached_iterate(&s->attached, &why))
		say(s, "%s", buf_str(&why));
	buf_free(&why);
	vec_each(p, &s->plan->programs)
		if ((*p)->carrier == CARRIER_ITER && (*p)->attachments.v[0].target->path)
			say(s, "%s is pinned: read %s", (*p)->attachments.v[0].target->name,
			    (*p)->attachments.v[0].target->path);
}

static bool nothing_to_wait_for(const struct session *s)
{
	bool walked = false;

	vec_each(link, &s->attached.links)
		if (link->fd >= 0)
			return false;
	vec_each(p, &s->plan->programs)
		walked |= (*p)->carrier == CARRIER_ITER;
	/* a process that iterators were pointed at need not end first */
	if (s->options->watched && (!walked || s->options->watched->is_child))
		return false;
	vec_each(p, &s->plan->programs)
		vec_each(a, &(*p)->attachments)
			if (a->target->provider == PROVIDER_SELF)
				return false;
	return true;
}

static void loop(struct session *s)
{
	uint64_t end = s->options->duration > 0 ? now_ns() + (uint64_t)(s->options->duration * 1e9) : 0, next = 0;
	struct epoll_event events[8];

	if (nothing_to_wait_for(s))
		return;
	while (!s->ending) {
		int ms = tick(s, end, &next), n;

		if (s->ending)
			break;
		n = epoll_wait(s->epoll_fd, events, ARRAY_SIZE(events), ms);
		for (int i = 0; i < n; i++)
			dispatch(s, events[i].data.fd);
	}
}

/* ---- ending ---- */

static void first_time(int signal)
{
	(void)signal;
}

/*
 * From here on a second ^C does what it does to any program. Where it is the first one (the
 * command that it was meant for, too, has ended; what is printed came to its end by itself)
 * it changes nothing: the results are on their way.
 */
static void give_signals_back(struct session *s)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t pipe;

	if (!s->signals_blocked)
		return;
	on_signals(s);
	if (!s->interrupted)
		action = (struct sigaction){.sa_handler = first_time, .sa_flags = SA_RESETHAND | SA_RESTART};
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	sigprocmask(SIG_BLOCK, &pipe, NULL);
}

static void print_maps(struct session *s)
{
	struct map **maps = xreallocarray(NULL, MAX_OF(s->plan->script->maps.n, (size_t)1), sizeof(*maps));
	size_t n = s->plan->script->maps.n;
	bool first = !s->out->dropin;

	memcpy(maps, s->plan->script->maps.v, n * sizeof(*maps));
	for (size_t i = 1; i < n; i++) /* by name */
		for (size_t j = i; j > 0 && strcmp(maps[j - 1]->name, maps[j]->name) > 0; j--) {
			struct map *other = maps[j];

			maps[j] = maps[j - 1];
			maps[j - 1] = other;
		}
	for (size_t i = 0; i < n; i++)
		if (!maps[i]->hidden && actor_print_map_at_end(&s->actor, maps[i], first))
			first = false;
	free(maps);
}

/* What the kernel accounts for our maps; where it does not say, what was estimated. */
static uint64_t maps_memory(const struct session *s)
{
	uint64_t bytes = 0;

	vec_each(m, &s->maps.list) {
		int fd = m->inner_fd >= 0 ? m->inner_fd : m->fd;
		uint64_t accounted = fd >= 0 ? kernel_map_accounted(fd) : 0;

		bytes += accounted ? accounted : m->bytes;
	}
	return bytes;
}

static void report(struct session *s)
{
	uint64_t counts[LOSS_COUNT] = {0};
	struct loss_line lines[LOSS_COUNT];
	struct buf text = {0};
	struct cost cost;
	const char *full;

	for (unsigned i = 0; i < LOSS_KERNEL_COUNT; i++)
		counts[i] = __atomic_load_n(&s->maps.control->loss[i], __ATOMIC_RELAXED);
	counts[LOSS_SPOOL_FULL] = spool_dropped(s->spool);
	if (s->accounting.plan) { /* not when begin asked for the end: nothing was attached */
		counts[LOSS_PROGRAM_SKIPPED] = accounting_misses(&s->accounting);
		counts[LOSS_SAMPLE_SKIPPED] = accounting_samples_skipped(&s->accounting);
	}
	counts[LOSS_BAD_RECORD] = s->reader.bad_records + s->reader.ring.bad + s->actor.bad_records +
				   packets_bad(s->packets);
	counts[LOSS_MMAP_EVENTS] = live_names_events_lost(s->names);
	while ((full = aggregates_at_ceiling(s->aggregates)))
		say(s, "@%s reached the ceiling of --max-map-mem", full);
	s->out->ops->losses(s->out, lines, loss_lines(counts, lines));
	if (s->accounting.plan) {
		accounting_cost(&s->accounting, s->maps_bytes, &cost);
		s->out->ops->cost(s->out, &cost);
		free((void *)cost.probes);
	}
	if (s->options->verbose) {
		live_names_report(s->names, &text);
		say_more(s, &text);
	}
	buf_free(&text);
}

/* Detached first: the machine is left alone before anything is printed. */
static void finish(struct session *s)
{
	thread_calm(s->options->calm);
	give_signals_back(s);
	accounting_end(&s->accounting);
	detach(&s->attached);
	grower_stop(&s->grower);
	if (s->reader.running)
		reader_stop(&s->reader);
	live_names_events(s->names, true);
	packets_read(s->packets, s->out->messages);
	__atomic_store_n(&s->maps.control->stopping, 0, __ATOMIC_SEQ_CST);
	run_programs(s, PROVIDER_END, 0);
	aggregates_at_rest(s->aggregates);
	reader_drain(&s->reader);
	spool_close(s->spool);
	if (s->printer.running)
		printer_join(&s->printer);
	else
		printer_run(&s->printer);
	if (s->printer.failed)
		return;
	if (s->out->dropin)
		s->out->ops->end(s->out); /* there, whether maps follow or not */
	if (s->plan->script->config.print_maps_on_exit)
		print_maps(s);
	s->maps_bytes = maps_memory(s);
	report(s);
	output_flush(s->out);
}

static void restore_mask(struct session *s)
{
	sigset_t pipe;

	if (!s->signals_blocked)
		return;
	/* A write that failed was enough; the signal must not end the process now. */
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	while (sigtimedwait(&pipe, NULL, &(struct timespec){0}) == SIGPIPE)
		;
	sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
}

/* Also of a session that began only. */
static void close_all(struct session *s)
{
	detach(&s->attached);
	grower_stop(&s->grower);
	if (s->accounting.plan)
		accounting_close(&s->accounting);
	reader_close(&s->reader);
	if (s->printer.running) {
		spool_close(s->spool);
		printer_join(&s->printer);
	}
	actor_free(&s->actor);
	packets_close(s->packets);
	aggregates_free(s->aggregates);
	if (s->out)
		s->out->names = NULL;
	live_names_free(s->names);
	spool_free(s->spool);
	sys_close(&s->signal_fd);
	sys_close(&s->epoll_fd);
	programs_free(&s->programs);
	uprobe_ahead_end(s->ahead);
	kernel_maps_free(&s->maps);
	buf_free(&s->maps_why);
	restore_mask(s);
	free(s);
}

void session_drop(struct session *s)
{
	if (!s)
		return;
	await_beginner(s);
	close_all(s);
}

/* begin has run, and nothing asked for the end. False: it cannot go on. */
static bool trace(struct session *s)
{
	int err = reader_start(&s->reader);

	if (!err)
		err = grower_start(&s->grower);
	if (!err && !attach(s))
		return false;
	thread_calm(s->options->calm);
	/* Not before "attached" was said: from here on the output is the printer's. */
	if (!err)
		err = printer_start(&s->printer);
	if (err) {
		fail(s, "a thread cannot be made: %s", strerror(-err));
		return false;
	}
	/* A stack of a process that nobody has looked at yet is cut short: that cannot wait for its turn. */
	if (live_names_unwinds(s->names))
		thread_hurry_now();
	drop_privileges(s);
	if (!release_child(s))
		return false;
	iterate(s);
	loop(s);
	return true;
}

/* The script's tests or benchmarks, instead of tracing. True: all went well. */
static bool try_script(struct session *s)
{
	struct trial t = {.plan = s->plan, .attached = &s->attached, .reader = &s->reader, .printer = &s->printer,
			  .out = s->out};

	return s->plan->script->config.mode == RUN_TEST ? trial_tests(&t) : trial_benchmarks(&t);
}

/* --dry-run: all is loaded; under bpftrace's name also attached, and let go at once. */
static bool try_attaching(struct session *s)
{
	struct attach_options attach = {.pid = s->options->pid, .diags = s->plan->script->diags};

	if (!s->out->dropin)
		return true;
	s->attached = (struct attached){.plan = s->plan, .programs = &s->programs, .control = s->maps.control};
	return attach_plan(&s->attached, s->plan, &s->programs, &s->maps, &attach);
}

int session_run(struct session *s, struct output *output)
{
	const struct session_options *options = s->options;
	int status = output->dropin ? 255 : 1; /* as bpftrace, when it cannot begin */
	bool loaded;

	s->out = output;
	loaded = load(s);
	if (loaded && !options->dry_run && !s->programs.list.n)
		fail(s, "this kernel and this machine have none of what the script's probes name");
	if (loaded && options->dry_run) {
		if (try_attaching(s))
			status = 0;
	} else if (loaded && open_packets(s) && s->programs.list.n && open_reading(s) == 0) {
		/* before begin, which may use it */
		tell_clocks(s->maps.control);
		s->attached = (struct attached){.plan = s->plan, .programs = &s->programs, .control = s->maps.control};
		run_programs(s, PROVIDER_BEGIN, 0);
		if (wants_exit(s) && s->out->dropin)
			tell_attached(s); /* as bpftrace, which attaches even then */
		if (!wants_exit(s) && s->plan->script->config.mode != RUN_NORMAL) {
			thread_calm(options->calm);
			status = !try_script(s);
			finish(s);
		} else if (wants_exit(s) || trace(s)) {
			finish(s);
			status = s->reader.exit_seen ? (int)(s->reader.exit_code & 0xff) : 0;
		}
	}
	close_all(s);
	return status;
}
