/* run.c - a compiled plan, run: options to session options, the output opened. */
#include "cmd/compile.h"
#include "out/output.h"
#include "run/session.h"

#include <errno.h>
#include <stdio.h>

static const char *const formats[] = {
	[FORMAT_OUT_TEXT] = "text", [FORMAT_OUT_JSON] = "json", [FORMAT_OUT_FOLDED] = "folded",
};

int run_plan(struct compilation *c, const struct options *o, struct watched *watched)
{
	FILE *file = o->output ? fopen(o->output, "we") : stdout;
	struct session_options session = {
		.machine = c->machine, .watched = watched, .pid = watched ? watched->pid : 0,
		.duration = o->duration, .max_cpu = o->max_cpu, .max_map_mem = o->max_map_mem,
		.buffering = o->buffering, .quiet = o->quiet, .dry_run = o->dry_run, .verbose = o->verbose,
	};
	int status;

	if (!file) {
		fprintf(stderr, "sonde: cannot write %s: %s\n", o->output, strerror(errno));
		return 1;
	}
	session.output = output_new(formats[o->format], file, stderr);
	status = session_run(&c->plan, &session);
	output_free(session.output);
	if (o->output && fclose(file)) {
		fprintf(stderr, "sonde: cannot write %s: %s\n", o->output, strerror(errno));
		status = status ? status : 1;
	}
	return status;
}
