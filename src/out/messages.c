/*
 * messages.c - what a form for stacks alone (folded, profile) does with everything else that a script
 * prints: as text, to `messages`. See common.h.
 */
#include "out/common.h"

void messages_text(struct output *out, enum action_kind kind, const char *text, size_t len)
{
	(void)kind;
	fwrite(text, 1, len, out->messages);
}

void messages_row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
		  const char *text, size_t len)
{
	(void)action;
	(void)args;
	(void)nargs;
	fwrite(text, 1, len, out->messages);
}

void messages_value(struct output *out, const struct value *value)
{
	struct value_style style = messages_style(out);
	struct buf text = {0};

	value_print(&style, value, &text);
	fprintf(out->messages, "%s\n", buf_str(&text));
	buf_free(&text);
}

void messages_map(struct output *out, const struct snapshot *snapshot)
{
	struct value_style style = messages_style(out);
	struct buf text = {0};

	text_map(&style, snapshot, &text);
	fwrite(buf_str(&text), 1, text.len, out->messages);
	buf_free(&text);
}

void messages_attached(struct output *out, size_t probes)
{
	if (!out->banner)
		text_attached(out, probes);
	else if (!out->quiet)
		fputs(out->banner, out->messages);
}

void output_entry_as_map(struct output *out, const struct map *map, const struct value *key, const struct value *value)
{
	struct map_entry one = {.key = key->data, .value = value ? value->data : NULL};
	struct snapshot snapshot = {.map = map, .entries = &one, .n = value ? 1 : 0};

	out->ops->map(out, &snapshot);
}

void output_no_end(struct output *out)
{
	(void)out;
}
