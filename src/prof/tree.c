/* tree.c - see tree.h. Each node of the profile's tree is looked up once a process: its place
 * in the tree that is made is remembered, so a stack costs its new part only. */
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

static uint32_t key_of_frame(struct builder *b, uint32_t frame)
{
	static const char *const marks[] = {[PROF_KERNEL] = "_[k]", [PROF_INLINED] = "_[i]", [PROF_JIT] = "_[j]"};
	struct profile *p = b->t->p;
	struct prof_frame f = p->frames.v[frame];
	struct tree_key key = {.module = f.module, .file = f.file, .line = f.line, .kind = f.kind};

	if (b->key_of_frame[frame])
		return b->key_of_frame[frame] - 1;
	buf_reset(&b->text);
	if (b->t->options.whole_names)
		prof_label_whole(p, frame, &b->text);
	else
		prof_label(p, frame, &b->text);
	if (b->t->options.annotate && f.kind < ARRAY_SIZE(marks) && marks[f.kind])
		buf_puts(&b->text, marks[f.kind]);
	key.name = prof_string(p, buf_str(&b->text), b->text.len);
	b->key_of_frame[frame] = key_add(b, &key) + 1;
	return b->key_of_frame[frame] - 1;
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
	vec_push(&b->t->nodes, ((struct tree_node){.key = key, .parent = parent}));
	s->v[at] = b->t->nodes.n;
	s->used++;
	return b->t->nodes.n - 1;
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
		at = child(b, at, key_of_frame(b, nodes[path[n]].frame));
		b->node_of[path[n]] = at;
		b->root_of[path[n]] = root + 1;
	}
	return at;
}

static uint32_t place_reversed(struct builder *b, uint32_t root, uint32_t stack)
{
	const struct prof_node *nodes = b->t->p->nodes.v;

	for (; stack; stack = nodes[stack].parent)
		root = child(b, root, key_of_frame(b, nodes[stack].frame));
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

/* Samples of one process together, so that what is remembered of its stacks is used. */
static int by_thread(const void *a, const void *b, void *ctx)
{
	const struct prof_sample *samples = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (samples[x].thread != samples[y].thread)
		return samples[x].thread < samples[y].thread ? -1 : 1;
	return (x > y) - (x < y);
}

static void place_samples(struct builder *b)
{
	struct profile *p = b->t->p;
	uint32_t *order = NULL, last = UINT32_MAX, root = 0;

	if (p->threads.n > 1) {
		order = xreallocarray(NULL, p->samples.n + 1, sizeof(*order));
		for (size_t i = 0; i < p->samples.n; i++)
			order[i] = i;
		qsort_r(order, p->samples.n, sizeof(*order), by_thread, p->samples.v);
	}
	for (size_t i = 0; i < p->samples.n; i++) {
		size_t at = order ? order[i] : i;
		const struct prof_sample *s = &p->samples.v[at];
		uint32_t node;

		if (s->thread != last)
			root = thread_root(b, s->thread);
		last = s->thread;
		/* Neither a stack nor a process: what has no name at all still counts. */
		if (!root && !s->stack)
			node = child(b, 0, key_add(b, &(struct tree_key){.name = prof_string(p, "[no stack]", 10)}));
		else
			node = b->t->options.reverse ? place_reversed(b, root, s->stack)
						     : place(b, root, s->stack);
		add_weight(b->t, node, s);
		if (b->t->of_sample.n)
			b->t->of_sample.v[at] = node;
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
	place_samples(&b);
	free(b.children.v);
	free(b.keys.v);
	free(b.key_of_frame);
	free(b.node_of);
	free(b.root_of);
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
