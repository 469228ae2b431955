/*
 * profile.c - stacks as a profile (prof/profile.h), written when the run is over: flame graphs, pprof,
 * speedscope, `perf script` text. See output.h.
 *
 *   @[comm, pid, kstack, ustack] = count()   entries of every map with a stack in its key
 *   row(TIME, COMM, PID, TID, CPU, ustack)   rows with a stack among their values: a sample each
 *   print((time=nsecs, comm=comm, ustack=ustack))   the same of a record or tuple
 *      --> struct profile --at the end--> file
 *   @ = hist(...), printed every interval    a heat map (heat.h), where there are no stacks
 *
 * Keys and columns of tools, and a record's members, have names: COMM, PID, TID, CPU and TIME (ns) become the sample's
 * thread, CPU and time. Everything else beside the stacks are frames at the root, in order. Losses
 * and cost become the picture's quality line.
 */
#include <stdlib.h>
#include <time.h>

#include "draw/picture.h"
#include "out/heat.h"
#include "out/order.h"
#include "out/stack_key.h"
#include "prof/format.h"
#include "prof/gzip.h"

struct profile_output {
	struct output out;
	enum prof_format format;
	struct profile *profile;
	struct heat_log heat; /* histograms, where the form is a picture */
	struct buf cost;
	const char *title;
};

struct sample { /* being made */
	struct prof_sample sample;
	struct buf comm;
	int64_t pid, tid;
	VEC(uint32_t) frames; /* the root first */
};

static struct profile_output *self(struct output *out)
{
	return (struct profile_output *)out;
}

/* ---- frames ---- */

static void add_frame(struct profile_output *o, struct sample *s, const char *name, size_t len,
		      const char *module, enum prof_kind kind)
{
	size_t module_len = module ? strlen(module) : 0;

	vec_push(&s->frames, prof_frame(o->profile, name, len, module ? module : "", module_len, kind));
}

static void add_interpreted(struct profile_output *o, struct sample *s, const struct frame *f)
{
	struct prof_frame frame = {
		.name = prof_string(o->profile, f->name, strlen(f->name)),
		.file = f->file ? prof_string(o->profile, f->file, strlen(f->file)) : 0,
		.line = f->line, .kind = PROF_INTERPRETED,
	};

	vec_push(&s->frames, prof_frame_at(o->profile, &frame));
}

static void add_ended(struct profile_output *o, struct sample *s, const struct frames *frames)
{
	char *text = frames->ended ? xasprintf("[cut short: %s]", frames->ended) : NULL;

	if (!text)
		return;
	add_frame(o, s, text, strlen(text), NULL, PROF_ROOT);
	o->profile->quality.cut++;
	free(text);
}

static void add_stack_frame(struct profile_output *o, struct sample *s, const struct frames *frames, size_t i)
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
static void add_stack(struct profile_output *o, struct sample *s, const struct value *stack)
{
	struct frames frames;

	value_frames(o->out.names, stack, &frames);
	add_ended(o, s, &frames);
	for (size_t i = frames.list.n; i-- > 0;)
		add_stack_frame(o, s, &frames, i);
	free(frames.list.v);
}

/* The leaf first. Whether that thread did it itself, and no interrupt. */
static bool add_stack_turned(struct profile_output *o, struct sample *s, const struct value *stack)
{
	struct frames frames;
	size_t interrupt;

	value_frames(o->out.names, stack, &frames);
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
static bool take_named(struct profile_output *o, struct sample *s, const char *name, const struct value *part)
{
	struct value_style style = output_style(&o->out);

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

static void add_text(struct profile_output *o, struct sample *s, const struct value *part)
{
	struct value_style style = output_style(&o->out);
	struct buf text = {0};

	value_print(&style, part, &text);
	if (text.len)
		add_frame(o, s, buf_str(&text), text.len, NULL, PROF_ROOT);
	buf_free(&text);
}

static void add_first(struct profile_output *o, struct sample *s, const struct value *parts,
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
static bool add_other(struct profile_output *o, struct sample *s, const struct value *parts, uint32_t n)
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
static void add_parts(struct profile_output *o, struct sample *s, const struct value *parts,
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

static void finish_sample(struct profile_output *o, struct sample *s, __int128 weight)
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

static struct sample sample_begin(struct profile_output *o, const char *event)
{
	struct sample s = {.sample = {.cpu = -1}, .pid = -1, .tid = -1};

	s.sample.event = prof_event(o->profile, event, strlen(event));
	return s;
}

/* ---- what a session gives ---- */

static void add_entry(struct profile_output *o, const struct snapshot *snapshot, const struct map_entry *entry)
{
	const struct map *map = snapshot->map;
	const struct presentation *shown = map->presentation;
	struct value key = value_stored(map->key, entry->key);
	uint32_t n;
	struct value *parts = key_all_parts(&key, &n);
	const char **names = xcalloc(n, sizeof(*names));
	struct sample s = sample_begin(o, *map->name ? map->name : "@");
	__int128 weight = divided(map_value_number(map->value, entry->value), snapshot->divisor);

	for (uint32_t i = 0; i < n; i++)
		names[i] = shown && i < shown->nkeys ? shown->keys[i].title : NULL;
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

static uint64_t wall_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A histogram becomes a part of the heat map. False: it is none, or the form has no picture of it. */
static bool add_to_heat(struct profile_output *o, const struct snapshot *snapshot)
{
	struct value_style style = output_style(&o->out);
	enum type_kind kind = snapshot->map->value->kind;

	if ((kind != TYPE_HIST && kind != TYPE_LHIST) || (o->format != PROF_SVG && o->format != PROF_HTML))
		return false;
	heat_log_add(&o->heat, &style, snapshot, wall_clock_ns());
	return true;
}

static void cleared(struct output *out, const struct map *map)
{
	heat_log_clear(&self(out)->heat, map);
}

static void map(struct output *out, const struct snapshot *snapshot)
{
	entry_list list = {0};

	if (!key_has_stack(snapshot->map->key)) {
		if (!add_to_heat(self(out), snapshot))
			messages_map(out, snapshot);
		return;
	}
	set_unit(self(out)->profile, snapshot);
	snapshot_order(snapshot, &list);
	vec_each(entry, &list)
		add_entry(self(out), snapshot, *entry);
	vec_free(&list);
}

/* Values that belong together, as one sample. False: there is no stack among them. */
static bool add_values(struct profile_output *o, const struct value *values, const char *const *names, size_t n)
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

static void row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
		const char *text, size_t len)
{
	const char **names = xcalloc(nargs, sizeof(*names));

	for (size_t i = 0; i < nargs; i++)
		names[i] = action->columns[i].title;
	if (!add_values(self(out), args, names, nargs))
		messages_row(out, action, args, nargs, text, len);
	free(names);
}

/* print((time=nsecs, comm=comm, ustack=ustack)): a record's members have names. */
static bool add_record(struct profile_output *o, const struct value *value)
{
	uint32_t n;
	struct value *parts = key_all_parts(value, &n);
	const char **names = xcalloc(n, sizeof(*names));
	bool added;

	for (uint32_t i = 0; i < n; i++)
		names[i] = value->type->kind == TYPE_RECORD ? value->type->fields[i].name : NULL;
	added = add_values(o, parts, names, n);
	free(parts);
	free(names);
	return added;
}

static void value(struct output *out, const struct value *value)
{
	if (!add_record(self(out), value))
		messages_value(out, value);
}

/* The banner without the titles of rows. */
static void attached(struct output *out, size_t probes)
{
	self(out)->heat.began = wall_clock_ns();
	if (!out->banner)
		text_attached(out, probes);
	else if (!out->quiet)
		fprintf(out->messages, "%.*s\n", (int)strcspn(out->banner, "\n"), out->banner);
}

static void losses(struct output *out, const struct loss_line *lines, size_t n)
{
	struct prof_quality *q = &self(out)->profile->quality;

	/* what was cut short is in the picture; the rest is not */
	for (size_t i = 0; i < n; i++)
		if (!str_starts(lines[i].name, "unwind_") && !str_starts(lines[i].name, "string_"))
			q->lost += lines[i].count;
	text_losses(out, lines, n);
}

static void cost(struct output *out, const struct cost *cost)
{
	struct profile_output *o = self(out);
	uint64_t ns = 0;

	for (size_t i = 0; i < cost->nprobes; i++)
		ns += cost->probes[i].ns;
	if (cost->seconds > 0)
		buf_printf(&o->cost, "%.2f%% of a CPU in probes, %.2f%% in sonde, over %.1f s",
			   ns / cost->seconds / 1e7, cost->self_cpu_seconds / cost->seconds * 100, cost->seconds);
	text_cost(out, cost);
}

/* ---- the end ---- */

static void write_tree(struct profile_output *o, struct buf *result)
{
	bool page = o->format == PROF_HTML;
	struct tree_options options = {.no_comm = !o->profile->has_threads, .places = page, .by_sample = page};
	struct picture_options picture = {.title = o->title, .columns = 80, .minwidth = 0.1};
	struct tree *t = tree_new(o->profile, &options);

	if (o->format == PROF_SVG)
		draw_svg(t, &picture, result, NULL);
	else if (page)
		draw_html(t, &picture, result);
	else
		write_folded(t, result, NULL);
	tree_free(t);
}

static void write_heat(struct profile_output *o, struct buf *result)
{
	struct heat heat = heat_log_make(&o->heat);
	uint64_t values = 0, columns = 0;
	struct buf quality = {0};

	vec_each(p, &heat.panels) {
		values += p->total;
		columns = MAX_OF(columns, (uint64_t)p->columns.n);
	}
	buf_printf(&quality, "%llu values in %llu columns, %llu lost, cost %s", (unsigned long long)values,
		   (unsigned long long)columns, (unsigned long long)o->profile->quality.lost,
		   o->cost.len ? buf_str(&o->cost) : "not known");
	if (heat.left_out)
		buf_printf(&quality, ", %u keys with fewer values left out", heat.left_out);
	heat.title = o->title;
	heat.quality = buf_str(&quality);
	if (o->format == PROF_SVG)
		draw_heat_svg(&heat, result);
	else
		draw_heat_html(&heat, result);
	buf_free(&quality);
	heat_free(&heat);
}

static void profile_output_free(struct output *out)
{
	struct profile_output *o = self(out);
	struct buf result = {0}, packed = {0};

	o->profile->quality.cost = o->cost.len ? buf_str(&o->cost) : NULL;
	if (o->heat.series.n && o->profile->samples.n)
		fputs("sonde: stacks are drawn; the histograms beside them are not\n", out->messages);
	if (o->heat.series.n && !o->profile->samples.n) {
		write_heat(o, &result);
	} else if (!o->profile->samples.n) {
		fputs("sonde: no stack and no histogram was seen: nothing to draw\n", out->messages);
	} else if (o->format == PROF_PPROF) {
		write_pprof(o->profile, &packed);
		prof_gzip(packed.data, packed.len, &result);
	} else if (o->format == PROF_SPEEDSCOPE) {
		write_speedscope(o->profile, o->title ? o->title : "sonde", &result, NULL);
	} else if (o->format == PROF_PERF) {
		write_perf(o->profile, &result, NULL);
	} else {
		write_tree(o, &result);
	}
	fwrite(buf_str(&result), 1, result.len, out->file);
	buf_free(&result);
	buf_free(&packed);
	buf_free(&o->cost);
	heat_log_free(&o->heat);
	profile_free(o->profile);
	output_free(out);
}

static const struct output_ops ops = {
	.text = messages_text,
	.message = text_message,
	.row = row,
	.value = value,
	.map = map,
	.cleared = cleared,
	.entry = output_entry_as_map,
	.attached = attached,
	.end = output_no_end,
	.losses = losses,
	.cost = cost,
	.format = output_format,
	.string = output_string,
	.time = output_time,
	.free = profile_output_free,
};

struct output *output_profile_new(enum prof_format format, const char *title, FILE *file, FILE *messages)
{
	struct profile_output *o = xcalloc(1, sizeof(*o));

	output_init(&o->out, &ops, file, messages);
	o->format = format;
	o->title = title;
	o->profile = profile_new();
	return &o->out;
}
