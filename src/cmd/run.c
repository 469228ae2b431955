/*
 * run.c - a script from the command line, run: the watched process, the output, the session.
 */
#include "base/thread.h"
#include "cmd/compile.h"
#include "cmd/stream.h"
#include "cmd/tool.h"
#include "kern/child.h"
#include "out/layer.h"
#include "run/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who starts bpftrace from a test waits for this. */
static const char notify_word[] = "__BPFTRACE_NOTIFY_PROBES_ATTACHED";

static struct output *open_output(const struct options *o, FILE *file)
{
	enum output_format form = o->format;
	enum prof_format profile = o->profile;

	/* A picture's or profile's file says by its ending what it is. */
	if (form == FORMAT_OUT_TEXT && o->output) {
		profile = prof_format_of_path(o->output);
		if (profile == PROF_FOLDED)
			form = FORMAT_OUT_FOLDED;
		else if (profile == PROF_SVG || profile == PROF_HTML || profile == PROF_PPROF ||
			 profile == PROF_SPEEDSCOPE)
			form = FORMAT_OUT_PROFILE;
	}
	switch (form) {
	case FORMAT_OUT_JSON: return output_json_new(file, stderr);
	case FORMAT_OUT_FOLDED: return output_folded_new(file, stderr);
	case FORMAT_OUT_TOP: return output_top_new(file, stderr);
	case FORMAT_OUT_PROFILE: return output_profile_new(profile, NULL, file, stderr);
	case FORMAT_OUT_PLY: return output_ply_new(file, stderr, o->ascii, o->tell_active);
	default: return output_text_new(file, stderr);
	}
}

static const char *speaker(const struct options *o)
{
	return o->dropin ? "ERROR" : "sonde";
}

bool watch_start(struct watched *w, const struct options *o)
{
	struct buf why = {0};
	int err = 0;

	*w = (struct watched){.pidfd = -1, .go_fd = -1, .error_fd = -1};
	if (o->dump || o->dry_run || o->fmt)
		return true;
	if (o->command)
		err = child_start(w, o->command, &why);
	else if (o->pid)
		err = process_watch(w, o->pid, &why);
	if (err)
		fprintf(stderr, "%s: %s\n", speaker(o), buf_str(&why));
	buf_free(&why);
	return err == 0;
}

/* How the command ended, for -v: sonde's own status does not tell. */
static void report_command(const struct watched *w)
{
	struct buf text = {0};

	if (!w)
		return;
	watched_print_end(w, &text);
	fputs(buf_str(&text), stderr);
	buf_free(&text);
}

/* What a tool's flags make of what is printed. False, and said why: no expression, no journal. */
static bool add_layers(struct output *out, const struct tool *tool, const struct options *o)
{
	const struct tool_value *journal = tool ? tool_constant(tool, "JOURNAL") : NULL;
	struct buf why = {0};
	bool good = !journal || !journal->number || !output_journal(out, &why);

	if (o->count_rows)
		output_count_rows(out);
	for (size_t i = 0; tool && good && i < tool->matches.n; i++) {
		const struct tool_value *pattern = tool_constant(tool, tool->matches.v[i].constant);

		good = !pattern || !pattern->is_text || !*pattern->text ||
		       !output_match(out, tool->matches.v[i].title, pattern->text, &why);
	}
	if (!good)
		fprintf(stderr, "sonde: %s\n", buf_str(&why));
	buf_free(&why);
	return good;
}

void run_begin(struct compilation *c, const struct options *o)
{
	int calm = c->how.calm;

	c->how = (struct session_options){
		.machine = c->machine, .watched = c->watched, .calm = calm, .command = o->command,
		.pid = c->tool ? 0 : o->pid, .duration = o->duration, .max_cpu = o->max_cpu,
		.max_map_mem = o->max_map_mem, .buffering = o->buffering, .quiet = o->quiet, .dry_run = o->dry_run,
		.verbose = o->verbose, .notify = o->dropin && getenv(notify_word) ? notify_word : NULL};
	c->session = session_begin(&c->plan, &c->how);
}

int run_plan(struct compilation *c, const struct options *o)
{
	FILE *file = stdout;
	struct output *out;
	unsigned reported = c->diags.list.n;
	int status = 1, error;

	if (o->output) {
		file = fopen(o->output, "we");
		if (!file) {
			fprintf(stderr, "%s: cannot write %s: %s\n", speaker(o), o->output, strerror(errno));
			return 1;
		}
	}
	out = open_output(o, file);
	out->quiet = o->quiet;
	out->delimited = o->delimited;
	out->dropin = o->dropin;
	out->verbose = o->verbose > 0;
	out->tell_reads = o->tell_reads;
	if (c->tool)
		out->banner = tool_banner(c->tool, &c->script);
	if (add_layers(out, c->tool, o)) {
		struct session *session = c->session;

		c->session = NULL;
		status = session_run(session, out);
	}
	if (o->verbose)
		report_command(c->watched);
	error = -out->ops->free(out);
	if (!stream_finish(file, o->output ? o->output : "standard output", speaker(o), error))
		status = status ? status : 1;
	if (file != stdout)
		fclose(file);
	if (c->diags.list.n > reported) {
		compilation_report(c);
		if (c->diags.errors && !status)
			status = 1;
	}
	return status;
}

static bool has_probes(const struct compilation *c)
{
	vec_each(it, &c->script.root->list)
		if ((*it)->kind == NODE_PROBE)
			return true;
	return false;
}

/* Under bpftrace's name: all probes of the script are for --test or --bench. */
static bool nothing_to_attach(const struct compilation *c, const struct options *o)
{
	return o->dropin && c->diags.list.n == 1 && c->diags.list.v[0].id == DIAG_EMPTY_SCRIPT && has_probes(c);
}

int run_text(const struct options *o, const char *name, const char *text, size_t len, struct tool *tool)
{
	struct compilation c;
	struct watched w;
	struct buf dump = {0};
	int status = 1;

	if (!watch_start(&w, o))
		return 1;
	compilation_init(&c, o, o->command ? w.pid : 0);
	c.tool = tool;
	c.watched = w.pid ? &w : NULL;
	/* A machine that is asked about is often a busy one: half of the time until attached would be waiting. */
	c.how.calm = o->dump || o->fmt ? 0 : thread_hurry_now();
	bool good = compile(&c, o, name, text, len, &dump);

	fputs(buf_str(&dump), stdout);
	compilation_report(&c);
	if (!good && nothing_to_attach(&c, o))
		status = 255;
	if (good && (o->dump || o->fmt))
		status = 0;
	else if (good && !has_probes(&c))
		fprintf(stderr, "%s: the script has no probes\n", speaker(o));
	else if (good)
		status = run_plan(&c, o);
	buf_free(&dump);
	compilation_free(&c);
	watched_free(&w);
	return status;
}
