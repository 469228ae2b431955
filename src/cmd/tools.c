/* tools.c - tools found by name and run: those the program carries, and files. See tool.h. */
#include "cmd/compile.h"
#include "cmd/embed.h"
#include "cmd/tool.h"
#include "out/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const struct embedded_tool *find_tool(const char *name)
{
	for (unsigned i = 0; i < embedded_tool_count; i++)
		if (str_eq(embedded_tools[i].name, name))
			return &embedded_tools[i];
	for (unsigned i = 0; i < embedded_alias_count; i++)
		if (str_eq(embedded_aliases[i].name, name))
			return &embedded_tools[embedded_aliases[i].tool];
	return NULL;
}

bool tool_exists(const char *name)
{
	return find_tool(name) != NULL;
}

static const char *tool_at(const void *ctx, size_t i)
{
	(void)ctx;
	return embedded_tools[i].name;
}

void tool_hint(const char *file, struct buf *out)
{
	const char *near = diag_nearest(file, embedded_tool_count, tool_at, NULL);

	if (find_tool(file))
		buf_printf(out, "; a tool's name comes first, then its flags: sonde %s ...", file);
	else if (near)
		buf_printf(out, "; did you mean the tool %s?", near);
	else if (!strchr(file, '/') && !strchr(file, '.'))
		buf_puts(out, ", nor is it a tool (`sonde tools` lists them)");
}

struct header_text { /* where a header is parsed, and what is said of it */
	struct arena *arena;
	struct sources sources;
	struct diags diags;
};

static bool open_header(struct header_text *h, struct tool *tool, const char *name, const char *file,
			const char *text, size_t len)
{
	const struct source *source;

	*h = (struct header_text){.arena = arena_new()};
	h->sources.arena = h->arena;
	h->diags = (struct diags){.arena = h->arena, .sources = &h->sources};
	source = source_add(&h->sources, file, text, len);
	return source && tool_parse_header(tool, h->arena, &h->diags, source, name);
}

static void report_header(struct header_text *h)
{
	struct buf out = {0};

	diags_print(&h->diags, &out, false);
	fputs(buf_str(&out), stderr);
	buf_free(&out);
}

/* "tools/my.bt" is the tool "my". */
static const char *tool_name(const char *file, struct arena *arena)
{
	const char *base = base_name(file);
	size_t len = strlen(base);

	return len > 3 && str_eq(base + len - 3, ".bt") ? arena_strndup(arena, base, len - 3) : base;
}

/* sonde's own filters, given before the tool's name, are the tool's. */
static void take_filters(struct tool *tool, const struct options *o)
{
	const int64_t given[] = {[FILTER_PID] = o->pid, [FILTER_TID] = o->tid};

	for (unsigned i = 0; i < ARRAY_SIZE(given); i++)
		if (given[i])
			tool->filters[i] = arena_printf(tool->arena, "%lld", (long long)given[i]);
	if (o->uid >= 0)
		tool->filters[FILTER_UID] = arena_printf(tool->arena, "%lld", (long long)o->uid);
	if (o->cgroup)
		tool->filters[FILTER_CGROUP] = o->cgroup;
}

/* Started under an alias: its name, its summary, its flags before those given. */
static bool take_alias(struct tool *tool, const char *name, struct options *o, const char **why)
{
	enum { MOST = 16 };

	for (size_t i = 0; i < tool->aliases.n; i++) {
		const struct tool_alias *alias = &tool->aliases.v[i];
		char *rest = arena_strdup(tool->arena, alias->flags), *word;
		char *argv[MOST];
		int argc = 0;

		if (!str_eq(alias->name, name))
			continue;
		tool->name = alias->name;
		tool->summary = alias->summary;
		while (argc < MOST && (word = strsep(&rest, " ")))
			if (*word)
				argv[argc++] = word;
		return tool_parse_arguments(tool, o, argc, argv, why);
	}
	return true;
}

/* SCREEN: results go to a terminal, as text: a table may take the place of the one before it. */
static void set_screen(struct tool *tool, const struct options *o)
{
	bool screen = !o->output && o->format == FORMAT_OUT_TEXT && !o->dump &&
		      terminal_of(STDOUT_FILENO).moves;

	tool_set(tool, "SCREEN", (struct tool_value){.number = screen});
}

static void print_manual(const struct tool *tool)
{
	struct manual m = manual_new(MANUAL_HELP);

	tool_describe(tool, &m);
	fputs(buf_str(&m.out), stdout);
	manual_free(&m);
}

bool tool_manual(struct manual *m, const char *name)
{
	const struct embedded_tool *t = find_tool(name);
	struct options o = {0};
	struct header_text h;
	struct tool tool;
	const char *why;
	bool good;

	if (!t)
		return false;
	good = open_header(&h, &tool, t->name, t->name, t->text, t->len) && take_alias(&tool, name, &o, &why);
	if (good)
		tool_describe(&tool, m);
	else
		report_header(&h);
	arena_free(h.arena);
	return good;
}

/* LIVE: its results are a view that is made again and again. */
static void set_live(const struct tool *tool, struct options *o)
{
	const struct tool_value *live = tool_constant(tool, "LIVE");

	if (live && live->number && o->format == FORMAT_OUT_TEXT)
		o->format = FORMAT_OUT_TOP;
}

int tool_run(const char *name, const char *text, size_t len, const struct options *base, int argc, char **argv)
{
	struct options o = base ? *base : (struct options){.uid = -1};
	struct header_text h;
	struct tool tool;
	const char *why = NULL;
	int status = 1;

	o.nparams = 0; /* they are the tool's arguments */
	if (!open_header(&h, &tool, name, name, text, len)) {
		report_header(&h);
		arena_free(h.arena);
		return 1;
	}
	tool.name = tool_name(name, h.arena);
	take_filters(&tool, &o);
	if (!take_alias(&tool, name, &o, &why) || !tool_parse_arguments(&tool, &o, argc, argv, &why)) {
		fprintf(stderr, "sonde: %s\n", why);
	} else if (o.dump && !dump_known(o.dump, &why)) {
		fprintf(stderr, "sonde: --dump takes some of %s\n", why);
	} else if (tool.help) {
		print_manual(&tool);
		status = 0;
	} else if (tool.front) {
		status = tool_run_front(&tool, &o);
	} else {
		set_screen(&tool, &o);
		set_live(&tool, &o);
		status = run_text(&o, name, text, len, &tool);
	}
	arena_free(h.arena);
	return status;
}

bool tool_each(void (*get)(void *ctx, const char *name, const char *what), void *ctx)
{
	bool good = true;

	for (unsigned i = 0; i < embedded_tool_count; i++) {
		const struct embedded_tool *t = &embedded_tools[i];
		struct header_text h;
		struct tool tool;

		if (open_header(&h, &tool, t->name, t->name, t->text, t->len)) {
			get(ctx, t->name, tool.summary);
			vec_each(alias, &tool.aliases)
				get(ctx, alias->name, arena_printf(h.arena, "%s (%s %s)", alias->summary, t->name,
								   alias->flags));
		} else {
			report_header(&h);
			good = false;
		}
		arena_free(h.arena);
	}
	return good;
}

static void print_line(void *ctx, const char *name, const char *what)
{
	(void)ctx;
	printf("%-16s %s\n", name, what);
}

int tool_list(void)
{
	return tool_each(print_line, NULL) ? 0 : 1;
}

/* A file that is a tool; anything else is left to whoever reads scripts, as is what can be read but once. */
static bool run_file(const char *path, int argc, char **argv, int *status)
{
	enum { LIMIT = 1 << 20 };
	struct buf text = {0};
	struct stat st;
	bool is_tool = (strchr(path, '.') || strchr(path, '/')) && !stat(path, &st) && S_ISREG(st.st_mode);

	is_tool = is_tool && !buf_read_file(&text, path, LIMIT) && tool_has_header(buf_str(&text), text.len);
	if (is_tool)
		*status = tool_run(path, buf_str(&text), text.len, NULL, argc, argv);
	buf_free(&text);
	return is_tool;
}

bool tool_requested(int argc, char **argv, int *status)
{
	const struct embedded_tool *t = argc > 0 ? find_tool(base_name(argv[0])) : NULL;

	if (t) {
		*status = tool_run(base_name(argv[0]), t->text, t->len, NULL, argc - 1, argv + 1);
		return true;
	}
	if (argc < 2 || argv[1][0] == '-')
		return false;
	if (str_eq(argv[1], "tools") && argc == 2) {
		*status = tool_list();
		return true;
	}
	t = find_tool(argv[1]);
	if (!t)
		return run_file(argv[1], argc - 2, argv + 2, status);
	*status = tool_run(argv[1], t->text, t->len, NULL, argc - 2, argv + 2);
	return true;
}
