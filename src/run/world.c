/* world.c - see world.h. The parts: world_btf.c, world_args.c, world_elf.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/thread.h"
#include "kern/ksym_ask.h"
#include "kern/map.h"
#include "run/world_int.h"

/* ---- what is opened on first need ---- */

static void open_types(struct machine *m)
{
	m->btf_err = m->btf_path ? btf_open_file(&m->btf, m->btf_path, &m->btf_text) :
				   btf_open_kernel(&m->btf, &m->btf_text);
}

/* A millisecond that most scripts would have to wait for. */
static void *walk_types(void *arg)
{
	struct machine *m = arg;

	open_types(m);
	if (!m->btf_err)
		btf_count(m->btf);
	return NULL;
}

void machine_walk_types(struct machine *m)
{
	if (!m->btf_tried && !m->btf_walking && sysconf(_SC_NPROCESSORS_ONLN) > 1)
		m->btf_walking = thread_start_apart(&m->btf_walker, walk_types, m) == 0;
}

/* True: the types are opened, or cannot be. */
static bool walked_ahead(struct machine *m)
{
	if (!m->btf_walking)
		return false;
	thread_join(m->btf_walker);
	m->btf_walking = false;
	return true;
}

struct btf *machine_btf(struct machine *m, const char **why)
{
	if (!m->btf_tried) {
		m->btf_tried = true;
		if (!walked_ahead(m))
			open_types(m);
		if (m->btf_err) {
			m->btf = NULL;
			m->btf_why = arena_strdup(m->world.arena, buf_str(&m->btf_text));
		}
		buf_free(&m->btf_text);
	}
	if (why)
		*why = m->btf_why;
	return m->btf;
}

struct tracefs *machine_tracefs(struct machine *m, const char **why)
{
	struct buf text = {0};

	if (!m->tracefs_tried) {
		int err = tracefs_find(&m->tracefs, &text);
		m->tracefs_tried = true;
		if (err) {
			m->tracefs_missing = true;
			m->tracefs_why = arena_strdup(m->world.arena, buf_str(&text));
		}
		buf_free(&text);
	}
	if (why)
		*why = m->tracefs_why;
	return m->tracefs_missing ? NULL : &m->tracefs;
}

static struct machine *machine_of_probes(struct probe_env *env)
{
	return (struct machine *)((char *)env - offsetof(struct machine, probes));
}

static struct btf *probes_btf(struct probe_env *env, const char **why)
{
	return machine_btf(machine_of_probes(env), why);
}

static struct tracefs *probes_tracefs(struct probe_env *env, const char **why)
{
	return machine_tracefs(machine_of_probes(env), why);
}

static struct btf *probes_module_btf(struct probe_env *env, const char *module)
{
	struct types_of *types = machine_module_types(machine_of_probes(env), module);

	return types ? types->btf : NULL;
}

static bool probes_symbols(struct probe_env *env,
			   bool (*each)(void *arg, uint64_t address, const char *name, char type,
					const char *module),
			   void *arg)
{
	struct ksyms *symbols = machine_ksyms(machine_of_probes(env));

	if (ksyms_load(symbols))
		return false;
	ksyms_each(symbols, each, arg);
	return true;
}

static bool ask_kernel(void *ctx, uint64_t addr, const char **text)
{
	return ksym_ask(ctx, addr, text);
}

static void ask_no_more(void *ctx)
{
	ksym_ask_free(ctx);
}

struct ksyms *ksyms_of_kernel(void)
{
	struct ksyms *ks = ksyms_new(NULL);

	ksyms_answer_by(ks, ask_kernel, ask_no_more, ksym_ask_new());
	return ks;
}

struct ksyms *machine_ksyms(struct machine *m)
{
	if (!m->ksyms)
		m->ksyms = ksyms_of_kernel();
	return m->ksyms;
}

uint32_t machine_btf_tracepoint(void *machine, const char *module, const char *event)
{
	struct machine *m = machine;
	struct types_of *types = module ? machine_module_types(m, module) : NULL;
	uint32_t args;

	if (module)
		return types ? btf_raw_tracepoint(types->btf, event, &args) : 0;
	return machine_btf(m, NULL) ? btf_raw_tracepoint(m->btf, event, &args) : 0;
}

uint32_t machine_btf_iterator(void *machine, const char *name)
{
	struct machine *m = machine;

	return machine_btf(m, NULL) ?
		btf_find(m->btf, BTF_KIND_FUNC, arena_printf(m->world.arena, "bpf_iter_%s", name)) : 0;
}

/* ---- the checker's questions ---- */

static bool world_match(struct world *w, enum provider provider, const char *const *parts,
			unsigned nparts, target_list *out, const char **why, const char **hint)
{
	struct machine *m = machine_of(w);
	const struct probe_type *type = probe_type_of(provider);
	target_list found = {0};
	struct probe_query q = {&m->probes, parts, nparts, &found, NULL, NULL};

	*why = *hint = NULL;
	if (!type) {
		*why = arena_printf(w->arena, "%s probes are not supported",
				    probe_provider_name(provider));
		return false;
	}
	if (!type->match(&q)) {
		*why = q.why ? q.why : "nothing matches";
		*hint = q.hint;
		return false;
	}
	vec_each(t, &found)
		avec_push(w->arena, out, *t);
	return true;
}

static uint32_t world_variable_id(struct world *w, const char *name)
{
	struct machine *m = machine_of(w);

	return machine_btf(m, NULL) ? btf_find(m->btf, BTF_KIND_VAR, name) : 0;
}

static uint32_t world_function_id(struct world *w, const char *name)
{
	struct machine *m = machine_of(w);

	return machine_btf(m, NULL) ? btf_find(m->btf, BTF_KIND_FUNC, name) : 0;
}

static bool world_kaddr(struct world *w, const char *name, uint64_t *address)
{
	return ksyms_address(machine_ksyms(machine_of(w)), name, address);
}

static const char *world_demangle(struct world *w, const char *symbol)
{
	struct elf_names *elf = &machine_probes(machine_of(w))->elf;

	return elf->demangle(elf->ctx, w->arena, symbol);
}

/*
 * A cgroup v2 directory's id is its inode number. A path that is not absolute is below the
 * unified hierarchy, wherever that is mounted.
 */
static bool world_cgroupid(struct world *w, const char *path, uint64_t *id)
{
	static const char *const mounts[] = {"", "/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		const char *full = i == 0 ? path :
			arena_printf(w->arena, "%s/%s", mounts[i], path);
		if (full[0] == '/' && stat(full, &st) == 0 && S_ISDIR(st.st_mode)) {
			*id = st.st_ino;
			return true;
		}
	}
	return false;
}

/* ---- the machine ---- */

static uint32_t kernel_version(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	if (uname(&name) == 0 && sscanf(name.release, "%u.%u", &major, &minor) == 2)
		return MIN_OF(major, 255) << 8 | MIN_OF(minor, 255);
	return 0;
}

/* The initial pid namespace has a fixed inode number (PROC_PID_INIT_INO of the kernel). */
static void pid_namespace(struct world *w)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) != 0) {
		w->in_init_pidns = true;
		return;
	}
	w->pidns_dev = st.st_dev;
	w->pidns_ino = st.st_ino;
	w->in_init_pidns = st.st_ino == 0xeffffffc;
}

struct machine *machine_new(const struct world_options *options)
{
	struct machine *m = xcalloc(1, sizeof(*m));
	int cpus = cpus_possible();

	m->btf_path = options->btf_path;
	m->world = (struct world){
		.type_named = world_type_named,
		.complete = world_complete,
		.enumerator = world_enumerator,
		.match = world_match,
		.args = world_args,
		.variable_id = world_variable_id,
		.function_id = world_function_id,
		.kaddr = world_kaddr,
		.uaddr = world_uaddr,
		.demangle = world_demangle, .cgroupid = world_cgroupid,
		.arena = options->arena,
		.types = options->types,
		.ncpus = cpus > 0 ? cpus : 1,
		.kernel = kernel_version(),
		.pid = options->pid,
		.cpid = options->cpid,
		.params = options->params,
		.nparams = options->nparams,
		.named = options->named,
		.nnamed = options->nnamed,
	};
	pid_namespace(&m->world);
	m->probes.arena = options->arena;
	m->probes.pid = options->pid;
	m->probes.cpid = options->cpid;
	m->probes.btf = probes_btf;
	m->probes.tracefs = probes_tracefs;
	m->probes.module_btf = probes_module_btf;
	m->probes.symbols = probes_symbols;
	m->probes.pure = options->btf_path != NULL;
	world_elf_init(m);
	return m;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	walked_ahead(m);
	buf_free(&m->btf_text);
	world_elf_free(m);
	ksyms_free(m->ksyms);
	world_btf_free(m);
	btf_close(m->btf);
	hmap_free(&m->dwarf_types);
	hmap_free(&m->dwarf_structs);
	hmap_free(&m->types_by_id);
	hmap_free(&m->structs_by_name);
	hmap_free(&m->args);
	hmap_free(&m->raw_events);
	free(m);
}

struct world *machine_world(struct machine *m)
{
	return &m->world;
}

struct probe_env *machine_probes(struct machine *m)
{
	return &m->probes;
}
