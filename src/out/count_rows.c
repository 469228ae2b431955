/* count_rows.c - see layer.h: rows that are the same are one, with how often it came. */
#include <stdlib.h>

#include "base/hmap.h"
#include "out/common.h"
#include "out/layer.h"

struct counter {
	struct output_ops ops; /* of the form, with row and free replaced */
	const struct output_ops *form;
	struct hmap counts;    /* a row's text -> how often, as a pointer */
};

static struct counter *self(const struct output *out)
{
	return (struct counter *)out->ops;
}

static void row(struct output *out, const struct action *action, const struct value *args, size_t nargs,
		const char *text, size_t len)
{
	void **count;

	(void)action;
	(void)args;
	(void)nargs;
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	count = hmap_at(&self(out)->counts, text, len);
	*count = (void *)((uintptr_t)*count + 1);
}

static int by_count(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct hmap_entry *)a)->value;
	uintptr_t y = (uintptr_t)((const struct hmap_entry *)b)->value;

	return x < y ? 1 : x > y ? -1 : 0;
}

static int counter_free(struct output *out)
{
	struct counter *c = self(out);
	struct buf line = {0};

	out->ops = c->form;
	if (c->counts.entries.n)
		qsort(c->counts.entries.v, c->counts.entries.n, sizeof(*c->counts.entries.v), by_count);
	vec_each(it, &c->counts.entries) {
		buf_reset(&line);
		buf_add(&line, it->key, it->key_len);
		buf_printf(&line, " (%llu times)\n", (unsigned long long)(uintptr_t)it->value);
		out->ops->text(out, ACTION_PRINTF, buf_str(&line), line.len);
	}
	buf_free(&line);
	hmap_free(&c->counts);
	free(c);
	return out->ops->free(out);
}

void output_count_rows(struct output *out)
{
	struct counter *c = xcalloc(1, sizeof(*c));

	c->ops = *out->ops;
	c->form = out->ops;
	c->ops.row = row;
	c->ops.free = counter_free;
	out->ops = &c->ops;
}
