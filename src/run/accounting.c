/* accounting.c - see accounting.h. */
#include "run/accounting.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "kern/perf.h"
#include "kern/prog.h"
#include "kern/sys.h"

#define MS 1000000ull
/*
 * The first window opens at once, so that short sessions are measured as well; the others are
 * shorter and farther and farther apart. Opening and closing one takes 0.3 ms.
 */
enum { FIRST_WINDOW_MS = 20, WINDOW_MS = 5, FIRST_GAP_MS = 50, LAST_GAP_MS = 5000 };

static uint64_t self_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Programs whose runs are compared with the periods that have elapsed. */
static bool is_sampling(const struct program *p)
{
	return p->carrier == CARRIER_PERF_EVENT && p->attachments.n &&
	       provider_samples(p->attachments.v[0].target->provider);
}

/* The programs' run counts and times now. */
static void each_stats(struct accounting *acc, void (*each)(struct program_account *a, const struct prog_stats *stats))
{
	struct prog_stats stats;

	for (size_t i = 0; i < acc->plan->programs.n && i < acc->programs->list.n; i++)
		if (!prog_stats(acc->programs->list.v[i].fd, &stats))
			each(&acc->accounts[i], &stats);
}

static void note_first(struct program_account *a, const struct prog_stats *stats)
{
	a->first_runs = stats->run_count;
	a->first_ns = stats->run_time_ns;
}

static void add_window(struct program_account *a, const struct prog_stats *stats)
{
	a->runs += stats->run_count - a->first_runs;
	a->ns += stats->run_time_ns - a->first_ns;
	a->misses = stats->recursion_misses;
}

static void window_open(struct accounting *acc)
{
	acc->stats_fd = stats_enable();
	each_stats(acc, note_first);
	acc->window_begun = now_ns();
}

static void window_close(struct accounting *acc)
{
	if (acc->stats_fd < 0)
		return;
	acc->measured += now_ns() - acc->window_begun;
	each_stats(acc, add_window);
	sys_close(&acc->stats_fd);
}

void accounting_open(struct accounting *acc, const struct plan *plan,
		     const struct loaded_programs *programs, const struct attached *attached, bool always)
{
	*acc = (struct accounting){.plan = plan, .programs = programs, .attached = attached,
				   .always = always, .stats_fd = -1};
	acc->accounts = xcalloc(MAX_OF(plan->programs.n, (size_t)1), sizeof(*acc->accounts));
	vec_each(p, &plan->programs)
		acc->always |= is_sampling(*p);
	if (acc->always)
		window_open(acc);
}

void accounting_close(struct accounting *acc)
{
	if (acc->plan && acc->stats_fd >= 0)
		sys_close(&acc->stats_fd);
	free(acc->accounts);
	*acc = (struct accounting){.stats_fd = -1};
}

void accounting_begin(struct accounting *acc)
{
	acc->begun = acc->window_begun = now_ns();
	acc->gap = FIRST_GAP_MS * MS;
	acc->window = FIRST_WINDOW_MS * MS;
	acc->next_window = acc->begun;
}

int accounting_tick(struct accounting *acc, uint64_t now)
{
	uint64_t due;

	if (!acc->begun || acc->ended || acc->always)
		return -1;
	if (acc->stats_fd >= 0 && now >= acc->window_begun + acc->window) {
		window_close(acc);
		acc->window = WINDOW_MS * MS;
		acc->next_window = now + acc->gap;
		acc->gap = MIN_OF(acc->gap / 4 * 5, LAST_GAP_MS * MS);
	} else if (acc->stats_fd < 0 && now >= acc->next_window) {
		window_open(acc);
		if (acc->stats_fd < 0) { /* not permitted: it will not be later */
			acc->next_window = UINT64_MAX;
			return -1;
		}
	}
	due = acc->stats_fd >= 0 ? acc->window_begun + acc->window : acc->next_window;
	if (due == UINT64_MAX)
		return -1;
	return due > now ? (int)((due - now) / MS) + 1 : 0;
}

static void note_misses(struct program_account *a, const struct prog_stats *stats)
{
	a->misses = stats->recursion_misses;
}

/* Periods that have elapsed and runs there were, since the events were opened. */
static void compare_samples(struct accounting *acc)
{
	for (size_t i = 0; i < acc->plan->programs.n; i++) {
		struct program_account *a = &acc->accounts[i];
		uint64_t periods;

		if (!is_sampling(acc->plan->programs.v[i]) || !acc->measured)
			continue;
		periods = attached_periods(acc->attached, i);
		a->samples_skipped = periods > a->runs ? periods - a->runs : 0;
	}
}

void accounting_end(struct accounting *acc)
{
	if (acc->ended)
		return;
	acc->ended = now_ns();
	/* Switched off first, so that both numbers stand still. */
	vec_each(l, &acc->attached->links)
		if (is_sampling(acc->plan->programs.v[l->program]))
			perf_disable(l->event_fd >= 0 ? l->event_fd : l->fd); /* before 5.15 there is no link */
	window_close(acc);
	each_stats(acc, note_misses);
	compare_samples(acc);
}

double accounting_cpu_share(struct accounting *acc, uint64_t now)
{
	struct cpu_mark mark = {.at = now, .used = self_cpu_ns()}, *first = &acc->marks[0];
	double share = -1;

	for (size_t i = 0; i < acc->programs->list.n; i++) {
		struct prog_stats stats;

		if (!prog_stats(acc->programs->list.v[i].fd, &stats))
			mark.used += stats.run_time_ns;
	}
	if (acc->nmarks && now - first->at >= 1000 * MS)
		share = 100.0 * (mark.used - first->used) / (now - first->at);
	if (acc->nmarks == ARRAY_SIZE(acc->marks)) {
		memmove(acc->marks, acc->marks + 1, sizeof(acc->marks) - sizeof(acc->marks[0]));
		acc->nmarks--;
	}
	acc->marks[acc->nmarks++] = mark;
	return share;
}

uint64_t accounting_misses(const struct accounting *acc)
{
	uint64_t n = 0;

	for (size_t i = 0; i < acc->plan->programs.n; i++)
		n += acc->accounts[i].misses;
	return n;
}

uint64_t accounting_samples_skipped(const struct accounting *acc)
{
	uint64_t n = 0;

	for (size_t i = 0; i < acc->plan->programs.n; i++)
		n += acc->accounts[i].samples_skipped;
	return n;
}

static int by_time(const void *a_, const void *b_)
{
	const struct probe_cost *a = a_, *b = b_;

	return a->ns == b->ns ? 0 : a->ns > b->ns ? -1 : 1;
}

static uint64_t scaled(uint64_t n, double by)
{
	return by > 1 ? (uint64_t)(n * by + 0.5) : n;
}

void accounting_cost(const struct accounting *acc, uint64_t maps_bytes, struct cost *cost)
{
	uint64_t elapsed = acc->begun && acc->ended ? acc->ended - acc->begun : 0;
	double scale = acc->measured ? (double)elapsed / acc->measured : 1;
	struct probe_cost *probes = xcalloc(MAX_OF(acc->plan->programs.n, (size_t)1), sizeof(*probes));
	struct rusage usage;
	size_t n = 0;

	*cost = (struct cost){.seconds = elapsed / 1e9, .probes = probes, .maps_kb = maps_bytes / 1024,
			      .run_time_known = acc->measured > 0,
			      .estimated = acc->measured && !acc->always};
	for (size_t i = 0; i < acc->plan->programs.n; i++) {
		const struct program *p = acc->plan->programs.v[i];

		if (p->carrier == CARRIER_RUN || !p->attachments.n)
			continue;
		probes[n++] = (struct probe_cost){
			.name = p->attachments.v[0].target->name,
			.more = p->attachments.n - 1,
			.runs = scaled(acc->accounts[i].runs, acc->always ? 1 : scale),
			.ns = scaled(acc->accounts[i].ns, acc->always ? 1 : scale),
		};
	}
	qsort(probes, n, sizeof(*probes), by_time);
	cost->nprobes = n;
	getrusage(RUSAGE_SELF, &usage);
	cost->self_peak_kb = usage.ru_maxrss;
	cost->self_cpu_seconds = self_cpu_ns() / 1e9;
}

size_t loss_lines(const uint64_t counts[LOSS_COUNT], struct loss_line out[LOSS_COUNT])
{
	size_t n = 0;

	for (unsigned i = 0; i < LOSS_COUNT; i++)
		if (counts[i])
			out[n++] = (struct loss_line){loss_name(i), loss_text(i), counts[i]};
	return n;
}
