/*
 * prog.h - BPF programs: loaded, run on demand, accounted.
 */
#ifndef SONDE_KERN_PROG_H
#define SONDE_KERN_PROG_H

#include "base/base.h"
#include "kern/uapi.h"

struct prog_load_spec {
	uint32_t type;                 /* enum bpf_prog_type */
	uint32_t expected_attach_type; /* enum bpf_attach_type; 0 where the type has none */
	const struct bpf_insn *insns;
	uint32_t insn_count;
	const char *name;
	const char *license;    /* NULL: "GPL", which most tracing helpers want */
	uint32_t attach_btf_id; /* tp_btf, fentry, iter: the type it attaches to */
	int attach_fd;          /* BTF of the module, or the BPF program, it is in; 0 or below: vmlinux */
	uint32_t flags;         /* BPF_F_SLEEPABLE, ... */
	/*
	 * Needed when the program passes a callback (bpf_loop, bpf_for_each_map_elem): the
	 * verifier answers "missing btf func_info" without. Not needed for plain subprograms.
	 */
	int btf_fd; /* 0 or below: none */
	const struct bpf_func_info *func_info;
	uint32_t func_info_count;
	const struct bpf_line_info *line_info;
	uint32_t line_info_count;
	/* The verifier's log; level 0: none. NUL-terminated when log_size > 0. */
	uint32_t log_level;
	char *log;
	size_t log_size;
};

/*
 * A descriptor, or -errno: -EACCES or -EINVAL the verifier refused (load again with log_level
 * 1 to learn why), -EPERM not permitted, -E2BIG too many instructions, -ENOSPC the log did
 * not fit (only with a log; the program itself may be fine).
 */
int prog_load(const struct prog_load_spec *spec);

/*
 * prog_load without a log; when refused, once more with a log into *log (malloc'd, the caller
 * frees; NULL when there is none). The log grows until it fits, at most 16 MB; where the path to
 * the refusal takes more, it is the reason alone. spec->log_level: flags for the log (UAPI_LOG_FIXED) or 0.
 */
int prog_load_explain(const struct prog_load_spec *spec, char **log);

/*
 * Runs a program once (BPF_PROG_TEST_RUN; raw tracepoints since 5.10). `ctx` for those is up
 * to 12 u64 arguments. `cpu` -1: here. 0 and *retval (may be NULL), or -errno.
 */
int prog_test_run(int fd, const void *ctx, size_t ctx_size, int cpu, uint32_t *retval);
/* What the kernel accounts. run_* stay zero unless statistics are on (stats_enable). */
struct prog_stats {
	uint32_t id;
	uint64_t run_count, run_time_ns;
	uint64_t recursion_misses; /* 5.12; zero before */
	uint32_t verified_insns;   /* 5.16; zero before */
};
int prog_stats(int fd, struct prog_stats *out);

/*
 * Run-time statistics for as long as the returned descriptor is open (5.8): nothing global
 * is left behind when we die. Needs CAP_SYS_ADMIN. -errno.
 */
int stats_enable(void);

#endif
