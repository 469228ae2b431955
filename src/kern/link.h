/*
 * link.h - programs tied to events. Every link is a descriptor: closing it (or dying) detaches.
 * All return the descriptor or -errno; the caller closes it.
 */
#ifndef SONDE_KERN_LINK_H
#define SONDE_KERN_LINK_H

#include <sys/types.h>

#include "base/base.h"
#include "kern/uapi.h"

/*
 * A raw tracepoint program by event name (4.17), or, with name NULL, a program loaded with
 * attach_btf_id (tp_btf 5.5, fentry, fexit). A cookie other than 0 needs 6.10.
 */
int link_raw_tracepoint(int prog_fd, const char *name, uint64_t cookie);
/* A program to an open perf event (5.15), with a cookie that bpf_get_attach_cookie returns. */
int link_perf_event(int perf_fd, int prog_fd, uint64_t cookie);

struct uprobe_multi_spec {
	const char *path;                /* the ELF file */
	const uint64_t *offsets;         /* file offsets, `count` of them */
	const uint64_t *ref_ctr_offsets; /* file offsets of USDT semaphores, or NULL */
	const uint64_t *cookies;         /* or NULL */
	uint32_t count;
	bool is_return;
	pid_t pid; /* 0: every process */
};
/*
 * Many uprobes in one link (6.6), for a program of type KPROBE loaded with
 * expected_attach_type UAPI_ATTACH_UPROBE_MULTI. All or none is attached.
 */
int link_uprobe_multi(int prog_fd, const struct uprobe_multi_spec *spec);

struct kprobe_multi_spec {
	const char *const *symbols; /* or addresses: one of the two */
	const uint64_t *addresses;
	const uint64_t *cookies; /* or NULL */
	uint32_t count;
	bool is_return;
	bool is_session; /* at entry and at return (6.10) */
};
/*
 * Many kprobes in one link (5.18, CONFIG_FPROBE), for a program loaded with expected_attach_type
 * BPF_TRACE_KPROBE_MULTI or, for a session, UAPI_ATTACH_KPROBE_SESSION.
 */
int link_kprobe_multi(int prog_fd, const struct kprobe_multi_spec *spec);

/* An iterator program (5.8): the link, and from a link a descriptor whose text read(2) gives. */
int link_iter(int prog_fd, const union bpf_iter_link_info *info, size_t info_size);
int iter_create(int link_fd);

#endif
