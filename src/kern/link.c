/* link.c - see link.h. */
#include "kern/link.h"

#include <errno.h>

#include "kern/sys.h"

int link_raw_tracepoint(int prog_fd, const char *name, uint64_t cookie)
{
	struct uapi_raw_tracepoint_open attr = {
		.name = sys_addr(name),
		.prog_fd = prog_fd,
		.cookie = cookie,
	};

	return sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr,
		       cookie ? sizeof(attr) : offsetof(struct uapi_raw_tracepoint_open, cookie));
}

int link_perf_event(int perf_fd, int prog_fd, uint64_t cookie)
{
	union bpf_attr attr = {
		.link_create = {
			.prog_fd = prog_fd,
			.target_fd = perf_fd,
			.attach_type = BPF_PERF_EVENT,
			.perf_event = {.bpf_cookie = cookie},
		},
	};

	return sys_bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

int link_uprobe_multi(int prog_fd, const struct uprobe_multi_spec *spec)
{
	struct uapi_link_create_uprobe_multi attr = {
		.prog_fd = prog_fd,
		.attach_type = UAPI_ATTACH_UPROBE_MULTI,
		.path = sys_addr(spec->path),
		.offsets = sys_addr(spec->offsets),
		.ref_ctr_offsets = sys_addr(spec->ref_ctr_offsets),
		.cookies = sys_addr(spec->cookies),
		.cnt = spec->count,
		.multi_flags = spec->is_return ? UAPI_UPROBE_MULTI_RETURN : 0,
		.pid = spec->pid,
	};

	return sys_bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

int link_kprobe_multi(int prog_fd, const struct kprobe_multi_spec *spec)
{
	union bpf_attr attr = {
		.link_create = {
			.prog_fd = prog_fd,
			.attach_type = spec->is_session ? UAPI_ATTACH_KPROBE_SESSION : BPF_TRACE_KPROBE_MULTI,
			.kprobe_multi = {
				.flags = spec->is_return ? BPF_F_KPROBE_MULTI_RETURN : 0,
				.cnt = spec->count,
				.syms = sys_addr(spec->symbols),
				.addrs = sys_addr(spec->addresses),
				.cookies = sys_addr(spec->cookies),
			},
		},
	};

	return sys_bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

int link_iter(int prog_fd, const union bpf_iter_link_info *info, size_t info_size)
{
	union bpf_attr attr = {
		.link_create = {
			.prog_fd = prog_fd,
			.attach_type = BPF_TRACE_ITER,
			.iter_info = sys_addr(info),
			.iter_info_len = info ? info_size : 0,
		},
	};

	return sys_bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

int iter_create(int link_fd)
{
	union bpf_attr attr = {.iter_create = {.link_fd = link_fd}};

	return sys_bpf(BPF_ITER_CREATE, &attr, sizeof(attr));
}
