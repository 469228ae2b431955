/*
 * feature_probe.c - the questions of feature.def, one small function each. Nothing a probe
 * makes outlives it, and none attaches to an event that could fire meanwhile, but for fentry,
 * which attaches to the kernel's own test function.
 */
#include <errno.h>
#include <linux/hw_breakpoint.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/library.h"
#include "kern/btf_build.h"
#include "kern/features_private.h"
#include "kern/link.h"
#include "kern/map.h"
#include "kern/obj.h"
#include "kern/perf.h"
#include "kern/prog.h"
#include "kern/sys.h"

#define INSN(c, d, s, o, i) {.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)}
#define MOV_IMM(d, i) INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define CALL(f) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static const struct bpf_insn return_zero[] = {MOV_IMM(0, 0), EXIT};

static int load(uint32_t type, uint32_t attach_type, const struct bpf_insn *insns, uint32_t count)
{
	struct prog_load_spec spec = {
		.type = type, .expected_attach_type = attach_type, .insns = insns,
		.insn_count = count, .name = "sonde_probe",
	};

	return prog_load(&spec);
}

static int load_trivial(uint32_t type, uint32_t attach_type)
{
	return load(type, attach_type, return_zero, ARRAY_SIZE(return_zero));
}

/* A descriptor or an error, as an answer; the descriptor is closed. */
static enum feature_answer answer_fd(int fd, struct buf *why)
{
	if (fd >= 0) {
		sys_close(&fd);
		return FEATURE_YES;
	}
	if (fd == -EPERM || fd == -EACCES) {
		features_explain(fd, why);
		return FEATURE_UNKNOWN;
	}
	return FEATURE_NO;
}

/* Questions that need bpf(2) are not put where it is refused. */
static bool lacks_bpf(struct features *f, struct buf *why)
{
	if (feature_has(f, FEATURE_BPF))
		return false;
	buf_puts(why, feature_why(f, FEATURE_BPF));
	return true;
}

enum feature_answer ask_bpf(struct features *f, struct buf *why)
{
	struct map_spec spec = {
		.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1,
		.name = "sonde_probe",
	};
	int fd = map_create(&spec);

	(void)f;
	if (fd == -ENOSYS) {
		buf_puts(why, "this kernel is built without bpf(2) (CONFIG_BPF_SYSCALL)");
		return FEATURE_NO;
	}
	if (fd >= 0) {
		sys_close(&fd);
		fd = load_trivial(BPF_PROG_TYPE_TRACEPOINT, 0);
		if (fd >= 0) {
			sys_close(&fd);
			return FEATURE_YES;
		}
	}
	features_explain(fd, why);
	return FEATURE_NO;
}

enum feature_answer ask_btf(struct features *f, struct buf *why)
{
	int err = f->btf ? 0 : btf_open_kernel(&f->btf, why);

	return err ? FEATURE_NO : FEATURE_YES;
}

enum feature_answer ask_tracefs(struct features *f, struct buf *why)
{
	struct tracefs tracefs;
	int err = tracefs_find(&tracefs, why);

	(void)f;
	return !err ? FEATURE_YES : err == -EACCES || err == -EPERM ? FEATURE_UNKNOWN : FEATURE_NO;
}

/*
 * Loads {call helper; exit}: a helper that is not there is refused by name; one that is, for
 * the argument registers, which hold nothing.
 */
enum feature_answer probe_helper(uint32_t prog_type, uint32_t helper)
{
	static const char *const refusals[] = {
		"invalid func", "unknown func", "cannot use helper",
		"not supported for program type", "might sleep in a non-sleepable",
	};
	struct bpf_insn insns[] = {CALL(helper), EXIT};
	char log[4096];
	struct prog_load_spec spec = {
		.type = prog_type, .insns = insns, .insn_count = 2, .name = "sonde_probe",
		.log_level = 1, .log = log, .log_size = sizeof(log),
	};
	int fd = prog_load(&spec);

	if (fd >= 0) {
		sys_close(&fd);
		return FEATURE_YES;
	}
	if (fd == -EPERM && !*log)
		return FEATURE_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		if (strstr(log, refusals[i]))
			return FEATURE_NO;
	return *log ? FEATURE_YES : FEATURE_NO;
}

enum feature_answer ask_read_kernel(struct features *f, struct buf *why)
{
	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	if (features_helper(f, BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_probe_read_kernel))
		return FEATURE_YES;
	if (features_locked_down())
		buf_puts(why, "the kernel is locked down: lockdown=confidentiality");
	return FEATURE_NO;
}

enum feature_answer ask_big_programs(struct features *f, struct buf *why)
{
	enum { COUNT = 5000 };
	struct bpf_insn *insns;
	enum feature_answer answer;

	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	insns = xcalloc(COUNT, sizeof(*insns));
	for (int i = 0; i < COUNT - 1; i++)
		insns[i] = return_zero[0];
	insns[COUNT - 1] = return_zero[1];
	answer = answer_fd(load(BPF_PROG_TYPE_TRACEPOINT, 0, insns, COUNT), why);
	free(insns);
	return answer;
}

enum feature_answer ask_bounded_loops(struct features *f, struct buf *why)
{
	static const struct bpf_insn insns[] = {
		MOV_IMM(0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, 1),
		INSN(BPF_JMP | BPF_JLT | BPF_K, 0, 0, -2, 10),
		EXIT,
	};

	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	return answer_fd(load(BPF_PROG_TYPE_TRACEPOINT, 0, insns, ARRAY_SIZE(insns)), why);
}

static enum feature_answer try_map(struct features *f, struct buf *why, struct map_spec spec)
{
	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	spec.name = "sonde_probe";
	return answer_fd(map_create(&spec), why);
}

enum feature_answer ask_ring_buffer(struct features *f, struct buf *why)
{
	return try_map(f, why, (struct map_spec){
		.type = BPF_MAP_TYPE_RINGBUF, .max_entries = sysconf(_SC_PAGESIZE)});
}

enum feature_answer ask_mmap_array(struct features *f, struct buf *why)
{
	return try_map(f, why, (struct map_spec){
		.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1,
		.flags = BPF_F_MMAPABLE});
}

enum feature_answer ask_batch_lookup(struct features *f, struct buf *why)
{
	struct map_spec spec = {
		.type = BPF_MAP_TYPE_PERCPU_HASH, .key_size = 4, .value_size = 8,
		.max_entries = 1, .name = "sonde_probe",
	};
	uint32_t pos, key, count = 1;
	int fd, err, cpus = cpus_possible();
	void *values;

	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	fd = map_create(&spec);
	if (fd < 0)
		return answer_fd(fd, why);
	values = xmalloc(map_percpu_span(8, MAX_OF(cpus, 1)));
	err = map_lookup_batch(fd, NULL, &pos, &key, values, &count);
	free(values);
	sys_close(&fd);
	return !err || err == -ENOENT ? FEATURE_YES : FEATURE_NO;
}

/*
 * Before 6.1 the verifier refused such maps in sampling programs, as the allocator was not
 * safe there; since, the kernel has an allocator for programs.
 */
enum feature_answer ask_safe_allocation(struct features *f, struct buf *why)
{
	struct map_spec spec = {
		.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 8,
		.flags = BPF_F_NO_PREALLOC, .name = "sonde_probe",
	};
	enum feature_answer answer;
	int map;

	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	map = map_create(&spec);
	if (map < 0)
		return answer_fd(map, why);
	{
		struct bpf_insn insns[] = {
			INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, map),
			INSN(0, 0, 0, 0, 0),
			MOV_IMM(0, 0),
			EXIT,
		};

		answer = answer_fd(load(BPF_PROG_TYPE_PERF_EVENT, 0, insns, ARRAY_SIZE(insns)),
				   why);
	}
	sys_close(&map);
	return answer;
}

enum feature_answer ask_atomic_fetch(struct features *f, struct buf *why)
{
	static const struct bpf_insn insns[] = {
		INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 1),
		MOV_IMM(0, 1),
		MOV_IMM(1, 2),
		INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 10, 1, -8, BPF_CMPXCHG),
		INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 10, 1, -8, BPF_ADD | BPF_FETCH),
		EXIT,
	};

	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	return answer_fd(load(BPF_PROG_TYPE_TRACEPOINT, 0, insns, ARRAY_SIZE(insns)), why);
}

enum feature_answer ask_bpf_loop(struct features *f, struct buf *why)
{
	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	return features_helper(f, BPF_PROG_TYPE_TRACEPOINT, BPF_FUNC_loop) ? FEATURE_YES
									    : FEATURE_NO;
}

enum feature_answer ask_unwind(struct features *f, struct buf *why)
{
	if (!bpf_library_function(HELPER_UNWIND_USER)) {
		buf_puts(why, "sonde was built without clang");
		return FEATURE_NO;
	}
	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	if (!feature_has(f, FEATURE_BTF)) {
		buf_puts(why, feature_why(f, FEATURE_BTF));
		return FEATURE_NO;
	}
	return feature_has(f, FEATURE_BPF_LOOP) &&
	       features_helper(f, BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_task_pt_regs) ? FEATURE_YES : FEATURE_NO;
}

enum feature_answer ask_raw_tracepoint(struct features *f, struct buf *why)
{
	int prog, err;

	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	prog = load_trivial(BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
	if (prog < 0)
		return answer_fd(prog, why);
	/* A name that cannot exist: a kernel with raw tracepoints looks for it. */
	err = link_raw_tracepoint(prog, "sonde/none", 0);
	sys_close(&prog);
	return err == -ENOENT ? FEATURE_YES : answer_fd(err, why);
}

static int load_typed(struct features *f, uint32_t attach_type, uint32_t btf_id)
{
	struct prog_load_spec spec = {
		.type = BPF_PROG_TYPE_TRACING, .expected_attach_type = attach_type,
		.attach_btf_id = btf_id, .insns = return_zero,
		.insn_count = ARRAY_SIZE(return_zero), .name = "sonde_probe",
	};

	(void)f;
	return btf_id ? prog_load(&spec) : -ENOENT;
}

static bool lacks_types(struct features *f, struct buf *why)
{
	if (lacks_bpf(f, why))
		return true;
	if (feature_has(f, FEATURE_BTF) && features_btf(f))
		return false;
	buf_puts(why, feature_why(f, FEATURE_BTF));
	return true;
}

enum feature_answer ask_tp_btf(struct features *f, struct buf *why)
{
	if (lacks_types(f, why))
		return feature_has(f, FEATURE_BPF) ? FEATURE_NO : FEATURE_UNKNOWN;
	return answer_fd(load_typed(f, BPF_TRACE_RAW_TP,
				    btf_raw_tracepoint(features_btf(f), "sched_switch", NULL)),
			 why);
}

enum feature_answer ask_iterator(struct features *f, struct buf *why)
{
	if (lacks_types(f, why))
		return feature_has(f, FEATURE_BPF) ? FEATURE_NO : FEATURE_UNKNOWN;
	return answer_fd(load_typed(f, BPF_TRACE_ITER,
				    btf_find(features_btf(f), BTF_KIND_FUNC, "bpf_iter_task")),
			 why);
}

/* Loading is not enough: attaching patches the function, and that may be forbidden. */
enum feature_answer ask_fentry(struct features *f, struct buf *why)
{
	int prog, link;

	if (lacks_types(f, why))
		return feature_has(f, FEATURE_BPF) ? FEATURE_NO : FEATURE_UNKNOWN;
	prog = load_typed(f, BPF_TRACE_FENTRY,
			  btf_find(features_btf(f), BTF_KIND_FUNC, "bpf_fentry_test1"));
	if (prog < 0) {
		/* Other programs load: what is refused is this hook. */
		if (prog == -EPERM)
			buf_puts(why, "the kernel refuses fentry programs (hardened, or built without them)");
		return FEATURE_NO;
	}
	link = link_raw_tracepoint(prog, NULL, 0);
	sys_close(&prog);
	if (link < 0) {
		buf_printf(why, "the kernel does not let functions be patched (%s)",
			   strerror(link == -524 ? EOPNOTSUPP : -link));
		return FEATURE_NO;
	}
	sys_close(&link);
	return FEATURE_YES;
}

enum feature_answer ask_tracepoint(struct features *f, struct buf *why)
{
	int fd;

	if (!feature_has(f, FEATURE_TRACEFS)) {
		buf_puts(why, feature_why(f, FEATURE_TRACEFS));
		return feature_ask(f, FEATURE_TRACEFS);
	}
	/*
	 * An id that no event has: closing a real one takes the kernel 70 ms. With perf
	 * tracepoints the answer is EINVAL, without ENOENT.
	 */
	fd = perf_open_tracepoint(UINT32_MAX, (struct perf_target){.pid = -1, .cpu = 0});
	return fd == -EINVAL ? FEATURE_YES : answer_fd(fd, why);
}

static unsigned first_cpu(void)
{
	unsigned cpu = 0;

	return cpus_online(&cpu, 1) > 0 ? cpu : 0;
}

enum feature_answer ask_sampling(struct features *f, struct buf *why)
{
	struct perf_sample_spec spec = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK,
		.period = 1000000000,
	};

	(void)f;
	return answer_fd(perf_open_sample(&spec, (struct perf_target){-1, first_cpu()}), why);
}

enum feature_answer ask_hardware(struct features *f, struct buf *why)
{
	struct perf_sample_spec spec = {
		.type = PERF_TYPE_HARDWARE, .config = PERF_COUNT_HW_CPU_CYCLES,
		.period = 1000000000,
	};
	int fd = perf_open_sample(&spec, (struct perf_target){-1, first_cpu()});

	(void)f;
	if (fd == -ENOENT || fd == -EOPNOTSUPP)
		buf_puts(why, "the machine shows no performance counters (a virtual machine?)");
	return answer_fd(fd, why);
}

enum feature_answer ask_watchpoint(struct features *f, struct buf *why)
{
	static uint64_t watched;

	(void)f;
	return answer_fd(perf_open_watchpoint(sys_addr(&watched), 8, HW_BREAKPOINT_W,
					      (struct perf_target){0, -1}), why);
}

enum feature_answer ask_uprobe(struct features *f, struct buf *why)
{
	struct perf_probe_spec spec = {.path = "/"};
	int fd = perf_open_uprobe(&spec, (struct perf_target){.pid = 0, .cpu = -1});

	(void)f;
	if (fd == -ENOENT)
		buf_puts(why, "the kernel has no uprobes (CONFIG_UPROBE_EVENTS)");
	/* Not a file, so refused, last of all: closing a real one takes the kernel 100 ms. */
	return fd == -EINVAL ? FEATURE_YES : answer_fd(fd, why);
}

/* Attaching to a folder: who knows the request answers EBADF, who does not EINVAL. */
static int try_uprobe_multi(pid_t pid, const char *path)
{
	uint64_t offset = 0;
	struct uprobe_multi_spec spec = {
		.path = path, .offsets = &offset, .count = 1, .pid = pid,
	};
	int prog = load_trivial(BPF_PROG_TYPE_KPROBE, UAPI_ATTACH_UPROBE_MULTI), err;

	if (prog < 0)
		return prog;
	err = link_uprobe_multi(prog, &spec);
	sys_close(&prog);
	if (err >= 0)
		sys_close(&err);
	return err;
}

enum feature_answer ask_uprobe_multi(struct features *f, struct buf *why)
{
	int err;

	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	err = try_uprobe_multi(0, "/");
	return err == -EBADF ? FEATURE_YES : err == -EPERM ? answer_fd(err, why) : FEATURE_NO;
}

/* The kernels that took a process for a thread also took a negative pid for none. */
enum feature_answer ask_uprobe_multi_pid(struct features *f, struct buf *why)
{
	if (!feature_has(f, FEATURE_UPROBE_MULTI)) {
		buf_puts(why, feature_why(f, FEATURE_UPROBE_MULTI));
		return feature_ask(f, FEATURE_UPROBE_MULTI);
	}
	return try_uprobe_multi(-1, "/") == -EINVAL ? FEATURE_YES : FEATURE_NO;
}

enum feature_answer ask_usdt_semaphore(struct features *f, struct buf *why)
{
	(void)f;
	(void)why;
	return access("/sys/bus/event_source/devices/uprobe/format/ref_ctr_offset", F_OK) == 0
		       ? FEATURE_YES : FEATURE_NO;
}

/* Opened, not enabled: the breakpoint is set but stays disarmed. */
enum feature_answer ask_kprobe(struct features *f, struct buf *why)
{
	struct perf_probe_spec spec = {.path = "bpf_fentry_test1"};
	int fd = perf_pmu_type("kprobe");

	(void)f;
	if (fd == -ENOENT) {
		buf_puts(why, "the kernel is built without kprobes (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS)");
		return FEATURE_NO;
	}
	fd = perf_open_kprobe(&spec, (struct perf_target){.pid = -1, .cpu = first_cpu()});
	if (fd == -ENOENT || fd == -EINVAL) { /* that function is not in this kernel */
		spec.path = "vfs_fsync";
		fd = perf_open_kprobe(&spec, (struct perf_target){.pid = -1, .cpu = first_cpu()});
	}
	return answer_fd(fd, why);
}

static enum feature_answer try_kprobe_multi(struct features *f, bool is_session, struct buf *why)
{
	const char *symbol = "sonde/none";
	struct kprobe_multi_spec spec = {.symbols = &symbol, .count = 1, .is_session = is_session};
	int prog, link;

	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	prog = load_trivial(BPF_PROG_TYPE_KPROBE, is_session ? UAPI_ATTACH_KPROBE_SESSION : BPF_TRACE_KPROBE_MULTI);
	if (prog < 0)
		return FEATURE_NO;
	link = link_kprobe_multi(prog, &spec);
	sys_close(&prog);
	if (link == -EOPNOTSUPP)
		buf_puts(why, "the kernel is built without it (CONFIG_FPROBE)");
	/* No such symbol: the kernel looked. EINVAL is what older kernels say to the request. */
	return link == -ESRCH || link == -ENOENT ? FEATURE_YES : FEATURE_NO;
}

enum feature_answer ask_kprobe_multi(struct features *f, struct buf *why)
{
	return try_kprobe_multi(f, false, why);
}

enum feature_answer ask_kprobe_session(struct features *f, struct buf *why)
{
	return try_kprobe_multi(f, true, why);
}

enum feature_answer ask_test_run(struct features *f, struct buf *why)
{
	int prog, err;

	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	prog = load_trivial(BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
	if (prog < 0)
		return answer_fd(prog, why);
	err = prog_test_run(prog, NULL, 0, -1, NULL);
	sys_close(&prog);
	return err ? FEATURE_NO : FEATURE_YES;
}

enum feature_answer ask_perf_link(struct features *f, struct buf *why)
{
	struct perf_sample_spec spec = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK,
		.period = 1000000000,
	};
	enum feature_answer answer;
	int prog, event;

	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	prog = load_trivial(BPF_PROG_TYPE_PERF_EVENT, 0);
	event = perf_open_sample(&spec, (struct perf_target){-1, first_cpu()});
	answer = prog < 0 ? answer_fd(prog, why) : event < 0 ? answer_fd(event, why)
		: answer_fd(link_perf_event(event, prog, 1), why);
	sys_close(&event);
	sys_close(&prog);
	return answer;
}

enum feature_answer ask_stats(struct features *f, struct buf *why)
{
	if (lacks_bpf(f, why))
		return FEATURE_UNKNOWN;
	return answer_fd(stats_enable(), why);
}
