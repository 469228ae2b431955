/* functions.c - see functions.h. */
#include "kern/functions.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include "base/diag.h"
#include "kern/btf.h"
#include "kern/obj.h"
#include "kern/sys.h"
#include "kern/tracefs.h"

#define BTF_DIR "/sys/kernel/btf"
enum { FILTER_LIMIT = 64 << 20, NEAR_MAX = 200000 };

/* ---- modules ---- */

static bool is_vmlinux(const char *module)
{
	return !module || str_eq(module, "vmlinux");
}

bool modules_each(struct probe_env *env, const char *glob, bool (*each)(void *arg, const char *module),
		  void *arg)
{
	DIR *dir = env->pure ? NULL : opendir(BTF_DIR);
	bool more = true;
	struct dirent *e;

	while (dir && more && (e = readdir(dir)))
		if (e->d_name[0] != '.' && !is_vmlinux(e->d_name) && (!glob || str_glob(glob, e->d_name)))
			more = each(arg, e->d_name);
	if (dir)
		closedir(dir);
	return more;
}

static bool wants_module(const char *glob, const char *module)
{
	return !glob || str_glob(glob, module ? module : "vmlinux");
}

/* ---- what BTF describes ---- */

struct walk {
	struct probe_env *env;
	const char *module, *name; /* globs */
	function_each *each;
	void *arg;
	struct hmap *seen;     /* "module name" of what was given; NULL: no duplicates possible */
	struct hmap *patchable; /* what ftrace can patch; NULL: not known */
	bool stopped;
};

static void walk_key(struct buf *key, const char *module, const char *name)
{
	buf_reset(key);
	buf_printf(key, "%s %s", module ? module : "", name);
}

/* Functions of one BTF; ids up to `after` are those of its base. */
static void walk_btf(struct walk *w, const struct btf *btf, uint32_t after, const char *module)
{
	struct btf_cursor at = {.id = after};
	struct btf_info info;
	struct buf key = {0};

	while (!w->stopped && btf_each(btf, BTF_KIND_FUNC, &at, &info)) {
		if (!str_glob(w->name, info.name))
			continue;
		walk_key(&key, module, info.name);
		if (w->patchable && !hmap_get(w->patchable, key.data, key.len))
			continue;
		if (hmap_get(w->seen, key.data, key.len))
			continue;
		*hmap_at(w->seen, key.data, key.len) = w;
		w->stopped = !w->each(w->arg, module, info.name);
	}
	buf_free(&key);
}

static bool walk_module(void *arg, const char *module)
{
	struct walk *w = arg;
	struct btf *base = w->env->btf(w->env, NULL), *btf = w->env->module_btf(w->env, module);

	if (btf && base)
		walk_btf(w, btf, btf_count(base), module);
	return !w->stopped;
}

static bool walk_described(struct walk *w, const char **why)
{
	struct btf *btf = w->env->btf(w->env, why);
	struct hmap seen = {0};

	if (!btf)
		return false;
	w->seen = &seen;
	if (wants_module(w->module, NULL))
		walk_btf(w, btf, 0, NULL);
	if (!w->module || !str_eq(w->module, "vmlinux"))
		modules_each(w->env, w->module, walk_module, w);
	hmap_free(&seen);
	return true;
}

/* ---- available_filter_functions ---- */

/* "name" or "name [module]"; the line is cut in place. */
static bool filter_line(char *line, const char **module)
{
	char *blank = strchr(line, ' ');

	*module = NULL;
	if (blank) {
		*blank = '\0';
		if (blank[1] == '[') {
			blank[1 + strcspn(blank + 1, "]")] = '\0';
			*module = blank + 2;
		}
	}
	/* what ftrace calls a place whose function has left the kernel */
	return line[0] && !str_starts(line, "__ftrace_invalid_address__");
}

/* 0, or why the list cannot be had. */
static int filter_each(struct probe_env *env, function_each *each, void *arg)
{
	struct tracefs *fs = env->pure ? NULL : env->tracefs(env, NULL);
	struct buf path = {0}, text = {0};
	int err = -ENOENT;

	if (fs) {
		buf_printf(&path, "%s/available_filter_functions", fs->dir);
		err = buf_read_file(&text, buf_str(&path), FILTER_LIMIT);
	}
	if (!err) {
		char *rest = NULL;
		const char *module;

		for (char *line = text.data ? strtok_r(text.data, "\n", &rest) : NULL; line;
		     line = strtok_r(NULL, "\n", &rest))
			if (filter_line(line, &module) && !each(arg, module, line))
				break;
		if (!text.len)
			err = -ENOENT;
	}
	buf_free(&path);
	buf_free(&text);
	return err;
}

static bool note_patchable(void *arg, const char *module, const char *name)
{
	struct walk *w = arg;
	struct buf key = {0};

	if (str_glob(w->name, name) && wants_module(w->module, module)) {
		walk_key(&key, module, name);
		*hmap_at(w->patchable, key.data, key.len) = w;
	}
	buf_free(&key);
	return true;
}

static bool give_patchable(void *arg, const char *module, const char *name)
{
	struct walk *w = arg;

	if (!str_glob(w->name, name) || !wants_module(w->module, module))
		return true;
	w->stopped = !w->each(w->arg, module, name);
	return !w->stopped;
}

/* ---- kallsyms ---- */

/* Text symbols that are no functions of their own. */
static bool is_function(const char *name, char type)
{
	if (type != 't' && type != 'T' && type != 'w' && type != 'W')
		return false;
	return !str_starts(name, "__pfx_") && !str_starts(name, "__cfi_") && !strstr(name, ".cold") &&
	       !str_starts(name, "__UNIQUE_ID");
}

static bool give_symbol(void *arg, uint64_t address, const char *name, char type, const char *module)
{
	struct walk *w = arg;
	struct buf key = {0};
	bool known;

	(void)address;
	if (!is_function(name, type) || !str_glob(w->name, name) || !wants_module(w->module, module) ||
	    (module && (str_eq(module, "bpf") || str_starts(module, "__builtin__"))))
		return true;
	walk_key(&key, module, name);
	known = hmap_get(w->seen, key.data, key.len);
	*hmap_at(w->seen, key.data, key.len) = w;
	buf_free(&key);
	if (!known)
		w->stopped = !w->each(w->arg, module, name);
	return !w->stopped;
}

/* ---- all of it ---- */

bool functions_each(struct probe_env *env, const char *module, const char *name, bool described,
		    function_each *each, void *arg, const char **why)
{
	struct hmap patchable = {0}, seen = {0};
	struct walk w = {.env = env, .module = module, .name = name, .each = each, .arg = arg};
	bool found;

	if (!described) {
		if (!filter_each(env, give_patchable, &w))
			return true;
		w.seen = &seen;
		found = !env->pure && env->symbols && env->symbols(env, give_symbol, &w);
		hmap_free(&seen);
		return found || walk_described(&w, why);
	}
	w.patchable = &patchable;
	if (filter_each(env, note_patchable, &w))
		w.patchable = NULL;
	found = walk_described(&w, why);
	hmap_free(&patchable);
	return found;
}

/* ---- one name ---- */

struct search {
	struct probe_env *env;
	const char *name;
	struct function_place *out;
	bool found;
};

static bool find_in_module(void *arg, const char *module)
{
	struct search *s = arg;
	struct btf *base = s->env->btf(s->env, NULL), *btf = s->env->module_btf(s->env, module);
	uint32_t id = btf && base ? btf_find_next(btf, BTF_KIND_FUNC, s->name, btf_count(base)) : 0;

	if (!id)
		return true;
	*s->out = (struct function_place){arena_strdup(s->env->arena, module), id};
	s->found = true;
	return false;
}

static bool find_symbol(void *arg, uint64_t address, const char *name, char type, const char *module)
{
	struct search *s = arg;
	const char *wanted = s->out->module;

	(void)address;
	if ((type != 't' && type != 'T' && type != 'w' && type != 'W') || !str_eq(name, s->name) ||
	    (wanted && (is_vmlinux(wanted) ? module != NULL : !module || !str_eq(module, wanted))))
		return true;
	s->out->module = module ? arena_strdup(s->env->arena, module) : NULL;
	s->found = true;
	return false;
}

bool function_find(struct probe_env *env, const char *module, const char *name,
		   struct function_place *out)
{
	struct search s = {.env = env, .name = name, .out = out};
	struct btf *btf = env->btf(env, NULL);

	*out = (struct function_place){0};
	if (btf && is_vmlinux(module))
		out->btf_id = btf_find(btf, BTF_KIND_FUNC, name);
	if (out->btf_id)
		return true;
	if (btf && (!module || !is_vmlinux(module)))
		modules_each(env, module, find_in_module, &s);
	if (s.found || env->pure || !env->symbols)
		return s.found;
	out->module = module;
	env->symbols(env, find_symbol, &s);
	if (!s.found)
		out->module = NULL;
	return s.found;
}

struct names {
	struct arena *arena;
	VEC(const char *) list;
};

static bool collect(void *arg, const char *module, const char *name)
{
	struct names *names = arg;

	(void)module;
	avec_push(names->arena, &names->list, arena_strdup(names->arena, name));
	return names->list.n < NEAR_MAX;
}

static const char *name_at(const void *ctx, size_t i)
{
	return ((const struct names *)ctx)->list.v[i];
}

const char *function_nearest(struct probe_env *env, const char *name)
{
	struct names names = {.arena = arena_new()};
	const char *why = NULL, *near = NULL;

	/* A name that another merely continues is the likelier one: do_sys_open, do_sys_openat2. */
	if (functions_each(env, "vmlinux", "*", true, collect, &names, &why))
		near = diag_nearest(name, names.list.n, name_at, &names);
	for (size_t i = 0; !near && strlen(name) >= 6 && i < names.list.n; i++)
		if (str_starts(names.list.v[i], name))
			near = names.list.v[i];
	if (near)
		near = arena_strdup(env->arena, near);
	arena_free(names.arena);
	return near;
}

int module_btf_fd(const char *module)
{
	for (uint32_t id = 0;;) {
		union bpf_attr next = {.start_id = id};
		struct bpf_btf_info info = {0};
		char name[64] = "";
		int err = sys_bpf(BPF_BTF_GET_NEXT_ID, &next, sizeof(next)), fd;

		if (err)
			return err;
		id = next.next_id;
		union bpf_attr open = {.btf_id = id};
		fd = sys_bpf(BPF_BTF_GET_FD_BY_ID, &open, sizeof(open));
		if (fd < 0)
			continue; /* gone meanwhile */
		info.name = sys_addr(name);
		info.name_len = sizeof(name);
		err = sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &(union bpf_attr){.info = {.bpf_fd = fd,
			.info_len = sizeof(info), .info = sys_addr(&info)}}, sizeof(union bpf_attr));
		if (!err && info.kernel_btf && str_eq(name, module))
			return fd;
		sys_close(&fd);
	}
}
