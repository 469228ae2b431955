/* fuzz_script.h - a text through every stage of the compiler that needs no kernel, of a world of our own. */
#ifndef FUZZ_SCRIPT_H
#define FUZZ_SCRIPT_H

#include "bpf/object.h"
#include "fuzz/fuzz.h"
#include "fuzz/fuzz_world.h"
#include "ir/plan.h"
#include "lang/expand.h"
#include "lang/fallback.h"
#include "lang/format_script.h"
#include "lang/parse.h"

struct fuzz_script {
	struct arena *arena;
	struct sources sources;
	struct diags diags;
	struct types types;
	struct script script;
	struct plan plan;
	struct buf out;
};

static inline void fuzz_script_back(struct fuzz_script *f, bool old_kernel)
{
	f->plan = (struct plan){.arena = f->arena, .script = &f->script, .ncpus = 4};
	f->plan.features = (struct plan_features){
		.kernel = 0x0612, .btf = true, .btf_tracepoint = true, .raw_tracepoint = true,
		.task_storage = true, .fetch_atomics = true, .percpu_lookup = true, .loop = true,
		.uprobe_multi = true, .kprobe = true, .kprobe_multi = true, .fentry = true,
		.preemptible = true, .func_arg = true, .attach_cookie = true, .on_demand_maps = true,
		.tai_clock = true};
	if (old_kernel)
		f->plan.features = (struct plan_features){.kernel = 0x050a, .raw_tracepoint = true, .kprobe = true};
	if (!plan_script(&f->plan))
		return;
	script_print_records(&f->script, &f->out);
	plan_print_maps(&f->plan, &f->out);
	plan_print_attach(&f->plan, &f->out);
	vec_each(it, &f->plan.programs) {
		(*it)->code = bpf_compile((*it)->ir, &f->diags, NULL);
		if (!(*it)->code)
			break;
	}
}

static inline void fuzz_script_run(const char *text, size_t size, bool old_kernel)
{
	struct fuzz_script f = {.arena = arena_new()};
	struct source *source;

	f.sources.arena = f.arena;
	f.diags = (struct diags){.arena = f.arena, .sources = &f.sources};
	types_init(&f.types, f.arena);
	f.script = (struct script){.arena = f.arena, .diags = &f.diags, .types = &f.types,
		.world = fuzz_world_new(f.arena, &f.types),
		.config = {.max_strlen = 64, .max_cat_bytes = 10240, .max_probes = 100, .print_maps_on_exit = true,
			   .str_trunc_trailer = "..", .unsafe = true}};
	source = source_add(&f.sources, "fuzz", text, size);
	if (source)
		f.script.root = parse_script(f.arena, &f.diags, source, NULL);
	if (source && !f.diags.errors && script_expand(&f.script, NULL) && script_check(&f.script)) {
		script_print_types(&f.script, &f.out);
		fuzz_script_back(&f, old_kernel);
	}
	if (source && !f.script.root)
		BUG("no tree");
	diags_print(&f.diags, &f.out, false);
	buf_free(&f.out);
	types_free(&f.types);
	arena_free(f.arena);
}

#endif
