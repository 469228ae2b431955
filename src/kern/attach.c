/* attach.c - see attach.h. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "kern/aside.h"
#include "kern/attach.h"
#include "kern/map.h"
#include "kern/perf.h"
#include "kern/prog.h"
#include "kern/sys.h"

enum { CPUS_MAX = 4096, CLOSERS_MAX = 256, CLOSER_STACK = 65536 };
enum { MISSING_ERROR, MISSING_WARN, MISSING_IGNORE }; /* config.missing_probes */

/* Each link is a descriptor or two; the limit most shells set is far below what we may have. */
static void descriptors_allow(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static struct span attachment_span(const struct program *program, const struct attachment *failed)
{
	const struct probe *probe = failed ? failed->probe : NULL;

	if (!probe && program->attachments.n)
		probe = program->attachments.v[0].probe;
	if (!probe && program->probes.n)
		probe = program->probes.v[0];
	return probe && probe->node ? probe->node->span : (struct span){0};
}

static void report(const struct attach_job *job, const struct attach_options *options)
{
	const struct program *p = job->program;
	const struct attachment *at = job->failed;
	const char *name = at && at->target ? at->target->name : p->event ? p->event : p->name;

	diag_add(options->diags, DIAG_HOOK_MISSING, attachment_span(p, at),
		 "cannot attach to %s: %s", name, buf_str(job->why));
	if (job->hint)
		diag_hint(options->diags, "%s", job->hint);
}

static bool is_uprobe(const struct program *p)
{
	return p->carrier == CARRIER_UPROBE || p->carrier == CARRIER_UPROBE_MULTI;
}

/*
 * The order to attach in: uprobes first, so that nothing else is there yet to see the process
 * that attaches them, the last one first; then the plan's.
 */
static uint32_t *attach_order(const struct plan *plan)
{
	size_t n = plan->programs.n, at = 0;
	uint32_t *order = xreallocarray(NULL, MAX_OF(n, 1), sizeof(*order));

	for (size_t i = n; i-- > 0;)
		if (is_uprobe(plan->programs.v[i]))
			order[at++] = i;
	for (size_t i = 0; i < n; i++)
		if (!is_uprobe(plan->programs.v[i]))
			order[at++] = i;
	return order;
}

static int attach_aside(void *job)
{
	return probe_attach(job);
}

/* Places that a wildcard matched and that cannot be attached to: the rest is, and it is said. */
static void report_skipped(const struct attach_job *job, const struct attach_options *options)
{
	if (!job->skipped)
		return;
	diag_add(options->diags, DIAG_PARTLY_ATTACHED, attachment_span(job->program, job->skipped_at),
		 "%u of %zu functions cannot carry a %s (as %s) and are left out", job->skipped,
		 job->program->attachments.n, is_uprobe(job->program) ? "uprobe" : "probe",
		 job->skipped_at->target->name);
}

static bool missing_is_fine(const struct plan *plan, int err)
{
	if (!plan->script || plan->script->config.missing_probes == MISSING_ERROR)
		return false;
	return err == -ENOENT || err == -EOPNOTSUPP || err == -EINVAL;
}

static bool attach_one(struct attached *a, struct attach_job *job,
		       const struct attach_options *options)
{
	uint64_t start = now_ns();
	size_t before = a->links.n;

	buf_reset(job->why);
	job->hint = NULL;
	job->failed = job->skipped_at = NULL;
	job->skipped = 0;
	int err = is_uprobe(job->program) ? aside(attach_aside, job) : probe_attach(job);
	if (options->timing && job->program->carrier != CARRIER_RUN)
		buf_printf(options->timing, "attach %-16s %-16s %5zu places, %.2f ms\n",
			   job->program->name, carrier_name(job->program->carrier),
			   job->program->attachments.n, (now_ns() - start) / 1e6);
	if (!err) {
		report_skipped(job, options);
		return true;
	}
	if (!missing_is_fine(a->plan, err)) {
		report(job, options);
		return false;
	}
	for (; a->links.n > before; a->links.n--) {
		sys_close(&vec_last(&a->links).fd);
		sys_close(&vec_last(&a->links).event_fd);
	}
	return true;
}

bool attach_plan(struct attached *a, const struct plan *plan,
		 const struct loaded_programs *programs, const struct kernel_maps *maps,
		 const struct attach_options *options)
{
	static unsigned cpus[CPUS_MAX];
	struct buf why = {0};
	uint64_t start = now_ns();
	bool ok = true;

	*a = (struct attached){.plan = plan, .programs = programs, .control = maps->control};
	descriptors_allow();
	int ncpus = cpus_online(cpus, CPUS_MAX);
	if (ncpus <= 0) {
		diag_add(options->diags, DIAG_HOOK_MISSING, (struct span){0},
			 "the list of online CPUs cannot be read: %s", strerror(-ncpus));
		return false;
	}
	struct attach_job job = {
		.plan = plan,
		.pid = options->pid,
		.uprobe_pid = options->pid > 0 ? options->pid : options->family ? 0 : options->child,
		.cpid = options->child,
		.cpus = cpus,
		.ncpus = MIN_OF(ncpus, CPUS_MAX),
		.links = &a->links,
		.why = &why,
	};
	uint32_t *order = attach_order(plan);
	for (size_t i = 0; ok && i < plan->programs.n; i++) {
		job.number = order[i];
		job.program = plan->programs.v[order[i]];
		job.prog_fd = programs->list.v[order[i]].fd;
		ok = attach_one(a, &job, options);
	}
	free(order);
	buf_free(&why);
	a->attach_ns = now_ns() - start;
	if (!ok)
		detach(a);
	return ok;
}

/* ---- detaching ---- */

static void link_close(struct link *l)
{
	sys_close(&l->fd);
	sys_close(&l->event_fd);
}

struct closing { /* links of one kind, shared out among threads */
	struct attached *a;
	enum link_wait wait;
	size_t next; /* counted down: what was attached over something leaves before it */
};

static int close_some(void *arg)
{
	struct closing *c = arg;

	for (;;) {
		size_t i = __atomic_fetch_sub(&c->next, 1, __ATOMIC_RELAXED);
		if (i == 0 || i > c->a->links.n)
			return 0;
		if (c->a->links.v[i - 1].wait == c->wait)
			link_close(&c->a->links.v[i - 1]);
	}
}

static void *close_in_thread(void *closing)
{
	aside(close_some, closing);
	return NULL;
}

static unsigned links_count(const struct attached *a, enum link_wait wait)
{
	unsigned n = 0;

	vec_each(l, &a->links)
		n += l->wait == wait;
	return n;
}

/* Waiting side by side is what the threads are for; one that cannot be made is not missed. */
static void links_close(struct attached *a, enum link_wait wait, unsigned threads_max)
{
	struct closing c = {.a = a, .wait = wait, .next = a->links.n};
	pthread_t threads[CLOSERS_MAX];
	unsigned count = links_count(a, wait), started = 0;
	pthread_attr_t small;

	if (!count)
		return;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, CLOSER_STACK);
	threads_max = MIN_OF(threads_max, MIN_OF(count, CLOSERS_MAX));
	while (started + 1 < threads_max &&
	       pthread_create(&threads[started], &small, close_in_thread, &c) == 0)
		started++;
	if (wait == LINK_FAST)
		close_some(&c);
	else
		aside(close_some, &c);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_attr_destroy(&small);
}

void detach(struct attached *a)
{
	if (a->control)
		__atomic_store_n(&a->control->stopping, 1, __ATOMIC_SEQ_CST);
	links_close(a, LINK_FAST, 1);
	links_close(a, LINK_WAITS, CLOSERS_MAX);
	/* The kernel's lock leaves little to win: 10 tracepoints 470 ms alone, 380 with 4 threads. */
	links_close(a, LINK_SERIAL, 4);
	vec_free(&a->links);
	a->control = NULL;
}

unsigned detach_estimate_ms(const struct attached *a, unsigned *through_perf)
{
	unsigned serial = links_count(a, LINK_SERIAL), waits = links_count(a, LINK_WAITS);

	if (through_perf)
		*through_perf = serial;
	return serial * PERF_DETACH_MS + (waits + CLOSERS_MAX - 1) / CLOSERS_MAX * GRACE_PERIOD_MS +
	       links_count(a, LINK_FAST) / 4;
}

int attached_run(const struct attached *a, uint32_t program, uint32_t *retval)
{
	uint64_t args[12] = {0};

	BUG_ON(program >= a->programs->list.n ||
	       a->plan->programs.v[program]->carrier != CARRIER_RUN);
	return prog_test_run(a->programs->list.v[program].fd, args, sizeof(args), -1, retval);
}

void attached_unwatch(struct attached *a, uint64_t address)
{
	vec_each(l, &a->links) {
		const struct program *p = a->plan->programs.v[l->program];

		if (p->attachments.n && p->attachments.v[0].target->provider == PROVIDER_WATCHPOINT &&
		    p->attachments.v[0].target->address == address)
			link_close(l);
	}
}

int attached_iterate(struct attached *a, struct buf *why)
{
	int first = 0;

	vec_each(l, &a->links) {
		const struct program *p = a->plan->programs.v[l->program];
		int err;

		if (p->carrier != CARRIER_ITER || l->fd < 0)
			continue;
		err = p->attachments.v[0].target->path ? 0 : probe_iter_run(l->fd);
		if (err && !first) {
			first = err;
			buf_printf(why, "the walk of %s ended early: %s", p->attachments.v[0].target->name,
				   strerror(-err));
		}
		link_close(l);
	}
	return first;
}

uint64_t attached_periods(const struct attached *a, uint32_t program)
{
	struct perf_reading elapsed;
	uint64_t periods = 0;

	vec_each(l, &a->links) {
		int fd = l->event_fd >= 0 ? l->event_fd : l->fd;
		if (l->program == program && l->period && perf_read(fd, &elapsed) == 0)
			periods += (l->is_clock ? elapsed.time_running : elapsed.count) / l->period;
	}
	return periods;
}
