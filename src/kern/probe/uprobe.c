/*
 * uprobe.c - `uprobe:BINARY:FUNCTION[+OFFSET]`, `uprobe:BINARY:ADDRESS` and uretprobe.
 *
 * BINARY is a path, a program of PATH, a library by name, or a path with '*'; FUNCTION may
 * hold '*'. Every target is a file and an offset in it, which is what the kernel takes; attaching
 * is in uprobe_attach.c.
 */
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/hmap.h"
#include "kern/probe/probe.h"
#include "kern/sys.h"

enum { UPROBE_FILES_MAX = 512, NEAR_MAX = 20000 };

struct search { /* one attach point in one file */
	struct probe_query *q;
	enum provider provider;
	const char *path;
	const char *function; /* name or glob */
	uint64_t plus;        /* FUNCTION+plus */
	bool glob;
	VEC(const char *) names; /* of other functions, for "did you mean" */
	bool range_error;
	struct hmap places;   /* file offsets that are targets */
};

/* ---- matching ---- */

/* push %rbp, or endbr64 (arch/x86/events/core.c: is_uprobe_at_func_entry). */
static enum entry entry_at(struct search *s, uint64_t offset)
{
	static const unsigned char endbr[] = {0xf3, 0x0f, 0x1e, 0xfa};
	unsigned char code[4] = {0};
	int fd = sys_open(s->path, O_RDONLY | O_NONBLOCK);
	ssize_t n = fd < 0 ? 0 : pread(fd, code, sizeof(code), offset);

	sys_close(&fd);
	return n == sizeof(code) && (code[0] == 0x55 || !memcmp(code, endbr, sizeof(endbr)))
	       ? ENTRY_FRAMED : ENTRY_FIRST;
}

static void target_add(struct search *s, const char *symbol, uint64_t address, uint64_t offset)
{
	struct arena *arena = s->q->env->arena;
	const char *what = symbol ? arena_strdup(arena, symbol) : NULL;
	const char *name = symbol ?
		s->plus ? arena_printf(arena, "%s:%s:%s+%" PRIu64, probe_provider_name(s->provider),
				       s->path, what, s->plus) :
			  arena_printf(arena, "%s:%s:%s", probe_provider_name(s->provider), s->path, what) :
		arena_printf(arena, "%s:%s:0x%" PRIx64, probe_provider_name(s->provider), s->path, address);
	struct target *t = probe_target_add(s->q, s->provider, name);

	t->path = s->path;
	t->symbol = what;
	t->address = address;
	t->file_offset = offset;
	if (symbol && !s->plus && s->provider == PROVIDER_UPROBE)
		t->entry = entry_at(s, offset);
}

/* Several names may stand for one place; one target a place is what the kernel takes. */
static bool place_taken(struct search *s, uint64_t offset)
{
	void **at = hmap_at(&s->places, &offset, sizeof(offset));

	if (*at)
		return true;
	*at = s;
	return false;
}

static bool function_found(void *arg, const char *name, uint64_t address, uint64_t size,
			   uint64_t file_offset)
{
	struct search *s = arg;

	if (file_offset == UINT64_MAX)
		return true;
	if (s->plus && size && s->plus >= size) {
		s->range_error = true;
		return true;
	}
	if (place_taken(s, file_offset + s->plus))
		return true;
	target_add(s, name, address + s->plus, file_offset + s->plus);
	return s->glob; /* an exact name: the first is the one */
}

static bool name_collect(void *arg, const char *name, uint64_t address, uint64_t size,
			 uint64_t file_offset)
{
	struct search *s = arg;

	(void)address, (void)size, (void)file_offset;
	avec_push(s->q->env->arena, &s->names, arena_strdup(s->q->env->arena, name));
	return s->names.n < NEAR_MAX;
}

static const char *name_get(const void *ctx, size_t i)
{
	return ((const struct search *)ctx)->names.v[i];
}

static bool none_found(struct search *s)
{
	const char *why;

	if (s->range_error)
		return probe_no_match(s->q, "%s is shorter than %" PRIu64 " bytes in %s",
				      s->function, s->plus, s->path);
	if (s->glob)
		return probe_no_match(s->q, "no function of %s matches \"%s\"", s->path,
				      s->function);
	const struct elf_names *elf = &s->q->env->elf;
	elf->functions(elf->ctx, s->q->env->arena, s->path, "*", name_collect, s, &why);
	if (!s->names.n) {
		s->q->hint = "install its debug symbols, or give an address";
		return probe_no_match(s->q, "%s has no symbols", s->path);
	}
	const char *near = diag_nearest(s->function, s->names.n, name_get, s);
	if (near)
		s->q->hint = arena_printf(s->q->env->arena, "did you mean \"%s\"?", near);
	return probe_no_match(s->q, "there is no function \"%s\" in %s", s->function, s->path);
}

static bool match_address(struct search *s, uint64_t address)
{
	const struct elf_names *elf = &s->q->env->elf;
	const char *why = "unknown";
	uint64_t offset;

	if (!elf->file_offset(elf->ctx, s->q->env->arena, s->path, address, &offset, &why))
		return probe_no_match(s->q, "%s", why);
	target_add(s, NULL, address, offset);
	return true;
}

static bool match_file(struct search *s)
{
	const struct elf_names *elf = &s->q->env->elf;
	const char *why = "unknown", *plus = strrchr(s->function, '+');
	size_t before = s->q->out->n;
	uint64_t address;

	if (str_to_u64(s->function, &address))
		return match_address(s, address);
	if (plus && plus > s->function && str_to_u64(plus + 1, &s->plus))
		s->function = arena_strndup(s->q->env->arena, s->function, plus - s->function);
	if (s->plus && s->provider == PROVIDER_URETPROBE)
		return probe_no_match(s->q, "a uretprobe takes a function, not a place inside one");
	s->glob = strchr(s->function, '*');
	bool read = elf->functions(elf->ctx, s->q->env->arena, s->path, s->function,
				   function_found, s, &why);
	hmap_free(&s->places);
	if (!read)
		return probe_no_match(s->q, "%s", why);
	return s->q->out->n > before || none_found(s);
}

/* Every file that a path with '*' names; those without the function are passed over. */
static bool match_files(struct search *s)
{
	const char *pattern = s->path, *function = s->function;
	size_t before = s->q->out->n;
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return probe_no_match(s->q, "no file matches \"%s\"", pattern);
	for (size_t i = 0; i < found.gl_pathc && i < UPROBE_FILES_MAX; i++) {
		s->path = arena_strdup(s->q->env->arena, found.gl_pathv[i]);
		s->function = function;
		s->plus = 0;
		match_file(s);
	}
	globfree(&found);
	if (s->q->out->n > before) {
		s->q->why = s->q->hint = NULL;
		return true;
	}
	s->q->hint = NULL;
	return probe_no_match(s->q, "no function \"%s\" in the files that match \"%s\"", function,
			      pattern);
}

static bool match(struct probe_query *q, enum provider provider)
{
	struct search s = {.q = q, .provider = provider};
	const struct elf_names *elf = &q->env->elf;
	const char *why = "unknown";
	char exe[64];

	if (q->nparts == 1 && q->env->pid <= 0)
		return probe_no_match(q, "which binary? (%s:BINARY:FUNCTION, or -p PID)",
				      probe_provider_name(provider));
	if (q->nparts > 2)
		return probe_no_match(q, "%s takes BINARY:FUNCTION; a C++ name with colons goes in "
					 "quotes", probe_provider_name(provider));
	s.function = q->parts[q->nparts - 1];
	if (q->nparts == 1) {
		snprintf(exe, sizeof(exe), "/proc/%" PRId64 "/exe", q->env->pid);
		s.path = arena_strdup(q->env->arena, exe);
	} else if (strchr(q->parts[0], '*')) {
		s.path = q->parts[0];
		return match_files(&s);
	} else if (!elf->find(elf->ctx, q->env->arena, q->parts[0], &s.path, &why)) {
		return probe_no_match(q, "%s", why);
	}
	return match_file(&s);
}

static bool match_uprobe(struct probe_query *q)
{
	return match(q, PROVIDER_UPROBE);
}

static bool match_uretprobe(struct probe_query *q)
{
	return match(q, PROVIDER_URETPROBE);
}

/* ---- listing ---- */

struct listing {
	struct probe_env *env;
	enum provider provider;
	const char *path;
	probe_each *each;
	void *arg;
	bool stopped;
};

static bool list_function(void *arg, const char *name, uint64_t address, uint64_t size,
			  uint64_t file_offset)
{
	struct listing *l = arg;

	(void)address, (void)size;
	if (file_offset == UINT64_MAX)
		return true;
	l->stopped = !l->each(l->arg, arena_printf(l->env->arena, "%s:%s:%s",
						   probe_provider_name(l->provider), l->path, name));
	return !l->stopped;
}

static void list(struct probe_env *env, enum provider provider, const char *const *parts,
		 unsigned nparts, probe_each *each, void *arg)
{
	struct listing l = {env, provider, NULL, each, arg, false};
	const char *glob_text = nparts > 1 ? parts[1] : "*", *why;
	char exe[64];
	glob_t found;

	if (nparts == 0 || str_eq(parts[0], "*")) {
		if (env->pid <= 0)
			return; /* every function of every file: nobody means that */
		snprintf(exe, sizeof(exe), "/proc/%" PRId64 "/exe", env->pid);
		l.path = arena_strdup(env->arena, exe);
	} else if (strchr(parts[0], '*')) {
		if (glob(parts[0], 0, NULL, &found) != 0)
			return;
		for (size_t i = 0; i < found.gl_pathc && !l.stopped; i++) {
			l.path = arena_strdup(env->arena, found.gl_pathv[i]);
			env->elf.functions(env->elf.ctx, env->arena, l.path, glob_text,
					   list_function, &l, &why);
		}
		globfree(&found);
		return;
	} else if (!env->elf.find(env->elf.ctx, env->arena, parts[0], &l.path, &why)) {
		return;
	}
	env->elf.functions(env->elf.ctx, env->arena, l.path, glob_text, list_function, &l, &why);
}

static void list_uprobe(struct probe_env *env, const char *const *parts, unsigned nparts,
			probe_each *each, void *arg)
{
	list(env, PROVIDER_UPROBE, parts, nparts, each, arg);
}

static void list_uretprobe(struct probe_env *env, const char *const *parts, unsigned nparts,
			   probe_each *each, void *arg)
{
	list(env, PROVIDER_URETPROBE, parts, nparts, each, arg);
}

const struct probe_type probe_uprobe = {
	PROVIDER_UPROBE, match_uprobe, list_uprobe, probe_attach_uprobe
};
const struct probe_type probe_uretprobe = {
	PROVIDER_URETPROBE, match_uretprobe, list_uretprobe, probe_attach_uprobe
};
