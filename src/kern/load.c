/* load.c - see load.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"
#include "bpf/library.h"
#include "ir/unwind.h"
#include "kern/bpf_programs.h"
#include "kern/btf_build.h"
#include "kern/functions.h"
#include "kern/load.h"
#include "kern/obj.h"
#include "kern/prog.h"
#include "kern/sys.h"
#include "kern/vlog.h"


const char *carrier_name(enum carrier carrier)
{
	static const char *const names[] = {
		[CARRIER_RUN] = "run by sonde",
		[CARRIER_PERF_TRACEPOINT] = "perf tracepoint",
		[CARRIER_RAW_TRACEPOINT] = "raw tracepoint",
		[CARRIER_BTF_TRACEPOINT] = "BTF tracepoint",
		[CARRIER_PERF_EVENT] = "perf event",
		[CARRIER_UPROBE] = "uprobe",
		[CARRIER_UPROBE_MULTI] = "uprobe multi",
		[CARRIER_ITER] = "iterator",
		[CARRIER_KPROBE] = "kprobe",
		[CARRIER_KPROBE_MULTI] = "kprobe multi",
		[CARRIER_KPROBE_SESSION] = "kprobe session",
		[CARRIER_FENTRY] = "fentry",
		[CARRIER_FEXIT] = "fexit",
	};

	return names[carrier];
}

/* ---- relocation ---- */

static void relocate_one(struct bpf_insn *insn, const struct bpf_reloc *r, const struct plan *plan,
			 const struct kernel_maps *maps, const struct load_options *options)
{
	BUG_ON(insn->code != (BPF_LD | BPF_IMM | BPF_DW));
	if (r->kind == RELOC_CONSTANT) {
		if (r->index >= options->constant_count)
			BUG("no constant %u", r->index);
		uint64_t value = options->constants[r->index];
		insn[0].src_reg = 0;
		insn[0].imm = (int32_t)value;
		insn[1].imm = (int32_t)(value >> 32);
		return;
	}
	if (r->index >= maps->list.n || maps->list.v[r->index].fd < 0)
		BUG("a program uses map %u, which the plan does not make", r->index);
	insn[0].imm = maps->list.v[r->index].fd;
	if (r->kind == RELOC_MAP) {
		insn[0].src_reg = BPF_PSEUDO_MAP_FD;
		insn[1].imm = 0;
	} else {
		BUG_ON(plan->kmaps.v[r->index].outer);
		insn[0].src_reg = BPF_PSEUDO_MAP_VALUE; /* insn[1].imm stays: the offset */
	}
}

static struct bpf_insn *relocate(const struct bpf_code *code, const struct plan *plan,
				 const struct kernel_maps *maps, const struct load_options *options)
{
	struct bpf_insn *insns = xreallocarray(NULL, MAX_OF(code->insns.n, 1), sizeof(*insns));

	memcpy(insns, code->insns.v, code->insns.n * sizeof(*insns));
	vec_each(r, &code->relocs) {
		if ((size_t)r->insn + 1 >= code->insns.n)
			BUG("relocation outside the program");
		relocate_one(insns + r->insn, r, plan, maps, options);
	}
	return insns;
}

/* ---- what the kernel is told about a program ---- */

static bool has_callback(const struct bpf_code *code)
{
	vec_each(insn, &code->insns)
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC)
			return true;
	return false;
}

/* The prototype of a global function; see bpf_library_global(). */
static uint32_t add_prototype(struct btf_builder *b, uint32_t result, const char *arguments)
{
	struct btf_field parameters[5]; /* as many as there are registers for */
	uint32_t n = 0, number = btf_add_int(b, "long", 8, false);

	for (; arguments[n]; n++) {
		uint32_t size = arguments[n] == 'w' ? sizeof(struct unwind_walk)
			      : arguments[n] == 'e' ? sizeof(struct stack_entry)
			      : arguments[n] == 's' ? STACK_MAX_DEPTH * 8 : 0;
		uint32_t type = size ? btf_add_pointer(b, btf_add_struct(b, "memory", size, NULL, 0)) : number;

		BUG_ON(n == ARRAY_SIZE(parameters));
		parameters[n] = (struct btf_field){.name = "argument", .type = type};
	}
	return btf_add_proto(b, result, parameters, n);
}

/* Functions passed as callbacks must be known by name and static; so all of them are told. */
static int callbacks_describe(const struct bpf_code *code, struct prog_load_spec *spec,
			      struct bpf_func_info **info)
{
	struct btf_builder b = {0};
	struct buf blob = {0};

	if (code->funcs.n < 2 || !has_callback(code))
		return 0;
	*info = xcalloc(code->funcs.n, sizeof(**info));
	uint32_t result = btf_add_int(&b, "int", 4, true);
	uint32_t proto = btf_add_proto(&b, result, NULL, 0);
	for (size_t i = 0; i < code->funcs.n; i++) {
		const char *arguments = bpf_library_global(code->funcs.v[i].name);
		char name[32];

		snprintf(name, sizeof(name), "sonde_%zu", i);
		(*info)[i].insn_off = code->funcs.v[i].insn;
		(*info)[i].type_id = btf_add_func(&b, name, arguments ? add_prototype(&b, result, arguments) : proto,
						  !arguments);
	}
	btf_builder_finish(&b, &blob);
	spec->btf_fd = btf_load(blob.data, blob.len, NULL, 0);
	buf_free(&blob);
	btf_builder_free(&b);
	if (spec->btf_fd < 0)
		return spec->btf_fd;
	spec->func_info = *info;
	spec->func_info_count = code->funcs.n;
	return 0;
}

static struct span program_span(const struct program *program)
{
	if (program->attachments.n && program->attachments.v[0].probe &&
	    program->attachments.v[0].probe->node)
		return program->attachments.v[0].probe->node->span;
	if (program->probes.n && program->probes.v[0]->node)
		return program->probes.v[0]->node->span;
	return (struct span){0};
}

/* The function that a typed program is loaded against: of the kernel, a module, a BPF program. */
static bool function_choose(const struct program *program, struct prog_load_spec *spec,
			    const struct load_options *options)
{
	const struct target *t = program->attachments.v[0].target;

	spec->type = BPF_PROG_TYPE_TRACING;
	spec->expected_attach_type = program->carrier == CARRIER_FEXIT ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY;
	spec->attach_btf_id = t->id;
	if (!t->category)
		return true;
	spec->attach_fd = t->number >= 0 ? bpf_program_fd(t->number) : module_btf_fd(t->category);
	if (spec->attach_fd >= 0)
		return true;
	diag_add(options->diags, DIAG_HOOK_MISSING, program_span(program), "%s: the %s is gone, or sonde may not "
		 "look at it (CAP_SYS_ADMIN)", t->name, t->number >= 0 ? "BPF program" : "module");
	return false;
}

static bool type_choose(const struct program *program, struct prog_load_spec *spec,
			const struct load_options *options)
{
	switch (program->carrier) {
	case CARRIER_RUN:
	case CARRIER_RAW_TRACEPOINT:
		spec->type = BPF_PROG_TYPE_RAW_TRACEPOINT;
		return true;
	case CARRIER_PERF_TRACEPOINT:
		spec->type = BPF_PROG_TYPE_TRACEPOINT;
		return true;
	case CARRIER_PERF_EVENT:
		spec->type = BPF_PROG_TYPE_PERF_EVENT;
		return true;
	case CARRIER_UPROBE_MULTI:
		spec->expected_attach_type = UAPI_ATTACH_UPROBE_MULTI;
		spec->type = BPF_PROG_TYPE_KPROBE;
		return true;
	case CARRIER_KPROBE_MULTI:
		spec->expected_attach_type = BPF_TRACE_KPROBE_MULTI;
		spec->type = BPF_PROG_TYPE_KPROBE;
		return true;
	case CARRIER_KPROBE_SESSION:
		spec->expected_attach_type = UAPI_ATTACH_KPROBE_SESSION;
		spec->type = BPF_PROG_TYPE_KPROBE;
		return true;
	case CARRIER_ITER:
		spec->flags = program->sleepable ? BPF_F_SLEEPABLE : 0;
		spec->type = BPF_PROG_TYPE_TRACING;
		spec->expected_attach_type = BPF_TRACE_ITER;
		spec->attach_btf_id = options->btf_iterator ?
			options->btf_iterator(options->btf_ctx, program->event) : 0;
		return true;
	case CARRIER_UPROBE:
	case CARRIER_KPROBE:
		spec->type = BPF_PROG_TYPE_KPROBE;
		return true;
	case CARRIER_FENTRY:
	case CARRIER_FEXIT:
		return function_choose(program, spec, options);
	case CARRIER_BTF_TRACEPOINT:
		break;
	}
	const struct target *t = program->attachments.n ? program->attachments.v[0].target : NULL;
	const char *module = t && t->provider == PROVIDER_RAWTRACEPOINT ? t->category : NULL;

	spec->type = BPF_PROG_TYPE_TRACING;
	spec->expected_attach_type = BPF_TRACE_RAW_TP;
	if (module)
		spec->attach_fd = module_btf_fd(module);
	if (options->btf_tracepoint && (!module || spec->attach_fd >= 0))
		spec->attach_btf_id = options->btf_tracepoint(options->btf_ctx, module, program->event);
	if (spec->attach_btf_id)
		return true;
	sys_close(&spec->attach_fd);
	diag_add(options->diags, DIAG_HOOK_MISSING, program_span(program),
		 "the kernel's type information does not describe the tracepoint %s",
		 program->event);
	return false;
}

/* ---- refusals ---- */

/* The helper that this kernel does not know, by its number in "unknown#208"; false: not one of ours. */
static bool refused_helper(const struct vlog *v, struct span span, const struct load_options *options)
{
	const char *digits = strchr(v->message, '#');
	uint32_t number = digits ? strtoul(digits + 1, NULL, 10) : 0, since;

	if (!digits || str_eq(ir_helper_name(number), "unknown"))
		return false;
	since = ir_helper_kernel(number);
	diag_add(options->diags, DIAG_KERNEL_TOO_OLD, span, "this needs Linux %u.%u (bpf_%s)", since >> 8,
		 since & 0xff, ir_helper_name(number));
	return true;
}

static void refused_by_verifier(const struct program *program, const char *log, int err,
				const struct load_options *options)
{
	const struct bpf_code *code = program->code;
	struct vlog v;
	struct span span = program_span(program);
	bool said = vlog_parse(log, &v);

	/* Before bpf_loop every round of a loop is walked: how many that takes shows only now. */
	if (said && v.kind == VLOG_TOO_LARGE && program->ir->rounds) {
		diag_add(options->diags, DIAG_KERNEL_TOO_OLD, span,
			 "the loops here are more than the kernel checks in a program before 5.17 (bpf_loop)");
		diag_hint(options->diags, "the kernel's words: %s", v.message);
		return;
	}
	if (said && v.kind == VLOG_TOO_LARGE) {
		diag_add(options->diags, DIAG_PROGRAM_TOO_LARGE, span, "the program for %s: %s", program->name,
			 v.plain);
		diag_hint(options->diags, "walk a stack or compare strings once and keep what comes of it, or do a "
			  "part of the work in another probe (the kernel's words: %s)", v.message);
		return;
	}
	if (v.insn >= 0 && (size_t)v.insn < code->spans.n && code->spans.v[v.insn].off)
		span = code->spans.v[v.insn];
	if (said && v.kind == VLOG_UNKNOWN_HELPER && refused_helper(&v, span, options))
		return;
	diag_add(options->diags, DIAG_VERIFIER, span, "the kernel refused the program for %s: %s%s%s",
		 program->name, said ? v.plain : strerror(-err), *v.helper ? ": " : "", v.helper);
	if (said)
		diag_hint(options->diags, "the kernel's words: %s%s", v.message,
			  v.whose == VLOG_OURS ? " (a mistake in sonde: please report it)" : "");
}

static void refused(const struct program *program, const char *log, int err,
		    const struct load_options *options)
{
	struct span span = program_span(program);

	if (log && log[0]) {
		refused_by_verifier(program, log, err, options);
		if (options->log)
			buf_printf(options->log, "verifier log of %s:\n%s\n", program->name, log);
		return;
	}
	switch (-err) {
	case EPERM:
		diag_add(options->diags, DIAG_HOOK_MISSING, span,
			 "this kernel does not let us load %s programs (%s)",
			 carrier_name(program->carrier), program->name);
		diag_hint(options->diags, "run as root, or with CAP_BPF and CAP_PERFMON");
		break;
	case E2BIG:
		diag_add(options->diags, DIAG_PROGRAM_TOO_LARGE, span,
			 "the program for %s has %zu instructions, more than this kernel takes",
			 program->name, program->code->insns.n);
		break;
	case ENOMEM:
		diag_add(options->diags, DIAG_VERIFIER, span,
			 "the kernel has not enough memory to load the program for %s",
			 program->name);
		break;
	case EINVAL:
		diag_add(options->diags, DIAG_HOOK_MISSING, span,
			 "this kernel does not know %s programs, or was built without them (%s)",
			 carrier_name(program->carrier), program->name);
		break;
	default:
		diag_add(options->diags, DIAG_VERIFIER, span,
			 "the kernel refused the program for %s: %s", program->name,
			 strerror(-err));
	}
}

/* ---- loading ---- */

enum { REFUSALS_SHOWN = 3, WORTH_A_THREAD = 250 /* instructions: a millisecond of verifying */ };

struct loading { /* a program on its way */
	struct prog_load_spec spec;
	char *log;
	int err; /* of the kernel; 0: it was not asked, or has taken it */
};

/* Several programs at a time where they are large: what takes long is the kernel's walk through each. */
struct loader {
	const struct plan *plan;
	const struct kernel_maps *maps;
	const struct load_options *options;
	struct loaded_programs *programs;
	struct loading *all; /* by index in plan->programs */
	size_t *order; /* in which they are taken: such indices */
	pthread_mutex_t lock; /* of all below, and of what options names */
	size_t next, failed;
};

static void load_one(struct loader *l, size_t i)
{
	const struct program *program = l->plan->programs.v[i];
	struct loaded_program *loaded = &l->programs->list.v[i];
	struct loading *loading = &l->all[i];
	struct bpf_func_info *info = NULL;
	struct bpf_insn *insns = relocate(program->code, l->plan, l->maps, l->options);
	uint64_t start = now_ns();
	int fd = callbacks_describe(program->code, &loading->spec, &info);

	loading->spec.insns = insns;
	loading->spec.insn_count = program->code->insns.n;
	if (!fd)
		fd = prog_load_explain(&loading->spec, &loading->log);
	if (fd < 0) {
		loading->err = fd;
	} else {
		loaded->fd = fd;
		loaded->insns = loading->spec.insn_count;
		loaded->load_ns = now_ns() - start;
	}
	sys_close(&loading->spec.btf_fd);
	sys_close(&loading->spec.attach_fd);
	free(info);
	free(insns);
}

/* The next program that nobody loads yet, ready to be. False: there is none, or too many are refused. */
static bool take(struct loader *l, size_t *index)
{
	while (l->next < l->plan->programs.n && l->failed < REFUSALS_SHOWN) {
		struct loading *loading = &l->all[*index = l->order[l->next++]];

		loading->spec = (struct prog_load_spec){
			.name = l->plan->programs.v[*index]->name, .btf_fd = -1, .attach_fd = -1};
		if (type_choose(l->plan->programs.v[*index], &loading->spec, l->options))
			return true;
		l->failed++;
	}
	return false;
}

static void *load_some(void *arg)
{
	struct loader *l = arg;
	size_t index;

	pthread_mutex_lock(&l->lock);
	while (take(l, &index)) {
		pthread_mutex_unlock(&l->lock);
		load_one(l, index);
		pthread_mutex_lock(&l->lock);
		l->failed += l->all[index].err < 0;
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* The largest first: a small one fills what is left at the end. */
static int by_size(const void *a, const void *b, void *plan)
{
	struct program **programs = ((const struct plan *)plan)->programs.v;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	size_t m = programs[i]->code->insns.n, n = programs[j]->code->insns.n;

	return m != n ? (m < n) - (m > n) : (i > j) - (i < j);
}

static size_t large_programs(const struct plan *plan)
{
	size_t large = 0;

	vec_each(program, &plan->programs)
		large += (*program)->code->insns.n >= WORTH_A_THREAD;
	return large;
}

bool programs_load(struct loaded_programs *programs, const struct plan *plan,
		   const struct kernel_maps *maps, const struct load_options *options)
{
	struct loader l = {.plan = plan, .maps = maps, .options = options, .programs = programs,
			   .all = xcalloc(MAX_OF(plan->programs.n, 1), sizeof(*l.all)),
			   .order = xcalloc(MAX_OF(plan->programs.n, 1), sizeof(*l.order)),
			   .lock = PTHREAD_MUTEX_INITIALIZER};

	*programs = (struct loaded_programs){0};
	for (size_t i = 0; i < plan->programs.n; i++) {
		vec_push(&programs->list, ((struct loaded_program){.fd = -1}));
		l.order[i] = i;
	}
	qsort_r(l.order, plan->programs.n, sizeof(*l.order), by_size, (void *)plan);
	threads_run(large_programs(plan), load_some, &l);
	/* Several refusals are worth seeing at once, but not hundreds of the same kind. */
	for (size_t i = 0, shown = 0; i < plan->programs.n; i++) {
		if (l.all[i].err && shown++ < REFUSALS_SHOWN)
			refused(plan->programs.v[i], l.all[i].log, l.all[i].err, options);
		free(l.all[i].log);
	}
	free(l.all);
	free(l.order);
	if (l.failed)
		programs_free(programs);
	return !l.failed;
}

void programs_free(struct loaded_programs *programs)
{
	vec_each(p, &programs->list)
		sys_close(&p->fd);
	vec_free(&programs->list);
}

void programs_print(const struct loaded_programs *programs, const struct plan *plan,
		    struct buf *out)
{
	for (size_t i = 0; i < programs->list.n; i++) {
		const struct loaded_program *p = &programs->list.v[i];
		const struct program *program = plan->programs.v[i];
		buf_printf(out, "program %-16s %-16s %5u instructions, loaded in %.2f ms\n",
			   program->name, carrier_name(program->carrier), p->insns,
			   p->load_ns / 1e6);
	}
}
