/*
 * uapi.h - kernel interface constants newer than the oldest headers we build with (6.1).
 *
 * Facts from the kernel's uapi headers. Names carry our own prefix, so that building with
 * newer headers, which define the originals, works the same. Each block says since when.
 */
#ifndef SONDE_KERN_UAPI_H
#define SONDE_KERN_UAPI_H

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/perf_event.h>

/* enum bpf_attach_type */
enum {
	UAPI_ATTACH_UPROBE_MULTI = 48,   /* 6.6 */
	UAPI_ATTACH_KPROBE_SESSION = 56, /* 6.10 */
	UAPI_ATTACH_UPROBE_SESSION = 57, /* 6.13 */
};

/* enum bpf_link_type */
enum {
	UAPI_LINK_UPROBE_MULTI = 12, /* 6.6 */
};

/* enum bpf_map_type */
enum {
	UAPI_MAP_CGRP_STORAGE = 32, /* 6.2 */
	UAPI_MAP_ARENA = 33,        /* 6.9 */
};

/* log_level */
enum {
	UAPI_LOG_FIXED = 1u << 3, /* 6.4: a log that is full keeps its start, as all did before */
};

/* link_create.uprobe_multi.flags */
enum {
	UAPI_UPROBE_MULTI_RETURN = 1u << 0,
};

/* The BPF_LINK_CREATE form for uprobe_multi (6.6): the tail of union bpf_attr.link_create. */
struct uapi_link_create_uprobe_multi {
	__u32 prog_fd;
	__u32 target_fd;
	__u32 attach_type;
	__u32 flags;
	__aligned_u64 path;
	__aligned_u64 offsets;
	__aligned_u64 ref_ctr_offsets;
	__aligned_u64 cookies;
	__u32 cnt;
	__u32 multi_flags;
	__u32 pid;
	__u32 pad;
};

/* BPF_RAW_TRACEPOINT_OPEN with the cookie that 6.10 added. */
struct uapi_raw_tracepoint_open {
	__aligned_u64 name;
	__u32 prog_fd;
	__u32 pad;
	__aligned_u64 cookie;
};

/* Helper numbers above those of 6.1. */
enum {
	UAPI_FUNC_cgrp_storage_get = 210,    /* 6.2 */
	UAPI_FUNC_cgrp_storage_delete = 211, /* 6.2 */
};

/* capabilities; the last two were split from CAP_SYS_ADMIN in 5.8 */
enum {
	UAPI_CAP_DAC_READ_SEARCH = 2,
	UAPI_CAP_SYS_PTRACE = 19,
	UAPI_CAP_SYS_ADMIN = 21,
	UAPI_CAP_SYS_RESOURCE = 24,
	UAPI_CAP_SYSLOG = 34,
	UAPI_CAP_PERFMON = 38,
	UAPI_CAP_BPF = 39,
};

#endif
