/* run.c - a compiled plan, run. */
#include "cmd/compile.h"
#include "kern/attach.h"

#include <stdio.h>

int run_plan(struct compilation *c, const struct options *o)
{
	struct kernel_maps maps;
	struct loaded_programs programs;
	struct buf why = {0}, log = {0};
	struct load_options load = {.btf_tracepoint = machine_btf_tracepoint, .btf_ctx = c->machine,
				    .diags = &c->diags, .log = o->verbose ? &log : NULL};

	if (kernel_maps_create(&maps, &c->plan, o->max_map_mem, &why)) {
		fprintf(stderr, "sonde: %s\n", buf_str(&why));
		return 1;
	}
	bool ok = programs_load(&programs, &c->plan, &maps, &load);
	if (!ok) {
		fputs(buf_str(&log), stderr);
		compilation_report(c);
	}
	programs_free(&programs);
	kernel_maps_free(&maps);
	return ok ? 0 : 1;
}
