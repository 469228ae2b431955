/*
 * aggregate_grow.c - maps that grow. A program that inserts entry number `limit` sends
 * ACTION_GROW:
 *
 *     a sixteenth full      an empty map of the same size is made, and kept as a spare: that
 *                           takes milliseconds, while keys keep coming
 *     three quarters full   the spare takes the map's place at once; what was in the old one
 *                           moves to our own memory, where it takes far less room; the old
 *                           one, emptied, is the next spare
 *
 * A first map that was made small, since few keys were expected, goes to half the size of all others
 * in one step: its spare has that, and takes its place as soon as it is made.
 *
 * Keys that come once are so taken in with two maps that take turns, which is far cheaper than
 * ever larger ones: the kernel takes some 10 us to make room for one per-CPU entry. Only when
 * most of what was moved had been moved before, that is when more keys are in use than the
 * map holds, is the next spare twice as large. When none fits under the ceiling of
 * --max-map-mem, programs refuse keys and count them.
 */
#include "kern/map.h"
#include "kern/sys.h"
#include "run/aggregate_int.h"

enum { GROWN_BYTES = 24 << 20 };

static struct kernel_map *kernel_map_of(const struct map_state *s)
{
	return &s->kv.maps->list.v[s->kv.map_plan->kmap];
}

static uint64_t *control_word(const struct map_state *s, uint32_t offset)
{
	return (uint64_t *)((uint8_t *)s->kv.maps->control + offset);
}

static bool grows(const struct map_state *s)
{
	return s->kv.map_plan->limit_offset != 0;
}

static uint64_t map_bytes(const struct map_state *s, uint32_t entries)
{
	return kmap_bytes(&s->kv.plan->kmaps.v[s->kv.map_plan->kmap], entries, s->kv.plan->ncpus);
}

static uint64_t bytes_now(const struct map_state *s)
{
	const struct map_plan *mp = s->kv.map_plan;
	uint64_t bytes = table_bytes(&s->base) + table_bytes(&s->minus) + table_bytes(&s->shown) +
			 table_bytes(&s->shown_raw);

	if (mp->rep != REP_HASH && mp->rep != REP_PERCPU)
		return bytes;
	if (s->spare_fd >= 0)
		bytes += map_bytes(s, s->spare_entries);
	bytes += map_bytes(s, kernel_map_of(s)->entries) - map_bytes(s, s->kv.plan->kmaps.v[mp->kmap].entries);
	return bytes;
}

void growth_note_bytes(struct map_state *s)
{
	__atomic_store_n(&s->bytes, bytes_now(s), __ATOMIC_RELAXED);
}

void growth_set_limit(struct map_state *s)
{
	uint64_t entries, limit;

	if (!grows(s))
		return;
	entries = kernel_map_of(s)->entries;
	limit = s->spare_fd >= 0 ? entries / 4 * 3 : entries / 16;
	if (s->at_ceiling)
		limit = UINT64_MAX;
	__atomic_store_n(control_word(s, s->kv.map_plan->limit_offset), limit, __ATOMIC_SEQ_CST);
}

int growth_take_empty(struct map_state *s, uint32_t *entries)
{
	int fd = s->spare_fd;

	*entries = s->spare_entries;
	s->spare_fd = -1;
	if (fd >= 0)
		return fd;
	*entries = kernel_map_of(s)->entries;
	return kernel_values_new_map(&s->kv, *entries);
}

void growth_give_empty(struct map_state *s, uint32_t entries, int fd)
{
	/* Only clear() exchanges a map for one of the same size. */
	if (s->spare_fd >= 0 || entries < kernel_map_of(s)->entries) {
		sys_close(&fd);
		return;
	}
	s->spare_fd = fd;
	s->spare_entries = entries;
}

/* Still the map that was made at the start: small where few keys were expected. */
static bool is_first(const struct map_state *s)
{
	return kernel_map_of(s)->entries < s->kv.map_plan->second_entries;
}

/*
 * A spare of the size of the map, or larger when that is wanted and not more than GROWN_BYTES; or
 * none: at_ceiling.
 */
static void make_spare(struct aggregates *ag, struct map_state *s)
{
	uint32_t now = kernel_map_of(s)->entries;
	uint64_t used = aggregates_bytes(ag);
	uint64_t sizes[2] = {is_first(s) ? s->kv.map_plan->second_entries : (uint64_t)now * 2, now};
	bool wants_larger = is_first(s) || (s->wants_larger && map_bytes(s, sizes[0]) <= GROWN_BYTES);

	for (unsigned i = !wants_larger; i < 2 && s->spare_fd < 0; i++) {
		if (used + map_bytes(s, sizes[i]) > ag->max_bytes)
			continue;
		s->spare_fd = kernel_values_new_map(&s->kv, sizes[i]);
		s->spare_entries = sizes[i];
	}
	s->wants_larger = false;
	s->at_ceiling = s->spare_fd < 0;
}

/* The spare takes the map's place; what was there moves to base. */
static void exchange(struct map_state *s)
{
	struct table old, front;
	int old_fd, fd, err;
	uint32_t entries, old_entries = kernel_map_of(s)->entries;
	size_t before, moved;
	uint64_t refused;

	fd = growth_take_empty(s, &entries);
	if (fd < 0)
		return;
	if (kernel_values_swap(&s->kv, fd, entries, &old_fd)) {
		sys_close(&fd);
		return;
	}
	before = table_count(&s->base);
	table_init(&old, s->base.key_size, s->base.value_size);
	table_init(&front, s->base.key_size, s->base.value_size);
	if (table_count(&s->minus) || s->kv.map_plan->front_bits) {
		err = kernel_values_take_fd(&s->kv, old_fd, &old, &moved);
		state_take_front(s, &old, &front);
		state_add(s, &s->base, &old, &s->minus);
		table_move(&s->minus, &front);
	} else {
		err = kernel_values_take_fd(&s->kv, old_fd, &s->base, &moved);
	}
	table_free(&old);
	table_free(&front);
	/* Most keys were there already; or they came faster than two maps of this size take them. */
	refused = __atomic_load_n(&s->kv.maps->control->loss[LOSS_MAP_FULL], __ATOMIC_RELAXED);
	s->wants_larger = table_count(&s->base) - before < moved / 2 || refused != s->refused;
	s->refused = refused;
	/* A clear that follows finds what was shown in base. */
	s->shown_raw_valid = false;
	table_free(&s->shown_raw);
	if (err || (s->wants_larger && map_bytes(s, (uint64_t)entries * 2) <= GROWN_BYTES))
		sys_close(&old_fd);
	else
		growth_give_empty(s, old_entries, old_fd);
}

static void grow(struct aggregates *ag, struct map_state *s)
{
	uint64_t count = __atomic_load_n(control_word(s, s->kv.map_plan->count_offset), __ATOMIC_SEQ_CST);
	uint64_t entries = kernel_map_of(s)->entries;

	if (s->at_ceiling || count < entries / 16)
		return;
	if (s->spare_fd < 0)
		make_spare(ag, s);
	/* Keys may have come meanwhile: look again. */
	count = __atomic_load_n(control_word(s, s->kv.map_plan->count_offset), __ATOMIC_SEQ_CST);
	if (s->spare_fd >= 0 && (count >= entries / 4 * 3 || (is_first(s) && s->spare_entries > entries)))
		exchange(s);
	growth_set_limit(s);
}

void aggregates_tick(struct aggregates *ag)
{
	for (struct map_state *s = ag->maps; s < ag->maps + ag->nmaps; s++) {
		if (!grows(s))
			continue;
		pthread_mutex_lock(&s->lock);
		grow(ag, s);
		growth_note_bytes(s);
		pthread_mutex_unlock(&s->lock);
	}
}

const char *aggregates_at_ceiling(struct aggregates *ag)
{
	for (size_t i = 0; i < ag->nmaps; i++) {
		struct map_state *s = &ag->maps[i];

		if (s->at_ceiling && !s->ceiling_told) {
			s->ceiling_told = true;
			return s->kv.map_plan->map->name;
		}
	}
	return NULL;
}
