/* match.c - see layer.h: an output that prints only what a regular expression matches. */
#include <regex.h>
#include <stdlib.h>

#include "out/common.h"
#include "out/conversion.h"
#include "out/layer.h"
#include "out/lines.h"

struct match {
	struct output_ops ops; /* of the form, with row, map and free replaced */
	const struct output_ops *form;
	regex_t regex;
	const char *title;
};

static struct match *self(const struct output *out)
{
	return (struct match *)out->ops;
}

/* Without the blanks of a column. */
static bool matches(const struct output *out, struct buf *text)
{
	const char *from = buf_str(text);
	bool found;

	while (text->len && text->data[text->len - 1] == ' ')
		text->data[--text->len] = '\0';
	found = !regexec(&self(out)->regex, from + strspn(from, " "), 0, NULL, 0);

	buf_free(text);
	return found;
}

/* The row's value under the title, as it would be printed; a row without that column is wanted. */
static bool row_wanted(struct output *out, const struct action *action, const struct value *args, size_t nargs)
{
	struct value_style style = {.names = out->names};
	struct buf text = {0};
	size_t i = 0;

	vec_each(segment, &action->format->segments) {
		if (segment->literal)
			continue;
		if (i >= nargs || action->columns[i].message)
			return true;
		if (str_eq(action->columns[i].title, self(out)->title)) {
			conversion_print(&style, segment, &args[i], &text);
			return matches(out, &text);
		}
		i++;
	}
	return true;
}

static void row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
		const char *text, size_t len)
{
	if (row_wanted(out, action, args, nargs))
		self(out)->form->row(out, action, args, nargs, text, len);
}

/* Which part of the keys has the title, in a table or else; -1: none. */
static int key_part(const struct map *map, const char *title)
{
	const struct presentation *p = map->presentation;
	uint32_t n = p ? p->nkeys : map->nkey_names;

	for (uint32_t i = 0; i < n; i++)
		if (str_eq(p ? p->keys[i].title : map->key_names[i], title))
			return (int)i;
	return -1;
}

static void map(struct output *out, const struct snapshot *snapshot)
{
	int part = key_part(snapshot->map, self(out)->title);
	struct value_style style = {.names = out->names};
	struct snapshot wanted = *snapshot;
	struct map_entry *entries;

	if (part < 0) {
		self(out)->form->map(out, snapshot);
		return;
	}
	entries = xcalloc(snapshot->n + 1, sizeof(*entries));
	wanted.n = 0;
	for (size_t i = 0; i < snapshot->n; i++) {
		struct value v = table_key_part(snapshot->map, &snapshot->entries[i], (uint32_t)part);
		struct buf text = {0};

		value_print(&style, &v, &text);
		if (matches(out, &text))
			entries[wanted.n++] = snapshot->entries[i];
	}
	wanted.entries = entries;
	self(out)->form->map(out, &wanted);
	free(entries);
}

static int match_free(struct output *out)
{
	struct match *m = self(out);

	out->ops = m->form;
	regfree(&m->regex);
	free(m);
	return out->ops->free(out);
}

int output_match(struct output *out, const char *title, const char *pattern, struct buf *why)
{
	struct match *m = xcalloc(1, sizeof(*m));
	char reason[128];
	int err = regcomp(&m->regex, pattern, REG_EXTENDED | REG_NOSUB);

	if (err) {
		regerror(err, &m->regex, reason, sizeof(reason));
		buf_printf(why, "'%s' is no regular expression: %s", pattern, reason);
		free(m);
		return -1;
	}
	m->ops = *out->ops;
	m->form = out->ops;
	m->title = title;
	m->ops.row = row;
	m->ops.map = map;
	m->ops.free = match_free;
	out->ops = &m->ops;
	return 0;
}
