/*
 * The kernel maps of a plan: every shape that plans use, growing, the ceiling, and that every
 * failure on the way gives everything back.
 */

#include "attach_test.h"
#include "kern/map.h"
#include "kern/sys.h"

enum { MAP_HASH = KMAP_USER, MAP_GROWS, MAP_TASK, MAP_COUNT };

static void plan_fill(struct fixture *f)
{
	static const uint64_t names[4] = {1, 2, 3, 4};
	static const struct kmap maps[MAP_COUNT] = {
		[KMAP_RING] = {.name = "ring", .type = BPF_MAP_TYPE_RINGBUF, .entries = 65536},
		[KMAP_SCRATCH] = {.name = "scratch", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				  .value_size = 512, .entries = 8},
		[KMAP_NAMES] = {.name = "names", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				.value_size = 8, .entries = 4, .flags = BPF_F_RDONLY_PROG, .init = names},
		[MAP_HASH] = {.name = "h", .type = BPF_MAP_TYPE_HASH, .key_size = 8, .value_size = 8,
			      .entries = 100, .flags = BPF_F_NO_PREALLOC},
		[MAP_GROWS] = {.name = "g", .type = BPF_MAP_TYPE_PERCPU_HASH, .key_size = 8,
			       .value_size = 16, .entries = 4, .outer = true},
		[MAP_TASK] = {.name = "t", .type = BPF_MAP_TYPE_TASK_STORAGE, .value_size = 16},
	};

	fixture_init(f);
	for (unsigned i = KMAP_CONTROL + 1; i < MAP_COUNT; i++)
		avec_push(f->arena, &f->plan.kmaps, maps[i]);
}

static void test_create(void)
{
	struct fixture f;
	uint64_t key = 7, value = 0, big[64] = {0};
	uint32_t index = 2;

	plan_fill(&f);
	int err = kernel_maps_create(&f.maps, &f.plan, 0, NULL, &f.why);
	if (err == -EPERM)
		test_skip("BPF maps are not permitted", err);
	CHECK_EQ(err, 0);
	CHECK(f.maps.control && f.maps.control_bytes >= 4096);
	CHECK_EQ(f.maps.list.v[KMAP_STACKS].fd, -1); /* not in this plan */
	CHECK_EQ(map_lookup(f.maps.list.v[KMAP_NAMES].fd, &index, &value), 0);
	CHECK_EQ(value, 3);
	value = 9;
	CHECK_EQ(map_update(f.maps.list.v[KMAP_NAMES].fd, &index, &value, BPF_ANY), -EPERM);
	CHECK_EQ(map_update(f.maps.list.v[MAP_HASH].fd, &key, &value, BPF_ANY), 0);

	/* four entries fit, more do not */
	for (key = 0; key < 4; key++)
		CHECK_EQ(map_update(kernel_maps_entries_fd(&f.maps, MAP_GROWS), &key, big, BPF_ANY), 0);
	CHECK_EQ(map_update(kernel_maps_entries_fd(&f.maps, MAP_GROWS), &key, big, BPF_ANY), -E2BIG);

	struct buf text = {0};
	kernel_maps_print(&f.maps, &f.plan, &text);
	CHECK(strstr(buf_str(&text), "per-CPU hash"));
	CHECK(strstr(buf_str(&text), "maps in all: "));
	buf_free(&text);
	CHECK(kernel_map_accounted(f.maps.list.v[MAP_HASH].fd) > 0);
	fixture_free(&f);
}

struct told {
	const struct fixture *f;
	unsigned times;
	bool complete;
};

static void on_ready(void *ctx)
{
	struct told *told = ctx;

	told->times++;
	told->complete = true;
	for (size_t i = 0; i < KMAP_USER; i++)
		told->complete &= told->f->maps.list.v[i].fd >= 0 || !told->f->plan.kmaps.v[i].type;
}

/* Those before the script's own can be used as soon as they are there, also when one of the script's never is. */
static void test_ready(void)
{
	for (unsigned fails = 0; fails < 2; fails++) {
		struct fixture f;
		struct told told = {.f = &f};
		struct kernel_maps_ready ready = {on_ready, &told};

		plan_fill(&f);
		if (fails)
			f.plan.kmaps.v[KMAP_USER].key_size = 0;
		CHECK_EQ(kernel_maps_create(&f.maps, &f.plan, 0, &ready, &f.why), fails ? -EINVAL : 0);
		CHECK_EQ(told.times, 1);
		CHECK(told.complete);
		fixture_free(&f);
	}
}

static void test_ceiling(void)
{
	struct fixture f;

	plan_fill(&f);
	CHECK_EQ(kernel_maps_create(&f.maps, &f.plan, 10000, NULL, &f.why), -E2BIG);
	CHECK(strstr(buf_str(&f.why), "--max-map-mem") && strstr(buf_str(&f.why), "ring"));
	vec_each(m, &f.maps.list)
		CHECK_EQ(m->fd, -1);
	kernel_maps_free(&f.maps);
	CHECK_EQ(f.maps.list.n, 0);
	fixture_free(&f);
}

/* The Nth system call fails, for every N there is. */
static void test_failures(enum sys_call call, long cmd)
{
	unsigned before = open_files(), nth = 1;

	for (;; nth++) {
		struct fixture f;
		plan_fill(&f);
		sys_fault_set(call, cmd, nth, ENOMEM);
		int err = kernel_maps_create(&f.maps, &f.plan, 0, NULL, &f.why);
		sys_fault_clear();
		if (err == 0) {
			fixture_free(&f);
			break;
		}
		CHECK_EQ(err, -ENOMEM);
		CHECK(f.why.len > 10);
		kernel_maps_free(&f.maps);
		CHECK_EQ(f.maps.list.n, 0);
		fixture_free(&f);
		CHECK_EQ(open_files(), before);
	}
	CHECK(nth > 1);
}

int main(void)
{
	test_create();
	test_ready();
	test_ceiling();
	test_failures(SYS_CALL_BPF, BPF_MAP_CREATE);
	test_failures(SYS_CALL_BPF, BPF_MAP_UPDATE_ELEM);
	test_failures(SYS_CALL_BPF, BPF_MAP_FREEZE);
	test_failures(SYS_CALL_BPF, BPF_BTF_LOAD);
	test_failures(SYS_CALL_MMAP, -1);
	return test_end();
}
