/*
 * uprobe.c - `uprobe:BINARY:FUNCTION[+OFFSET]`, `uprobe:BINARY:ADDRESS` and uretprobe; by
 * source line (uprobe_line.c) and by C++ name (uprobe_cpp.c).
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
#include "kern/probe/insn.h"
#include "kern/probe/uprobe_int.h"
#include "kern/sys.h"

enum { FILES_MAX = 4096, NEAR_MAX = 20000 };

/* ---- matching ---- */

static void open_code(struct uprobe_search *s)
{
	if (s->code_path == s->path)
		return;
	sys_close(&s->code.fd);
	s->code.fd = sys_open(s->path, O_RDONLY | O_NONBLOCK);
	s->code.len = 0;
	s->code_path = s->path;
}

/* push %rbp, or endbr64 (arch/x86/events/core.c: is_uprobe_at_func_entry). */
static enum entry entry_at(struct uprobe_search *s, uint64_t offset)
{
	static const unsigned char endbr[] = {0xf3, 0x0f, 0x1e, 0xfa};
	unsigned char code[4] = {0};
	size_t n;

	open_code(s);
	n = code_window_read(&s->code, offset, code, sizeof(code));
	return n == sizeof(code) && (code[0] == 0x55 || !memcmp(code, endbr, sizeof(endbr)))
	       ? ENTRY_FRAMED : ENTRY_FIRST;
}

static struct target *target_add(struct uprobe_search *s, const char *shown, const char *symbol,
				 uint64_t address, uint64_t offset)
{
	struct arena *arena = s->q->env->arena;
	struct target *t = probe_target_add(s->q, s->provider,
		arena_printf(arena, "%s:%s:%s", probe_provider_name(s->provider), s->path, shown));

	t->path = s->path;
	t->symbol = symbol ? arena_strdup(arena, symbol) : NULL;
	t->address = address;
	t->file_offset = offset;
	if (symbol && !s->plus && !s->line && s->provider == PROVIDER_UPROBE)
		t->entry = entry_at(s, offset);
	return t;
}

/* Several names may stand for one place; one target a place is what the kernel takes. NULL: none yet. */
static struct target **target_at(struct uprobe_search *s, uint64_t offset)
{
	return (struct target **)hmap_at(&s->places, &offset, sizeof(offset));
}

void uprobe_add(struct uprobe_search *s, const char *shown, const char *symbol, uint64_t address,
		uint64_t size, uint64_t offset)
{
	struct target **at = target_at(s, offset);

	if (*at)
		return;
	*at = target_add(s, shown, symbol, address, offset);
	(*at)->size = MIN_OF(size, (uint64_t)UINT32_MAX);
}

/* Of malloc and __GI___libc_malloc, the one without underscores is what everybody calls it. */
static void prefer_plain_name(struct uprobe_search *s, struct target *t, const char *name)
{
	if (!t->symbol || strspn(name, "_") >= strspn(t->symbol, "_"))
		return;
	t->symbol = arena_strdup(s->q->env->arena, name);
	t->name = arena_printf(s->q->env->arena, "%s:%s:%s", probe_provider_name(s->provider), s->path, name);
}

/*
 * Whether an instruction begins at `plus` bytes of a function. If not, and it can be told, s->inside
 * is where the one begins that is in the way.
 */
static bool is_boundary(struct uprobe_search *s, uint64_t function, uint64_t plus)
{
	unsigned char code[INSN_MAX];
	uint64_t at = 0;

#if defined(__x86_64__)
	open_code(s);
	if (code_window_read(&s->code, 0, code, 5) != 5 || code[4] != 2)
		return true; /* a file of 32 bits */
	while (at < plus) {
		size_t n = code_window_read(&s->code, function + at, code, sizeof(code));
		unsigned length = insn_length_x86_64(code, n);

		s->inside = at;
		s->unknown = !length;
		if (!length)
			return false;
		at += length;
	}
	return at == plus;
#elif defined(__aarch64__)
	(void)function, (void)code;
	s->inside = at = plus & ~3ull;
	return at == plus;
#else
	(void)s, (void)function, (void)code;
	return at <= plus;
#endif
}

static bool function_found(void *arg, const char *name, uint64_t address, uint64_t size,
			   uint64_t file_offset)
{
	struct uprobe_search *s = arg;
	struct target **at;

	if (file_offset == UINT64_MAX)
		return true;
	if (s->plus && size && s->plus >= size) {
		s->range_error = true;
		return true;
	}
	if (s->plus && !s->q->env->unsafe && !is_boundary(s, file_offset, s->plus)) {
		s->inside_error = true;
		return true;
	}
	at = target_at(s, file_offset + s->plus);
	if (*at) {
		if (!s->plus)
			prefer_plain_name(s, *at, name);
		return true;
	}
	*at = target_add(s, s->plus ? arena_printf(s->q->env->arena, "%s+%" PRIu64, name, s->plus) : name, name,
		   address + s->plus, file_offset + s->plus);
	(*at)->size = MIN_OF(size, (uint64_t)UINT32_MAX);
	return s->glob; /* an exact name: the first is the one */
}

static bool name_collect(void *arg, const char *name, uint64_t address, uint64_t size,
			 uint64_t file_offset)
{
	struct uprobe_search *s = arg;

	(void)address, (void)size, (void)file_offset;
	avec_push(s->q->env->arena, &s->names, arena_strdup(s->q->env->arena, name));
	return s->names.n < NEAR_MAX;
}

static const char *name_get(const void *ctx, size_t i)
{
	return ((const struct uprobe_search *)ctx)->names.v[i];
}

static bool none_found(struct uprobe_search *s)
{
	const char *why;

	if (s->inside_error && s->unknown) {
		s->q->hint = "--unsafe attaches all the same; in the middle of one the process would be damaged";
		return probe_no_match(s->q, "whether an instruction begins at %s+%" PRIu64 " cannot be told: what "
				      "is at +%" PRIu64 " is not known", s->function, s->plus, s->inside);
	}
	if (s->inside_error) {
		s->q->hint = "--unsafe attaches all the same, and damages the process";
		return probe_no_match(s->q, "%s+%" PRIu64 " is in the middle of an instruction, which begins at +%"
				      PRIu64, s->function, s->plus, s->inside);
	}
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

static bool match_address(struct uprobe_search *s, uint64_t address)
{
	const struct elf_names *elf = &s->q->env->elf;
	const char *why = "unknown";
	uint64_t offset;

	if (!elf->file_offset(elf->ctx, s->q->env->arena, s->path, address, &offset, &why))
		return probe_no_match(s->q, "%s", why);
	target_add(s, arena_printf(s->q->env->arena, "0x%" PRIx64, address), NULL, address, offset);
	return true;
}

static bool match_function(struct uprobe_search *s)
{
	const struct elf_names *elf = &s->q->env->elf;
	const char *why = "unknown", *plus = strrchr(s->function, '+');
	size_t before = s->q->out->n;

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
	if (s->q->out->n > before)
		return true;
	/* not a symbol, but perhaps what a mangled one stands for */
	if (!s->plus && !s->range_error && uprobe_match_cpp(s))
		return true;
	return none_found(s);
}

static bool match_file(struct uprobe_search *s)
{
	uint64_t address;

	if (s->line)
		return uprobe_match_line(s);
	if (s->cpp)
		return uprobe_match_cpp(s);
	if (str_to_u64(s->function, &address))
		return match_address(s, address);
	return match_function(s);
}

/* Every file that a path with '*' names; those without the function are passed over. */
static bool match_files(struct uprobe_search *s)
{
	const char *pattern = s->path, *function = s->function;
	size_t before = s->q->out->n;
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return probe_no_match(s->q, "no file matches \"%s\"", pattern);
	if (found.gl_pathc > FILES_MAX) {
		probe_no_match(s->q, "\"%s\" matches %zu files, more than %d", pattern, found.gl_pathc, FILES_MAX);
		globfree(&found);
		return false;
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
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

/* Parts [from, n) with the colons between them: a C++ name. */
static const char *joined(struct probe_query *q, unsigned from)
{
	const char *text = q->parts[from];

	for (unsigned i = from + 1; i < q->nparts; i++)
		text = arena_printf(q->env->arena, "%s:%s", text, q->parts[i]);
	return text;
}

/* "LINE" or "LINE:COLUMN" from part `at` on. */
static bool parse_line(struct uprobe_search *s, unsigned at)
{
	const struct probe_query *q = s->q;

	if (at >= q->nparts || q->nparts - at > 2 || !str_to_u64(q->parts[at], &s->line) || !s->line)
		return false;
	return at + 1 == q->nparts || str_to_u64(q->parts[at + 1], &s->column);
}

/*
 * What stands behind the binary: FUNCTION, FILE:LINE, cpp:NAME, or a C++ name whose colons
 * came as parts. BINARY@FILE:LINE is the same as BINARY:FILE:LINE.
 */
static bool parse_place(struct uprobe_search *s, const char **binary)
{
	struct probe_query *q = s->q;
	const char *at = strrchr(q->parts[0], '@');

	*binary = q->parts[0];
	if (at && at > q->parts[0] && parse_line(s, 1)) {
		*binary = arena_strndup(q->env->arena, q->parts[0], at - q->parts[0]);
		s->file = at + 1;
		return true;
	}
	if (q->nparts >= 3 && strchr(q->parts[1], '.') && parse_line(s, 2)) {
		s->file = q->parts[1];
		return true;
	}
	s->cpp = q->nparts >= 3 && str_eq(q->parts[1], "cpp");
	s->function = q->nparts == 1 ? q->parts[0] : joined(q, s->cpp ? 2 : 1);
	if (q->nparts > 2 && !s->cpp && !strstr(s->function, "::"))
		return probe_no_match(q, "%s takes BINARY:FUNCTION or BINARY:FILE:LINE",
				      probe_provider_name(s->provider));
	return true;
}

static bool match_place(struct uprobe_search *s)
{
	struct probe_query *q = s->q;
	enum provider provider = s->provider;
	const struct elf_names *elf = &q->env->elf;
	const char *why = "unknown", *binary;
	char exe[64];

	if (q->nparts == 1 && q->env->pid <= 0)
		return probe_no_match(q, "which binary? (%s:BINARY:FUNCTION, or -p PID)",
				      probe_provider_name(provider));
	if (!parse_place(s, &binary))
		return false;
	if (s->line && provider == PROVIDER_URETPROBE)
		return probe_no_match(q, "a uretprobe takes a function, not a line");
	if (q->nparts == 1) {
		snprintf(exe, sizeof(exe), "/proc/%" PRId64 "/exe", q->env->pid);
		s->path = arena_strdup(q->env->arena, exe);
	} else if (strchr(binary, '*')) {
		s->path = binary;
		return match_files(s);
	} else if (!elf->find(elf->ctx, q->env->arena, binary, &s->path, &why)) {
		return probe_no_match(q, "%s", why);
	}
	return match_file(s);
}

static bool match(struct probe_query *q, enum provider provider)
{
	struct uprobe_search s = {.q = q, .provider = provider, .code.fd = -1};
	bool found = match_place(&s);

	sys_close(&s.code.fd);
	return found;
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
