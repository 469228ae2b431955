/* prog.c - see prog.h. */
#include "kern/prog.h"

#include <errno.h>
#include <stdlib.h>

#include "kern/obj.h"
#include "kern/sys.h"

#define LOG_FIRST (64u << 10)
#define LOG_MOST (16u << 20)
/* log_level: every instruction of the path that failed; or only the final message */
#define LOG_PATH 1
#define LOG_STATISTICS 4

int prog_load(const struct prog_load_spec *spec)
{
	union bpf_attr attr = {
		.prog_type = spec->type,
		.expected_attach_type = spec->expected_attach_type,
		.insns = sys_addr(spec->insns),
		.insn_cnt = spec->insn_count,
		.license = sys_addr(spec->license ? spec->license : "GPL"),
		.prog_flags = spec->flags,
		.attach_btf_id = spec->attach_btf_id,
	};

	if (spec->attach_fd > 0)
		attr.attach_prog_fd = spec->attach_fd; /* the same word as attach_btf_obj_fd */
	if (spec->btf_fd > 0) {
		attr.prog_btf_fd = spec->btf_fd;
		attr.func_info = sys_addr(spec->func_info);
		attr.func_info_cnt = spec->func_info_count;
		attr.func_info_rec_size = sizeof(*spec->func_info);
		attr.line_info = sys_addr(spec->line_info);
		attr.line_info_cnt = spec->line_info_count;
		attr.line_info_rec_size = spec->line_info_count ? sizeof(*spec->line_info) : 0;
	}
	if (spec->log_size)
		spec->log[0] = '\0';
	if (spec->log_level && spec->log_size) {
		attr.log_level = spec->log_level;
		attr.log_buf = sys_addr(spec->log);
		attr.log_size = MIN_OF(spec->log_size, LOG_MOST);
	}
	obj_name_set(attr.prog_name, spec->name);
	return sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* The end of the log is what says why; kernels since 6.4 keep it when room is short. */
static bool log_has_end(const char *log)
{
	return strstr(log, "\nprocessed ") != NULL;
}

/* What the verifier says at a level, in as much room as it needs, into again->log. */
static void prog_load_log(struct prog_load_spec *again, uint32_t level)
{
	again->log_level = level;
	for (size_t size = LOG_FIRST;; size *= 4) {
		free(again->log);
		again->log = xmalloc(size);
		again->log_size = size;
		int fd = prog_load(again);
		if (fd >= 0)
			sys_close(&fd); /* refused before, taken now: report what we saw first */
		if (fd != -ENOSPC || log_has_end(again->log) || size >= LOG_MOST)
			return;
	}
}

int prog_load_explain(const struct prog_load_spec *spec, char **log)
{
	struct prog_load_spec again = *spec;
	int refused;

	*log = NULL;
	again.log = NULL;
	again.log_level = 0;
	again.log_size = 0;
	refused = prog_load(&again);
	/* What never reached the verifier has nothing to explain. */
	if (refused >= 0 || refused == -EPERM || refused == -ENOMEM)
		return refused;
	/* A million steps would fill any log, and all of them are to blame. */
	if (refused != -E2BIG)
		prog_load_log(&again, spec->log_level | LOG_PATH);
	/* Kernels before 6.4 keep the start of a log that is full: without the path there is room for the reason. */
	if (refused == -E2BIG || !log_has_end(again.log))
		prog_load_log(&again, spec->log_level | LOG_STATISTICS);
	*log = again.log;
	return refused;
}

int prog_test_run(int fd, const void *ctx, size_t ctx_size, int cpu, uint32_t *retval)
{
	union bpf_attr attr = {
		.test = {
			.prog_fd = fd,
			.ctx_in = sys_addr(ctx),
			.ctx_size_in = ctx_size,
			.flags = cpu >= 0 ? BPF_F_TEST_RUN_ON_CPU : 0,
			.cpu = cpu >= 0 ? cpu : 0,
		},
	};
	int err = sys_bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));

	if (retval)
		*retval = attr.test.retval;
	return err;
}

int prog_stats(int fd, struct prog_stats *out)
{
	struct bpf_prog_info info;
	int err = obj_info(fd, &info, sizeof(info));

	*out = (struct prog_stats){0};
	if (err)
		return err;
	*out = (struct prog_stats){
		.id = info.id,
		.run_count = info.run_cnt,
		.run_time_ns = info.run_time_ns,
		.recursion_misses = info.recursion_misses,
		.verified_insns = info.verified_insns,
	};
	return 0;
}

int stats_enable(void)
{
	union bpf_attr attr = {.enable_stats = {.type = BPF_STATS_RUN_TIME}};

	return sys_bpf(BPF_ENABLE_STATS, &attr, sizeof(attr));
}
