/* maps.c - see maps.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/thread.h"
#include "kern/btf_build.h"
#include "kern/map.h"
#include "kern/map_outer.h"
#include "kern/maps.h"
#include "kern/pinned.h"
#include "kern/sys.h"

/* In plain words. */
static const char *kmap_kind(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH: return "hash";
	case BPF_MAP_TYPE_ARRAY: return "array";
	case BPF_MAP_TYPE_PERCPU_HASH: return "per-CPU hash";
	case BPF_MAP_TYPE_PERCPU_ARRAY: return "per-CPU array";
	case BPF_MAP_TYPE_LRU_HASH: return "LRU hash";
	case BPF_MAP_TYPE_LRU_PERCPU_HASH: return "per-CPU LRU hash";
	case BPF_MAP_TYPE_RINGBUF: return "ring buffer";
	case BPF_MAP_TYPE_TASK_STORAGE: return "task storage";
	case BPF_MAP_TYPE_STACK_TRACE: return "stack trace";
	case BPF_MAP_TYPE_ARRAY_OF_MAPS: return "array of maps";
	case BPF_MAP_TYPE_HASH_OF_MAPS: return "hash of maps";
	default: return "map";
	}
}

static bool is_percpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/*
 * The kernel's own sums: a hash element has a header of 48 bytes and sits in one of
 * pow2(entries) buckets of 16; a per-CPU value is a pointer to one value per possible CPU.
 * Without preallocation only the buckets exist at first, but the ceiling is what counts.
 */
uint64_t kmap_bytes(const struct kmap *kmap, uint32_t entries, uint32_t ncpus)
{
	uint64_t value = ROUND_UP((uint64_t)kmap->value_size, 8);
	uint64_t key = ROUND_UP((uint64_t)kmap->key_size, 8);

	if (is_percpu(kmap->type))
		value = value * ncpus + 8;
	switch (kmap->type) {
	case 0:
	case BPF_MAP_TYPE_TASK_STORAGE: /* grows with the tasks that use it */
		return 0;
	case BPF_MAP_TYPE_RINGBUF:
		return (uint64_t)entries + 3 * 4096;
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return value * entries;
	default: {
		uint64_t buckets = 1;
		while (buckets < entries)
			buckets *= 2;
		return entries * (48 + key + value) + buckets * 16;
	}
	}
}

uint64_t kernel_map_accounted(int fd)
{
	char path[64];
	struct buf text = {0};
	uint64_t bytes = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (buf_read_file(&text, path, 65536) == 0) {
		const char *at = strstr(buf_str(&text), "memlock:");
		if (at)
			bytes = strtoull(at + strlen("memlock:"), NULL, 10);
	}
	buf_free(&text);
	return bytes;
}

/* ---- making ---- */

/* The kernel wants to know the value's type before it keeps it beside a task. */
static int task_storage_create(const struct kmap *kmap, struct map_spec *spec)
{
	spec->btf_fd = btf_load_storage(kmap->value_size, &spec->btf_key_id, &spec->btf_value_id);
	if (spec->btf_fd < 0)
		return spec->btf_fd;
	spec->key_size = 4;
	spec->max_entries = 0;
	spec->flags |= BPF_F_NO_PREALLOC;
	int fd = map_create(spec);
	sys_close(&spec->btf_fd);
	return fd;
}

static int entries_create(const struct kmap *kmap, uint32_t entries)
{
	struct map_spec spec = {
		.type = kmap->type,
		.key_size = kmap->key_size,
		.value_size = kmap->value_size,
		.max_entries = entries,
		.flags = kmap->flags,
		.name = kmap->name,
	};

	if (kmap->type == BPF_MAP_TYPE_TASK_STORAGE)
		return task_storage_create(kmap, &spec);
	return map_create(&spec);
}

static int fill(const struct kmap *kmap, int fd)
{
	const char *value = kmap->init;

	for (uint32_t i = 0; value && i < kmap->entries; i++, value += kmap->value_size) {
		int err = map_update(fd, &i, value, BPF_ANY);
		if (err)
			return err;
	}
	/* Only then does the verifier know that nobody changes what programs may not write. */
	if (kmap->flags & BPF_F_RDONLY_PROG)
		return map_freeze(fd);
	return 0;
}

static int kernel_map_create(struct kernel_map *m, const struct kmap *kmap)
{
	int fd = entries_create(kmap, kmap->entries);
	if (fd < 0)
		return fd;
	m->entries = kmap->entries;
	int err = fill(kmap, fd);
	if (err) {
		sys_close(&fd);
		return err;
	}
	if (!kmap->outer) {
		m->fd = fd;
		return 0;
	}
	struct map_spec spec = {
		.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
		.key_size = 4,
		.value_size = 4,
		.max_entries = MAX_OF(kmap->outer_entries, 1u),
		.inner_fd = fd,
		.name = kmap->name,
	};
	m->inner_fd = fd;
	m->fd = map_create(&spec);
	if (m->fd < 0)
		return m->fd;
	return outer_put(&m->wait, m->fd, 0, fd);
}

static int control_map(struct kernel_maps *maps, const struct plan *plan)
{
	const struct kmap *kmap = &plan->kmaps.v[KMAP_CONTROL];
	const struct kernel_map *m = &maps->list.v[KMAP_CONTROL];
	void *memory;

	if (!kmap->type || !(kmap->flags & BPF_F_MMAPABLE))
		return 0;
	size_t size = map_mmap_size(kmap->value_size, kmap->entries);
	int err = map_mmap(m->fd, size, true, &memory);
	if (err)
		return err;
	maps->control = memory;
	maps->control_bytes = size;
	return 0;
}

/* ---- saying ---- */

static const char *kmap_what(const struct kmap *kmap, char *out, size_t size)
{
	if (kmap->map)
		snprintf(out, size, "@%s", kmap->map->name);
	else
		snprintf(out, size, "%s", kmap->name);
	return out;
}

static void bytes_print(struct buf *out, uint64_t bytes)
{
	if (bytes >= 10 << 20)
		buf_printf(out, "%" PRIu64 " MB", (bytes + (1 << 19)) >> 20);
	else if (bytes >= 10 << 10)
		buf_printf(out, "%" PRIu64 " KB", (bytes + 512) >> 10);
	else
		buf_printf(out, "%" PRIu64 " bytes", bytes);
}

enum { KEY_SIZE_BEFORE_5_11 = 512 };

static void create_failed(struct buf *why, const struct kmap *kmap, uint64_t bytes, int err)
{
	char name[128];

	buf_printf(why, "the kernel map for %s (%s, %u entries, ",
		   kmap_what(kmap, name, sizeof(name)), kmap_kind(kmap->type), kmap->entries);
	bytes_print(why, bytes);
	buf_puts(why, ") could not be made: ");
	switch (-err) {
	case EPERM:
		buf_puts(why, "not permitted (it needs CAP_BPF, before Linux 5.11 also a higher "
			      "`ulimit -l`)");
		break;
	case ENOMEM:
		buf_puts(why, "the kernel has not that much memory at hand");
		break;
	case E2BIG:
		if (kmap->key_size > KEY_SIZE_BEFORE_5_11)
			buf_printf(why, "its keys have %u bytes, and this kernel takes %d (before Linux 5.11); "
				   "shorter strings help: config = { max_strlen = 100 }", kmap->key_size,
				   KEY_SIZE_BEFORE_5_11);
		else
			buf_puts(why, "larger than this kernel allows for one map");
		break;
	case EINVAL:
		buf_puts(why, "this kernel does not know such a map, or not of that size");
		break;
	default:
		buf_printf(why, "%s", strerror(-err));
	}
}

static int above_ceiling(const struct kernel_maps *maps, const struct plan *plan,
			 uint64_t max_bytes, struct buf *why)
{
	size_t largest = 0;
	char name[128];

	for (size_t i = 0; i < maps->list.n; i++)
		if (maps->list.v[i].bytes > maps->list.v[largest].bytes)
			largest = i;
	buf_puts(why, "the script's maps need ");
	bytes_print(why, maps->bytes);
	buf_puts(why, ", more than --max-map-mem allows (");
	bytes_print(why, max_bytes);
	buf_printf(why, "); the largest is %s with ",
		   kmap_what(&plan->kmaps.v[largest], name, sizeof(name)));
	bytes_print(why, maps->list.v[largest].bytes);
	return -E2BIG;
}

/* ---- all of them ---- */

/* Several maps at a time where they are large: the kernel makes room for each entry of each processor. */
enum { WORTH_A_THREAD = 1 << 20 /* bytes */ };

struct maker {
	struct kernel_maps *maps;
	const struct plan *plan;
	size_t next;       /* map that nobody makes yet; atomic */
	size_t awaited;    /* of those before the script's own; atomic */
	int *errors;       /* of each map */
	const struct kernel_maps_ready *ready;
};

static bool is_made_here(const struct kmap *kmap)
{
	return kmap->type && !kmap->first_of && !kmap->pinned;
}

static void make_one(struct maker *maker, size_t i)
{
	int err = kernel_map_create(&maker->maps->list.v[i], &maker->plan->kmaps.v[i]);

	maker->errors[i] = err;
	if (!err && i < KMAP_USER && !__atomic_sub_fetch(&maker->awaited, 1, __ATOMIC_ACQ_REL) && maker->ready)
		maker->ready->on_ready(maker->ready->ctx);
}

static void *make_some(void *arg)
{
	struct maker *maker = arg;
	size_t i;

	while ((i = __atomic_fetch_add(&maker->next, 1, __ATOMIC_RELAXED)) < maker->maps->list.n)
		if (is_made_here(&maker->plan->kmaps.v[i]))
			make_one(maker, i);
	return NULL;
}

static size_t large_maps(const struct plan *plan)
{
	size_t large = 0;

	vec_each(kmap, &plan->kmaps)
		large += is_made_here(kmap) && kmap_bytes(kmap, kmap->entries, plan->ncpus) >= WORTH_A_THREAD;
	return large;
}

/* What is not made but had: the first entries of a map of maps, under a second number, and what others pinned. */
static int take_made(struct kernel_maps *maps, const struct kmap *kmap, struct kernel_map *m, struct buf *why)
{
	if (kmap->pinned) {
		m->fd = pinned_map_open(kmap->pinned, kmap->key_size, why);
		return MIN_OF(m->fd, 0);
	}
	m->fd = fcntl(maps->list.v[kmap->first_of].inner_fd, F_DUPFD_CLOEXEC, 0);
	if (m->fd >= 0)
		return 0;
	int err = -errno;
	create_failed(why, kmap, 0, err);
	return err;
}

static int make_all(struct kernel_maps *maps, const struct plan *plan, const struct kernel_maps_ready *ready,
		    struct buf *why)
{
	struct maker maker = {.maps = maps, .plan = plan, .ready = ready,
			      .errors = xcalloc(MAX_OF(maps->list.n, 1), sizeof(*maker.errors))};
	int err = 0;

	for (size_t i = 0; i < MIN_OF(maps->list.n, (size_t)KMAP_USER); i++)
		maker.awaited += is_made_here(&plan->kmaps.v[i]);
	threads_run(large_maps(plan), make_some, &maker);
	for (size_t i = 0; !err && i < maps->list.n; i++) {
		const struct kmap *kmap = &plan->kmaps.v[i];

		err = maker.errors[i];
		if (err)
			create_failed(why, kmap, maps->list.v[i].bytes, err);
		else if (kmap->first_of || kmap->pinned)
			err = take_made(maps, kmap, &maps->list.v[i], why);
	}
	free(maker.errors);
	return err;
}

int kernel_maps_create(struct kernel_maps *maps, const struct plan *plan, uint64_t max_bytes,
		       const struct kernel_maps_ready *ready, struct buf *why)
{
	*maps = (struct kernel_maps){0};
	vec_each(kmap, &plan->kmaps) {
		struct kernel_map m = {.fd = -1, .inner_fd = -1};
		m.bytes = kmap_bytes(kmap, kmap->entries, plan->ncpus);
		maps->bytes += m.bytes;
		vec_push(&maps->list, m);
	}
	int err = 0;
	if (max_bytes && maps->bytes > max_bytes)
		err = above_ceiling(maps, plan, max_bytes, why);
	if (!err)
		err = make_all(maps, plan, ready, why);
	if (!err && maps->list.n > KMAP_CONTROL) {
		err = control_map(maps, plan);
		if (err)
			buf_printf(why, "the control map could not be mapped into memory: %s",
				   strerror(-err));
	}
	return err;
}

void kernel_maps_free(struct kernel_maps *maps)
{
	if (maps->control)
		sys_munmap(maps->control, maps->control_bytes);
	vec_each(m, &maps->list) {
		outer_wait_end(m->wait);
		sys_close(&m->fd);
		sys_close(&m->inner_fd);
	}
	vec_free(&maps->list);
	*maps = (struct kernel_maps){0};
}

int kernel_maps_entries_fd(const struct kernel_maps *maps, uint32_t number)
{
	const struct kernel_map *m = &maps->list.v[number];

	return m->inner_fd >= 0 ? m->inner_fd : m->fd;
}

void kernel_maps_print(const struct kernel_maps *maps, const struct plan *plan, struct buf *out)
{
	char name[128];

	for (size_t i = 0; i < maps->list.n; i++) {
		const struct kernel_map *m = &maps->list.v[i];
		const struct kmap *kmap = &plan->kmaps.v[i];
		if (m->fd < 0)
			continue;
		uint64_t bytes = kernel_map_accounted(m->inner_fd >= 0 ? m->inner_fd : m->fd);
		buf_printf(out, "map %-16s %-14s %8u entries, key %u, value %u, ",
			   kmap_what(kmap, name, sizeof(name)), kmap_kind(kmap->type), m->entries,
			   kmap->key_size, kmap->value_size);
		bytes_print(out, bytes ? bytes : m->bytes);
		buf_puts(out, kmap->outer ? ", grows\n" : "\n");
	}
	buf_puts(out, "maps in all: ");
	bytes_print(out, maps->bytes);
	buf_putc(out, '\n');
}
