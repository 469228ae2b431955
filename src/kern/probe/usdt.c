/*
 * usdt.c - `usdt:BINARY[:PROVIDER]:NAME`: static probes that a program was built with.
 *
 * BINARY is a path, a program of PATH, a library by name, a path with '*', or '*' alone: every
 * file that the process of -p (without it: any process) has mapped. PROVIDER and NAME may hold
 * '*'. One probe may stand at several sites, each with arguments in other places: each is a target.
 * Where a probe has a semaphore the kernel counts it up while we are attached (4.20).
 */
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/hmap.h"
#include "ir/usdt_args.h"
#include "kern/probe/probe.h"

enum { FILES_MAX = 4096, NAMES_MAX = 4096 };

struct search {
	struct probe_env *env;
	const char *path;     /* the file looked at now */
	const char *provider; /* glob */
	const char *name;     /* glob */
	bool in_file;         /* the one file named has static probes */
	const char *why, *too_many;
	VEC(const char *) names; /* of probes that did not match, for "did you mean" */
	/* what is found: targets, or names */
	struct probe_query *q;
	struct hmap listed;
	probe_each *each;
	void *arg;
	bool stopped;
};

struct symbol_ask {
	const struct elf_names *elf;
	struct arena *arena;
	const char *path;
};

static bool symbol_address(void *ctx, const char *name, uint64_t *address)
{
	struct symbol_ask *ask = ctx;

	return ask->elf->symbol(ask->elf->ctx, ask->arena, ask->path, name, address);
}

static void target_add(struct search *s, const struct elf_static_probe *probe)
{
	struct arena *arena = s->env->arena;
	struct symbol_ask ask = {&s->env->elf, arena, s->path};
	struct usdt_symbols symbols = {&ask, symbol_address, probe->address};
	struct target *t = probe_target_add(s->q, PROVIDER_USDT,
		arena_printf(arena, "usdt:%s:%s:%s", s->path, probe->provider, probe->name));

	t->path = s->path;
	t->category = arena_strdup(arena, probe->provider);
	t->symbol = arena_strdup(arena, probe->name);
	t->address = probe->address;
	t->file_offset = probe->file_offset;
	t->ref_counter = probe->ref_counter;
	t->nusdt_args = usdt_args_parse(arena, arch_native(), probe->args, &symbols, &t->usdt_args);
}

static void name_list(struct search *s, const struct elf_static_probe *probe)
{
	const char *full = arena_printf(s->env->arena, "usdt:%s:%s:%s", s->path, probe->provider, probe->name);

	if (hmap_gets(&s->listed, full))
		return;
	hmap_puts(&s->listed, full, s);
	s->stopped = !s->each(s->arg, full);
}

static bool probe_found(void *arg, const struct elf_static_probe *probe)
{
	struct search *s = arg;

	if (str_glob(s->name, probe->name) && str_glob(s->provider, probe->provider)) {
		if (s->q)
			target_add(s, probe);
		else
			name_list(s, probe);
	} else if (s->names.n < NAMES_MAX) {
		avec_push(s->env->arena, &s->names, arena_strdup(s->env->arena, probe->name));
	}
	return !s->stopped;
}

static bool in_file(void *arg, const char *path)
{
	struct search *s = arg;

	s->path = path;
	s->in_file = s->env->elf.static_probes(s->env->elf.ctx, s->env->arena, path, probe_found, s, &s->why);
	return !s->stopped;
}

static void in_files(struct search *s, const char *pattern)
{
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0) {
		s->why = arena_printf(s->env->arena, "no file matches \"%s\"", pattern);
		return;
	}
	if (found.gl_pathc > FILES_MAX)
		s->too_many = arena_printf(s->env->arena, "\"%s\" matches %zu files, more than %d", pattern,
					   found.gl_pathc, FILES_MAX);
	for (size_t i = 0; i < found.gl_pathc && !s->too_many && !s->stopped; i++)
		in_file(s, arena_strdup(s->env->arena, found.gl_pathv[i]));
	globfree(&found);
	s->in_file = false;
}

/* Looks in whatever BINARY means; why is set when it means nothing. */
static void search(struct search *s, const char *binary)
{
	const struct elf_names *elf = &s->env->elf;
	const char *path;

	if (!binary || str_eq(binary, "*")) {
		elf->mapped(elf->ctx, s->env->arena, MAX_OF(s->env->pid, 0), in_file, s);
		s->in_file = false;
		s->why = NULL;
	} else if (strchr(binary, '*')) {
		in_files(s, binary);
	} else if (elf->find(elf->ctx, s->env->arena, binary, &path, &s->why)) {
		in_file(s, path);
	}
	hmap_free(&s->listed);
}

static const char *name_get(const void *ctx, size_t i)
{
	return ((const struct search *)ctx)->names.v[i];
}

static bool match(struct probe_query *q)
{
	struct search s = {.env = q->env, .q = q, .provider = "*", .name = q->parts[q->nparts - 1]};
	size_t before = q->out->n;
	const char *near;

	if (q->nparts == 1 && q->env->pid <= 0)
		return probe_no_match(q, "which binary? (usdt:BINARY:NAME, or -p PID)");
	if (q->nparts == 3 && q->parts[1][0])
		s.provider = q->parts[1];
	search(&s, q->nparts == 1 ? NULL : q->parts[0]);
	if (q->out->n > before)
		return true;
	if (s.too_many)
		return probe_no_match(q, "%s", s.too_many);
	if (s.in_file) {
		near = diag_nearest(s.name, s.names.n, name_get, &s);
		if (near)
			q->hint = arena_printf(q->env->arena, "did you mean \"%s\"?", near);
		return probe_no_match(q, "%s has no static probe \"%s%s%s\"", s.path,
				      q->nparts == 3 ? s.provider : "", q->nparts == 3 ? ":" : "", s.name);
	}
	if (s.why && q->nparts > 1 && !strchr(q->parts[0], '*'))
		return probe_no_match(q, "%s", s.why);
	return probe_no_match(q, "no file that %s has a static probe \"%s\"",
			      q->nparts == 1 || str_eq(q->parts[0], "*") ?
			      q->env->pid > 0 ? "the process has mapped" : "a process has mapped" :
			      arena_printf(q->env->arena, "\"%s\" names", q->parts[0]), s.name);
}

static void list(struct probe_env *env, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	struct search s = {.env = env, .provider = "*", .name = "*", .each = each, .arg = arg};

	/* Without a binary: what the process of -p has; nobody means every file of the machine. */
	if (!nparts && env->pid <= 0)
		return;
	if (nparts == 3 && parts[1][0])
		s.provider = parts[1];
	if (nparts > 1)
		s.name = parts[nparts - 1];
	search(&s, nparts ? parts[0] : NULL);
}

const struct probe_type probe_usdt = {PROVIDER_USDT, match, list, probe_attach_uprobe};
