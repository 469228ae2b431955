/* kernel_values.c - see kernel_values.h. Threads' storage is in task_values.c. */
#include "run/kernel_values.h"

#include <errno.h>
#include <stdlib.h>

#include "kern/map.h"
#include "kern/sys.h"
#include "run/merge.h"
#include "run/task_values.h"

enum { BATCH = 512 };

/* ---- values as such ---- */

static bool is_counter(const struct map *map)
{
	return type_is_int(map->value) && (map->uses & MAP_COUNTED) && !(map->uses & MAP_ASSIGNED);
}

bool stored_is_additive(const struct map *map)
{
	const struct type *t = map->value;

	if (!type_is_aggregation(t))
		return is_counter(map);
	return t->kind != TYPE_MIN && t->kind != TYPE_MAX && t->kind != TYPE_TSERIES && !t->percentiles;
}

void stored_merge(const struct map *map, void *into, const void *from)
{
	if (type_is_aggregation(map->value))
		aggregate_merge(map->value, into, from);
	else if (is_counter(map))
		*(uint64_t *)into += *(const uint64_t *)from;
	else
		memcpy(into, from, type_stored_size(map->value));
}

bool stored_subtract(const struct map *map, void *from, const void *seen)
{
	if (type_is_aggregation(map->value))
		return aggregate_subtract(map->value, from, seen);
	if (is_counter(map))
		return (*(uint64_t *)from -= *(const uint64_t *)seen) != 0;
	return memcmp(from, seen, type_stored_size(map->value)) != 0;
}

/* ---- slots in the control map ---- */

static uint8_t *control_at(const struct kernel_values *kv, uint32_t offset)
{
	return (uint8_t *)kv->maps->control + offset;
}

static uint8_t *slot(const struct kernel_values *kv, unsigned generation, unsigned cpu)
{
	const struct map_plan *mp = kv->map_plan;

	return control_at(kv, mp->offset + (generation * kv->plan->ncpus_pow2 + cpu) * mp->stride);
}

/* A copy word by word: programs write whole words meanwhile. */
static void copy_words(uint64_t *to, const uint8_t *from, uint32_t size)
{
	const uint64_t *words = (const uint64_t *)from;

	for (uint32_t i = 0; i < size / 8; i++)
		to[i] = __atomic_load_n(&words[i], __ATOMIC_RELAXED);
}

static void read_generation(const struct kernel_values *kv, unsigned generation, struct table *out)
{
	const struct map_plan *mp = kv->map_plan;
	uint64_t *value = xcalloc(1, mp->value_size);

	for (unsigned cpu = 0; cpu < kv->plan->ncpus_pow2; cpu++) {
		copy_words(value, slot(kv, generation, cpu), mp->value_size);
		if (aggregate_present(mp->map->value, value))
			stored_merge(mp->map, table_at(out, ""), value);
	}
	free(value);
}

static void read_scalar(const struct kernel_values *kv, struct table *out)
{
	const uint64_t *at = (const uint64_t *)control_at(kv, kv->map_plan->offset);
	uint64_t value;

	if (!__atomic_load_n(&at[1], __ATOMIC_RELAXED))
		return;
	value = __atomic_load_n(&at[0], __ATOMIC_RELAXED);
	memcpy(table_at(out, ""), &value, sizeof(value));
}

void kernel_values_scalar_take(const struct kernel_values *kv, uint64_t printed, bool additive,
			       bool absent)
{
	uint64_t *at = (uint64_t *)control_at(kv, kv->map_plan->offset);

	/* Absent first: a program that stores meanwhile makes it present again. */
	if (absent)
		__atomic_store_n(&at[1], 0, __ATOMIC_SEQ_CST);
	if (additive)
		__atomic_fetch_sub(&at[0], printed, __ATOMIC_SEQ_CST);
	else
		__atomic_compare_exchange_n(&at[0], &printed, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&at[0], __ATOMIC_SEQ_CST))
		__atomic_store_n(&at[1], 1, __ATOMIC_SEQ_CST);
}

/* ---- front slots ---- */

static void read_front(const struct kernel_values *kv, const void *key, struct table *out)
{
	const struct map_plan *mp = kv->map_plan;
	uint32_t slots = mp->front_bits ? kv->plan->ncpus_pow2 << mp->front_bits : 0;
	uint64_t *value = xcalloc(1, mp->value_size);

	for (uint32_t i = 0; i < slots; i++) {
		const uint8_t *at = control_at(kv, mp->front_offset + i * mp->front_stride);

		/* bound: the key is there and stays */
		if (!__atomic_load_n((const uint64_t *)(at + FRONT_BOUND), __ATOMIC_ACQUIRE))
			continue;
		if (key && memcmp(key, at + FRONT_KEY, mp->key_size))
			continue;
		copy_words(value, at + front_value(mp), mp->value_size);
		if (aggregate_present(mp->map->value, value))
			stored_merge(mp->map, table_at(out, at + FRONT_KEY), value);
	}
	free(value);
}

void kernel_values_front(const struct kernel_values *kv, struct table *out)
{
	read_front(kv, NULL, out);
}

/* ---- hash maps ---- */

static bool is_percpu(const struct kernel_values *kv)
{
	return kv->map_plan->rep == REP_PERCPU;
}

static size_t value_span(const struct kernel_values *kv)
{
	return is_percpu(kv) ? map_percpu_span(kv->map_plan->value_size, kv->plan->ncpus)
			     : kv->map_plan->value_size;
}

/* One entry as user space gets it: one value, or one per CPU. */
static void merge_entry(const struct kernel_values *kv, void *into, const uint8_t *value)
{
	size_t stride = ROUND_UP(kv->map_plan->value_size, 8u);

	for (unsigned cpu = 0; cpu < (is_percpu(kv) ? kv->plan->ncpus : 1); cpu++)
		stored_merge(kv->map_plan->map, into, value + cpu * stride);
}

typedef int batch_call(int fd, const void *in, void *out, void *keys, void *values, uint32_t *count);

static int read_batches(const struct kernel_values *kv, int fd, batch_call *call, struct table *out,
			size_t *total)
{
	uint32_t key_size = kv->map_plan->key_size, room = BATCH, count;
	size_t span = value_span(kv);
	uint8_t *keys = xreallocarray(NULL, room, key_size), *values = xreallocarray(NULL, room, span);
	uint64_t positions[2] = {0, 0}; /* 4 bytes are used for hash maps */
	void *in = NULL;
	int err;

	for (;;) {
		count = room;
		err = call(fd, in, &positions[1], keys, values, &count);
		if (err == -ENOSPC && room < (1u << 20)) {
			room *= 4;
			keys = xreallocarray(keys, room, key_size);
			values = xreallocarray(values, room, span);
			continue;
		}
		if (err && err != -ENOENT)
			break;
		for (uint32_t i = 0; i < count; i++)
			merge_entry(kv, table_at(out, keys + (size_t)i * key_size), values + i * span);
		*total += count;
		if (err == -ENOENT)
			break;
		positions[0] = positions[1];
		in = &positions[0];
	}
	free(keys);
	free(values);
	return err == -ENOENT ? 0 : err;
}

int kernel_values_take_fd(const struct kernel_values *kv, int fd, struct table *out, size_t *count)
{
	size_t total = 0;
	int err = read_batches(kv, fd, map_take_batch, out, &total);

	if (count)
		*count = total;
	return err;
}

static int current_fd(const struct kernel_values *kv)
{
	return kernel_maps_entries_fd(kv->maps, kv->map_plan->kmap);
}

static void reset_count(const struct kernel_values *kv)
{
	if (kv->map_plan->count_offset)
		__atomic_store_n((uint64_t *)control_at(kv, kv->map_plan->count_offset), 0, __ATOMIC_SEQ_CST);
}

int kernel_values_take(const struct kernel_values *kv, struct table *out)
{
	reset_count(kv);
	return kernel_values_take_fd(kv, current_fd(kv), out, NULL);
}

int kernel_values_new_map(const struct kernel_values *kv, uint32_t entries)
{
	const struct kmap *kmap = &kv->plan->kmaps.v[kv->map_plan->kmap];

	return map_create(&(struct map_spec){.type = kmap->type, .key_size = kmap->key_size,
					     .value_size = kmap->value_size, .max_entries = entries,
					     .flags = kmap->flags, .name = kmap->name});
}

int kernel_values_swap(const struct kernel_values *kv, int new_fd, uint32_t entries, int *old_fd)
{
	struct kernel_map *m = &kv->maps->list.v[kv->map_plan->kmap];
	uint32_t zero = 0;
	int err;

	/* What programs still add to the old map's count after this is a few too many. */
	reset_count(kv);
	if (kv->map_plan->swapped_offset) /* from here on by the outer map; the wait below covers it */
		__atomic_store_n((uint32_t *)control_at(kv, kv->map_plan->swapped_offset), 1, __ATOMIC_SEQ_CST);
	/* The kernel answers only after a grace period: nobody is in the old map then. */
	err = map_update(m->fd, &zero, &new_fd, BPF_ANY);
	if (err)
		return err;
	*old_fd = m->inner_fd;
	m->inner_fd = new_fd;
	m->entries = entries;
	return 0;
}

int kernel_values_read(const struct kernel_values *kv, struct table *out)
{
	size_t total = 0;

	switch (kv->map_plan->rep) {
	case REP_SCALAR:
		read_scalar(kv, out);
		return 0;
	case REP_CPU_SLOTS:
		for (unsigned g = 0; g < (kv->map_plan->two_generations ? 2 : 1); g++)
			read_generation(kv, g, out);
		return 0;
	case REP_PERCPU:
		read_front(kv, NULL, out);
		/* fall through */
	case REP_HASH:
		return read_batches(kv, current_fd(kv), map_lookup_batch, out, &total);
	case REP_TASK:
		return task_values_read(kv, out);
	}
	BUG("representation %d", kv->map_plan->rep);
}

int kernel_values_read_key(const struct kernel_values *kv, const void *key, void *value, bool *found)
{
	enum map_rep rep = kv->map_plan->rep;
	struct table all;
	uint8_t *raw;
	int err = 0;

	*found = false;
	if (rep != REP_HASH && rep != REP_PERCPU) {
		const void *at;

		table_init(&all, kv->map_plan->map->key ? 8 : 0, kv->map_plan->value_size);
		err = kernel_values_read(kv, &all);
		at = table_get(&all, key);
		if (at)
			memcpy(value, at, type_stored_size(kv->map_plan->map->value));
		*found = at;
		table_free(&all);
		return err;
	}
	raw = xcalloc(1, value_span(kv));
	table_init(&all, kv->map_plan->key_size, kv->map_plan->value_size);
	if (kv->map_plan->front_bits)
		read_front(kv, key, &all);
	err = map_lookup(current_fd(kv), key, raw);
	if (!err)
		merge_entry(kv, table_at(&all, key), raw);
	if (table_count(&all)) {
		memcpy(value, table_value(&all, 0), kv->map_plan->value_size);
		*found = true;
	}
	table_free(&all);
	free(raw);
	return err == -ENOENT ? 0 : err;
}

/* ---- grace periods ---- */

/* {the outer map; what is put into it lives as long as it does} */
int grace_map_new(void)
{
	struct map_spec spec = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 1, .name = "grace_in"};
	uint32_t zero = 0;
	int inner = map_create(&spec), outer, err;

	if (inner < 0)
		return inner;
	spec.type = BPF_MAP_TYPE_ARRAY_OF_MAPS;
	spec.value_size = 4;
	spec.name = "grace";
	spec.inner_fd = inner;
	outer = map_create(&spec);
	err = outer < 0 ? outer : map_update(outer, &zero, &inner, BPF_ANY);
	sys_close(&inner);
	if (err && outer >= 0)
		sys_close(&outer);
	return err ? err : outer;
}

/* The kernel waits for running programs before it answers an update of a map in map. */
static int grace_wait(int grace_fd)
{
	struct map_spec spec = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 1, .name = "grace_in"};
	uint32_t zero = 0;
	int inner = map_create(&spec), err;

	if (inner < 0)
		return inner;
	err = map_update(grace_fd, &zero, &inner, BPF_ANY);
	sys_close(&inner);
	return err;
}

/* ---- emptied ---- */

int kernel_values_flip(const struct kernel_values *kv, int grace_fd, struct table *out)
{
	const struct map_plan *mp = kv->map_plan;
	uint32_t *generation = (uint32_t *)control_at(kv, mp->generation_offset);
	unsigned old = __atomic_load_n(generation, __ATOMIC_SEQ_CST) & 1;
	int err;

	__atomic_store_n(generation, old ^ 1, __ATOMIC_SEQ_CST);
	err = grace_wait(grace_fd);
	if (err) {
		/* Without the wait nothing may be emptied; both generations are still read. */
		return err;
	}
	read_generation(kv, old, out);
	for (unsigned cpu = 0; cpu < kv->plan->ncpus_pow2; cpu++)
		memset(slot(kv, old, cpu), 0, mp->stride);
	return 0;
}

static int reset_hash(const struct kernel_values *kv, const struct table *keys, bool absent)
{
	uint8_t *zero = xcalloc(1, value_span(kv));
	int fd = current_fd(kv), err = 0;

	for (size_t i = 0; i < table_count(keys); i++) {
		int r = absent ? map_delete(fd, table_key(keys, i))
			       : map_update(fd, table_key(keys, i), zero, BPF_EXIST);

		if (r && r != -ENOENT)
			err = r;
	}
	free(zero);
	return err;
}

int kernel_values_reset(const struct kernel_values *kv, const struct table *keys, bool absent)
{
	uint64_t *at;

	switch (kv->map_plan->rep) {
	case REP_SCALAR:
		at = (uint64_t *)control_at(kv, kv->map_plan->offset);
		if (absent)
			__atomic_store_n(&at[1], 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&at[0], 0, __ATOMIC_SEQ_CST);
		return 0;
	case REP_HASH:
		return reset_hash(kv, keys, absent);
	case REP_TASK:
		return task_values_reset(kv, absent);
	default:
		BUG("representation %d", kv->map_plan->rep);
	}
}
