/*
 * kprobe_attach.c - kprobes and kretprobes, attached:
 *
 *   one perf event of the kprobe PMU a place (4.17), or
 *   one multi link over all functions of a program, however many (5.18, CONFIG_FPROBE), or
 *   one session over them, entry and return (6.10)
 *
 * The kernel refuses functions that its own tracing needs, and a multi link as a whole when it
 * does not know one of the names. A function that was named is an error then; functions that a
 * wildcard matched are left out, found by halving.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "kern/link.h"
#include "kern/perf.h"
#include "kern/probe/probe.h"
#include "kern/sys.h"
#include "lang/ast.h"

enum { KERNEL_ENOTSUPP = 524 }; /* the kernel's own, without a name in user space */

static bool is_bad_place(int err)
{
	return err == -EINVAL || err == -ENOENT || err == -ESRCH || err == -KERNEL_ENOTSUPP ||
	       err == -EOPNOTSUPP || err == -EADDRNOTAVAIL || err == -EILSEQ;
}

static int kprobe_failed(struct attach_job *job, const struct attachment *a, int err)
{
	const struct target *t = a->target;

	if (err == -EADDRNOTAVAIL) {
		buf_printf(job->why, "the kernel has several functions called %s", t->symbol);
		job->hint = "probe one of them by its address";
	} else if (err == -EILSEQ) {
		buf_printf(job->why, "offset %" PRIu64 " of %s is inside an instruction", t->file_offset, t->symbol);
	} else if (err == -EINVAL || err == -KERNEL_ENOTSUPP) {
		buf_puts(job->why, "the kernel does not let this place be probed (its own tracing runs there)");
	} else if (err == -ENOENT || err == -ESRCH) {
		buf_puts(job->why, "the kernel finds no such function to probe");
	}
	return probe_attach_failed(job, a, err, "a kprobe");
}

/* ---- one event a place ---- */

static int open_event(const struct attach_job *job, const struct target *t, struct perf_target where)
{
	struct perf_probe_spec spec = {.offset = t->file_offset, .is_return = job->program->is_return};
	struct buf name = {0};
	int fd;

	if (t->symbol) {
		buf_printf(&name, "%s%s%s", t->category ? t->category : "", t->category ? ":" : "", t->symbol);
		spec.path = buf_str(&name);
	} else {
		spec.offset = t->address;
	}
	fd = perf_open_kprobe(&spec, where);
	buf_free(&name);
	return fd;
}

static int attach_each(struct attach_job *job)
{
	/* The program runs on every CPU, whichever the event was opened on. */
	const struct perf_target where = {.pid = -1, .cpu = job->cpus[0]};
	size_t n = job->program->attachments.n;

	vec_each(a, &job->program->attachments) {
		int fd = open_event(job, a->target, where);
		int err = fd < 0 ? fd : probe_attach_event(job, fd, (struct link){.wait = LINK_SERIAL}, a->cookie);

		if (err && is_bad_place(err) && n > 1 && probe_is_wild(a))
			probe_skip(job, a);
		else if (err)
			return kprobe_failed(job, a, err);
	}
	return n && job->skipped == n ? kprobe_failed(job, &job->program->attachments.v[0], -EINVAL) : 0;
}

/* ---- multi links ---- */

struct group {
	struct attach_job *job;
	const struct attachment **places;
	const char **symbols;
	uint64_t *addresses, *cookies;
	bool by_address; /* what is being attached now: functions of modules */
};

static int link_range(void *ctx, size_t from, size_t to)
{
	const struct group *g = ctx;
	struct kprobe_multi_spec spec = {
		.symbols = g->by_address ? NULL : g->symbols + from,
		.addresses = g->by_address ? g->addresses + from : NULL,
		.cookies = g->cookies + from,
		.count = to - from,
		.is_return = g->job->program->is_return,
		.is_session = g->job->program->carrier == CARRIER_KPROBE_SESSION,
	};

	return link_kprobe_multi(g->job->prog_fd, &spec);
}

/* A link is of names or of addresses: first those known by name, then the others. */
static int attach_multi(struct attach_job *job)
{
	/* a session's second half is the returns from its first */
	const size_t n = job->program->attachments.n / (job->program->carrier == CARRIER_KPROBE_SESSION ? 2 : 1);
	struct group g = {.job = job};
	size_t named = 0, last = n;

	g.places = xreallocarray(NULL, MAX_OF(n, 1), sizeof(*g.places));
	g.symbols = xreallocarray(NULL, MAX_OF(n, 1), sizeof(*g.symbols));
	g.addresses = xreallocarray(NULL, MAX_OF(n, 1), 2 * sizeof(*g.addresses));
	g.cookies = g.addresses + n;
	for (const struct attachment *a = job->program->attachments.v; a < job->program->attachments.v + n; a++) {
		size_t i = a->target->address ? --last : named++;

		g.places[i] = a;
		g.symbols[i] = a->target->symbol;
		g.addresses[i] = a->target->address;
		g.cookies[i] = a->cookie;
	}
	struct place_links links = {job, g.places, link_range, is_bad_place, kprobe_failed, &g};
	int err = named ? probe_link_places(&links, 0, named) : 0;
	g.by_address = true;
	if (!err && named < n)
		err = probe_link_places(&links, named, n);
	if (!err && n && job->skipped == n)
		err = kprobe_failed(job, g.places[0], -EINVAL);
	free(g.places);
	free(g.symbols);
	free(g.addresses);
	return err;
}

int probe_attach_kprobe(struct attach_job *job)
{
	return job->program->carrier == CARRIER_KPROBE ? attach_each(job) : attach_multi(job);
}
