/* trace.c - see trace.h. */
#include "run/strace/trace.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ir/arch.h"
#include "kern/btf.h"
#include "kern/features.h"
#include "kern/link.h"
#include "kern/map.h"
#include "kern/privilege.h"
#include "kern/prog.h"
#include "kern/sys.h"
#include "run/ring.h"

struct trace {
	struct strace_options options;
	struct strace_set set;
	struct features *features;
	struct arena *arena;
	int maps[STRACE_MAPS], programs[STRACE_PROGRAMS], links[STRACE_PROGRAMS];
	uint32_t btf_ids[STRACE_PROGRAMS]; /* 0: a raw tracepoint */
	struct ring ring;
	struct strace_counters *counters;
	uint32_t *tags;
	size_t counters_size, tags_size;
	int epoll_fd;
	int cpus;
	uint8_t *summary;                  /* one entry of all CPUs, as the kernel gives it */
	trace_each *each;
	void *ctx;
};

/* ---- what the kernel has ---- */

static int32_t task_offset(const struct btf *btf, const char *name, const char *within)
{
	uint32_t task = btf ? btf_find(btf, BTF_KIND_STRUCT, "task_struct") : 0;
	struct btf_member_info outer, inner;

	if (!task || !btf_member_find(btf, task, name, &outer))
		return -1;
	if (!within)
		return outer.bit_offset / 8;
	if (!btf_member_find(btf, btf_resolve(btf, outer.type), within, &inner))
		return -1;
	return (outer.bit_offset + inner.bit_offset) / 8;
}

/* It has a fixed inode number: PROC_PID_INIT_INO of the kernel. */
static bool in_first_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) || st.st_ino == 0xeffffffc;
}

static int ask_kernel(struct trace *t, struct trace_setup *setup, struct buf *why)
{
	const char *const *compat = arch_native()->compat_field;
	const struct btf *btf;
	struct buf hint = {0};
	uint32_t args;

	t->features = features_new();
	if (!in_first_pid_namespace()) {
		buf_puts(why, "threads have other numbers in this pid namespace than the kernel tells: strace works "
			      "in the machine's own (docker run --pid=host)");
		return -ENOTSUP;
	}
	bool may = privilege_check(features_kernel(t->features), why, &hint);

	if (!may && hint.len)
		buf_printf(why, " (%s)", buf_str(&hint));
	buf_free(&hint);
	if (!may)
		return -EPERM;
	btf = features_btf(t->features);
	setup->options.pid_offset = setup->follow ? task_offset(btf, "pid", NULL) : -1;
	setup->options.flags_offset = task_offset(btf, "flags", NULL);
	setup->options.exit_code_offset = task_offset(btf, "exit_code", NULL);
	setup->options.compat_offset = task_offset(btf, compat[0], compat[1]);
	if (setup->follow && (setup->options.pid_offset < 0 || setup->options.flags_offset < 0)) {
		buf_printf(why, "children cannot be followed: %s",
			   btf ? "the kernel does not describe struct task_struct" :
				 feature_why(t->features, FEATURE_BTF));
		return -ENOTSUP;
	}
	setup->options.btf = btf && feature_has(t->features, FEATURE_TP_BTF);
	for (int i = STRACE_ENTER; setup->options.btf && i <= STRACE_RETURN; i++) {
		t->btf_ids[i] = btf_raw_tracepoint(btf, strace_program_event(i), &args);
		setup->options.btf = t->btf_ids[i] != 0;
	}
	if (!setup->options.btf)
		memset(t->btf_ids, 0, sizeof(t->btf_ids));
	features_drop_btf(t->features);
	t->options = setup->options;
	return 0;
}

/* ---- maps ---- */

static uint32_t slots(const struct trace *t)
{
	return t->options.buckets * STRACE_WAYS;
}

static int make_map(struct trace *t, enum strace_map which, const struct map_spec *spec, struct buf *why)
{
	t->maps[which] = map_create(spec);
	if (t->maps[which] >= 0)
		return 0;
	buf_printf(why, "the table %s of %u entries cannot be made: ", spec->name, spec->max_entries);
	features_explain(t->maps[which], why);
	return t->maps[which];
}

static int make_maps(struct trace *t, const struct trace_setup *setup, struct buf *why)
{
	const struct map_spec specs[STRACE_MAPS] = {
		[STRACE_MAP_TAGS] = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .flags = BPF_F_MMAPABLE,
				     .value_size = slots(t) * 4, .max_entries = 1, .name = "tags"},
		[STRACE_MAP_THREADS] = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
					.value_size = strace_value_size(&t->options), .max_entries = slots(t),
					.name = "threads"},
		[STRACE_MAP_CLAIMS] = {.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 4,
				       .max_entries = slots(t), .name = "claims"},
		[STRACE_MAP_PLANS] = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				      .value_size = STRACE_CALLS * sizeof(struct strace_plan),
				      .max_entries = 1, .name = "plans"},
		[STRACE_MAP_COUNTERS] = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .flags = BPF_F_MMAPABLE,
					 .value_size = sizeof(struct strace_counters), .max_entries = 1,
					 .name = "counters"},
		[STRACE_MAP_RING] = {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = setup->ring_bytes, .name = "ring"},
		[STRACE_MAP_SUMMARY] = {.type = BPF_MAP_TYPE_PERCPU_ARRAY, .key_size = 4,
					.value_size = sizeof(struct strace_summary),
					.max_entries = t->options.summary ? STRACE_CALLS : 1, .name = "summary"},
	};
	int err = 0;

	for (int i = 0; !err && i < STRACE_MAPS; i++)
		err = make_map(t, i, &specs[i], why);
	return err;
}

static int fill_maps(struct trace *t, const struct trace_setup *setup, struct buf *why)
{
	struct strace_plan *plans = xcalloc(STRACE_CALLS, sizeof(*plans));
	uint32_t zero = 0;
	void *counters = NULL, *tags = NULL;
	int err;

	strace_plans(setup->set, &t->options, plans);
	err = map_update(t->maps[STRACE_MAP_PLANS], &zero, plans, BPF_ANY);
	free(plans);
	t->counters_size = map_mmap_size(sizeof(struct strace_counters), 1);
	if (!err)
		err = map_mmap(t->maps[STRACE_MAP_COUNTERS], t->counters_size, true, &counters);
	t->counters = counters;
	t->tags_size = map_mmap_size(slots(t) * 4, 1);
	if (!err)
		err = map_mmap(t->maps[STRACE_MAP_TAGS], t->tags_size, true, &tags);
	t->tags = tags;
	if (!err)
		err = ring_open(&t->ring, t->maps[STRACE_MAP_RING], setup->ring_bytes);
	t->cpus = cpus_possible();
	if (!err && t->cpus <= 0)
		err = t->cpus ? t->cpus : -ENOENT;
	if (!err) {
		struct epoll_event e = {.events = EPOLLIN | EPOLLET};

		t->summary = xcalloc(1, map_percpu_span(sizeof(struct strace_summary), t->cpus));
		t->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		if (t->epoll_fd < 0 || epoll_ctl(t->epoll_fd, EPOLL_CTL_ADD, t->maps[STRACE_MAP_RING], &e))
			err = -errno;
	}
	if (err)
		buf_printf(why, "the tables cannot be read: %s", strerror(-err));
	return err;
}

/* ---- programs ---- */

static void relocate(const struct trace *t, struct bpf_code *code)
{
	vec_each(r, &code->relocs) {
		struct bpf_insn *insn = code->insns.v + r->insn;

		insn->imm = t->maps[r->index];
		insn->src_reg = r->kind == RELOC_MAP ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
	}
}

static int load_program(struct trace *t, enum strace_program which, struct buf *why)
{
	struct bpf_code *code = strace_assemble(which, &t->options, t->arena);
	char *log = NULL;

	if (!code)
		return 0;
	relocate(t, code);
	t->programs[which] = prog_load_explain(&(struct prog_load_spec){
		.type = t->btf_ids[which] ? BPF_PROG_TYPE_TRACING : BPF_PROG_TYPE_RAW_TRACEPOINT,
		.expected_attach_type = t->btf_ids[which] ? BPF_TRACE_RAW_TP : 0,
		.attach_btf_id = t->btf_ids[which], .insns = code->insns.v, .insn_count = code->insns.n,
		.name = strace_program_event(which)}, &log);
	if (t->programs[which] < 0) {
		buf_printf(why, "the kernel refuses the program for %s: ", strace_program_event(which));
		features_explain(t->programs[which], why);
		if (log)
			buf_printf(why, "\n%s", log);
	}
	free(log);
	return MIN_OF(t->programs[which], 0);
}

int trace_open(struct trace **out, struct trace_setup *setup, struct buf *why)
{
	struct trace *t = xcalloc(1, sizeof(*t));
	int err;

	memset(t->maps, -1, sizeof(t->maps));
	memset(t->programs, -1, sizeof(t->programs));
	memset(t->links, -1, sizeof(t->links));
	t->epoll_fd = -1;
	t->arena = arena_new();
	t->set = *setup->set;
	setup->options.buckets = 1;
	while (setup->options.buckets * STRACE_WAYS < setup->threads)
		setup->options.buckets *= 2;
	setup->options.times |= setup->options.summary;
	err = ask_kernel(t, setup, why);
	if (!err)
		err = make_maps(t, setup, why);
	if (!err)
		err = fill_maps(t, setup, why);
	for (int i = 0; !err && i < STRACE_PROGRAMS; i++)
		err = load_program(t, i, why);
	if (err) {
		trace_close(t);
		t = NULL;
	}
	*out = t;
	return err;
}

void trace_close(struct trace *t)
{
	if (!t)
		return;
	trace_detach(t);
	ring_close(&t->ring);
	if (t->counters)
		sys_munmap(t->counters, t->counters_size);
	if (t->tags)
		sys_munmap(t->tags, t->tags_size);
	for (int i = 0; i < STRACE_PROGRAMS; i++)
		sys_close(&t->programs[i]);
	for (int i = 0; i < STRACE_MAPS; i++)
		sys_close(&t->maps[i]);
	sys_close(&t->epoll_fd);
	features_free(t->features);
	arena_free(t->arena);
	free(t->summary);
	free(t);
}

/* ---- who is traced ---- */

static bool is_traced(const struct trace *t, uint32_t tid)
{
	const uint32_t *bucket = t->tags + (tid & (t->options.buckets - 1)) * STRACE_WAYS;

	for (unsigned way = 0; way < STRACE_WAYS; way++)
		if (__atomic_load_n(&bucket[way], __ATOMIC_ACQUIRE) == tid)
			return true;
	return false;
}

/* 0, -EEXIST when it is known, -E2BIG. */
static int add_thread(struct trace *t, uint32_t tid, enum strace_mode mode)
{
	uint32_t slot = (tid & (t->options.buckets - 1)) * STRACE_WAYS, end = slot + STRACE_WAYS;
	struct strace_thread *value;
	int err = -EEXIST;

	if (is_traced(t, tid))
		return -EEXIST;
	for (; err == -EEXIST && slot < end; slot++)
		err = map_update(t->maps[STRACE_MAP_CLAIMS], &slot, &tid, BPF_NOEXIST);
	if (err)
		return err == -EEXIST ? -E2BIG : err;
	slot--;
	value = xcalloc(1, strace_value_size(&t->options));
	value->mode = mode;
	err = map_update(t->maps[STRACE_MAP_THREADS], &slot, value, BPF_ANY);
	free(value);
	if (err)
		map_delete(t->maps[STRACE_MAP_CLAIMS], &slot);
	else
		__atomic_store_n(&t->tags[slot], tid, __ATOMIC_RELEASE);
	return err;
}

/* The thread has ended, be it that somebody still has to wait for it, or ends now. */
static bool is_ending(uint32_t tid)
{
	enum { EXITING = 4 }; /* PF_EXITING, include/linux/sched.h */
	char *path = xasprintf("/proc/%" PRIu32 "/stat", tid);
	struct buf text = {0};
	int err = buf_read_file(&text, path, 4096);
	const char *name_end = strrchr(buf_str(&text), ')');
	unsigned flags = EXITING;

	/* number (name) state parent group session terminal its-group flags; a name can have any character */
	if (err) /* nobody, or nobody that we may see there */
		flags = syscall(SYS_tkill, tid, 0) && errno == ESRCH ? EXITING : 0;
	else if (name_end)
		sscanf(name_end, ") %*c %*d %*d %*d %*d %*d %u", &flags);
	free(path);
	buf_free(&text);
	return flags & EXITING;
}

/*
 * Adds a thread that runs. One that ended before it was in the table was not seen to end, and would stay
 * for ever: -ESRCH.
 */
static int add_running(struct trace *t, uint32_t tid, enum strace_mode mode)
{
	uint32_t slot = (tid & (t->options.buckets - 1)) * STRACE_WAYS, end = slot + STRACE_WAYS;
	int err = add_thread(t, tid, mode);

	if (err || !is_ending(tid))
		return err;
	for (; slot < end; slot++) {
		uint32_t expected = tid;

		if (__atomic_compare_exchange_n(&t->tags[slot], &expected, 0, false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE))
			map_delete(t->maps[STRACE_MAP_CLAIMS], &slot);
	}
	return -ESRCH;
}

int trace_follow(struct trace *t, uint32_t tid, bool held)
{
	int err = add_running(t, tid, held ? MODE_HELD : MODE_FOUND);

	return err == -EEXIST ? 0 : err;
}

/* New ones among /proc/PID/task, or -errno. */
static int follow_listed(struct trace *t, const char *dir_name, int *total)
{
	DIR *dir = opendir(dir_name);
	struct dirent *e;
	int found = 0, err = 0;

	if (!dir)
		return -errno;
	*total = 0;
	while (!err && (e = readdir(dir))) {
		uint64_t tid;

		if (!str_to_u64(e->d_name, &tid) || tid > UINT32_MAX)
			continue;
		err = add_running(t, tid, MODE_FOUND);
		found += err == 0;
		*total += err == 0 || err == -EEXIST;
		if (err == -EEXIST || err == -ESRCH)
			err = 0;
	}
	closedir(dir);
	return err ? err : found;
}

int trace_follow_process(struct trace *t, uint32_t pid)
{
	char *dir = xasprintf("/proc/%" PRIu32 "/task", pid);
	int total = 0, found;

	/* Once more while there were new ones: who makes them may not have been in the table yet. */
	do
		found = follow_listed(t, dir, &total);
	while (found > 0);
	free(dir);
	if (found == -ENOENT || (!found && !total))
		return -ESRCH;
	return found < 0 ? found : total;
}

/* ---- attached ---- */

/* What the kernel did not run because a program was at work on that CPU. */
static uint64_t skipped(const struct trace *t)
{
	uint64_t sum = 0;

	for (int i = 0; i < STRACE_PROGRAMS; i++) {
		struct prog_stats stats;

		if (t->programs[i] >= 0 && prog_stats(t->programs[i], &stats) == 0)
			sum += stats.recursion_misses;
	}
	return sum;
}

int trace_attach(struct trace *t, struct buf *why)
{
	/* New threads first, so that one that is made meanwhile has its entry before it calls. */
	for (int i = STRACE_PROGRAMS - 1; i >= 0; i--) {
		if (t->programs[i] < 0)
			continue;
		t->links[i] = link_raw_tracepoint(t->programs[i], t->btf_ids[i] ? NULL : strace_program_event(i), 0);
		if (t->links[i] < 0) {
			int err = t->links[i];

			buf_printf(why, "the raw tracepoint %s cannot be attached to: ", strace_program_event(i));
			features_explain(err, why);
			trace_detach(t);
			return err;
		}
	}
	return 0;
}

void trace_detach(struct trace *t)
{
	for (int i = 0; i < STRACE_PROGRAMS; i++)
		sys_close(&t->links[i]);
}

/* ---- reading ---- */

static void hand_on(void *ctx, const uint8_t *data, uint32_t len)
{
	struct trace *t = ctx;

	if (len < sizeof(struct strace_record))
		t->ring.bad++;
	else
		t->each(t->ctx, (const struct strace_record *)data, len);
}

size_t trace_read(struct trace *t, trace_each *each, void *ctx)
{
	t->each = each;
	t->ctx = ctx;
	return ring_drain(&t->ring, hand_on, t);
}

void trace_wait(struct trace *t, int fd, int timeout_ms)
{
	struct pollfd fds[2] = {{.fd = t->epoll_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	struct epoll_event e;

	__atomic_store_n(&t->counters->reader_asleep, 1, __ATOMIC_SEQ_CST);
	poll(fds, 2, ring_has_data(&t->ring) ? 0 : timeout_ms);
	__atomic_store_n(&t->counters->reader_asleep, 0, __ATOMIC_SEQ_CST);
	(void)!epoll_wait(t->epoll_fd, &e, 1, 0); /* edge-triggered: this wake-up is seen to */
}

uint64_t trace_lost(const struct trace *t)
{
	return __atomic_load_n(&t->counters->ring_full, __ATOMIC_RELAXED);
}

void trace_losses(struct trace *t, struct trace_losses *out)
{
	*out = (struct trace_losses){
		.ring_full = trace_lost(t),
		.not_followed = __atomic_load_n(&t->counters->not_followed, __ATOMIC_RELAXED),
		.skipped = skipped(t), .bad = t->ring.bad,
	};
}

size_t trace_threads(struct trace *t, uint32_t *tids, size_t max)
{
	size_t n = 0;

	for (uint32_t slot = 0; slot < slots(t) && n < max; slot++) {
		uint32_t tid = __atomic_load_n(&t->tags[slot], __ATOMIC_ACQUIRE);

		if (tid)
			tids[n++] = tid;
	}
	return n;
}

bool trace_waiting(const struct trace *t, uint32_t tid, struct strace_record *out)
{
	char *path = xasprintf("/proc/%" PRIu32 "/syscall", tid);
	struct buf text = {0};
	int err = buf_read_file(&text, path, 4096);
	char *at = text.data, *end = at;
	bool good = !err && text.len;

	free(path);
	*out = (struct strace_record){.kind = STRACE_CALL, .flags = STRACE_WAITING, .tid = tid, .pid = tid,
				      .time = now_ns()};
	/* "7 0x7ffe... 0x1 ..."; "running" and "-1 ..." are not calls. */
	out->number = good && *at >= '0' && *at <= '9' ? strtoul(at, &end, 10) : STRACE_CALLS;
	good = good && end > at && strace_set_has(&t->set, out->number);
	for (unsigned i = 0; good && i < 6; i++) {
		at = end;
		out->args[i] = strtoull(at, &end, 16);
		good = end > at;
	}
	buf_free(&text);
	return good;
}

bool trace_summary(struct trace *t, uint32_t number, struct strace_summary *out)
{
	size_t one = map_percpu_span(sizeof(*out), t->cpus) / t->cpus;

	*out = (struct strace_summary){0};
	if (map_lookup(t->maps[STRACE_MAP_SUMMARY], &number, t->summary))
		return false;
	for (int cpu = 0; cpu < t->cpus; cpu++) {
		const struct strace_summary *s = (const void *)(t->summary + cpu * one);

		out->calls += s->calls;
		out->errors += s->errors;
		out->ns += s->ns;
		out->max = MAX_OF(out->max, s->max);
		for (unsigned b = 0; b < STRACE_BUCKETS; b++)
			out->buckets[b] += s->buckets[b];
	}
	return out->calls > 0;
}
