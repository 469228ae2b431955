/*
 * compile.h - the pipeline: text to plan, one stage a line, each printable.
 *
 *   char[] -> AST -> typed AST -> plan (maps, programs) -> IR -> BPF
 */
#ifndef SONDE_CMD_COMPILE_H
#define SONDE_CMD_COMPILE_H

#include "bpf/object.h"
#include "cmd/options.h"
#include "ir/plan.h"
#include "kern/child.h"
#include "run/files.h"
#include "run/session.h"
#include "run/world.h"

struct tool;

struct compilation {
	struct arena *arena;
	struct sources sources;
	struct diags diags;
	struct types types;
	struct machine *machine;
	struct machine_files files;
	struct script script;
	struct plan plan;
	const struct translation *translation; /* what the script was made from; NULL */
	struct watched *watched; /* -c, -p; of nobody: NULL */
	struct session_options how;
	struct session *session; /* of the plan, which is to run; NULL: none, or run */
	struct tool *tool;  /* NULL: a plain script. The caller's, outlives this */
	const char *why;    /* of a tool that cannot be had as its flags want it: one plain line */
};

/* Arena, types, and the machine as it will be asked. */
void compilation_init(struct compilation *c, const struct options *o, int64_t cpid);
void compilation_free(struct compilation *c);
/*
 * All stages. Prints what o->dump names to `dump`. False when there are errors (in c->diags). What is to
 * run begins to: c->session.
 * `name` is what diagnostics call the text.
 */
bool compile(struct compilation *c, const struct options *o, const char *name, const char *text,
	     size_t len, struct buf *dump);
/* The diagnostics to standard error. */
void compilation_report(struct compilation *c);
/* run.c: what of a plan that is to run needs no programs: into c->session. */
void run_begin(struct compilation *c, const struct options *o);
/* Load, attach, read until the end. The exit status. */
int run_plan(struct compilation *c, const struct options *o);
/* -c: started, held; -p: watched; neither: a watched of nobody. False: a line was printed. */
bool watch_start(struct watched *w, const struct options *o);
/* run.c: all of it, for a text; `tool`: its header, or NULL. The exit status. */
int run_text(const struct options *o, const char *name, const char *text, size_t len, struct tool *tool);
bool dump_known(const char *stages, const char **unknown);

#endif
