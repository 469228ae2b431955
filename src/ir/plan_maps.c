/*
 * plan_maps.c - the map planner: for each map of the script the cheapest representation that
 * is exact. docs/kernel-features.md has the table of representations and kernels.
 *
 *   no key, a number               a slot of the control map
 *   no key, aggregation            a slot per CPU there, on its own cache lines
 *   key, aggregation only printed  per-CPU hash that grows
 *   key, aggregation read too      one shared hash, atomic updates
 *   only @m[tid], a number         task storage
 *   anything else                  hash, entries allocated on demand where that can be
 */
#include "ir/plan_int.h"

#include "ir/lower_int.h"
#include "lang/builtin.h"

enum {
	ON_DEMAND_ENTRIES = 1 << 17,
	PREALLOCATED_ENTRIES = 1 << 17, PREALLOCATED_BYTES = 16 << 20, PREALLOCATED_OVERHEAD = 64,
	GROWING_ENTRIES = 1 << 14,
	GROWING_BYTES = 5 << 20, /* first size of a growing map: making an entry takes 0.5 us for each CPU */
	FRONT_BITS = 6, FRONT_BITS_MIN = 3, FRONT_BYTES = 16 << 10, /* slots and bytes for each CPU */
	FRONT_KEY_SIZE = 32, /* longer keys take longer to compare than they save */
	RING_QUIET = 16, /* pages */
	RING_BUSY = 1024,
};

/* ---- who writes what ---- */

static bool is_write(const struct node *n, const void *map)
{
	bool changes = n->kind == NODE_ASSIGN ||
		       (n->kind == NODE_UNARY && n->op >= OP_PREINC && n->op <= OP_POSTDEC);

	return changes && n->a->kind == NODE_MAP && n->a->ref.map == map;
}

bool plan_writes(const struct node *n, const struct map *map)
{
	return node_any(n, is_write, map);
}

/*
 * Whether updates must be atomic: more than one program writes, or one that can be
 * preempted on its CPU and another run of it take its place (user probes).
 */
static bool needs_atomic(const struct plan *plan, const struct map *map)
{
	unsigned writers = 0;

	vec_each(it, &plan->programs) {
		const struct program *p = *it;
		bool writer = false;

		vec_each(probe, &p->probes)
			writer |= plan_writes((*probe)->body, map) || plan_writes((*probe)->predicate, map);
		if (!writer)
			continue;
		/* Before Linux 5.12, which brought these atomics, no program was preempted. */
		if ((p->carrier == CARRIER_UPROBE || p->carrier == CARRIER_UPROBE_MULTI) &&
		    plan->features.fetch_atomics)
			return true;
		writers++;
	}
	return writers > 1;
}

/* Whether a loop of the statement writes the map: many keys at once. */
static bool is_writing_loop(const struct node *n, const void *map)
{
	return (n->kind == NODE_FOR || n->kind == NODE_WHILE || n->kind == NODE_UNROLL) && plan_writes(n, map);
}

/*
 * Entries may be allocated as they come. The kernel keeps some hundred at hand and fetches more
 * when it is not in an interrupt: a loop in a timer's or a sample's program soon gets no more.
 */
static bool allocates_on_demand(const struct plan *plan, const struct map *map)
{
	if (!plan->features.on_demand_maps || map->lru)
		return false;
	vec_each(it, &plan->programs) {
		const struct program *p = *it;

		if (p->carrier != CARRIER_PERF_EVENT)
			continue;
		vec_each(probe, &p->probes)
			if (node_any((*probe)->body, is_writing_loop, map))
				return false;
	}
	return true;
}

/* ---- room in the control map ---- */

static uint32_t control_room(struct plan *plan, uint32_t size, uint32_t align)
{
	uint32_t at = ROUND_UP(plan->control_size, align);

	plan->control_size = at + size;
	return at;
}

static struct kmap *kmap_new(struct plan *plan, struct map_plan *mp, const char *prefix)
{
	struct kmap k = {.map = mp->map};
	char *name = arena_printf(plan->arena, "%s%.12s", prefix, mp->map->name);

	for (char *c = name; *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9')))
			*c = '_';
	k.name = name;
	mp->kmap = plan->kmaps.n;
	avec_push(plan->arena, &plan->kmaps, k);
	return &vec_last(&plan->kmaps);
}

/* ---- representations ---- */

static void plan_scalar(struct plan *plan, struct map_plan *mp)
{
	mp->rep = REP_SCALAR;
	mp->offset = control_room(plan, 16, 16);
}

static void plan_cpu_slots(struct plan *plan, struct map_plan *mp)
{
	const struct map *map = mp->map;

	mp->rep = REP_CPU_SLOTS;
	mp->value_size = type_stored_size(map->value);
	mp->stride = ROUND_UP(mp->value_size, 64u);
	mp->two_generations = map->uses & MAP_CLEARED;
	if (mp->two_generations)
		mp->generation_offset = control_room(plan, 8, 8);
	mp->offset = control_room(plan, mp->stride * plan->ncpus_pow2 * (mp->two_generations ? 2 : 1), 64);
	mp->atomic = needs_atomic(plan, map);
}

static void plan_count(struct plan *plan, struct map_plan *mp)
{
	mp->count_offset = control_room(plan, 8, 8);
}

/* Where each entry is taken from memory at once, as many as are not too much of it. */
static uint32_t preallocated_entries(const struct map_plan *mp)
{
	uint32_t entries = PREALLOCATED_ENTRIES;

	while (entries > 4096 &&
	       entries * ((uint64_t)mp->key_size + mp->value_size + PREALLOCATED_OVERHEAD) > PREALLOCATED_BYTES)
		entries /= 2;
	return entries;
}

static void plan_hash(struct plan *plan, struct map_plan *mp)
{
	const struct map *map = mp->map;
	bool on_demand = allocates_on_demand(plan, map);
	struct kmap *k;

	mp->rep = REP_HASH;
	mp->key_size = map->key ? ROUND_UP(type_stored_size(map->key), 8u) : 8;
	mp->value_size = ROUND_UP(type_stored_size(map->value), 8u);
	mp->atomic = true;
	mp->outer = (map->uses & MAP_CLEARED) && !map->lru;
	if (map->uses & MAP_LEN)
		plan_count(plan, mp);
	k = kmap_new(plan, mp, "h_");
	k->type = map->lru ? BPF_MAP_TYPE_LRU_HASH : BPF_MAP_TYPE_HASH;
	k->key_size = mp->key_size;
	k->value_size = mp->value_size;
	k->outer = mp->outer;
	k->entries = map->declared_entries ? map->declared_entries
		     : plan->script->config.max_map_keys ? plan->script->config.max_map_keys
		     : !map->key ? 1
		     : on_demand ? ON_DEMAND_ENTRIES : preallocated_entries(mp);
	if (on_demand)
		k->flags = BPF_F_NO_PREALLOC;
}

static struct action *grow_action(struct plan *plan, struct map *map)
{
	struct action *a = arena_new_of(plan->arena, struct action);
	struct action_arg arg = {.type = type_int(plan->script->types, 8, false), .offset = sizeof(struct record)};

	*a = (struct action){.kind = ACTION_GROW, .number = plan->script->actions.n, .map = map,
			     .fixed_size = sizeof(struct record) + 8, .max_size = sizeof(struct record) + 8};
	avec_push(plan->arena, &a->args, arg);
	avec_push(plan->arena, &plan->script->actions, a);
	return a;
}

/* Values that add up: what is in a slot and what is in the hash make one. */
static bool adds_up(const struct type *t)
{
	return t->kind != TYPE_MIN && t->kind != TYPE_MAX && !t->percentiles;
}

static void plan_front(struct plan *plan, struct map_plan *mp)
{
	uint32_t bits = FRONT_BITS, stride;

	if (mp->atomic || plan->classic || !plan->features.fetch_atomics || mp->key_size > FRONT_KEY_SIZE ||
	    !adds_up(mp->map->value))
		return;
	stride = ROUND_UP(front_value(mp) + mp->value_size, 32u);
	while (bits >= FRONT_BITS_MIN && (stride << bits) > FRONT_BYTES)
		bits--;
	if (bits < FRONT_BITS_MIN)
		return;
	mp->front_bits = bits;
	mp->front_stride = stride;
	mp->front_offset = control_room(plan, plan->ncpus_pow2 * (stride << bits), 64);
}

static void plan_percpu(struct plan *plan, struct map_plan *mp)
{
	struct map *map = mp->map;
	uint64_t fixed = map->declared_entries ? map->declared_entries : plan->script->config.max_map_keys;
	uint64_t entries = GROWING_ENTRIES;
	struct kmap *k;

	mp->rep = REP_PERCPU;
	mp->key_size = ROUND_UP(type_stored_size(map->key), 8u);
	mp->value_size = ROUND_UP(type_stored_size(map->value), 8u);
	mp->outer = true;
	mp->atomic = needs_atomic(plan, map);
	while (entries > 1024 && entries * (mp->key_size + (uint64_t)mp->value_size * plan->ncpus) > GROWING_BYTES)
		entries /= 2;
	mp->second_entries = entries;
	if (map->expected_keys)
		entries = MIN_OF(entries, MAX_OF(2 * (uint64_t)map->expected_keys, 64u));
	if (entries < mp->second_entries) /* made while others want the CPUs, for 0.5 us an entry */
		mp->second_entries = MAX_OF(mp->second_entries / 2, entries);
	plan_count(plan, mp);
	if (!fixed) /* a limit of keys is the hash's */
		plan_front(plan, mp);
	if (!fixed) {
		mp->limit_offset = control_room(plan, 8, 8);
		mp->grow = grow_action(plan, map);
	}
	k = kmap_new(plan, mp, "p_");
	k->type = map->lru ? BPF_MAP_TYPE_LRU_PERCPU_HASH : BPF_MAP_TYPE_PERCPU_HASH;
	k->key_size = mp->key_size;
	k->value_size = mp->value_size;
	k->entries = fixed ? fixed : entries;
	k->outer = true;
	if (!(map->uses & MAP_CLEARED)) {
		struct kmap first = {.name = k->name, .map = map, .first_of = mp->kmap};

		mp->swapped_offset = control_room(plan, 8, 8);
		mp->first_kmap = plan->kmaps.n;
		avec_push(plan->arena, &plan->kmaps, first);
	}
}

static void plan_task(struct plan *plan, struct map_plan *mp)
{
	struct kmap *k;

	mp->rep = REP_TASK;
	mp->offset = control_room(plan, sizeof(struct task_value), 16);
	mp->key_size = 4;
	mp->value_size = sizeof(struct task_value);
	k = kmap_new(plan, mp, "t_");
	k->type = BPF_MAP_TYPE_TASK_STORAGE;
	k->key_size = 4;
	k->value_size = sizeof(struct task_value);
	k->flags = BPF_F_NO_PREALLOC;
}

/*
 * Only ever @m[tid], and nothing that needs to see all keys at once in the kernel. A thread that
 * ends takes its value along: right for start and stop, where what is left over is of no use to
 * anybody, but not for a script that never deletes and so wants to see what threads left.
 */
static bool fits_task_storage(const struct plan *plan, const struct map *map)
{
	return map->key && type_is_int(map->key) && type_is_scalar(map->value) && !map->decl &&
	       (map->uses & MAP_DELETED) && !(map->uses & (MAP_OTHER_KEY | MAP_LEN)) && plan->features.task_storage &&
	       plan->features.btf && plan->features.kernel >= 0x0609 && !plan->classic;
}

static void plan_map(struct plan *plan, struct map_plan *mp)
{
	struct map *map = mp->map;
	bool aggregation;

	if (!map->value)
		map->value = type_int(plan->script->types, 8, true);
	aggregation = type_is_aggregation(map->value);
	if (!map->key && aggregation)
		plan_cpu_slots(plan, mp);
	else if (!map->key && type_is_scalar(map->value))
		plan_scalar(plan, mp);
	else if (aggregation && !map->lru &&
		 !(map->uses & (MAP_READ | MAP_DELETED | MAP_HAS_KEY | MAP_LEN)))
		plan_percpu(plan, mp);
	else if (!aggregation && fits_task_storage(plan, map))
		plan_task(plan, mp);
	else
		plan_hash(plan, mp);
}

void plan_maps(struct plan *plan)
{
	for (int i = 0; i < KMAP_USER; i++)
		avec_push(plan->arena, &plan->kmaps, ((struct kmap){0}));
	plan->control_size = CONTROL_SIZE;
	plan->scratch_levels = 4;
	for (plan->ncpus_pow2 = 1; plan->ncpus_pow2 < plan->ncpus;)
		plan->ncpus_pow2 *= 2;
	vec_each(it, &plan->script->maps)
		avec_push(plan->arena, &plan->maps, ((struct map_plan){.map = *it}));
	vec_each(mp, &plan->maps)
		plan_map(plan, mp);
}

static bool is_sending_loop(const struct node *n, const void *unused)
{
	return (n->kind == NODE_FOR || n->kind == NODE_WHILE || n->kind == NODE_UNROLL) &&
	       node_any(n, lower_sends, unused);
}

static bool comes_seldom(const struct program *p)
{
	enum provider provider = p->attachments.v[0].target->provider;

	return provider == PROVIDER_BEGIN || provider == PROVIDER_END || provider == PROVIDER_SELF ||
	       provider == PROVIDER_INTERVAL;
}

/* Whether records may come in numbers: from anything but a timer, begin or end, or from a loop of theirs. */
static bool is_busy(const struct plan *plan)
{
	vec_each(it, &plan->programs)
		vec_each(probe, &(*it)->probes)
			if (node_any((*probe)->body, comes_seldom(*it) ? is_sending_loop : lower_sends, NULL))
				return true;
	return false;
}

void plan_maps_finish(struct plan *plan)
{
	uint32_t pages = plan->script->config.ring_pages, page = 4096, ring = 1;

	plan->control_size = ROUND_UP(plan->control_size, page);
	plan->kmaps.v[KMAP_CONTROL] = (struct kmap){.name = "control", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
		.value_size = plan->control_size, .entries = 1, .flags = BPF_F_MMAPABLE};
	if (!pages)
		pages = is_busy(plan) ? RING_BUSY : RING_QUIET;
	while (ring < pages)
		ring *= 2;
	plan->kmaps.v[KMAP_RING] = (struct kmap){.name = "ring", .type = BPF_MAP_TYPE_RINGBUF,
		.entries = ring * page};
	if (plan->scratch_size)
		plan->kmaps.v[KMAP_SCRATCH] = (struct kmap){.name = "scratch", .type = BPF_MAP_TYPE_ARRAY,
			.key_size = 4, .value_size = ROUND_UP(plan->scratch_size, 64u),
			.entries = plan->ncpus_pow2 * plan->scratch_levels};
	if (plan->kmaps.v[KMAP_ZERO].type) {
		plan->kmaps.v[KMAP_ZERO].name = "zero";
		plan->kmaps.v[KMAP_ZERO].key_size = 4;
		plan->kmaps.v[KMAP_ZERO].entries = 1;
		plan->kmaps.v[KMAP_ZERO].flags = BPF_F_RDONLY_PROG;
	}
}

static const char *const rep_names[] = {
	[REP_SCALAR] = "slot", [REP_CPU_SLOTS] = "slot per CPU", [REP_HASH] = "hash",
	[REP_PERCPU] = "per-CPU hash", [REP_TASK] = "task storage",
};

void plan_print_maps(const struct plan *plan, struct buf *out)
{
	vec_each(mp, &plan->maps) {
		buf_printf(out, "@%s: %s", mp->map->name, rep_names[mp->rep]);
		if (mp->rep == REP_CPU_SLOTS)
			buf_printf(out, ", %u bytes a CPU", mp->stride);
		if (mp->rep == REP_HASH || mp->rep == REP_PERCPU)
			buf_printf(out, ", key %u, value %u bytes", mp->key_size, mp->value_size);
		if (mp->front_bits)
			buf_printf(out, ", %u front slots of %u bytes a CPU", 1u << mp->front_bits, mp->front_stride);
		buf_printf(out, "%s%s%s%s\n", mp->two_generations ? ", two generations" : "",
			   mp->outer ? ", behind a map in map" : "", mp->grow ? ", grows" : "",
			   mp->atomic ? ", atomic" : "");
		if (mp->grow && mp->map->expected_keys)
			buf_printf(out, "    expected: %u keys\n", mp->map->expected_keys);
	}
	buf_printf(out, "scratch: %u bytes, %u levels\n", plan->scratch_size,
		   plan->scratch_size ? plan->scratch_levels : 0);
}
