/*
 * tool_header.c - a tool's header to struct tool. See tool.h; the grammar is in
 * docs/tools-howto.md and in the table below.
 *
 *   / *
 *    * sonde tool
 *    * WORD [NAME]: VALUE
 *    *     what is indented further goes on with the text before it
 *    * /
 */
#include "cmd/tool.h"
#include "cmd/tool_text.h"

#include "base/diag.h"
#include "kern/arch/syscalls.h"

#include <ctype.h>
#include <stdio.h>

enum { HEADER_LIMIT = 32 << 10 }; /* what is in it is looked up line by line */

struct header {
	struct tool *tool;
	struct diags *diags;
	struct arena *arena;
	const struct source *source;
	const char **continued; /* the text that an indented line goes on with */
	bool bad;
};

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static struct span span_of(const struct header *h, const char *from, const char *to)
{
	return (struct span){h->source->base + (uint32_t)(from - h->source->text), (uint32_t)(to - from)};
}

#define wrong(h, from, to, ...) \
	do { \
		diag_add((h)->diags, DIAG_BAD_TOOL_HEADER, span_of((h), (from), (to)), __VA_ARGS__); \
		(h)->bad = true; \
	} while (0)

static void skip_blanks(struct line *l)
{
	while (l->p < l->end && (*l->p == ' ' || *l->p == '\t'))
		l->p++;
}

static bool take(struct line *l, char c)
{
	skip_blanks(l);
	if (l->p == l->end || *l->p != c)
		return false;
	l->p++;
	return true;
}

static bool at_end(struct line *l)
{
	skip_blanks(l);
	return l->p == l->end;
}

static char *copy(struct header *h, const char *from, const char *to)
{
	while (from < to && isblank((unsigned char)*from))
		from++;
	while (to > from && isblank((unsigned char)to[-1]))
		to--;
	return arena_strndup(h->arena, from, to - from);
}

/* A name, or NULL with a diagnostic that says what should be here. */
static const char *take_name(struct header *h, struct line *l, const char *what)
{
	const char *from;

	skip_blanks(l);
	from = l->p;
	while (l->p < l->end && is_name(*l->p))
		l->p++;
	if (l->p == from) {
		wrong(h, from, MIN_OF(from + 1, l->end), "%s is missing here", what);
		return NULL;
	}
	return arena_strndup(h->arena, from, l->p - from);
}

/* Up to `stop`, which is skipped, or the end. */
static const char *take_until(struct header *h, struct line *l, char stop)
{
	const char *from = l->p, *at = memchr(from, stop, l->end - from);

	l->p = at ? at + 1 : l->end;
	return copy(h, from, at ? at : l->end);
}

static const char *take_rest(struct header *h, struct line *l)
{
	const char *from = l->p;

	l->p = l->end;
	return copy(h, from, l->end);
}

/* "quoted" or one word. */
static const char *take_word(struct header *h, struct line *l)
{
	const char *from;

	if (take(l, '"'))
		return take_until(h, l, '"');
	skip_blanks(l);
	from = l->p;
	while (l->p < l->end && !isblank((unsigned char)*l->p))
		l->p++;
	return arena_strndup(h->arena, from, l->p - from);
}

/* A number, a "text" or syscall:NAME, that call's number here (-1, which no call has: there is none). */
static bool take_value(struct header *h, struct line *l, struct tool_value *out)
{
	const char *from, *word;

	*out = (struct tool_value){0};
	if (take(l, '"')) {
		out->is_text = true;
		out->text = take_until(h, l, '"');
		return true;
	}
	skip_blanks(l);
	from = l->p;
	word = take_word(h, l);
	if (!strncmp(word, "syscall:", 8)) {
		out->number = (uint64_t)(int64_t)syscall_number(word + 8);
		return true;
	}
	if (str_to_u64(word, &out->number))
		return true;
	wrong(h, from, l->p, "a number or a \"text\" belongs here");
	return false;
}

static bool take_type(struct header *h, struct line *l, enum tool_type *out)
{
	static const struct { const char *name; enum tool_type type; } types[] = {
		{"number", TOOL_NUMBER}, {"seconds", TOOL_SECONDS}, {"text", TOOL_TEXT},
		{"numbers", TOOL_NUMBERS}, {"folders", TOOL_FOLDERS}, {"texts", TOOL_TEXTS},
		{"command", TOOL_COMMAND}, {"netns", TOOL_NETNS}, {"errno", TOOL_ERRNO},
		{"syscall", TOOL_SYSCALL}, {"signal", TOOL_SIGNAL},
	};
	static const char type_names[] = "number, numbers, seconds, text, texts, folders, command, netns, errno, "
					 "syscall and signal";
	const char *from = l->p, *word;

	if (!take(l, ':')) {
		wrong(h, from, MIN_OF(from + 1, l->end), "':' and a type belong here: %s", type_names);
		return false;
	}
	word = take_name(h, l, "a type");
	for (size_t i = 0; word && i < ARRAY_SIZE(types); i++)
		if (str_eq(types[i].name, word)) {
			*out = types[i].type;
			return true;
		}
	if (word)
		wrong(h, from, l->p, "there is no type '%s'; there are %s", word, type_names);
	return false;
}

/* ---- one function a word ---- */

static void read_summary(struct header *h, struct line *l)
{
	if (h->tool->summary)
		wrong(h, l->p, l->end, "a second summary");
	h->tool->summary = take_rest(h, l);
	if (!*h->tool->summary)
		wrong(h, l->p - 1, l->p, "the summary is empty");
}

static void read_about(struct header *h, struct line *l)
{
	avec_push(h->arena, &h->tool->about, take_rest(h, l));
	h->continued = &vec_last(&h->tool->about);
}

static void read_banner(struct header *h, struct line *l)
{
	h->tool->banner = take_rest(h, l);
}

static void read_front(struct header *h, struct line *l)
{
	h->tool->front = take_name(h, l, "a translator");
}

static void read_effect(struct header *h, struct line *l, struct tool_flag *flag)
{
	struct tool_effect e = {0};

	e.name = take_name(h, l, "a constant");
	if (!e.name) {
		l->p = l->end;
		return;
	}
	if (str_eq(e.name, "by")) {
		e.name = NULL;
		if (!take(l, '='))
			wrong(h, l->p, l->end, "by=KEYS belongs here");
		e.by = take_word(h, l);
	} else if (take(l, '=')) {
		if (!take_value(h, l, &e.value))
			l->p = l->end;
	} else {
		e.given = true;
	}
	avec_push(h->arena, &flag->effects, e);
}

/* [-x] --name [VALUE:type] */
static bool read_flag_names(struct header *h, struct line *l, struct tool_flag *flag)
{
	const char *from;

	skip_blanks(l);
	from = l->p;
	if (l->end - l->p > 2 && l->p[0] == '-' && isalnum((unsigned char)l->p[1])) {
		flag->letter = l->p[1];
		l->p += 2;
		skip_blanks(l);
	}
	if (l->end - l->p < 3 || l->p[0] != '-' || l->p[1] != '-') {
		wrong(h, from, l->end, "a flag has a long name: -x --name [VALUE:type]");
		return false;
	}
	l->p += 2;
	flag->name = take_name(h, l, "a flag's long name");
	return flag->name != NULL;
}

static bool flag_exists(const struct tool *tool, const struct tool_flag *flag)
{
	vec_each(it, &tool->flags)
		if (str_eq(it->name, flag->name) || (flag->letter && it->letter == flag->letter))
			return true;
	return false;
}

static void add_flag(struct header *h, struct line *l, struct tool_flag flag, const char *from)
{
	if (flag_exists(h->tool, &flag)) {
		wrong(h, from, l->p, "there already is a flag -%c or --%s", flag.letter ? flag.letter : '-', flag.name);
		return;
	}
	avec_push(h->arena, &h->tool->flags, flag);
}

static void read_flag(struct header *h, struct line *l)
{
	struct tool_flag flag = {.type = TOOL_SWITCH};
	const char *from = l->p;

	if (!read_flag_names(h, l, &flag))
		return;
	skip_blanks(l);
	if (l->p < l->end && *l->p != '|') {
		flag.value_name = take_name(h, l, "the name of the value");
		if (!flag.value_name || !take_type(h, l, &flag.type))
			return;
	}
	if (!take(l, '|')) {
		wrong(h, l->p, l->end, "'| help | CONSTANT' belongs here");
		return;
	}
	flag.help = take_until(h, l, '|');
	while (!at_end(l))
		read_effect(h, l, &flag);
	add_flag(h, l, flag, from);
}

/* short: -p --pid: the tool's letter for an option of every tool; -f --format=folded: with a value */
static void read_short(struct header *h, struct line *l)
{
	struct tool_flag flag = {.engine = true};
	const char *from = l->p;

	if (!read_flag_names(h, l, &flag))
		return;
	if (take(l, '='))
		flag.fixed = take_word(h, l);
	if (!flag.letter || !at_end(l))
		wrong(h, from, l->end, "short: -x --option[=VALUE]");
	else
		add_flag(h, l, flag, from);
}

static void read_argument(struct header *h, struct line *l)
{
	struct tool_argument a = {.name = take_name(h, l, "a constant")};

	if (!a.name || !take_type(h, l, &a.type))
		return;
	a.help = take(l, '|') ? take_rest(h, l) : "";
	if (!at_end(l))
		wrong(h, l->p, l->end, "arg: NAME:type | help");
	avec_push(h->arena, &h->tool->arguments, a);
}

static void read_let(struct header *h, struct line *l)
{
	while (!at_end(l)) {
		const char *from = l->p, *name = take_name(h, l, "a constant");
		struct tool_value value;

		if (!name || !take(l, '=')) {
			wrong(h, from, l->end, "let: NAME=value ...");
			return;
		}
		if (!take_value(h, l, &value))
			return;
		if (tool_constant(h->tool, name))
			wrong(h, from, l->p, "%s has a default already", name);
		tool_set(h->tool, name, value);
	}
}

/* match: TITLE CONSTANT */
static void read_match(struct header *h, struct line *l)
{
	struct tool_match match;

	match.title = take_word(h, l);
	match.constant = take_name(h, l, "a constant");
	if (match.constant)
		avec_push(h->arena, &h->tool->matches, match);
}

static void read_hooks(struct header *h, struct line *l)
{
	struct tool_hooks group = {0};

	while (!at_end(l)) {
		const char *from = l->p, *word;
		unsigned major, minor;

		if (take(l, '|')) {
			avec_push(h->arena, &h->tool->hooks, group);
			group = (struct tool_hooks){0};
			continue;
		}
		word = take_word(h, l);
		if (sscanf(word, "linux>=%u.%u", &major, &minor) == 2)
			group.since = major << 8 | (minor & 0xff);
		else if (strchr(word, ':'))
			avec_push(h->arena, &group.attach_points, word);
		else
			wrong(h, from, l->p, "an attach point, '|' or linux>=N.N belongs here");
	}
	avec_push(h->arena, &h->tool->hooks, group);
}

/* An expression up to a comma outside of brackets and quotes, or the end. */
static struct span take_expression(struct header *h, struct line *l)
{
	const char *from;
	int depth = 0;
	bool quoted = false;

	skip_blanks(l);
	from = l->p;
	for (; l->p < l->end; l->p++) {
		if (*l->p == '"')
			quoted = !quoted;
		else if (!quoted && strchr("([{", *l->p))
			depth++;
		else if (!quoted && strchr(")]}", *l->p))
			depth--;
		else if (!quoted && *l->p == ',' && depth == 0)
			break;
	}
	return span_of(h, from, l->p);
}

static int filter_named(const char *name)
{
	static const char *const names[] = {
#define FILTER(id, name, ...) name,
#include "cmd/tool_filter.def"
#undef FILTER
	};

	for (int i = 0; i < FILTER_COUNT; i++)
		if (str_eq(names[i], name))
			return i;
	return str_eq(name, "task") ? FILTER_COUNT : -1;
}

static void read_known(struct header *h, struct line *l, struct tool_subject *s)
{
	do {
		const char *from = l->p, *name = take_name(h, l, "task, pid, tid, comm, uid, cgroup or mntns");
		int filter = name ? filter_named(name) : -1;

		if (filter < 0 || !take(l, '=')) {
			wrong(h, from, l->end,
			      "current, none, task= or some of pid=, tid=, comm=, uid=, cgroup=, mntns= go here");
			return;
		}
		s->known[filter] = take_expression(h, l);
	} while (take(l, ','));
}

static void read_subject(struct header *h, struct line *l, const char *which, const char *from)
{
	struct tool_subject s = {.probe = which, .span = span_of(h, from, l->end)};
	const char *text = copy(h, l->p, l->end);

	if (str_eq(text, "current"))
		s.current = true;
	else if (str_eq(text, "none"))
		s.none = true;
	else
		read_known(h, l, &s);
	avec_push(h->arena, &h->tool->subjects, s);
}

/* How a map is printed: what several lines say of it comes together. */
static struct tool_result *result_of(struct header *h, const struct line *l, const char *map, const char *from)
{
	vec_each(it, &h->tool->results)
		if (str_eq(it->map, map))
			return it;
	avec_push(h->arena, &h->tool->results,
		  ((struct tool_result){.map = map, .span = span_of(h, from, l->end)}));
	return &vec_last(&h->tool->results);
}

/* by: KEYS, of all maps; by @map: KEYS, of one */
static void read_by(struct header *h, struct line *l, const char *map, const char *from)
{
	if (map) {
		result_of(h, l, map, from)->by = take_rest(h, l);
		return;
	}
	h->tool->has_by = true;
	h->tool->by = take_rest(h, l);
}

/* "%-16s": one conversion and nothing else, perhaps followed by /DIVISOR. */
static bool take_format(struct header *h, struct line *l, const char **prefix, const char **format,
			uint64_t *divisor)
{
	const char *from, *word, *percent;
	char *slash;

	skip_blanks(l);
	from = l->p;
	word = take_word(h, l);
	percent = strchr(word, '%');
	if (percent && prefix) { /* "size = %d": a text before it */
		*prefix = percent > word ? arena_strndup(h->arena, word, percent - word) : NULL;
		word = percent;
	}
	slash = strchr(word, '/');
	*divisor = 1;
	if (slash) {
		*slash = '\0';
		if (!str_to_u64(slash + 1, divisor) || !*divisor) {
			wrong(h, from, l->p, "after '/' a divisor belongs");
			return false;
		}
	}
	*format = word;
	if (word[0] == '%' && word[1] && !strchr(word + 1, '%'))
		return true;
	wrong(h, from, MAX_OF(l->p, from + 1), "a conversion like %%-16s belongs here");
	return false;
}

/* "LAT(ms)" as lat_ms */
static const char *field_name(struct header *h, const char *title)
{
	char *name = arena_strdup(h->arena, title), *to = name;

	for (const char *p = title; *p; p++)
		if (isalnum((unsigned char)*p))
			*to++ = tolower((unsigned char)*p);
		else if (to > name && to[-1] != '_')
			*to++ = '_';
	while (to > name && to[-1] == '_')
		to--;
	*to = '\0';
	return name;
}

#define KEY_FORM "key NAME: TITLE FORMAT [last] [of NUMBER] = expression"

static void read_key(struct header *h, struct line *l, const char *name, const char *from)
{
	struct tool_key key = {.name = name};
	uint64_t divisor, most = 0;

	key.title = take_word(h, l);
	if (!take_format(h, l, &key.prefix, &key.format, &divisor))
		return;
	key.last = !at_end(l) && *l->p == 'l' && str_eq(take_word(h, l), "last");
	if (!at_end(l) && *l->p == 'o' && (!str_eq(take_word(h, l), "of") || !str_to_u64(take_word(h, l), &most)))
		wrong(h, from, l->end, KEY_FORM);
	key.most = (uint32_t)MIN_OF(most, UINT32_MAX);
	if (!take(l, '=')) {
		wrong(h, from, l->end, KEY_FORM);
		return;
	}
	key.expression = take_expression(h, l);
	if (!key.expression.len || !at_end(l))
		wrong(h, from, l->end, KEY_FORM);
	avec_push(h->arena, &h->tool->keys, key);
}

/* 0+1: measures of a table, as bits. */
static bool take_measures(struct header *h, struct line *l, uint32_t *out)
{
	const char *from;

	do {
		skip_blanks(l);
		from = l->p;
		if (l->p == l->end || *l->p < '0' || *l->p >= '0' + COLUMN_MEASURES) {
			wrong(h, from, MIN_OF(from + 1, l->end), "a measure belongs here: 0 to %d",
			      COLUMN_MEASURES - 1);
			return false;
		}
		*out |= 1u << (*l->p++ - '0');
	} while (take(l, '+'));
	return true;
}

/* What may follow `word` in a column of a table; false: it is no such word. */
static bool take_measure_word(struct header *h, struct line *l, const char *word, struct column *column)
{
	if (str_eq(word, "max") || (word[0] == 'p' && isdigit((unsigned char)word[1]))) {
		column->part = COLUMN_QUANTILE;
		column->quantile = word;
		return true;
	}
	if (str_eq(word, "sort")) {
		column->sort = take_name(h, l, "a name");
		return true;
	}
	if (str_eq(word, "of"))
		return take_measures(h, l, &column->of);
	if (str_eq(word, "minus"))
		return take_measures(h, l, &column->less);
	if (!str_eq(word, "percent"))
		return false;
	column->divisor = 1000; /* what column_number() gives */
	return take_measures(h, l, &column->base);
}

/* TITLE FORMAT [part | pNN | max] [of N[+N]] [minus N[+N]] [percent N[+N]] [sort NAME] [if [!]CONSTANT] */
static bool take_column(struct header *h, struct line *l, bool of_map, struct tool_column *out)
{
	static const char *const parts[] = {"value", "count", "total", "average"};
	const char *from, *word;

	*out = (struct tool_column){0};
	out->column.title = take_word(h, l);
	out->column.name = field_name(h, out->column.title);
	if (!take_format(h, l, NULL, &out->column.format, &out->column.divisor))
		return false;
	out->column.message = str_eq(out->column.format, "%m");
	if (!*out->column.name)
		out->column.name = "message";
	while (!at_end(l) && *l->p != ',') {
		bool known = false;

		from = l->p;
		word = take_name(h, l, "'if'");
		for (unsigned i = 0; word && of_map && i < ARRAY_SIZE(parts); i++)
			if (str_eq(word, parts[i])) {
				out->column.part = i;
				known = true;
			}
		if (word && of_map && !known)
			known = take_measure_word(h, l, word, &out->column);
		if (word && str_eq(word, "if")) {
			out->inverted = take(l, '!');
			out->condition = take_name(h, l, "a constant");
			known = out->condition != NULL;
		}
		if (!known) {
			wrong(h, from, l->end, "%s'if CONSTANT' belongs here",
			      of_map ? "value, count, total, average, of, minus, percent, sort or " : "");
			return false;
		}
	}
	return true;
}

static void read_column(struct header *h, struct line *l)
{
	struct tool_column column;

	if (take_column(h, l, false, &column))
		avec_push(h->arena, &h->tool->columns, column);
	if (!h->bad && !at_end(l))
		wrong(h, l->p, l->end, "column: TITLE FORMAT [if CONSTANT]");
}

static void read_histogram(struct header *h, struct line *l, const char *map, const char *from)
{
	struct tool_result *r = result_of(h, l, map, from);

	r->unit = take_word(h, l);
	if (!*r->unit)
		wrong(h, from, l->end, "histogram @map: UNIT");
}

static void read_table(struct header *h, struct line *l, const char *map, const char *from)
{
	struct tool_result *r = result_of(h, l, map, from);

	do {
		struct tool_column column;

		if (!take_column(h, l, true, &column))
			return;
		avec_push(h->arena, &r->columns, column);
	} while (take(l, ','));
}

/* COMMAND | WHAT IT DOES; the command may hold bars of its own */
static void read_example(struct header *h, struct line *l)
{
	const char *bar = memrchr(l->p, '|', l->end - l->p);
	struct tool_example e = {.command = copy(h, l->p, bar ? bar : l->end)};

	l->p = bar ? bar + 1 : l->end;
	e.what = take_rest(h, l);
	if (!*e.command || !*e.what)
		wrong(h, l->p - 1, l->p, "example: command | what it shows");
	avec_push(h->arena, &h->tool->examples, e);
	h->continued = &vec_last(&h->tool->examples).what;
}

/* alias: NAME FLAGS | what it shows */
static void read_alias(struct header *h, struct line *l)
{
	struct tool_alias a = {.name = take_name(h, l, "an alias")};

	a.flags = take_until(h, l, '|');
	a.summary = take_rest(h, l);
	if (a.name && !*a.summary)
		wrong(h, l->p - 1, l->p, "alias: NAME FLAGS | what it shows");
	avec_push(h->arena, &h->tool->aliases, a);
}

/* ---- lines ---- */

static const struct word {
	const char *word;
	void (*read)(struct header *h, struct line *l);
	/* words that are followed by a name: word NAME: */
	void (*read_named)(struct header *h, struct line *l, const char *name, const char *from);
	char mark;          /* that the name begins with */
	bool optional_name;
} words[] = {
	{"summary", read_summary, NULL, 0, false},
	{"about", read_about, NULL, 0, false},
	{"banner", read_banner, NULL, 0, false},
	{"flag", read_flag, NULL, 0, false},
	{"short", read_short, NULL, 0, false},
	{"arg", read_argument, NULL, 0, false},
	{"let", read_let, NULL, 0, false},
	{"hooks", read_hooks, NULL, 0, false},
	{"subject", NULL, read_subject, 0, true},
	{"by", NULL, read_by, '@', true},
	{"front", read_front, NULL, 0, false},
	{"key", NULL, read_key, 0, false},
	{"column", read_column, NULL, 0, false},
	{"histogram", NULL, read_histogram, '@', false},
	{"table", NULL, read_table, '@', false},
	{"match", read_match, NULL, 0, false},
	{"example", read_example, NULL, 0, false},
	{"alias", read_alias, NULL, 0, false},
};

static const char *word_at(const void *ctx, size_t i)
{
	(void)ctx;
	return words[i].word;
}

/* What stands between the word and ": ": a name, where the word takes one. */
static bool read_name(struct header *h, struct line *l, const struct word *w, const char **name)
{
	const char *from, *to;

	skip_blanks(l);
	from = l->p;
	/* a colon with a blank after it ends the name; attach points have colons within */
	for (to = from; to < l->end; to++)
		if (*to == ':' && (to + 1 == l->end || isblank((unsigned char)to[1])))
			break;
	if (to == l->end) {
		wrong(h, from, l->end, "'%s' is followed by ': '", w->word);
		return false;
	}
	l->p = to + 1;
	if (to > from && w->mark && *from++ != w->mark) {
		wrong(h, from - 1, to, "a map, @name, belongs here");
		return false;
	}
	*name = to > from ? copy(h, from, to) : NULL;
	if (*name && !w->read_named) {
		wrong(h, from, to, "'%s' takes no name before its colon", w->word);
		return false;
	}
	if (!*name && w->read_named && !w->optional_name) {
		wrong(h, from, MIN_OF(to + 1, l->end), "'%s' wants a name before its colon", w->word);
		return false;
	}
	return true;
}

static void read_line(struct header *h, struct line l)
{
	const char *from = l.p, *near, *name = NULL;
	size_t len = 0;

	h->continued = NULL;
	while (l.p < l.end && islower((unsigned char)*l.p))
		l.p++;
	len = l.p - from;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const struct word *w = &words[i];

		if (strlen(w->word) != len || strncmp(w->word, from, len))
			continue;
		if (!read_name(h, &l, w, &name))
			return;
		skip_blanks(&l);
		if (w->read)
			w->read(h, &l);
		else
			w->read_named(h, &l, name, from);
		return;
	}
	wrong(h, from, MAX_OF(l.p, MIN_OF(from + 1, l.end)), "no line of a tool's header begins like this");
	near = len ? diag_nearest(arena_strndup(h->arena, from, len), ARRAY_SIZE(words), word_at, NULL) : NULL;
	if (near)
		diag_hint(h->diags, "did you mean '%s'?", near);
}

static void read_lines(struct header *h, const char *p, const char *end)
{
	enum { CONTINUED = 3 }; /* indented further than the one blank after the star */
	unsigned indent;

	while (p < end) {
		const char *newline = memchr(p, '\n', end - p);
		struct line l = {p, newline ? newline : end};

		p = newline ? newline + 1 : end;
		if (!tool_strip(&l, &indent)) {
			h->continued = NULL;
			continue;
		}
		if (indent < CONTINUED)
			read_line(h, l);
		else if (h->continued)
			*h->continued = arena_printf(h->arena, "%s %.*s", *h->continued, (int)(l.end - l.p), l.p);
		else
			wrong(h, l.p, l.end, "nothing goes on here: only about and example may be continued");
	}
}

/* -o is --output, as it is everywhere, where the tool has no other use for the letter or the name. */
static void add_output_letter(struct header *h)
{
	struct tool_flag flag = {.engine = true, .letter = 'o', .name = "output"};

	if (!flag_exists(h->tool, &flag))
		avec_push(h->arena, &h->tool->flags, flag);
}

/* What the whole header shows. */
static void check_header(struct header *h, const char *from)
{
	struct tool *tool = h->tool;

	if (!tool->summary)
		wrong(h, from, from + 2, "the header has no summary");
	if (!tool->examples.n)
		wrong(h, from, from + 2, "the header has no example");
	if (!tool->subjects.n)
		wrong(h, from, from + 2, "the header does not say who the subject is");
	vec_each(flag, &tool->flags)
		vec_each(e, &flag->effects) {
			struct tool_value none = {.is_text = flag->type >= TOOL_TEXT, .text = ""};

			if (e->name && !tool_constant(tool, e->name))
				tool_set(tool, e->name, e->given ? none
					 : (struct tool_value){.is_text = e->value.is_text, .text = ""});
		}
	vec_each(a, &tool->arguments)
		if (!tool_constant(tool, a->name))
			tool_set(tool, a->name, (struct tool_value){.is_text = a->type >= TOOL_TEXT, .text = ""});
	if (tool->has_by)
		tool_add_common_keys(tool);
	vec_each(c, &tool->columns)
		if (c->condition && !tool_constant(tool, c->condition))
			wrong(h, from, from + 2, "column %s depends on %s, which nothing sets", c->column.title,
			      c->condition);
}

bool tool_parse_header(struct tool *tool, struct arena *arena, struct diags *diags,
		       const struct source *source, const char *name)
{
	struct header h = {.tool = tool, .diags = diags, .arena = arena, .source = source};
	const char *from = tool_comment_start(source->text, source->len), *p, *end;
	struct line title;

	*tool = (struct tool){.arena = arena, .name = name, .source = source, .by = ""};
	if (!from || !tool_has_header(source->text, source->len)) {
		diag_add(diags, DIAG_BAD_TOOL_HEADER, (struct span){0}, "%s does not begin with a tool's header", name);
		return false;
	}
	p = from + 2;
	end = strstr(p, "*/");
	if (!end) {
		wrong(&h, from, from + 2, "the header has no end");
		return false;
	}
	if (end - from > HEADER_LIMIT) {
		wrong(&h, from, from + 2, "a header of more than %d KB", HEADER_LIMIT >> 10);
		return false;
	}
	tool_title_line(&p, end, &title);
	tool->header = span_of(&h, from, end);
	read_lines(&h, p, end);
	add_output_letter(&h);
	check_header(&h, from);
	return !h.bad;
}
