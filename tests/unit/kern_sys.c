/* The seam and what stands on it: maps, programs, links, perf events, our own BTF. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern_test.h"
#include "kern/btf_build.h"
#include "kern/features.h"
#include "kern/link.h"
#include "kern/map.h"
#include "kern/obj.h"
#include "kern/perf.h"
#include "kern/prog.h"
#include "kern/sys.h"

static int array_of(uint32_t value_size, uint32_t count, uint32_t flags)
{
	struct map_spec spec = {
		.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = value_size,
		.max_entries = count, .flags = flags, .name = "sonde test/1",
	};

	return map_create(&spec);
}

static void test_hash(void)
{
	struct map_spec spec = {
		.type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8, .max_entries = 100,
		.name = "hash",
	};
	int fd = map_create(&spec);
	uint32_t key, next, count = 64, keys[64];
	uint64_t value, values[64], sum = 0;
	uint8_t pos[16];

	CHECK(fd > 2);
	for (key = 0; key < 50; key++) {
		value = key * 3;
		CHECK_EQ(map_update(fd, &key, &value, BPF_NOEXIST), 0);
	}
	key = 7;
	CHECK_EQ(map_update(fd, &key, &value, BPF_NOEXIST), -EEXIST);
	CHECK_EQ(map_lookup(fd, &key, &value), 0);
	CHECK_EQ(value, 21);
	CHECK_EQ(map_delete(fd, &key), 0);
	CHECK_EQ(map_lookup(fd, &key, &value), -ENOENT);
	CHECK_EQ(map_lookup_batch(fd, NULL, pos, keys, values, &count), -ENOENT);
	CHECK_EQ(count, 49);
	for (uint32_t i = 0; i < count && i < 64; i++) {
		CHECK_EQ(values[i], keys[i] * 3u);
		sum += keys[i];
	}
	CHECK_EQ(sum, 49 * 50 / 2 - 7);
	count = 0;
	for (int err = map_next_key(fd, NULL, &next); !err; err = map_next_key(fd, &key, &next)) {
		key = next;
		count++;
	}
	CHECK_EQ(count, 49);
	sys_close(&fd);
	CHECK_EQ(fd, -1);
}

static void test_mmap_array(void)
{
	size_t size = map_mmap_size(8, 1000);
	int fd = array_of(8, 1000, BPF_F_MMAPABLE);
	uint32_t key = 999;
	uint64_t value = 4711;
	struct bpf_map_info info;
	void *mem;

	CHECK(fd > 2);
	CHECK_EQ(size, 8192);
	CHECK_EQ(map_info(fd, &info), 0);
	CHECK_STR(info.name, "sonde_test_1");
	CHECK_EQ(map_mmap(fd, size, true, &mem), 0);
	CHECK_EQ(map_update(fd, &key, &value, BPF_ANY), 0);
	if (mem) {
		CHECK_EQ(((volatile uint64_t *)mem)[999], 4711);
		((volatile uint64_t *)mem)[3] = 5;
		key = 3;
		CHECK_EQ(map_lookup(fd, &key, &value), 0);
		CHECK_EQ(value, 5);
	}
	CHECK_EQ(map_freeze(fd), -EBUSY); /* a writable mapping exists */
	sys_munmap(mem, size);
	CHECK_EQ(map_freeze(fd), 0);
	CHECK_EQ(map_update(fd, &key, &value, BPF_ANY), -EPERM);
	sys_close(&fd);
}

static void test_map_in_map(void)
{
	int inner = array_of(8, 10, 0), bigger = array_of(8, 10, 0);
	struct map_spec spec = {
		.type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4,
		.max_entries = 2, .inner_fd = inner, .name = "outer",
	};
	int outer = map_create(&spec);
	uint32_t key = 1;

	CHECK(outer > 2);
	CHECK_EQ(map_update(outer, &key, &bigger, BPF_ANY), 0);
	sys_close(&outer);
	sys_close(&bigger);
	sys_close(&inner);
}

static void test_task_storage(void)
{
	uint32_t key_id, value_id;
	int btf = btf_load_storage(24, &key_id, &value_id), odd, fd;
	struct map_spec spec = {
		.type = BPF_MAP_TYPE_TASK_STORAGE, .key_size = 4, .value_size = 24,
		.flags = BPF_F_NO_PREALLOC, .btf_fd = btf, .btf_key_id = key_id,
		.btf_value_id = value_id, .name = "storage",
	};
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	uint64_t value[3] = {1, 2, 3}, back[3] = {0};

	CHECK(btf > 2);
	fd = map_create(&spec);
	CHECK(fd > 2);
	CHECK_EQ(map_lookup(fd, &pidfd, back), -ENOENT);
	CHECK_EQ(map_update(fd, &pidfd, value, BPF_ANY), 0);
	CHECK_EQ(map_lookup(fd, &pidfd, back), 0);
	CHECK_EQ(back[2], 3);
	odd = btf_load_storage(13, &key_id, &value_id);
	CHECK(odd > 2);
	CHECK_EQ(btf_load_storage(0, &key_id, &value_id), -EINVAL);
	sys_close(&odd);
	sys_close(&fd);
	sys_close(&btf);
	sys_close(&pidfd);
}

static void test_run(void)
{
	int map = array_of(8, 1, 0);
	struct bpf_insn insns[] = {
		LOAD(BPF_DW, 6, 1, 8), /* second argument */
		STORE_IMM(BPF_W, 10, -4, 0),
		MOV_REG(2, 10), ADD_IMM(2, -4),
		LD_MAP(1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JEQ, 0, 0, 1),
		ATOMIC(BPF_ADD, 0, 0, 6),
		MOV_IMM(0, 42),
		EXIT,
	};
	struct prog_load_spec spec = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = insns,
		.insn_count = sizeof(insns) / sizeof(insns[0]), .name = "test",
	};
	uint64_t args[2] = {1, 1000}, value = 0;
	uint32_t key = 0, retval = 0;
	struct prog_stats stats;
	int prog = prog_load(&spec), on = stats_enable();

	CHECK(prog > 2);
	CHECK(on > 2 || on == -EPERM);
	CHECK_EQ(prog_test_run(prog, args, sizeof(args), -1, &retval), 0);
	CHECK_EQ(retval, 42);
	CHECK_EQ(prog_test_run(prog, args, sizeof(args), 0, &retval), 0);
	CHECK_EQ(map_lookup(map, &key, &value), 0);
	CHECK_EQ(value, 2000);
	CHECK_EQ(prog_stats(prog, &stats), 0);
	CHECK(stats.id != 0);
	CHECK_EQ(prog_test_run(prog, args, sizeof(args), 100000, &retval), -ENXIO);
	sys_close(&on);
	sys_close(&prog);
	sys_close(&map);
}

static void test_refused(void)
{
	struct bpf_insn insns[] = {LOAD(BPF_DW, 0, 5, 0), EXIT};
	struct prog_load_spec spec = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = insns, .insn_count = 2,
	};
	char *log;

	CHECK_EQ(prog_load(&spec), -EACCES);
	CHECK_EQ(prog_load_explain(&spec, &log), -EACCES);
	CHECK(log && strstr(log, "R5 !read_ok"));
	free(log);
	insns[0] = MOV_IMM(0, 0);
	log = (char *)1;
	int fd = prog_load_explain(&spec, &log);
	CHECK(fd > 2 && !log);
	sys_close(&fd);
}

/* The path to the refusal is longer than any log: the reason is told all the same. */
static void test_refused_late(void)
{
	enum { ROUND = 48 };
	struct bpf_insn insns[ROUND + 5] = {MOV_IMM(1, 8000)};
	struct prog_load_spec spec = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = insns, .insn_count = ROUND + 5,
		.log_level = UAPI_LOG_FIXED,
	};
	char *log;

	for (int i = 1; i <= ROUND; i++)
		insns[i] = MOV_IMM(2, 1000000000 + i);
	insns[ROUND + 1] = ADD_IMM(1, -1);
	insns[ROUND + 2] = JUMP_IMM(BPF_JNE, 1, 0, -ROUND - 2);
	insns[ROUND + 3] = LOAD(BPF_DW, 0, 5, 0);
	insns[ROUND + 4] = EXIT;
	CHECK_EQ(prog_load_explain(&spec, &log), -EACCES);
	CHECK(log && strstr(log, "R5 !read_ok"));
	free(log);
}

/* A callback needs func_info of a static function; a plain subprogram does not. */
static void test_callback(void)
{
	struct bpf_insn insns[] = {
		MOV_IMM(1, 10),
		LD_FUNC(2, 6),
		MOV_IMM(3, 0),
		MOV_IMM(4, 0),
		CALL(BPF_FUNC_loop),
		CALL_SUB(3),
		EXIT,
		MOV_IMM(0, 0), EXIT,  /* the callback */
		MOV_IMM(0, 77), EXIT, /* the subprogram */
	};
	struct btf_builder b = {0};
	struct buf blob = {0};
	uint32_t u64 = btf_add_int(&b, "u64", 8, false);
	struct btf_field two[] = {{"index", u64, 0}, {"ctx", btf_add_pointer(&b, 0), 0}};
	uint32_t long_id = btf_add_int(&b, "long", 8, true);
	uint32_t callback = btf_add_func(&b, "callback", btf_add_proto(&b, long_id, two, 2), true);
	uint32_t none = btf_add_proto(&b, long_id, two, 1);
	struct bpf_func_info funcs[] = {
		{0, btf_add_func(&b, "entry", none, false)},
		{8, callback},
		{10, btf_add_func(&b, "sub", none, true)},
	};
	struct prog_load_spec spec = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = insns,
		.insn_count = sizeof(insns) / sizeof(insns[0]), .func_info = funcs,
		.func_info_count = 3,
	};
	char *log, btf_log[4096];
	uint32_t retval = 0;
	int fd;

	btf_builder_finish(&b, &blob);
	spec.btf_fd = btf_load(blob.data, blob.len, btf_log, sizeof(btf_log));
	if (spec.btf_fd < 0)
		fprintf(stderr, "%s\n", btf_log);
	CHECK(spec.btf_fd > 2);
	fd = prog_load_explain(&spec, &log);
	if (fd < 0)
		fprintf(stderr, "%s\n", log);
	CHECK(fd > 2);
	free(log);
	CHECK_EQ(prog_test_run(fd, NULL, 0, -1, &retval), 0);
	CHECK_EQ(retval, 77);
	sys_close(&fd);
	sys_close(&spec.btf_fd);
	CHECK_EQ(prog_load_explain(&spec, &log), -EINVAL);
	CHECK(log && strstr(log, "missing btf func_info"));
	free(log);
	buf_free(&blob);
	btf_builder_free(&b);
}

/* A raw tracepoint on system-call entry counts our own getppid calls. */
static void test_raw_tracepoint(void)
{
	int map = array_of(8, 1, 0);
	struct bpf_insn insns[] = {
		LOAD(BPF_DW, 7, 1, 8), /* number */
		CALL(BPF_FUNC_get_current_pid_tgid),
		INSN(BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, 32),
		JUMP_IMM(BPF_JNE, 0, getpid(), 10),
		JUMP_IMM(BPF_JNE, 7, SYS_getppid, 9),
		STORE_IMM(BPF_W, 10, -4, 0),
		MOV_REG(2, 10), ADD_IMM(2, -4),
		LD_MAP(1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JEQ, 0, 0, 2),
		MOV_IMM(1, 1),
		ATOMIC(BPF_ADD, 0, 0, 1),
		MOV_IMM(0, 0),
		EXIT,
	};
	struct prog_load_spec spec = {
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = insns,
		.insn_count = sizeof(insns) / sizeof(insns[0]),
	};
	uint32_t key = 0;
	uint64_t value = 0;
	int prog, link;

	prog = prog_load(&spec);
	CHECK(prog > 2);
	link = link_raw_tracepoint(prog, "sys_enter", 0);
	CHECK(link > 2);
	for (int i = 0; i < 1000; i++)
		syscall(SYS_getppid);
	sys_close(&link);
	syscall(SYS_getppid);
	CHECK_EQ(map_lookup(map, &key, &value), 0);
	CHECK_EQ(value, 1000);
	CHECK_EQ(link_raw_tracepoint(prog, "no_such_event", 0), -ENOENT);
	sys_close(&prog);
	sys_close(&map);
}

__attribute__((noinline)) void traced_function(void)
{
	__asm__ volatile("nop\nnop\nnop\nnop\nnop" ::: "memory");
}

/* Where traced_function lies in our own executable file, from /proc/self/maps. */
static uint64_t traced_offset(void)
{
	uint64_t addr = sys_addr((void *)traced_function), lo, hi, off, found = 0;
	char line[512];
	FILE *f = fopen("/proc/self/maps", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &lo, &hi, &off) == 3 &&
		    addr >= lo && addr < hi)
			found = addr - lo + off;
	if (f)
		fclose(f);
	return found;
}

/* A program that adds its attach cookie to the one slot of `map`. */
static int cookie_adder(int map, uint32_t attach_type)
{
	struct bpf_insn insns[] = {
		CALL(BPF_FUNC_get_attach_cookie),
		MOV_REG(6, 0),
		STORE_IMM(BPF_W, 10, -4, 0),
		MOV_REG(2, 10), ADD_IMM(2, -4),
		LD_MAP(1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(BPF_JEQ, 0, 0, 1),
		ATOMIC(BPF_ADD, 0, 0, 6),
		MOV_IMM(0, 0),
		EXIT,
	};
	struct prog_load_spec spec = {
		.type = BPF_PROG_TYPE_KPROBE, .expected_attach_type = attach_type,
		.insns = insns, .insn_count = sizeof(insns) / sizeof(insns[0]),
	};

	return prog_load(&spec);
}

static uint64_t slot(int map)
{
	uint32_t key = 0;
	uint64_t value = UINT64_MAX;

	map_lookup(map, &key, &value);
	return value;
}

static void test_uprobes(void)
{
	int map = array_of(8, 1, 0), prog, event, link;
	uint64_t offset = traced_offset(), cookie = 1000;
	struct perf_probe_spec probe = {.path = "/proc/self/exe", .offset = offset};
	struct uprobe_multi_spec multi = {
		.path = "/proc/self/exe", .offsets = &offset, .cookies = &cookie, .count = 1,
		.pid = getpid(),
	};

	CHECK(offset != 0);
	prog = cookie_adder(map, 0);
	CHECK(prog > 2);
	event = perf_open_uprobe(&probe, (struct perf_target){.pid = 0, .cpu = -1});
	CHECK(event > 2);
	link = link_perf_event(event, prog, 5);
	CHECK(link > 2);
	CHECK_EQ(perf_enable(event), 0);
	for (int i = 0; i < 10; i++)
		traced_function();
	CHECK_EQ(slot(map), 50);
	sys_close(&link);
	sys_close(&event);
	traced_function();
	CHECK_EQ(slot(map), 50);
	sys_close(&prog);

	prog = cookie_adder(map, UAPI_ATTACH_UPROBE_MULTI);
	link = prog < 0 ? prog : link_uprobe_multi(prog, &multi);
	if (link == -EINVAL || prog == -EINVAL) {
		printf("no uprobe_multi here\n");
	} else {
		CHECK(link > 2);
		traced_function();
		traced_function();
		CHECK_EQ(slot(map), 2050);
	}
	sys_close(&link);
	sys_close(&prog);
	sys_close(&map);
}

static void test_sampling(void)
{
	struct perf_sample_spec spec = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK, .period = 100000,
	};
	struct bpf_insn insns[] = {MOV_IMM(0, 0), EXIT};
	struct prog_load_spec load = {
		.type = BPF_PROG_TYPE_PERF_EVENT, .insns = insns, .insn_count = 2,
	};
	int prog = prog_load(&load), on = stats_enable();
	int event = perf_open_sample(&spec, (struct perf_target){.pid = 0, .cpu = -1});
	struct prog_stats stats;
	struct perf_reading reading = {0};
	uint64_t end = now_ns() + 30000000;

	CHECK(prog > 2 && event > 2);
	CHECK_EQ(perf_set_program(event, prog), 0);
	CHECK_EQ(perf_enable(event), 0);
	while (now_ns() < end)
		;
	CHECK_EQ(perf_disable(event), 0);
	CHECK_EQ(perf_read(event, &reading), 0);
	/* at least 1 of the 30 ms was ours */
	CHECK(reading.count > 1000000 && reading.time_running > 1000000);
	CHECK_EQ(prog_stats(prog, &stats), 0);
	CHECK(on < 0 || stats.run_count > 5);
	sys_close(&event);
	sys_close(&on);
	sys_close(&prog);
	spec.frequency = 10;
	CHECK_EQ(perf_open_sample(&spec, (struct perf_target){.pid = 0, .cpu = -1}), -EINVAL);
}

static void test_faults(void)
{
	int fd, first;
	void *mem;

	sys_fault_set(SYS_CALL_BPF, BPF_MAP_CREATE, 2, EPERM);
	first = array_of(8, 1, 0);
	CHECK(first > 2);
	CHECK_EQ(array_of(8, 1, 0), -EPERM);
	fd = array_of(8, 1, 0);
	CHECK(fd > 2);
	CHECK_EQ(sys_fault_clear(), 3);
	sys_close(&fd);
	sys_close(&first);
	sys_fault_set(SYS_CALL_MMAP, -1, 1, ENOMEM);
	CHECK_EQ(sys_mmap(&mem, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), -ENOMEM);
	CHECK(!mem);
	sys_fault_clear();
	CHECK_EQ(sys_mmap(&mem, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 0);
	sys_munmap(mem, 4096);
	CHECK_EQ(sys_open("/no/such/file", O_RDONLY), -ENOENT);
}

/* With standard input closed, the next descriptor would be 0: the kernel's "none". */
static void test_low_descriptor(void)
{
	int saved = fcntl(0, F_DUPFD_CLOEXEC, 10), fd;

	if (saved < 0)
		return;
	close(0);
	fd = array_of(8, 1, 0);
	CHECK(fd > 2);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_EQ(fcntl(0, F_GETFD), -1);
	sys_close(&fd);
	dup2(saved, 0);
	close(saved);
}

static void test_cpus(void)
{
	unsigned cpus[8] = {0};

	CHECK_EQ(cpu_list_parse("0-3,7\n", cpus, 8), 5);
	CHECK_EQ(cpus[3], 3);
	CHECK_EQ(cpus[4], 7);
	CHECK_EQ(cpu_list_parse("5", cpus, 8), 1);
	CHECK_EQ(cpu_list_parse("\n", cpus, 8), 0);
	CHECK_EQ(cpu_list_parse("0-", cpus, 8), -EINVAL);
	CHECK_EQ(cpu_list_parse("3-1", cpus, 8), -EINVAL);
	CHECK_EQ(cpu_list_parse("0-4000000000", cpus, 8), -EINVAL);
	CHECK_EQ(cpu_list_parse("0-60000,0-60000,0-60000", cpus, 8), -EINVAL);
	CHECK_EQ(cpu_list_parse("1;2", cpus, 8), -EINVAL);
	CHECK(cpus_possible() >= 1);
	CHECK(cpus_online(cpus, 8) >= 1);
	CHECK(cpus_online(cpus, 8) <= cpus_possible());
}

static bool here(enum feature_id id)
{
	struct features *f = features_new();
	bool yes = feature_has(f, id);

	if (!yes)
		printf("no %s: %s\n", feature_name(id), feature_why(f, id));
	features_free(f);
	return yes;
}

int main(void)
{
	int fd;

	test_cpus();
	fd = array_of(8, 1, 0);
	if (fd == -EPERM || fd == -ENOSYS)
		test_skip("bpf(2) is not permitted", fd);
	sys_close(&fd);
	test_hash();
	test_mmap_array();
	test_map_in_map();
	if (here(FEATURE_TASK_STORAGE))
		test_task_storage();
	test_run();
	test_refused();
	test_refused_late();
	if (here(FEATURE_BPF_LOOP))
		test_callback();
	test_raw_tracepoint();
	if (here(FEATURE_PERF_LINK))
		test_uprobes();
	test_sampling();
	test_faults();
	test_low_descriptor();
	return test_end();
}
