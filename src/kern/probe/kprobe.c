/*
 * kprobe.c - `kprobe[:MODULE]:FUNCTION[+OFFSET]`, `kprobe:ADDRESS` and `kretprobe`: matched and
 * listed. A target's category is the module (NULL: the kernel proper), symbol the function
 * (NULL: an address), file_offset the offset in it.
 */
#include <inttypes.h>

#include "base/hmap.h"
#include "kern/functions.h"

/* ---- matching ---- */

struct search {
	struct probe_query *q;
	enum provider provider;
	const char *module; /* as written; NULL: none */
};

static struct target *target_add(struct search *s, const char *module, const char *function, uint64_t offset)
{
	struct arena *arena = s->q->env->arena;
	const char *provider = probe_provider_name(s->provider);
	struct target *t = probe_target_add(s->q, s->provider, NULL);
	const char *place = module ? arena_printf(arena, "%s:%s:%s", provider, module, function)
				   : arena_printf(arena, "%s:%s", provider, function);

	t->category = module ? arena_strdup(arena, module) : NULL;
	t->symbol = arena_strdup(arena, function);
	t->file_offset = offset;
	t->name = offset ? arena_printf(arena, "%s+%" PRIu64, place, offset) : place;
	return t;
}

static bool add_function(void *arg, const char *module, const char *name)
{
	struct search *s = arg;

	target_add(s, module, name, 0);
	return true;
}

static bool set_address(void *arg, uint64_t address, const char *name, char type, const char *module)
{
	const struct hmap *wanted = arg;
	struct buf key = {0};
	struct target *t = NULL;

	(void)type;
	if (module) {
		buf_printf(&key, "%s:%s", module, name);
		t = hmap_gets(wanted, buf_str(&key));
		buf_free(&key);
	}
	if (t && !t->address)
		t->address = address;
	return true;
}

/* Functions of modules are known to a multi link by address: names may be taken twice. */
static void find_addresses(struct search *s, size_t from)
{
	struct probe_env *env = s->q->env;
	struct hmap wanted = {0};

	for (size_t i = from; i < s->q->out->n; i++) {
		struct target *t = (struct target *)s->q->out->v[i];

		if (t->category)
			hmap_puts(&wanted, arena_printf(env->arena, "%s:%s", t->category, t->symbol), t);
	}
	if (wanted.entries.n && env->symbols && !env->pure)
		env->symbols(env, set_address, &wanted);
	hmap_free(&wanted);
}

static bool match_glob(struct search *s, const char *glob)
{
	size_t before = s->q->out->n;
	const char *why = NULL;

	if (!functions_each(s->q->env, s->module, glob, false, add_function, s, &why))
		return probe_no_match(s->q, "wildcards need the kernel's list of functions: %s",
				      why ? why : "it cannot be read");
	if (s->q->out->n > before) {
		find_addresses(s, before);
		return true;
	}
	if (s->module)
		return probe_no_match(s->q, "no function of %s matches \"%s\"", s->module, glob);
	return probe_no_match(s->q, "no kernel function matches \"%s\"", glob);
}

static bool match_address(struct search *s, uint64_t address)
{
	if (s->provider == PROVIDER_KRETPROBE)
		return probe_no_match(s->q, "a kretprobe takes a function, not an address");
	probe_target_add(s->q, s->provider, probe_query_name(s->q, s->provider))->address = address;
	return true;
}

/* "name+0x10": cut off the name; false when what follows the '+' is no number. */
static bool offset_split(struct arena *arena, const char **name, uint64_t *offset)
{
	const char *plus = strrchr(*name, '+');

	*offset = 0;
	if (!plus)
		return true;
	if (plus == *name || !str_to_u64(plus + 1, offset))
		return false;
	*name = arena_strndup(arena, *name, plus - *name);
	return true;
}

/* Whether anything can tell which functions there are: then a name it lacks is wrong. */
static bool names_are_known(struct probe_env *env)
{
	return env->btf(env, NULL) || (env->symbols && !env->pure);
}

static bool match(struct probe_query *q, enum provider provider)
{
	struct search s = {.q = q, .provider = provider, .module = q->nparts > 1 ? q->parts[0] : NULL};
	const char *name = q->parts[q->nparts - 1];
	struct function_place place;
	uint64_t number;

	if (q->nparts == 1 && str_to_u64(name, &number))
		return match_address(&s, number);
	if (strchr(name, '*') || (s.module && strchr(s.module, '*')))
		return match_glob(&s, name);
	if (!offset_split(q->env->arena, &name, &number))
		return probe_no_match(q, "\"%s\" is not FUNCTION+OFFSET", name);
	if (number && provider == PROVIDER_KRETPROBE)
		return probe_no_match(q, "a kretprobe takes a function, not a place inside one");
	if (!function_find(q->env, s.module, name, &place)) {
		if (names_are_known(q->env))
			return probe_no_function(q, s.module, name);
		place = (struct function_place){.module = s.module}; /* whether it is there shows when attaching */
	}
	target_add(&s, place.module, name, number)->id = place.btf_id;
	return true;
}

static bool match_kprobe(struct probe_query *q)
{
	return match(q, PROVIDER_KPROBE);
}

static bool match_kretprobe(struct probe_query *q)
{
	return match(q, PROVIDER_KRETPROBE);
}

/* ---- listing ---- */

struct listing {
	struct probe_env *env;
	const char *provider;
	probe_each *each;
	void *arg;
	struct buf name;
};

static bool list_function(void *arg, const char *module, const char *name)
{
	struct listing *l = arg;

	buf_reset(&l->name);
	buf_printf(&l->name, "%s:%s%s%s", l->provider, module ? module : "", module ? ":" : "", name);
	return l->each(l->arg, buf_str(&l->name));
}

static void list(struct probe_env *env, enum provider provider, const char *const *parts, unsigned nparts,
		 probe_each *each, void *arg)
{
	struct listing l = {env, probe_provider_name(provider), each, arg, {0}};
	const char *why;

	functions_each(env, nparts > 1 ? parts[0] : NULL, nparts ? parts[nparts - 1] : "*", false,
		       list_function, &l, &why);
	buf_free(&l.name);
}

static void list_kprobe(struct probe_env *env, const char *const *parts, unsigned nparts, probe_each *each,
			void *arg)
{
	list(env, PROVIDER_KPROBE, parts, nparts, each, arg);
}

static void list_kretprobe(struct probe_env *env, const char *const *parts, unsigned nparts,
			   probe_each *each, void *arg)
{
	list(env, PROVIDER_KRETPROBE, parts, nparts, each, arg);
}

const struct probe_type probe_kprobe = {PROVIDER_KPROBE, match_kprobe, list_kprobe, probe_attach_kprobe};
const struct probe_type probe_kretprobe = {
	PROVIDER_KRETPROBE, match_kretprobe, list_kretprobe, probe_attach_kprobe
};
