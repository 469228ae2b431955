/* compile.c - see compile.h. */
#include "cmd/compile.h"
#include "cmd/frame_option.h"
#include "cmd/tool.h"
#include "cmd/translation.h"

#include "base/thread.h"
#include "kern/plan_features.h"
#include "kern/privilege.h"
#include "lang/expand.h"
#include "lang/fallback.h"
#include "lang/family.h"
#include "lang/format_script.h"
#include "lang/parse.h"
#include "lang/prelude.h"
#include "out/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { WORTH_A_THREAD = 150 /* instructions of IR: a third of a millisecond of compiling */ };

static const char *const stages[] = {"script", "tokens", "ast", "types", "ir", "alloc", "bpf", "maps", "record",
				     "attach"};

static bool wants(const struct options *o, const char *stage)
{
	const char *p = o->dump;
	size_t len = strlen(stage);

	while (p && *p) {
		size_t n = strcspn(p, ",");

		if ((n == len && !strncmp(p, stage, n)) || (n == 3 && !strncmp(p, "all", 3)))
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

/* script, tokens and ast alone need no more than the parser: what is not supported yet shows, too. */
static bool wants_after_parse(const struct options *o)
{
	for (size_t i = 3; i < ARRAY_SIZE(stages); i++)
		if (wants(o, stages[i]))
			return true;
	return false;
}

bool dump_known(const char *text, const char **unknown)
{
	struct options o = {.dump = text};
	unsigned named = 1, found = wants(&o, "all");

	for (const char *p = text; *p; p++)
		named += *p == ',';
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		found += wants(&o, stages[i]) && !wants(&o, "all");
	*unknown = "script, tokens, ast, types, ir, alloc, bpf, maps, record, attach, all";
	return found >= named;
}

/* What follows `--`: --name=value for getopt(), the rest for $1 and on. */
static void split_params(struct arena *arena, const struct options *o, struct world_options *w)
{
	const char **plain = arena_array(arena, const char *, o->nparams);
	struct named_param *named = arena_array(arena, struct named_param, o->nparams);
	bool *used = arena_array(arena, bool, o->nparams);

	w->params = plain;
	w->named = named;
	for (unsigned i = 0; i < o->nparams; i++) {
		const char *text = o->params[i], *equals = strchr(text, '=');

		if (!str_starts(text, "--") || !text[2] || text[2] == '=') {
			plain[w->nparams++] = text;
			continue;
		}
		named[w->nnamed].name = equals ? arena_strndup(arena, text + 2, equals - text - 2) : text + 2;
		named[w->nnamed].value = equals ? equals + 1 : "";
		named[w->nnamed].used = &used[w->nnamed];
		w->nnamed++;
	}
}

void compilation_init(struct compilation *c, const struct options *o, int64_t cpid)
{
	struct world_options w = {.btf_path = getenv("SONDE_BTF"),
				  .pid = o->pid, .cpid = cpid};

	*c = (struct compilation){.arena = arena_new(), .translation = o->translation};
	c->sources.arena = c->arena;
	c->diags = (struct diags){.arena = c->arena, .sources = &c->sources, .plain = o->dropin,
				  .no_warnings = o->no_warnings};
	types_init(&c->types, c->arena);
	w.arena = c->arena;
	split_params(c->arena, o, &w);
	w.types = &c->types;
	c->machine = machine_new(&w);
	machine_probes(c->machine)->unsafe = o->unsafe;
	c->script = (struct script){.arena = c->arena, .diags = &c->diags, .types = &c->types,
		.world = machine_world(c->machine),
		.config = {.max_strlen = 1024, .max_cat_bytes = 10240, .max_probes = DEFAULT_MAX_PROBES,
			   .print_maps_on_exit = true, .cpp_demangle = true, .str_trunc_trailer = "..",
			   .unsafe = o->unsafe, .mode = o->mode, .probe_filter = o->probe_filter}};
	machine_files_init(&c->files, c->arena);
	/* Before Linux 5.11 a map's key has 512 bytes at most: two strings, or one and numbers. */
	if (!getenv("SONDE_BTF") && c->script.world->kernel && c->script.world->kernel < 0x050b)
		c->script.config.max_strlen = 240;
	c->files.files.folders = o->include_dirs.v;
	c->files.files.nfolders = o->include_dirs.n;
	c->files.files.headers = o->includes.v;
	c->files.files.nheaders = o->includes.n;
	c->script.files = &c->files.files;
	c->plan = (struct plan){.arena = c->arena, .script = &c->script, .classic = o->classic,
				.filter_uid = o->uid, .filter_tid = o->tid,
				.filter_pid = o->pid};
	c->plan.ncpus = c->script.world->ncpus;
	if (o->no_self)
		c->plan.no_self_pid = getpid();
}

void compilation_free(struct compilation *c)
{
	session_drop(c->session);
	machine_free(c->machine);
	types_free(&c->types);
	arena_free(c->arena);
	*c = (struct compilation){0};
}

static const char *map_name(uint32_t map, void *ctx)
{
	const struct plan *plan = ctx;

	return map < plan->kmaps.n && plan->kmaps.v[map].name ? plan->kmaps.v[map].name : "?";
}

/*
 * BPFTRACE_MAX_STRLEN=200 and the like: for this run, whatever the script's config block says.
 * Words that are no configuration keys are somebody else's.
 */
static bool config_from_environment(struct script *script, const char **why)
{
	for (char **e = environ; *e; e++) {
		size_t n = strcspn(*e, "=");

		if (!strncmp(*e, "BPFTRACE_", 9) && (*e)[n] == '=' &&
		    !script_configure(script, arena_strndup(script->arena, *e + 9, n - 9), *e + n + 1, why))
			return false;
	}
	return true;
}

/* Programs, of which each thread takes the next one that nobody compiles yet. */
struct back_end {
	struct compilation *c;
	const struct options *o;
	struct buf *dump;
	size_t next;
	struct diags *diags; /* of each program */
};

static void compile_program(struct back_end *b, struct program *p, struct diags *diags)
{
	if (wants(b->o, "ir"))
		ir_print(p->ir, b->dump);
	p->code = bpf_compile(p->ir, diags, wants(b->o, "alloc") ? b->dump : NULL);
	if (p->code && wants(b->o, "bpf"))
		bpf_print(p->code, &b->c->sources, map_name, &b->c->plan, b->dump);
}

static void *compile_some(void *arg)
{
	struct back_end *b = arg;
	struct plan *plan = &b->c->plan;

	for (size_t i; (i = __atomic_fetch_add(&b->next, 1, __ATOMIC_RELAXED)) < plan->programs.n;) {
		b->diags[i] = (struct diags){.arena = plan->programs.v[i]->ir->arena, .sources = &b->c->sources};
		compile_program(b, plan->programs.v[i], &b->diags[i]);
	}
	return NULL;
}

static bool is_large(const struct ir_prog *ir)
{
	size_t insns = 0;

	vec_each(func, &ir->funcs)
		vec_each(block, &(*func)->blocks)
			insns += (*block)->insns.n;
	return insns >= WORTH_A_THREAD;
}

/* Side by side, unless a stage is printed, which is done in the programs' order. */
static bool back_end(struct compilation *c, const struct options *o, struct buf *dump)
{
	size_t n = c->plan.programs.n, large = 0;
	struct back_end b = {.c = c, .o = o, .dump = dump, .diags = arena_array(c->arena, struct diags, n)};
	bool whole = true;

	vec_each(it, &c->plan.programs)
		large += is_large((*it)->ir);
	threads_run(o->dump ? 1 : large, compile_some, &b);
	for (size_t i = 0; i < n; i++) {
		diags_append(&c->diags, &b.diags[i]);
		whole &= c->plan.programs.v[i]->code != NULL;
	}
	return whole;
}

static const char *node_type_name(const struct type *type, void *ctx)
{
	(void)type;
	(void)ctx;
	return NULL;
}

/* A tool's filters know whose event it is; sonde's own, which go by the current task, do not. */
static bool specialise_tool(struct compilation *c, const struct source *source)
{
	c->tool->source = source;
	c->plan.filter_pid = c->plan.filter_tid = 0;
	c->plan.filter_uid = -1;
	return tool_rewrite(c->tool, &c->script, &c->why);
}

/* One plain line when this process may not trace at all, before it is told what it cannot read. */
static bool may_trace(const struct compilation *c, const struct options *o)
{
	struct buf why = {0}, hint = {0};
	bool may = privilege_check(c->plan.features.kernel, &why, &hint);

	if (!may)
		fprintf(stderr, "%s: %s\nHINT: %s\n", o->dropin ? "ERROR" : "sonde", buf_str(&why), buf_str(&hint));
	buf_free(&why);
	buf_free(&hint);
	return may;
}

/* Printing stages of a world that files describe: the same on every machine. */
static bool is_pure(const struct options *o)
{
	return o->dump && getenv("SONDE_BTF");
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (!strcasecmp(*words, word))
			return true;
	return false;
}

/* Has a probe whose provider is one of these words; or, without `named`, is none of them. */
static bool has_probe(const struct node *root, const char *const *words, bool named)
{
	vec_each(it, &root->list)
		if ((*it)->kind == NODE_PROBE)
			vec_each(ap, &(*it)->list)
				if ((*ap)->list.n && is_one_of((*ap)->list.v[0]->text.data, words) == named)
					return true;
	return false;
}

static bool probes_functions(const struct node *root)
{
	static const char *const words[] = {"kprobe", "k", "kretprobe", "kr", "fentry", "f", "kfunc",
					    "fexit", "fr", "kretfunc", NULL};

	return has_probe(root, words, true);
}

/* Most that is no clock of ours comes with arguments or structs of the kernel. */
static bool asks_for_types(const struct node *root)
{
	static const char *const words[] = {"begin", "end", "self", "test", "bench", "interval", "i", NULL};

	return has_probe(root, words, false);
}

/* What this kernel offers; of its functions only where the script probes any. */
static bool find_features(struct compilation *c, const struct options *o)
{
	struct plan_features *f = &c->plan.features;
	const char *unknown;

	features_for_plan(f, is_pure(o));
	if (probes_functions(c->script.root))
		features_for_functions(f, c->arena, is_pure(o));
	if (features_without(f, o->no_feature, &unknown))
		return true;
	c->why = arena_printf(c->arena, "--no-feature knows nothing called '%.*s'",
			      (int)strcspn(unknown, ","), unknown);
	return false;
}

/* What --frame adds to the script, or to a tool, whose filters do not concern it. */
static bool add_frames(struct compilation *c, const struct options *o)
{
	vec_each(option, &o->frames) {
		const char *text = frame_option_script(c->arena, *option);
		const struct source *source = text ? source_add(&c->sources, "--frame", text, strlen(text)) : NULL;
		const struct node *added;

		if (!source) {
			c->why = arena_printf(c->arena, "--frame '%s': it is 'PROBE = EXPRESSION', as in "
					      "'uprobe:/usr/bin/engine:call = str(arg1)'", *option);
			return false;
		}
		added = parse_script(c->arena, &c->diags, source, NULL);
		vec_each(node, &added->list)
			avec_push(c->arena, &c->script.root->list, *node);
	}
	return !c->diags.errors;
}

static bool expand(struct compilation *c)
{
	struct node *const library[] = {prelude_parse(c->arena, &c->diags), NULL};

	return script_expand(&c->script, library);
}

bool compile(struct compilation *c, const struct options *o, const char *name, const char *text,
	     size_t len, struct buf *dump)
{
	struct source *source = source_add(&c->sources, name, text, len);

	if (!source) {
		diag_add(&c->diags, DIAG_SCRIPT_TOO_LARGE, (struct span){0}, "%s: %zu bytes are no script", name, len);
		return false;
	}
	if (wants(o, "script"))
		buf_add(dump, text, len);
	if (o->dump && str_eq(o->dump, "script"))
		return true;
	if (wants(o, "tokens"))
		tokens_print(c->arena, &c->diags, source, c->script.files, dump);
	if (c->diags.errors)
		return false;
	if (o->fmt)
		return script_format(c->arena, &c->diags, source, dump);
	c->script.root = parse_script(c->arena, &c->diags, source, c->script.files);
	if (!o->dump && asks_for_types(c->script.root))
		machine_walk_types(c->machine);
	if (!c->diags.errors && c->tool && !specialise_tool(c, source))
		return false;
	if (!c->diags.errors && !add_frames(c, o))
		return false;
	if (wants(o, "ast"))
		ast_print(c->script.root, dump, node_type_name, NULL);
	if (c->diags.errors)
		return false;
	if (o->dump && !wants_after_parse(o))
		return true;
	if (!config_from_environment(&c->script, &c->why))
		return false;
	if (!expand(c) || !find_features(c, o))
		return false;
	if (!o->dump && !may_trace(c, o))
		return false;
	if (o->fallback)
		fallback_rewrite(&c->script, c->plan.features.kprobe, c->plan.features.fentry);
	/* As in bpftrace, under its name: there a process that was forked is not looked at. */
	if (o->command && !o->alone && !o->dropin && c->plan.features.btf_tracepoint)
		family_rewrite(&c->script);
	if (!script_check(&c->script) || (c->tool && !tool_dress(c->tool, &c->script)))
		return false;
	if (wants(o, "types"))
		script_print_types(&c->script, dump);
	if (!plan_script(&c->plan))
		return false;
	if (!o->dump)
		run_begin(c, o);
	if (wants(o, "record"))
		script_print_records(&c->script, dump);
	if (wants(o, "maps"))
		plan_print_maps(&c->plan, dump);
	if (wants(o, "attach"))
		plan_print_attach(&c->plan, dump);
	return back_end(c, o, dump) && !c->diags.errors;
}

/* bpftrace asks BPFTRACE_COLOR, others NO_COLOR. */
static bool wants_color(bool dropin)
{
	const char *wish = dropin ? getenv("BPFTRACE_COLOR") : NULL;

	if (wish && str_eq(wish, "always"))
		return true;
	return terminal_of(STDERR_FILENO).colour && !(wish && str_eq(wish, "never"));
}

void compilation_report(struct compilation *c)
{
	struct buf out = {0};
	bool color = wants_color(c->diags.plain);

	if (c->translation && c->sources.list.n)
		translation_place(c->translation, c->sources.list.v[0], &c->sources, &c->diags);

	diags_print(&c->diags, &out, color);
	fputs(buf_str(&out), stderr);
	if (c->why)
		fprintf(stderr, "%s: %s\n", c->diags.plain ? "ERROR" : "sonde", c->why);
	buf_free(&out);
}
