/* profile.c - see profile.h. Open addressing; the seed differs from run to run, so that no input
 * can be made whose names all fall into one slot. Ids follow the order of insertion, so nothing
 * that is printed depends on the seed. */
#include "prof/profile.h"

#include <stdlib.h>
#include <sys/auxv.h>

static inline uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t r = (__uint128_t)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

uint64_t prof_hash(uint64_t seed, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t h = seed ^ len * 0x9e3779b97f4a7c15u, w;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&w, p, 8);
		h = mix(h ^ w, 0xa0761d6478bd642fu);
	}
	w = 0;
	memcpy(&w, p, len);
	return mix(h ^ w, 0xe7037ed1a0b428dbu);
}

static uint64_t make_seed(void)
{
	const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
	uint64_t seed = 0x1234567887654321u;

	if (random)
		memcpy(&seed, random, sizeof(seed));
	return seed | 1;
}

/* Twice as many slots; the stored hashes make a second look at the keys unnecessary. */
static void index_grow(struct prof_index *x)
{
	size_t n = x->nslots ? x->nslots * 2 : 64;
	struct prof_slot *slots = xcalloc(n, sizeof(*slots));

	for (size_t i = 0; i < x->nslots; i++) {
		size_t at = x->slots[i].hash & (n - 1);

		if (!x->slots[i].id)
			continue;
		while (slots[at].id)
			at = (at + 1) & (n - 1);
		slots[at] = x->slots[i];
	}
	free(x->slots);
	x->slots = slots;
	x->nslots = n;
}

static inline void index_room(struct prof_index *x)
{
	if ((x->used + 1) * 4 > x->nslots * 3)
		index_grow(x);
}

static inline void index_put(struct prof_index *x, struct prof_slot *slot, uint32_t hash, uint32_t id)
{
	*slot = (struct prof_slot){hash, id + 1};
	x->used++;
}

/* Walks the slots of a hash: `e` is each filled one of that hash, then the free one. */
#define INDEX_FIND(x, h, e, same) ({ \
	size_t mask_ = (x)->nslots - 1, at_ = (h) & mask_; \
	struct prof_slot *e; \
	for (;; at_ = (at_ + 1) & mask_) { \
		e = &(x)->slots[at_]; \
		if (!e->id || (e->hash == (h) && (same))) \
			break; \
	} \
	e; })

uint32_t prof_text_len(const struct profile *p, uint32_t id)
{
	size_t end = id + 1 < p->strings.n ? p->strings.v[id + 1] : p->text.len;

	return end - p->strings.v[id] - 1;
}

static inline bool text_is(const struct profile *p, uint32_t id, const char *s, size_t len)
{
	return prof_text_len(p, id) == len && !memcmp(prof_text(p, id), s, len);
}

uint32_t prof_string(struct profile *p, const char *s, size_t len)
{
	struct prof_slot *slot;
	uint32_t hash, id;

	if (len > PROF_MAX_NAME) {
		len = PROF_MAX_NAME;
		p->quality.cut++;
	}
	hash = prof_hash(p->seed, s, len);
	index_room(&p->string_index);
	slot = INDEX_FIND(&p->string_index, hash, e, text_is(p, e->id - 1, s, len));
	if (slot->id)
		return slot->id - 1;
	if (p->text.len + len + 1 > UINT32_MAX || p->strings.n >= PROF_MAX_NODES) {
		p->full = true;
		return 0;
	}
	id = p->strings.n;
	vec_push(&p->strings, (uint32_t)p->text.len);
	buf_add(&p->text, s, len);
	buf_putc(&p->text, '\0');
	index_put(&p->string_index, slot, hash, id);
	return id;
}

static uint32_t frame_add(struct profile *p, struct prof_slot *slot, uint32_t hash, struct prof_frame frame)
{
	uint32_t id = p->frames.n;

	vec_push(&p->frames, frame);
	index_put(&p->frame_index, slot, hash, id);
	return id;
}

static inline bool frame_is(const struct profile *p, uint32_t id, const char *name, size_t name_len,
			    const char *module, size_t module_len, enum prof_kind kind)
{
	const struct prof_frame *f = &p->frames.v[id];

	return !f->file && f->kind == kind && text_is(p, f->name, name, name_len) &&
	       text_is(p, f->module, module, module_len);
}

uint32_t prof_frame(struct profile *p, const char *name, size_t name_len, const char *module,
		    size_t module_len, enum prof_kind kind)
{
	uint32_t hash;
	struct prof_slot *slot;

	name_len = MIN_OF(name_len, (size_t)PROF_MAX_NAME);
	module_len = MIN_OF(module_len, (size_t)PROF_MAX_NAME);
	hash = prof_hash(prof_hash(p->seed + kind, name, name_len), module, module_len);
	index_room(&p->frame_index);
	slot = INDEX_FIND(&p->frame_index, hash, e,
			  frame_is(p, e->id - 1, name, name_len, module, module_len, kind));
	if (slot->id)
		return slot->id - 1;
	/* The index is not touched by interning strings, so the slot stays where it is. */
	return frame_add(p, slot, hash, (struct prof_frame){.name = prof_string(p, name, name_len),
		.module = prof_string(p, module, module_len), .kind = kind});
}

uint32_t prof_frame_at(struct profile *p, const struct prof_frame *frame)
{
	uint32_t hash;
	struct prof_slot *slot;

	if (!frame->file)
		return prof_frame(p, prof_text(p, frame->name), prof_text_len(p, frame->name),
				  prof_text(p, frame->module), prof_text_len(p, frame->module), frame->kind);
	hash = prof_hash(p->seed, frame, sizeof(*frame));
	index_room(&p->frame_index);
	slot = INDEX_FIND(&p->frame_index, hash, e, !memcmp(&p->frames.v[e->id - 1], frame, sizeof(*frame)));
	return slot->id ? slot->id - 1 : frame_add(p, slot, hash, *frame);
}

uint32_t prof_child(struct profile *p, uint32_t parent, uint32_t frame)
{
	uint32_t hash = mix(p->seed ^ parent, 0xa0761d6478bd642fu ^ ((uint64_t)frame << 32 | frame)), id;
	struct prof_slot *slot;

	index_room(&p->node_index);
	slot = INDEX_FIND(&p->node_index, hash, e, p->nodes.v[e->id - 1].parent == parent &&
			  p->nodes.v[e->id - 1].frame == frame);
	if (slot->id)
		return slot->id - 1;
	if (p->nodes.n >= PROF_MAX_NODES) {
		p->full = true;
		return parent;
	}
	id = p->nodes.n;
	vec_push(&p->nodes, ((struct prof_node){parent, frame}));
	index_put(&p->node_index, slot, hash, id);
	return id;
}

static bool stack_is(const struct profile *p, uint32_t node, const uint32_t *frames, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!node || p->nodes.v[node].frame != frames[i])
			return false;
		node = p->nodes.v[node].parent;
	}
	return !node;
}

/* Down the tree; as far as the stack before went the same way there is nothing to look up. */
static uint32_t make_stack(struct profile *p, const uint32_t *frames, size_t n)
{
	uint32_t node = 0;
	size_t depth = 0;

	for (; depth < MIN_OF(n, p->path.n); depth++) {
		if (p->nodes.v[p->path.v[depth]].frame != frames[n - 1 - depth])
			break;
		node = p->path.v[depth];
	}
	for (p->path.n = depth; depth < n; depth++) {
		node = prof_child(p, node, frames[n - 1 - depth]);
		vec_push(&p->path, node);
	}
	return node;
}

/* One look-up for the whole stack; the tree is walked only for a stack not seen before. */
uint32_t prof_stack(struct profile *p, const uint32_t *frames, size_t n)
{
	struct prof_slot *slot;
	uint32_t hash, node;

	if (n > PROF_MAX_DEPTH) {
		n = PROF_MAX_DEPTH;
		p->quality.cut++;
	}
	if (!n)
		return 0;
	hash = prof_hash(p->seed, frames, n * sizeof(*frames));
	index_room(&p->stack_index);
	slot = INDEX_FIND(&p->stack_index, hash, e, stack_is(p, e->id - 1, frames, n));
	if (slot->id)
		return slot->id - 1;
	node = make_stack(p, frames, n);
	index_put(&p->stack_index, slot, hash, node);
	return node;
}

uint32_t prof_thread(struct profile *p, const char *comm, size_t len, int32_t pid, int32_t tid)
{
	struct prof_thread t = {.comm = prof_string(p, comm, len), .pid = pid, .tid = tid};
	uint32_t hash = prof_hash(p->seed, &t, sizeof(t));
	struct prof_slot *slot;

	index_room(&p->thread_index);
	slot = INDEX_FIND(&p->thread_index, hash, e, !memcmp(&p->threads.v[e->id - 1], &t, sizeof(t)));
	if (slot->id)
		return slot->id - 1;
	vec_push(&p->threads, t);
	index_put(&p->thread_index, slot, hash, p->threads.n - 1);
	return p->threads.n - 1;
}

uint16_t prof_event(struct profile *p, const char *name, size_t len)
{
	uint32_t id = prof_string(p, name, len), hash = mix(p->seed ^ id, 0xa0761d6478bd642fu);
	struct prof_slot *slot;

	index_room(&p->event_index);
	slot = INDEX_FIND(&p->event_index, hash, e, p->events.v[e->id - 1] == id);
	if (slot->id)
		return slot->id - 1;
	if (p->events.n >= UINT16_MAX)
		return 0;
	vec_push(&p->events, id);
	index_put(&p->event_index, slot, hash, p->events.n - 1);
	return p->events.n - 1;
}

void prof_add(struct profile *p, const struct prof_sample *sample)
{
	if (p->samples.n >= PROF_MAX_NODES) {
		p->full = true;
		return;
	}
	vec_push(&p->samples, *sample);
}

static int by_time(const void *a, const void *b, void *ctx)
{
	const struct prof_sample *samples = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (samples[x].time != samples[y].time)
		return samples[x].time < samples[y].time ? -1 : 1;
	return (x > y) - (x < y);
}

uint32_t *profile_by_time(const struct profile *p)
{
	uint32_t *order = xreallocarray(NULL, p->samples.n + 1, sizeof(*order));

	for (size_t i = 0; i < p->samples.n; i++)
		order[i] = i;
	qsort_r(order, p->samples.n, sizeof(*order), by_time, p->samples.v);
	return order;
}

uint64_t profile_start(const struct profile *p)
{
	uint64_t first = UINT64_MAX;

	if (p->selected)
		return p->start;
	vec_each(s, &p->samples)
		first = MIN_OF(first, s->time);
	return p->samples.n ? first - first % 1000000000 : 0;
}

uint64_t profile_total(const struct profile *p)
{
	uint64_t sum = 0;

	vec_each(s, &p->samples)
		if (__builtin_add_overflow(sum, s->weight, &sum))
			return UINT64_MAX;
	return sum;
}

static void index_free(struct prof_index *x)
{
	free(x->slots);
	*x = (struct prof_index){0};
}

void profile_seal(struct profile *p)
{
	index_free(&p->node_index);
	index_free(&p->stack_index);
}

enum prof_kind prof_kind_of(const char *module, size_t len)
{
	if (len > 3 && !memcmp(module + len - 3, ".ko", 3))
		return PROF_KERNEL;
	if (len >= 7 && !memcmp(module + len - 7, "vmlinux", 7))
		return PROF_KERNEL;
	if (len == 7 && !memcmp(module, "inlined", 7))
		return PROF_INLINED;
	if (len > 10 && !memcmp(module, "/tmp/perf-", 10))
		return PROF_JIT;
	if (!len || module[0] != '[')
		return PROF_USER;
	/* "[kernel.kallsyms]", "[nf_tables]"; but these are no modules of the kernel */
	for (const char *const *user = (const char *const []){"[unknown]", "[vdso]", "[vsyscall]", "[heap]",
	     "[stack]", "[anon]", NULL}; *user; user++)
		if (len == strlen(*user) && !memcmp(module, *user, len))
			return PROF_USER;
	return PROF_KERNEL;
}

struct profile *profile_new(void)
{
	struct profile *p = xcalloc(1, sizeof(*p));

	p->seed = make_seed();
	prof_string(p, "", 0);
	prof_frame(p, "", 0, "", 0, PROF_ROOT);
	vec_push(&p->nodes, ((struct prof_node){0, 0}));
	prof_thread(p, "", 0, -1, -1);
	prof_event(p, "", 0);
	return p;
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	buf_free(&p->text);
	vec_free(&p->strings);
	vec_free(&p->frames);
	vec_free(&p->nodes);
	vec_free(&p->path);
	vec_free(&p->threads);
	vec_free(&p->samples);
	vec_free(&p->events);
	index_free(&p->string_index);
	index_free(&p->frame_index);
	index_free(&p->node_index);
	index_free(&p->stack_index);
	index_free(&p->thread_index);
	index_free(&p->event_index);
	free(p);
}
