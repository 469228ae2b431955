/*
 * rawtracepoint.c - `rawtracepoint[:MODULE]:EVENT`, and the raw and BTF carriers that serve
 * tracepoints, too.
 *
 * The kernel's BTF has one typedef `btf_trace_EVENT` a tracepoint: a pointer to its
 * function's prototype (void *data first). That is where names and arguments come from.
 */
#include <errno.h>

#include "base/buf.h"
#include "kern/link.h"
#include "kern/probe/probe.h"

#define PREFIX "btf_trace_"

int probe_attach_raw_tracepoint(struct attach_job *job)
{
	const struct program *p = job->program;
	bool typed = p->carrier == CARRIER_BTF_TRACEPOINT;
	const struct attachment *at = p->attachments.n ? &p->attachments.v[0] : NULL;
	struct link link = {.event_fd = -1, .program = job->number};

	BUG_ON(!p->event);
	link.fd = link_raw_tracepoint(job->prog_fd, typed ? NULL : p->event, 0);
	if (link.fd < 0) {
		struct buf what = {0};
		buf_printf(&what, "the %stracepoint %s", typed ? "" : "raw ", p->event);
		int err = probe_attach_failed(job, at, link.fd, buf_str(&what));
		buf_free(&what);
		return err;
	}
	vec_push(job->links, link);
	return 0;
}
