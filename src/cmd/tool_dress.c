/* tool_dress.c - how a tool's results are printed, as its header and flags say. See tool.h. */
#include "cmd/tool.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS_EXPECTED = 1024 };

bool tool_column_wanted(const struct tool *tool, const struct tool_column *c)
{
	const struct tool_value *v = c->condition ? tool_constant(tool, c->condition) : NULL;
	bool set = v && (v->is_text ? *v->text != 0 : v->number != 0);

	return !c->condition || set != c->inverted;
}

static bool with_commas(const struct tool *tool)
{
	const struct tool_value *v = tool_constant(tool, "COMMAS");

	return v && v->number;
}

/* "%-10.10s" is "%s", "%8.2f/1000" "%.2f/1000": neither width nor, of a text, a length. */
static void put_bare(const char *format, struct buf *out)
{
	const char *p = format + 1;
	size_t precision, conversion;

	p += strspn(p, "-0123456789");
	precision = *p == '.' ? 1 + strspn(p + 1, "0123456789") : 0;
	conversion = strcspn(p + precision, " ");
	buf_putc(out, '%');
	if (p[precision] != 's')
		buf_add(out, p, precision);
	buf_add(out, p + precision, conversion);
}

void tool_column_format(const struct tool *tool, const struct column *c, struct buf *out)
{
	bool commas = with_commas(tool);

	if (out->len)
		buf_putc(out, commas ? ',' : ' ');
	if (commas)
		put_bare(c->format, out);
	else
		buf_puts(out, c->format);
}

void tool_column_title(const struct tool *tool, const struct column *c, size_t number, bool last, struct buf *out)
{
	bool commas = with_commas(tool), left = c->format[1] == '-';
	int width = atoi(c->format + strcspn(c->format, "123456789"));

	if (number)
		buf_putc(out, commas ? ',' : ' ');
	if (commas)
		buf_add(out, c->title, strcspn(c->title, " "));
	else
		buf_printf(out, left ? "%-*s" : "%*s", last && left ? 0 : width, c->title);
}

static struct map *map_named(const struct script *script, const char *name)
{
	for (size_t i = 0; i < script->maps.n; i++)
		if (str_eq(script->maps.v[i]->name, name))
			return script->maps.v[i];
	return NULL;
}

/* What the table is sorted by: the column that the constant SORT names, else the last one. */
static int32_t sort_column(const struct tool *tool, const struct column *columns, uint32_t n)
{
	const struct tool_value *wanted = tool_constant(tool, "SORT");

	if (wanted && wanted->is_text && str_eq(wanted->text, "all"))
		return -1;
	for (uint32_t i = 0; wanted && wanted->is_text && i < n; i++)
		if (columns[i].sort && str_eq(columns[i].sort, wanted->text))
			return (int32_t)i;
	return (int32_t)n - 1;
}

static struct presentation *present(const struct tool *tool, const struct tool_result *result, struct arena *arena)
{
	struct presentation *p = arena_new_of(arena, struct presentation);
	struct column *keys = arena_array(arena, struct column, tool->keys.n + 1);
	struct column *values = arena_array(arena, struct column, result->columns.n + 1);
	const struct tool_value *unit = result->unit ? tool_constant(tool, result->unit) : NULL;

	p->unit = unit && unit->is_text ? unit->text : result->unit;
	for (const char *at = result->by ? result->by : tool->by; *at; at += *at == ',') {
		size_t len = strcspn(at, ",");
		const struct tool_key *key = tool_key(tool, at, len);

		if (key && p->nkeys < tool->keys.n)
			keys[p->nkeys++] = (struct column){.title = key->title, .name = key->name,
							   .format = key->format, .prefix = key->prefix, .divisor = 1,
						   .last = key->last};
		at += len;
	}
	for (size_t i = 0; i < result->columns.n; i++)
		if (tool_column_wanted(tool, &result->columns.v[i]))
			values[p->nvalues++] = result->columns.v[i].column;
	for (uint32_t i = 0; i < p->nvalues; i++)
		p->measured |= values[i].of != 0;
	p->sort = sort_column(tool, values, p->nvalues);
	p->keys = keys;
	p->values = values;
	return p;
}

static bool fits(const struct map *map, const struct presentation *p)
{
	bool histogram = map->value->kind == TYPE_HIST;
	uint32_t nkeys = !map->key ? 0 : map->key->kind == TYPE_TUPLE ? map->key->nfields : 1;

	if (histogram && p->nvalues && p->values[0].part == COLUMN_QUANTILE)
		return nkeys == p->nkeys;
	return histogram == (p->unit != NULL) && nkeys == p->nkeys + p->measured;
}

/* Maps that are grouped by nothing but BY have names for the parts of their keys. */
static void name_keys(const struct tool *tool, struct script *script)
{
	const char **names = arena_array(script->arena, const char *, tool->keys.n + 1);
	uint32_t n = 0;
	uint64_t most = 1;

	for (const char *at = tool->by; at && *at; at += *at == ',') {
		size_t len = strcspn(at, ",");
		const struct tool_key *key = tool_key(tool, at, len);

		if (key && n < tool->keys.n)
			names[n++] = key->title;
		most = key && most <= UINT32_MAX / 2 ? most * key->most : 0;
		at += len;
	}
	vec_each(name, &tool->grouped) {
		struct map *map = map_named(script, *name);

		if (map) {
			map->key_names = names;
			map->nkey_names = n;
			map->expected_keys = most <= UINT32_MAX / 2 ? (uint32_t)most : 0;
		}
	}
}

/*
 * A larger map takes the kernel milliseconds to make, and comes as soon as this one fills. Not where the
 * probes are the user's: those may fire with thousands of keys at once.
 */
static void expect_keys(const struct tool *tool, struct script *script)
{
	vec_each(it, &script->maps)
		if (!(*it)->expected_keys && !tool->front)
			(*it)->expected_keys = KEYS_EXPECTED;
}

bool tool_dress(struct tool *tool, struct script *script)
{
	bool good = true;

	name_keys(tool, script);
	expect_keys(tool, script);
	vec_each(result, &tool->results) {
		struct map *map = map_named(script, result->map);
		struct presentation *p;

		if (!map)
			continue; /* not with these flags */
		p = present(tool, result, script->arena);
		if (!p->unit && !p->nvalues)
			continue; /* no column with these flags: as any map is printed */
		if (!fits(map, p)) {
			diag_add(script->diags, DIAG_BAD_TOOL_HEADER, result->span,
				 "@%s is not what the header says: 'histogram' is of hist(), and its key is BY",
				 result->map);
			good = false;
		}
		map->presentation = p;
	}
	return good;
}
