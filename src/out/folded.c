/*
 * folded.c - stack-keyed maps as input for flame graphs. See output.h.
 *
 *   @[comm, kstack, ustack] = count()   ->   comm;user root;...;user leaf;kernel root;...;leaf N
 *
 * The parts of a key that are no stacks come first, in the key's order. ';' separates frames
 * and a newline entries, so both are replaced in names.
 *
 * A key with two stacks of a kind tells of two threads that met, as a waker and who it woke up:
 *
 *   @[comm, ustack, kstack, kstack of the other, ustack of the other, its comm] = sum(ns)
 *     ->   comm;user root;...;kernel leaf;--;kernel leaf;...;user root;its comm N
 *
 * in the key's order, from the second kernel or user stack on turned round.
 */
#include <stdlib.h>

#include "out/order.h"
#include "out/stack_key.h"

static void add_frame(const char *text, size_t len, struct buf *line)
{
	if (line->len)
		buf_putc(line, ';');
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		buf_putc(line, c == ';' ? ':' : (unsigned char)c < ' ' || c == 0x7f ? '_' : c);
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

static void add_stack(struct names *names, const struct value *stack, bool leaf_first, struct buf *line)
{
	struct frames frames;
	struct buf text = {0};

	value_frames(names, stack, &frames);
	if (frames.ended && !leaf_first)
		add_ended(&frames, line);
	for (size_t i = 0; i < frames.list.n; i++) {
		const struct frame *f = &frames.list.v[leaf_first ? i : frames.list.n - 1 - i];

		buf_reset(&text);
		if (frames.mode == STACK_BUILD_ID)
			frame_print(f, frames.mode, &text);
		else if (f->name)
			frame_print_name(f, &text);
		else
			frame_print_short(f, &text);
		add_frame(buf_str(&text), text.len, line);
	}
	if (frames.ended && leaf_first)
		add_ended(&frames, line);
	buf_free(&text);
	free(frames.list.v);
}

static void add_part(struct output *out, const struct value *part, bool leaf_first, struct buf *line)
{
	struct value_style style = output_style(out);
	struct buf text = {0};

	if (stack_kind(part) != TYPE_NONE) {
		add_stack(out->names, part, leaf_first, line);
		return;
	}
	value_print(&style, part, &text);
	add_frame(buf_str(&text), text.len, line);
	buf_free(&text);
}

static void print_folded(struct output *out, const struct map *map, const struct map_entry *entry,
			 int64_t divisor)
{
	static const enum type_kind order[] = {TYPE_NONE, TYPE_USTACK, TYPE_KSTACK};
	struct value key = value_stored(map->key, entry->key);
	uint32_t n = key_parts(&key), second = key_second_thread(&key);
	struct buf line = {0};

	for (size_t pass = 0; pass < ARRAY_SIZE(order); pass++)
		for (uint32_t i = 0; i < n && second == n; i++) {
			struct value part = key_part(&key, i);

			if (stack_kind(&part) == order[pass])
				add_part(out, &part, false, &line);
		}
	for (uint32_t i = 0; i < n && second < n; i++) {
		struct value part = key_part(&key, i);

		if (i == second)
			add_frame("--", 2, &line);
		add_part(out, &part, i >= second, &line);
	}
	buf_add(&out->line, line.data, line.len);
	buf_putc(&out->line, ' ');
	number_print(divided(map_value_number(map->value, entry->value), divisor), &out->line);
	buf_putc(&out->line, '\n');
	output_flush_line(out);
	buf_free(&line);
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
		print_folded(out, snapshot->map, *entry, snapshot->divisor);
	vec_free(&list);
}

static const struct output_ops ops = {
	.text = messages_text,
	.message = text_message,
	.row = messages_row,
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
	return output_make(&ops, file, messages);
}
