/*
 * uprobe_attach.c - uprobes and uretprobes, attached:
 *
 *   one perf event of the uprobe PMU a place (4.17), or
 *   one multi link over all places of one file (6.6), however many
 *
 * The kernel refuses places whose instruction it cannot execute elsewhere (lock prefixes,
 * some vector instructions); a multi link it then refuses as a whole, without a word which
 * place it was. A place that was named is an error then; places that a wildcard matched are
 * left out: the likely ones are set apart beforehand, others found by halving.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "kern/link.h"
#include "kern/perf.h"
#include "kern/probe/uprobe_int.h"
#include "kern/sys.h"
#include "lang/ast.h"

enum { KERNEL_ENOTSUPP = 524 }; /* the kernel's own, without a name in user space */

static bool is_bad_place(int err)
{
	return err == -KERNEL_ENOTSUPP || err == -EINVAL || err == -EOPNOTSUPP;
}

static int uprobe_failed(struct attach_job *job, const struct attachment *a, int err)
{
	const struct target *t = a->target;

	if (is_bad_place(err))
		buf_printf(job->why, "the kernel cannot put a uprobe on the instruction there (file "
				     "offset 0x%" PRIx64 ")", t->file_offset);
	else if (err == -ENOENT)
		buf_printf(job->why, "%s is gone, or this kernel was built without uprobes", t->path);
	else if (err == -EIO)
		buf_printf(job->why, "%s lies on a file system that uprobes do not work on", t->path);
	return probe_attach_failed(job, a, err, "a uprobe");
}

/* ---- one event a place ---- */

static int attach_each(struct attach_job *job)
{
	const struct perf_target where = job->uprobe_pid > 0 ?
		(struct perf_target){.pid = job->uprobe_pid, .cpu = -1} :
		(struct perf_target){.pid = -1, .cpu = job->cpus[0]};

	vec_each(a, &job->program->attachments) {
		struct perf_probe_spec spec = {
			.path = a->target->path,
			.offset = a->target->file_offset,
			.ref_ctr_offset = a->target->ref_counter,
			.is_return = job->program->is_return,
		};
		struct link link = {.wait = LINK_SERIAL};
		int fd = perf_open_uprobe(&spec, where);
		int err = fd < 0 ? fd : probe_attach_event(job, fd, link, a->cookie);
		if (err && is_bad_place(err) && probe_is_wild(a))
			probe_skip(job, a);
		else if (err)
			return uprobe_failed(job, a, err);
	}
	return 0;
}

/* ---- multi links ---- */

struct group { /* places of one file */
	struct attach_job *job;
	const struct attachment **places;
	uint64_t *offsets, *cookies, *ref_counters;
	size_t count;
};

static int link_range(void *ctx, size_t from, size_t to)
{
	const struct group *g = ctx;
	bool counted = false;

	for (size_t i = from; i < to; i++) {
		g->ref_counters[i] = g->places[i]->target->ref_counter;
		counted |= g->ref_counters[i] != 0;
		g->offsets[i] = g->places[i]->target->file_offset;
		g->cookies[i] = g->places[i]->cookie;
	}
	struct uprobe_multi_spec spec = {
		.path = g->places[from]->target->path,
		.offsets = g->offsets + from,
		.cookies = g->cookies + from,
		.ref_ctr_offsets = counted ? g->ref_counters + from : NULL,
		.count = to - from,
		.is_return = g->job->program->is_return,
		.pid = MAX_OF(g->job->uprobe_pid, 0),
	};

	return link_uprobe_multi(g->job->prog_fd, &spec);
}

size_t code_window_read(struct code_window *w, uint64_t offset, unsigned char *out, size_t n)
{
	ssize_t got;

	if (w->fd < 0 || n > sizeof(w->bytes))
		return 0;
	if (offset < w->at || offset - w->at > w->len || n > w->len - (offset - w->at)) {
		got = pread(w->fd, w->bytes, sizeof(w->bytes), offset);
		w->at = offset;
		w->len = got > 0 ? got : 0;
	}
	n = MIN_OF(n, w->len - (offset - w->at));
	memcpy(out, w->bytes + (offset - w->at), n);
	return n;
}

/*
 * First bytes that the kernel mostly refuses (arch/x86/kernel/uprobes.c: is_prefix_bad and
 * the opcode tables): segment and lock prefixes; VEX and EVEX, of which some pass.
 */
static bool is_suspect(struct code_window *code, const struct attachment *a)
{
	static const unsigned char suspects[] = {0x26, 0x2e, 0x36, 0x3e, 0xf0, 0xc4, 0xc5, 0x62};
	unsigned char byte;

#if !defined(__x86_64__)
	return false;
#endif
	if (code_window_read(code, a->target->file_offset, &byte, 1) != 1)
		return false;
	return memchr(suspects, byte, sizeof(suspects)) && probe_is_wild(a);
}

/* The suspects behind the others; how many the others are. */
static size_t suspects_last(struct group *g)
{
	const struct attachment **sorted = xreallocarray(NULL, g->count, sizeof(*sorted));
	size_t good = 0, bad = g->count;
	struct code_window *code = xcalloc(1, sizeof(*code));

	code->fd = sys_open(g->places[0]->target->path, O_RDONLY);

	for (size_t i = 0; i < g->count; i++) {
		if (is_suspect(code, g->places[i]))
			sorted[--bad] = g->places[i];
		else
			sorted[good++] = g->places[i];
	}
	sys_close(&code->fd);
	free(code);
	memcpy(g->places, sorted, g->count * sizeof(*sorted));
	free(sorted);
	return good;
}

static int attach_group(struct group *g)
{
	struct place_links links = {g->job, g->places, link_range, is_bad_place, uprobe_failed, g};
	size_t good = suspects_last(g);
	int err = good ? probe_link_places(&links, 0, good) : 0;

	if (err || good == g->count)
		return err;
	/* All of them or, without halving down to each, none. */
	err = probe_link_once(&links, good, g->count);
	if (!err || !is_bad_place(err))
		return err ? uprobe_failed(g->job, g->places[good], err) : 0;
	for (size_t i = good; i < g->count; i++)
		probe_skip(g->job, g->places[i]);
	return 0;
}

/* A link covers one file: runs of places of the same path. */
static int attach_multi(struct attach_job *job)
{
	const size_t n = job->program->attachments.n;
	const struct attachment *all = job->program->attachments.v;
	struct group g = {.job = job};
	int err = 0;

	g.places = xreallocarray(NULL, MAX_OF(n, 1), sizeof(*g.places));
	g.offsets = xreallocarray(NULL, MAX_OF(n, 1), 3 * sizeof(*g.offsets));
	g.cookies = g.offsets + n;
	g.ref_counters = g.cookies + n;
	for (size_t from = 0; !err && from < n;) {
		g.count = 0;
		do
			g.places[g.count++] = &all[from++];
		while (from < n && str_eq(all[from].target->path, g.places[0]->target->path));
		err = attach_group(&g);
	}
	if (!err && n && job->skipped == n)
		err = uprobe_failed(job, &all[0], -KERNEL_ENOTSUPP);
	free(g.places);
	free(g.offsets);
	return err;
}

int probe_attach_uprobe(struct attach_job *job)
{
	return job->program->carrier == CARRIER_UPROBE_MULTI ? attach_multi(job) : attach_each(job);
}
