/* samples.c - see samples.h. */
#include <stdlib.h>

#include "out/order.h"
#include "out/samples.h"
#include "out/stack_key.h"

struct sample { /* being made */
	struct prof_sample sample;
	struct buf comm;
	int64_t pid, tid;
	VEC(uint32_t) frames; /* the root first */
};

/* ---- frames ---- */

static void add_frame(struct samples *o, struct sample *s, const char *name, size_t len,
		      const char *module, enum prof_kind kind)
{
	size_t module_len = module ? strlen(module) : 0;

	vec_push(&s->frames, prof_frame(o->profile, name, len, module ? module : "", module_len, kind));
}

static void add_interpreted(struct samples *o, struct sample *s, const struct frame *f)
{
	struct prof_frame frame = {
		.name = prof_string(o->profile, f->name, strlen(f->name)),
		.file = f->file ? prof_string(o->profile, f->file, strlen(f->file)) : 0,
		.line = f->line, .kind = PROF_INTERPRETED,
	};

	vec_push(&s->frames, prof_frame_at(o->profile, &frame));
}

static void add_ended(struct samples *o, struct sample *s, const struct frames *frames)
{
	char *text = frames->ended ? xasprintf("[cut short: %s]", frames->ended) : NULL;

	if (!text)
		return;
	add_frame(o, s, text, strlen(text), NULL, PROF_ROOT);
	o->profile->quality.cut++;
	free(text);
}

static void add_stack_frame(struct samples *o, struct sample *s, const struct frames *frames, size_t i)
{
	const struct frame *f = &frames->list.v[i];
	enum prof_kind kind = f->module ? prof_kind_of(f->module, strlen(f->module)) : PROF_USER;
	struct buf text = {0};

	if (!frames->user)
		kind = PROF_KERNEL;
	else if (kind == PROF_KERNEL) /* a name does not make a user's module the kernel's */
		kind = PROF_USER;
	o->profile->quality.frames++;
	if (f->interpreted) {
		add_interpreted(o, s, f);
		return;
	}
	if (f->name)
		buf_puts(&text, f->name);
	else
		frame_print_short(f, &text);
	o->profile->quality.unknown += !f->name;
	add_frame(o, s, buf_str(&text), text.len, f->module, kind);
	buf_free(&text);
}

/* The root first. */
static void add_stack(struct samples *o, struct sample *s, const struct value *stack)
{
	struct frames frames;

	value_frames(o->out->names, stack, &frames);
	add_ended(o, s, &frames);
	for (size_t i = frames.list.n; i-- > 0;)
		add_stack_frame(o, s, &frames, i);
	free(frames.list.v);
}

/* The leaf first. Whether that thread did it itself, and no interrupt. */
static bool add_stack_turned(struct samples *o, struct sample *s, const struct value *stack)
{
	struct frames frames;
	size_t interrupt;

	value_frames(o->out->names, stack, &frames);
	interrupt = frames_of_interrupt(&frames);
	for (size_t i = 0; i < (interrupt ? interrupt : frames.list.n); i++)
		add_stack_frame(o, s, &frames, i);
	if (!interrupt)
		add_ended(o, s, &frames);
	free(frames.list.v);
	return !interrupt;
}

/* A number as it is stored, also where it is kept in fewer bytes. */
static int64_t number_of(const struct value *v)
{
	int64_t n = 0;

	if (v->type->kind != TYPE_INT && v->type->kind != TYPE_BOOL)
		return 0;
	memcpy(&n, v->data, MIN_OF(v->size, (uint32_t)sizeof(n)));
	return n;
}

static bool is_named(const char *name, const char *what)
{
	return strcasecmp(name, what) == 0;
}

/* What is no stack, by the name of its column: true when the sample has a place for it. */
static bool take_named(struct samples *o, struct sample *s, const char *name, const struct value *part)
{
	struct value_style style = output_style(o->out);

	if (!name)
		return false;
	if (is_named(name, "COMM"))
		value_print(&style, part, &s->comm);
	else if (is_named(name, "PID"))
		s->pid = number_of(part);
	else if (is_named(name, "TID"))
		s->tid = number_of(part);
	else if (is_named(name, "CPU"))
		s->sample.cpu = (int32_t)number_of(part);
	else if (is_named(name, "TIME"))
		s->sample.time = (uint64_t)number_of(part);
	else
		return false;
	o->profile->has_time |= is_named(name, "TIME");
	o->profile->has_threads |= is_named(name, "COMM") || is_named(name, "PID") || is_named(name, "TID");
	return true;
}

static void add_text(struct samples *o, struct sample *s, const struct value *part)
{
	struct value_style style = output_style(o->out);
	struct buf text = {0};

	value_print(&style, part, &text);
	if (text.len)
		add_frame(o, s, buf_str(&text), text.len, NULL, PROF_ROOT);
	buf_free(&text);
}

static void add_first(struct samples *o, struct sample *s, const struct value *parts,
		      const char *const *names, uint32_t n, bool alone)
{
	static const enum type_kind order[] = {TYPE_NONE, TYPE_USTACK, TYPE_KSTACK};

	for (size_t pass = 0; pass < ARRAY_SIZE(order); pass++)
		for (uint32_t i = 0; i < n; i++) {
			if (alone ? stack_kind(&parts[i]) != order[pass] : pass > 0)
				continue; /* several threads: all in the key's order */
			if (stack_kind(&parts[i]) != TYPE_NONE)
				add_stack(o, s, &parts[i]);
			else if (!take_named(o, s, names[i], &parts[i]))
				add_text(o, s, &parts[i]);
		}
}

/* Another thread; false: nobody can come after it. */
static bool add_other(struct samples *o, struct sample *s, const struct value *parts, uint32_t n)
{
	size_t before = s->frames.n;
	bool itself = true;

	add_frame(o, s, "--", 2, NULL, PROF_ROOT);
	for (uint32_t i = 0; i < n && itself; i++)
		if (stack_kind(&parts[i]) == TYPE_NONE)
			add_text(o, s, &parts[i]);
		else
			itself = add_stack_turned(o, s, &parts[i]);
	if (s->frames.n > before + 1)
		return itself;
	s->frames.n = before;
	return false;
}

/* The parts in the order of folded stacks: what is no stack, then user, then kernel; then other threads. */
static void add_parts(struct samples *o, struct sample *s, const struct value *parts,
		      const char *const *names, uint32_t n)
{
	uint32_t next = key_next_thread(parts, n, 0);
	bool more = true;

	add_first(o, s, parts, names, next, next == n);
	for (uint32_t from = next; from < n && more; from = next) {
		next = key_next_thread(parts, n, from);
		more = add_other(o, s, parts + from, next - from);
	}
}

static void finish_sample(struct samples *o, struct sample *s, __int128 weight)
{
	struct profile *p = o->profile;

	for (size_t i = 0; i < s->frames.n / 2; i++) { /* the leaf first */
		uint32_t frame = s->frames.v[i];

		s->frames.v[i] = s->frames.v[s->frames.n - 1 - i];
		s->frames.v[s->frames.n - 1 - i] = frame;
	}
	s->sample.weight = weight < 0 ? 0 : weight > UINT64_MAX ? UINT64_MAX : (uint64_t)weight;
	s->sample.stack = prof_stack(p, s->frames.v, s->frames.n);
	s->sample.thread = prof_thread(p, buf_str(&s->comm), s->comm.len, (int32_t)s->pid, (int32_t)s->tid);
	p->quality.no_stack += !s->frames.n;
	if (s->sample.weight)
		prof_add(p, &s->sample);
	vec_free(&s->frames);
	buf_free(&s->comm);
}

static struct sample sample_begin(struct samples *o, const char *event)
{
	struct sample s = {.sample = {.cpu = -1}, .pid = -1, .tid = -1};

	s.sample.event = prof_event(o->profile, event, strlen(event));
	return s;
}

/* ---- what a session gives ---- */

static void add_entry(struct samples *o, const struct snapshot *snapshot, const struct map_entry *entry)
{
	const struct map *map = snapshot->map;
	struct value key = value_stored(map->key, entry->key);
	uint32_t n;
	struct value *parts = key_all_parts(&key, &n);
	const char **names = xcalloc(n, sizeof(*names));
	struct sample s = sample_begin(o, *map->name ? map->name : "@");
	__int128 weight = divided(map_value_number(map->value, entry->value), snapshot->divisor);

	for (uint32_t i = 0; i < n; i++)
		names[i] = i < map->nkey_names ? map->key_names[i] : NULL;
	add_parts(o, &s, parts, names, n);
	o->profile->quality.samples += map->value->kind == TYPE_COUNT && weight > 0 ? (uint64_t)weight : 1;
	finish_sample(o, &s, weight);
	free(parts);
	free(names);
}

/* What the weights are: counted, or times that were divided to be printed. */
static void set_unit(struct profile *p, const struct snapshot *snapshot)
{
	const char *unit = snapshot->map->value->kind == TYPE_COUNT ? "samples" :
			   snapshot->divisor == 1000 ? "us" : snapshot->divisor == 1000000 ? "ms" : "";

	if (!*p->unit)
		snprintf(p->unit, sizeof(p->unit), "%s", unit);
}

void samples_add_map(struct samples *o, const struct snapshot *snapshot)
{
	entry_list list = {0};

	set_unit(o->profile, snapshot);
	snapshot_order(snapshot, &list);
	vec_each(entry, &list)
		add_entry(o, snapshot, *entry);
	vec_free(&list);
}

bool samples_add_values(struct samples *o, const struct value *values, const char *const *names, size_t n)
{
	bool has_stack = false;
	struct sample s;

	for (size_t i = 0; i < n; i++)
		has_stack |= stack_kind(&values[i]) != TYPE_NONE;
	if (!has_stack)
		return false;
	s = sample_begin(o, "samples");
	add_parts(o, &s, values, names, (uint32_t)n);
	o->profile->quality.samples++;
	finish_sample(o, &s, 1);
	return true;
}

bool samples_add_record(struct samples *o, const struct value *value)
{
	uint32_t n;
	struct value *parts = key_all_parts(value, &n);
	const char **names = xcalloc(n, sizeof(*names));
	bool added;

	for (uint32_t i = 0; i < n; i++)
		names[i] = value->type->kind == TYPE_RECORD ? value->type->fields[i].name : NULL;
	added = samples_add_values(o, parts, names, n);
	free(parts);
	free(names);
	return added;
}
