/* aggregate.c - see aggregate.h. Growing is in aggregate_grow.c. */
#include "run/aggregate_int.h"

#include <errno.h>
#include <stdlib.h>

#include "kern/map.h"
#include "kern/sys.h"
#include "run/merge.h"

static struct map_state *state_of(struct aggregates *ag, const struct map *map)
{
	BUG_ON(map->number >= ag->nmaps);
	return &ag->maps[map->number];
}

/* Whether clear() may be a memory of ours instead of an exchange in the kernel. */
static bool clears_by_memory(const struct map_plan *mp)
{
	bool read = mp->map->uses & (MAP_READ | MAP_HAS_KEY | MAP_LEN | MAP_DELETED);

	return (mp->rep == REP_CPU_SLOTS || mp->rep == REP_PERCPU) && !read && stored_is_additive(mp->map);
}

static void state_init(struct aggregates *ag, struct map_state *s, const struct map_plan *mp)
{
	uint32_t key = mp->rep == REP_TASK ? 8 : mp->map->key ? mp->key_size : 0;
	uint32_t value = MAX_OF(mp->value_size, type_stored_size(mp->map->value));

	if (!mp->map->key && mp->rep == REP_HASH)
		key = 8; /* the one key is 0 */
	s->kv = (struct kernel_values){.plan = ag->plan, .map_plan = mp, .maps = ag->kernel_maps};
	s->by_memory = clears_by_memory(mp);
	s->spare_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	table_init(&s->base, key, value);
	table_init(&s->minus, key, value);
	table_init(&s->shown, key, value);
	table_init(&s->shown_raw, key, value);
}

struct aggregates *aggregates_new(const struct plan *plan, struct kernel_maps *maps,
				  const struct aggregates_options *options)
{
	struct aggregates *ag = xcalloc(1, sizeof(*ag));

	ag->plan = plan;
	ag->kernel_maps = maps;
	ag->max_bytes = options->max_bytes ? options->max_bytes : 256ull << 20;
	ag->grace_fd = -1;
	ag->nmaps = plan->maps.n;
	ag->maps = xcalloc(MAX_OF(ag->nmaps, (size_t)1), sizeof(*ag->maps));
	for (size_t i = 0; i < ag->nmaps; i++) {
		state_init(ag, &ag->maps[i], &plan->maps.v[i]);
		growth_set_limit(&ag->maps[i]);
	}
	return ag;
}

void aggregates_free(struct aggregates *ag)
{
	if (!ag)
		return;
	for (size_t i = 0; i < ag->nmaps; i++) {
		struct map_state *s = &ag->maps[i];

		table_free(&s->base);
		table_free(&s->minus);
		table_free(&s->shown);
		table_free(&s->shown_raw);
		vec_free(&s->entries);
		if (s->spare_fd >= 0)
			sys_close(&s->spare_fd);
		pthread_mutex_destroy(&s->lock);
	}
	if (ag->grace_fd >= 0)
		sys_close(&ag->grace_fd);
	free(ag->maps);
	free(ag);
}

/* to += from - minus; keys of which nothing is left are not made. */
void state_add(const struct map_state *s, struct table *to, const struct table *from, const struct table *minus)
{
	const struct map *map = s->kv.map_plan->map;
	uint8_t *left = xmalloc(from->value_size);

	for (size_t i = 0; i < table_count(from); i++) {
		const void *key = table_key(from, i), *seen = table_get(minus, key);

		memcpy(left, table_value(from, i), from->value_size);
		if (seen && !stored_subtract(map, left, seen))
			continue;
		stored_merge(map, table_at(to, key), left);
	}
	free(left);
}

void state_take_front(const struct map_state *s, struct table *taken, struct table *front)
{
	struct table none;

	table_init(&none, s->base.key_size, s->base.value_size);
	table_free(front);
	kernel_values_front(&s->kv, front);
	state_add(s, taken, front, &none);
}

/* ---- print ---- */

static void list_entries(struct map_state *s, const struct table *from, struct snapshot *out)
{
	const struct map *map = s->kv.map_plan->map;

	s->entries.n = 0;
	for (size_t i = 0; i < table_count(from); i++)
		vec_push(&s->entries, ((struct map_entry){.key = map->key ? table_key(from, i) : NULL,
							  .value = table_value(from, i)}));
	out->map = map;
	out->entries = s->entries.v;
	out->n = s->entries.n;
}

int aggregates_print(struct aggregates *ag, const struct map *map, struct snapshot *out)
{
	struct map_state *s = state_of(ag, map);
	struct table raw, none;
	int err;

	pthread_mutex_lock(&s->lock);
	table_init(&raw, s->base.key_size, s->base.value_size);
	table_init(&none, s->base.key_size, s->base.value_size);
	table_free(&s->shown);
	err = kernel_values_read(&s->kv, &raw);
	/* Entries of base are shown even when they are zero: zero() has put them there. */
	state_add(s, &s->shown, &s->base, &none);
	state_add(s, &s->shown, &raw, &s->minus);
	table_free(&s->shown_raw);
	if (s->by_memory && (map->uses & MAP_CLEARED))
		table_move(&s->shown_raw, &raw);
	table_free(&raw);
	s->shown_valid = s->shown_raw_valid = true;
	growth_note_bytes(s);
	pthread_mutex_unlock(&s->lock);
	list_entries(s, &s->shown, out);
	return err;
}

int aggregates_print_last(struct aggregates *ag, const struct map *map, struct snapshot *out)
{
	struct map_state *s = state_of(ag, map);
	struct table raw;
	int err;

	pthread_mutex_lock(&s->lock);
	table_init(&raw, s->base.key_size, s->base.value_size);
	table_free(&s->shown);
	err = kernel_values_read(&s->kv, &raw);
	state_add(s, &s->base, &raw, &s->minus);
	/* It is in base now: seen from here the kernel has nothing. */
	table_move(&s->minus, &raw);
	growth_note_bytes(s);
	pthread_mutex_unlock(&s->lock);
	list_entries(s, &s->base, out);
	return err;
}

void aggregates_release(struct aggregates *ag, const struct map *map)
{
	struct map_state *s = state_of(ag, map);

	/* Kept only for a clear that takes off what was shown. */
	if (map->uses & MAP_CLEARED)
		return;
	pthread_mutex_lock(&s->lock); /* the thread that grows maps looks at how large it is */
	table_free(&s->shown);
	s->shown_valid = false;
	pthread_mutex_unlock(&s->lock);
	vec_free(&s->entries);
}

bool aggregates_lookup(struct aggregates *ag, const struct map *map, const void *key, void *value)
{
	struct map_state *s = state_of(ag, map);
	struct table one, shown;
	uint8_t *stored = xcalloc(1, s->base.value_size), *padded = xcalloc(1, s->base.key_size + 1);
	const void *at;
	bool found;

	if (map->key)
		memcpy(padded, key, MIN_OF(s->base.key_size, type_stored_size(map->key)));
	pthread_mutex_lock(&s->lock);
	table_init(&one, s->base.key_size, s->base.value_size);
	table_init(&shown, s->base.key_size, s->base.value_size);
	if (kernel_values_read_key(&s->kv, padded, stored, &found) == 0 && found)
		memcpy(table_at(&one, padded), stored, s->base.value_size);
	at = table_get(&s->base, padded);
	if (at)
		memcpy(table_at(&shown, padded), at, s->base.value_size);
	state_add(s, &shown, &one, &s->minus);
	growth_note_bytes(s);
	pthread_mutex_unlock(&s->lock);
	at = table_get(&shown, padded);
	if (at)
		memcpy(value, at, type_stored_size(map->value));
	table_free(&one);
	table_free(&shown);
	free(stored);
	free(padded);
	return at;
}

/* ---- clear and zero ---- */

/* The values of the current map or generation, which becomes empty. */
static int take(struct aggregates *ag, struct map_state *s, struct table *out)
{
	int old_fd, err, fd;
	uint32_t entries, old_entries;

	if (s->kv.map_plan->rep == REP_CPU_SLOTS) {
		if (ag->grace_fd < 0)
			ag->grace_fd = grace_map_new();
		return ag->grace_fd < 0 ? ag->grace_fd : kernel_values_flip(&s->kv, ag->grace_fd, out);
	}
	if (__atomic_load_n(&ag->at_rest, __ATOMIC_ACQUIRE))
		return kernel_values_take(&s->kv, out);
	fd = growth_take_empty(s, &entries);
	if (fd < 0)
		return fd;
	old_entries = s->kv.maps->list.v[s->kv.map_plan->kmap].entries;
	err = kernel_values_swap(&s->kv, fd, entries, &old_fd);
	if (err) {
		sys_close(&fd);
		return err;
	}
	err = kernel_values_take_fd(&s->kv, old_fd, out, NULL);
	growth_give_empty(s, err ? 0 : old_entries, old_fd);
	growth_set_limit(s);
	return err;
}

/* clear() where the kernel's map is exchanged: base keeps what was not shown. */
static int clear_by_exchange(struct aggregates *ag, struct map_state *s, bool after_print)
{
	struct table old, all, front;
	int err;

	table_init(&old, s->base.key_size, s->base.value_size);
	table_init(&all, s->base.key_size, s->base.value_size);
	table_init(&front, s->base.key_size, s->base.value_size);
	err = take(ag, s, &old);
	if (!err)
		state_take_front(s, &old, &front);
	if (!err && after_print) {
		table_move(&all, &s->base);
		state_add(s, &all, &old, &s->minus);
		state_add(s, &s->base, &all, &s->shown);
	} else if (!err) {
		table_free(&s->base);
	}
	if (!err)
		table_move(&s->minus, &front);
	table_free(&old);
	table_free(&all);
	table_free(&front);
	return err;
}

static int clear_by_memory(struct map_state *s, bool after_print)
{
	struct table raw;
	int err = 0;

	table_init(&raw, s->base.key_size, s->base.value_size);
	if (!after_print) {
		err = kernel_values_read(&s->kv, &raw);
		table_move(&s->minus, &raw);
		table_free(&s->base);
	} else if (s->shown_raw_valid) {
		table_move(&s->minus, &s->shown_raw);
		table_free(&s->base);
	} else {
		/* The map was exchanged since: what was shown is in base. */
		table_move(&raw, &s->base);
		state_add(s, &s->base, &raw, &s->shown);
		table_free(&raw);
	}
	return err;
}

/* Keys that were never seen again fill the map: time to exchange it. */
static bool crowded(const struct map_state *s)
{
	const struct map_plan *mp = s->kv.map_plan;

	return mp->rep == REP_PERCPU && table_count(&s->shown_raw) * 2 > s->kv.maps->list.v[mp->kmap].entries;
}

static void scalar_take(struct map_state *s, bool absent)
{
	const struct map *map = s->kv.map_plan->map;
	const uint64_t *printed = table_get(&s->shown, "");

	if (printed)
		kernel_values_scalar_take(&s->kv, *printed, stored_is_additive(map), absent);
}

/* Keys of the map as it is now, or as it was last shown. */
static int current_keys(struct map_state *s, bool after_print, struct table *out)
{
	struct table none;
	int err = 0;

	table_init(&none, s->base.key_size, s->base.value_size);
	if (after_print) {
		state_add(s, out, &s->shown, &none);
	} else {
		state_add(s, out, &s->base, &none);
		err = kernel_values_read(&s->kv, out);
	}
	return err;
}

static int clear(struct aggregates *ag, struct map_state *s, bool after_print)
{
	const struct map_plan *mp = s->kv.map_plan;
	struct table keys;
	int err;

	if (s->by_memory && !crowded(s))
		return clear_by_memory(s, after_print);
	if (mp->rep == REP_CPU_SLOTS || mp->outer)
		return clear_by_exchange(ag, s, after_print);
	if (mp->rep == REP_SCALAR && after_print) {
		scalar_take(s, true);
		return 0;
	}
	table_init(&keys, s->base.key_size, s->base.value_size);
	err = mp->rep == REP_HASH ? current_keys(s, after_print, &keys) : 0;
	if (!err)
		err = kernel_values_reset(&s->kv, &keys, true);
	table_free(&keys);
	return err;
}

void aggregates_at_rest(struct aggregates *ag)
{
	__atomic_store_n(&ag->at_rest, true, __ATOMIC_RELEASE);
}

int aggregates_clear(struct aggregates *ag, const struct map *map, bool after_print)
{
	struct map_state *s = state_of(ag, map);
	int err = 0;

	pthread_mutex_lock(&s->lock);
	/* Two prints, then two clears: the second clear has nothing left that was shown. */
	if (!after_print || s->shown_valid)
		err = clear(ag, s, after_print);
	if (!err)
		s->shown_valid = false;
	growth_note_bytes(s);
	pthread_mutex_unlock(&s->lock);
	return err;
}

static int zero_in_kernel(struct map_state *s, bool after_print)
{
	const struct map_plan *mp = s->kv.map_plan;
	struct table keys;
	int err = 0;

	if (mp->rep == REP_SCALAR && after_print) {
		scalar_take(s, false);
		return 0;
	}
	table_init(&keys, s->base.key_size, s->base.value_size);
	if (mp->rep == REP_HASH)
		err = current_keys(s, after_print, &keys);
	if (!err)
		err = kernel_values_reset(&s->kv, &keys, false);
	table_free(&keys);
	for (size_t i = 0; i < table_count(&s->base); i++)
		memset(table_value(&s->base, i), 0, s->base.value_size);
	return err;
}

int aggregates_zero(struct aggregates *ag, const struct map *map, bool after_print)
{
	struct map_state *s = state_of(ag, map);
	enum map_rep rep = s->kv.map_plan->rep;
	struct table keys;
	int err;

	pthread_mutex_lock(&s->lock);
	if (after_print && !s->shown_valid) {
		err = 0;
	} else if (rep != REP_CPU_SLOTS && rep != REP_PERCPU) {
		err = zero_in_kernel(s, after_print);
	} else {
		table_init(&keys, s->base.key_size, s->base.value_size);
		err = current_keys(s, after_print, &keys);
		if (!err)
			err = clear(ag, s, after_print);
		/* What is in base is shown, be it zero. */
		for (size_t i = 0; !err && i < table_count(&keys); i++)
			table_at(&s->base, table_key(&keys, i));
		table_free(&keys);
	}
	if (!err)
		s->shown_valid = false;
	growth_note_bytes(s);
	pthread_mutex_unlock(&s->lock);
	return err;
}

uint64_t aggregates_bytes(const struct aggregates *ag)
{
	uint64_t bytes = ag->kernel_maps->bytes;

	for (size_t i = 0; i < ag->nmaps; i++)
		bytes += __atomic_load_n(&ag->maps[i].bytes, __ATOMIC_RELAXED);
	return bytes;
}
