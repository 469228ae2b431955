/*
 * folded.c - stack-keyed maps, and rows with stacks, as input for flame graphs. See output.h.
 *
 *   @[comm, kstack, ustack] = count()   ->   comm;user root;...;user leaf;kernel root;...;leaf N
 *   row(comm, kstack, ustack)           ->   the same, with 1; but for the column TIME
 *
 * The parts of a key that are no stacks come first, in the key's order. ';' separates frames
 * and a newline entries, so both are replaced in names.
 *
 * A key with several stacks of a kind tells of several threads, as of a chain of wakers:
 *
 *   @[comm, ustack, kstack, kstack of the other, ustack of the other, its comm] = sum(ns)
 *     ->   comm;user root;...;kernel leaf;--;kernel leaf;...;user root;its comm N
 *
 * in the key's order, from the second kernel or user stack on turned round, and so on. Where an
 * interrupt did it, its frames are the last: see stack_key.h.
 */
#include <stdlib.h>

#include "out/order.h"
#include "out/stack_key.h"
#include "prof/write.h"

static void add_frame(const char *text, size_t len, struct buf *line)
{
	if (line->len)
		buf_putc(line, ';');
	for (size_t i = 0; i < len; i++) {
		unsigned control = utf8_control(text + i, len - i);

		buf_putc(line, text[i] == ';' ? ':' : control ? '_' : text[i]);
		i += control > 1;
	}
}

/* In the place of the frames that are missing. */
static void add_ended(const struct frames *frames, struct buf *line)
{
	struct buf text = {0};

	buf_printf(&text, "[cut short: %s]", frames->ended);
	add_frame(buf_str(&text), text.len, line);
	buf_free(&text);
}

static void add_stack_frame(const struct frames *frames, size_t i, struct buf *line)
{
	const struct frame *f = &frames->list.v[i];
	struct buf text = {0};

	if (frames->mode == STACK_BUILD_ID)
		frame_print(f, frames->mode, &text);
	else if (f->name)
		frame_print_name(f, &text);
	else
		frame_print_short(f, &text);
	add_frame(buf_str(&text), text.len, line);
	buf_free(&text);
}

/* The root first. */
static void add_stack(struct names *names, const struct value *stack, struct buf *line)
{
	struct frames frames;

	value_frames(names, stack, &frames);
	if (frames.ended)
		add_ended(&frames, line);
	for (size_t i = frames.list.n; i-- > 0;)
		add_stack_frame(&frames, i, line);
	free(frames.list.v);
}

/* The leaf first. Whether that thread did it itself, and no interrupt. */
static bool add_stack_turned(struct names *names, const struct value *stack, struct buf *line)
{
	struct frames frames;
	size_t interrupt;

	value_frames(names, stack, &frames);
	interrupt = frames_of_interrupt(&frames);
	for (size_t i = 0; i < (interrupt ? interrupt : frames.list.n); i++)
		add_stack_frame(&frames, i, line);
	if (frames.ended && !interrupt)
		add_ended(&frames, line);
	free(frames.list.v);
	return !interrupt;
}

static void add_text(struct output *out, const struct value *part, struct buf *line)
{
	struct value_style style = output_style(out);
	struct buf text = {0};

	value_print(&style, part, &text);
	if (text.len)
		add_frame(buf_str(&text), text.len, line);
	buf_free(&text);
}

static void add_first(struct output *out, const struct value *parts, uint32_t n, bool alone, struct buf *line)
{
	static const enum type_kind order[] = {TYPE_NONE, TYPE_USTACK, TYPE_KSTACK};
	bool program = false;

	for (size_t pass = 0; pass < ARRAY_SIZE(order); pass++)
		for (uint32_t i = 0; i < n; i++) {
			enum type_kind kind = stack_kind(&parts[i]);

			if (alone ? kind != order[pass] : pass > 0)
				continue; /* several threads: all in the key's order */
			program |= kind == TYPE_USTACK;
			if (out->delimited && program && kind == TYPE_KSTACK)
				add_frame("-", 1, line);
			if (kind == TYPE_NONE)
				add_text(out, &parts[i], line);
			else
				add_stack(out->names, &parts[i], line);
		}
}

/* Another thread; false: nobody can come after it. */
static bool add_other(struct output *out, const struct value *parts, uint32_t n, struct buf *line)
{
	struct buf other = {0};
	bool itself = true;

	for (uint32_t i = 0; i < n && itself; i++)
		if (stack_kind(&parts[i]) == TYPE_NONE)
			add_text(out, &parts[i], &other);
		else
			itself = add_stack_turned(out->names, &parts[i], &other);
	if (other.len) {
		add_frame("--", 2, line);
		buf_printf(line, ";%s", buf_str(&other));
	}
	itself &= other.len > 0;
	buf_free(&other);
	return itself;
}

static void print_folded(struct output *out, const struct value *parts, uint32_t n, __int128 weight)
{
	uint32_t next = key_next_thread(parts, n, 0);
	struct buf line = {0};
	bool more = true;

	add_first(out, parts, next, next == n, &line);
	for (uint32_t from = next; from < n && more; from = next) {
		next = key_next_thread(parts, n, from);
		more = add_other(out, parts + from, next - from, &line);
	}
	folded_guard_end(&line, 0);
	buf_add(&out->line, line.data, line.len);
	buf_putc(&out->line, ' ');
	number_print(weight, &out->line);
	buf_putc(&out->line, '\n');
	output_flush_line(out);
	buf_free(&line);
}

static void print_entry(struct output *out, const struct map *map, const struct map_entry *entry, int64_t divisor)
{
	struct value key = value_stored(map->key, entry->key);
	uint32_t n;
	struct value *parts = key_all_parts(&key, &n);

	print_folded(out, parts, n, divided(map_value_number(map->value, entry->value), divisor));
	free(parts);
}

static void row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
		const char *text, size_t len)
{
	struct value *parts = xcalloc(nargs, sizeof(*parts));
	bool has_stack = false;
	uint32_t n = 0;

	for (size_t i = 0; i < nargs; i++) {
		has_stack |= stack_kind(&args[i]) != TYPE_NONE;
		if (!str_eq(row_column(action, i)->title, "TIME"))
			parts[n++] = args[i];
	}
	if (has_stack)
		print_folded(out, parts, n, 1);
	else
		messages_row(out, action, args, nargs, text, len);
	free(parts);
}

static void map(struct output *out, const struct snapshot *snapshot)
{
	entry_list list = {0};

	if (!key_has_stack(snapshot->map->key)) {
		messages_map(out, snapshot);
		return;
	}
	snapshot_order(snapshot, &list);
	vec_each(entry, &list)
		print_entry(out, snapshot->map, *entry, snapshot->divisor);
	vec_free(&list);
}

static const struct output_ops ops = {
	.text = messages_text,
	.message = text_message,
	.row = row,
	.value = messages_value,
	.map = map,
	.entry = output_entry_as_map,
	.attached = messages_attached,
	.end = output_no_end,
	.losses = text_losses,
	.cost = text_cost,
	.format = output_format,
	.string = output_string,
	.time = output_time,
	.free = output_free,
};

struct output *output_folded_new(FILE *file, FILE *messages)
{
	struct output *out = output_make(&ops, file, messages);

	out->text_aside = true;
	return out;
}
