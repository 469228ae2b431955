/*
 * tree.c - see tree.h. Samples come root by root, so each node of the profile's tree is placed once
 * under each: where it went is remembered, and a stack costs its new part only. Nodes that no
 * other node can fall together with (`alone`) need no look-up at all, which is nearly all of them.
 */
#include "prof/tree.h"

#include <stdlib.h>

#include "prof/label.h"

struct slots { uint32_t *v; size_t n, used; }; /* id + 1, open addressing */

struct builder {
	struct tree *t;
	struct slots children, keys;
	uint32_t *key_of_frame;   /* + 1; 0: not asked yet */
	uint32_t *node_of;        /* by node of the profile, for the thread's root at hand */
	uint32_t *root_of;        /* for which root node_of holds, + 1 */
	uint32_t *root_of_thread; /* its node */
	uint32_t no_stack;        /* the node of samples with neither a stack nor a process */
	uint8_t *alone;           /* by node of the profile: no other one has its path of names */
	struct buf text;
};

static size_t slot_hash(uint64_t seed, const void *key, size_t len, size_t n)
{
	return prof_hash(seed, key, len) & (n - 1);
}

/* Of one name, one node: where names alone count, the first frame's module and kind are shown. */
static struct tree_key key_seek(const struct tree *t, const struct tree_key *key)
{
	if (t->options.places)
		return *key;
	return (struct tree_key){.name = key->name, .kind = key->kind == PROF_ROOT};
}

static void slots_grow(struct builder *b, struct slots *s, bool children)
{
	uint32_t *old = s->v;
	size_t n = s->n;

	s->n = n ? n * 2 : 256;
	s->v = xcalloc(s->n, sizeof(*s->v));
	for (size_t i = 0; i < n; i++) {
		uint32_t id = old[i];
		size_t at;

		if (!id)
			continue;
		if (children) {
			const struct tree_node *c = &b->t->nodes.v[id - 1];
			uint32_t pair[2] = {c->parent, c->key};

			at = slot_hash(b->t->p->seed, pair, sizeof(pair), s->n);
		} else {
			struct tree_key key = key_seek(b->t, &b->t->keys.v[id - 1]);

			at = slot_hash(b->t->p->seed, &key, sizeof(key), s->n);
		}
		while (s->v[at])
			at = (at + 1) & (s->n - 1);
		s->v[at] = id;
	}
	free(old);
}

static uint32_t key_add(struct builder *b, const struct tree_key *key)
{
	struct slots *s = &b->keys;
	struct tree_key seek = key_seek(b->t, key), other;
	size_t at;

	if ((s->used + 1) * 4 > s->n * 3)
		slots_grow(b, s, false);
	at = slot_hash(b->t->p->seed, &seek, sizeof(seek), s->n);
	for (; s->v[at]; at = (at + 1) & (s->n - 1)) {
		other = key_seek(b->t, &b->t->keys.v[s->v[at] - 1]);
		if (!memcmp(&other, &seek, sizeof(seek)))
			return s->v[at] - 1;
	}
	vec_push(&b->t->keys, *key);
	s->v[at] = b->t->keys.n;
	s->used++;
	return b->t->keys.n - 1;
}

static void make_key(struct builder *b, uint32_t frame)
{
	static const char *const marks[] = {[PROF_KERNEL] = "_[k]", [PROF_INLINED] = "_[i]", [PROF_JIT] = "_[j]"};
	struct profile *p = b->t->p;
	struct prof_frame f = p->frames.v[frame];
	struct tree_key key = {.module = f.module, .file = f.file, .line = f.line, .kind = f.kind};

	buf_reset(&b->text);
	if (b->t->options.whole_names)
		prof_label_whole(p, frame, &b->text);
	else
		prof_label(p, frame, &b->text);
	if (b->t->options.annotate && f.kind < ARRAY_SIZE(marks) && marks[f.kind])
		buf_puts(&b->text, marks[f.kind]);
	key.name = prof_string(p, buf_str(&b->text), b->text.len);
	b->key_of_frame[frame] = key_add(b, &key) + 1;
}

static uint32_t node_add(struct builder *b, uint32_t parent, uint32_t key)
{
	vec_push(&b->t->nodes, ((struct tree_node){.key = key, .parent = parent}));
	return b->t->nodes.n - 1;
}

static uint32_t child(struct builder *b, uint32_t parent, uint32_t key)
{
	struct slots *s = &b->children;
	uint32_t pair[2] = {parent, key};
	size_t at;

	if ((s->used + 1) * 4 > s->n * 3)
		slots_grow(b, s, true);
	at = slot_hash(b->t->p->seed, pair, sizeof(pair), s->n);
	for (; s->v[at]; at = (at + 1) & (s->n - 1)) {
		const struct tree_node *n = &b->t->nodes.v[s->v[at] - 1];

		if (n->parent == parent && n->key == key)
			return s->v[at] - 1;
	}
	s->v[at] = node_add(b, parent, key) + 1;
	s->used++;
	return s->v[at] - 1;
}

/* The node for a thread's process (and itself), under the root; 0 where there is none to show. */
static uint32_t thread_root(struct builder *b, uint32_t thread)
{
	const struct tree_options *o = &b->t->options;
	struct profile *p = b->t->p;
	const struct prof_thread *t = &p->threads.v[thread];
	struct tree_key key = {.kind = PROF_ROOT};

	if (o->no_comm || !thread)
		return 0;
	buf_reset(&b->text);
	prof_label_comm(p, thread, &b->text);
	if (o->by_pid || o->by_tid) {
		if (t->pid >= 0)
			buf_printf(&b->text, "-%d", t->pid);
		else if (!o->by_tid)
			buf_printf(&b->text, "-%d", t->tid);
		if (o->by_tid)
			buf_printf(&b->text, "/%d", t->tid);
	}
	if (!b->text.len)
		return 0;
	key.name = prof_string(p, buf_str(&b->text), b->text.len);
	return child(b, 0, key_add(b, &key));
}

/* Down the tree from `root`, remembering on the way where each of the profile's nodes went. */
static uint32_t place(struct builder *b, uint32_t root, uint32_t stack)
{
	const struct prof_node *nodes = b->t->p->nodes.v;
	uint32_t path[PROF_MAX_DEPTH];
	size_t n = 0;
	uint32_t at;

	for (; stack && b->root_of[stack] != root + 1; stack = nodes[stack].parent)
		path[n++] = stack;
	at = stack ? b->node_of[stack] : root;
	while (n-- > 0) {
		uint32_t key = b->key_of_frame[nodes[path[n]].frame] - 1;

		at = b->alone[path[n]] ? node_add(b, at, key) : child(b, at, key);
		b->node_of[path[n]] = at;
		b->root_of[path[n]] = root + 1;
	}
	return at;
}

static uint32_t place_reversed(struct builder *b, uint32_t root, uint32_t stack)
{
	const struct prof_node *nodes = b->t->p->nodes.v;

	for (; stack; stack = nodes[stack].parent)
		root = child(b, root, b->key_of_frame[nodes[stack].frame] - 1);
	return root;
}

static void add_weight(struct tree *t, uint32_t node, const struct prof_sample *s)
{
	uint64_t *to = &t->nodes.v[node].self;

	if (t->options.compare) {
		while (t->self_b.n < t->nodes.n)
			vec_push(&t->self_b, 0);
		if (s->source)
			to = &t->self_b.v[node];
	}
	if (__builtin_add_overflow(*to, s->weight, to))
		*to = UINT64_MAX;
}

/* Children have larger ids than their parents. */
static void sum_up(struct tree *t)
{
	bool two = t->options.compare;

	while (two && t->self_b.n < t->nodes.n)
		vec_push(&t->self_b, 0);
	for (size_t i = 0; two && i < t->nodes.n; i++)
		vec_push(&t->total_b, t->self_b.v[i]);
	for (size_t i = 0; i < t->nodes.n; i++)
		t->nodes.v[i].total = t->nodes.v[i].self;
	for (size_t i = t->nodes.n; i-- > 1;) {
		struct tree_node *n = &t->nodes.v[i], *up = &t->nodes.v[n->parent];

		if (__builtin_add_overflow(up->total, n->total, &up->total))
			up->total = UINT64_MAX;
		if (two && __builtin_add_overflow(t->total_b.v[n->parent], t->total_b.v[i], &t->total_b.v[n->parent]))
			t->total_b.v[n->parent] = UINT64_MAX;
	}
}

static int by_name(const void *a, const void *b, void *ctx)
{
	const struct tree *t = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	int order = strcmp(tree_name(t, x), tree_name(t, y));

	return order ? order : (x > y) - (x < y);
}

/* Links every node to its first child and next sibling, sorted; and finds the depth. */
static void link_children(struct tree *t)
{
	uint32_t *end = xcalloc(t->nodes.n + 1, sizeof(*end)), *of = xcalloc(t->nodes.n, sizeof(*of));
	uint32_t *depth = xcalloc(t->nodes.n, sizeof(*depth)), from = 0;

	for (size_t i = 1; i < t->nodes.n; i++)
		end[t->nodes.v[i].parent + 1]++;
	for (size_t i = 0; i < t->nodes.n; i++)
		end[i + 1] += end[i];
	for (size_t i = 1; i < t->nodes.n; i++)
		of[end[t->nodes.v[i].parent]++] = i; /* from where i's begin to where they end */
	for (size_t i = 0; i < t->nodes.n; from = end[i++]) {
		if (end[i] - from > 1)
			qsort_r(of + from, end[i] - from, sizeof(*of), by_name, t);
		for (size_t k = from; k < end[i]; k++) {
			t->nodes.v[of[k]].next = k + 1 < end[i] ? of[k + 1] : 0;
			depth[of[k]] = depth[i] + 1;
			t->depth = MAX_OF(t->depth, depth[of[k]]);
		}
		t->nodes.v[i].child = from < end[i] ? of[from] : 0;
	}
	free(end);
	free(of);
	free(depth);
}

/* Nodes under the root that are no frames: all of them, before any frame's. */
static void make_roots(struct builder *b)
{
	struct profile *p = b->t->p;
	uint8_t *seen = xcalloc(p->threads.n, 1);
	struct tree_key none = {0};

	vec_each(s, &p->samples) {
		if (!seen[s->thread])
			b->root_of_thread[s->thread] = thread_root(b, s->thread);
		seen[s->thread] = 1;
		/* What has no name at all still counts. */
		if (!s->stack && !b->root_of_thread[s->thread] && !b->no_stack) {
			none.name = prof_string(p, "[no stack]", 10);
			b->no_stack = child(b, 0, key_add(b, &none));
		}
	}
	free(seen);
}

/*
 * Keys of the frames that samples have, and which nodes are alone: those whose frame's key is no
 * other frame's and no thread's, below one that is alone. Parents come before their children.
 */
static void make_keys(struct builder *b)
{
	const struct profile *p = b->t->p;
	uint8_t *used = xcalloc(p->nodes.n, 1);
	uint32_t *users;

	vec_each(s, &p->samples)
		used[s->stack] = 1;
	for (size_t i = p->nodes.n; i-- > 1;) {
		if (!used[i])
			continue;
		used[p->nodes.v[i].parent] = 1;
		if (!b->key_of_frame[p->nodes.v[i].frame])
			make_key(b, p->nodes.v[i].frame);
	}
	users = xcalloc(b->t->keys.n, sizeof(*users));
	for (size_t i = 1; i < b->t->nodes.n; i++) /* those of make_roots */
		users[b->t->nodes.v[i].key]++;
	for (size_t i = 0; i < p->frames.n; i++)
		if (b->key_of_frame[i])
			users[b->key_of_frame[i] - 1]++;
	b->alone[0] = 1;
	for (size_t i = 1; i < p->nodes.n; i++)
		b->alone[i] = used[i] && b->alone[p->nodes.v[i].parent] &&
			      users[b->key_of_frame[p->nodes.v[i].frame] - 1] == 1;
	free(users);
	free(used);
}

/* Samples by the root that they belong to, otherwise as they came. The caller frees it. */
static uint32_t *order_by_root(const struct builder *b)
{
	const struct profile *p = b->t->p;
	uint32_t *order = xreallocarray(NULL, p->samples.n + 1, sizeof(*order));
	uint32_t *end = xcalloc(b->t->nodes.n + 1, sizeof(*end));

	vec_each(s, &p->samples)
		end[b->root_of_thread[s->thread] + 1]++;
	for (size_t i = 0; i < b->t->nodes.n; i++)
		end[i + 1] += end[i];
	for (size_t i = 0; i < p->samples.n; i++)
		order[end[b->root_of_thread[p->samples.v[i].thread]]++] = i;
	free(end);
	return order;
}

static void place_samples(struct builder *b)
{
	const struct profile *p = b->t->p;
	uint32_t *order;

	make_roots(b);
	make_keys(b);
	order = order_by_root(b);
	for (size_t i = 0; i < p->samples.n; i++) {
		const struct prof_sample *s = &p->samples.v[order[i]];
		uint32_t root = b->root_of_thread[s->thread], node;

		if (!root && !s->stack)
			node = b->no_stack;
		else
			node = b->t->options.reverse ? place_reversed(b, root, s->stack)
						     : place(b, root, s->stack);
		add_weight(b->t, node, s);
		if (b->t->of_sample.n)
			b->t->of_sample.v[order[i]] = node;
	}
	free(order);
}

struct tree *tree_new(struct profile *p, const struct tree_options *options)
{
	struct tree *t = xcalloc(1, sizeof(*t));
	struct builder b = {.t = t};

	profile_seal(p);
	t->p = p;
	t->options = *options;
	vec_push(&t->keys, ((struct tree_key){.kind = PROF_ROOT}));
	vec_push(&t->nodes, ((struct tree_node){0}));
	for (size_t i = 0; options->by_sample && i < p->samples.n; i++)
		vec_push(&t->of_sample, 0);
	b.key_of_frame = xcalloc(p->frames.n, sizeof(*b.key_of_frame));
	b.node_of = xcalloc(p->nodes.n, sizeof(*b.node_of));
	b.root_of = xcalloc(p->nodes.n, sizeof(*b.root_of));
	b.root_of_thread = xcalloc(p->threads.n, sizeof(*b.root_of_thread));
	b.alone = xcalloc(p->nodes.n, 1);
	place_samples(&b);
	free(b.children.v);
	free(b.keys.v);
	free(b.key_of_frame);
	free(b.node_of);
	free(b.root_of);
	free(b.root_of_thread);
	free(b.alone);
	buf_free(&b.text);
	sum_up(t);
	link_children(t);
	return t;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	vec_free(&t->keys);
	vec_free(&t->nodes);
	vec_free(&t->self_b);
	vec_free(&t->total_b);
	vec_free(&t->of_sample);
	free(t);
}
