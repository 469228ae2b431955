/*
 * perf.h - perf events that carry BPF programs: opened, given a program, switched on, read.
 * Descriptors are the caller's to close; errors are -errno.
 */
#ifndef SONDE_KERN_PERF_H
#define SONDE_KERN_PERF_H

#include <sys/types.h>

#include "base/base.h"
#include "kern/uapi.h"

struct perf_target {
	pid_t pid; /* -1: every process; 0: the caller */
	int cpu;   /* -1: any (then pid must not be -1) */
};

/* A tracepoint by its id in tracefs. One CPU of it is enough: the program runs on all. */
int perf_open_tracepoint(uint32_t id, struct perf_target target);

struct perf_sample_spec {
	uint32_t type;   /* PERF_TYPE_SOFTWARE, PERF_TYPE_HARDWARE, ... */
	uint64_t config; /* PERF_COUNT_SW_CPU_CLOCK, ... */
	/* One of the two; 0 the other. */
	uint64_t period;    /* events between runs (cpu-clock: nanoseconds) */
	uint64_t frequency; /* runs a second */
	bool inherit;
};
int perf_open_sample(const struct perf_sample_spec *spec, struct perf_target target);

struct perf_probe_spec {
	const char *path;        /* uprobe: the ELF file; kprobe: symbol, or NULL with address */
	uint64_t offset;         /* uprobe: file offset; kprobe: offset in symbol, or address */
	uint64_t ref_ctr_offset; /* uprobe: of a USDT semaphore; 0: none */
	bool is_return;
};
/* Through the dynamic PMUs of 4.17. -ENOENT: the kernel has no such PMU. */
int perf_open_uprobe(const struct perf_probe_spec *spec, struct perf_target target);
int perf_open_kprobe(const struct perf_probe_spec *spec, struct perf_target target);

enum { WATCH_READ = 1, WATCH_WRITE = 2, WATCH_EXECUTE = 4 }; /* HW_BREAKPOINT_* of the uapi */
/*
 * A hardware watchpoint: `type` of WATCH_*, `length` 1, 2, 4 or 8. Of one thread it is
 * inherited by the threads and processes that one makes.
 */
int perf_open_watchpoint(uint64_t address, unsigned length, unsigned type,
			 struct perf_target target);

/* Attaches without a link (kernels before 5.15); detached when the event is closed. */
int perf_set_program(int perf_fd, int prog_fd);
int perf_enable(int perf_fd);
int perf_disable(int perf_fd);
/*
 * What has elapsed. A clock's own count stands still while the
 * kernel throttles it (kernel.perf_event_max_sample_rate); the time it was on does not.
 */
struct perf_reading {
	uint64_t count;
	uint64_t time_running; /* ns; read_format PERF_FORMAT_TOTAL_TIME_RUNNING */
};
int perf_read(int perf_fd, struct perf_reading *reading);

/* The number of a dynamic PMU ("uprobe", "kprobe"), or -ENOENT. */
int perf_pmu_type(const char *name);

#endif
