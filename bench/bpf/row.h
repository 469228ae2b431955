/*
 * row.h - what every hand-written comparison program shares: one row of the benchmark table, written
 * once as on_enter() (and on_exit()), expanded on each attach point that sonde may choose:
 *
 *   perf_*   perf tracepoint syscalls:sys_enter_write / sys_exit_write
 *   raw_*    raw tracepoint sys_enter / sys_exit, with a check of the system call's number
 *   btf_*    the same through BTF, and with the check that the call is not a 32-bit one
 *
 * The kernel's types are declared here with the few fields needed and relocated at load time, so no
 * vmlinux.h is generated. A map named `result` holds 64-bit values that add up to the row's events.
 */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define WRITE_NR 1          /* __NR_write, x86-64 */
#define TS_COMPAT 0x0002    /* arch/x86 asm/thread_info.h: a 32-bit system call is running */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct thread_info {
	__u32 status;
};
struct task_struct {
	struct thread_info thread_info;
};
struct pt_regs {
	unsigned long dx;
	unsigned long orig_ax;
};
#pragma clang attribute pop

/* events/syscalls/sys_enter_write/format */
struct perf_sys_enter {
	__u64 common;
	__s64 nr;
	__u64 args[6];
};

struct raw_sys_enter { /* TP_PROTO(struct pt_regs *regs, long id) */
	const struct pt_regs *regs;
	long id;
};

struct raw_sys_exit { /* TP_PROTO(struct pt_regs *regs, long ret) */
	const struct pt_regs *regs;
	long ret;
};

enum form { FORM_PERF, FORM_RAW, FORM_BTF };

static __always_inline int is_compat(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->thread_info.status & TS_COMPAT;
}

/* From a plain pointer: a relocation of the context's own struct would find no kernel type. */
static __always_inline __u64 kernel_dx(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, dx);
}

static __always_inline __u64 kernel_orig_ax(const struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, orig_ax);
}

/* write(2)'s third argument. A form that does not ask pays nothing for it. */
static __always_inline __u64 write_size(void *ctx, enum form form)
{
	const struct raw_sys_enter *raw = ctx;

	if (form == FORM_PERF)
		return ((const struct perf_sys_enter *)ctx)->args[2];
	if (form == FORM_BTF)
		return raw->regs->dx;
	return kernel_dx(raw->regs);
}

static __always_inline __u32 log2_bucket(__u64 value)
{
	__u32 bucket = 0;

	/* Binary search: at most six steps, no loop for the verifier. */
	if (value >> 32) { bucket += 32; value >>= 32; }
	if (value >> 16) { bucket += 16; value >>= 16; }
	if (value >> 8) { bucket += 8; value >>= 8; }
	if (value >> 4) { bucket += 4; value >>= 4; }
	if (value >> 2) { bucket += 2; value >>= 2; }
	if (value >> 1) bucket += 1;
	return bucket;
}

#define SLOTS 64

#define RESULT_SLOTS(slots) \
struct { \
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY); \
	__uint(max_entries, slots); \
	__type(key, __u32); \
	__type(value, __u64); \
} result SEC(".maps")

#define RESULT_HASH(key_type) \
struct { \
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH); \
	__uint(max_entries, 10240); \
	__type(key, key_type); \
	__type(value, __u64); \
} result SEC(".maps")

/* A macro, since the map is the including file's. */
#define add_slot(slot_number, amount) do { \
	__u32 slot_ = (slot_number); \
	__u64 *value_ = bpf_map_lookup_elem(&result, &slot_); \
	if (value_) \
		*value_ += (amount); \
} while (0)

#define add_key(key) do { \
	__u64 *value_ = bpf_map_lookup_elem(&result, (key)); \
	if (value_) { \
		*value_ += 1; \
	} else { \
		__u64 one_ = 1; \
		bpf_map_update_elem(&result, (key), &one_, BPF_NOEXIST); \
	} \
} while (0)

#define ROW_ENTER \
static __always_inline int on_enter(void *ctx, enum form form); \
SEC("tracepoint/syscalls/sys_enter_write") \
int perf_enter(void *ctx) \
{ \
	return on_enter(ctx, FORM_PERF); \
} \
SEC("raw_tracepoint/sys_enter") \
int raw_enter(struct raw_sys_enter *ctx) \
{ \
	return ctx->id == WRITE_NR ? on_enter(ctx, FORM_RAW) : 0; \
} \
SEC("tp_btf/sys_enter") \
int btf_enter(struct raw_sys_enter *ctx) \
{ \
	return ctx->id == WRITE_NR && !is_compat() ? on_enter(ctx, FORM_BTF) : 0; \
} \
static __always_inline int on_enter(void *ctx __attribute__((unused)), \
				    enum form form __attribute__((unused)))

#define ROW_EXIT \
static __always_inline int on_exit(void *ctx, enum form form); \
SEC("tracepoint/syscalls/sys_exit_write") \
int perf_exit(void *ctx) \
{ \
	return on_exit(ctx, FORM_PERF); \
} \
SEC("raw_tracepoint/sys_exit") \
int raw_exit(struct raw_sys_exit *ctx) \
{ \
	return kernel_orig_ax(ctx->regs) == WRITE_NR ? on_exit(ctx, FORM_RAW) : 0; \
} \
SEC("tp_btf/sys_exit") \
int btf_exit(struct raw_sys_exit *ctx) \
{ \
	return ctx->regs->orig_ax == WRITE_NR && !is_compat() ? on_exit(ctx, FORM_BTF) : 0; \
} \
static __always_inline int on_exit(void *ctx __attribute__((unused)), \
				   enum form form __attribute__((unused)))

char program_license[] SEC("license") = "GPL";

#endif
